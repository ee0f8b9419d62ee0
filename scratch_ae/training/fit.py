"""Minibatch gradient descent: shuffle, take a batch, step; once around the data is an epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from scratch_ae import checks
from scratch_ae.nn.buffers import aligned
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
    ValueError if the arrays are not equally long. FloatingPointError if the loss is no longer finite: the parameters
    then are what the failing step found.
    """
    epochs = checks.whole("epochs", epochs, at_least=1)
    batch_size = checks.whole("batch_size", batch_size, at_least=1)
    examples = len(data[0])
    if any(len(array) != examples for array in data):
        raise ValueError(f"{[len(array) for array in data]} rows were given, but row i of every array is example i.")
    # One place for every batch: rows are gathered into it, which is memory that is in the cache already.
    places = [aligned((min(batch_size, examples), *array.shape[1:]), array.dtype) for array in data]
    history = History()
    line = Progress(epochs, examples) if progress else None

    def one_epoch(epoch: int) -> dict[str, float]:
        sums: dict[str, float] = {}
        order = rng.permutation(examples)
        for first in range(0, examples, batch_size):
            rows = order[first : first + batch_size]
            # mode="clip" only because it lets NumPy write straight into `out`; no row is ever out of range.
            batch = [a.take(rows, axis=0, out=b[: len(rows)], mode="clip") for a, b in zip(data, places, strict=True)]
            loss = model.loss_and_gradients(*batch, rng=rng)
            check_finite(loss, epoch, optimizer)
            optimizer.step(model.parameters.flat, model.gradients.flat)

            seen = first + len(rows)
            for name, value in {"loss": loss, **model.terms}.items():
                sums[name] = sums.get(name, 0.0) + value * len(rows)
            if line:
                line.update(epoch, seen, {name: total / seen for name, total in sums.items()})
        return {name: total / examples for name, total in sums.items()}

    # Where a loss is about to overflow, the sentence of check_finite says more than NumPy's warnings before it.
    with np.errstate(over="ignore", invalid="ignore"):
        for epoch in range(epochs):
            started = time.perf_counter()
            terms = one_epoch(epoch)
            seconds = time.perf_counter() - started
            checked: dict[str, float] = {}
            if validation is not None:
                checked = with_loss(model, model.losses(*validation))
                check_finite(checked["loss"], epoch, optimizer)
            row = {"epoch": epoch + 1, **terms}
            row |= {f"validation_{name}": value for name, value in checked.items()}
            row |= {"learning_rate": optimizer.schedule(optimizer.steps - 1)}
            row |= {"seconds": seconds, "images_per_second": examples / seconds}
            history.append(row)
            if line:
                line.end_epoch(epoch, terms, checked)
            if each_epoch:
                each_epoch(epoch)
    return history


def check_finite(loss: float, epoch: int, optimizer: Optimizer) -> None:
    """FloatingPointError, with what to do about it, if the loss is NaN or infinite."""
    if not math.isfinite(loss) and optimizer.steps == 0:
        raise FloatingPointError(
            f"The loss is {loss} before the first step: the data may be too large; rescale them."
        )
    if not math.isfinite(loss):
        rate = optimizer.schedule(max(optimizer.steps - 1, 0))
        raise FloatingPointError(
            f"The loss became {loss} in epoch {epoch + 1} after {optimizer.steps} steps: "
            f"the learning rate {rate:g} is likely too large; try {rate / 10:g}."
        )


def with_loss(model: Trainable, terms: dict[str, float]) -> dict[str, float]:
    """The terms after their weighted sum."""
    return {"loss": model.loss_of(terms), **terms}
