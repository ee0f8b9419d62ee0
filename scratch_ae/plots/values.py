"""Values that are to be drawn, checked at the door of every chart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def checked_values(name: str, values: Any) -> Floats:
    """``values`` as a flat array; ValueError if there are none, or not all of them are finite numbers."""
    array = np.asarray(values)
    if array.ndim != 1 or len(array) == 0:
        raise ValueError(f"{name} has shape {array.shape}, but (n,) with n of at least 1 is expected.")
    if array.dtype.kind not in "buif" or not np.isfinite(array).all():
        raise ValueError(
            f"{name} holds values that are NaN, infinite or no real numbers: "
            "leave these out, or look where training diverged."
        )
    return array.astype(np.float64)


def checked_curve(
    name: str, x: ArrayLike | None, curve: ArrayLike | tuple[ArrayLike, ArrayLike]
) -> tuple[Floats, Floats]:
    """The x and y of a curve; the shared ``x`` unless the curve is a pair of arrays."""
    if isinstance(curve, tuple) and len(curve) == 2 and np.ndim(curve[0]) > 0:  # two numbers are y at two x
        across, up = (checked_values(f"{axis} of curve '{name}'", own) for axis, own in zip("xy", curve, strict=True))
    elif x is None:
        raise ValueError(f"Curve '{name}' has no x: pass x for all curves, or a pair (x, y) for this one.")
    else:
        across, up = checked_values("x", x), checked_values(f"Curve '{name}'", curve)
    if len(across) != len(up):
        raise ValueError(
            f"Curve '{name}' has {len(up)} values for {len(across)} of x: "
            "pass one for each x, or a pair (x, y) with an x of its own."
        )
    return across, up
