"""The gradient check: what a hand-written backward pass computes, held against differences of the loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from scratch_ae import checks
from scratch_ae.gradient_check.diagnosis import diagnose
from scratch_ae.gradient_check.directions import FAST_TOLERANCE, check_along_directions
from scratch_ae.gradient_check.forms import subject
from scratch_ae.gradient_check.report import Cause, Report
from scratch_ae.gradient_check.rows import How, check_every_array
from scratch_ae.gradient_check.subject import Subject, Written

SINGLE_STEP = 5e-3
SINGLE_TOLERANCE = 1e-2
"""For a loss that is computed in float32: ∛ε is 5e-3 there, and the difference good to two or three digits."""
SINGLE_ENTRIES = 64
"""Of each array of such a one, where the check is to be a fast one: random directions need more digits."""


def gradcheck(
    thing: Any,
    *inputs: Any,
    gradient: Callable[..., Any] | None = None,
    seed: int = 0,
    tolerance: float | None = None,
    entries: int | None = None,
    fast: bool = False,
    richardson: bool = False,
) -> Report:
    """Compares gradients written by hand with differences of the loss, and says what is wrong if they disagree.

    thing        a whole model, with its x (batch, features) and labels if it takes any: `parameters`, `gradients`,
                 `loss_and_gradients(x, …)` are asked of it; a layer with its x: `forward(x)`, `backward(dy)`, and
                 `parameter_names` with a W and a dW for each; a loss or penalty with what its `forward` takes, whose
                 `backward()` takes nothing; or a function of arrays that returns one number, with `gradient=` the
                 function that returns an array for each of them
    seed         noise starts from it at each evaluation, so it is the same in all of them
    tolerance    of the relative error; unless given 1e-7, with `richardson` 1e-10, with `fast` 1e-6
    entries      checks so many of each array, drawn at random, where the model is not small: an entry costs two
                 evaluations of the loss
    fast         instead checks each array along random directions, which takes seconds for a full-size model, and
                 looks for the entry only where that fails
    richardson   extrapolates the differences to a step of 0, for ten digits; for losses without kinks

    All is done in float64 on a copy, so that everything stays as it was. An array is ok if ‖written − numerical‖ is
    at most `tolerance` times the larger norm, or if no entry differs by more than the rounding of the loss
    explains, 4 ε L / h, which is all that differences can say of a gradient that is nearly zero. Entries at a kink,
    where there is no derivative, are counted apart. TypeError or ValueError for what cannot be checked.

    >>> print(gradcheck(Autoencoder([784, 300, 150]), test.images[:4], fast=True))
    """
    if tolerance is not None:
        checks.number("tolerance", tolerance, above=0)
    if entries is not None:
        checks.whole("entries", entries, at_least=1)
    if fast and (entries is not None or richardson):
        raise ValueError("fast=True checks along directions: entries= and richardson= do not go with it.")
    how = How(
        seed, tolerance or (FAST_TOLERANCE if fast else 1e-10 if richardson else 1e-7), entries, fast, richardson
    )
    checked = subject(thing, *inputs, gradient=gradient, seed=seed)
    return compare(checked, checked.gradients(0), checked.gradients(1), how)


def compare(checked: Subject, first: Written, second: Written, how: How) -> Report:
    """Holds what two calls of the hand-written code wrote, each over another `filling`, against differences."""
    notes = list(checked.notes)
    value, again = checked.loss(), checked.loss()
    if not np.isfinite([value, again]).all():
        return failed(
            checked, "nan", f"the loss itself is {value}, so that there is nothing to differentiate.", notes
        )
    if abs(value - again) > 1e-12 * max(abs(value), abs(again)):
        text = (
            f"two evaluations at the same point give {value:.9g} and {again:.9g}: noise is drawn anew in each. Draw "
            f"it from the rng that is handed in, or fix its seed, so that all evaluations see the same noise."
        )
        return failed(checked, "noise", text, notes)
    if in_single_precision(checked):
        tolerance = max(how.tolerance, SINGLE_TOLERANCE)
        entries = how.entries or SINGLE_ENTRIES if how.fast else how.entries
        how = replace(how, tolerance=tolerance, entries=entries, fast=False, richardson=False, step=SINGLE_STEP)
        notes.append(
            f"The loss is computed in float32, whose seven digits leave two or three in a difference: the tolerance "
            f"is {how.tolerance:g}, and small mistakes stay unseen. Compute in float64 to check to 1e-7."
        )
    if how.fast:
        rows = check_along_directions(checked, first, how.seed, how.tolerance)
    else:
        rows = check_every_array(checked, first, second, how)
    return Report(tuple(rows), tuple(notes), tuple(diagnose(checked, rows, first, second)))


def in_single_precision(checked: Subject) -> bool:
    """Every value of the loss, at three points drawn at random, is a float32: by chance that happens to one float64
    in 10²⁶."""
    if checked.single:
        return True
    before, rng, values = {name: array.copy() for name, array in checked.arrays.items()}, np.random.default_rng(0), []
    try:
        for _ in range(3):
            for name, array in checked.arrays.items():
                array[...] = before[name] * (1 + 1e-3 * rng.standard_normal(array.shape))
            values.append(checked.loss())
    finally:
        for name, array in checked.arrays.items():
            array[...] = before[name]
    return len(set(values)) > 1 and all(value == float(np.float32(value)) for value in values)


def failed(checked: Subject, kind: str, text: str, notes: list[str]) -> Report:
    """Nothing can be compared."""
    return Report((), tuple(notes), (Cause(kind, text, (type(checked.thing).__name__,)),))
