"""The first exercises: the slope of an activation, the slope of that slope, and the chain rule element by element."""

from __future__ import annotations

from typing import Any

from scratch_ae.autoencoders.contractive import ContractiveAutoencoder
from scratch_ae.exercises.curriculum.specimens import Slope, normal, off_zero, small, uniform
from scratch_ae.exercises.task import Names, Part, Task, Trial
from scratch_ae.exercises.trials import GradientTrial

SECTION = "自编码器"


def slopes(name: str, kind: str, hints: tuple[str, str, str], remark: str = "") -> Task:
    """The exercise of one activation: `derivative` and `second_derivative`."""
    return Task(
        name=name,
        title=f"{kind}: its slope, and the slope of that",
        section=SECTION,
        points=2,
        goal=(
            f"Write φ'(a) = ∂h/∂a, which every backward pass through a {kind} multiplies by, and φ''(a), which the "
            f"contractive penalty will need. Both are arrays of h's shape, and self.h, which forward has kept, is "
            f"all they take. {remark}"
        ).rstrip(),
        hints=hints,
        parts=(Part("nn.activations", keep=(kind,), blanks=(f"{kind}.derivative", f"{kind}.second_derivative")),),
        trials=slope_trials(kind),
    )


def slope_trials(kind: str) -> tuple[Trial, ...]:
    def in_a_model(names: Names) -> tuple[Any, ...]:
        model = small()
        model.encoder.activations = [names[kind](), names[kind]()]
        return model, uniform(5, 4)

    def in_a_contractive_model(names: Names) -> tuple[Any, ...]:
        model = small(ContractiveAutoencoder, (4, 3), weight=0.7)
        model.encoder.activations[0] = names[kind]()
        return model, uniform(5, 4)

    return (
        GradientTrial("the slope at one example", lambda names: (names[kind](), off_zero(1, 4))),
        GradientTrial("the slope at five examples", lambda names: (names[kind](), off_zero(5, 3, seed=1))),
        GradientTrial(
            "the second derivative at one example",
            lambda names: (Slope(names[kind]()), off_zero(1, 4)),
            loss_is="derivative",
        ),
        GradientTrial(
            "the second derivative at five examples",
            lambda names: (Slope(names[kind]()), off_zero(5, 3, seed=1)),
            loss_is="derivative",
        ),
        GradientTrial("in the encoder of an autoencoder", in_a_model),
        GradientTrial("in a contractive autoencoder, which takes both", in_a_contractive_model, loss_is="derivative"),
    )


SIGMOID = slopes(
    "sigmoid",
    "Sigmoid",
    (
        "1 − σ(a) is a simple fraction, too. Which one, and where is it in e^−a / (1 + e^−a)²?",
        "σ' is a product of two factors, both made of σ alone. σ'' has three: those two, and one that is 0 where σ "
        "is ½, because there the slope is at its greatest.",
        "With h for self.h: the slope is h · (1 − h), and its slope that times (1 − 2h).",
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
        "With h for self.h: φ' is 1 − h², and φ'' is −2h times that.",
    ),
)

RELU = slopes(
    "relu",
    "ReLU",
    (
        "Draw φ. How steep is it on the left, how steep on the right, and what does h say about the side you are on?",
        "An array of ones and zeros: one where the unit is on. And how much does this slope change, when a changes a "
        "little?",
        "φ' is np.where(self.h > 0, 1.0, 0.0), and φ'' is zero everywhere: np.zeros_like(self.h).",
    ),
)

LEAKY_RELU = slopes(
    "leaky_relu",
    "LeakyReLU",
    (
        "As for the ReLU, but nothing is switched off: what is the slope on the left now? Does h still say on which "
        "side you are?",
        "h and a have the same sign, so choose by h > 0 between two numbers. A line's second derivative is what it "
        "always is.",
        "φ' is np.where(self.h > 0, 1.0, self.slope), and φ'' is np.zeros_like(self.h).",
    ),
)

SOFTPLUS = slopes(
    "softplus",
    "Softplus",
    (
        "The slope is e^a / (1 + e^a), but forward kept h = log(1 + e^a) and no a. What is 1 + e^a, when you know h?",
        "φ' is 1 minus an exponential of h. The derivative of that exponential is itself times h', which is φ'.",
        "φ' is 1 − e^−h, in NumPy -np.expm1(-self.h), which loses no digits where h is small. φ'' is e^−h times "
        "that.",
    ),
    remark="(np.expm1(x) is e^x − 1 without the digits that the subtraction loses.)",
)

ELU = slopes(
    "elu",
    "ELU",
    (
        "Left of 0 the slope is e^a, and forward kept h = e^a − 1. How does one become the other?",
        "Two cases by the sign of h. On the right the slope is 1 and does not change; on the left slope and second "
        "derivative are the same exponential.",
        "φ' is np.where(self.h > 0, 1, self.h + 1), and φ'' is np.where(self.h > 0, 0, self.h + 1).",
    ),
)


class Through:
    """Another activation, differentiated by the rule that stands in Activation."""

    def __init__(self, names: Names, kind: str) -> None:
        self.rule, self.phi = names["Activation"].backward, names[kind]()

    def forward(self, a: Any) -> Any:
        return self.phi.forward(a)

    def backward(self, dh: Any) -> Any:
        return self.rule(self.phi, dh)


def two_units_and_a_line(names: Names) -> tuple[Any, ...]:
    model = small()
    model.encoder.activations = [names["Tanh"](), names["Tanh"]()]
    model.decoder.activations[0] = names["Identity"]()
    return model, uniform(5, 4)


CHAIN_RULE = Task(
    name="chain_rule",
    title="The chain rule, element by element",
    section=SECTION,
    points=2,
    goal=(
        "An activation acts on every element by itself. Write Activation.backward, which serves all of them: it gets "
        "∂L/∂h and has to return ∂L/∂a, using self.derivative(). And write the two derivatives of the simplest "
        "activation there is, the Identity of a linear layer."
    ),
    hints=(
        "By how much does L change, if a_j changes by a little δ? First h_j changes, by how much; then L, by how "
        "much?",
        "Two slopes along one way are multiplied, and h_j is on no other way than that of a_j. Of φ(a) = a, the "
        "slope is the same number everywhere, so the second derivative is, too.",
        "backward returns dh * self.derivative(), element by element and no matrix product. The Identity's "
        "derivatives are np.ones_like(self.h) and np.zeros_like(self.h).",
    ),
    parts=(
        Part(
            "nn.activations",
            keep=("Activation", "Identity", "Tanh"),
            blanks=("Activation.backward", "Identity.derivative", "Identity.second_derivative"),
        ),
    ),
    trials=(
        GradientTrial("through a tanh, one example", lambda names: (names["Tanh"](), normal(1, 4))),
        GradientTrial("through a tanh, five examples", lambda names: (names["Tanh"](), normal(5, 3, seed=1))),
        GradientTrial("as many examples as units", lambda names: (names["Tanh"](), normal(4, 4, seed=2))),
        GradientTrial("through the Identity", lambda names: (Through(names, "Identity"), normal(5, 3))),
        GradientTrial(
            "the Identity's second derivative",
            lambda names: (Slope(names["Identity"]()), normal(5, 3)),
            loss_is="derivative",
        ),
        GradientTrial("in the encoder of an autoencoder", two_units_and_a_line),
    ),
)

TASKS = (SIGMOID, TANH, RELU, LEAKY_RELU, SOFTPLUS, ELU, CHAIN_RULE)
