"""How far reconstructions are from what they reconstruct."""

from __future__ import annotations

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray


def squared_error(x: FloatArray, r: FloatArray) -> float:
    """(1/n) Σ_n ‖x_n − r_n‖², for x and r (n, features): summed over features, averaged over examples."""
    if x.shape != r.shape:
        raise ValueError(f"x has shape {x.shape} and r {r.shape}: a reconstruction has the shape of its original.")
    x, r = checks.floats(x), checks.floats(r)
    # Summed in float64: a float32 sum of 8 million squares has lost its last digits.
    return float(np.einsum("nj,nj->n", x - r, x - r).mean(dtype=np.float64))
