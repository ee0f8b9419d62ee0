"""Penalties that shape the code: sparsity in three ways, and a small Jacobian."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.autoencoders.sparse import L1
from scratch_ae.exercises.curriculum.specimens import (
    AtTheCode,
    AtTheWeights,
    normal,
    off_zero,
    small,
    stirred,
    uniform,
)
from scratch_ae.exercises.task import Names, Part, Task, Trial
from scratch_ae.exercises.trials import GradientTrial
from scratch_ae.nn.mlp import MLP

SECTION = "常见的自编码器"


def l1_in_a_model(names: Names) -> tuple[Any, ...]:
    return small(penalties=[names["L1"](0.7)]), uniform(5, 4)


L1_TASK = Task(
    name="l1",
    title="Sparsity by L1: a subgradient",
    section=SECTION,
    points=2,
    goal=(
        "Ω is the sum of |h_j| over the code, averaged over the batch. Write backward, ∂Ω/∂h for the h that forward "
        "has kept. The weight is not its business: the autoencoder multiplies by it."
    ),
    hints=(
        "How steep is |h| on the right of 0, how steep on the left? What is special at 0?",
        "Every entry is one of −1, 0 and 1, and then the batch's average has its part.",
        "np.sign(self.h) / len(self.h).",
    ),
    parts=(Part("autoencoders.sparse", keep=("L1",), blanks=("L1.backward",)),),
    trials=(
        GradientTrial("one example", lambda names: (names["L1"](0.7), off_zero(1, 4))),
        GradientTrial("five examples", lambda names: (names["L1"](0.7), off_zero(5, 3))),
        GradientTrial("as many examples as units", lambda names: (names["L1"](0.7), off_zero(4, 4))),
        GradientTrial("in an autoencoder", l1_in_a_model),
    ),
)


def activations_kl(title: str, rho: float, batch: int, units: int) -> Trial:
    return GradientTrial(title, lambda names: (names["SparsityKL"](rho, weight=0.7), uniform(batch, units)))


def sparsity_kl_in_a_model(names: Names) -> tuple[Any, ...]:
    return small(code_activation="sigmoid", penalties=[names["SparsityKL"](0.1, weight=0.7)]), uniform(5, 4)


SPARSITY_KL = Task(
    name="sparsity_kl",
    title="Sparsity by a target activation: a gradient through a mean",
    section=SECTION,
    points=5,
    goal=(
        "Ω compares the mean activation ρ̂_j of every unit, over the batch, with the target ρ. Write backward, ∂Ω/∂h "
        "of the shape of h, (batch, code). forward has kept self.h and self.rho_hat, (code,). The weight is not its "
        "business: the autoencoder multiplies by it."
    ),
    hints=(
        "Ω sees h through ρ̂ alone. If one h_nj grows by δ, by how much does ρ̂_j grow, and does it matter which "
        "example n it was?",
        "Two slopes, multiplied: that of ρ log ρ/ρ̂ + (1 − ρ) log (1 − ρ)/(1 − ρ̂) by ρ̂, which is a fraction minus or "
        "plus a fraction for each of the two terms, and that of a mean by one of its N numbers. All rows are the "
        "same.",
        "d = -self.rho / self.rho_hat + (1 - self.rho) / (1 - self.rho_hat) is the first slope, (code,); return "
        "np.broadcast_to(d / len(self.h), self.h.shape).",
    ),
    parts=(Part("autoencoders.sparse", keep=("SparsityKL",), blanks=("SparsityKL.backward",)),),
    trials=(
        activations_kl("one example, ρ = 0.05", 0.05, 1, 4),
        activations_kl("five examples, ρ = 0.05", 0.05, 5, 3),
        activations_kl("as many examples as units, ρ = 0.8", 0.8, 4, 4),
        GradientTrial("in an autoencoder", sparsity_kl_in_a_model),
    ),
)


def top_k_in_a_model(names: Names) -> tuple[Any, ...]:
    return small(code_activation="identity", sizes=(4, 3, 3), code=names["TopK"](2)), uniform(5, 4)


TOP_K = Task(
    name="top_k",
    title="Sparsity by choice: a mask",
    section=SECTION,
    points=2,
    goal=(
        "The code keeps the k largest entries of every example and sets the others to 0. Write backward: ∂L/∂a from "
        "∂L/∂h. Which entries were kept, without_noise has noted in self.kept, an array of True and False."
    ),
    hints=(
        "If one of the entries that were not kept grows by a very little, does h change at all?",
        "For those that were kept, h_j = a_j; for the others h_j = 0, whatever a_j is. So the gradient goes through "
        "or stops.",
        "np.where(self.kept, dh, 0).",
    ),
    parts=(Part("autoencoders.sparse", keep=("TopK",), blanks=("TopK.backward",)),),
    trials=(
        GradientTrial("one example, k = 2", lambda names: (names["TopK"](2), normal(1, 5))),
        GradientTrial("five examples, k = 1", lambda names: (names["TopK"](1), normal(5, 4))),
        GradientTrial("as many examples as units, k = 3", lambda names: (names["TopK"](3), normal(4, 4))),
        GradientTrial("in an autoencoder", top_k_in_a_model),
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
        lambda names: (stirred(small(names["ContractiveAutoencoder"], sizes, **arguments)), uniform(batch, sizes[0])),
    )


CONTRACTIVE = Task(
    name="contractive",
    title="The contractive penalty: the derivative of a derivative",
    section=SECTION,
    points=8,
    goal=(
        "Ω is the squared Jacobian of the encoder, Σ_j φ'(a_j)² w_j with w_j = Σ_i W_ij², averaged over the batch. W "
        "reaches it in two ways: through a = x W + b, and by itself. Write JacobianPenalty.backward, the first way, "
        "as ∂Ω/∂h: the encoder's own backward will multiply it by φ'. Write JacobianPenalty.dW, the second way, with "
        "a held fixed. And write ContractiveAutoencoder.add_other_paths, which brings the second way into the "
        "encoder's dW, with the penalty's weight. forward has kept self.n, self.slope (φ', (batch, code)) and self.w "
        "(code,); an activation has derivative() and second_derivative()."
    ),
    hints=(
        "Ω is a sum of products of two factors, φ'(a_j)² and w_j. Hold one fixed and differentiate the other, and "
        "then the other way round. Which of the two depends on a, and which holds W by itself?",
        "By a, the chain rule gives 2 φ' φ'' w / N: leave out the one φ' that the encoder will put in again. By "
        "W_ij, w_j gives 2 W_ij, times what stands beside it, summed over the batch and divided by N.",
        "backward: 2 * self.encoder.activations[0].second_derivative() * self.w / self.n. dW: 2 * "
        "self.encoder.dense[0].W * np.sum(self.slope**2, axis=0) / self.n. add_other_paths: self.encoder.dense[0].dW "
        "+= self.jacobian.weight * self.jacobian.dW().",
    ),
    parts=(
        Part(
            "autoencoders.contractive",
            keep=("JacobianPenalty", "ContractiveAutoencoder"),
            blanks=("JacobianPenalty.backward", "JacobianPenalty.dW", "ContractiveAutoencoder.add_other_paths"),
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
    ),
)

TASKS = (L1_TASK, SPARSITY_KL, TOP_K, CONTRACTIVE)
