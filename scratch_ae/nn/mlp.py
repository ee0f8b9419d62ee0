"""Dense layers and activations in a row: the encoder is one, and the decoder another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.nn.activations import Activation, activation
from scratch_ae.nn.dense import Dense
from scratch_ae.nn.initializers import INITIALIZERS

RECTIFIERS = {"relu", "leaky_relu", "elu", "softplus"}


class MLP:
    """A multilayer perceptron x → φ₁(x W₁ + b₁) → … → φ_L(… W_L + b_L).

    `sizes` has the input's size and every layer's, `activations` one name a layer. Weights start as He et al.
    where a rectifier follows, as Glorot & Bengio otherwise; biases at zero.
    """

    def __init__(
        self, sizes: Sequence[int], activations: Sequence[str], *, rng: np.random.Generator, dtype: Any
    ) -> None:
        sizes = checks.layer_sizes("sizes", sizes)
        if len(activations) != len(sizes) - 1:
            raise ValueError(f"{len(sizes) - 1} layers need as many activations, but {list(activations)} was given.")
        self.activation_names = list(activations)
        self.dense: list[Dense] = []
        self.activations: list[Activation] = []
        for fan_in, fan_out, name in zip(sizes, sizes[1:], activations, strict=False):
            initializer = INITIALIZERS["he" if name in RECTIFIERS else "glorot"]
            self.dense.append(Dense(fan_in, fan_out, rng=rng, initializer=initializer, dtype=dtype))
            self.activations.append(activation(name))

    def forward(self, x: FloatArray) -> FloatArray:
        """(batch, sizes[0]) → (batch, sizes[-1])."""
        for dense, phi in zip(self.dense, self.activations, strict=True):
            x = phi.forward(dense.forward(x))
        return x

    def backward(self, dy: FloatArray) -> FloatArray:
        """∂L/∂x (batch, sizes[0]) from ∂L/∂y (batch, sizes[-1]); every dW and db is written on the way.

        y = φ_L(… φ₁(x W₁ + b₁) …), and the chain rule peels this from the outside:
        last layer first, through φ and then through its dense layer, until x is reached.
        """
        for dense, phi in zip(reversed(self.dense), reversed(self.activations), strict=True):
            dy = dense.backward(phi.backward(dy))
        return dy

    def parameter_gradients(self, dy: FloatArray) -> None:
        """Every layer's dW and db, and no more, from ∂L/∂y (batch, sizes[-1]).

        In training the input is data, and nobody asks for ∂L/∂x:
        this is `backward` without its last matrix product.
        """
        first, *rest = zip(self.dense, self.activations, strict=True)
        for dense, phi in reversed(rest):
            dy = dense.backward(phi.backward(dy))
        dense, phi = first
        dense.parameter_gradients(phi.backward(dy))
