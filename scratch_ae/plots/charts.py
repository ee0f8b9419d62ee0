"""Charts of measured numbers: curves against a setting, bars, a table of errors, histograms."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from numpy.typing import ArrayLike

from scratch_ae import checks
from scratch_ae.plots.labels import BACKING, luminance, write_at_ends, write_on_top
from scratch_ae.plots.style import INK, OKABE_ITO, RC, SlideFigure, look, number, palette, power_of_ten
from scratch_ae.plots.tiles import checked_count
from scratch_ae.plots.values import Floats, checked_curve, checked_values

WIDTH, HEIGHT = 11.0, 6.4  # inches; what the sizes of text in style.RC are meant for
ROUND = [1, 2, 5, 10]  # what ticks are multiples of, up to powers of ten
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")  # with these and the dashes, colour is not the only cue
DASHES = ("-", "--", "-.", (0, (1, 1)))
REFERENCE = OKABE_ITO[1]
LETTER = 0.135  # inches: what a letter of a label takes, on average and bold


@look()
def lines(
    x: ArrayLike | None,
    curves: Mapping[str, ArrayLike | tuple[ArrayLike, ArrayLike]],
    *,
    x_label: str,
    y_label: str,
    title: str,
    logx: bool = False,
    logy: bool = False,
) -> Figure:
    """A curve for each name, which is written at the curve's right end instead of in a legend.

    x       (n,), shared by the curves; None if each has its own.
    curves  name -> y, (n,), or -> a pair (x, y) with an x of its own. Points are joined in the order given.

    Raises ValueError for no curves, lengths that differ, values that are not finite, and on a logarithmic
    axis for values that are not positive.
    """
    if not isinstance(curves, Mapping) or not curves:
        raise ValueError("curves is empty or no mapping: pass name -> y values, as {'PCA': [9.1, 7.4, 5.8]}.")
    points = {str(name): checked_curve(str(name), x, curve) for name, curve in curves.items()}
    all_x, all_y = (np.concatenate(values) for values in zip(*points.values(), strict=True))
    for name, log, values in (("x", logx, all_x), ("y", logy, all_y)):
        if log and values.min() <= 0:
            raise ValueError(
                f"log{name}=True needs positive values, but {name} goes down to {number(values.min())}: "
                f"leave these points out, or draw {name} on a linear axis."
            )

    figure = SlideFigure(title, WIDTH, HEIGHT)
    axes = figure.add_subplot(xlabel=x_label, ylabel=y_label)
    colors = palette(len(points))
    for i, ((name, (own_x, y)), color) in enumerate(zip(points.items(), colors, strict=True)):
        # Of a hundred markers a dozen is enough to tell a line by.
        marked = np.unique(np.linspace(0, len(y) - 1, min(len(y), 12)).round().astype(int))
        axes.plot(
            own_x,
            y,
            label=name,
            color=color,
            linestyle=DASHES[i % len(DASHES)],
            marker=MARKERS[i % len(MARKERS)],
            markevery=[int(k) for k in marked] if len(y) > 25 else None,
        )
    axes.grid(axis="y")
    axes.set(xscale="log" if logx else "linear", yscale="log" if logy else "linear")
    _ticks(axes.xaxis, all_x, logx)
    _ticks(axes.yaxis, all_y, logy)
    write_at_ends(figure, axes, points, colors)
    return figure


@look()
def bars(
    values: Mapping[str, float] | ArrayLike,
    *,
    x_label: str = "",
    y_label: str,
    title: str,
    line: float | None = None,
    line_label: str = "",
) -> Figure:
    """A bar from zero for each value; up to a dozen have their values written on them.

    values      name -> number; or (n,), whose bars are numbered 1, 2, …, n.
    line        where to draw a horizontal line to hold the bars against, such as a target.
    line_label  what to write at its end.

    Raises ValueError for no values, an array that is not flat, and values that are not finite.
    """
    names = [str(name) for name in values] if isinstance(values, Mapping) else None
    heights = checked_values("values", list(values.values()) if isinstance(values, Mapping) else values)
    n = len(heights)

    figure = SlideFigure(title, WIDTH, HEIGHT)
    axes = figure.add_subplot(xlabel=x_label, ylabel=y_label)
    places = np.arange(1, n + 1)
    # Gaps between hundreds of bars would be narrower than a pixel: some would show and some not.
    axes.bar(places, heights, width=0.7 if n <= 60 else 1.0, color=OKABE_ITO[0])
    half = max(n, 3) / 2 + 0.1  # a single bar is no wall
    axes.set_xlim((n + 1) / 2 - half, (n + 1) / 2 + half)
    axes.grid(axis="y")
    _ticks(axes.yaxis, heights, log=False)
    axes.tick_params(axis="x", length=0 if n <= 25 else 4)
    if names is not None:
        _write_names(axes, names)
    elif n <= 25:
        axes.set_xticks(places)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=ROUND))
    if line is not None:
        axes.axhline(checks.number("line", line), color=REFERENCE, linestyle="--", zorder=3)
        axes.annotate(
            textwrap.fill(line_label, 16),
            (1, line),
            xycoords=axes.get_yaxis_transform(),
            xytext=(8, 0),
            textcoords="offset points",
            color=REFERENCE,
            fontweight="bold",
            verticalalignment="center",
            annotation_clip=False,
        )
    if not heights.any() and not line:
        axes.set_ylim(0, 1)
    if heights.min() < 0:
        axes.axhline(0, color=INK, linewidth=1)
        axes.spines["bottom"].set_visible(False)
        if n <= 12:
            axes.margins(y=0.1)
    if n <= 12:
        for place, height, text in zip(places, heights, _numbers(heights), strict=True):
            axes.annotate(
                text,
                (place, height),
                xytext=(0, -4 if height < 0 else 4),
                textcoords="offset points",
                horizontalalignment="center",
                verticalalignment="top" if height < 0 else "bottom",
                bbox=BACKING,
                zorder=4,
            )
    return figure


@look()
def error_table(
    matrix: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    row_title: str,
    column_title: str,
    title: str,
    format: str = "{:.1f}",
) -> Figure:
    """A table of numbers whose cells are the darker the larger the number is, from its least to its largest.

    matrix  (len(rows), len(columns)), as the error on each data set (column) of a model trained on each (row).
    format  how to write a number.

    Raises ValueError for a matrix that does not fit its names, and values that are not finite.
    """
    cells = np.asarray(matrix)
    if cells.shape != (len(rows), len(columns)) or cells.size == 0:
        raise ValueError(
            f"matrix has shape {cells.shape}, but ({len(rows)}, {len(columns)}) with nothing empty is expected: "
            "pass a name for each row and each column."
        )
    cells = checked_values("matrix", cells.reshape(-1)).reshape(cells.shape)
    texts = [[format.format(value).replace("-", "−") for value in row] for row in cells]

    figure = SlideFigure(title, WIDTH, HEIGHT)
    axes = figure.add_subplot()
    mesh = axes.pcolormesh(cells, cmap="Blues", edgecolors="white", linewidth=4)
    axes.invert_yaxis()
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, labelsize=RC["axes.labelsize"], labeltop=True, labelbottom=False)
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(column_title, fontweight="bold", labelpad=10)
    axes.set_ylabel(row_title, fontweight="bold", labelpad=10)
    # A cell's width and height in inches, roughly, say how much text fits.
    width, height = 0.75 * WIDTH / len(columns), 0.65 * HEIGHT / len(rows)
    letters = max(int(width / LETTER), 3)
    axes.set_xticks(np.arange(len(columns)) + 0.5, [textwrap.fill(str(name), letters) for name in columns])
    axes.set_yticks(np.arange(len(rows)) + 0.5, [textwrap.fill(str(name), 18) for name in rows])
    longest = max(len(text) for row in texts for text in row)
    size = min(36.0, 72 * 0.6 * height, 72 * 0.85 * width / (0.7 * max(longest, 1)))
    shades = mesh.to_rgba(cells)
    for (row, column), shade in zip(np.ndindex(*cells.shape), shades.reshape(-1, 4), strict=True):
        axes.text(
            column + 0.5,
            row + 0.5,
            texts[row][column],
            fontsize=size,
            color=INK if luminance(shade[:3]) > 0.21 else "white",  # where the contrasts of both are equal
            horizontalalignment="center",
            verticalalignment="center_baseline",
        )
    return figure


@look()
def histogram(
    values: ArrayLike | Mapping[str, ArrayLike],
    *,
    x_label: str,
    y_label: str,
    title: str,
    line: float | None = None,
    line_label: str = "",
    bins: int = 40,
) -> Figure:
    """How many values fall into each of ``bins`` equal bins: filled, or an outline for each of several groups.

    values      (n,); or name -> (n,), whose groups are counted in the same bins and may differ in n.
    line        where to draw a vertical line to hold the values against, such as a threshold.
    line_label  what to write at its top.

    Raises ValueError for no values, an array that is not flat, and values that are not finite.
    """
    if isinstance(values, Mapping):
        if not values:
            raise ValueError("values is empty: pass an array, or a mapping of name -> array.")
        groups = {str(name): checked_values(f"Group '{name}'", group) for name, group in values.items()}
    else:
        groups = {"": checked_values("values", values)}
    edges = _edges(np.concatenate(list(groups.values())), checked_count("bins", bins))

    figure = SlideFigure(title, WIDTH, HEIGHT)
    axes = figure.add_subplot(xlabel=x_label, ylabel=y_label)
    for i, ((name, group), color) in enumerate(zip(groups.items(), palette(len(groups)), strict=True)):
        counts = np.histogram(group, edges)[0]
        if not isinstance(values, Mapping):
            axes.stairs(counts, edges, fill=True, color=color)
            continue
        first, last = np.flatnonzero(counts)[[0, -1]]  # outside, the outlines would cover each other at zero
        axes.stairs(
            counts[first : last + 1],
            edges[first : last + 2],
            label=textwrap.fill(name, 18),
            color=color,
            linewidth=RC["lines.linewidth"],
            linestyle=DASHES[i % len(DASHES)],
        )
    axes.grid(axis="y")
    _ticks(axes.xaxis, edges, log=False)
    _ticks(axes.yaxis, np.zeros(1), log=False)  # counts are whole numbers
    if isinstance(values, Mapping):
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0)
    if line is not None:
        axes.axvline(checks.number("line", line), color=REFERENCE, linestyle="--", zorder=3)
        write_on_top(axes, line, line_label, REFERENCE)
    return figure


def _ticks(axis: Axis, values: Floats, log: bool) -> None:
    """Ticks with numbers written out: evenly spaced, or on a logarithmic scale 1, 2, 5, 10, 20, …"""
    if not log:
        whole = bool((values == values.round()).all())
        axis.set_major_locator(MaxNLocator(6, integer=whole, steps=ROUND))
        axis.set_major_formatter("{x:,.6g}")
        return
    if values.max() > 1e4 * values.min():
        axis.set_major_formatter(power_of_ten)
        axis.set_minor_formatter(NullFormatter())
        return
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:,.6g}")
    axis.set_minor_formatter(NullFormatter())


def _write_names(axes: Axes, names: list[str]) -> None:
    """The names under their bars in lines that fit, or on end where bars are too narrow for their words."""
    n = len(names)
    letters = int(0.8 * WIDTH / max(n, 3) / LETTER)
    if max(len(word) for name in names for word in [*name.split(), ""]) <= letters:
        axes.set_xticks(range(1, n + 1), [textwrap.fill(name, letters) for name in names])
        return
    every = -(-n // 32)  # more would run into each other
    height = max(int(0.8 * WIDTH / n / 0.25), 1)  # in lines
    shown = [textwrap.fill(name, 26, max_lines=height, placeholder=" …") for name in names[::every]]
    axes.set_xticks(range(1, n + 1, every), shown, rotation=90)


def _numbers(values: Floats) -> list[str]:
    """The values with as many decimals as give the largest three digits, or four where there is room."""
    largest = float(np.abs(values).max())
    if not 1e-3 <= largest < 1e7:
        return [number(value) for value in values]
    digits = 4 if len(values) <= 6 else 3
    decimals = max(digits - 1 - int(np.floor(np.log10(largest))), 0)
    rounded = values.round(decimals) + 0.0  # no −0.00
    return [f"{value:,.{decimals}f}".replace("-", "−") for value in rounded]


def _edges(values: Floats, bins: int) -> Floats:
    """The edges of ``bins`` equal bins from the least value to the largest, or around the only one."""
    low, high = values.min(), values.max()
    size = max(abs(low), abs(high))
    if high - low <= 1e-9 * size:
        low, high = low - (size / 2 or 0.5), high + (size / 2 or 0.5)
        bins |= 1  # of an odd number of bins one is in the middle, where an even number has an edge
    return np.linspace(low, high, bins + 1)
