"""The figures that every `train` leaves in its folder; a variant's own are in `variants.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from scratch_ae import VAE, Autoencoder, ConditionalVAE, Dataset, History, plots
from scratch_ae.arrays import FloatArray
from scratch_ae.cli.findings import unit_of

MANIFOLD = np.linspace(-2.5, 2.5, 20)
"""Where the manifold is decoded, in σ of the prior: nearly all of its mass on each axis."""


def pictures(model: Autoencoder, history: History, test: Dataset) -> Iterator[tuple[str, Figure]]:
    """Each figure under its name, made when it is asked for."""
    x, shape = test.images, test.image_shape
    given: list[Any] = [test.labels] if isinstance(model, ConditionalVAE) else []
    r = model.reconstruct(x[:10], *(labels[:10] for labels in given))
    names = test.label_names or None
    symbol = "z" if isinstance(model, VAE) else "h"
    filters = model.encoder.dense[0].W[: x.shape[1]]

    yield "learning_curves", plots.learning_curves(history, unit=unit_of(model))
    yield "reconstructions", plots.reconstructions(x[:10], r, image_shape=shape)
    yield "filters", plots.filters(filters, image_shape=shape)
    yield "code_space", plots.code_space(model.encode(x, *given), test.labels, names, symbol=symbol)
    if isinstance(model, VAE) and not isinstance(model, ConditionalVAE):
        yield "samples", plots.samples(model.sample(100, rng=np.random.default_rng(0)), image_shape=shape)
        if len(x) > 1:
            yield "interpolation", plots.interpolation(between(model, x), image_shape=shape)
        if model.sizes[-1] == 2:
            z = np.array([(across, up) for up in MANIFOLD for across in MANIFOLD])
            yield "manifold", plots.manifold(model.decode(z), MANIFOLD, image_shape=shape)


def between(model: Autoencoder, x: FloatArray, pairs: int = 6, steps: int = 11) -> FloatArray:
    """On the way from one image to the next: (pairs, steps, features), the real images at both ends."""
    pairs = min(pairs, len(x) // 2)
    left, right = x[0 : 2 * pairs : 2], x[1 : 2 * pairs : 2]
    t = np.linspace(0, 1, steps)[:, np.newaxis]
    codes = zip(model.encode(left), model.encode(right), strict=True)
    images = np.array([model.decode((1 - t) * a + t * b) for a, b in codes])
    images[:, 0], images[:, -1] = left, right
    return images
