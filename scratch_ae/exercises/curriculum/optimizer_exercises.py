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


SHAPES = {"encoder.0.W": (12, 7), "encoder.0.b": (7,), "decoder.0.W": (7, 12)}
LARGE = {"W": (PIECE // 8 + 5, 8), "b": (3,)}
"""More numbers than the library updates at a time."""


def start(shape: tuple[int, ...]) -> FloatArray:
    return normal(*shape, seed=3)


def gradients(shape: tuple[int, ...]) -> list[FloatArray]:
    """One for every step, of very different sizes, as they are in training, and a unit's that is dead."""
    scale = 10.0 ** normal(*shape, seed=20)
    scale.flat[0] = 0
    return [normal(*shape, seed=10 + t) * scale * 10.0 ** (-t / 2) for t in range(STEPS)]


def steps_trial(
    title: str,
    make: Callable[[Names], Any],
    reference: Callable[[tuple[int, ...]], list[FloatArray]],
    shapes: dict[str, tuple[int, ...]],
) -> MeasuredTrial:
    """Six steps from the same start: where the parameters are after each, and what became of the gradients."""

    def measure(names: Names) -> dict[str, FloatArray]:
        optimizer, parameters = make(names), {name: start(shape) for name, shape in shapes.items()}
        handed = [{name: gradients(shape)[t] for name, shape in shapes.items()} for t in range(STEPS)]
        places: dict[str, list[FloatArray]] = {name: [] for name in shapes}
        for gradient in handed:
            optimizer.step(parameters, gradient)
            for name in shapes:
                places[name].append(np.array(parameters[name]))
        return {
            **{f"parameters {name}": np.array(visited) for name, visited in places.items()},
            **{f"gradients {name}": np.array([gradient[name] for gradient in handed]) for name in shapes},
            "steps": np.array([optimizer.steps], dtype=np.float64),
        }

    def verdict(results: Results) -> list[str]:
        wrong = []
        for name, shape in shapes.items():
            for t, (came_out, expected) in enumerate(
                zip(results[f"parameters {name}"], reference(shape), strict=True), 1
            ):
                off = np.argwhere(~np.isclose(came_out, expected, rtol=1e-9, atol=1e-12))
                if len(off):
                    i = tuple(off[0])
                    wrong.append(
                        f"After step {t}, {len(off):,} of {expected.size:,} parameters of {name} are not where the "
                        f"algorithm puts them: the one at {[int(k) for k in i]} is {came_out[i]:.9g}, and should be "
                        f"{expected[i]:.9g}."
                    )
                    break
        if any(not np.array_equal(results[f"gradients {name}"], gradients(shape)) for name, shape in shapes.items()):
            wrong.append("The gradients were changed by step, which has to leave them as they are.")
        if results["steps"][0] != STEPS:
            wrong.append(f"After {STEPS} steps, `steps` is {results['steps'][0]:g}.")
        return wrong

    return MeasuredTrial(title, measure, verdict)


def sgd_reference(momentum: float) -> Callable[[tuple[int, ...]], list[FloatArray]]:
    def places(shape: tuple[int, ...]) -> list[FloatArray]:
        visited: list[FloatArray] = []
        theta = start(shape)
        v = np.zeros_like(theta)
        for rate, g in zip(RATES, gradients(shape), strict=True):
            v = momentum * v + g
            theta = theta - rate * v
            visited.append(theta)
        return visited

    return places


def adam_reference(beta1: float, beta2: float, epsilon: float) -> Callable[[tuple[int, ...]], list[FloatArray]]:
    """Kingma & Ba 2015, algorithm 1, line by line."""

    def places(shape: tuple[int, ...]) -> list[FloatArray]:
        visited: list[FloatArray] = []
        theta = start(shape)
        m, v = np.zeros_like(theta), np.zeros_like(theta)
        for t, (rate, g) in enumerate(zip(RATES, gradients(shape), strict=True), 1):
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g**2
            m_hat = m / (1 - beta1**t)
            v_hat = v / (1 - beta2**t)
            theta = theta - rate * m_hat / (np.sqrt(v_hat) + epsilon)
            visited.append(theta)
        return visited

    return places


Shapes = dict[str, tuple[int, ...]]


def sgd_trial(title: str, momentum: float, shapes: Shapes) -> MeasuredTrial:
    return steps_trial(
        title, lambda names: names["SGD"](Linear(0.1, 0.02, 4), momentum=momentum), sgd_reference(momentum), shapes
    )


def adam_trial(title: str, beta1: float, beta2: float, epsilon: float, shapes: Shapes) -> MeasuredTrial:
    return steps_trial(
        title,
        lambda names: names["Adam"](Linear(0.1, 0.02, 4), beta1=beta1, beta2=beta2, epsilon=epsilon),
        adam_reference(beta1, beta2, epsilon),
        shapes,
    )


SGD_TASK = Task(
    name="sgd",
    title="Gradient descent with momentum",
    section=SECTION,
    points=3,
    goal=(
        "Write one step. `parameters` and `gradients` hold arrays under the same names, as a model does: change the "
        "first in place, parameters[name] -= …, and leave the second alone. Every array has a velocity v of its own, "
        'which starts at zero and has to survive from step to step: self.running_means("v", self.momentum, '
        "parameters) gives all of them by name, always the same arrays, to be changed in place. self.learning_rate "
        "is the rate of the step to come, and self.steps counts the steps taken: one more at the end. (pieces(array) "
        "yields slices for working through a long array in parts that fit the processor's cache; a step on whole "
        "arrays is as right.)"
    ),
    hints=(
        "How large is v in the first step, and what has become of it when the second begins?",
        "Three things happen to every array: its v shrinks by the momentum, the gradient is added to v, and the "
        "parameters move against v by the learning rate. Then, once for all arrays, the step is counted.",
        'velocity = self.running_means("v", self.momentum, parameters); then for every name v = velocity[name], '
        "v *= self.momentum, v += gradients[name], parameters[name] -= self.learning_rate * v; after the loop "
        "self.steps += 1.",
    ),
    parts=(Part("nn.optimizers", keep=("SGD",), blanks=("SGD.step",)),),
    trials=(
        sgd_trial("six steps without momentum", 0.0, SHAPES),
        sgd_trial("six steps with momentum 0.9", 0.9, SHAPES),
        sgd_trial("six steps of many parameters", 0.5, LARGE),
    ),
)

ADAM = Task(
    name="adam",
    title="Adam",
    section=SECTION,
    points=5,
    goal=(
        "Write one step of Adam, as the docstring of the class states it. `parameters` and `gradients` hold arrays "
        "under the same names, as a model does: change the first in place, parameters[name] -= …, and leave the "
        'second alone. Every array has an m and a v of its own: self.running_means("m", self.beta1, parameters) '
        'gives all m by name, zero at first and then always the same arrays, to be changed in place; so for "v" and '
        "self.beta2. self.learning_rate is α of the step to come, read before self.steps is counted up, and t is 1 "
        "in the first step. (pieces(array) yields slices for working through a long array in parts that fit the "
        "processor's cache; a step on whole arrays is as right.)"
    ),
    hints=(
        "Take β₁ = 0.9 and the very first step: how large is m then, compared with g? Which division makes up for "
        "it?",
        "Five lines for the five of the algorithm, for every name. t is self.steps + 1, as long as the step is not "
        "counted yet; ε stands beside the root, not under it.",
        "m += (1 - β₁) * (g - m) and v += (1 - β₂) * (g**2 - v) are the first two lines; then parameters[name] -= "
        "rate * (m / (1 - β₁**t)) / (np.sqrt(v / (1 - β₂**t)) + ε), with rate = self.learning_rate; after the loop "
        "self.steps += 1.",
    ),
    parts=(Part("nn.optimizers", keep=("Adam",), blanks=("Adam.step",)),),
    trials=(
        adam_trial("six steps with the paper's β and ε", 0.9, 0.999, 1e-8, SHAPES),
        adam_trial("six steps with a large ε", 0.9, 0.999, 0.1, SHAPES),
        adam_trial("six steps with other β", 0.5, 0.8, 1e-3, SHAPES),
        adam_trial("six steps of many parameters", 0.9, 0.99, 1e-8, LARGE),
    ),
)

TASKS = (SGD_TASK, ADAM)
