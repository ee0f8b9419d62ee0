"""Optimizers: one vectorised pass over the flat array of all parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.nn.schedules import Constant, Schedule

PIECE = 16_384
"""Values updated at a time. An update reads and writes a handful of arrays several times over: in pieces of
64 KB each (float32) they stay in the processor's cache from the first pass to the last."""


class Optimizer:
    """Changes parameters, in place, against their gradient. `learning_rate` is a number or a function of the
    step t = 0, 1, 2, …; `steps` counts the steps taken."""

    def __init__(self, learning_rate: float | Schedule) -> None:
        if not callable(learning_rate):
            learning_rate = Constant(checks.number("learning_rate", learning_rate, at_least=0))
        self.schedule = learning_rate
        self.steps = 0

    @property
    def learning_rate(self) -> float:
        """The rate of the step to come."""
        return self.schedule(self.steps)

    def step(self, parameters: FloatArray, gradients: FloatArray) -> None:
        """One update of the flat `parameters`, in place; `gradients` has the same shape and is left as it is."""
        raise NotImplementedError


def pieces(size: int) -> Iterator[slice]:
    """Slices of at most PIECE values that cover range(size)."""
    return (slice(start, start + PIECE) for start in range(0, size, PIECE))


class SGD(Optimizer):
    """Stochastic gradient descent with momentum: v ← momentum · v + g;  θ ← θ − α v.

    `momentum` in [0, 1); 0 is plain descent. Source: Polyak 1964, in the form of Sutskever et al. 2013, eqs. 1–2,
    with α taken out of v.
    """

    def __init__(self, learning_rate: float | Schedule = 0.1, momentum: float = 0.0) -> None:
        super().__init__(learning_rate)
        self.momentum = checks.number("momentum", momentum, at_least=0, below=1)

    def step(self, parameters: FloatArray, gradients: FloatArray) -> None:
        """One update of the flat `parameters`, in place; `gradients` has the same shape and is left as it is.

        v₀ = 0, so the first step is that of plain descent;
        from then on momentum · v + g is written over v, and α v taken from θ, a piece at a time.
        """
        if self.steps == 0:
            self.velocity = np.zeros_like(parameters)
        rate = self.learning_rate
        for piece in pieces(parameters.size):
            velocity = self.velocity[piece]
            velocity *= self.momentum
            velocity += gradients[piece]
            parameters[piece] -= rate * velocity
        self.steps += 1


class Adam(Optimizer):
    """Adaptive moments. Source: Kingma & Ba 2015, algorithm 1:

    m ← β₁ m + (1 − β₁) g             running mean of the gradient
    v ← β₂ v + (1 − β₂) g²            running mean of its square
    m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)      both started at 0, so early on they are too small by this much
    θ ← θ − α m̂ / (√v̂ + ε)
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(learning_rate)
        self.beta1 = checks.number("beta1", beta1, at_least=0, below=1)
        self.beta2 = checks.number("beta2", beta2, at_least=0, below=1)
        self.epsilon = checks.number("epsilon", epsilon, above=0)

    def step(self, parameters: FloatArray, gradients: FloatArray) -> None:
        """One update of the flat `parameters`, in place; `gradients` has the same shape and is left as it is.

        With cᵢ = 1 − βᵢᵗ the algorithm's last line takes from θ: α m̂ / (√v̂ + ε) = α/c₁ · m / (√(v/c₂) + ε)
        = (α √c₂ / c₁) · m / (√v + ε √c₂), where the corrections are two numbers, outside the arrays.
        """
        if self.steps == 0:
            self.m, self.v = np.zeros_like(parameters), np.zeros_like(parameters)
            self._scratch = np.empty(min(PIECE, parameters.size), parameters.dtype)
        rate = self.learning_rate
        self.steps += 1
        correction1 = 1 - self.beta1**self.steps
        correction2 = math.sqrt(1 - self.beta2**self.steps)
        rate, epsilon = rate * correction2 / correction1, self.epsilon * correction2

        for piece in pieces(parameters.size):
            g, m, v = gradients[piece], self.m[piece], self.v[piece]
            scratch = self._scratch[: g.size]
            m *= self.beta1
            m += np.multiply(g, 1 - self.beta1, out=scratch)
            v *= self.beta2
            np.multiply(g, g, out=scratch)
            v += np.multiply(scratch, 1 - self.beta2, out=scratch)
            np.sqrt(v, out=scratch)
            scratch += epsilon
            np.divide(m, scratch, out=scratch)
            parameters[piece] -= np.multiply(scratch, rate, out=scratch)
