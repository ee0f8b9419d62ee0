"""The comparison itself: an array's gradient as it was written against differences of the loss."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scratch_ae.gradient_check.differences import (
    STEP,
    central_differences,
    extrapolated_differences,
    look_closer,
    relative_error,
)
from scratch_ae.gradient_check.report import ArrayCheck
from scratch_ae.gradient_check.subject import BY_PARAMETER_GRADIENTS, Subject, Written, comparable, same


@dataclass(frozen=True)
class How:
    """The settings of a check; see `gradcheck`."""

    seed: int = 0
    tolerance: float = 1e-7
    entries: int | None = None
    fast: bool = False
    richardson: bool = False
    step: float = STEP


def check_every_array(subject: Subject, first: Written, second: Written, how: How) -> list[ArrayCheck]:
    """A row for every gradient that was written."""
    value = subject.loss()
    rows = [check_array(subject, name, written, value, how) for name, written in first.items()]
    return [unlike_twice(row, first[row.name], second.get(row.name)) for row in rows]


def check_array(subject: Subject, name: str, written: Any, value: float, how: How) -> ArrayCheck:
    """One row of the report."""
    array = subject.arrays[name.removesuffix(BY_PARAMETER_GRADIENTS)]
    indices = np.arange(array.size)
    if how.entries is not None and how.entries < array.size:
        picker = np.random.default_rng([how.seed, *name.encode()])
        indices = np.sort(picker.choice(array.size, how.entries, replace=False))
    differences = extrapolated_differences if how.richardson else central_differences
    step = {} if how.richardson else {"step": how.step}
    numerical = differences(subject.loss, array, indices, **step)
    gradient, problem = comparable(written, array.shape)
    if gradient is None:
        return ArrayCheck(
            name, array.shape, math.nan, len(indices), 0, False, how.tolerance, problem, indices, numerical=numerical
        )
    entries = gradient.reshape(-1)[indices]
    kinks = np.zeros(len(indices), bool)
    if how.step == STEP and np.isfinite(entries).all():
        closer = numerical.copy()
        # What is wrong by less than a kink would make it is left to the digits of the extrapolation.
        tolerance = 1e-6 if how.richardson else 1e-8
        kinks = look_closer(subject.loss, array, indices, entries, closer, tolerance)
        if how.richardson:  # a step this long meets kinks that the point itself is not at
            kinks |= (
                np.isfinite(numerical)
                & (closer != numerical)
                & (np.abs(closer - entries) <= 1e-7 * np.max(np.abs(entries)))
            )
        numerical = closer
    rounding = 4 * np.finfo(float).eps * abs(value) / how.step
    compared, differences_there = entries[~kinks], numerical[~kinks]
    return ArrayCheck(
        name,
        array.shape,
        relative_error(compared, differences_there),
        len(indices),
        int(kinks.sum()),
        bool(np.all(np.abs(compared - differences_there) <= rounding)),
        how.tolerance,
        problem,
        indices[~kinks],
        compared,
        differences_there,
    )


def unlike_twice(row: ArrayCheck, first: Any, second: Any) -> ArrayCheck:
    """A gradient that is another one at a second call, at the same point and with the same noise, is not right."""
    if not row.ok or same(first, second):
        return row
    return replace(row, problem="a second call with the same input and noise gives another gradient")
