"""Contractive autoencoder (表示的小导数): the code may hardly move when the input does.

What it changes in the picture: the penalty Ω = ‖∂h/∂x‖²_F, the squared Jacobian of the encoder. What is new in the
backward pass: the derivative of a derivative, φ''. Source: Rifai et al. 2011, eqs. 2 and following.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.nn.mlp import MLP


class JacobianPenalty:
    """Ω = ‖J‖²_F averaged over the batch, for an encoder h = φ(a), a = x W + b of one layer.

    ∂h_j/∂x_i = φ'(a_j) W_ij, so that the sum of all squares is Ω = Σ_j φ'(a_j)² w_j with w_j = Σ_i W_ij².
    """

    name = "jacobian"

    def __init__(self, encoder: MLP, weight: float) -> None:
        self.encoder = encoder
        self.weight = checks.number("weight", weight, at_least=0)

    def forward(self, h: FloatArray) -> float:
        """Needs h only for the size of the batch: φ' is at the encoder's last forward, which gave h."""
        self.n = len(h)
        self.slope = self.encoder.activations[0].derivative()
        self.w = np.sum(self.encoder.dense[0].W ** 2, axis=0)
        return float(np.sum(self.slope**2 @ self.w)) / self.n

    def backward(self) -> FloatArray:
        """∂Ω/∂h, (batch, code), which the encoder's backward will multiply by φ' to reach a.

        Ω = (1/N) Σ_nj φ'(a_nj)² w_j, where a_nj stands in its own φ' alone:
        ∂Ω/∂a_j = 2 φ'(a_j) φ''(a_j) w_j / N. One φ' of it is the chain rule's step from h back to a, so
        ∂Ω/∂h_j = 2 φ''(a_j) w_j / N. Where φ' = 0, both ways give ∂Ω/∂a_j = 0.
        """
        return 2 * self.encoder.activations[0].second_derivative() * self.w / self.n

    def dW(self) -> FloatArray:
        """∂Ω/∂W with a held fixed, (fan_in, code), for W stands in Ω by itself, too.

        Ω = (1/N) Σ_nj φ'(a_nj)² w_j, where W_ij stands in w_j = Σ_i W_ij²:
        ∂Ω/∂W_ij = 2 W_ij (1/N) Σ_n φ'(a_nj)².
        """
        return 2 * self.encoder.dense[0].W * (np.sum(self.slope**2, axis=0) / self.n)


class ContractiveAutoencoder(Autoencoder):
    """An Autoencoder of one hidden layer with the Jacobian penalty.

    >>> model = ContractiveAutoencoder([784, 400], weight=0.1)

    sizes        input and code; for more layers, pretrain a StackedAutoencoder with this one
    activation   any; the sigmoid is the paper's
    weight       of the penalty in the loss, at least 0

    All other arguments are the Autoencoder's.
    """

    def __init__(
        self, sizes: Sequence[int], *, activation: str = "sigmoid", weight: float = 0.1, **arguments: Any
    ) -> None:
        if len(checks.layer_sizes("sizes", sizes)) != 2:
            raise ValueError(
                f"sizes={list(sizes)} must be two, input and code: the Jacobian is exact for one layer. For more, "
                f"StackedAutoencoder(...).pretrain(x, layer=ContractiveAutoencoder) trains one by one."
            )
        super().__init__(sizes, activation=activation, **arguments)
        self.jacobian = JacobianPenalty(self.encoder, weight)
        self.penalties.append(self.jacobian)
        self.record(weight=weight)

    def add_other_paths(self) -> None:
        """Completes the encoder's dW.

        W is used by the layer and by the penalty:
        the encoder has written the one gradient, here is the other, with the penalty's weight.
        """
        self.encoder.dense[0].dW += self.jacobian.weight * self.jacobian.dW()
