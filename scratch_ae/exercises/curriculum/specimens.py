"""What the trials put under the gradient check: numbers, small models, and wrappers for what is no layer, loss or
penalty by itself. All is float64, and the same at every call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.autoencoders.contractive import JacobianPenalty
from scratch_ae.autoencoders.tied import TransposedDense
from scratch_ae.exercises.feedback import Misshapen
from scratch_ae.exercises.task import Names
from scratch_ae.exercises.trials import read_only
from scratch_ae.nn.activations import Activation


def normal(*shape: int, seed: int = 0) -> FloatArray:
    """Standard normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape)


def uniform(*shape: int, seed: int = 0) -> FloatArray:
    """Numbers between 0.1 and 0.9: grey values, or what a sigmoid puts out."""
    return np.random.default_rng(seed).uniform(0.1, 0.9, shape)


def off_zero(*shape: int, seed: int = 0) -> FloatArray:
    """Numbers of both signs, none within 0.1 of 0, where a ReLU, an ELU or |s| has its kink."""
    x = normal(*shape, seed=seed)
    return x + 0.1 * np.sign(x)


def small(kind: Any = Autoencoder, sizes: tuple[int, ...] = (4, 3, 2), **arguments: Any) -> Any:
    """A model of a few dozen parameters."""
    return stirred(kind(sizes, **{"activation": "tanh", "dtype": np.float64, "seed": 1, **arguments}))


def stirred(model: Any) -> Any:
    """The model with other parameters, biases too: at 0, where those start, some mistakes would not be seen."""
    rng = np.random.default_rng(2)
    for array in model.parameters.values():
        array[...] = 0.5 * rng.standard_normal(array.shape)
    return model


def activation(names: Names, kind: str) -> Any:
    """An activation of the file, whose derivatives may only read h, and have to return an array of its shape."""
    own: Any = names[kind]

    def checked(method: str) -> Any:
        def derivative(self: Activation, h: FloatArray) -> FloatArray:
            return of_its_shape(method, getattr(own, method)(self, read_only(h.copy())), h.shape)

        return derivative

    methods = {method: checked(method) for method in ("derivative", "second_derivative")}
    return type(kind, (own,), methods)()


def of_its_shape(method: str, value: Any, shape: tuple[int, ...]) -> Any:
    """The value, if it is an array of that shape."""
    if np.shape(value) == shape:
        return value
    what = f"an array of shape {np.shape(value)}" if np.ndim(value) else f"{value!r:.40}"
    missing = " Is a `return` missing?" if value is None else ""
    raise Misshapen(f"{method} returned {what}, where an array of h's shape {shape} is expected.{missing}")


class Slope:
    """a → φ'(a), whose derivative is φ''(a)."""

    def __init__(self, phi: Activation) -> None:
        self.phi = phi

    def forward(self, a: FloatArray) -> FloatArray:
        self.h = self.phi.value(a)
        return self.phi.derivative(self.h)

    def backward(self, dy: FloatArray) -> FloatArray:
        return dy * self.phi.second_derivative(self.h)


class InTraining:
    """A layer, or a network, as it is used in training: the parameters' gradients are those that it writes when
    ∂L/∂x is not asked for."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer

    def forward(self, x: FloatArray) -> FloatArray:
        return self.layer.forward(x)

    def backward(self, dy: FloatArray) -> FloatArray:
        self.layer.backward(dy, to_input=False)
        dense = getattr(self.layer, "dense", [self.layer])
        written = [{f"d{name}": getattr(each, f"d{name}") for name in each.parameter_names} for each in dense]
        dx = self.layer.backward(dy)
        for each, gradients in zip(dense, written, strict=True):
            vars(each).update(gradients)
        return dx


class AskedForInput:
    """A model whose parameters' gradients are those that it writes when ∂loss/∂x is asked for, too."""

    def __init__(self, model: Autoencoder) -> None:
        self.model = model

    @property
    def parameters(self) -> Mapping[str, FloatArray]:
        return self.model.parameters

    @property
    def gradients(self) -> Mapping[str, FloatArray]:
        return self.model.gradients

    def loss_and_gradients(self, x: FloatArray, *, rng: np.random.Generator) -> float:
        terms = self.model.forward(x, rng=rng)
        self.model.backward()
        return self.model.loss_of(terms)


class Borrower:
    """A TransposedDense with the W it has borrowed as a parameter of its own, whose gradient is dW_lender."""

    parameter_names = ("W", "b")

    def __init__(self, layer: TransposedDense) -> None:
        self.layer = layer
        self.W, self.b, self.db = layer.lender.W, layer.b, layer.db
        self.dW = np.zeros_like(self.W)

    def forward(self, x: FloatArray) -> FloatArray:
        return self.layer.forward(x)

    def backward(self, dy: FloatArray, to_input: bool = True) -> Any:
        self.layer.dW_lender, self.layer.db = self.dW, self.db
        dx = self.layer.backward(dy, to_input)
        self.dW, self.db = self.layer.dW_lender, self.layer.db
        return dx


class AtTheCode:
    """A JacobianPenalty as a function of a, the weights held fixed: its backward, times φ'."""

    def __init__(self, penalty: JacobianPenalty) -> None:
        self.penalty, self.phi = penalty, penalty.encoder.activations[0]

    def forward(self, a: FloatArray) -> float:
        self.s = self.phi.value(a)
        return self.penalty.forward(self.s)

    def backward(self) -> FloatArray:
        return self.penalty.backward() * self.phi.derivative(self.s)


class AtTheWeights:
    """A JacobianPenalty as a function of W, with a held fixed: its dW."""

    def __init__(self, penalty: JacobianPenalty, a: FloatArray) -> None:
        self.penalty, self.a = penalty, a

    def forward(self, W: FloatArray) -> float:
        dense, phi = self.penalty.encoder.dense[0], self.penalty.encoder.activations[0]
        dense.W = W
        return self.penalty.forward(phi.value(self.a))

    def backward(self) -> FloatArray:
        return self.penalty.dW()
