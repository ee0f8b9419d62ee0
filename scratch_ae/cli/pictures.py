"""The figures that `train` leaves in its folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from scratch_ae import VAE, Autoencoder, Dataset, History, plots

MANIFOLD = np.linspace(-2.5, 2.5, 20)
"""Where the manifold is decoded, in σ of the prior: 95% of its mass on each axis, and a little more."""


def draw(model: Autoencoder, history: History, test: Dataset, folder: Path) -> list[str]:
    """Writes every figure that fits the model and its data, and returns the files' names."""
    names = []
    for name, figure in pictures(model, history, test):
        names.append(plots.save(figure, folder / f"{name}.png").name)
    return names


def pictures(model: Autoencoder, history: History, test: Dataset) -> Iterator[tuple[str, Figure]]:
    """Each figure under its name, made when it is asked for."""
    x, shape = test.images, test.image_shape
    variational = isinstance(model, VAE)
    symbol = "z" if variational else "h"

    yield "learning_curves", plots.learning_curves(history, unit=unit(model))
    yield "reconstructions", plots.reconstructions(x[:10], model.reconstruct(x[:10]), image_shape=shape)
    yield "filters", plots.filters(model.encoder.dense[0].W, image_shape=shape)
    yield (
        "code_space",
        plots.code_space(model.encode(x), test.labels, test.label_names or None, symbol=symbol),
    )
    if variational:
        assert isinstance(model, VAE)
        yield "samples", plots.samples(model.sample(100, rng=np.random.default_rng(0)), image_shape=shape)
        yield "interpolation", plots.interpolation(between(model, x), image_shape=shape)
        if model.sizes[-1] == 2:
            z = np.array([(across, up) for up in MANIFOLD for across in MANIFOLD])
            yield "manifold", plots.manifold(model.decode(z), MANIFOLD, image_shape=shape)


def unit(model: Autoencoder) -> str:
    """What the loss is measured in."""
    return "nats per image" if model.config["likelihood"] == "bernoulli" else "½ squared error per image"


def between(model: Autoencoder, x: np.ndarray, pairs: int = 6, steps: int = 11) -> np.ndarray:
    """On the way from one image to the next: (pairs, steps, features), the real images at both ends."""
    pairs = min(pairs, len(x) // 2)
    left, right = x[0 : 2 * pairs : 2], x[1 : 2 * pairs : 2]
    t = np.linspace(0, 1, steps)[:, np.newaxis]
    rows = [model.decode((1 - t) * a + t * b) for a, b in zip(model.encode(left), model.encode(right), strict=True)]
    images = np.array(rows)
    images[:, 0], images[:, -1] = left, right
    return images
