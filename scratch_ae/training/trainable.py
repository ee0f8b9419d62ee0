"""What can be trained: the loss of a batch with its gradients, of whole data, and `fit`, for every model alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray, batches
from scratch_ae.nn.optimizers import Optimizer
from scratch_ae.training.fit import fit
from scratch_ae.training.history import History


class Trainable:
    """A model that has `forward` and `backward`, `loss_of`, and `check_input`, its door.

    Labels are for models that take them. `rng` is a generator or a seed.
    """

    rng: np.random.Generator
    terms: Mapping[str, float] = {}
    """The terms of the loss at the last call of `loss_and_gradients`, by name."""

    steps = 0
    """Training steps taken."""

    def forward(self, x: FloatArray, labels: Any = None, *, rng: Any) -> dict[str, float]:
        """The terms of the loss on one batch by name, each without its weight."""
        raise NotImplementedError

    def backward(self, to_input: bool = True) -> Any:
        """∂loss/∂x of the last forward; every parameter's gradient is written on the way."""
        raise NotImplementedError

    def loss_of(self, terms: Mapping[str, float]) -> float:
        """The weighted sum of the terms."""
        raise NotImplementedError

    def check_input(self, x: Any, labels: Any = None, *, name: str = "x") -> tuple[FloatArray, Any]:
        """x and labels as `forward` takes them; ValueError or TypeError for anything else."""
        raise NotImplementedError

    def check_data(self, x: Any, labels: Any = None, *, name: str = "x") -> tuple[FloatArray, Any]:
        """The same for what is to be learned from, where a model may ask for more."""
        return self.check_input(x, labels, name=name)

    def loss_and_gradients(self, x: FloatArray, labels: Any = None, *, rng: Any = None) -> float:
        """The loss on the batch x (batch, features), nats per example; `gradients` and `terms` are written.

        Noise is drawn from `rng`, the model's own generator unless given. x may lie just outside of what the
        likelihood allows, where a gradient check steps from a 0 or a 1.
        """
        x, labels = self.check_input(x, labels)
        self.terms = self.forward(x, labels, rng=checks.generator("rng", rng, self.rng))
        self.backward(to_input=False)
        self.steps += 1
        return self.loss_of(self.terms)

    def losses(self, x: FloatArray, labels: Any = None, *, rng: Any = None) -> dict[str, float]:
        """Every term of the loss by name, without its weight, in nats per example.

        Noise is drawn from `rng`, by default the same at every call. A penalty on the mean of a batch, such as
        `SparsityKL`, is taken of EVALUATION_BATCH examples at a time.
        """
        x, labels = self.check_data(x, labels)
        rng = checks.generator("rng", rng, 0)
        sums: dict[str, float] = {}
        for batch, names in batches(x, labels):
            for term, value in self.forward(batch, names, rng=rng).items():
                sums[term] = sums.get(term, 0.0) + value * len(batch)
        return {term: total / len(x) for term, total in sums.items()}

    def loss(self, x: FloatArray, labels: Any = None, *, rng: Any = None) -> float:
        """The loss per example: nats, or ½ squared error where the likelihood is Gaussian."""
        return self.loss_of(self.losses(x, labels, rng=rng))

    def fit(
        self,
        x: FloatArray,
        labels: Any = None,
        *,
        epochs: int = 10,
        batch_size: int = 128,
        optimizer: Optimizer | None = None,
        validation: Any = None,
        rng: Any = None,
        progress: bool = True,
        each_epoch: Callable[[int], None] | None = None,
    ) -> History:
        """Trains on x (n, features) and returns the history; `training.recipe` makes the optimizer, unless given.

        `validation`, x or (x, labels), is looked at after every epoch and changes nothing. `each_epoch` is called
        with 0, 1, … at the end of each. FloatingPointError if the loss is no longer finite.
        """
        data = self.check_data(x, labels)
        if validation is not None:
            x_there, *labels_there = validation if isinstance(validation, tuple) else (validation,)
            validation = self.check_data(x_there, *labels_there, name="validation")
        return fit(
            self,
            data,
            validation=validation,
            optimizer=optimizer,
            epochs=epochs,
            batch_size=batch_size,
            rng=checks.generator("rng", rng, self.rng),
            progress=progress,
            each_epoch=each_epoch,
        )
