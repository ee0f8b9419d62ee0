"""Activations: h = φ(a), element by element; a is what enters an activation, h what leaves it."""

from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray


class Activation:
    """φ with its derivatives, in terms of h, so that h is all that `forward` has to keep. Arrays are (batch, units).

    The second derivative is there for the contractive penalty, which puts φ' itself into the loss.
    """

    name: str

    def value(self, a: FloatArray) -> FloatArray:
        """φ(a)."""
        raise NotImplementedError

    def derivative(self, h: FloatArray) -> FloatArray:
        """φ'(a), from h = φ(a)."""
        raise NotImplementedError

    def second_derivative(self, h: FloatArray) -> FloatArray:
        """φ''(a), from h = φ(a): zero, unless φ is curved."""
        return np.zeros_like(h)

    def forward(self, a: FloatArray) -> FloatArray:
        """h = φ(a)."""
        h = self.value(a)
        self.h = h
        return h

    def backward(self, dh: FloatArray) -> FloatArray:
        """∂L/∂a from ∂L/∂h.

        The chain rule sums over everything that a_j acts on, ∂L/∂a_j = Σ_k ∂L/∂h_k · ∂h_k/∂a_j. But h_k depends on
        a_k alone: the Jacobian ∂h/∂a is diagonal, and one term of the sum is left.
        ⇒ ∂L/∂a_j = ∂L/∂h_j · φ'(a_j), a product by element.
        """
        return dh * self.derivative(self.h)


class Identity(Activation):
    """φ(a) = a: a layer that is linear."""

    name = "identity"

    def value(self, a: FloatArray) -> FloatArray:
        return a

    def derivative(self, h: FloatArray) -> FloatArray:
        """φ(a + δ) − φ(a) = δ, wherever a is:
        ⇒ φ' = 1."""
        return np.ones_like(h)

    def backward(self, dh: FloatArray) -> FloatArray:
        """∂L/∂a = ∂L/∂h: the product with φ' = 1 is saved."""
        return dh


class Sigmoid(Activation):
    """φ(a) = σ(a) = 1 / (1 + e^−a), between 0 and 1."""

    name = "sigmoid"

    def value(self, a: FloatArray) -> FloatArray:
        return sigmoid(a)

    def derivative(self, h: FloatArray) -> FloatArray:
        """σ' = e^−a / (1 + e^−a)², by the quotient rule, and 1 − σ = e^−a / (1 + e^−a):
        ⇒ σ' = σ (1 − σ)."""
        return h * (1 - h)

    def second_derivative(self, h: FloatArray) -> FloatArray:
        """σ' is a product of two functions of a, and (u v)' = u' v + u v':
        ⇒ σ' = σ (1 − σ), so that σ'' = σ'(1 − σ) − σσ' = σ (1 − σ)(1 − 2σ)."""
        return h * (1 - h) * (1 - 2 * h)


class Tanh(Activation):
    """φ(a) = tanh(a) = (e^a − e^−a) / (e^a + e^−a), between −1 and 1."""

    name = "tanh"

    def value(self, a: FloatArray) -> FloatArray:
        return np.tanh(a)

    def derivative(self, h: FloatArray) -> FloatArray:
        """tanh' = ((e^a + e^−a)² − (e^a − e^−a)²) / (e^a + e^−a)², by the quotient rule:
        ⇒ tanh' = 1 − tanh²."""
        return 1 - h**2

    def second_derivative(self, h: FloatArray) -> FloatArray:
        """φ' contains h, whose derivative is φ' itself; by the chain rule:
        ⇒ φ' = 1 − h², so that φ'' = −2h · φ' = −2h (1 − h²)."""
        return -2 * h * (1 - h**2)


class ReLU(Activation):
    """φ(a) = max(0, a). Source: Nair & Hinton 2010."""

    name = "relu"

    def value(self, a: FloatArray) -> FloatArray:
        return np.maximum(a, 0)

    def derivative(self, h: FloatArray) -> FloatArray:
        """φ(a) = a right of the kink, and 0 left of it; a > 0 is where h > 0. At the kink every value in [0, 1] is a
        subgradient, and 0 the usual choice:
        ⇒ φ' = 1 where h > 0, else 0."""
        return (h > 0).astype(h.dtype)


class LeakyReLU(Activation):
    """φ(a) = max(a, slope · a), with 0 < slope < 1, so that no unit dies. Source: Maas, Hannun & Ng 2013."""

    name = "leaky_relu"
    slope = 0.01

    def value(self, a: FloatArray) -> FloatArray:
        return np.maximum(a, self.slope * a)

    def derivative(self, h: FloatArray) -> FloatArray:
        """φ(a) = a right of the kink, and slope · a left of it; a > 0 is where h > 0:
        ⇒ φ' = 1 where h > 0, else the slope."""
        return np.where(h > 0, h.dtype.type(1), h.dtype.type(self.slope))


class Softplus(Activation):
    """φ(a) = log(1 + e^a), a smooth ReLU. Source: Dugas et al. 2001."""

    name = "softplus"

    def value(self, a: FloatArray) -> FloatArray:
        return softplus(a)

    def derivative(self, h: FloatArray) -> FloatArray:
        """φ' = e^a / (1 + e^a) = 1 − 1 / (1 + e^a), and 1 + e^a = e^h:
        ⇒ φ' = 1 − e^−h. (expm1 keeps the digits that the subtraction loses where h is small.)"""
        return -np.expm1(-h)

    def second_derivative(self, h: FloatArray) -> FloatArray:
        """φ' contains h, whose derivative is φ' itself; by the chain rule:
        ⇒ φ' = 1 − e^−h, so that φ'' = e^−h · φ' = e^−h (1 − e^−h)."""
        return -np.exp(-h) * np.expm1(-h)


class ELU(Activation):
    """φ(a) = a where a > 0, else e^a − 1. Source: Clevert, Unterthiner & Hochreiter 2016, eq. 7 with α = 1."""

    name = "elu"

    def value(self, a: FloatArray) -> FloatArray:
        """The exponential gets min(a, 0): where a > 0 it is not used, and could overflow."""
        return np.where(a > 0, a, np.expm1(np.minimum(a, 0)))

    def derivative(self, h: FloatArray) -> FloatArray:
        """Right of 0, φ(a) = a; left of it, φ(a) = e^a − 1, which is h:
        ⇒ φ' is 1 there and e^a = h + 1 here, on both sides min(h, 0) + 1."""
        return np.minimum(h, 0) + 1

    def second_derivative(self, h: FloatArray) -> FloatArray:
        """Right of 0, φ is a straight line; left of it, an exponential:
        ⇒ φ'' = 0, or e^a = h + 1."""
        return np.where(h > 0, 0, h + 1)


ACTIVATIONS: dict[str, Any] = {kind.name: kind for kind in (Identity, Sigmoid, Tanh, ReLU, LeakyReLU, Softplus, ELU)}
RECTIFIERS = ("relu", "leaky_relu", "elu", "softplus")


def sigmoid(a: FloatArray) -> FloatArray:
    """σ(a) = 1 / (1 + e^−a). For very negative a, e^−a overflows to ∞, and 1/∞ = 0 is right, without a warning."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-a))


def softplus(a: FloatArray) -> FloatArray:
    """log(1 + e^a) = max(a, 0) + log(1 + e^−|a|): with the larger of 1 and e^a taken out, nothing overflows."""
    return np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a)))
