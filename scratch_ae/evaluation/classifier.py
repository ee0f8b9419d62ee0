"""What a code is worth to someone else: a classifier that sees only the code, made of the same layers by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratch_ae import checks
from scratch_ae.arrays import FloatArray, in_batches
from scratch_ae.autoencoders import Autoencoder
from scratch_ae.autoencoders.stages import Unchanged
from scratch_ae.models import Model
from scratch_ae.nn.activations import ACTIVATIONS
from scratch_ae.nn.layer import Layer
from scratch_ae.nn.losses import SoftmaxCrossEntropy, softmax
from scratch_ae.nn.mlp import MLP
from scratch_ae.training import Trainable


class SoftmaxClassifier(Model, Trainable):
    """p(class | x), from dense layers and a softmax.

    >>> classifier = SoftmaxClassifier([150, 10])               # logistic regression on codes of 150 numbers
    >>> classifier.fit(codes, labels, epochs=10)
    >>> classifier.accuracy(test_codes, test_labels)            # a share of 1

    sizes        input, hidden layers, classes
    activation   of the hidden layers
    """

    def __init__(
        self, sizes: Sequence[int], *, activation: str = "relu", seed: int = 0, dtype: Any = np.float32
    ) -> None:
        self.sizes = checks.layer_sizes("sizes", sizes)
        self.activation = checks.choice("activation", activation, ACTIVATIONS)
        self.seed = checks.whole("seed", seed, at_least=0)
        self.rng, self.dtype = np.random.default_rng(self.seed), checks.float_dtype(dtype)
        activations = [activation] * (len(self.sizes) - 2) + ["identity"]
        self.network = MLP(self.sizes, activations, rng=self.rng, dtype=self.dtype)
        self.cross_entropy = SoftmaxCrossEntropy()

    def layers(self) -> dict[str, Layer]:
        return {f"layer.{i}": dense for i, dense in enumerate(self.network.dense)}

    @classmethod
    def from_encoder(cls, model: Autoencoder, classes: int) -> SoftmaxClassifier:
        """Supervised fine-tuning: a classifier whose hidden layers start as copies of the model's encoder, with one
        more, random, on top of the code. `model` stays as it is."""
        if not isinstance(model.code, Unchanged):
            raise ValueError(
                f"The code of {type(model).__name__} is made by {type(model.code).__name__}, which a classifier has "
                f"not: use a model whose encoder's output is its code, or a classifier of model.encode(x)."
            )
        names = [phi.name for phi in model.encoder.activations]
        if len(set(names)) != 1:
            raise ValueError(
                f"The encoder's activations are {names}; a classifier has the same in all hidden layers."
            )
        classifier = cls([*model.sizes, classes], activation=names[0], seed=model.seed, dtype=model.dtype)
        for mine, trained in zip(classifier.network.dense, model.encoder.dense, strict=False):
            mine.W, mine.b = trained.W.copy(), trained.b.copy()
        return classifier

    def forward(self, x: FloatArray, labels: Any = None, *, rng: Any = None) -> dict[str, float]:
        """The one term of the loss on a batch: the cross-entropy, nats per example."""
        return {"cross_entropy": self.cross_entropy.forward(self.network.forward(x), labels)}

    def backward(self, to_input: bool = True) -> Any:
        """∂loss/∂x (batch, features), of the last forward; every parameter's gradient is written on the way.
        `to_input=False` saves the product for the input and returns None."""
        return self.network.backward(self.cross_entropy.backward(), to_input)

    def loss_of(self, terms: Mapping[str, float]) -> float:
        return terms["cross_entropy"]

    def probabilities(self, x: FloatArray) -> FloatArray:
        """p(class | x) of each row: (n, classes)."""
        x = checks.finite("x", checks.matrix("x", x, self.sizes[0], self.dtype))
        return softmax(in_batches(self.network.forward, x))

    def predict(self, x: FloatArray) -> NDArray[np.int64]:
        """The likeliest class of each row: (n,)."""
        return self.probabilities(x).argmax(axis=1)

    def accuracy(self, x: FloatArray, labels: Any) -> float:
        """The share of rows whose likeliest class is the label."""
        x, labels = self.check_data(x, labels)
        return float(np.mean(self.predict(x) == labels))

    def check_input(self, x: Any, labels: Any = None, *, name: str = "x") -> tuple[FloatArray, Any]:
        x = checks.finite(name, checks.matrix(name, x, self.sizes[0], self.dtype))
        return x, checks.labels("labels", labels, len(x), self.sizes[-1])
