"""A file of the bug hunt, and what the table of all of them says about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.exercises.task import Task


@dataclass(frozen=True)
class Bug:
    """A broken file.

    task             the file, its repair and its trials
    mistake          what is wrong, in a few words: the table's, for those who have found it
    made_in          repository and thread where such a mistake was made or reported
    gradient_check   whether `gradcheck`, on the broken file's own forward and backward at an ordinary random point,
                     finds something wrong
    seen_by          the check that names it
    """

    task: Task
    mistake: str
    made_in: str
    gradient_check: bool
    seen_by: str


def off(what: str, measured: float | FloatArray, right: float, tolerance: float) -> list[str]:
    """A sentence if a number is further from the right one than the tolerance, none if it is not."""
    if abs(float(measured) - right) <= tolerance:
        return []
    return [f"{what} is {float(measured):.4g}, but {right:.4g} (± {tolerance:.1g}) is right."]


def furthest_off(names: Sequence[str], measured: FloatArray, right: FloatArray, tolerance: float) -> list[str]:
    """The same for several numbers: a sentence about the one that is furthest from right."""
    i = int(np.argmax(np.abs(measured - right)))
    return off(names[i], measured.flat[i], right.flat[i], tolerance)
