"""Minibatch gradient descent: shuffle, take a batch, step; once around the data is an epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from scratch_ae import checks
from scratch_ae.nn.optimizers import Adam, Optimizer
from scratch_ae.nn.parameters import ParameterStore
from scratch_ae.nn.schedules import Cosine
from scratch_ae.training.history import History
from scratch_ae.training.progress import Progress

Batch = Sequence[NDArray[Any]]


class Trainable(Protocol):
    """What `fit` asks of a model. A batch is one array, or several with an example in each row: images, labels."""

    parameters: ParameterStore
    gradients: ParameterStore
    terms: dict[str, float]
    """The loss's terms at the last call of `loss_and_gradients`, by name."""

    def loss_and_gradients(self, *batch: Any, **rng: Any) -> float: ...

    def losses(self, *data: Any, **rng: Any) -> dict[str, float]: ...

    def loss_of(self, terms: Mapping[str, float]) -> float: ...


def recipe(examples: int, epochs: int, batch_size: int, learning_rate: float = 3e-3) -> Adam:
    """The optimizer that suits every model here: Adam, whose rate falls over the whole training along a cosine.

    A rate three times that of Adam's paper learns faster while there is far to go, and at the end falling to
    zero takes the place of an average over the last steps.
    """
    steps = checks.whole("epochs", epochs, at_least=1) * -(
        -examples // checks.whole("batch_size", batch_size, at_least=1)
    )
    return Adam(Cosine(checks.number("learning_rate", learning_rate, above=0), steps))


def fit(
    model: Trainable,
    data: Batch,
    *,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    validation: Batch | None = None,
    progress: bool = True,
    each_epoch: Callable[[int], None] | None = None,
) -> History:
    """Trains `model` in place and returns the history.

    `data` are arrays with an example in each row; every epoch visits all of them in a new random order, the last
    batch being as small as it comes out. The same `rng` state gives the same bits, with or without `validation`.
    FloatingPointError if the loss is no longer finite: the parameters then are what the failing step found.
    """
    epochs = checks.whole("epochs", epochs, at_least=1)
    batch_size = checks.whole("batch_size", batch_size, at_least=1)
    examples = len(data[0])
    # One place for every batch: rows are gathered into it, so that a step allocates nothing.
    places = [np.empty((min(batch_size, examples), *array.shape[1:]), array.dtype) for array in data]
    history = History()
    line = Progress(epochs, examples) if progress else None

    for epoch in range(epochs):
        started = time.perf_counter()
        sums: dict[str, float] = {}
        order = rng.permutation(examples)
        for first in range(0, examples, batch_size):
            rows = order[first : first + batch_size]
            # mode="clip" only because it lets NumPy write straight into `out`; no row is ever out of range.
            batch = [a.take(rows, axis=0, out=b[: len(rows)], mode="clip") for a, b in zip(data, places, strict=True)]
            rate = optimizer.learning_rate
            # Where a loss is about to overflow, the sentence below says more than NumPy's warnings on the way there.
            with np.errstate(over="ignore", invalid="ignore"):
                loss = model.loss_and_gradients(*batch, rng=rng)
            if not math.isfinite(loss):
                raise FloatingPointError(
                    f"The loss became {loss} in epoch {epoch + 1} at step {optimizer.steps}: "
                    f"the learning rate {rate:g} is likely too large; try {rate / 10:g}."
                )
            optimizer.step(model.parameters.flat, model.gradients.flat)

            for name, value in model.terms.items():
                sums[name] = sums.get(name, 0.0) + value * len(rows)
            if line:
                seen = first + len(rows)
                line.update(epoch, seen, _with_loss(model, {name: total / seen for name, total in sums.items()}))
        seconds = time.perf_counter() - started

        terms = _with_loss(model, {name: total / examples for name, total in sums.items()})
        checked = _with_loss(model, model.losses(*validation)) if validation is not None else {}
        history.append({
            "epoch": epoch + 1,
            **terms,
            **{f"validation_{name}": value for name, value in checked.items()},
            "learning_rate": rate,
            "seconds": seconds,
            "images_per_second": examples / seconds,
        })  # fmt: skip
        if line:
            line.end_epoch(epoch, terms, checked)
        if each_epoch:
            each_epoch(epoch)
    return history


def _with_loss(model: Trainable, terms: dict[str, float]) -> dict[str, float]:
    return {"loss": model.loss_of(terms), **terms}
