"""降噪自编码器: it sees a damaged x̃ and has to give back the clean x. Source: Vincent et al. 2008, 2010.

What it changes in the picture: corrupt, in training only, with new noise at every step. What is new in the backward
pass: nothing. Noise is drawn without looking at any parameter, so no gradient flows into it; it flows past, into x.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.autoencoders.stages import Corruption


@dataclass
class GaussianNoise:
    """x̃ = x + σ ε with ε ~ N(0, I). `level` is σ, at least 0."""

    level: float

    def __post_init__(self) -> None:
        checks.number("level", self.level, at_least=0)

    def forward(self, x: FloatArray, rng: np.random.Generator) -> FloatArray:
        return x + float(self.level) * rng.standard_normal(x.shape, dtype=x.dtype.type)

    def backward(self, dx_tilde: FloatArray) -> FloatArray:
        """∂L/∂x from ∂L/∂x̃, both (batch, features).

        x̃ = x + σ ε, and ε was drawn without a look at x:
        ∂x̃/∂x = 1, and the gradient passes by the noise as it is.
        """
        return dx_tilde


@dataclass
class Masking:
    """输入缺失: each x_j is set to 0 with probability `level`, in [0, 1]."""

    level: float

    def __post_init__(self) -> None:
        checks.number("level", self.level, at_least=0, at_most=1)

    def forward(self, x: FloatArray, rng: np.random.Generator) -> FloatArray:
        self.kept = rng.random(x.shape, dtype=x.dtype.type) >= self.level
        return np.where(self.kept, x, 0)

    def backward(self, dx_tilde: FloatArray) -> FloatArray:
        """∂L/∂x from ∂L/∂x̃, both (batch, features).

        x̃_j is x_j or 0, and which was drawn without a look at x:
        ∂x̃_j/∂x_j is 1 where x_j was kept, 0 where it is missing.
        """
        return np.where(self.kept, dx_tilde, 0)


@dataclass
class SaltAndPepper:
    """Each x_j is, with probability `level` in [0, 1], set to 0 or to 1, by the toss of a coin."""

    level: float

    def __post_init__(self) -> None:
        checks.number("level", self.level, at_least=0, at_most=1)

    def forward(self, x: FloatArray, rng: np.random.Generator) -> FloatArray:
        """One uniform number decides both: below level/2 it is pepper, from there to level salt."""
        draw = rng.random(x.shape, dtype=x.dtype.type)
        self.kept = draw >= self.level
        salt = (draw >= self.level / 2).astype(x.dtype)
        return np.where(self.kept, x, salt)

    def backward(self, dx_tilde: FloatArray) -> FloatArray:
        """∂L/∂x from ∂L/∂x̃, both (batch, features).

        x̃_j is x_j, 0 or 1, and which was drawn without a look at x:
        ∂x̃_j/∂x_j is 1 where x_j was kept, 0 where a grain lies on it.
        """
        return np.where(self.kept, dx_tilde, 0)


NOISES: dict[str, type[GaussianNoise] | type[Masking] | type[SaltAndPepper]] = {
    "gaussian": GaussianNoise,
    "masking": Masking,
    "salt-and-pepper": SaltAndPepper,
}


def corruption(noise: str, level: float) -> Corruption:
    """The noise of this name; ValueError for another name, or a level outside the noise's range."""
    return NOISES[checks.choice("noise", noise, NOISES)](level)


class DenoisingAutoencoder(Autoencoder):
    """An Autoencoder that learns to clean. `reconstruct` corrupts nothing: give it what is to be cleaned.

    >>> model = DenoisingAutoencoder([784, 500], noise="gaussian", level=0.5)
    >>> clean = model.reconstruct(noisy)

    noise   "gaussian" (level: σ ≥ 0), "masking" or "salt-and-pepper" (level: the share of entries, in [0, 1])

    All other arguments are the Autoencoder's.
    """

    def __init__(
        self, sizes: Sequence[int], *, noise: str = "gaussian", level: float = 0.5, **arguments: Any
    ) -> None:
        super().__init__(sizes, corruption=corruption(noise, level), **arguments)
        self.record(fixed=["corruption"], noise=noise, level=level)
