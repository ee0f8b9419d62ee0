"""What a variant can put into the stages of the picture.

corruption   x → x̃ (batch, features), in training only: forward(x, rng), backward(dx̃)
code         s → h: forward(s, rng), backward(dh); width(code), how many numbers the encoder puts out for such a code;
             without_noise(s), the code that `encode` gives
penalty      a term weight · Ω(s) of the loss: forward(s), Ω averaged over the batch; backward(), ∂Ω/∂s; name, weight
condition    what encoder and decoder are told beside their input: forward(x, labels), backward(dx); columns, how many
             numbers that adds to the input; check(labels, n), the labels of n examples as forward takes them
"""

from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray


class Unchanged:
    """The corruption, or code, that does nothing: x̃ = x, or h = s."""

    def width(self, code: int) -> int:
        return code

    def forward(self, x: FloatArray, _: Any) -> FloatArray:
        return x

    def backward(self, dx: FloatArray) -> FloatArray:
        return dx

    def without_noise(self, s: FloatArray) -> FloatArray:
        return s


class Masked:
    """A stage that keeps some entries and replaces the others; `forward` leaves which in `kept` (batch, features)."""

    kept: Any

    def backward(self, dy: FloatArray) -> FloatArray:
        """∂L/∂x from ∂L/∂y. y_j is x_j where it was kept, and elsewhere does not depend on x:
        ⇒ ∂y_j/∂x_j is 1 for the entries kept and 0 for the others."""
        return np.where(self.kept, dy, 0)


class Unconditional(Unchanged):
    """The condition that tells encoder and decoder nothing."""

    columns = 0

    def check(self, labels: Any, n: int) -> Any:
        if labels is not None:
            raise TypeError("labels were given, but this model learns from x alone: leave them out.")
