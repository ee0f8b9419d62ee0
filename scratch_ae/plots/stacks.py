"""What a total is made of: bars of parts on top of each other, in panels that share a scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from scratch_ae.plots.charts import HEIGHT, LETTER, WIDTH
from scratch_ae.plots.labels import legible
from scratch_ae.plots.style import RC, SlideFigure, look, palette
from scratch_ae.plots.values import checked_values


@look()
def stacked_bars(
    panels: Mapping[str, Mapping[str, ArrayLike]],
    names: Sequence[str],
    *,
    x_label: str,
    y_label: str,
    title: str,
    above: Mapping[str, Sequence[str]] | None = None,
) -> Figure:
    """Bars from zero, each of the same parts, the first of which lies at the bottom.

    panels  panel's title -> part's name -> how much of each bar it is, (n,); every panel has the same parts.
    names   what to write under the n bars of each panel.
    above   panel's title -> what to write above each of its bars, (n,).

    Raises ValueError for no panels or parts, lengths and parts that differ, and values that are negative or not
    finite: a part below zero cannot stand on another.
    """
    parts = list(next(iter(panels.values()))) if panels else []
    if not parts:
        raise ValueError("panels is empty: pass {'panel': {'part': [height of each bar]}}.")
    for panel, texts in (above or {}).items():
        if panel not in panels or len(texts) != len(names):
            raise ValueError(
                f"above['{panel}'] is for no panel, or has not {len(names)} texts: pass one for each bar."
            )
    figure = SlideFigure(title, WIDTH, HEIGHT)
    row = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    places = np.arange(1, len(names) + 1)
    for axes, (panel, heights) in zip(row, panels.items(), strict=True):
        if list(heights) != parts:
            raise ValueError(f"Panel '{panel}' has the parts {list(heights)}, the first one {parts}: pass the same.")
        floor = np.zeros(len(names))
        for part, color in zip(parts, palette(len(parts)), strict=True):
            whose = f"Part '{part}' of panel '{panel}'"
            height = checked_values(whose, heights[part])
            if len(height) != len(names):
                raise ValueError(f"{whose} has {len(height)} values for {len(names)} names: pass one for each.")
            if height.min() < 0:
                raise ValueError(f"{whose} goes down to {height.min():g}, but a part below zero stands on nothing.")
            axes.bar(places, height, bottom=floor, width=0.75, color=color, edgecolor="white", linewidth=0.5)
            floor += height
        for place, top, text in zip(places, floor, (above or {}).get(panel, ()), strict=False):
            axes.annotate(
                text,
                (place, top),
                xytext=(0, 4),
                textcoords="offset points",
                horizontalalignment="center",
                fontsize=RC["xtick.labelsize"],
            )
        axes.set_title(panel)
        axes.set_xlabel(x_label)
        axes.set_xticks(places, [str(name) for name in names])
        axes.tick_params(axis="x", length=0, labelrotation=90 if len(panels) * len(names) > 18 else 0)
        axes.grid(axis="y")
        axes.margins(y=0.08)
    row[0].set_ylabel(y_label)
    legend = figure.legend(
        handles=[row[0].containers[i] for i in reversed(range(len(parts)))],
        labels=parts[::-1],
        loc="outside lower center",
        ncols=columns_that_fit(parts),
    )
    for entry, color in zip(legend.get_texts(), reversed(palette(len(parts))), strict=True):
        entry.set(color=legible(color), fontweight="bold")
    return figure


def columns_that_fit(names: Sequence[str]) -> int:
    """In how many columns a legend of these names is no wider than the figure; each has a patch beside it."""
    return max(1, min(len(names), int(WIDTH / (max(map(len, names)) * LETTER + 0.9))))
