"""Activations: h = φ(a), element by element.

Every derivative below is written in terms of the output h, so h is all that `forward` keeps. The second
derivative is there for the contractive penalty, which puts φ' itself into the loss.
"""

from __future__ import annotations

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.nn.buffers import Buffered


class Activation(Buffered):
    """φ and its derivatives at the last batch. Shapes: all (batch, units), in the dtype of the argument."""

    h: FloatArray

    def forward(self, a: FloatArray) -> FloatArray:
        """h = φ(a)."""
        raise NotImplementedError

    def derivative(self) -> FloatArray:
        """φ'(a) = ∂h/∂a at the last forward's a."""
        raise NotImplementedError

    def second_derivative(self) -> FloatArray:
        """φ''(a) at the last forward's a."""
        raise NotImplementedError

    def backward(self, dh: FloatArray) -> FloatArray:
        """∂L/∂a from ∂L/∂h, both (batch, units).

        The chain rule sums over everything that a_j acts on: ∂L/∂a_j = Σ_k ∂L/∂h_k · ∂h_k/∂a_j.
        But h_k depends on a_k alone, so the Jacobian is diagonal and one term of the sum is left, a product by
        element: ∂L/∂a_j = ∂L/∂h_j · φ'(a_j).
        """
        return np.multiply(dh, self.derivative(), out=self.buffer("da", dh.shape, dh))


class Identity(Activation):
    """φ(a) = a: a layer that is linear."""

    def forward(self, a: FloatArray) -> FloatArray:
        self.h = a
        return a

    def derivative(self) -> FloatArray:
        """φ'(a), (batch, units).

        φ(a + δ) − φ(a) = δ, wherever a is:
        the slope is 1.
        """
        return np.ones_like(self.h)

    def second_derivative(self) -> FloatArray:
        """φ''(a), (batch, units).

        A straight line has the same slope everywhere,
        so φ'' = 0.
        """
        return np.zeros_like(self.h)

    def backward(self, dh: FloatArray) -> FloatArray:
        """∂L/∂a = ∂L/∂h · 1: the same array, so that a linear layer costs nothing."""
        return dh


class Sigmoid(Activation):
    """φ(a) = σ(a) = 1 / (1 + e^−a), between 0 and 1."""

    def forward(self, a: FloatArray) -> FloatArray:
        self.h = sigmoid(a, out=self.buffer("h", a.shape, a))
        return self.h

    def derivative(self) -> FloatArray:
        """φ'(a), (batch, units).

        σ' = e^−a / (1 + e^−a)²
           = 1 / (1 + e^−a) · e^−a / (1 + e^−a)
           = σ · (1 − σ).
        """
        return self.h * (1 - self.h)

    def second_derivative(self) -> FloatArray:
        """φ''(a), (batch, units).

        σ' is a product of two functions of a, and (u v)' = u' v + u v':
        σ'' = σ'(1 − σ) − σσ' = σ(1 − σ)(1 − 2σ).
        """
        return self.h * (1 - self.h) * (1 - 2 * self.h)


class Tanh(Activation):
    """φ(a) = tanh(a) = (e^a − e^−a) / (e^a + e^−a), between −1 and 1."""

    def forward(self, a: FloatArray) -> FloatArray:
        self.h = np.tanh(a, out=self.buffer("h", a.shape, a))
        return self.h

    def derivative(self) -> FloatArray:
        """φ'(a), (batch, units).

        tanh' = ((e^a + e^−a)² − (e^a − e^−a)²) / (e^a + e^−a)², by the quotient rule,
              = 1 − tanh².
        """
        return 1 - self.h**2

    def second_derivative(self) -> FloatArray:
        """φ''(a), (batch, units).

        Once more, by the chain rule, for φ' contains h and h' is φ' itself:
        (1 − h²)' = −2h · h' = −2h(1 − h²).
        """
        return -2 * self.h * (1 - self.h**2)


class ReLU(Activation):
    """φ(a) = max(0, a). Source: Nair & Hinton 2010."""

    def forward(self, a: FloatArray) -> FloatArray:
        self.h = np.maximum(a, 0, out=self.buffer("h", a.shape, a))
        return self.h

    def derivative(self) -> FloatArray:
        """φ'(a), (batch, units).

        Right of the kink φ(a) = a, and left of it φ(a) = 0:
        the slope is 1 where a > 0, which is where h > 0, else 0. At the kink a = 0 any value in [0, 1] is a
        subgradient; 0 is the usual choice.
        """
        return np.greater(self.h, 0, out=self.buffer("derivative", self.h.shape, self.h))

    def second_derivative(self) -> FloatArray:
        """φ''(a), (batch, units).

        φ is made of two straight lines,
        so φ'' = 0 on both sides of the kink.
        """
        return np.zeros_like(self.h)


class LeakyReLU(Activation):
    """φ(a) = a where a > 0, else slope · a, so that no unit dies. Source: Maas, Hannun & Ng 2013."""

    slope = 0.01

    def forward(self, a: FloatArray) -> FloatArray:
        """max(a, slope · a) is φ, because 0 < slope < 1."""
        h = np.multiply(a, self.slope, out=self.buffer("h", a.shape, a))
        self.h = np.maximum(a, h, out=h)
        return self.h

    def derivative(self) -> FloatArray:
        """φ'(a), (batch, units).

        Right of the kink φ(a) = a, and left of it φ(a) = slope · a:
        1 where a > 0, which is where h > 0, else the slope.
        """
        return np.where(self.h > 0, self.h.dtype.type(1), self.h.dtype.type(self.slope))

    def second_derivative(self) -> FloatArray:
        """φ''(a), (batch, units).

        φ is made of two straight lines,
        so φ'' = 0 on both sides of the kink.
        """
        return np.zeros_like(self.h)


class Softplus(Activation):
    """φ(a) = log(1 + e^a), a smooth ReLU. Source: Dugas et al. 2001."""

    def forward(self, a: FloatArray) -> FloatArray:
        self.h = softplus(a, out=self.buffer("h", a.shape, a))
        return self.h

    def derivative(self) -> FloatArray:
        """φ'(a), (batch, units).

        φ' = e^a / (1 + e^a)
           = 1 − 1 / (1 + e^a)
           = 1 − e^−h, because 1 + e^a = e^h.
        """
        return -np.expm1(-self.h)

    def second_derivative(self) -> FloatArray:
        """φ''(a), (batch, units).

        Once more, by the chain rule, for φ' contains h and h' is φ' itself:
        (1 − e^−h)' = e^−h · h' = e^−h (1 − e^−h).
        """
        return -np.exp(-self.h) * np.expm1(-self.h)


class ELU(Activation):
    """φ(a) = a where a > 0, else e^a − 1. Source: Clevert, Unterthiner & Hochreiter 2016, eq. 7 with α = 1."""

    def forward(self, a: FloatArray) -> FloatArray:
        """The exponential sees min(a, 0) only: elsewhere it is thrown away, and could overflow."""
        below = np.minimum(a, 0, out=self.buffer("below", a.shape, a))
        self.h = np.where(a > 0, a, np.expm1(below, out=below))
        return self.h

    def derivative(self) -> FloatArray:
        """φ'(a), (batch, units).

        Right of 0, φ(a) = a; left of it, φ(a) = e^a − 1:
        the slope is 1, or e^a = h + 1. Both are min(h, 0) + 1.
        """
        return np.minimum(self.h, 0) + 1

    def second_derivative(self) -> FloatArray:
        """φ''(a), (batch, units).

        Right of 0, φ is a straight line; left of it, an exponential:
        φ'' is 0, or e^a = h + 1.
        """
        return np.where(self.h > 0, 0, self.h + 1)


ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "softplus": Softplus,
    "elu": ELU,
}


def activation(name: str) -> Activation:
    """A new activation by its name; ValueError that lists the names for any other."""
    return ACTIVATIONS[checks.choice("activation", name, ACTIVATIONS)]()


def sigmoid(a: FloatArray, out: FloatArray | None = None) -> FloatArray:
    """σ(a) = 1 / (1 + e^−a), accurate for every a.

    For very negative a, e^−a overflows to ∞ and σ to 1/∞ = 0, which is the right answer: only the warning is
    unwanted.
    """
    with np.errstate(over="ignore"):
        e = np.exp(np.negative(a, out=out), out=out)
    return np.reciprocal(np.add(e, 1, out=out), out=out)


def softplus(a: FloatArray, out: FloatArray | None = None) -> FloatArray:
    """log(1 + e^a), without overflow: taking out the larger of the two summands 1 and e^a leaves
    max(a, 0) + log(1 + e^−|a|), where the exponent is never positive."""
    e = np.exp(np.negative(np.abs(a, out=out), out=out), out=out)
    return np.add(np.log1p(e, out=out), np.maximum(a, 0), out=out)
