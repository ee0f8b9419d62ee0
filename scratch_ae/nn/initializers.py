"""How weights start: random, and of a size that keeps signals alive through many layers.

A unit's input is a sum of fan_in products. If every weight has variance s², that sum has variance
fan_in · s² · E[x²]: to keep it from growing or dying layer by layer, s² must be about 1 / fan_in; for the
gradients on their way back, about 1 / fan_out. Each initializer settles this its own way.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scratch_ae.arrays import FloatArray

# Quoted, for NumPy imports np.random, which takes a while, when it is first used.
Initializer = Callable[["np.random.Generator", int, int], FloatArray]


def glorot_uniform(rng: np.random.Generator, fan_in: int, fan_out: int) -> FloatArray:
    """Uniform with variance 2 / (fan_in + fan_out): the mean of both wishes, for units that are linear near 0.

    A uniform variable on [-a, a] has variance a²/3, so a = √(6 / (fan_in + fan_out)). Shape (fan_in, fan_out),
    float64. Source: Glorot & Bengio 2010, eq. 16.
    """
    limit = np.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, (fan_in, fan_out))


def he_normal(rng: np.random.Generator, fan_in: int, fan_out: int) -> FloatArray:
    """Normal with variance 2 / fan_in: a ReLU sets half of its inputs to zero and so halves E[x²].

    Shape (fan_in, fan_out), float64. Source: He et al. 2015, eq. 10.
    """
    return rng.normal(0.0, np.sqrt(2.0 / fan_in), (fan_in, fan_out))


INITIALIZERS: dict[str, Initializer] = {"glorot": glorot_uniform, "he": he_normal}
