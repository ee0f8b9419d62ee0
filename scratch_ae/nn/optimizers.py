"""Optimizers: one vectorised pass over the flat array of all parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.nn.buffers import aligned
from scratch_ae.nn.schedules import Constant, Schedule

PIECE = 32_768
"""Values updated at a time. An update reads and writes a handful of arrays several times over: in pieces of
128 KB each (float32) they stay in the processor's cache from the first pass to the last."""

VANISHING = 1e8
"""A running mean whose gradient stays zero, as a dead unit's does, shrinks to denormal numbers, below the dtype's
smallest normal one, with which processors are up to 40 times slower: on MNIST, Adam took 3.5 times as long after two
epochs. So what has shrunk to this multiple of the smallest normal number is set to zero, in time."""


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

    def forget_what_vanished(self, mean: FloatArray, decay: float) -> None:
        """Sets entries of a running mean that have all but vanished to zero, every k steps, where decayᵏ is about
        1 / VANISHING."""
        if decay > 0 and self.steps % max(1, int(math.log(VANISHING) / -math.log(decay))) == 0:
            mean[np.abs(mean) < VANISHING * np.finfo(mean.dtype).tiny] = 0


def zeros(like: FloatArray) -> FloatArray:
    """As many as `like` has, where the processor is quick with them."""
    made = aligned(like.shape, like.dtype)
    made[...] = 0
    return made


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
            self.velocity = zeros(parameters)
        self.forget_what_vanished(self.velocity, self.momentum)
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
        # Beside it, the √V that `forget_what_vanished` takes for zero is nothing: 1e-15 in float32, a thousandth.
        self.epsilon = checks.number("epsilon", epsilon, at_least=1e-12)

    def step(self, parameters: FloatArray, gradients: FloatArray) -> None:
        """One update of the flat `parameters`, in place; `gradients` has the same shape and is left as it is.

        The means are kept as sums, M = m / (1 − β₁) and V = v / (1 − β₂), which saves a pass over memory each:
        M ← β₁ M + g. With Cᵢ = (1 − βᵢᵗ) / (1 − βᵢ) the last line then takes from θ: α m̂ / (√v̂ + ε)
        = α M/C₁ / (√(V/C₂) + ε) = (α √C₂ / C₁) · M / (√V + ε √C₂), with all corrections in two numbers.
        """
        if self.steps == 0:
            self.M, self.V = zeros(parameters), zeros(parameters)
            self._scratch = zeros(parameters[:PIECE])
        self.forget_what_vanished(self.M, self.beta1)
        self.forget_what_vanished(self.V, self.beta2)
        rate = self.learning_rate
        self.steps += 1
        correction1 = (1 - self.beta1**self.steps) / (1 - self.beta1)
        correction2 = math.sqrt((1 - self.beta2**self.steps) / (1 - self.beta2))
        rate, epsilon = rate * correction2 / correction1, self.epsilon * correction2

        for piece in pieces(parameters.size):
            g, M, V = gradients[piece], self.M[piece], self.V[piece]
            scratch = self._scratch[: g.size]
            M *= self.beta1
            M += g
            V *= self.beta2
            V += np.multiply(g, g, out=scratch)
            np.sqrt(V, out=scratch)
            scratch += epsilon
            np.divide(M, scratch, out=scratch)
            scratch *= rate
            parameters[piece] -= scratch
