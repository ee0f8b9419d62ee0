"""What is raced: a network, a batch size, and the images it learns."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scratch_ae import VAE, Autoencoder, checks
from scratch_ae.arrays import FloatArray
from scratch_ae.datasets import load_mnist

LEARNING_RATE = 1e-3

Epoch = Callable[[], float]
"""Trains for one epoch, and returns its mean loss, nats."""


@dataclass(frozen=True)
class Setup:
    """The same task for every contestant: ReLU, Bernoulli likelihood from logits, Adam, float32.

    kind     "ae" or "vae"
    sizes    of the encoder, the code or latent dimension last; the decoder mirrors it
    batch    examples in a step, at most `images`
    images   that an epoch goes through
    threads  of the matrix products

    ValueError or TypeError, by name, for anything else.
    """

    kind: str
    sizes: tuple[int, ...]
    batch: int
    images: int
    threads: int

    def __post_init__(self) -> None:
        checks.choice("kind", self.kind, ("ae", "vae"))
        object.__setattr__(self, "sizes", tuple(checks.layer_sizes("sizes", self.sizes)))
        for name in ("batch", "images", "threads"):
            object.__setattr__(self, name, checks.whole(name, getattr(self, name), at_least=1))
        if self.batch > self.images:
            raise ValueError(f"batch={self.batch} must be at most images={self.images}.")

    @property
    def name(self) -> str:
        return f"{self.kind} {'-'.join(map(str, self.sizes))}, batch {self.batch}"

    @property
    def layers(self) -> Sequence[tuple[int, int]]:
        """(fan_in, fan_out) of every dense layer, in order; a VAE's code layer puts out mean and log-variance."""
        *before, code = self.sizes
        there = [*before, 2 * code] if self.kind == "vae" else [*self.sizes]
        back = [*self.sizes[::-1]]
        return [*itertools.pairwise(there), *itertools.pairwise(back)]

    def model(self) -> Autoencoder:
        """This library's."""
        kind = {"ae": Autoencoder, "vae": VAE}[self.kind]
        return kind(self.sizes, seed=0)

    def data(self) -> FloatArray:
        """MNIST's training images, over and over if more are asked for; random ones where the input has another
        size."""
        if self.sizes[0] == 784:
            images = load_mnist()[0].images
            return images if len(images) == self.images else images[np.arange(self.images) % len(images)]
        return np.random.default_rng(0).random((self.images, self.sizes[0]), dtype=np.float32)
