"""What can be handed in at the stages of the picture: a corruption, a code, penalties."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from scratch_ae.arrays import FloatArray


class Corruption(Protocol):
    """x → x̃, both (batch, features), in training only."""

    def forward(self, x: FloatArray, rng: np.random.Generator) -> FloatArray: ...

    def backward(self, dx_tilde: FloatArray) -> FloatArray: ...


class Code(Protocol):
    """a → h: the encoder's output (batch, width) becomes the code (batch, code)."""

    def width(self, code: int) -> int:
        """How many numbers the encoder has to put out for a code of this size."""
        ...

    def forward(self, a: FloatArray, rng: np.random.Generator) -> FloatArray: ...

    def backward(self, dh: FloatArray) -> FloatArray: ...

    def without_noise(self, a: FloatArray) -> FloatArray:
        """The code that `encode` gives."""
        ...


class Penalty(Protocol):
    """A term Ω(a) of the loss, which weighs `weight`; a is the encoder's output (batch, width)."""

    name: str
    weight: float

    def forward(self, a: FloatArray) -> float:
        """Ω itself, without the weight, averaged over the batch."""
        ...

    def backward(self) -> FloatArray:
        """∂Ω/∂a, without the weight."""
        ...


class Unchanged:
    """The stage that does nothing: x̃ = x, or h = a."""

    def width(self, code: int) -> int:
        return code

    def forward(self, x: FloatArray, rng: np.random.Generator) -> FloatArray:
        return x

    def backward(self, dy: FloatArray) -> FloatArray:
        return dy

    def without_noise(self, a: FloatArray) -> FloatArray:
        return a
