"""The optimizers. No gradient check sees them: their steps are held against the algorithm as the paper states it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.exercises.curriculum.specimens import normal
from scratch_ae.exercises.task import Names, Part, Results, Task
from scratch_ae.exercises.trials import MeasuredTrial
from scratch_ae.nn.optimizers import PIECE
from scratch_ae.nn.schedules import Linear

SECTION = "自编码器"
STEPS = 6
RATES = (0.1, 0.08, 0.06, 0.04, 0.02, 0.02)
"""The learning rate of every step: what Linear(0.1, 0.02, 4) gives, for a rate that is read once is noticed so."""


def start(size: int) -> FloatArray:
    return normal(size, seed=3)


def gradients(size: int) -> list[FloatArray]:
    """One for every step, of very different sizes, as they are in training."""
    return [normal(size, seed=10 + t) * 10.0 ** (normal(size, seed=20) - t / 2) for t in range(STEPS)]


def steps_trial(
    title: str, make: Callable[[Names], Any], reference: Callable[[FloatArray], list[FloatArray]], size: int
) -> MeasuredTrial:
    """Six steps from the same start: where the parameters are after each, and what became of the gradients."""

    def measure(names: Names) -> dict[str, FloatArray]:
        optimizer, parameters, handed = make(names), start(size), gradients(size)
        places = []
        for gradient in handed:
            optimizer.step(parameters, gradient)
            places.append(parameters.copy())
        return {
            "parameters": np.array(places),
            "gradients": np.array(handed),
            "steps": np.array([optimizer.steps], dtype=np.float64),
        }

    def verdict(results: Results) -> list[str]:
        wrong = []
        for t, (came_out, expected) in enumerate(zip(results["parameters"], reference(start(size)), strict=True), 1):
            off = ~np.isclose(came_out, expected, rtol=1e-9, atol=1e-12)
            if off.any():
                i = int(np.argmax(off))
                wrong.append(
                    f"After step {t}, {off.sum():,} of {size:,} parameters are not where the algorithm puts them: "
                    f"parameter {i} is {came_out[i]:.9g}, and should be {expected[i]:.9g}."
                )
                break
        if not np.array_equal(results["gradients"], np.array(gradients(size))):
            wrong.append("The gradients were changed by step, which has to leave them as they are.")
        if results["steps"][0] != STEPS:
            wrong.append(f"After {STEPS} steps, `steps` is {results['steps'][0]:g}.")
        return wrong

    return MeasuredTrial(title, measure, verdict)


def sgd_reference(momentum: float) -> Callable[[FloatArray], list[FloatArray]]:
    def places(theta: FloatArray) -> list[FloatArray]:
        visited: list[FloatArray] = []
        v = np.zeros_like(theta)
        for rate, g in zip(RATES, gradients(theta.size), strict=True):
            v = momentum * v + g
            theta = theta - rate * v
            visited.append(theta)
        return visited

    return places


def adam_reference(beta1: float, beta2: float, epsilon: float) -> Callable[[FloatArray], list[FloatArray]]:
    """Kingma & Ba 2015, algorithm 1, line by line."""

    def places(theta: FloatArray) -> list[FloatArray]:
        visited: list[FloatArray] = []
        m, v = np.zeros_like(theta), np.zeros_like(theta)
        for t, (rate, g) in enumerate(zip(RATES, gradients(theta.size), strict=True), 1):
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g**2
            m_hat = m / (1 - beta1**t)
            v_hat = v / (1 - beta2**t)
            theta = theta - rate * m_hat / (np.sqrt(v_hat) + epsilon)
            visited.append(theta)
        return visited

    return places


def sgd_trial(title: str, momentum: float, size: int) -> MeasuredTrial:
    return steps_trial(
        title, lambda names: names["SGD"](Linear(0.1, 0.02, 4), momentum=momentum), sgd_reference(momentum), size
    )


def adam_trial(title: str, beta1: float, beta2: float, epsilon: float, size: int) -> MeasuredTrial:
    return steps_trial(
        title,
        lambda names: names["Adam"](Linear(0.1, 0.02, 4), beta1=beta1, beta2=beta2, epsilon=epsilon),
        adam_reference(beta1, beta2, epsilon),
        size,
    )


SGD_TASK = Task(
    name="sgd",
    title="Gradient descent with momentum",
    section=SECTION,
    points=3,
    goal=(
        "Write one step. `parameters` and `gradients` are flat arrays of the same size: change the first in place "
        "and leave the second alone. The velocity v has to survive from step to step, so it lives in self, and "
        "starts at zero, when self.steps is still 0. self.learning_rate is the rate of the step to come, and "
        "self.steps counts the steps taken: one more at the end. (pieces(size) yields slices for working through "
        "long arrays in parts that fit the processor's cache; a step on whole arrays is as right.)"
    ),
    hints=(
        "How do you know that this is the first step, and how large does v have to be?",
        "Three things happen to every parameter: v shrinks by the momentum, the gradient is added to v, and the "
        "parameter moves against v by the learning rate. Then the step is counted.",
        "self.velocity *= self.momentum, self.velocity += gradients, parameters -= self.learning_rate * "
        "self.velocity, self.steps += 1; and before, if self.steps == 0, self.velocity = zeros(parameters).",
    ),
    parts=(Part("nn.optimizers", keep=("SGD",), blanks=("SGD.step",)),),
    trials=(
        sgd_trial("six steps without momentum", 0.0, 100),
        sgd_trial("six steps with momentum 0.9", 0.9, 100),
        sgd_trial("six steps of many parameters", 0.5, PIECE + 789),
    ),
)

ADAM = Task(
    name="adam",
    title="Adam",
    section=SECTION,
    points=5,
    goal=(
        "Write one step of Adam, as the docstring of the class states it. `parameters` and `gradients` are flat "
        "arrays of the same size: change the first in place and leave the second alone. m and v live in self and "
        "start at zero, when self.steps is still 0. self.learning_rate is α of the step to come, read before "
        "self.steps is counted up, and t is 1 in the first step. (pieces(size) yields slices of at most PIECE "
        "values, for working through long arrays in parts that fit the processor's cache; a step on whole arrays is "
        "as right.)"
    ),
    hints=(
        "Take β₁ = 0.9 and the very first step: how large is m then, compared with g? Which division makes up for "
        "it?",
        "Five lines for the five of the algorithm. t is self.steps + 1, as long as the step is not counted yet; ε "
        "stands beside the root, not under it.",
        "m += (1 - β₁) · (g - m) and v += (1 - β₂) · (g² - v) are the first two lines; then parameters -= rate · "
        "(m / (1 - β₁ᵗ)) / (np.sqrt(v / (1 - β₂ᵗ)) + ε), with rate = self.learning_rate; then self.steps += 1.",
    ),
    parts=(Part("nn.optimizers", keep=("Adam",), blanks=("Adam.step",)),),
    trials=(
        adam_trial("six steps with the paper's β and ε", 0.9, 0.999, 1e-8, 100),
        adam_trial("six steps with a large ε", 0.9, 0.999, 0.1, 100),
        adam_trial("six steps with other β", 0.5, 0.8, 1e-3, 100),
        adam_trial("six steps of many parameters", 0.9, 0.99, 1e-8, PIECE + 789),
    ),
)

TASKS = (SGD_TASK, ADAM)
