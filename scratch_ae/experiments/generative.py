"""Why a plain autoencoder is no generative model: its code space has no distribution to draw from."""

from __future__ import annotations

import numpy as np

from scratch_ae import VAE, Autoencoder, Dataset, load_mnist
from scratch_ae.arrays import FloatArray
from scratch_ae.consoles import say
from scratch_ae.evaluation import SoftmaxClassifier, nearest, probes, squared_error
from scratch_ae.experiments.exhibit import Exhibit

CODE = 20
DRAWN = 1000


def random_codes(epochs: int, seed: int) -> Exhibit:
    """Random codes decoded by a plain autoencoder and by a VAE, and who are neighbours in the space of codes."""
    from scratch_ae import plots

    train, test = load_mnist()
    rng = np.random.default_rng(seed)
    plain = Autoencoder([784, 400, CODE], code_activation="identity", seed=seed)
    vae = VAE([784, 400, CODE], seed=seed)
    models: dict[str, Autoencoder] = {"plain": plain, "VAE": vae}
    for name, model in models.items():
        say(f"{name} autoencoder" if name == "plain" else name)
        model.fit(train.images, epochs=epochs)
    say("a classifier, to judge what they draw")
    judge = SoftmaxClassifier([784, 300, 10], seed=seed + 1)
    judge.fit(train.images, train.labels, epochs=5)

    codes = plain.encode(train.images)
    drawn = {
        "plain": plain.decode(codes.mean(axis=0) + codes.std(axis=0) * rng.standard_normal((DRAWN, CODE))),
        "VAE": vae.sample(DRAWN, rng=rng),
    }
    images = {**drawn, "real": test.images[:DRAWN]}
    sure = {name: share_sure(judge, x) for name, x in images.items()}
    far = {name: squared_error(x, train.images[nearest(x, train.images)[:, 0]]) for name, x in images.items()}
    agree = {name: share_of_neighbours_alike(model, train, test) for name, model in models.items()}
    queries = test.images[:6]
    neighbours = {"query": queries}
    for name, model in models.items():
        found = nearest(model.encode(queries), model.encode(train.images), 3)
        neighbours |= {f"{name}, no. {i + 1}": train.images[found[:, i]] for i in range(3)}
    return Exhibit(
        f"A classifier is sure (p > 0.9) of {sure['plain']:.1%} of what the plain autoencoder draws, of "
        f"{sure['VAE']:.1%} of the VAE's and {sure['real']:.1%} of real digits; squared distance to the nearest "
        f"training image: {far['plain']:.1f}, {far['VAE']:.1f}, {far['real']:.1f}. The nearest neighbour in code "
        f"space has the same label for {agree['plain']:.1%} (plain) and {agree['VAE']:.1%} (VAE).",
        {"sure": sure, "squared_distance": far, "neighbour_agrees": agree},
        {
            "samples_plain": plots.samples(drawn["plain"], 60, title="Random codes, decoded by a plain autoencoder"),
            "samples_vae": plots.samples(drawn["VAE"], 60, title="Random codes, decoded by a VAE"),
            "interpolation_plain": plots.interpolation(
                probes.between(plain, test.images), title="In between: plain autoencoder"
            ),
            "interpolation_vae": plots.interpolation(probes.between(vae, test.images), title="In between: VAE"),
            "neighbours": plots.reconstructions(neighbours, n=6, title="Nearest training images in code space"),
        },
    )


def share_sure(judge: SoftmaxClassifier, x: FloatArray) -> float:
    """The share of x for which the classifier gives one class more than 0.9."""
    return float(np.mean(judge.probabilities(x).max(axis=1) > 0.9))


def share_of_neighbours_alike(model: Autoencoder, train: Dataset, test: Dataset) -> float:
    """The share of the first test images whose nearest training image, in the space of codes, has their label."""
    assert train.labels is not None
    assert test.labels is not None
    found = nearest(model.encode(test.images[:DRAWN]), model.encode(train.images))[:, 0]
    return float(np.mean(train.labels[found] == test.labels[:DRAWN]))
