"""Tied weights: the decoder uses the encoder's weights, transposed, and owns only its biases.

What it changes in the picture: decode. What is new in the backward pass: two paths lead into one parameter, and their
gradients add up. Source: Vincent et al. 2010, section 2.2.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.nn.dense import Dense
from scratch_ae.nn.layer import Layer


class TransposedDense(Layer):
    """y = h Wᵀ + b, with the W (fan_out, fan_in) of another layer, which leads the other way; b is its own."""

    parameter_names = ("b",)

    def __init__(self, lender: Dense) -> None:
        self.lender = lender
        self.b: FloatArray = np.zeros(len(lender.W), lender.W.dtype)
        self.db = np.zeros_like(self.b)

    def forward(self, h: FloatArray) -> FloatArray:
        """y_nj = Σ_k h_nk W_jk + b_j."""
        self.h = h
        return h @ self.lender.W.T + self.b

    def backward(self, dy: FloatArray, to_input: bool = True) -> Any:
        """∂L/∂h (batch, fan_in) from ∂L/∂y (batch, fan_out); writes ∂L/∂b, and as `dW_lender` what reaches the
        lender's W through this layer.

        In y_nj = Σ_k h_nk W_jk + b_j, the roles of a dense layer's rows and columns are exchanged:
        ⇒ ∂L/∂W_jk = Σ_n ∂L/∂y_nj h_nk, which is dyᵀ h; ∂L/∂b_j = Σ_n ∂L/∂y_nj; and dh = dy W.
        """
        self.dW_lender = dy.T @ self.h
        self.db = dy.sum(axis=0)
        return dy @ self.lender.W if to_input else None


class TiedAutoencoder(Autoencoder):
    """An Autoencoder whose decoder mirrors the encoder down to its weights.

    The arguments are the Autoencoder's, without `decoder_sizes`, which follow from the tie.
    """

    def __init__(self, sizes: Sequence[int], **arguments: Any) -> None:
        if "decoder_sizes" in arguments:
            raise TypeError("decoder_sizes does not apply to tied weights: the decoder always mirrors the encoder.")
        super().__init__(sizes, **arguments)
        self.decoder.dense = [TransposedDense(dense) for dense in reversed(self.encoder.dense)]

    def backward(self, to_input: bool = True) -> Any:
        """As of every Autoencoder; but each W acts on the loss twice, in the encoder and, transposed, in the decoder:
        ⇒ ∂L/∂W is the sum of both, dW as the encoder has written it, and dW_lender."""
        dx = super().backward(to_input)
        for dense, transposed in zip(self.encoder.dense, reversed(self.decoder.dense), strict=True):
            dense.dW = dense.dW + transposed.dW_lender
        return dx
