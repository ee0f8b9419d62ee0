"""The first exercises: the slope of an activation, the slope of that slope, and the chain rule element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.contractive import ContractiveAutoencoder
from scratch_ae.exercises.curriculum.specimens import Slope, activation, normal, off_zero, small, uniform
from scratch_ae.exercises.task import Names, Part, Results, Task, Trial
from scratch_ae.exercises.trials import GradientTrial, MeasuredTrial, read_only, value_trial
from scratch_ae.nn.activations import ACTIVATIONS

SECTION = "自编码器"
FAR_OUT = read_only(np.array([[-800.0, -40.0, -8.0, -1.0, 1.0, 8.0, 40.0, 800.0]]))


def article(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}"


def slopes(name: str, kind: str, hints: tuple[str, str, str], remark: str = "") -> Task:
    """The exercise of one activation that is curved: `derivative` and `second_derivative`."""
    return Task(
        name=name,
        title=f"{kind}: its slope, and the slope of that",
        section=SECTION,
        points=2,
        goal=(
            f"Write φ'(a) = ∂h/∂a, which every backward pass through {article(kind)} multiplies by, and φ''(a), "
            f"which the contractive penalty will need. Both get h = φ(a), which is all they take, and return a new "
            f"array of its shape. {remark}"
        ).rstrip(),
        hints=hints,
        parts=(Part("nn.activations", keep=(kind,), blanks=(f"{kind}.derivative", f"{kind}.second_derivative")),),
        trials=(*slope_trials(kind), *second_trials(kind)),
    )


def slope(name: str, kind: str, hints: tuple[str, str, str], low: float) -> Task:
    """The exercise of one that is made of two straight lines, with slopes `low` and 1: `derivative` alone."""
    return Task(
        name=name,
        title=f"{kind}: its slope",
        section=SECTION,
        points=1,
        goal=(
            f"Write φ'(a) = ∂h/∂a, which every backward pass through {article(kind)} multiplies by. It gets h = "
            f"φ(a), which is all it takes, and returns a new array of its shape. (φ'' is zero, and need not be "
            f"written: every activation inherits that.)"
        ),
        hints=hints,
        parts=(Part("nn.activations", keep=(kind,), blanks=(f"{kind}.derivative",)),),
        trials=(*slope_trials(kind), kink_trial(kind, low)),
    )


def slope_trials(kind: str) -> tuple[Trial, ...]:
    def in_a_model(names: Names) -> tuple[Any, ...]:
        model = small()
        model.encoder.activations = [activation(names, kind), activation(names, kind)]
        return model, uniform(5, 4)

    def in_a_contractive_model(names: Names) -> tuple[Any, ...]:
        model = small(ContractiveAutoencoder, (4, 3), weight=0.7)
        model.encoder.activations[0] = activation(names, kind)
        return model, uniform(5, 4)

    def far_out(names: Names) -> dict[str, FloatArray]:
        phi = activation(names, kind)
        return {"slope": np.asarray(phi.derivative(phi.value(FAR_OUT)), np.float64)}

    return (
        GradientTrial("the slope at one example", lambda names: (activation(names, kind), off_zero(1, 4))),
        GradientTrial("the slope at five examples", lambda names: (activation(names, kind), off_zero(5, 3, seed=1))),
        value_trial("the slope at a = −800, −40, −8, −1, 1, 8, 40, 800", far_out),
        GradientTrial("in the encoder of an autoencoder", in_a_model),
        GradientTrial("in a contractive autoencoder, which takes φ'', too", in_a_contractive_model, "derivative"),
    )


def second_trials(kind: str) -> tuple[Trial, ...]:
    def far_out(names: Names) -> dict[str, FloatArray]:
        phi = activation(names, kind)
        return {"second derivative": np.asarray(phi.second_derivative(phi.value(FAR_OUT)), np.float64)}

    def at(words: str, *shape: int) -> Trial:
        return GradientTrial(
            f"the second derivative at {words}",
            lambda names: (Slope(activation(names, kind)), off_zero(*shape, seed=shape[0])),
            loss_is="derivative",
        )

    return (
        at("one example", 1, 4),
        at("five examples", 5, 3),
        value_trial("the second derivative at a = −800, −40, −8, −1, 1, 8, 40, 800", far_out),
    )


def kink_trial(kind: str, low: float) -> Trial:
    """At a = 0 any slope between those of the two sides will do, but a number it has to be."""

    def at_the_kink(names: Names) -> dict[str, FloatArray]:
        phi = activation(names, kind)
        with np.errstate(all="ignore"):
            return {"slope": np.asarray(phi.derivative(phi.value(np.zeros((2, 3)))), np.float64)}

    def between(results: Results) -> list[str]:
        wrong = results["slope"][(results["slope"] < low) | (results["slope"] > 1)]
        return [f"slope is {wrong[0]:g} there, and should lie between {low:g} and 1."] if len(wrong) else []

    return MeasuredTrial("the slope at the kink, a = 0", at_the_kink, between)


SIGMOID = slopes(
    "sigmoid",
    "Sigmoid",
    (
        "1 − σ(a) is a simple fraction, too. Which one, and where is it in e^−a / (1 + e^−a)²?",
        "σ' is a product of two factors, both made of σ alone. σ'' has three: those two, and one that is 0 where σ "
        "is ½, because there the slope is at its greatest.",
        "The slope is h · (1 − h), and its slope that times (1 − 2h).",
    ),
)

TANH = slopes(
    "tanh",
    "Tanh",
    (
        "The quotient rule leaves a difference of two squares over a square. Divide term by term: what is the first "
        "fraction, and what is the second?",
        "φ' is 1 minus a power of h. For φ'', that power has a slope of its own, and the chain rule brings in φ' "
        "once more.",
        "φ' is 1 − h², and φ'' is −2h times that.",
    ),
)

RELU = slope(
    "relu",
    "ReLU",
    (
        "Draw φ. How steep is it on the left, how steep on the right, and what does h say about the side you are on?",
        "An array of ones and zeros: one where the unit is on.",
        "(h > 0).astype(h.dtype), or np.where(h > 0, 1.0, 0.0).",
    ),
    low=0,
)

LEAKY_RELU = slope(
    "leaky_relu",
    "LeakyReLU",
    (
        "As for the ReLU, but nothing is switched off: what is the slope on the left now? Does h still say on which "
        "side you are?",
        "h and a have the same sign, so choose by h > 0 between two numbers.",
        "np.where(h > 0, 1.0, self.slope).",
    ),
    low=ACTIVATIONS["leaky_relu"].slope,
)

SOFTPLUS = slopes(
    "softplus",
    "Softplus",
    (
        "The slope is e^a / (1 + e^a), but there is h = log(1 + e^a) and no a. What is 1 + e^a, when you know h?",
        "φ' is 1 minus an exponential of h. The derivative of that exponential is itself times h', which is φ'.",
        "φ' is 1 − e^−h, in NumPy -np.expm1(-h), which loses no digits where h is small. φ'' is e^−h times that.",
    ),
    remark="(np.expm1(x) is e^x − 1 without the digits that the subtraction loses.)",
)

ELU = slopes(
    "elu",
    "ELU",
    (
        "Left of 0 the slope is e^a, and there is h = e^a − 1. How does one become the other?",
        "Two cases by the sign of h. On the right the slope is 1 and does not change; on the left slope and second "
        "derivative are the same exponential.",
        "φ' is np.where(h > 0, 1, h + 1), and φ'' is np.where(h > 0, 0, h + 1).",
    ),
)


class Through:
    """Another activation, differentiated by the rule that stands in Activation."""

    def __init__(self, names: Names, kind: str) -> None:
        self.rule, self.phi = names["Activation"].backward, activation(names, kind)

    def forward(self, a: Any) -> Any:
        return self.phi.forward(a)

    def backward(self, dh: Any) -> Any:
        return self.rule(self.phi, dh)


def two_units_and_a_line(names: Names) -> tuple[Any, ...]:
    model = small()
    model.encoder.activations = [names["Tanh"](), names["Tanh"]()]
    model.decoder.activations[0] = activation(names, "Identity")
    return model, uniform(5, 4)


CHAIN_RULE = Task(
    name="chain_rule",
    title="The chain rule, element by element",
    section=SECTION,
    points=2,
    goal=(
        "An activation acts on every element by itself. Write Activation.backward, which serves all of them: it gets "
        "∂L/∂h and returns ∂L/∂a, a new array; forward has kept self.h, and self.derivative(h) is φ'. And write the "
        "derivative of the simplest activation there is, the Identity of a linear layer: an array of h's shape."
    ),
    hints=(
        "By how much does L change, if a_j changes by a little δ? First h_j changes, by how much; then L, by how "
        "much?",
        "Two slopes along one way are multiplied, and h_j is on no other way than that of a_j. Of φ(a) = a, the "
        "slope is the same number everywhere.",
        "backward returns dh * self.derivative(self.h), element by element and no matrix product. The Identity's "
        "derivative is np.ones_like(h).",
    ),
    parts=(
        Part(
            "nn.activations",
            keep=("Activation", "Identity", "Tanh"),
            blanks=("Activation.backward", "Identity.derivative"),
        ),
    ),
    trials=(
        GradientTrial("through a tanh, one example", lambda names: (names["Tanh"](), normal(1, 4))),
        GradientTrial("through a tanh, five examples", lambda names: (names["Tanh"](), normal(5, 3, seed=1))),
        GradientTrial("as many examples as units", lambda names: (names["Tanh"](), normal(4, 4, seed=2))),
        GradientTrial("through the Identity", lambda names: (Through(names, "Identity"), normal(5, 3))),
        GradientTrial("in the encoder of an autoencoder", two_units_and_a_line),
    ),
)

TASKS = (SIGMOID, TANH, RELU, LEAKY_RELU, SOFTPLUS, ELU, CHAIN_RULE)
