"""Words written where they belong, beside the curve or on top of the line that they name, and not in a legend."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import ArrayLike

from scratch_ae.plots.codes import pushed_apart
from scratch_ae.plots.style import GREY, RC
from scratch_ae.plots.values import Floats

BACKING = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"}


def write_at_ends(figure: Figure, axes: Axes, points: Mapping[str, tuple[Floats, Floats]], colors: list[str]) -> None:
    """Each name beside the right end of its curve; names that would overlap move, tied to the end by a line."""
    ends = np.array([(x[x.argmax()], y[x.argmax()]) for x, y in points.values()])
    labels = [
        axes.annotate(
            textwrap.fill(name, 20),
            (end[0], end[1]),
            xytext=(12, 0),
            textcoords="offset points",
            color=legible(color),
            fontweight="bold",
            verticalalignment="center",
            bbox=BACKING,
            arrowprops={"arrowstyle": "-", "color": GREY, "shrinkA": 0, "shrinkB": 6, "relpos": (0, 0.5)},
            annotation_clip=False,
            zorder=4,
        )
        for name, end, color in zip(points, ends, colors, strict=True)
    ]
    figure.draw_without_rendering()  # only now are sizes and scales known
    sizes = np.array([Text.get_window_extent(label).size for label in labels]) + 4
    drawn = np.concatenate([along(axes.transData.transform(np.stack(curve, axis=1))) for curve in points.values()])
    ends = axes.transData.transform(ends)
    places = places_near(ends, sizes, drawn, np.array(axes.bbox.extents))
    for label, end, place, size in zip(labels, ends, places, sizes, strict=True):
        offset = (place - end - [size[0] / 2 - 2, 0]) * 72 / figure.dpi
        label.set_position((offset[0], offset[1]))
        if label.arrow_patch is not None:
            far = (np.abs(place - end) > size / 2 + 16).any()
            beside_but_not_level = offset[0] > 0 and abs(offset[1]) > 0.45 * RC["font.size"]
            label.arrow_patch.set_visible(bool(far or beside_but_not_level))


def write_on_top(axes: Axes, x: float, text: str, color: str) -> None:
    """The text over the axes, above a vertical line at ``x``."""
    axes.annotate(
        text,
        (x, 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(0, 5),
        textcoords="offset points",
        color=color,
        fontweight="bold",
        horizontalalignment="center",
        verticalalignment="bottom",
        annotation_clip=False,
    )


def places_near(ends: Floats, sizes: Floats, drawn: Floats, frame: Floats) -> Floats:
    """Centres (k, 2) for boxes of the ``sizes`` (k, 2), in pixels, near the ``ends`` (k, 2) of the curves.

    Where no curve is in the way a box stands to the right of its end, moved up or down for its neighbours'
    sake but inside the ``frame`` (left, bottom, right, top), below which are the ticks. Every other box takes
    of some places around its end the first that covers least of the points ``drawn`` (m, 2) and other boxes.
    """
    places: Floats = ends + np.stack([sizes[:, 0] / 2 + 14, np.zeros(len(ends))], axis=1)
    blocked = np.array([covered(place, size, drawn) > 0 for place, size in zip(places, sizes, strict=True)])
    if not blocked.all():
        stacked, room = places[~blocked], sizes[~blocked]
        room[:, 0] = np.maximum(room[:, 0], 3 * room[:, 1])  # or else short names would stand in a row
        for _ in range(20):  # each time, those that do not stand at the edge give way by half of what is missing
            stacked = pushed_apart(stacked, room)
            stacked[:, 1] = stacked[:, 1].clip(frame[1] + room[:, 1] / 2, frame[3] - room[:, 1] / 2)
        places[~blocked] = pushed_apart(stacked, room)
    around = np.array([(1, 0), (0, 1), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, -1), (-1, 1)])
    for i in [*np.flatnonzero(~blocked), *np.flatnonzero(blocked)]:
        if blocked[i]:
            near, far = (ends[i] + around * (sizes[i] / 2 + gap) for gap in (12, 40))
            choices = [place for place in [*near, *far] if frame[1] < place[1] - sizes[i, 1] / 2]
            places[i] = min(choices, key=lambda place: covered(place, sizes[i], drawn))
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)])
        drawn = np.concatenate([drawn, along(places[i] + corners * sizes[i] / 2)])
    return places


def covered(place: Floats, size: Floats, drawn: Floats) -> int:
    """How many of the points ``drawn`` (m, 2) lie in a box, or so near that their markers would reach into it."""
    return int((np.abs(drawn - place) < size / 2 + 6).all(axis=1).sum())


def along(corners: Floats) -> Floats:
    """Points (m, 2) close to each other along the line through ``corners`` (k, 2)."""
    corner = np.arange(len(corners))
    at = np.linspace(0, len(corners) - 1, max(20 * len(corners), 500))
    return np.stack([np.interp(at, corner, corners[:, 0]), np.interp(at, corner, corners[:, 1])], axis=1)


def luminance(rgb: ArrayLike) -> float:
    """How bright a colour is in linear light, from 0 to 1, which is what contrast is computed from."""
    return float(np.asarray(rgb) ** 2.2 @ [0.2126, 0.7152, 0.0722])


def legible(color: str) -> str:
    """``color``, made darker if need be for letters on white to have a contrast of 3 : 1, as large text needs."""
    rgb = np.array(to_rgb(color))
    return to_hex(rgb * min(1.0, 0.3 / max(luminance(rgb), 1e-9)) ** (1 / 2.2))
