"""What a gradient check found, array by array, and what it thinks is the cause."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scratch_ae.arrays import FloatArray


@dataclass(frozen=True)
class ArrayCheck:
    """One array's gradient: `error` is ‖analytic − numerical‖ over the larger of both norms.

    `indices` are the flat positions that were compared, `written` and `numerical` the two values there. `problem`
    says what keeps the two from being compared at all, or that a right gradient has a wrong shape.
    """

    name: str
    shape: tuple[int, ...]
    error: float
    checked: int
    kinks: int
    within_rounding: bool
    tolerance: float
    problem: str = ""
    indices: NDArray[np.integer] = field(default_factory=lambda: np.empty(0, int), compare=False, repr=False)
    written: FloatArray = field(default_factory=lambda: np.empty(0), compare=False, repr=False)
    numerical: FloatArray = field(default_factory=lambda: np.empty(0), compare=False, repr=False)

    @property
    def ok(self) -> bool:
        """NaN is a failure: it is not ≤ anything."""
        return not self.problem and (self.error <= self.tolerance or self.within_rounding)

    def first_mismatch(self) -> str:
        """The first entry that is wrong by more than the tolerance, with both values: "[0, 3]: 0.12 is written, by
        differences it is −0.12"; "" where none is."""
        if not len(self.written):
            return ""
        size = float(np.max(np.abs(self.numerical), initial=0))
        off = np.abs(self.written - self.numerical)
        wrong = np.flatnonzero(~(off <= max(self.tolerance, 1e-6) * size))
        i = int(wrong[0]) if len(wrong) else int(np.argmax(off))
        place = [int(k) for k in np.unravel_index(int(self.indices[i]), self.shape)]
        return f"{place}: {self.written[i]:.6g} is written, by differences it is {self.numerical[i]:.6g}"


@dataclass(frozen=True)
class Cause:
    """What the numbers say went wrong: a `kind` in a word or two, the sentence for a person, the arrays or the piece
    of the model it is about."""

    kind: str
    text: str
    where: tuple[str, ...]

    def __str__(self) -> str:
        return f"{', '.join(self.where)}: {self.text}"


@dataclass(frozen=True, repr=False)
class Report:
    """The rows of a gradient check. `print(report)` shows them as a table, with the diagnosis under it."""

    rows: tuple[ArrayCheck, ...]
    notes: tuple[str, ...] = field(default=())
    causes: tuple[Cause, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Something was compared, and all that was is right."""
        return self.compared and all(row.ok for row in self.rows)

    @property
    def compared(self) -> bool:
        """Whether any entry was: one at a kink is not."""
        return any(row.checked > row.kinks for row in self.rows)

    @property
    def max_error(self) -> float:
        """The largest relative error of any array; NaN if one is, or if there was nothing to compare."""
        errors = [row.error for row in self.rows]
        return float("nan") if not errors or any(error != error for error in errors) else max(errors)

    @property
    def wrong(self) -> list[ArrayCheck]:
        return [row for row in self.rows if not row.ok]

    def __repr__(self) -> str:
        return "\n".join([*self.table(), *self.diagnosis(), *self.notes])

    def table(self) -> list[str]:
        """A line an array, and one that sums them up."""
        if not self.compared:
            return ["Nothing could be compared."]
        names = max(len("parameter"), *(len(row.name) for row in self.rows))
        lines = [f"{'parameter':<{names}}  {'shape':>12}  {'relative error':>14}  verdict"]
        for row in self.rows:
            verdict = "ok" if row.ok else "WRONG"
            size = math.prod(row.shape)
            some = f"  ({row.checked:,} of {size:,} entries)" if row.checked < size else ""
            some += f"  ({row.kinks:,} at a kink left out)" if row.kinks else ""
            some += (
                "  (as far as the rounding of the loss lets one see)" if row.ok > (row.error <= row.tolerance) else ""
            )
            lines.append(f"{row.name:<{names}}  {row.shape!s:>12}  {row.error:>14.1e}  {verdict}{some}")
        tolerance = max(row.tolerance for row in self.rows)
        wrong = [row.name for row in self.wrong]
        lines.append(
            f"{len(wrong)} of {len(self.rows)} gradients are wrong: {', '.join(wrong)} (tolerance {tolerance:.0e})."
            if wrong
            else f"All {len(self.rows)} gradients agree with central differences to {self.max_error:.1e} "
            f"(tolerance {tolerance:.0e})."
        )
        return lines

    def diagnosis(self) -> list[str]:
        """A line a cause, and the first wrong entry of the first wrong array."""
        lines = [f"Diagnosis: {cause}" for cause in self.causes]
        first = next((f"{row.name}{row.first_mismatch()}" for row in self.wrong if row.first_mismatch()), "")
        return [*lines, *([f"First at {first}."] if first else [])]
