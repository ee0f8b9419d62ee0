"""Broken optimizers and initial weights: nothing here has a gradient to check. What tells is the paper's algorithm
written out plainly, and a variance."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.exercises.hunt.bug import Bug, furthest_off, off
from scratch_ae.exercises.task import Names, Part, Results, Task
from scratch_ae.exercises.trials import MeasuredTrial, read_only

SECTION = "自编码器"
GRADIENTS = read_only(np.array([[1.0, -0.1, 1e-3, 1e-5], [0.5, 0.2, 1e-3, -1e-5], [1.0, 0.1, -2e-3, 1e-5]]))
"""Of three steps, for four parameters: large and small ones."""


def paths(optimizer: Any) -> FloatArray:
    """Where the four parameters are after each step, from 0: (steps, parameters)."""
    parameters, visited = {"θ": np.zeros(4)}, []
    for gradient in GRADIENTS:
        optimizer.step(parameters, {"θ": gradient.copy()})
        visited.append(np.array(parameters["θ"]))
    return np.array(visited)


def unlike(results: Results, right: FloatArray) -> list[str]:
    """The parameter that is furthest from where it should be, as a share of its way."""
    ways = np.abs(np.diff(right, axis=0, prepend=0)).cumsum(axis=0)
    names = [
        f"θ after step {t + 1}, with gradients of about {g:g} and in units of the way it should have gone,"
        for t in range(3)
        for g in np.abs(GRADIENTS[0])
    ]
    return furthest_off(names, results["path"] / ways, right / ways, 1e-6)


# Adam is algorithm 1 of its paper.

EPSILON = 1e-3


def steps_of_adam(names: Names) -> dict[str, FloatArray]:
    return {"path": paths(names["Adam"](0.1, epsilon=EPSILON))}


def algorithm_1(results: Results) -> list[str]:
    """Kingma & Ba 2015, line by line, with β₁ = 0.9 and β₂ = 0.999."""
    theta, m, v, visited = np.zeros(4), np.zeros(4), np.zeros(4), []
    for t, g in enumerate(GRADIENTS, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        theta = theta - 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + EPSILON)
        visited.append(theta)
    return unlike(results, np.array(visited))


ADAM = MeasuredTrial("Three steps against algorithm 1 of the paper", steps_of_adam, algorithm_1)

GIANT_STEPS = Bug(
    Task(
        name="giant-first-steps",
        title="Adam, the optimizer",
        section=SECTION,
        points=3,
        goal="The first step with a learning rate of 0.001 moves every parameter by 0.0032, and the following ones "
        "are too large as well. Without a warm-up, training sometimes fails in the first batches; after some "
        "thousand steps nothing is unusual.",
        hints=(
            "Compute the first step by hand, for a gradient of 1. m and v start at 0.",
            "After one step m is a tenth of the gradient, v a thousandth of its square. The paper makes up for that.",
            "Algorithm 1 divides m by 1 − β₁ᵗ and v by 1 − β₂ᵗ. Mind what that does to ε.",
        ),
        parts=(
            Part(
                "nn.optimizers",
                keep=["Adam"],
                mistakes=[
                    ("(1 - self.beta1**self.steps) / (1 - self.beta1)", "1 / (1 - self.beta1)"),
                    ("(1 - self.beta2**self.steps) / (1 - self.beta2)", "1 / (1 - self.beta2)"),
                ],
            ),
        ),
        trials=(ADAM,),
        lesson="Adam without its bias correction. BERT's published optimizer leaves it out, which its author called "
        "mostly an oversight that a warm-up makes up for (google-research/bert issue 153); ml-explore/mlx got the "
        "correction later, when a small GPT would not memorize (pull request 1640). With β₁ = 0.9 and β₂ = 0.999 the "
        "first steps are √1000/10 = 3.2 times too large. An optimizer has no gradient to check: hold three of its "
        "steps against the paper.",
    ),
    mistake="Adam without bias correction",
    made_in="google-research/bert issue 153; ml-explore/mlx PR 1640",
    gradient_check=False,
    seen_by="three steps against the paper's algorithm",
)

SMALL_GRADIENTS = Bug(
    Task(
        name="small-gradients-sleep",
        title="Adam, the optimizer",
        section=SECTION,
        points=3,
        goal="Where gradients are large, this Adam is right to six digits. But parameters whose gradients are about "
        "as small as ε hardly move in the first steps: the first one is 16 times too short.",
        hints=(
            "What does ε do, and at which size of gradient does it begin to matter?",
            "The paper adds ε to √v̂, and v̂ is not v.",
            "When the correction of v is moved out of the root and into the rate, everything under the fraction bar "
            "has to be multiplied with it.",
        ),
        parts=(
            Part(
                "nn.optimizers",
                keep=["Adam"],
                mistakes=[
                    ("self.epsilon * root_c2", "self.epsilon"),
                ],
            ),
        ),
        trials=(ADAM,),
        lesson="The correction moved out of the arrays and into the learning rate, and ε forgotten on the way: "
        "karpathy/nanochat issue 304, and before it tensorflow/tensorflow issue 9047 and pytorch/pytorch pull "
        "request 22628. TensorFlow's answer is that the paper has this form, too, with an ε of its own that it calls "
        "ε̂. It is the same algorithm for another ε, which changes from step to step. Gradients as small as ε tell.",
    ),
    mistake="Adam's ε not scaled with the correction of v",
    made_in="karpathy/nanochat issue 304; tensorflow/tensorflow issue 9047",
    gradient_check=False,
    seen_by="three steps against the paper's algorithm, with small gradients",
)


# Momentum remembers.


def steps_of_sgd(names: Names) -> dict[str, FloatArray]:
    return {"path": paths(names["SGD"](0.1, momentum=0.9))}


def polyak(results: Results) -> list[str]:
    """v ← 0.9 v + g;  θ ← θ − 0.1 v."""
    theta, v, visited = np.zeros(4), np.zeros(4), []
    for g in GRADIENTS:
        v = 0.9 * v + g
        theta = theta - 0.1 * v
        visited.append(theta)
    return unlike(results, np.array(visited))


NO_MOMENTUM = Bug(
    Task(
        name="momentum-does-nothing",
        title="Gradient descent with momentum",
        section=SECTION,
        points=2,
        goal="Runs with momentum 0, 0.5 and 0.99 give the same parameters, bit for bit.",
        hints=(
            "What has to survive from one step to the next?",
            "Follow the velocity through two steps.",
            "It may be made once only, before the first step, and has to be kept: self.running_means(kind, decay, "
            "parameters) of the Optimizer does both.",
        ),
        parts=(
            Part(
                "nn.optimizers",
                keep=["SGD"],
                mistakes=[
                    (
                        'self.running_means("v", self.momentum, parameters)',
                        "{name: np.zeros_like(theta) for name, theta in parameters.items()}",
                    )
                ],
            ),
        ),
        trials=(MeasuredTrial("Three steps with momentum 0.9", steps_of_sgd, polyak),),
        lesson="The buffer is set to zero at every step. kozistr/pytorch_optimizer pull request 516 mends it for "
        "SignSGD, with a table of four momenta and one result. It learns, for plain descent learns, too; a setting "
        "that changes nothing is the sign. A second step by hand tells, the first one cannot.",
    ),
    mistake="momentum's buffer made anew at every step",
    made_in="kozistr/pytorch_optimizer PR 516",
    gradient_check=False,
    seen_by="the second step against the formula",
)


# Weights start with the variance that the paper asks for.


def variance_of_weights(names: Names) -> dict[str, FloatArray]:
    w = names["glorot_uniform"](np.random.default_rng(0), 200, 300)
    return {"mean": np.array(np.mean(w)), "variance": np.array(np.var(w))}


def glorots_variance(results: Results) -> list[str]:
    """Five standard errors: s² √(0.8/n) of the variance of n uniform numbers, s/√n of their mean."""
    right, n = 2 / 500, 60_000
    return [
        *off("The mean of 60,000 weights", results["mean"], 0, 5 * np.sqrt(right / n)),
        *off(
            "The variance of weights from 200 to 300 units", results["variance"], right, 5 * right * np.sqrt(0.8 / n)
        ),
    ]


FADING = Bug(
    Task(
        name="fading-signal",
        title="Initial weights, uniform, that keep a signal's size from layer to layer",
        section=SECTION,
        points=2,
        goal="Sent through ten linear layers with weights of this file, a signal of standard deviation 1 comes out "
        "with 0.004. Deep networks hardly begin to learn; shallow ones don't mind.",
        hints=(
            "By which factor does the signal shrink in one layer, and what is its square?",
            "Which variance does a uniform distribution on [−a, a] have?",
            "The number under the root is the variance that is asked for; the limit is √3 times its root.",
        ),
        parts=(
            Part(
                "nn.initializers",
                keep=["glorot_uniform"],
                mistakes=[("np.sqrt(6.0 / (fan_in + fan_out))", "np.sqrt(2.0 / (fan_in + fan_out))")],
            ),
        ),
        trials=(MeasuredTrial("The variance of the weights", variance_of_weights, glorots_variance),),
        lesson="A standard deviation handed over as the limit of a uniform distribution, which is √3 of them. So "
        "were Keras's glorot_uniform, lecun_uniform and he_uniform until keras-team/keras pull request 372. One "
        "layer forgives a factor of 0.58; ten layers make 0.004 of it. Nothing is differentiated here: measure the "
        "variance.",
    ),
    mistake="the standard deviation as limit of the uniform distribution: √3 too small",
    made_in="keras-team/keras PR 372",
    gradient_check=False,
    seen_by="the variance of 60,000 weights",
)
