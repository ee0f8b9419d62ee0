"""Principal component analysis: the best that any linear autoencoder can do, and so the number to beat."""

from __future__ import annotations

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray


class PCA:
    """The k directions along which x (n, features) varies most.

    Among all linear maps to k numbers and back, projecting onto them has the least squared error (Eckart & Young
    1936). `components` (k, features) has orthonormal rows, largest variance first; `mean` is (features,).
    """

    def __init__(self, x: FloatArray, k: int) -> None:
        self.k = checks.whole("k", k, at_least=1)
        if np.ndim(x) != 2 or len(x) < 2:
            raise ValueError(
                f"x has shape {np.shape(x)}, but (examples, features) is expected, with two examples or more."
            )
        x = checks.floats(x)
        features = x.shape[1]
        if self.k > features:
            raise ValueError(f"k={k} components were asked for, but the data have only {features} features.")
        self.mean = x.mean(axis=0)
        centred = x - self.mean
        _, eigenvectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        self.components: FloatArray = eigenvectors[:, ::-1][:, : self.k].T.astype(x.dtype)

    def encode(self, x: FloatArray) -> FloatArray:
        """(n, features) → (n, k)."""
        return (x - self.mean) @ self.components.T

    def decode(self, h: FloatArray) -> FloatArray:
        """(n, k) → (n, features)."""
        return h @ self.components + self.mean

    def reconstruct(self, x: FloatArray) -> FloatArray:
        """(n, features) → (n, features)."""
        return self.decode(self.encode(x))
