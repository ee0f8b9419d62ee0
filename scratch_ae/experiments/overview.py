"""What every training ends with, whatever the variant: its numbers on the test examples, and its figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from scratch_ae import VAE, Autoencoder, ConditionalVAE, Dataset, History
from scratch_ae.evaluation import PCA, probes, squared_error
from scratch_ae.experiments.exhibit import Exhibit
from scratch_ae.experiments.run import labels_for, unit_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MANIFOLD = np.linspace(-2.5, 2.5, 20)
"""Where the manifold is decoded, in σ of the prior: nearly all of its mass on each axis."""


def show_errors(model: Autoencoder, train: Dataset, test: Dataset) -> Exhibit:
    """Each a mean over the test examples: the squared error, beside that of PCA with a code of the same size; and for
    a VAE the −ELBO and its KL, in nats."""
    x, labels, code = test.images, labels_for(model, test), model.sizes[-1]
    error = squared_error(x, model.reconstruct(x, labels))
    numbers: dict[str, float] = {"squared_error": error, "code": code}
    sentence = f"Test squared error: {error:.2f} per image, summed over pixels"
    if code < x.shape[1]:
        numbers["pca_squared_error"] = squared_error(x, PCA(train.images, code).reconstruct(x))
        sentence += f"; PCA with {code} components: {numbers['pca_squared_error']:.2f}"
    if isinstance(model, VAE):
        loss, kl = -model.elbo(x, labels), model.losses(x, labels)["kl"]
        numbers |= {"negative_elbo": loss, "kl": kl}
        sentence = (
            f"Test −ELBO: {loss:.2f} nats per image = reconstruction {loss - kl:.2f} + KL {kl:.2f}.\n" + sentence
        )
    return Exhibit(f"{sentence}.", numbers)


def figures_of(model: Autoencoder, history: History, test: Dataset) -> Iterator[tuple[str, Figure]]:
    """Each figure under its name, made when it is asked for."""
    from scratch_ae import plots

    x, shape, labels = test.images, test.image_shape, labels_for(model, test)
    r = model.reconstruct(x[:10], None if labels is None else labels[:10])
    names = test.label_names or None
    symbol = "z" if isinstance(model, VAE) else "h"
    filters = model.encoder.dense[0].W[: x.shape[1]]

    yield "learning_curves", plots.learning_curves(history, unit=unit_of(model))
    yield "reconstructions", plots.reconstructions(x[:10], r, image_shape=shape)
    yield "filters", plots.filters(filters, image_shape=shape)
    yield "code_space", plots.code_space(model.encode(x, labels), test.labels, names, symbol=symbol)
    if isinstance(model, VAE) and not isinstance(model, ConditionalVAE):
        yield "samples", plots.samples(model.sample(100, rng=np.random.default_rng(0)), image_shape=shape)
        if len(x) > 1:
            yield "interpolation", plots.interpolation(probes.between(model, x), image_shape=shape)
        if model.sizes[-1] == 2:
            z = np.array([(across, up) for up in MANIFOLD for across in MANIFOLD])
            yield "manifold", plots.manifold(model.decode(z), MANIFOLD, image_shape=shape)
