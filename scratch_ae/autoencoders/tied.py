"""Tied weights: the decoder uses the encoder's weights, transposed, and has only its biases to itself.

What it changes in the picture: decode. What is new in the backward pass: two paths lead into one parameter, and
their gradients add up. Source: Vincent et al. 2010, section 2.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.nn.dense import Dense
from scratch_ae.nn.parameters import gather


class TransposedDense(Dense):
    """y = h Wᵀ + b, a Dense layer with the weights (fan_out, fan_in) of another one that leads the other way.

    Its own parameter is b alone. What reaches the other's W through this layer is written to `dW_lender`.
    """

    parameter_names = ("b",)

    def __init__(self, lender: Dense) -> None:
        self.lender = lender
        self.fan_in, self.fan_out = lender.fan_out, lender.fan_in
        self.b = np.zeros(self.fan_out, lender.b.dtype)
        self.db = np.zeros_like(self.b)

    @property
    def W(self) -> FloatArray:  # type: ignore[override]
        """A view: when the lender learns, so does this."""
        return self.lender.W.T

    def parameter_gradients(self, dy: FloatArray) -> None:
        """∂L/∂b into `db`; and what reaches the lender's W through this layer into `dW_lender`, of W's shape.

        y_nj contains h_nk W_jk, for each n, and b_j once; h is this layer's input.
        Through this layer ∂L/∂W_jk = Σ_n ∂L/∂y_nj · h_nk, which is dyᵀ h; and db_j = Σ_n dy_nj.
        """
        self.dW_lender = np.matmul(dy.T, self.x, out=self.buffer("dW_lender", self.lender.W.shape, dy))
        np.sum(dy, axis=0, out=self.db)


class TiedAutoencoder(Autoencoder):
    """An Autoencoder whose decoder mirrors the encoder down to its weights.

    >>> model = TiedAutoencoder([784, 300, 150], seed=0)
    >>> sorted(model.parameters)                       # one W a layer, two biases
    ['decoder.0.b', 'decoder.1.b', 'encoder.0.W', 'encoder.0.b', 'encoder.1.W', 'encoder.1.b']

    The arguments are the Autoencoder's, without `decoder_sizes`: those follow from the tie.
    """

    def __init__(self, sizes: Sequence[int], **arguments: Any) -> None:
        if "decoder_sizes" in arguments:
            raise TypeError("decoder_sizes does not apply to tied weights: the decoder always mirrors the encoder.")
        super().__init__(sizes, **arguments)
        self.record(fixed=["decoder_sizes"])
        self.tied = [TransposedDense(dense) for dense in reversed(self.encoder.dense)]
        self.decoder.dense = [*self.tied]
        self.parameters, self.gradients = gather(self.parts(), self.dtype)

    def add_other_paths(self) -> None:
        """Completes the dW of every encoder layer.

        W acts twice, in the encoder and, transposed, in the decoder:
        ∂L/∂W is a sum over both uses, xᵀ da, which the encoder has written, and dyᵀ h.
        """
        for dense, tied in zip(self.encoder.dense, reversed(self.tied), strict=True):
            dense.dW += tied.dW_lender
