"""What has a model learned: to give back its data, or anything?"""

from __future__ import annotations

import numpy as np

from scratch_ae.evaluation import PCA, probes
from scratch_ae.experiments.exhibit import Exhibit
from scratch_ae.experiments.run import Run


def show_beside_pca(run: Run) -> Exhibit:
    """Reconstructions beside those of PCA, where the code is small enough for PCA to lose something."""
    from scratch_ae import plots

    x, code = run.test.images, run.model.sizes[-1]
    if code > x.shape[1]:
        return show_identity(run)
    pca = PCA(run.train.images, code).reconstruct(x)
    rows = {"original x": x, "autoencoder": run.model.reconstruct(x), f"PCA, {code}": pca}
    figure = plots.reconstructions(
        {name: row[:10] for name, row in rows.items()},
        image_shape=run.test.image_shape,
        title=f"From {code} numbers an image: the autoencoder and PCA",
    )
    return Exhibit(f"pca.png has both beside each other, from {code} numbers an image.", {}, {"pca": figure})


def show_identity(run: Run) -> Exhibit:
    """The random-input test: whoever gives back noise as faithfully as digits has learned nothing about digits."""
    from scratch_ae import plots

    x = run.test.images
    noise = probes.random_images(x, np.random.default_rng(run.seed))
    real, random = probes.share_reproduced(run.model, x), probes.share_reproduced(run.model, noise)
    rows = {
        "data x": x[:10],
        "r = g(f(x))": run.model.reconstruct(x[:10]),
        "noise x": noise[:10],
        "r = g(f(x)) ": run.model.reconstruct(noise[:10]),  # the blank, because a name stands for one row
    }
    figure = plots.reconstructions(
        rows,
        image_shape=run.test.image_shape,
        title=f"Reproduced of the data: {real:.0%}, of random images: {random:.0%}",
    )
    return Exhibit(
        f"Of the variance of the data the model reproduces {real:.1%}, of that of random images {random:.1%}: "
        "100% of both would be the identity, whose code says nothing about the data.",
        {"share_reproduced": real, "share_of_random_reproduced": random},
        {"random_input": figure},
    )
