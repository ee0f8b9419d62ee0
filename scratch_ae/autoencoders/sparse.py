"""稀疏自编码器: only few units of the code may be active at a time, so each has to stand for something.

What it changes in the picture: a penalty on the code (L1, or KL to a target activation ρ), or the code stage itself
(top-k). What is new in the backward pass: a subgradient; a gradient through a mean over the batch; a mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.autoencoders.stages import Code, Penalty


class L1:
    """Ω = Σ_j |h_j|, averaged over the batch: it pulls with the same force however small h_j is, to zero exactly."""

    name = "l1"

    def __init__(self, weight: float) -> None:
        self.weight = checks.number("weight", weight, at_least=0)

    def forward(self, h: FloatArray) -> float:
        self.h = h
        return float(np.sum(np.abs(h))) / len(h)

    def backward(self) -> FloatArray:
        """∂Ω/∂h, (batch, code), without the weight.

        |h| = h where h > 0, and −h where h < 0:
        ∂Ω/∂h = sign(h) / N; at the kink h = 0 any value in [−1, 1] is a subgradient, and sign takes 0.
        """
        return np.sign(self.h) / len(self.h)


class SparsityKL:
    """Ω = Σ_j KL(ρ ‖ ρ̂_j), with ρ̂_j the mean over the batch of unit j's activation, both taken as coins:

        KL(ρ ‖ ρ̂) = ρ log ρ/ρ̂ + (1 − ρ) log (1 − ρ)/(1 − ρ̂)

    Activations must lie between 0 and 1, as a sigmoid's do. Source: Ng 2011 (CS294A lecture notes), p. 14–16.
    """

    name = "sparsity"
    smallest = 1e-6
    """ρ̂ is kept this far from 0 and 1, where the logarithms end."""

    def __init__(self, rho: float, weight: float) -> None:
        self.rho = checks.number("rho", rho, above=0, below=1)
        self.weight = checks.number("weight", weight, at_least=0)

    def forward(self, h: FloatArray) -> float:
        self.h = h
        self.rho_hat = np.mean(h, axis=0).clip(self.smallest, 1 - self.smallest)
        on, off = (
            self.rho * np.log(self.rho / self.rho_hat),
            (1 - self.rho) * np.log((1 - self.rho) / (1 - self.rho_hat)),
        )
        return float(np.sum(on + off))

    def backward(self) -> FloatArray:
        """∂Ω/∂h, (batch, code), without the weight.

        h_nj acts on ρ̂_j alone, and ρ̂_j on one term of Ω: ∂Ω/∂h_nj = ∂Ω/∂ρ̂_j · ∂ρ̂_j/∂h_nj.
        ∂Ω/∂ρ̂_j = −ρ/ρ̂_j + (1 − ρ)/(1 − ρ̂_j), and ∂ρ̂_j/∂h_nj = 1/N: every example of the batch gets the same push,
        because each has the same part in the mean. (A ρ̂_j beyond `smallest` is pushed as there, or a unit that is
        always off would stay so.)
        """
        d_rho_hat = -self.rho / self.rho_hat + (1 - self.rho) / (1 - self.rho_hat)
        return np.broadcast_to(d_rho_hat / len(self.h), self.h.shape)


class TopK:
    """h keeps the k largest entries of a in each example and sets the others to 0. Source: Makhzani & Frey 2014."""

    def __init__(self, k: int) -> None:
        self.k = checks.whole("k", k, at_least=1)

    def width(self, code: int) -> int:
        if self.k > code:
            raise ValueError(f"k={self.k} must be at most the code's size, {code}.")
        return code

    def forward(self, a: FloatArray, rng: np.random.Generator) -> FloatArray:
        return self.without_noise(a)

    def without_noise(self, a: FloatArray) -> FloatArray:
        """Exactly k are kept, also among equals."""
        self.kept = np.zeros(a.shape, bool)
        largest = np.argpartition(a, -self.k, axis=1)[:, -self.k :]
        np.put_along_axis(self.kept, largest, True, axis=1)
        return np.where(self.kept, a, 0)

    def backward(self, dh: FloatArray) -> FloatArray:
        """∂L/∂a from ∂L/∂h, both (batch, code).

        h_j is a_j or 0, and a small change of a leaves the choice as it is:
        ∂h_j/∂a_j is 1 for the k kept and 0 for the others.
        """
        return np.where(self.kept, dh, 0)


class SparseAutoencoder(Autoencoder):
    """An Autoencoder with few active units in its code, which may then be larger than the input.

    >>> model = SparseAutoencoder([784, 400], sparsity="kl", rho=0.05)
    >>> model = SparseAutoencoder([784, 400], sparsity="top-k", k=25)

    sparsity   "kl": each unit active for a share `rho` in (0, 1) of the examples, with a sigmoid code;
               "l1": Σ|h| in the loss, with a ReLU code; "top-k": only the `k` largest, with a linear code
    weight     of the penalty in the loss, at least 0; unless given, 10 for "kl" and 0.3 for "l1"
    k          between 1 and the code's size

    All other arguments are the Autoencoder's: with `corruption` it is a sparse denoising one.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        sparsity: str = "kl",
        rho: float = 0.05,
        weight: float | None = None,
        k: int = 25,
        code_activation: str | None = None,
        **arguments: Any,
    ) -> None:
        checks.choice("sparsity", sparsity, ("kl", "l1", "top-k"))
        weight = {"kl": 10.0, "l1": 0.3, "top-k": 0.0}[sparsity] if weight is None else weight
        stage: dict[str, tuple[str, Code | None, list[Penalty]]] = {
            "kl": ("sigmoid", None, [SparsityKL(rho, weight)]),
            "l1": ("relu", None, [L1(weight)]),
            "top-k": ("identity", TopK(k), []),
        }
        suited, code, penalties = stage[sparsity]
        if sparsity == "kl" and code_activation not in (None, "sigmoid"):
            raise ValueError(
                f'code_activation={code_activation!r} does not go with sparsity="kl": only "sigmoid" does.'
            )
        super().__init__(
            sizes, code_activation=code_activation or suited, code=code, penalties=penalties, **arguments
        )
        self.record(fixed=["code", "penalties"], sparsity=sparsity, rho=rho, weight=weight, k=k)
