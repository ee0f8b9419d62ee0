"""Conditional VAE: encoder and decoder are told the label, and a label can then be asked for. Source: Sohn, Lee &
Yan 2015; Kingma et al. 2014 (model M2).

What it changes in the picture: encode and decode see [x, c] and [z, c], with c the label as a unit vector. What is
new in the backward pass: a concatenation splits the gradient, and the label's part is nobody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.variational import VAE
from scratch_ae.nn.mlp import MLP


class ConditionedMLP(MLP):
    """[x, c] → y, with a condition c (batch, classes) that is set before `forward`."""

    c: FloatArray

    def forward(self, x: FloatArray) -> FloatArray:
        """y (batch, sizes[-1]) from x (batch, sizes[0] − classes).

        A row of the first layer's input is [x, c]:
        the example and its condition, side by side.
        """
        return super().forward(np.hstack([x, self.c]))

    def backward(self, dy: FloatArray) -> FloatArray:
        """∂L/∂x (batch, sizes[0] − classes) from ∂L/∂y (batch, sizes[-1]).

        The network gives ∂L/∂[x, c], both gradients side by side:
        ∂L/∂x is its first columns; the others are the label's, and nobody's.
        """
        return super().backward(dy)[:, : -self.c.shape[1]]


class ConditionalVAE(VAE):
    """A VAE of p(x | label).

    >>> cvae = ConditionalVAE([784, 400, 20], classes=10)
    >>> cvae.fit(train.images, train.labels, validation=(test.images, test.labels))
    >>> sevens = cvae.sample(np.full(64, 7))                     # (64, 784)

    Wherever the VAE takes x, this one takes x and labels: integers in 0 … classes − 1, (n,). So does `decode`;
    `sample` takes labels alone, `log_likelihood` takes them by name, labels=. All other arguments are the VAE's.
    """

    def __init__(self, sizes: Sequence[int], *, classes: int, **arguments: Any) -> None:
        self.classes = checks.whole("classes", classes, at_least=2)
        super().__init__(sizes, **arguments)
        self.record(classes=self.classes)

    encoder: ConditionedMLP
    decoder: ConditionedMLP

    def network(self, sizes: Sequence[int], activations: Sequence[str]) -> ConditionedMLP:
        fan_in, *layers = sizes
        return ConditionedMLP([fan_in + self.classes, *layers], activations, rng=self.rng, dtype=self.dtype)

    def run_encoder(self, x: FloatArray, *given: Any) -> FloatArray:
        self.encoder.c = self.unit_vectors(*given)
        return self.encoder.forward(x)

    def run_decoder(self, h: FloatArray, *given: Any) -> FloatArray:
        self.decoder.c = self.unit_vectors(*given)
        return self.decoder.forward(h)

    def unit_vectors(self, labels: NDArray[np.integer]) -> FloatArray:
        """Row n has its 1 in column labels[n]: (batch, classes)."""
        return np.eye(self.classes, dtype=self.dtype)[labels]

    def sample(self, labels: Any, *, rng: np.random.Generator | None = None) -> FloatArray:
        """The mean of p(x | z, label) for a draw z ~ N(0, I) for each label (n,): (n, features) in data space."""
        rng = self.rng if rng is None else rng
        labels = checks.labels("labels", labels, np.size(labels), self.classes)
        return self.decode(rng.standard_normal((len(labels), self.sizes[-1])), labels)

    def check_given(self, n: int, *given: Any) -> list[Any]:
        if len(given) != 1:
            raise TypeError(f"A ConditionalVAE is given labels beside its examples, but {len(given)} arrays were.")
        return [checks.labels("labels", given[0], n, self.classes)]
