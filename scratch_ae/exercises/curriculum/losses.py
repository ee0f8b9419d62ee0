"""The losses: a number at the end of the network, and the first gradient of the backward pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.exercises.curriculum.specimens import normal, rewired, small, uniform
from scratch_ae.exercises.task import Names, Part, Task, Trial
from scratch_ae.exercises.trials import GradientTrial

SECTION = "自编码器"


def likelihood(names: Names, kind: str) -> Any:
    """The loss of this name in the file; its parameter, if it has one, not at 0, where it starts."""
    loss = names[kind]()
    if hasattr(loss, "log_var"):
        loss.log_var = np.array([0.7])
    return loss


def likelihood_trials(kind: str) -> tuple[Trial, ...]:
    def in_a_model(names: Names) -> tuple[Any, ...]:
        model = small()
        model.likelihood = likelihood(names, kind)
        return rewired(model), uniform(5, 4)

    def at(batch: int, features: int) -> Trial:
        return GradientTrial(
            f"a batch of shape {batch, features}",
            lambda names: (likelihood(names, kind), 2 * normal(batch, features), uniform(batch, features)),
        )

    return at(1, 4), at(5, 3), at(4, 4), at(3, 1), GradientTrial("in an autoencoder", in_a_model)


BERNOULLI = Task(
    name="bernoulli",
    title="The Bernoulli likelihood, from logits",
    section=SECTION,
    points=4,
    goal=(
        "The loss of data in [0, 1]: −log p(x | z), summed over the features and averaged over the batch. Write "
        "backward, ∂L/∂z for the logits z that forward has kept as self.y, and target_gradient, ∂L/∂x for the data "
        "kept as self.x. The average's 1/N belongs in here: nothing else divides by it. sigmoid(z) is there to be "
        "used."
    ),
    hints=(
        "per_example has turned the cross-entropy into softplus(z) − x z. What is the slope of softplus?",
        "By z: (something that depends on z, minus x) / N. By x: L is linear in it, so what stands beside x is the "
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
        "A loss with a parameter of its own, s = log σ², one number for all features. Write backward, which returns "
        "∂L/∂y and writes ∂L/∂s into self.dlog_var (in place: a model keeps a view of it), and target_gradient, "
        "∂L/∂x. forward has kept self.y and self.x."
    ),
    hints=(
        "s stands in L twice: in e^−s, which weighs the squared errors, and by itself. Once for how many features?",
        "∂L/∂y is the Gaussian's, weighed by e^−s. ∂L/∂s is ½ (D − what e^−s weighs), averaged over the batch: the "
        "derivative of e^−s is −e^−s.",
        "With error = self.y - self.x and n, features = error.shape: self.dlog_var[...] = 0.5 * (features - "
        "np.sum(error**2) / n * np.exp(-self.log_var)), and ∂L/∂y is error * np.exp(-self.log_var) / n.",
    ),
    parts=(
        Part(
            "nn.losses",
            keep=("LearnedGaussian",),
            blanks=("LearnedGaussian.backward", "LearnedGaussian.target_gradient"),
        ),
    ),
    trials=likelihood_trials("LearnedGaussian"),
)


def classify(batch: int, classes: int) -> Trial:
    labels = np.random.default_rng(batch).integers(classes, size=batch)
    return GradientTrial(
        f"a batch of shape {batch, classes}",
        lambda names: (names["SoftmaxCrossEntropy"](), normal(batch, classes), labels),
    )


SOFTMAX = Task(
    name="softmax",
    title="Softmax and cross-entropy in one",
    section=SECTION,
    points=4,
    goal=(
        "The loss of a classifier, which judges what codes are good for: −log p(label | z) with the softmax p. Write "
        "backward, ∂L/∂z for the logits z (batch, classes). forward has kept self.log_p, the logarithm of the "
        "softmax, and self.labels, the index of the right class for every example."
    ),
    hints=(
        "What is the derivative of log Σ_l e^z_l by one z_k? You know this fraction by name.",
        "p(k | z) everywhere, less 1 at one place in each row, and all of it averaged over the batch as the loss is.",
        "dz = np.exp(self.log_p); then subtract 1 at dz[np.arange(len(dz)), self.labels]; then divide by len(dz).",
    ),
    parts=(Part("nn.losses", keep=("SoftmaxCrossEntropy",), blanks=("SoftmaxCrossEntropy.backward",)),),
    trials=(classify(1, 4), classify(5, 3), classify(4, 4), classify(7, 6)),
)

TASKS = (BERNOULLI, GAUSSIAN, LEARNED_GAUSSIAN, SOFTMAX)
