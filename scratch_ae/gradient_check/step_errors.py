"""What a gradient check is worth: how far a difference is from a derivative that is known, step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scratch_ae import checks

Floats = NDArray[np.float64]
ByElement = Callable[[NDArray[Any]], NDArray[Any]]

FORMULAS = ("one-sided", "central")


def step_errors(
    function: ByElement,
    slope: ByElement,
    at: ArrayLike,
    *,
    formula: str = "central",
    dtype: type[np.floating] = np.float64,
    steps: ArrayLike | None = None,
) -> tuple[Floats, Floats]:
    """The steps h, and for each ‖difference − slope‖ / ‖slope‖ over all points.

    function  f, of an array, element by element; it and x ± h are computed in `dtype`
    slope     f', taken for the truth: computed in float64
    at        the points x, (n,): many, because rounding is nearly random, and one point may be lucky
    formula   "one-sided", (f(x + h) − f(x)) / h, or "central", (f(x + h) − f(x − h)) / 2h
    steps     five in each power of ten, from 1e-13 to 1, unless given

    Divided is by the distance between the points as they were rounded. Where h is so short that they are the same
    float, the difference says 0, which is an error of 1.

    >>> h, error = step_errors(np.exp, np.exp, np.linspace(0, 1, 101))
    """
    checks.choice("formula", formula, FORMULAS)
    tried = np.logspace(-13, 0, 66) if steps is None else np.atleast_1d(np.asarray(steps, np.float64))
    x = np.atleast_1d(np.asarray(at, dtype))
    truth = np.asarray(slope(x.astype(np.float64)), np.float64)
    size = float(np.linalg.norm(truth))
    if not 0 < size < np.inf:
        raise ValueError(
            f"The slope's norm over these points is {size}: choose others, to give errors relative to it."
        )

    def error(h: float) -> float:
        above = x + dtype(h)
        below = x if formula == "one-sided" else x - dtype(h)
        rise = np.subtract(function(above), function(below), dtype=np.float64)
        run = np.subtract(above, below, dtype=np.float64)
        difference = np.divide(rise, run, out=np.zeros_like(run), where=run != 0)
        return float(np.linalg.norm(difference - truth)) / size

    return tried, np.array([error(h) for h in tried])
