"""Broken penalties, and weights that serve twice. A penalty has a value of its own, which a case worked out by hand
tells, and a gradient, which has to be that of this value."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.contractive import ContractiveAutoencoder
from scratch_ae.exercises.hunt.bug import Bug, off
from scratch_ae.exercises.task import Names, Part, Results, Task
from scratch_ae.exercises.trials import GradientTrial, MeasuredTrial, read_only

SECTION = "常见的自编码器"
H = read_only(np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]]))


# L1 is a sum of absolute values, averaged over the batch.


def values_of_l1(names: Names) -> dict[str, FloatArray]:
    penalty = names["L1"](0.5)
    return {"l1": np.array([penalty.forward(s) for s in (H, np.vstack([H, H]))])}


def l1_by_hand(results: Results) -> list[str]:
    """(1 + 2 + 0.5) and (0.25 + 3 + 1): 3.875 on average."""
    once, twice = results["l1"]
    return [
        *off("Ω of two examples with Σ|s| = 3.5 and 4.25", once, 3.875, 1e-9),
        *off("Ω of a batch that holds each of them twice", twice, 3.875, 1e-9),
    ]


L1_TRIALS = (
    MeasuredTrial("L1 by hand", values_of_l1, l1_by_hand),
    GradientTrial("The gradient of L1", lambda names: (names["L1"](0.5), H)),
)

WRONG_NORM = Bug(
    Task(
        name="report-and-push-disagree",
        title="The L1 penalty of a sparse autoencoder",
        section=SECTION,
        points=2,
        goal="Training with this penalty gives the same weights, bit for bit, as with the right one. But the "
        "reported loss is too low, choosing the penalty's weight by it leads astray, and the gradient check fails.",
        hints=(
            "If the weights come out right, the gradient is right. What else could the check be complaining about?",
            "Work Ω out by hand for one example with two numbers.",
            "Which norm does NumPy compute when nobody says which?",
        ),
        parts=(
            Part(
                "autoencoders.sparse",
                keep=["L1"],
                mistakes=[
                    ("return float(np.sum(np.abs(s))) / len(s)", "return float(np.linalg.norm(s)) / len(s)"),
                ],
            ),
        ),
        trials=L1_TRIALS,
        lesson="np.linalg.norm(w) is the Euclidean norm unless it is told otherwise. eriklindernoren/ML-From-Scratch "
        "has it in its L1 regularization (issue 58, pull request 103), beside the right gradient, sign(w). Autograd "
        "would have taken the gradient of the wrong number without a word; by hand, the two disagree and the "
        "gradient check sees it. It says only that they disagree: which of the two is wrong, you have to find out.",
    ),
    mistake="Euclidean norm in forward, beside the gradient of the L1 norm",
    made_in="eriklindernoren/ML-From-Scratch issue 58",
    gradient_check=True,
    seen_by="the gradient check; Ω by hand",
)

BATCH_MATTERS = Bug(
    Task(
        name="all-units-dead",
        title="The L1 penalty of a sparse autoencoder",
        section=SECTION,
        points=2,
        goal="With the weight of 0.3 that leaves a third to a half of the units active, this penalty kills them all. "
        "How large a weight it bears depends on how large the batches are. The gradient check finds nothing.",
        hints=(
            "What does Ω do when the same examples stand in the batch twice?",
            "All terms of the loss are meant per example.",
            "Two lines divide by nothing where they should divide by the batch.",
        ),
        parts=(
            Part(
                "autoencoders.sparse",
                keep=["L1"],
                mistakes=[
                    ("return float(np.sum(np.abs(s))) / len(s)", "return float(np.sum(np.abs(s)))"),
                    ("return np.sign(self.s) / len(self.s)", "return np.sign(self.s)"),
                ],
            ),
        ),
        trials=L1_TRIALS,
        lesson="Keras documents that an activity penalty is divided by the batch size, and Keras 3 did not do so "
        "(keras-team/keras issue 22018, mended in pull request 22021): its strength grew with the batch. Value and "
        "gradient scale alike, so the check is content. Doubling the batch, which must change no mean, tells.",
    ),
    mistake="penalty on activations summed over the batch, not averaged",
    made_in="keras-team/keras issue 22018",
    gradient_check=False,
    seen_by="a batch that holds each example twice",
)


# ρ̂ is a mean over the batch.


def sparsity_at_its_target(names: Names) -> dict[str, FloatArray]:
    """Each unit is on for one example of four, so that the mean is 0.25 and single activations are far from it."""
    s = np.full((4, 4), 0.02) + 0.92 * np.eye(4)
    penalty = names["SparsityKL"](0.25, 1.0)
    value = penalty.forward(s)
    return {"value": np.array(value), "gradient": np.array(penalty.backward())}


def nothing_to_pay(results: Results) -> list[str]:
    largest = float(np.max(np.abs(results["gradient"])))
    return [
        *off("Ω of units that are on for one example in four, with ρ = 0.25,", results["value"], 0, 1e-9),
        *off("The largest entry of its gradient", largest, 0, 1e-9),
    ]


ALL_ALIKE = Bug(
    Task(
        name="never-quite-on",
        title="The penalty that asks each unit to be active for a share ρ of the examples",
        section=SECTION,
        points=4,
        goal="Codes trained with this penalty have the right mean, but no unit ever stands for anything: of 100,000 "
        "activations 0.1% exceed a half, where 1.8% are usual, and the largest is 0.60. The gradient check finds "
        "nothing.",
        hints=(
            "A unit that is on for one example in twenty, and off for the others, is what ρ = 0.05 asks for. What "
            "does it have to pay here?",
            "Compare the shape of ρ̂ with what its definition says.",
            "ρ̂ is one number for each unit, and the divergence is taken after the mean, not before. Its gradient is "
            "then one row, the same for each example; np.broadcast_to or np.tile makes (batch, code) of it.",
        ),
        parts=(
            Part(
                "autoencoders.sparse",
                keep=["SparsityKL"],
                mistakes=[
                    ("np.mean(s, axis=0).clip(", "s.clip("),
                    (
                        "(1 - rho) * np.log((1 - rho) / (1 - rho_hat))))",
                        "(1 - rho) * np.log((1 - rho) / (1 - rho_hat)))) / len(s)",
                    ),
                    (
                        "return np.broadcast_to(d_rho_hat / self.n, (self.n, len(d_rho_hat)))",
                        "return d_rho_hat / self.n",
                    ),
                ],
            ),
        ),
        trials=(
            MeasuredTrial("Units that are on for a share ρ of the examples", sparsity_at_its_target, nothing_to_pay),
            GradientTrial("The gradient", lambda names: (names["SparsityKL"](0.2, 2.0), 1 / (1 + np.exp(-H)))),
        ),
        lesson="The mean of a divergence is not the divergence of a mean: this one asks every single activation to "
        "be ρ. Reported for wblgers/tensorflow_stacked_denoising_autoencoder (issue 1), whose file shows the mean "
        "outside the logarithms. It is a penalty with a right gradient, and the mean activation comes out as asked, "
        "which is all that is usually looked at. A batch that fulfils the wish exactly, and so must pay nothing, "
        "tells.",
    ),
    mistake="KL to ρ taken for every activation instead of for the batch mean",
    made_in="wblgers/tensorflow_stacked_denoising_autoencoder issue 1",
    gradient_check=False,
    seen_by="a batch whose mean activation is exactly ρ",
)


# The contractive penalty is the squared Jacobian.

IMAGES = read_only(np.random.default_rng(3).random((4, 5)))


def contractive(names: Names) -> Any:
    model = ContractiveAutoencoder([5, 3], weight=0.5, seed=1, dtype=np.float64)
    model.jacobian = names["JacobianPenalty"](model.encoder, 0.5)
    model.penalties[-1] = model.jacobian
    return model


def value_of_penalty(names: Names) -> dict[str, FloatArray]:
    model = contractive(names)
    return {"jacobian": np.array(model.forward(IMAGES, rng=np.random.default_rng(0))["jacobian"])}


def squared_jacobian(results: Results) -> list[str]:
    """Σ (∂s_j/∂x_i)², each derivative from changing one pixel: averaged over the examples."""
    encoder = ContractiveAutoencoder([5, 3], weight=0.5, seed=1, dtype=np.float64).encoder
    step, squares = 1e-5, 0.0
    for pixel in step * np.eye(5):
        change = encoder.forward(IMAGES + pixel) - encoder.forward(IMAGES - pixel)
        squares += float(np.sum((change / (2 * step)) ** 2))
    return off("Ω", results["jacobian"], squares / len(IMAGES), 1e-6)


CHEAP = Bug(
    Task(
        name="jacobian-by-nudging",
        title="The penalty on the encoder's Jacobian, of a contractive autoencoder",
        section=SECTION,
        points=4,
        goal="After training, this model reports ‖∂s/∂x‖² = 19.8. Nudging the pixels one by one and watching s gives "
        "0.27. The gradient check fails, but every line of the backward pass is as in the derivation.",
        hints=(
            "Compute the Jacobian of a layer of one unit by hand: what is Ω for the weights 1 and −1?",
            "The backward pass is right for a number that the forward pass does not compute.",
            "The order of two operations on W: which one comes first, squaring or summing?",
        ),
        parts=(
            Part(
                "autoencoders.contractive",
                keep=["JacobianPenalty"],
                mistakes=[
                    (
                        "derivative(s), np.sum(self.encoder.dense[0].W ** 2, axis=0)",
                        "derivative(s), np.sum(self.encoder.dense[0].W, axis=0) ** 2",
                    )
                ],
            ),
        ),
        trials=(
            MeasuredTrial("Ω against the Jacobian by differences", value_of_penalty, squared_jacobian),
            GradientTrial("The gradient of the whole objective", lambda names: (contractive(names), IMAGES)),
        ),
        lesson="The square of a sum for the sum of squares: a misplaced parenthesis, as lisa-lab/pylearn2 pull "
        "request 142 says of its own contractive penalty. Weights that cancel, 1 and −1, then cost nothing. There "
        "the gradient came from Theano and was right for the wrong penalty, so that no check could see it; by hand, "
        "dW is derived from the formula and not from the code, and the check sees that the two have parted.",
    ),
    mistake="weights summed and then squared instead of squared and then summed",
    made_in="lisa-lab/pylearn2 PR 142",
    gradient_check=True,
    seen_by="the gradient check; the Jacobian by differences",
)


# Two paths into one parameter add up.


def tied(names: Names) -> tuple[Any, ...]:
    return names["TiedAutoencoder"]([5, 4, 3], activation="tanh", seed=1, dtype=np.float64), IMAGES


def first_path(names: Names) -> dict[str, FloatArray]:
    """What is left of ∂L/∂W when the part that the decoder sends is taken away."""
    model, x = tied(names)
    model.loss_and_gradients(x)
    return {"left": model.gradients["encoder.0.W"] - model.decoder.dense[-1].dW_lender}


def first_path_is_there(results: Results) -> list[str]:
    if np.any(results["left"] != 0):
        return []
    return [
        "∂L/∂W of the first layer is what comes through the decoder alone: of the encoder's own use of W, 0 is left."
    ]


ONE_PATH = Bug(
    Task(
        name="tied-weights-lag",
        title="Tied weights: each W is used by the encoder and, transposed, by the decoder",
        section=SECTION,
        points=3,
        goal="A tied 784-100-30 autoencoder learns, but ends at a squared error of 33 on digits where 23 is usual. "
        "The biases' gradients are right, the weights' are not.",
        hints=(
            "In how many places of the forward pass does a W stand?",
            "When the loop in backward begins, the encoder's own backward pass has already written something.",
            "The sum of two gradients is not the last one of them.",
        ),
        parts=(
            Part(
                "autoencoders.tied",
                keep=["TiedAutoencoder"],
                mistakes=[("dense.dW = dense.dW + transposed.dW_lender", "dense.dW = transposed.dW_lender")],
            ),
        ),
        trials=(
            MeasuredTrial("The encoder's own part of ∂L/∂W", first_path, first_path_is_there),
            GradientTrial("The gradient", tied),
        ),
        lesson="Assigned where it should be added. NVIDIA/TransformerEngine issue 3437 has it for tied weights whose "
        "gradients are delayed: the later one replaces the earlier (pull request 3552). Everything still learns, for "
        "half a gradient is mostly a direction downhill, too. A check of each layer by itself finds nothing, since "
        "each is right; a check of the whole model sees it at once.",
    ),
    mistake="the second gradient of a tied weight replaces the first",
    made_in="NVIDIA/TransformerEngine issue 3437",
    gradient_check=True,
    seen_by="the gradient check of the whole model",
)
