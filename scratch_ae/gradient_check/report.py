"""What a gradient check found, array by array."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ArrayCheck:
    """One array's gradient: `error` is ‖analytic − numerical‖ over the larger of both norms."""

    name: str
    shape: tuple[int, ...]
    error: float
    checked: int
    kinks: int
    within_rounding: bool
    tolerance: float

    @property
    def ok(self) -> bool:
        """NaN is a failure: it is not ≤ anything."""
        return self.error <= self.tolerance or self.within_rounding


@dataclass(frozen=True)
class Report:
    """The rows of a gradient check. `print(report)` shows them as a table."""

    rows: tuple[ArrayCheck, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        return all(row.ok for row in self.rows)

    @property
    def max_error(self) -> float:
        """The largest relative error of any array; NaN if one is."""
        errors = [row.error for row in self.rows]
        return float("nan") if any(error != error for error in errors) else max(errors)

    def __str__(self) -> str:
        names = max(len("parameter"), *(len(row.name) for row in self.rows))
        lines = [f"{'parameter':<{names}}  {'shape':>12}  {'relative error':>14}  verdict"]
        for row in self.rows:
            verdict = "ok" if row.ok else "WRONG"
            size = math.prod(row.shape)
            some = f"  ({row.checked:,} of {size:,} entries)" if row.checked < size else ""
            some += f"  ({row.kinks:,} at a kink left out)" if row.kinks else ""
            lines.append(f"{row.name:<{names}}  {row.shape!s:>12}  {row.error:>14.1e}  {verdict}{some}")
        wrong = [row.name for row in self.rows if not row.ok]
        tolerance = max(row.tolerance for row in self.rows)
        lines.append(
            f"{len(wrong)} of {len(self.rows)} gradients are wrong: {', '.join(wrong)} (tolerance {tolerance:.0e})."
            if wrong
            else f"All {len(self.rows)} gradients agree with central differences to {self.max_error:.1e} "
            f"(tolerance {tolerance:.0e})."
        )
        return "\n".join([*lines, *self.notes])
