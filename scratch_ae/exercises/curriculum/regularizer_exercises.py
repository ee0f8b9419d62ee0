"""Penalties that shape the code: sparsity in three ways, and a small Jacobian."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.sparse import L1
from scratch_ae.exercises.curriculum.specimens import (
    AskedForInput,
    AtTheCode,
    AtTheWeights,
    normal,
    off_zero,
    small,
    uniform,
)
from scratch_ae.exercises.task import Names, Part, Results, Task, Trial
from scratch_ae.exercises.trials import GradientTrial, MeasuredTrial, value_trial
from scratch_ae.nn.mlp import MLP

SECTION = "常见的自编码器"


def l1_in_a_model(names: Names) -> tuple[Any, ...]:
    return small(penalties=[names["L1"](0.7)]), uniform(5, 4)


def l1_at_zero(names: Names) -> dict[str, FloatArray]:
    penalty = names["L1"](0.7)
    penalty.forward(np.zeros((2, 3)))
    with np.errstate(all="ignore"):
        return {"ds": np.asarray(penalty.backward(), np.float64)}


def a_subgradient(results: Results) -> list[str]:
    """In a batch of two, every number in [−½, ½] is one."""
    largest = float(np.max(np.abs(results["ds"])))
    return [f"ds is as large as {largest:g}, and should lie between −1/N and 1/N."] if largest > 0.5 else []


L1_TASK = Task(
    name="l1",
    title="Sparsity by L1: a subgradient",
    section=SECTION,
    points=2,
    goal=(
        "Ω is the sum of |s_j| over the code, averaged over the batch. Write backward, ∂Ω/∂s for the s that forward "
        "has kept; where s_j is 0, any subgradient is right. The weight is not its business: the autoencoder "
        "multiplies by it."
    ),
    hints=(
        "How steep is |s| on the right of 0, how steep on the left? What is special at 0?",
        "Every entry is one of −1, 0 and 1, and then the batch's average has its part.",
        "np.sign(self.s) / len(self.s).",
    ),
    parts=(Part("autoencoders.sparse", keep=("L1",), blanks=("L1.backward",)),),
    trials=(
        GradientTrial("one example", lambda names: (names["L1"](0.7), off_zero(1, 4))),
        GradientTrial("five examples", lambda names: (names["L1"](0.7), off_zero(5, 3))),
        GradientTrial("as many examples as units", lambda names: (names["L1"](0.7), off_zero(4, 4))),
        MeasuredTrial("at the kink, s = 0", l1_at_zero, a_subgradient),
        GradientTrial("in an autoencoder", l1_in_a_model),
    ),
)


def activations_kl(title: str, rho: float, batch: int, units: int) -> Trial:
    return GradientTrial(title, lambda names: (names["SparsityKL"](rho, weight=0.7), uniform(batch, units)))


def sparsity_kl_in_a_model(names: Names) -> tuple[Any, ...]:
    return small(code_activation="sigmoid", penalties=[names["SparsityKL"](0.1, weight=0.7)]), uniform(5, 4)


def sparsity_kl_at_the_ends(names: Names) -> dict[str, FloatArray]:
    """Of units that are off for all examples, on for all, and neither."""
    penalty = names["SparsityKL"](0.1, weight=0.7)
    penalty.forward(np.array([[0.0, 1.0, 0.2], [0.0, 1.0, 0.6]]))
    return {"ds": np.asarray(penalty.backward(), np.float64)}


SPARSITY_KL = Task(
    name="sparsity_kl",
    title="Sparsity by a target activation: a gradient through a mean",
    section=SECTION,
    points=5,
    goal=(
        "Ω compares the mean activation ρ̂_j of every unit, over the batch, with the target ρ. Write backward, ∂Ω/∂s "
        "of the shape of s, (batch, code). forward has kept the batch's size, self.n, and self.rho_hat, (code,), in "
        "which no ρ̂_j is closer to 0 or 1 than `smallest`. The weight is not its business: the autoencoder "
        "multiplies by it."
    ),
    hints=(
        "Ω sees s through ρ̂ alone. If one s_nj grows by δ, by how much does ρ̂_j grow, and does it matter which "
        "example n it was?",
        "Two slopes, multiplied: that of ρ log ρ/ρ̂ + (1 − ρ) log (1 − ρ)/(1 − ρ̂) by ρ̂, which is a fraction minus "
        "or plus a fraction for each of the two terms, and that of a mean by one of its N numbers. All rows are the "
        "same.",
        "d = -self.rho / self.rho_hat + (1 - self.rho) / (1 - self.rho_hat) is the first slope, (code,); return "
        "np.tile(d / self.n, (self.n, 1)).",
    ),
    parts=(Part("autoencoders.sparse", keep=("SparsityKL",), blanks=("SparsityKL.backward",)),),
    trials=(
        activations_kl("one example, ρ = 0.05", 0.05, 1, 4),
        activations_kl("five examples, ρ = 0.05", 0.05, 5, 3),
        activations_kl("as many examples as units, ρ = 0.8", 0.8, 4, 4),
        value_trial("a unit that is always off, one that is always on, one between", sparsity_kl_at_the_ends),
        GradientTrial("in an autoencoder", sparsity_kl_in_a_model),
    ),
)


def top_k_in_a_model(names: Names) -> tuple[Any, ...]:
    return small(code_activation="identity", sizes=(4, 3, 3), code=names["TopK"](2)), uniform(5, 4)


TIES = np.array([[0.0, 2.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0], [-3.0, -1.0, -3.0, -2.0, -3.0]])


def kept_among_equals(names: Names) -> dict[str, FloatArray]:
    kept = np.asarray(names["TopK"](3).largest(TIES))
    return {"count": kept.sum(axis=1).astype(np.float64), "sum": np.where(kept, TIES, 0).sum(axis=1)}


def three_of_the_largest(results: Results) -> list[str]:
    wrong = []
    for row, count, total in zip(TIES, results["count"], results["sum"], strict=True):
        if count != 3:
            wrong.append(f"With k = 3, of {row.tolist()} just 3 should be kept, but {count:g} are.")
        elif total != np.sort(row)[-3:].sum():
            wrong.append(f"With k = 3, of {row.tolist()} others are kept than the largest.")
    return wrong


TOP_K = Task(
    name="top_k",
    title="Sparsity by choice: a mask",
    section=SECTION,
    points=3,
    goal=(
        "The code keeps the k largest entries of every example and sets the others to 0. Write TopK.largest, which "
        "says where they are, True or False in the shape of s: k times True in each row, also where several entries "
        "are equal. And write the backward that TopK inherits from Masked, ∂L/∂s from ∂L/∂h: which entries were "
        "kept, forward has noted in self.kept."
    ),
    hints=(
        "If one of the entries that were not kept grows by a very little, does h change at all?",
        "For those that were kept, h_j = s_j; for the others h_j = 0, whatever s_j is. So the gradient goes through "
        "or stops. And to keep exactly k, take the places of the k largest, not all that exceed a threshold: "
        "np.argsort gives the places by size.",
        "largest: kept = np.zeros(s.shape, bool); np.put_along_axis(kept, np.argsort(s, axis=1)[:, -self.k :], True, "
        "axis=1). backward: np.where(self.kept, dy, 0).",
    ),
    parts=(
        Part("autoencoders.stages", keep=("Masked",), blanks=("Masked.backward",)),
        Part("autoencoders.sparse", keep=("TopK",), blanks=("TopK.largest",)),
    ),
    trials=(
        GradientTrial("one example, k = 2", lambda names: (names["TopK"](2), normal(1, 5)), "largest"),
        GradientTrial("five examples, k = 1", lambda names: (names["TopK"](1), normal(5, 4)), "largest"),
        GradientTrial("as many examples as units, k = 3", lambda names: (names["TopK"](3), normal(4, 4)), "largest"),
        MeasuredTrial("the largest among equals", kept_among_equals, three_of_the_largest),
        GradientTrial("in an autoencoder", top_k_in_a_model, "largest"),
    ),
)


def jacobian(names: Names, fan_in: int, code: int, activation: str) -> Any:
    """A JacobianPenalty of the file, of a small encoder."""
    encoder = MLP([fan_in, code], [activation], rng=np.random.default_rng(1), dtype=np.float64)
    return names["JacobianPenalty"](encoder, 0.7)


def weights(fan_in: int, code: int) -> Any:
    return normal(fan_in, code, seed=4)


def contractive(title: str, sizes: tuple[int, ...], batch: int = 5, **arguments: Any) -> Trial:
    return GradientTrial(
        title,
        lambda names: (small(names["ContractiveAutoencoder"], sizes, **arguments), uniform(batch, sizes[0])),
    )


CONTRACTIVE = Task(
    name="contractive",
    title="The contractive penalty: the derivative of a derivative",
    section=SECTION,
    points=8,
    goal=(
        "Ω is the squared Jacobian of the encoder, Σ_j φ'(a_j)² w_j with w_j = Σ_i W_ij², averaged over the batch. W "
        "reaches it in two ways: through a = x W + b, and by itself. Write JacobianPenalty.backward, the first way, "
        "as ∂Ω/∂s: the encoder's own backward will multiply it by φ'. Write JacobianPenalty.dW, the second way, with "
        "a held fixed. And write ContractiveAutoencoder.backward: that of every autoencoder, "
        "super().backward(to_input), has the encoder write its dW without the second way; complete it, with the "
        "penalty's weight, and return what super() has returned. forward has kept self.s; "
        "self.encoder.activations[0] has derivative(s) and second_derivative(s), self.encoder.dense[0] the W."
    ),
    hints=(
        "Ω is a sum of products of two factors, φ'(a_j)² and w_j. Hold one fixed and differentiate the other, and "
        "then the other way round. Which of the two depends on a, and which holds W by itself?",
        "By a, the chain rule gives 2 φ' φ'' w / N: leave out the one φ' that the encoder will put in again. By "
        "W_ij, w_j gives 2 W_ij, times what stands beside it, summed over the batch and divided by N.",
        "With W and φ for the encoder's, backward: 2 * φ.second_derivative(self.s) * np.sum(W**2, axis=0) / "
        "len(self.s). dW: 2 * W * np.mean(φ.derivative(self.s) ** 2, axis=0). ContractiveAutoencoder: dx = "
        "super().backward(to_input), dense = self.encoder.dense[0], dense.dW = dense.dW + self.jacobian.weight * "
        "self.jacobian.dW(), return dx.",
    ),
    parts=(
        Part(
            "autoencoders.contractive",
            keep=("JacobianPenalty", "ContractiveAutoencoder"),
            blanks=("JacobianPenalty.backward", "JacobianPenalty.dW", "ContractiveAutoencoder.backward"),
        ),
    ),
    trials=(
        GradientTrial(
            "∂Ω/∂a, one example", lambda names: (AtTheCode(jacobian(names, 4, 3, "sigmoid")), normal(1, 3))
        ),
        GradientTrial("∂Ω/∂a, five examples", lambda names: (AtTheCode(jacobian(names, 4, 3, "tanh")), normal(5, 3))),
        GradientTrial(
            "∂Ω/∂W with a held fixed, one example",
            lambda names: (AtTheWeights(jacobian(names, 4, 3, "tanh"), normal(1, 3)), weights(4, 3)),
        ),
        GradientTrial(
            "∂Ω/∂W with a held fixed, five examples, a square W",
            lambda names: (AtTheWeights(jacobian(names, 4, 4, "sigmoid"), normal(5, 4)), weights(4, 4)),
        ),
        contractive("an autoencoder with a sigmoid code", (4, 3), weight=0.7, activation="sigmoid"),
        contractive("with a tanh code, one example", (4, 3), batch=1, weight=1.7),
        contractive("with a square W and another penalty", (5, 5), batch=7, weight=0.3, penalties=[L1(0.4)]),
        GradientTrial(
            "the parameters where ∂loss/∂x is asked for",
            lambda names: (AskedForInput(small(names["ContractiveAutoencoder"], (4, 3), weight=0.7)), uniform(5, 4)),
        ),
    ),
)

TASKS = (L1_TASK, SPARSITY_KL, TOP_K, CONTRACTIVE)
