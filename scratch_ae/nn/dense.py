"""The dense (fully connected) layer: the only layer with weights, and the gradient everything rests on."""

from __future__ import annotations

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.nn.initializers import Initializer, glorot_uniform
from scratch_ae.nn.parameters import Parametrized


class Dense(Parametrized):
    """y = x W + b, with x (batch, fan_in), W (fan_in, fan_out), b (fan_out,), y (batch, fan_out).

    >>> layer = Dense(784, 300, rng=np.random.default_rng(0), dtype=np.float64)
    >>> y = layer.forward(x)        # (batch, 300)
    >>> dx = layer.backward(dy)     # (batch, 784); layer.dW and layer.db are written
    """

    parameter_names: tuple[str, ...] = ("W", "b")

    def __init__(
        self,
        fan_in: int,
        fan_out: int,
        *,
        rng: np.random.Generator,
        initializer: Initializer = glorot_uniform,
        dtype: type[np.floating] = np.float32,
    ) -> None:
        self.fan_in = checks.whole("fan_in", fan_in, at_least=1)
        self.fan_out = checks.whole("fan_out", fan_out, at_least=1)
        self.W: FloatArray = initializer(rng, fan_in, fan_out).astype(dtype)
        self.b: FloatArray = np.zeros(fan_out, dtype)
        self.dW: FloatArray = np.zeros_like(self.W)
        self.db: FloatArray = np.zeros_like(self.b)

    def forward(self, x: FloatArray) -> FloatArray:
        """y_nk = Σ_j x_nj W_jk + b_k."""
        self.x = x
        y = np.matmul(x, self.W, out=self.buffer("y", (len(x), self.fan_out), self.W))
        y += self.b
        return y

    def backward(self, dy: FloatArray) -> FloatArray:
        """∂L/∂x (batch, fan_in) from ∂L/∂y (batch, fan_out); writes ∂L/∂W and ∂L/∂b on the way.

        x_nj is used by every output of its example: y_nk contains x_nj W_jk, for each k.
        Summed over these uses, ∂L/∂x_nj = Σ_k ∂L/∂y_nk · W_jk, which is dx = dy Wᵀ.
        """
        self.parameter_gradients(dy)
        return np.matmul(dy, self.W.T, out=self.buffer("dx", (len(dy), self.fan_in), dy))

    def parameter_gradients(self, dy: FloatArray) -> None:
        """∂L/∂W into `dW` and ∂L/∂b into `db`: all that the first layer needs, for nobody trains its input.

        W_jk is used by every example: y_nk contains x_nj W_jk, for each n, and b_k once.
        Summed over the examples, ∂L/∂W_jk = Σ_n x_nj · ∂L/∂y_nk, which is dW = xᵀ dy; and db_k = Σ_n dy_nk.
        """
        np.matmul(self.x.T, dy, out=self.dW)
        np.sum(dy, axis=0, out=self.db)
