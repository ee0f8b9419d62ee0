"""A gradient check as a picture: what was written against differences, and where in an array the error sits."""

from __future__ import annotations

from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator
from numpy.typing import NDArray

from scratch_ae.gradient_check import ArrayCheck, Report
from scratch_ae.plots.style import GREY, OKABE_ITO, PALE, SlideFigure, look

RIGHT, WRONG = OKABE_ITO[0], OKABE_ITO[1]
SMALLEST, LARGEST = 1e-12, 1.0
"""The ends of the colour scale: rounding, and an error as large as the gradient."""


@look()
def gradient_check(report: Report, array: str | None = None, *, title: str | None = None) -> Figure:
    """Two panels. Left: every gradient that was compared, as written and by differences; right ones lie on the
    diagonal. Right: the error of each entry of one array, relative to the array's largest gradient.

    report   what `gradcheck` returned
    array    the array of the right panel, by its name in the report; unless given, the one with the largest error

    Raises ValueError if the report has no numbers to draw, or no array of this name.
    """
    rows = [row for row in report.rows if row.written.size]
    if not rows:
        raise ValueError(
            "The report has no numbers to draw: nothing could be compared, or only along directions (fast=True)."
        )
    if array is None:
        shown = max(rows, key=lambda row: (not row.ok, np.isnan(row.error), row.error))
    else:
        named = {row.name: row for row in rows}
        if array not in named:
            raise ValueError(f"array={array!r} is not in the report: choose one of {', '.join(named)}.")
        shown = named[array]
    wrong = report.wrong
    headline = (
        f"{len(wrong)} of {len(report.rows)} gradients are wrong"
        if wrong
        else f"All {len(report.rows)} gradients agree with differences to {report.max_error:.0e}"
    )
    figure = SlideFigure(headline if title is None else title, 13.0, 6.2)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.15))
    scatter(left, rows)
    errors(figure, right, shown)
    return figure


def scatter(axes: Axes, rows: list[ArrayCheck]) -> None:
    """Each array scaled by its largest gradient, so that all can be seen at once."""
    axes.axline((0, 0), slope=1, color=GREY, linewidth=1.5, zorder=1)
    for ok, color, marker, name in ((True, RIGHT, "o", "right"), (False, WRONG, "X", "wrong")):
        scaled = [(row.numerical / size_of(row), row.written / size_of(row)) for row in rows if row.ok == ok]
        if scaled:
            x, y = (np.concatenate(parts) for parts in zip(*scaled, strict=True))
            finite = np.isfinite(y)
            axes.scatter(x[finite], y[finite], s=26, color=color, marker=marker, alpha=0.6, linewidth=0, label=name)
    axes.set(xlabel="by differences", ylabel="as written", title="each gradient ÷ the largest of its array")
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.legend(loc="upper left", handletextpad=0.2)


def errors(figure: Figure, axes: Axes, row: ArrayCheck) -> None:
    """A heat map with an entry a cell; grey where none was compared."""
    cells = np.full(int(np.prod(row.shape)), np.nan)
    with np.errstate(invalid="ignore"):
        off = np.abs(row.written - row.numerical) / size_of(row)
        cells[row.indices] = np.clip(np.where(np.isnan(off), LARGEST, off), SMALLEST, LARGEST)
    grid = as_grid(cells, row.shape)
    axes.set_facecolor(PALE)
    # Squares where that leaves them visible; a bias, or a very long matrix, fills the panel instead.
    aspect: Literal["equal", "auto"] = "equal" if max(grid.shape) <= 6 * min(grid.shape) else "auto"
    image = axes.imshow(grid, cmap="cividis", norm=LogNorm(SMALLEST, LARGEST), aspect=aspect, interpolation="nearest")
    figure.colorbar(image, ax=axes, shrink=0.9, label="relative error", ticks=LogLocator(numticks=5))
    compared = "" if len(row.indices) == cells.size else f", {len(row.indices):,} of {cells.size:,} entries"
    axes.set_title(f"{row.name}{compared}")
    axes.set_xlabel("second index" if len(grid) > 1 else "index")
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    if len(grid) > 1:
        axes.set_ylabel("first index")
        axes.yaxis.set_major_locator(MaxNLocator(8, integer=True))
    else:
        axes.set_yticks([])


def as_grid(cells: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Two axes: a vector is a row, more than two axes are folded into the first."""
    return cells.reshape(-1, shape[-1]) if shape else cells.reshape(1, 1)


def size_of(row: ArrayCheck) -> float:
    """The largest gradient of an array, by differences; as written where differences are all zero."""
    return float(np.max(np.abs(row.numerical), initial=0)) or float(np.max(np.abs(row.written), initial=0)) or 1.0
