"""Dense layers and activations in a row: the encoder is one, and the decoder another."""

from collections.abc import Sequence
from typing import Any

from scratch_ae.arrays import FloatArray
from scratch_ae.nn.activations import ACTIVATIONS, RECTIFIERS
from scratch_ae.nn.dense import Dense
from scratch_ae.nn.initializers import glorot_uniform, he_normal


class MLP:
    """A multilayer perceptron x → φ₁(x W₁ + b₁) → … → φ_L(… W_L + b_L).

    `sizes` has the input's size and every layer's, `activations` a name for each layer. Weights start as in He et al.
    where a rectifier follows, as in Glorot & Bengio elsewhere; biases start at zero.
    """

    def __init__(self, sizes: Sequence[int], activations: Sequence[str], *, rng: Any, dtype: Any) -> None:
        self.activations = [ACTIVATIONS[name]() for name in activations]
        self.dense: list[Any] = []
        for fan_in, fan_out, name in zip(sizes, sizes[1:], activations, strict=False):
            start = he_normal if name in RECTIFIERS else glorot_uniform
            self.dense.append(Dense(fan_in, fan_out, rng=rng, initializer=start, dtype=dtype))

    def forward(self, x: FloatArray) -> FloatArray:
        """(batch, sizes[0]) → (batch, sizes[-1])."""
        for dense, phi in zip(self.dense, self.activations, strict=True):
            x = phi.forward(dense.forward(x))
        return x

    def backward(self, dy: FloatArray, to_input: bool = True) -> Any:
        """∂L/∂x (batch, sizes[0]) from ∂L/∂y (batch, sizes[-1]); every layer's dW and db are written on the way.

        y = φ_L(… φ₁(x W₁ + b₁) …), and the chain rule takes this apart from the outside in. (`to_input=False` saves
        the first layer's product for ∂L/∂x and returns None.)
        ⇒ The last layer comes first: back through φ, then through its dense layer, until x is reached.
        """
        for i in reversed(range(len(self.dense))):
            da = self.activations[i].backward(dy)
            dy = self.dense[i].backward(da, to_input or i > 0)
        return dy
