"""Learning curves: how each term of the loss went, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from scratch_ae.plots.style import TRAINING, VALIDATION, SlideFigure, look, number

NOT_TERMS = {"seconds", "images_per_second", "learning_rate"}
PREFIX = "validation_"
WRITTEN_OUT = {"kl": "KL divergence", "l1": "L1 penalty", "l2": "L2 penalty"}

Curve = NDArray[np.float64]


@look()
def learning_curves(
    history: Mapping[str, ArrayLike],
    *,
    terms: Sequence[str] | None = None,
    unit: str = "nats per image",
    title: str | None = None,
) -> Figure:
    """The loss and its terms over the epochs: training solid, validation dashed, last values written out.

    history  column name -> one number an epoch. "epoch" numbers them (1, 2, … without it); "seconds",
             "images_per_second" and "learning_rate" are left out; every other column is a term of the loss,
             and "validation_<term>" the same on the validation set. NaN or None leaves a hole in a curve.
    terms    the terms to draw, one a panel, in this order; by default the loss, then the others as they come.
             A single term that equals the loss is not drawn twice.
    unit     what the values are measured in.

    Raises ValueError if there is no term to draw, or if columns differ in length.
    """
    columns = _columns(history)
    names = _terms(columns) if terms is None else list(terms)
    missing = [name for name in names if name not in columns and PREFIX + name not in columns]
    if missing or not names:
        raise ValueError(
            f"history has no column {missing[0] if missing else 'loss'!r}, only {sorted(columns)}: "
            "pass the mapping that fit() returns, or name columns it has in terms=."
        )
    epochs = columns.get("epoch", np.arange(1.0, len(next(iter(columns.values()))) + 1))

    across = min(len(names), 3)
    down = -(-len(names) // across)
    headline = _headline(names[0], epochs, columns, unit) if title is None else title
    figure = SlideFigure(headline, (10.5, 11.5, 13.0)[across - 1], 4.5 * down + 0.9)
    for i, name in enumerate(names):
        axes = figure.add_subplot(down, across, i + 1)
        _panel(axes, epochs, columns.get(name), columns.get(PREFIX + name))
        axes.set_xlabel("epoch")
        if len(names) == 1:
            axes.set_ylabel(f"{_word(name)} ({unit})")
        else:
            axes.set_title(_word(name), pad=12)
            axes.set_ylabel(unit if i % across == 0 else "")
        if i == 0:
            axes.legend(loc="best")
    return figure


def _columns(history: Mapping[str, ArrayLike]) -> dict[str, Curve]:
    kept = {name: values for name, values in history.items() if name not in NOT_TERMS}
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in kept.items()}
    lengths = {name: column.shape for name, column in columns.items()}
    if len(set(lengths.values())) > 1 or any(len(shape) != 1 or shape == (0,) for shape in lengths.values()):
        raise ValueError(f"history has columns of shapes {lengths}, but one number an epoch is expected.")
    return columns


def _terms(columns: Mapping[str, Curve]) -> list[str]:
    names = [name.removeprefix(PREFIX) for name in columns if name != "epoch"]
    names = list(dict.fromkeys(sorted(names, key=lambda name: name != "loss")))
    if len(names) == 2 and "loss" in columns and names[1] in columns:
        same = np.allclose(columns["loss"], columns[names[1]], rtol=1e-5, equal_nan=True)
        return names[:1] if same else names
    return names


def _word(name: str) -> str:
    return WRITTEN_OUT.get(name, name.replace("_", " "))


def _headline(name: str, epochs: Curve, columns: Mapping[str, Curve], unit: str) -> str:
    """What the first panel shows, in one sentence; training if it is there, else validation."""
    curve = columns[name] if name in columns else columns[PREFIX + name]
    word = _word(name)[0].upper() + _word(name)[1:]
    lost = ~np.isfinite(curve)
    if name in columns and len(lost) and lost[-1]:
        first = int(np.flatnonzero(np.r_[True, ~lost])[-1])  # after the last that is not lost
        return f"{word} became NaN or infinite in epoch {epochs[first]:g}: training diverged"
    curve, epochs = curve[~lost], epochs[~lost]
    if len(curve) < 2:
        return f"{word} after epoch {epochs[-1]:g}: {number(curve[-1])} {unit}" if len(curve) else word
    way = "down to" if curve[-1] < curve[0] else "up to" if curve[-1] > curve[0] else "to"
    span = f"from epoch {epochs[0]:g} to {epochs[-1]:g}"
    return f"{word} {span}: {number(curve[0])} {way} {number(curve[-1])} {unit}"


def _panel(axes: Axes, epochs: Curve, training: Curve | None, validation: Curve | None) -> None:
    ends = []
    few = len(epochs) <= 12  # then each epoch is worth its dot; with one epoch there is nothing else to see
    if training is not None:
        there = np.isfinite(training)
        line = "-o" if few else "-"
        axes.plot(epochs[there], training[there], line, color=TRAINING, label="training")
        ends += [(y, x, TRAINING) for x, y in zip(epochs[there][-1:], training[there][-1:], strict=True)]
    if validation is not None:
        there = np.isfinite(validation)
        line = "--o" if few else "--"
        axes.plot(epochs[there], validation[there], line, color=VALIDATION, label="validation")
        ends += [(y, x, VALIDATION) for x, y in zip(epochs[there][-1:], validation[there][-1:], strict=True)]

    axes.grid(axis="y")
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_formatter("{x:,.6g}")
    if len(epochs) == 1:
        axes.set(xlim=(epochs[0] - 1, epochs[0] + 1), xticks=epochs)
    else:  # the whole of training, even where a curve ends early
        margin = 0.03 * float(np.ptp(epochs))
        axes.set_xlim(epochs.min() - margin, epochs.max() + margin)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))

    low, high = axes.get_ylim()
    ends.sort()
    # Of two ends that are close the upper is written above its line and the lower below it.
    close = len(ends) == 2 and ends[1][0] - ends[0][0] < 0.08 * (high - low)
    for (y, x, color), below in zip(ends, (True, False), strict=False):
        axes.annotate(
            number(y),
            (x, y),
            xytext=(8, 0),
            textcoords="offset points",
            color=color,
            fontweight="bold",
            verticalalignment=("top" if below else "bottom") if close else "center",
            annotation_clip=False,
        )
