"""Central differences: the derivative from two values of the loss, (L(θ + h) − L(θ − h)) / 2h."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratch_ae.arrays import FloatArray

STEP = 1e-4
"""h. The Taylor series of L(θ ± h) gives an error of h²L'''/6, rounding one of about εL/h with ε = 2.2e-16. Both
together are least at h = ∛(3εL / L'''): ∛ε = 6e-6 where L and L''' are alike, more for a loss of hundreds of nats
that curves gently in each of its many parameters."""

EXTRAPOLATION_STEPS = (4e-2, 2e-2, 1e-2, 5e-3)
"""Steps for `extrapolated_differences`, whose error falls as h⁶: they can be larger, and rounding matters less."""


def central_differences(
    function: Callable[[], float], array: FloatArray, indices: Any = None, step: float = STEP
) -> FloatArray:
    """∂function()/∂array at the flat `indices` (all unless given), from changing one entry at a time in place;
    every entry is put back, also if the function raises. The array must be C-contiguous."""
    indices = np.arange(array.size) if indices is None else indices
    return np.array([central_difference(function, array, index, step) for index in indices], float)


def extrapolated_differences(function: Callable[[], float], array: FloatArray, indices: Any = None) -> FloatArray:
    """The same, to ten digits where the function is smooth, from eight values each.

    The error of d(h) is a series in h², c₁h² + c₂h⁴ + …, so (4 d(h/2) − d(h)) / 3 has none of order h², and the
    same once more with 16 and 15 none of order h⁴. Four steps do that twice; of the two results
    the one counts whose last correction was the smaller. Source: Richardson 1911; Romberg 1955.
    """
    plain = [central_differences(function, array, indices, step) for step in EXTRAPOLATION_STEPS]
    without_h2 = [(4 * finer - coarser) / 3 for coarser, finer in pairwise(plain)]
    without_h4 = np.array([(16 * finer - coarser) / 15 for coarser, finer in pairwise(without_h2)])
    corrections = np.array([np.abs(finer - coarser) for coarser, finer in pairwise(without_h2)])
    return np.take_along_axis(without_h4, corrections.argmin(axis=0)[np.newaxis], axis=0)[0]


def central_difference(function: Callable[[], float], array: FloatArray, index: int, step: float) -> float:
    """The slope between two points as the array rounds them: θ ± h may not be floats."""
    (above, upper), (below, lower) = (value_at(function, array, index, change) for change in (step, -step))
    return (above - below) / (upper - lower)


def value_at(function: Callable[[], float], array: FloatArray, index: int, change: float) -> tuple[float, float]:
    """function() with one entry changed, and that entry as it then was: θ + h rounded to a float."""
    flat = array.reshape(-1)
    kept = flat[index]
    flat[index] = kept + change
    try:
        return function(), float(flat[index])
    finally:
        flat[index] = kept


def slope_along(function: Callable[[], float], array: FloatArray, entries: Any, u: FloatArray, step: float) -> float:
    """d function / dt along the direction u of these flat entries, by a central difference."""
    flat, before = array.reshape(-1), array.copy()
    try:
        flat[entries] = before.reshape(-1)[entries] + step * u
        above = function()
        flat[entries] = before.reshape(-1)[entries] - step * u
        return (above - function()) / (2 * step)
    finally:
        array[...] = before


def look_closer(
    function: Callable[[], float],
    array: FloatArray,
    indices: NDArray[np.integer],
    written: FloatArray,
    numerical: FloatArray,
    tolerance: float = 1e-8,
) -> NDArray[np.bool_]:
    """Where the two disagree by more than `tolerance` of the largest, tells a wrong gradient from a difference that
    is at fault, and mends `numerical`.

    Where the loss curves sharply, Richardson's extrapolation (4 d(h/2) − d(h)) / 3 has no error of order h² left; for
    a small probability or variance a step in proportion to it stays in its domain, if rounding leaves it digits.
    Next to a kink (a ReLU's, |h|'s, a top-k's) a step too short to reach it is right. At the kink itself the slopes
    to the left and to the right differ by the same however short the step, and any value between them is a
    subgradient: such an entry is left out of the comparison. Returns which are, (len(indices),).
    """
    kinks = np.zeros(len(indices), bool)
    size = max(float(np.max(np.abs(written), initial=0)), float(np.max(np.abs(numerical), initial=0)))
    for i in np.flatnonzero(~(np.abs(written - numerical) <= tolerance * size)):
        half, short, shorter = (slopes(function, array, int(indices[i]), STEP / part) for part in (2, 10, 100))
        candidates = [numerical[i], (2 * sum(half) - numerical[i]) / 3, sum(short) / 2, sum(shorter) / 2]
        entry = abs(float(array.reshape(-1)[indices[i]]))
        loss_rounding = 4 * np.finfo(float).eps * abs(function())
        if 0 < entry < 0.1 and loss_rounding / (STEP * entry) <= 1e-5 * size:
            candidates.append(sum(slopes(function, array, int(indices[i]), STEP * entry)) / 2)
        gap, gap_before = abs(shorter[0] - shorter[1]), abs(short[0] - short[1])
        rounding = loss_rounding / (STEP / 100)
        if (
            gap > 1e-5 * size
            and gap > 2 * rounding
            and gap > 0.5 * gap_before
            and min(shorter) <= written[i] + gap / 100 <= max(shorter) + gap / 50
        ):
            kinks[i] = True
        else:
            finite = [value for value in candidates if np.isfinite(value)]
            numerical[i] = min(finite, key=lambda value: abs(value - written[i]), default=np.nan)
    return kinks


def slopes(function: Callable[[], float], array: FloatArray, index: int, step: float) -> tuple[float, float]:
    """The one-sided differences to the right and to the left."""
    here, entry = function(), float(array.reshape(-1)[index])
    (above, upper), (below, lower) = (value_at(function, array, index, change) for change in (step, -step))
    return (above - here) / (upper - entry), (here - below) / (entry - lower)


def relative_error(analytic: FloatArray, numerical: FloatArray) -> float:
    """‖analytic − numerical‖ / max(‖analytic‖, ‖numerical‖); 0 where both are zero, NaN where one holds NaN."""
    larger = max(float(np.linalg.norm(analytic)), float(np.linalg.norm(numerical)))
    difference = float(np.linalg.norm(analytic - numerical))
    return difference / larger if larger != 0 else difference
