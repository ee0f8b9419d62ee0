"""Optimizers: how parameters follow their gradients downhill, one array after the other."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.nn.schedules import Schedule, value_at

Arrays = Mapping[str, FloatArray]

PIECE = 32_768
"""Numbers updated at a time. In pieces of 128 KB (float32) the arrays of an update stay in the processor's cache from
its first pass to the last, which makes Adam two to five times as fast."""

VANISHING = 1e8
"""A mean whose gradient stays zero, as a dead unit's does, shrinks to denormal numbers, with which processors are up
to 40 times slower (Adam 3.5 times, on MNIST). What is below this multiple of the smallest normal one becomes 0."""


class Optimizer:
    """`learning_rate` is a number or a function of the step t = 0, 1, 2, …; `steps` counts the steps taken; `means`
    has running means by kind ("m") and parameter name, zero at the start."""

    def __init__(self, learning_rate: float | Schedule) -> None:
        if not callable(learning_rate):
            checks.number("learning_rate", learning_rate, at_least=0)
        self.schedule = learning_rate
        self.steps = 0
        self.means: dict[str, dict[str, FloatArray]] = {}

    @property
    def learning_rate(self) -> float:
        """The rate of the step to come."""
        return value_at(self.schedule, self.steps)

    def step(self, parameters: Arrays, gradients: Arrays) -> None:
        """One update of the parameters, in place, from their gradients by the same names."""
        raise NotImplementedError

    def running_means(self, kind: str, decay: float, parameters: Arrays) -> dict[str, FloatArray]:
        """The means of this kind; every k steps, with decayᵏ about 1 / VANISHING, what has vanished becomes 0."""
        if kind not in self.means:
            self.means[kind] = {name: np.zeros_like(array) for name, array in parameters.items()}
        if decay > 0 and self.steps % max(1, int(math.log(VANISHING) / -math.log(decay))) == 0:
            for mean in self.means[kind].values():
                mean[np.abs(mean) < VANISHING * np.finfo(mean.dtype).tiny] = 0
        return self.means[kind]


def pieces(array: FloatArray) -> Iterator[Any]:
    """Slices of whole rows, about PIECE numbers each, that cover the array, however it lies in memory."""
    if array.ndim == 0:
        return iter([...])
    rows = max(1, PIECE * len(array) // max(1, array.size))
    return (slice(start, start + rows) for start in range(0, len(array), rows))


class SGD(Optimizer):
    """Stochastic gradient descent with momentum μ in [0, 1); 0 is plain descent.

    v ← μ v + g, θ ← θ − α v. Source: Polyak 1964; Sutskever et al. 2013, eqs. 1–2, with α taken out of v.
    """

    def __init__(self, learning_rate: float | Schedule = 0.1, momentum: float = 0.0) -> None:
        super().__init__(learning_rate)
        self.momentum = checks.number("momentum", momentum, at_least=0, below=1)

    def step(self, parameters: Arrays, gradients: Arrays) -> None:
        """One update. Each v starts at 0:
        ⇒ v ← μ v + g, then θ ← θ − α v, piece by piece."""
        rate, velocity = self.learning_rate, self.running_means("v", self.momentum, parameters)
        for name, theta in parameters.items():
            for piece in pieces(theta):
                v = velocity[name][piece]
                v *= self.momentum
                v += gradients[name][piece]
                theta[piece] -= rate * v
        self.steps += 1


class Adam(Optimizer):
    """Adaptive moments. Source: Kingma & Ba 2015, algorithm 1:

    m ← β₁ m + (1 − β₁) g             running mean of the gradient
    v ← β₂ v + (1 − β₂) g²            running mean of its square
    m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)      both start at 0, and early on are too small by this much
    θ ← θ − α m̂ / (√v̂ + ε)
    """

    def __init__(
        self, learning_rate: float | Schedule = 1e-3, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
    ) -> None:
        super().__init__(learning_rate)
        self.beta1 = checks.number("beta1", beta1, at_least=0, below=1)
        self.beta2 = checks.number("beta2", beta2, at_least=0, below=1)
        # A √v that is set to zero as vanished is below 1e-15, in float32: nothing beside such an ε.
        self.epsilon = checks.number("epsilon", epsilon, at_least=1e-12)

    def step(self, parameters: Arrays, gradients: Arrays) -> None:
        """One update, by the lines above.
        ⇒ Kept are the sums M = m / (1 − β₁) and V = v / (1 − β₂), for M ← β₁ M + g is one product less. With
        Cᵢ = (1 − βᵢᵗ) / (1 − βᵢ), m̂ = M / C₁ and v̂ = V / C₂, and all corrections move into two numbers:
        α m̂ / (√v̂ + ε) = α (M/C₁) / (√V/√C₂ + ε) = (α √C₂/C₁) · M / (√V + ε √C₂)."""
        rate = self.learning_rate
        sums = self.running_means("m", self.beta1, parameters)
        squares = self.running_means("v", self.beta2, parameters)
        self.steps += 1
        c1 = (1 - self.beta1**self.steps) / (1 - self.beta1)
        root_c2 = math.sqrt((1 - self.beta2**self.steps) / (1 - self.beta2))
        for name, theta in parameters.items():
            for piece in pieces(theta):
                g, M, V = gradients[name][piece], sums[name][piece], squares[name][piece]
                M *= self.beta1
                M += g
                V *= self.beta2
                step = np.square(g, out=np.empty_like(g))  # one new array; one for each line takes 3% of a step more
                V += step
                np.sqrt(V, out=step)
                step += self.epsilon * root_c2
                np.divide(M, step, out=step)
                step *= rate * root_c2 / c1
                theta[piece] -= step
