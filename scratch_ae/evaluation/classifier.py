"""What a code is worth to someone else: a classifier that sees only the code, made of the same layers by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders import Autoencoder
from scratch_ae.autoencoders.autoencoder import batches, in_batches
from scratch_ae.autoencoders.stages import Unchanged
from scratch_ae.nn.dense import Dense
from scratch_ae.nn.losses import SoftmaxCrossEntropy, softmax
from scratch_ae.nn.mlp import MLP
from scratch_ae.nn.optimizers import Optimizer
from scratch_ae.nn.parameters import Gathered, gather
from scratch_ae.training import History, fit, recipe


class SoftmaxClassifier(Gathered):
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
        self.rng = np.random.default_rng(checks.whole("seed", seed, at_least=0))
        self.dtype = checks.float_dtype(dtype)
        self.network = MLP(
            self.sizes, [activation] * (len(self.sizes) - 2) + ["identity"], rng=self.rng, dtype=self.dtype
        )
        self.cross_entropy = SoftmaxCrossEntropy()
        self.terms: dict[str, float] = {}
        self.parameters, self.gradients = gather(self.parts(), self.dtype)

    def parts(self) -> dict[str, Dense]:
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
        names = model.encoder.activation_names
        if len(set(names)) != 1:
            raise ValueError(
                f"The encoder's activations are {names}; a classifier has the same in all hidden layers."
            )
        classifier = cls([*model.sizes, classes], activation=names[0], seed=model.config["seed"], dtype=model.dtype)
        for mine, trained in zip(classifier.network.dense, model.encoder.dense, strict=False):
            mine.W[...] = trained.W
            mine.b[...] = trained.b
        return classifier

    def loss_and_gradients(
        self, x: FloatArray, labels: NDArray[np.integer], *, rng: np.random.Generator | None = None
    ) -> float:
        """Cross-entropy, nats per example; `gradients` is written. Nothing here is random."""
        self.terms = {"cross_entropy": self.cross_entropy.forward(self.network.forward(x), labels)}
        self.network.parameter_gradients(self.cross_entropy.backward())
        return self.terms["cross_entropy"]

    def loss_of(self, terms: Mapping[str, float]) -> float:
        return terms["cross_entropy"]

    def losses(self, x: FloatArray, labels: NDArray[np.integer]) -> dict[str, float]:
        """{"cross_entropy": nats per example}."""
        total = 0.0
        for rows, names in batches(x, labels):
            total += self.cross_entropy.forward(self.network.forward(rows), names) * len(rows)
        return {"cross_entropy": total / len(x)}

    def fit(
        self,
        x: FloatArray,
        labels: Any,
        *,
        epochs: int = 10,
        batch_size: int = 128,
        optimizer: Optimizer | None = None,
        progress: bool = True,
    ) -> History:
        """Trains on x (n, features) and labels (n,), integers from 0; `recipe` gives the optimizer unless given."""
        x, labels = self._data(x, labels)
        return fit(
            self,
            [x, labels],
            epochs=epochs,
            batch_size=batch_size,
            optimizer=optimizer or recipe(len(x), epochs, batch_size),
            rng=self.rng,
            progress=progress,
        )

    def probabilities(self, x: FloatArray) -> FloatArray:
        """p(class | x) of each row: (n, classes)."""
        x = checks.finite("x", checks.matrix("x", x, self.sizes[0], self.dtype))
        return softmax(in_batches(self.network.forward, [x], self.sizes[-1]))

    def predict(self, x: FloatArray) -> NDArray[np.int64]:
        """The likeliest class of each row: (n,)."""
        return self.probabilities(x).argmax(axis=1)

    def accuracy(self, x: FloatArray, labels: Any) -> float:
        """The share of rows whose likeliest class is the label."""
        x, labels = self._data(x, labels)
        return float(np.mean(self.predict(x) == labels))

    def _data(self, x: FloatArray, labels: Any) -> tuple[FloatArray, NDArray[np.integer]]:
        x = checks.finite("x", checks.matrix("x", x, self.sizes[0], self.dtype))
        return x, checks.labels("labels", labels, len(x), self.sizes[-1])
