"""降噪自编码器: it sees a damaged x̃ and has to give back the clean x. Source: Vincent et al. 2008, 2010.

What it changes in the picture: corrupt, in training only, with new noise at every step. What is new in the backward
pass: no gradient flows into the noise, which depends on no parameter; all of it flows on into x.
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
class GaussianNoise:
    """x̃ = x + σ ε with ε ~ N(0, I). `level` is σ, at least 0."""

    level: float

    def __post_init__(self) -> None:
        checks.number("level", self.level, at_least=0)

    def forward(self, x: FloatArray, rng: Any) -> FloatArray:
        return x + float(self.level) * rng.standard_normal(x.shape, dtype=x.dtype.type)

    def backward(self, dx_tilde: FloatArray) -> FloatArray:
        """∂L/∂x from ∂L/∂x̃. In x̃ = x + σ ε, ε does not depend on x:
        ⇒ ∂x̃/∂x = 1, and the gradient passes unchanged."""
        return dx_tilde


@dataclass
class Masking(Masked):
    """输入缺失: each x_j is set to 0 with probability `level`, in [0, 1]."""

    level: float

    def __post_init__(self) -> None:
        checks.number("level", self.level, at_least=0, at_most=1)

    def forward(self, x: FloatArray, rng: Any) -> FloatArray:
        kept = rng.random(x.shape, dtype=x.dtype.type) >= self.level
        self.kept = kept
        return np.where(kept, x, 0)


class SaltAndPepper(Masking):
    """Each x_j is, with probability `level` in [0, 1], set to 0 or to 1, by the toss of a coin."""

    def forward(self, x: FloatArray, rng: Any) -> FloatArray:
        """One uniform number decides both: below level/2 it is pepper, 0, from there to level salt, 1."""
        draw = rng.random(x.shape, dtype=x.dtype.type)
        kept = draw >= self.level
        self.kept = kept
        return np.where(kept, x, (draw >= self.level / 2).astype(x.dtype))


NOISES: dict[str, Any] = {"gaussian": GaussianNoise, "masking": Masking, "salt-and-pepper": SaltAndPepper}


class DenoisingAutoencoder(Autoencoder):
    """An Autoencoder that learns to clean. `reconstruct` adds no noise: give it what is to be cleaned.

    noise   "gaussian" (level: σ ≥ 0), "masking" or "salt-and-pepper" (level: the share of entries, in [0, 1])

    All other arguments are the Autoencoder's.
    """

    def __init__(
        self, sizes: Sequence[int], *, noise: str = "gaussian", level: float = 0.5, **arguments: Any
    ) -> None:
        corruption = NOISES[checks.choice("noise", noise, NOISES)](level)
        super().__init__(sizes, corruption=corruption, **arguments)
