"""稀疏自编码器: only a few units of the code may be active at a time, so that each has to stand for something.

What it changes in the picture: a penalty on s (L1, or KL to a target activation ρ), or the code stage itself (top-k).
What is new in the backward pass: a subgradient; a gradient through a mean over the batch; a mask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.autoencoders.stages import Masked


@dataclass
class L1:
    """Ω = Σ_j |s_j|, averaged over the batch: it pulls with the same force however small s_j is, exactly to zero."""

    weight: float
    name: str = "l1"

    def __post_init__(self) -> None:
        checks.number("weight", self.weight, at_least=0)

    def forward(self, s: FloatArray) -> float:
        self.s = s
        return float(np.sum(np.abs(s))) / len(s)

    def backward(self) -> FloatArray:
        """∂Ω/∂s. |s| = s where s > 0, and −s where s < 0; at the kink s = 0 every value in [−1, 1] is a subgradient:
        ⇒ ∂Ω/∂s = sign(s) / N, where sign(0) = 0."""
        return np.sign(self.s) / len(self.s)


@dataclass
class SparsityKL:
    """Ω = Σ_j KL(ρ ‖ ρ̂_j), with ρ̂_j the mean of unit j over the batch, both taken as coins:

        KL(ρ ‖ ρ̂) = ρ log ρ/ρ̂ + (1 − ρ) log (1 − ρ)/(1 − ρ̂)

    s must lie between 0 and 1, as a sigmoid does. Source: Ng 2011 (CS294A lecture notes), p. 14–16.
    """

    rho: float
    weight: float
    name: str = "sparsity"
    smallest = 1e-6
    """ρ̂ is kept this far from 0 and 1, where the logarithms end."""

    def __post_init__(self) -> None:
        checks.number("rho", self.rho, above=0, below=1)
        checks.number("weight", self.weight, at_least=0)

    def forward(self, s: FloatArray) -> float:
        rho, rho_hat = self.rho, np.mean(s, axis=0).clip(self.smallest, 1 - self.smallest)
        self.n, self.rho_hat = len(s), rho_hat
        return float(np.sum(rho * np.log(rho / rho_hat) + (1 - rho) * np.log((1 - rho) / (1 - rho_hat))))

    def backward(self) -> FloatArray:
        """∂Ω/∂s. s_nj acts on ρ̂_j alone, with ∂ρ̂_j/∂s_nj = 1/N, and ρ̂_j on one term of Ω:
        ⇒ ∂Ω/∂s_nj = (−ρ/ρ̂_j + (1 − ρ)/(1 − ρ̂_j)) / N, the same push for every example. (Below `smallest`, ρ̂_j is
        pushed as if it were there: a unit that is always off would stay so.)"""
        d_rho_hat = -self.rho / self.rho_hat + (1 - self.rho) / (1 - self.rho_hat)
        return np.broadcast_to(d_rho_hat / self.n, (self.n, len(d_rho_hat)))


@dataclass
class TopK(Masked):
    """h keeps the k largest entries of s in each example and sets the others to 0. Source: Makhzani & Frey 2014."""

    k: int

    def __post_init__(self) -> None:
        checks.whole("k", self.k, at_least=1)

    def width(self, code: int) -> int:
        if self.k > code:
            raise ValueError(f"k={self.k} must be at most the code's size, {code}.")
        return code

    def largest(self, s: FloatArray) -> Any:
        """Where s is among the k largest of its row: exactly k are, also among equals."""
        kept = np.zeros(s.shape, bool)
        np.put_along_axis(kept, np.argpartition(s, -self.k, axis=1)[:, -self.k :], True, axis=1)
        return kept

    def forward(self, s: FloatArray, rng: Any) -> FloatArray:
        kept = self.largest(s)
        self.kept = kept
        return np.where(kept, s, 0)

    def without_noise(self, s: FloatArray) -> FloatArray:
        return np.where(self.largest(s), s, 0)


class SparseAutoencoder(Autoencoder):
    """An Autoencoder with few active units in its code, which may then be larger than the input.

    sparsity   "kl": each unit active for a share `rho` in (0, 1) of the examples, with a sigmoid code;
               "l1": Σ|s| in the loss, with a ReLU code; "top-k": only the `k` largest, with a linear code
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
        if sparsity == "kl" and code_activation not in (None, "sigmoid"):
            raise ValueError(f'code_activation={code_activation!r} must be "sigmoid" where sparsity="kl".')
        weight = {"kl": 10.0, "l1": 0.3, "top-k": 0.0}[sparsity] if weight is None else weight
        stages: dict[str, tuple[str, dict[str, Any]]] = {
            "kl": ("sigmoid", {"penalties": [SparsityKL(rho, weight)]}),
            "l1": ("relu", {"penalties": [L1(weight)]}),
            "top-k": ("identity", {"code": TopK(k)}),
        }
        suited, stage = stages[sparsity]
        super().__init__(sizes, code_activation=code_activation or suited, **stage, **arguments)
