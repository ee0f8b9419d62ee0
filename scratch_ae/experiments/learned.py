"""自动学习: nothing but the samples changes. Waves, which the package has never heard of, in the same class."""

from __future__ import annotations

import numpy as np

from scratch_ae import Autoencoder
from scratch_ae.arrays import FloatArray
from scratch_ae.evaluation import PCA, squared_error
from scratch_ae.experiments.exhibit import Exhibit


def unheard_of(epochs: int, seed: int) -> Exhibit:
    """Waves of 64 samples through a code of 4 numbers, beside PCA."""
    from scratch_ae import plots

    samples = waves(6000, np.random.default_rng(seed))
    seen, unseen = samples[:5000], samples[5000:]
    model = Autoencoder([64, 128, 4], code_activation="identity", likelihood="gaussian", seed=seed)
    model.fit(seen, epochs=20 * epochs)
    error = squared_error(unseen, model.reconstruct(unseen))
    linear = squared_error(unseen, PCA(seen, 4).reconstruct(unseen))
    figure = plots.reconstructions(
        unseen[:8], model.reconstruct(unseen[:8]), image_shape=None, title="Unseen waves, from a code of 4 numbers"
    )
    return Exhibit(
        f"Waves of 64 samples from 4 numbers: squared error {error:.3f}, PCA {linear:.3f}. Your own array goes "
        "the same way: python -m scratch_ae train ae --data my.npy",
        {"squared_error": error, "pca_squared_error": linear},
        {"waves": figure},
    )


def waves(n: int, rng: np.random.Generator) -> FloatArray:
    """n sines of 64 samples between 0.1 and 0.9, (n, 64), that differ in frequency and phase."""
    t = np.linspace(0, 1, 64)
    frequency, phase = rng.uniform(1, 3, (n, 1)), rng.uniform(0, 2 * np.pi, (n, 1))
    return (0.5 + 0.4 * np.sin(2 * np.pi * frequency * t + phase)).astype(np.float32)
