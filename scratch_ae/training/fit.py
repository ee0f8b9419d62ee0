"""Minibatch gradient descent: shuffle, take a batch, step; once through the data is an epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratch_ae import checks
from scratch_ae.nn.optimizers import Adam, Optimizer
from scratch_ae.nn.schedules import Cosine, value_at
from scratch_ae.training.history import History
from scratch_ae.training.progress import Progress


def recipe(examples: int, epochs: int, batch_size: int, learning_rate: float = 3e-3) -> Adam:
    """The optimizer that suits every model here: Adam, with a rate that falls along a cosine over the whole training.

    A rate three times that of Adam's paper learns faster while there is far to go; falling to zero at the end takes
    the place of an average over the last steps.
    """
    epochs = checks.whole("epochs", epochs, at_least=1)
    batches = math.ceil(examples / checks.whole("batch_size", batch_size, at_least=1))
    return Adam(Cosine(checks.number("learning_rate", learning_rate, above=0), epochs * batches))


def fit(
    model: Any,
    data: Sequence[NDArray[Any] | None],
    *,
    optimizer: Optimizer | None,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    validation: Sequence[NDArray[Any] | None] | None = None,
    progress: bool = True,
    each_epoch: Callable[[int], None] | None = None,
) -> History:
    """Trains `model` in place and returns the history: anything with `parameters` and `gradients` by name,
    `loss_and_gradients(*batch, rng=…)` that leaves the loss's `terms`, `losses(*data)` and `loss_of(terms)`.

    `data` are arrays with an example in each row, images and labels, say (None is left out). Every epoch goes through
    all of them in a new random order; the last batch may be smaller. `optimizer` is that of `recipe`, unless given.
    The same `rng` state gives the same bits, with or without `validation`. ValueError if the arrays are not equally
    long. FloatingPointError if the loss is no longer finite: the parameters then are those of the failing step.
    """
    arrays = [array for array in data if array is not None]
    examples, epochs = len(arrays[0]), checks.whole("epochs", epochs, at_least=1)
    batch_size = checks.whole("batch_size", batch_size, at_least=1)
    if any(len(array) != examples for array in arrays):
        raise ValueError(f"{[len(array) for array in arrays]} rows were given, but row i of each array is example i.")
    optimizer = recipe(examples, epochs, batch_size) if optimizer is None else optimizer
    checks.instance("optimizer", optimizer, Optimizer)
    history, line = History(), Progress(epochs, examples) if progress else None

    def one_epoch(epoch: int) -> dict[str, float]:
        sums: dict[str, float] = {}
        order = rng.permutation(examples)
        for first in range(0, examples, batch_size):
            rows = order[first : first + batch_size]
            loss = model.loss_and_gradients(*(array[rows] for array in arrays), rng=rng)
            check_finite(loss, epoch, optimizer)
            optimizer.step(model.parameters, model.gradients)

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
            seconds = max(time.perf_counter() - started, 1e-9)  # a coarse clock may not have moved
            checked: dict[str, float] = {}
            if validation is not None:
                terms_there = model.losses(*validation)
                checked = {"loss": model.loss_of(terms_there), **terms_there}
                check_finite(checked["loss"], epoch, optimizer)
            row = {"epoch": epoch + 1, **terms}
            row |= {f"validation_{name}": value for name, value in checked.items()}
            row |= {"learning_rate": value_at(optimizer.schedule, optimizer.steps - 1)}
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
        rate = value_at(optimizer.schedule, max(optimizer.steps - 1, 0))
        raise FloatingPointError(
            f"The loss became {loss} in epoch {epoch + 1} after {optimizer.steps} steps: "
            f"the learning rate {rate:g} is likely too large; try {rate / 10:g}."
        )
