"""Contractive autoencoder (表示的小导数): the code may hardly move when the input does.

What it changes in the picture: the penalty Ω = ‖∂s/∂x‖²_F, the squared Jacobian of the encoder. What is new in the
backward pass: the derivative of a derivative, φ''. Source: Rifai et al. 2011, eqs. 2 and following.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.nn.mlp import MLP


class JacobianPenalty:
    """Ω = ‖∂s/∂x‖²_F averaged over the batch, for an encoder s = φ(a), a = x W + b of one layer.

    ∂s_j/∂x_i = φ'(a_j) W_ij, so that the sum of all squares is Ω = Σ_j φ'(a_j)² w_j with w_j = Σ_i W_ij².
    """

    name = "jacobian"

    def __init__(self, encoder: MLP, weight: float) -> None:
        self.encoder = encoder
        self.weight = checks.number("weight", weight, at_least=0)

    def forward(self, s: FloatArray) -> float:
        """Ω; every φ here writes its φ' in terms of its output, which is s."""
        self.s = s
        slope, w = self.encoder.activations[0].derivative(s), np.sum(self.encoder.dense[0].W ** 2, axis=0)
        return float(np.sum(slope**2 @ w)) / len(s)

    def backward(self) -> FloatArray:
        """∂Ω/∂s. In Ω = (1/N) Σ_nj φ'(a_nj)² w_j, a_nj stands in its own φ' alone. The chain rule's step from s back
        to a, a factor φ', is the encoder's and left out here:
        ⇒ ∂Ω/∂a_nj = 2 φ'(a_nj) φ''(a_nj) w_j / N, so that ∂Ω/∂s_nj = 2 φ''(a_nj) w_j / N. (Where φ' = 0, both ways
        give ∂Ω/∂a_nj = 0.)"""
        w = np.sum(self.encoder.dense[0].W ** 2, axis=0)
        return 2 * self.encoder.activations[0].second_derivative(self.s) * w / len(self.s)

    def dW(self) -> FloatArray:
        """∂Ω/∂W with a held fixed: in Ω = (1/N) Σ_nj φ'(a_nj)² w_j, W_ij stands in w_j = Σ_i W_ij²:
        ⇒ ∂Ω/∂W_ij = 2 W_ij (1/N) Σ_n φ'(a_nj)²."""
        slope = self.encoder.activations[0].derivative(self.s)
        return 2 * self.encoder.dense[0].W * np.mean(slope**2, axis=0)


class ContractiveAutoencoder(Autoencoder):
    """An Autoencoder of one hidden layer with the Jacobian penalty.

    sizes        input and code; for more layers, pretrain a StackedAutoencoder with this one
    activation   any; the sigmoid is the paper's
    weight       of the penalty in the loss, at least 0

    All other arguments are the Autoencoder's.
    """

    def __init__(
        self, sizes: Sequence[int], *, activation: str = "sigmoid", weight: float = 0.3, **arguments: Any
    ) -> None:
        if len(checks.layer_sizes("sizes", sizes)) != 2:
            raise ValueError(
                f"sizes={list(sizes)} must be two, input and code: the Jacobian is exact for one layer. For more, "
                f"StackedAutoencoder(...).pretrain(x, layer=ContractiveAutoencoder) trains one by one."
            )
        super().__init__(sizes, activation=activation, **arguments)
        self.jacobian = JacobianPenalty(self.encoder, weight)
        self.penalties.append(self.jacobian)

    def backward(self, to_input: bool = True) -> Any:
        """As of every Autoencoder; but W acts on the loss twice, in the layer and in the penalty itself:
        ⇒ ∂loss/∂W is the sum of dW, as the encoder has written it, and weight · ∂Ω/∂W."""
        dx = super().backward(to_input)
        dense = self.encoder.dense[0]
        dense.dW = dense.dW + self.jacobian.weight * self.jacobian.dW()
        return dx
