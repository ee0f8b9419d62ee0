"""Nearest neighbours, in the space of pixels or of codes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scratch_ae import checks
from scratch_ae.arrays import FloatArray


def nearest(queries: FloatArray, among: FloatArray, k: int = 1) -> NDArray[np.intp]:
    """Indices into `among` (m, d) of the k points nearest to each query (n, d), nearest first: (n, k).

    ‖q − p‖² = ‖q‖² − 2 q·p + ‖p‖²: all distances are one matrix product, and ‖q‖² does not change their order.
    """
    k = checks.whole("k", k, at_least=1)
    if k > len(among):
        raise ValueError(f"k={k} neighbours were asked for, but there are only {len(among)} points.")
    queries, among = checks.floats(queries), checks.floats(among)
    distances = np.sum(among**2, axis=1) - 2 * queries @ among.T
    return np.argsort(distances, axis=1, kind="stable")[:, :k]
