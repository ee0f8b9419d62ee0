"""Conditional VAE: encoder and decoder are told the label, and a label can then be asked for. Source: Sohn, Lee &
Yan 2015; Kingma et al. 2014 (model M2).

What it changes in the picture: encode and decode see [x, c] and [z, c], with c the label as a unit vector. What is
new in the backward pass: a concatenation splits the gradient, and the label needs none.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.stages import Unconditional
from scratch_ae.autoencoders.variational import VAE


class OneHotLabel(Unconditional):
    """x → [x, c]: beside each example (batch, features) stands its label, as a row c of the unit matrix (classes)."""

    def __init__(self, classes: int) -> None:
        self.columns = checks.whole("classes", classes, at_least=2)

    def check(self, labels: Any, n: int) -> NDArray[np.integer]:
        return checks.labels("labels", labels, n, self.columns)

    def forward(self, x: FloatArray, labels: NDArray[np.integer]) -> FloatArray:
        """[x_n, c_n] with c_n = 1 in column labels[n]: (batch, features + classes)."""
        return np.hstack([x, np.eye(self.columns, dtype=x.dtype)[labels]])

    def backward(self, dx_and_dc: FloatArray) -> FloatArray:
        """∂L/∂x (batch, features) from ∂L/∂[x, c] (batch, features + classes), side by side as x and c were:
        ⇒ ∂L/∂x is all but the last columns; ∂L/∂c is dropped, for the label needs no gradient."""
        return dx_and_dc[:, : -self.columns]


class ConditionalVAE(VAE):
    """A VAE of p(x | label).

    >>> cvae = ConditionalVAE([784, 400, 20], classes=10)
    >>> cvae.fit(train.images, train.labels, validation=(test.images, test.labels))
    >>> sevens = cvae.sample(np.full(64, 7))                     # (64, 784)

    Where the VAE takes x, this one takes x and labels, integers in 0 … classes − 1, (n,). So does `decode`; `sample`
    takes labels alone.

    beta    weight of the KL; above 1, z has less room for what the label says already, and samples keep closer to
            their label (98% of them on MNIST with 3, 80% with 1)

    All other arguments are the VAE's.
    """

    def __init__(self, sizes: Sequence[int], *, classes: int, beta: Any = 3.0, **arguments: Any) -> None:
        self.condition = OneHotLabel(classes)
        self.classes = self.condition.columns
        super().__init__(sizes, beta=beta, **arguments)

    def sample(self, labels: Any, *, rng: Any = None) -> FloatArray:
        """The mean of p(x | z, label) for a draw z ~ N(0, I) for each label (n,): (n, features) in data space."""
        rng = checks.generator("rng", rng, self.rng)
        labels = self.condition.check(labels, np.size(labels))
        return self.decode(rng.standard_normal((len(labels), self.sizes[-1])), labels)
