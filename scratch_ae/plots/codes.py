"""Where the codes lie: the encoder's view of the data, coloured by a class it was never told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from numpy.typing import ArrayLike, NDArray

from scratch_ae.plots.style import GREY, INK, OKABE_ITO, RC, SlideFigure, look, palette

Floats = NDArray[np.float64]


@look()
def code_space(
    codes: ArrayLike,
    labels: ArrayLike | None = None,
    label_names: Sequence[str] | None = None,
    *,
    symbol: str = "h",
    title: str | None = None,
) -> Figure:
    """A point for each example at its code, coloured by class, with each class's name at its median.

    codes        (n, d). d = 1: a histogram for each class; d = 2: the code itself; d > 2: two principal
                 components.
    labels       (n,), or None for a single colour. The colours tell up to ten classes apart.
    label_names  label_names[k] is the name of class k; by default the label itself is written.
    symbol       what the code is called on the axes: "h", or "z" for a variational autoencoder.

    Raises ValueError for shapes that do not fit, labels without a name, and codes that are not finite.
    """
    points = np.asarray(codes, dtype=np.float64)
    if points.ndim != 2 or 0 in points.shape:
        raise ValueError(f"codes has shape {points.shape}, but (n, d) is expected: pass one code a row.")
    if not np.isfinite(points).all():
        raise ValueError(
            "codes holds values that are NaN or infinite: "
            "look where training diverged, and try a smaller learning rate."
        )
    members, names = _classes(labels, label_names, len(points))

    n, d = points.shape
    headline = f"Codes of {n:,} example{'s' if n > 1 else ''}" + (" by class" if labels is not None else "")
    if d == 1:
        headline += ", each scaled to its peak" if labels is not None else ""
        figure = SlideFigure(headline if title is None else title, 10.5, 6.8)
        _histograms(figure.add_subplot(), points[:, 0], members, names, symbol)
        return figure
    x_label, y_label = f"{symbol}₁", f"{symbol}₂"
    if d > 2:
        points, shares = principal_components(points)
        headline += f": 2 of {d} principal components"
        x_label = f"1st principal component ({100 * shares[0]:.0f} % of variance)"
        y_label = f"2nd principal component ({100 * shares[1]:.0f} % of variance)"
    figure = SlideFigure(headline if title is None else title, 10.5, 7.2)
    axes = figure.add_subplot(xlabel=x_label, ylabel=y_label)
    colors = palette(len(names))
    _scatter(axes, points, members, colors)
    if labels is not None:
        centres = np.array([np.median(points[indices], axis=0) for indices in members])
        _write_names(figure, axes, centres, names, colors)
    return figure


def principal_components(codes: ArrayLike) -> tuple[Floats, Floats]:
    """The codes (n, d), d ≥ 2, in their first two principal components (n, 2), and the variance shares (2,).

    The components are eigenvectors of the covariance, d × d and so far smaller than the codes when n is
    large. Either sign of an eigenvector is right; the one with the largest entry positive is taken, so that
    a figure looks the same every time.
    """
    centred = np.asarray(codes, dtype=np.float64)
    centred = centred - centred.mean(axis=0)
    variances, directions = np.linalg.eigh(centred.T @ centred / len(centred))  # ascending
    first_two = directions[:, :-3:-1]
    largest = first_two[np.abs(first_two).argmax(axis=0), [0, 1]]
    total = variances.sum()
    shares = variances[:-3:-1].clip(min=0) / total if total > 0 else np.zeros(2)
    return centred @ (first_two * np.sign(largest)), shares


def _classes(
    labels: ArrayLike | None, label_names: Sequence[str] | None, n: int
) -> tuple[list[NDArray[Any]], list[str]]:
    """For each class the indices of its examples, and its name; without labels, one class with no name."""
    if labels is None:
        return [np.arange(n)], [""]
    array = np.asarray(labels)
    if array.shape != (n,):
        raise ValueError(f"labels has shape {array.shape}, but ({n},) is expected: pass one label a code.")
    present = np.unique(array)
    members = [np.flatnonzero(array == k) for k in present]
    if label_names is None:
        return members, [str(k) for k in present]
    if array.dtype.kind not in "iu" or present[0] < 0 or present[-1] >= len(label_names):
        raise ValueError(
            f"labels run from {present[0]} to {present[-1]}, but label_names names the integers from 0 to "
            f"{len(label_names) - 1}: pass a name for each class."
        )
    return members, [label_names[k] for k in present]


def _scatter(axes: Axes, points: Floats, members: list[NDArray[Any]], colors: list[str]) -> None:
    color_of = np.empty(len(points), dtype=object)
    for indices, color in zip(members, colors, strict=True):
        color_of[indices] = color
    # In random order, or the last class would cover the others wherever they meet.
    order = np.random.default_rng(0).permutation(len(points))
    axes.scatter(
        points[order, 0],
        points[order, 1],
        s=float(np.clip(60_000 / len(points), 10, 60)),
        c=list(color_of[order]),
        alpha=0.6 if len(points) > 1000 else 0.85,
        linewidths=0,
        rasterized=True,  # ten thousand vector dots make a PDF nobody can scroll
    )
    axes.xaxis.set_major_formatter("{x:,.6g}")
    axes.yaxis.set_major_formatter("{x:,.6g}")
    spans = np.ptp(points, axis=0)
    if spans.max() <= 3 * spans.min():  # equal scales show true distances, but a sliver would show nothing
        axes.set_aspect("equal", adjustable="datalim")


def _write_names(figure: Figure, axes: Axes, centres: Floats, names: list[str], colors: list[str]) -> None:
    """Each name in a box at its centre; where boxes would overlap, moved away but tied to it by a line."""
    boxes: list[Annotation] = []
    for name, centre, color in zip(names, centres, colors, strict=True):
        axes.plot(*centre, marker="o", markersize=7, color=color, markeredgecolor=INK, zorder=4)
        box = axes.annotate(
            name,
            (centre[0], centre[1]),
            xytext=(centre[0], centre[1]),
            horizontalalignment="center",
            verticalalignment="center",
            fontweight="bold",
            bbox={"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": color, "linewidth": 2.5},
            arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0},
            zorder=5,
        )
        boxes.append(box)
    figure.draw_without_rendering()  # only now are sizes and scales known
    patches = [box.get_bbox_patch() for box in boxes]
    sizes = np.array([patch.get_window_extent().size for patch in patches if patch is not None])
    places = pushed_apart(axes.transData.transform(centres), sizes + 6)
    for box, place in zip(boxes, axes.transData.inverted().transform(places), strict=True):
        box.set_position((place[0], place[1]))


def pushed_apart(centres: Floats, sizes: Floats, rounds: int = 500) -> Floats:
    """Centres (k, 2) of boxes of the ``sizes`` (k, 2), moved until no two overlap, or ``rounds`` are over.

    In each round a box that overlaps others moves by the mean of what they ask of it: half of what is
    missing, along the axis on which less is missing.
    """
    # Boxes in the very same place would have no direction to move in.
    places: Floats = centres + 1e-3 * np.random.default_rng(0).standard_normal(centres.shape)
    room = (sizes[:, None] + sizes[None]) / 2
    for _ in range(rounds):
        apart = places[:, None] - places[None]
        missing = room - np.abs(apart)
        overlap = (missing > 0).all(axis=2) & ~np.eye(len(places), dtype=bool)
        if not overlap.any():
            break
        nearer = missing.argmin(axis=2)[..., None] == np.arange(2)
        push = np.where(overlap[..., None] & nearer, np.sign(apart) * (missing + 0.01) / 2, 0.0)
        places = places + push.sum(axis=1) / np.maximum(overlap.sum(axis=1), 1)[:, None]
    return places


def _histograms(axes: Axes, values: Floats, members: list[NDArray[Any]], names: list[str], symbol: str) -> None:
    """A ridge for each class over one axis, each as high as the next, to show where each class lies."""
    edges = np.histogram_bin_edges(values, bins=int(np.clip(len(values) / 20, 10, 80)))
    axes.set_xlabel(symbol)
    if names == [""]:
        axes.stairs(np.histogram(values, edges)[0], edges, fill=True, color=OKABE_ITO[0])
        axes.set_ylabel("examples per bin")
        return
    for row, (indices, color) in enumerate(zip(members, palette(len(names)), strict=True)):
        counts = np.histogram(values[indices], edges)[0]
        heights = 0.9 * counts / counts.max()
        axes.stairs(heights - row, edges, baseline=-row, fill=True, color=color, alpha=0.85)
        axes.axhline(-row, color=GREY, linewidth=0.8, zorder=0)
    axes.set_yticks([0.3 - row for row in range(len(names))], names, fontsize=RC["font.size"])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(0.9 - len(names), 1.0)
