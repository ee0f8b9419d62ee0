"""Broken layers and activations: mistakes in a backward pass, which the gradient check sees, and a forward pass
that is right only where nobody looks further."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.exercises.hunt.bug import Bug, furthest_off, off
from scratch_ae.exercises.task import Names, Part, Results, Task
from scratch_ae.exercises.trials import GradientTrial, MeasuredTrial, read_only
from scratch_ae.nn.mlp import MLP

SECTION = "自编码器"
A = read_only(np.array([[-2.0, -0.5, 0.3], [1.5, -3.0, 0.7]]))


# A derivative is taken where it belongs.


def slopes_of_sigmoid(names: Names) -> dict[str, FloatArray]:
    sigmoid = names["Sigmoid"]()
    return {"slope": np.array(sigmoid.derivative(sigmoid.value(A)))}


def slopes_by_differences(results: Results) -> list[str]:
    above, below = (1 / (1 + np.exp(-(A + step))) for step in (1e-5, -1e-5))
    right = (above - below) / 2e-5
    return furthest_off([f"σ'({a:g})" for a in A.flat], results["slope"], right, 1e-8)


SLOW_SIGMOID = Bug(
    Task(
        name="nearly-as-good",
        title="The sigmoid and its derivatives",
        section=SECTION,
        points=2,
        goal="A 784-100-30 autoencoder of sigmoids trains with this file nearly as well as with the right one: "
        "squared error 50.3 instead of 50.1 on digits after five epochs. The gradient check fails in every layer but "
        "the last.",
        hints=(
            "Which layers have a wrong gradient? All that lie below something in this file.",
            "σ' can be written with a, or with σ(a). Which of the two does `derivative` have at hand?",
            "h is σ(a) already.",
        ),
        parts=(
            Part(
                "nn.activations",
                keep=["Sigmoid"],
                mistakes=[
                    ("return h * (1 - h)\n", "return sigmoid(h) * (1 - sigmoid(h))\n"),
                ],
            ),
        ),
        trials=(
            MeasuredTrial("The slope against differences", slopes_of_sigmoid, slopes_by_differences),
            GradientTrial("The gradient", lambda names: (names["Sigmoid"](), A)),
        ),
        lesson="The derivative's formula in a, given the activation h = σ(a): reported for dwhitena/gophernet (issue "
        "6) by someone whose own network came to other numbers. The wrong slope lies between 0.2 and 0.25, is "
        "positive wherever the right one is, and lacks its zero in saturation: so it learns, sometimes better. That "
        "training works is no proof of a gradient; the check is.",
    ),
    mistake="σ' evaluated at the output instead of the input",
    made_in="dwhitena/gophernet issue 6",
    gradient_check=True,
    seen_by="the gradient check",
)


def slopes_of_leaky_relu(names: Names) -> dict[str, FloatArray]:
    activation = names["LeakyReLU"]()
    return {"slope": np.array(activation.derivative(activation.value(A)), np.float64)}


def one_or_the_slope(results: Results) -> list[str]:
    return furthest_off([f"φ'({a:g})" for a in A.flat], results["slope"], np.where(A > 0, 1, 0.01), 1e-9)


DEAD_ANYWAY = Bug(
    Task(
        name="units-die-anyway",
        title="The leaky ReLU, of which no unit dies",
        section=SECTION,
        points=2,
        goal="Units that are negative for every example should recover, slowly. With this file they stay as they are "
        "for ever, and a 784-100-30 autoencoder ends at a squared error of 24.0 where 23.2 is usual. A check at "
        "positive inputs finds nothing.",
        hints=(
            "Check it where it differs from a ReLU.",
            "Through a unit that is negative, how much of the gradient should come back?",
            "Right of 0 the slope is 1. Left of 0 it has a name.",
        ),
        parts=(
            Part(
                "nn.activations",
                keep=["LeakyReLU"],
                mistakes=[("h.dtype.type(self.slope))", "h.dtype.type(0))")],
            ),
        ),
        trials=(
            MeasuredTrial("The slope on both sides", slopes_of_leaky_relu, one_or_the_slope),
            GradientTrial("The gradient", lambda names: (names["LeakyReLU"](), A)),
        ),
        lesson="The ReLU's derivative under a leaky ReLU: scientific-computing/FKB issue 15, and "
        "MachineLearningLifeScience/stochman issue 10, whose test had left out negative inputs, which is why, says "
        "the repair (pull request 13), everything seemed fine. A gradient check is worth as much as the points it is "
        "made at: random ones, of both signs.",
    ),
    mistake="leaky ReLU with the derivative of the ReLU",
    made_in="scientific-computing/FKB issue 15; MachineLearningLifeScience/stochman issue 10",
    gradient_check=True,
    seen_by="the gradient check, if some inputs are negative",
)


# Each bias has a gradient of its own.


def dense(names: Names) -> Any:
    return names["Dense"](3, 4, rng=np.random.default_rng(0), dtype=np.float64)


def bias_gradient(names: Names) -> dict[str, FloatArray]:
    layer = dense(names)
    layer.forward(A)
    layer.backward(np.array([[1.0, 0.0, 2.0, -1.0], [10.0, 0.0, 0.5, -1.0]]))
    return {"db": layer.db.copy()}


def sums_by_unit(results: Results) -> list[str]:
    return furthest_off([f"∂L/∂b of unit {k}" for k in range(4)], results["db"], np.array([11, 0, 2.5, -2]), 1e-9)


SAME_BIASES = Bug(
    Task(
        name="all-biases-equal",
        title="The dense layer, its forward and its backward pass",
        section=SECTION,
        points=2,
        goal="After training, all the biases of a layer are the same number, to the last digit. The model is hardly "
        "worse: squared error 23.5 instead of 22.9 on digits.",
        hints=(
            "Biases start at zero. If they stay equal, they get equal gradients.",
            "Which axis of dy are the examples, and which the units?",
            "A sum over everything is one number, and one number fits into any array.",
        ),
        parts=(
            Part(
                "nn.dense",
                keep=["Dense"],
                mistakes=[("self.db = dy.sum(axis=0)", "self.db[...] = dy.sum()")],
            ),
        ),
        trials=(
            MeasuredTrial("The gradient of the biases, by hand", bias_gradient, sums_by_unit),
            GradientTrial("The gradient", lambda names: (dense(names), A)),
        ),
        lesson="A sum without its axis, stretched over all biases by broadcasting: rasbt/stat453-deep-learning-ss21 "
        "issue 5, noticed by its three equal biases. Shapes fit and the weights make up for it, so that accuracy "
        "hardly suffers. The gradient check sees it; so does a look at the numbers.",
    ),
    mistake="bias gradient summed over the units, too",
    made_in="rasbt/stat453-deep-learning-ss21 issue 5",
    gradient_check=True,
    seen_by="the gradient check",
)


# What is kept for backward must still be there.


def input_before_and_after(names: Names) -> dict[str, FloatArray]:
    layer, x = dense(names), A.copy()
    layer.forward(x)
    layer.backward(np.ones((2, 4)))
    return {"x": x}


def input_is_untouched(results: Results) -> list[str]:
    changed = int(np.sum(results["x"] != A))
    if changed == 0:
        return []
    return [
        f"Of the {A.size} numbers of the layer's input x, {changed} are others after backward than before forward."
    ]


def two_layers(names: Names) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    network = MLP([3, 4, 2], ["tanh", "identity"], rng=rng, dtype=np.float64)
    network.dense = [names["Dense"](n, m, rng=rng, dtype=np.float64) for n, m in ((3, 4), (4, 2))]
    return network, A


LOWER_LAYERS = Bug(
    Task(
        name="lower-layers-astray",
        title="The dense layer, sparing with memory",
        section=SECTION,
        points=4,
        goal="Checked by itself, every layer passes. Checked as a network, all layers but the last fail, with ReLUs "
        "as with sigmoids, and a 784-100-30 autoencoder ends at a squared error of 131 on digits where 23 is usual.",
        hints=(
            "If every piece is right and the whole is wrong, two pieces share something.",
            "The activation below keeps its output h for its own backward pass. Where does this layer's x lie in "
            "memory?",
            "x is done with for this layer once dW is computed, but it is not this layer's to write to.",
        ),
        parts=(
            Part(
                "nn.dense",
                keep=["Dense"],
                mistakes=[
                    ("return dy @ self.W.T if to_input", "return np.matmul(dy, self.W.T, out=self.x) if to_input"),
                ],
            ),
        ),
        trials=(
            MeasuredTrial("The input after the backward pass", input_before_and_after, input_is_untouched),
            GradientTrial("The gradient of a network of two layers", two_layers),
        ),
        lesson="In-place work on an array that somebody else still needs. In Caffe an in-place ReLU overwrites what "
        "the layer below reads in its backward pass (BVLC/caffe issues 2853 and 2015: the result is wrong, without "
        "any warning); PyTorch's in-place leaky ReLU had wrong gradients for a negative slope (pytorch/pytorch issue "
        "31938). The gradient check of one layer is content: it takes two, because what is overwritten is the "
        "neighbour's.",
    ),
    mistake="dx written over x, which is the h that the activation below needs",
    made_in="BVLC/caffe issues 2015 and 2853; pytorch/pytorch issue 31938",
    gradient_check=True,
    seen_by="the gradient check of two layers (not of one)",
)


# A function of any number has a value for any number.

EXTREME = read_only(np.array([[-800.0, -40.0, -1.0, 0.0, 1.0, 40.0, 800.0]]))


def softplus_far_out(names: Names) -> dict[str, FloatArray]:
    with np.errstate(all="ignore"):
        h = np.array(names["Softplus"]().forward(EXTREME))
    return {"finite": np.isfinite(h).astype(float), "h": np.nan_to_num(h, posinf=0.0, neginf=0.0)}


def finite_and_right(results: Results) -> list[str]:
    lines = []
    for i, a in enumerate(EXTREME[0]):
        if not results["finite"][0, i]:
            lines.append(f"softplus({a:g}) is infinite or not a number.")
        else:
            right = float(np.logaddexp(0.0, a))
            lines += off(f"softplus({a:g})", results["h"][0, i], right, 1e-12 * right)
    return lines


OVERFLOW = Bug(
    Task(
        name="suddenly-infinite",
        title="The softplus, a smooth ReLU",
        section=SECTION,
        points=3,
        goal="Training runs well for a while, then the loss becomes inf or NaN from one step to the next. Everywhere "
        "else the values are right to 15 digits, and the gradient check is content.",
        hints=(
            "What do you know about the inputs at the step where it happens?",
            "From which a on can e^a no longer be written down? And how large is log(1 + e^a) there?",
            "Take the larger of the two summands 1 and e^a out of the logarithm: what is left never overflows. Mind "
            "both signs of a.",
        ),
        parts=(
            Part(
                "nn.activations",
                keep=["Softplus", "softplus"],
                mistakes=[
                    ("return np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a)))", "return np.log1p(np.exp(a))"),
                ],
            ),
        ),
        trials=(
            MeasuredTrial("softplus from −800 to 800", softplus_far_out, finite_and_right),
            GradientTrial("The gradient", lambda names: (names["Softplus"](), A)),
        ),
        lesson="rushter/MLAlgorithms had log(1 + e^z), which overflows (pull request 30); the first repair, z + "
        "log(1 + 1/e^z), divides by zero on the other side (pull request 31); the third form, logaddexp(0, z), is "
        "right. A gradient check at ordinary points can't know: a function has to be tried where its intermediate "
        "results leave the range of floats.",
    ),
    mistake="log(1 + e^a) as it stands, which overflows",
    made_in="rushter/MLAlgorithms PRs 30 and 31",
    gradient_check=False,
    seen_by="values at ±800",
)
