"""The losses: a number at the end of the network, and the first gradient of the backward pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.exercises.curriculum.specimens import normal, small, stirred, uniform
from scratch_ae.exercises.task import Names, Part, Task, Trial
from scratch_ae.exercises.trials import GradientTrial, read_only, value_trial

SECTION = "自编码器"


FAR_OUT = read_only(np.array([[-800.0, -40.0, -8.0, -1.0], [0.0, 1.0, 8.0, 40.0], [800.0, -4.0, 4.0, 2.0]]))
"""Outputs of a network that is sure of itself."""


def likelihood(names: Names, kind: str, log_var: float = 0.7) -> Any:
    """The loss of this name in the file; its parameter, if it has one, not at 0, where it starts."""
    loss = names[kind]()
    if hasattr(loss, "log_var"):
        loss.log_var = np.array([log_var])
    return loss


def likelihood_trials(kind: str) -> tuple[Trial, ...]:
    def in_a_model(names: Names) -> tuple[Any, ...]:
        model = small()
        model.nll = likelihood(names, kind)
        return stirred(model), uniform(5, 4)

    def at(batch: int, features: int) -> Trial:
        return GradientTrial(
            f"a batch of shape {batch, features}",
            lambda names: (likelihood(names, kind), 2 * normal(batch, features), uniform(batch, features)),
        )

    def far_out(names: Names) -> dict[str, FloatArray]:
        results: dict[str, FloatArray] = {}
        for log_var in (0.7, -9.0, 9.0):
            loss = likelihood(names, kind, log_var)
            loss.forward(FAR_OUT, uniform(*FAR_OUT.shape))
            where = f" where log σ² is {log_var:g}" if hasattr(loss, "log_var") else ""
            results |= {f"dy{where}": loss.backward(), f"dx{where}": loss.target_gradient()}
            if hasattr(loss, "log_var"):
                results[f"dlog_var{where}"] = loss.dlog_var
        return results

    return (
        *(at(1, 4), at(5, 3), at(4, 4), at(3, 1)),
        value_trial("outputs from −800 to 800", far_out),
        GradientTrial("in an autoencoder", in_a_model),
    )


BERNOULLI = Task(
    name="bernoulli",
    title="The Bernoulli likelihood, from logits",
    section=SECTION,
    points=4,
    goal=(
        "The loss of data in [0, 1]: −log p(x | y), summed over the features and averaged over the batch. Write "
        "backward, ∂L/∂y for the logits that forward has kept as self.y, and target_gradient, ∂L/∂x for the data "
        "kept as self.x. The average's 1/N belongs in here: nothing else divides by it. sigmoid(y) is there to be "
        "used, and right for y of any size."
    ),
    hints=(
        "per_example has turned the cross-entropy into softplus(y) − x y. What is the slope of softplus?",
        "By y: (something that depends on y, minus x) / N. By x: L is linear in it, so what stands beside x is the "
        "whole answer, over N.",
        "backward: (sigmoid(self.y) - self.x) / len(self.y). target_gradient: -self.y / len(self.y).",
    ),
    parts=(Part("nn.losses", keep=("Bernoulli",), blanks=("Bernoulli.backward", "Bernoulli.target_gradient")),),
    trials=likelihood_trials("Bernoulli"),
)

GAUSSIAN = Task(
    name="gaussian",
    title="The Gaussian likelihood, ½ squared error",
    section=SECTION,
    points=3,
    goal=(
        "The loss of data of any size: ½ squared error, summed over the features and averaged over the batch. Write "
        "backward, ∂L/∂y for the network's output self.y, and target_gradient, ∂L/∂x for the data self.x. Mind the "
        "factors: one cancels, one is easily forgotten."
    ),
    hints=(
        "What is the derivative of ½(y − x)² by y, and what of the same by x?",
        "An error, with its sign, divided by the one number that the loss is averaged over. Over which of the two "
        "axes is it averaged, and over which summed?",
        "backward: (self.y - self.x) / len(self.y). target_gradient is the same with the other sign.",
    ),
    parts=(Part("nn.losses", keep=("Gaussian",), blanks=("Gaussian.backward", "Gaussian.target_gradient")),),
    trials=likelihood_trials("Gaussian"),
)

LEARNED_GAUSSIAN = Task(
    name="learned_gaussian",
    title="The Gaussian likelihood with a variance that is learned",
    section=SECTION,
    points=4,
    goal=(
        "A loss with a parameter of its own, log σ², one number for all features. Write backward, which returns "
        "∂L/∂y and keeps ∂L/∂ log σ² as self.dlog_var = …, of shape (1,). forward has kept self.y and self.x; "
        "self.standardized(y, x) gives u = (y − x) / σ. (target_gradient, ∂L/∂x, is the Gaussian's, and calls yours.)"
    ),
    hints=(
        "log σ² stands in L twice: in u², where it is an exponent, and by itself. Once for how many features?",
        "∂L/∂y is the Gaussian's error, in units of σ, over σ once more. For ∂L/∂ log σ², differentiate ½ (u² + "
        "log σ²): u² = (y − x)² e^−log σ² gives −u², and log σ² gives 1. Summed over the features, averaged over "
        "the batch.",
        "With u = self.standardized(self.y, self.x): self.dlog_var = np.full(1, np.sum(0.5 * (1 - u**2)) / len(u)), "
        "and ∂L/∂y is u * np.exp(-0.5 * self.log_var) / len(u).",
    ),
    parts=(Part("nn.losses", keep=("LearnedGaussian",), blanks=("LearnedGaussian.backward",)),),
    trials=likelihood_trials("LearnedGaussian"),
)


def classify(batch: int, classes: int) -> Trial:
    labels = np.random.default_rng(batch).integers(classes, size=batch)
    return GradientTrial(
        f"a batch of shape {batch, classes}",
        lambda names: (names["SoftmaxCrossEntropy"](), normal(batch, classes), labels),
    )


def sure_of_a_class(names: Names) -> dict[str, FloatArray]:
    loss = names["SoftmaxCrossEntropy"]()
    loss.forward(FAR_OUT, np.array([0, 3, 2]))
    return {"dy": loss.backward()}


SOFTMAX = Task(
    name="softmax",
    title="Softmax and cross-entropy in one",
    section=SECTION,
    points=4,
    goal=(
        "The loss of a classifier, which judges what codes are good for: −log p(label | y) with the softmax p. Write "
        "backward, ∂L/∂y for the logits y (batch, classes). forward has kept self.log_p, the logarithm of the "
        "softmax, and self.labels, the index of the right class for every example."
    ),
    hints=(
        "What is the derivative of log Σ_l e^y_l by one y_k? You know this fraction by name.",
        "p(k | y) everywhere, less 1 at one place in each row, and all of it averaged over the batch as the loss is.",
        "dy = np.exp(self.log_p); then subtract 1 at dy[np.arange(len(dy)), self.labels]; then divide by len(dy).",
    ),
    parts=(Part("nn.losses", keep=("SoftmaxCrossEntropy",), blanks=("SoftmaxCrossEntropy.backward",)),),
    trials=(
        *(classify(1, 4), classify(5, 3), classify(4, 4), classify(7, 6)),
        value_trial("logits from −800 to 800", sure_of_a_class),
    ),
)

TASKS = (BERNOULLI, GAUSSIAN, LEARNED_GAUSSIAN, SOFTMAX)
