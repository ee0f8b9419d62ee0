"""The dense (fully connected) layer: the only layer with weights, and the gradient everything rests on."""

from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.nn.initializers import glorot_uniform
from scratch_ae.nn.layer import Layer


class Dense(Layer):
    """y = x W + b, with x (batch, fan_in), W (fan_in, fan_out), b (fan_out,), y (batch, fan_out)."""

    parameter_names = ("W", "b")

    def __init__(
        self, fan_in: int, fan_out: int, *, rng: Any, initializer: Any = glorot_uniform, dtype: Any = np.float32
    ) -> None:
        self.W: FloatArray = initializer(rng, fan_in, fan_out).astype(dtype)
        self.b: FloatArray = np.zeros(fan_out, dtype)
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x: FloatArray) -> FloatArray:
        """y_nk = Σ_j x_nj W_jk + b_k."""
        self.x = x
        y = x @ self.W
        y += self.b
        return y

    def backward(self, dy: FloatArray, to_input: bool = True) -> Any:
        """∂L/∂x (batch, fan_in) from ∂L/∂y (batch, fan_out); writes ∂L/∂W and ∂L/∂b.

        In y_nk = Σ_j x_nj W_jk + b_k, the weight W_jk acts on every example n, and so does b_k; x_nj acts on every
        output k. Each gradient is a sum over all that its variable acts on. (`to_input=False`, where the input needs
        no gradient, saves its product and returns None.)
        ⇒ ∂L/∂W_jk = Σ_n x_nj ∂L/∂y_nk, which is dW = xᵀ dy; ∂L/∂b_k = Σ_n ∂L/∂y_nk; and ∂L/∂x_nj = Σ_k ∂L/∂y_nk W_jk,
        which is dx = dy Wᵀ.
        """
        self.dW = self.x.T @ dy
        self.db = dy.sum(axis=0)
        return dy @ self.W.T if to_input else None
