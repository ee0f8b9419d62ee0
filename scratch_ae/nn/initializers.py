"""How weights start: random, and of a size that keeps signals alive through many layers.

A unit's input is a sum of fan_in products. If every weight has variance s², the sum has variance fan_in · s² · E[x²]:
to neither grow nor die from layer to layer, s² must be about 1 / fan_in; for the gradients on their way back, about
1 / fan_out.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray

Initializer = Callable[[Any, int, int], FloatArray]


def glorot_uniform(rng: Any, fan_in: int, fan_out: int) -> FloatArray:
    """Uniform with variance 2 / (fan_in + fan_out), between both wishes, for units that are linear near 0.

    A uniform variable on [−a, a] has variance a²/3, so a = √(6 / (fan_in + fan_out)). Shape (fan_in, fan_out),
    float64. Source: Glorot & Bengio 2010, eq. 16.
    """
    limit = np.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, (fan_in, fan_out))


def he_normal(rng: Any, fan_in: int, fan_out: int) -> FloatArray:
    """Normal with variance 2 / fan_in, because a ReLU sets half of its inputs to zero, which halves E[x²].

    Shape (fan_in, fan_out), float64. Source: He et al. 2015, eq. 10.
    """
    return rng.normal(0.0, np.sqrt(2.0 / fan_in), (fan_in, fan_out))
