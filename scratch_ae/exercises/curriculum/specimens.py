"""What the trials put under the gradient check: numbers, small models, and wrappers for what is no layer, loss or
penalty by itself. All is float64, and the same at every call."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.autoencoders.contractive import JacobianPenalty
from scratch_ae.autoencoders.tied import TransposedDense
from scratch_ae.nn.activations import Activation
from scratch_ae.nn.parameters import gather


def normal(*shape: int, seed: int = 0) -> FloatArray:
    """Standard normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape)


def uniform(*shape: int, seed: int = 0) -> FloatArray:
    """Numbers between 0.1 and 0.9: grey values, or what a sigmoid puts out."""
    return np.random.default_rng(seed).uniform(0.1, 0.9, shape)


def off_zero(*shape: int, seed: int = 0) -> FloatArray:
    """Numbers of both signs, none within 0.1 of 0, where a ReLU, an ELU or |h| has its kink."""
    x = normal(*shape, seed=seed)
    return x + 0.1 * np.sign(x)


def small(kind: Any = Autoencoder, sizes: tuple[int, ...] = (4, 3, 2), **arguments: Any) -> Any:
    """A model of a few dozen parameters."""
    return stirred(kind(sizes, **{"activation": "tanh", "dtype": np.float64, "seed": 1, **arguments}))


def rewired(model: Any) -> Any:
    """The model after a part of it was exchanged: its flat arrays are made anew, of the parts it has now."""
    model.parameters, model.gradients = gather(model.parts(), model.dtype)
    return stirred(model)


def stirred(model: Any) -> Any:
    """The model with other parameters, biases too: at 0, where those start, some mistakes would not be seen."""
    model.parameters.flat[:] = 0.5 * normal(model.parameters.flat.size, seed=2)
    return model


class Slope:
    """a → φ'(a), whose derivative is φ''(a)."""

    def __init__(self, phi: Activation) -> None:
        self.phi = phi

    def forward(self, a: FloatArray) -> FloatArray:
        self.phi.forward(a)
        return self.phi.derivative()

    def backward(self, dy: FloatArray) -> FloatArray:
        return dy * self.phi.second_derivative()


class Borrower:
    """A TransposedDense with the W it has borrowed as a parameter of its own, whose gradient is dW_lender."""

    parameter_names = ("W", "b")

    def __init__(self, layer: TransposedDense) -> None:
        self.layer = layer
        self.W, self.b, self.db = layer.lender.W, layer.b, layer.db
        self.dW = np.zeros_like(self.W)

    def forward(self, x: FloatArray) -> FloatArray:
        return self.layer.forward(x)

    def backward(self, dy: FloatArray) -> FloatArray:
        dx = self.layer.backward(dy)
        self.dW = self.layer.dW_lender
        return dx


class AtTheCode:
    """A JacobianPenalty as a function of a, the weights held fixed: its backward, times φ'."""

    def __init__(self, penalty: JacobianPenalty) -> None:
        self.penalty, self.phi = penalty, penalty.encoder.activations[0]

    def forward(self, a: FloatArray) -> float:
        return self.penalty.forward(self.phi.forward(a))

    def backward(self) -> FloatArray:
        return self.penalty.backward() * self.phi.derivative()


class AtTheWeights:
    """A JacobianPenalty as a function of W, with a held fixed: its dW."""

    def __init__(self, penalty: JacobianPenalty, a: FloatArray) -> None:
        self.penalty, self.a = penalty, a

    def forward(self, W: FloatArray) -> float:
        dense, phi = self.penalty.encoder.dense[0], self.penalty.encoder.activations[0]
        dense.W[...] = W
        return self.penalty.forward(phi.forward(self.a))

    def backward(self) -> FloatArray:
        return self.penalty.dW()
