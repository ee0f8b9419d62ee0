"""Figures made of images: reconstructions, samples, interpolations, the map of a 2-dimensional code, filters.

All take images as rows (n, features) and ``image_shape=(height, width)``; ``image_shape=None`` is for data
that are not images, and draws each example as a line. ``limits`` are the values drawn black and white, (0, 1)
unless given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from scratch_ae.plots.style import INK, OKABE_ITO, RC, look
from scratch_ae.plots.tiles import (
    ImageShape,
    Limits,
    checked_count,
    checked_examples,
    checked_limits,
    checked_shape,
    draw_tiles,
    fit,
    grid,
    tile_figure,
)

FIRST_ROW = "#BBBBBB"  # the original behind a reconstruction, in line profiles
REAL = OKABE_ITO[1]


@look()
def reconstructions(
    rows: ArrayLike | Mapping[str, ArrayLike],
    reconstructed: ArrayLike | None = None,
    n: int = 10,
    *,
    image_shape: ImageShape = (28, 28),
    limits: Limits | None = None,
    title: str | None = None,
) -> Figure:
    """One example a column: what went in at the top, what the autoencoder made of it below.

    rows  the originals (m, features), with ``reconstructed`` of the same shape; or, for any number of rows, a
          mapping of row label -> (m, features), as {"original x": …, "noisy x̃": …, "reconstruction r": …}.
    n     how many examples to draw, from the first on.

    Line profiles (image_shape=None) have the first row behind every other, in grey.

    Raises ValueError for shapes that differ or do not fit ``image_shape``, and values that are not finite.
    """
    if isinstance(rows, Mapping):
        if reconstructed is not None or not rows:
            raise ValueError("reconstructions takes two arrays, or one mapping of label -> array, not both.")
        named = dict(rows)
    elif reconstructed is None:
        raise ValueError("reconstructed is missing: pass it after the originals, or pass a mapping of rows.")
    else:
        named = {"original x": rows, "reconstruction r": reconstructed}
    shape = checked_shape(image_shape)
    arrays = {label: checked_examples(f"Row '{label}'", values, shape, n=n) for label, values in named.items()}
    shapes = {label: np.shape(values) for label, values in named.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(f"The rows have shapes {shapes}, but one is expected: pass the same examples in each.")

    labels = list(arrays)
    first = arrays[labels[0]]
    examples = np.concatenate(list(arrays.values()))
    limits = checked_limits(f"Row '{labels[0]}'", first if shape else examples, shape, limits)
    if title is None:
        versions = ", ".join(labels) if len(labels) <= 4 else f"{len(labels)} versions of it, named on the left"
        title = f"One example a column: {versions}"
    figure, axes = tile_figure(title)
    if shape is None:
        draw_tiles(axes, np.tile(first, (len(labels), 1)), len(first), shape, limits, color=FIRST_ROW)
    draw_tiles(axes, examples, len(first), shape, limits)
    axes.set_yticks(range(len(labels)), labels, fontsize=RC["font.size"])
    return fit(figure, axes)


@look()
def samples(
    images: ArrayLike,
    n: int = 100,
    *,
    columns: int | None = None,
    row_labels: Sequence[str] | None = None,
    image_shape: ImageShape = (28, 28),
    limits: Limits | None = None,
    title: str | None = None,
) -> Figure:
    """A grid of images, row by row: the first ``n`` of ``images`` (m, features).

    columns     tiles in a row; by default the grid is as square as can be without leaving places empty.
    row_labels  what to write before each row, such as the class a conditional model was asked for.

    Raises ValueError for shapes that do not fit, and for values that are not finite.
    """
    shape = checked_shape(image_shape)
    array = checked_examples("images", images, shape, n=n)
    limits = checked_limits("images", array, shape, limits)
    columns = grid(len(array)) if columns is None else min(checked_count("columns", columns), len(array))
    rows = -(-len(array) // columns)
    if row_labels is not None and len(row_labels) != rows:
        raise ValueError(f"row_labels has {len(row_labels)} labels for {rows} rows: pass one label a row.")
    if title is None:
        title = f"{len(array)} {_noun(shape)}{'s' if len(array) > 1 else ''} drawn from the model"
    figure, axes = tile_figure(title)
    draw_tiles(axes, array, columns, shape, limits)
    if row_labels is not None:
        axes.set_yticks(range(rows), row_labels, fontsize=RC["font.size"])
    return fit(figure, axes)


@look()
def interpolation(
    images: ArrayLike,
    *,
    ends: tuple[str, str] | None = ("real", "real"),
    image_shape: ImageShape = (28, 28),
    limits: Limits | None = None,
    title: str | None = None,
) -> Figure:
    """Each row goes from one image to another by decoding codes in between; both ends are framed and named.

    images  (pairs, steps, features): step s of a row stands at t = s / (steps − 1) of the way, its code being
            (1 − t) z_left + t z_right.
    ends    the names of the first and last column, where the real images stand; None where the ends, too, are
            decoded, and nothing is to be framed.

    Raises ValueError for shapes that do not fit, fewer than three steps, and values that are not finite.
    """
    shape = checked_shape(image_shape)
    array = checked_examples("images", images, shape, leading="pairs, steps")
    limits = checked_limits("images", array, shape, limits)
    pairs, steps, features = array.shape
    if steps < 3:
        raise ValueError(f"images has {steps} steps a row, but two ends and one between are the least expected.")
    if title is None:
        title = f"From one {_noun(shape)} to another, by decoding the codes in between"
    figure, axes = tile_figure(title)
    draw_tiles(axes, array.reshape(-1, features), steps, shape, limits)
    # Beyond 13 tiles the numbers would run into each other.
    places, names = _ticks(np.linspace(0, 1, steps), most=13 if steps <= 13 else 7)
    if ends is not None:
        names[0], names[-1] = ends
    axes.set_xticks(places, names)
    axes.tick_params(axis="x", pad=12)  # clear of the frames
    axes.set_xlabel("t: share of the way from left to right")
    for end in (0, -1) if ends is not None else ():
        axes.get_xticklabels()[end].set(color=REAL, fontweight="bold")
        corner = (places[end] - 0.5, -0.5)
        axes.add_patch(Rectangle(corner, 1, pairs, fill=False, edgecolor=REAL, linewidth=4, clip_on=False))
    return fit(figure, axes)


@look()
def manifold(
    images: ArrayLike,
    x_values: ArrayLike,
    y_values: ArrayLike | None = None,
    *,
    symbol: str = "z",
    unit: str = "in σ of the prior",
    image_shape: ImageShape = (28, 28),
    limits: Limits | None = None,
    title: str | None = None,
) -> Figure:
    """What the decoder draws at each point of a 2-dimensional code: a map, z₁ to the right and z₂ upwards.

    images    (len(y_values), len(x_values), features), with images[i, j] decoded from z₁ = x_values[j] and
              z₂ = y_values[i]; or that flattened to (len(y_values) · len(x_values), features).
    x_values  z₁ of each column from left to right. Tiles are evenly spaced even where the values are not, as
              with quantiles of the prior.
    y_values  z₂ of each row from the bottom up; the same as ``x_values`` unless given.

    Raises ValueError if the number of images is not that of the grid, and for values that are not finite.
    """
    shape = checked_shape(image_shape)
    across = np.asarray(x_values, dtype=float).reshape(-1)
    up = across if y_values is None else np.asarray(y_values, dtype=float).reshape(-1)
    array = np.asarray(images)
    if array.ndim == 3 and array.shape[:2] == (len(up), len(across)):
        array = array.reshape(len(up) * len(across), -1)
    array = checked_examples("images", array, shape)
    if len(array) != len(up) * len(across):
        raise ValueError(
            f"images holds {len(array)} images, but {len(up)} × {len(across)} are expected: "
            "pass the x_values and y_values of the grid they were decoded from."
        )
    limits = checked_limits("images", array, shape, limits)
    from_top = array.reshape(len(up), len(across), -1)[::-1].reshape(array.shape)
    if title is None:
        title = f"What the decoder draws at each point ({symbol}₁, {symbol}₂)"
    figure, axes = tile_figure(title)
    draw_tiles(axes, from_top, len(across), shape, limits)
    axes.set_xticks(*_ticks(across, most=7))
    axes.set_yticks(*_ticks(up[::-1], most=7))
    axes.set_xlabel(f"{symbol}₁ ({unit})" if unit else f"{symbol}₁")
    axes.set_ylabel(f"{symbol}₂ ({unit})" if unit else f"{symbol}₂")
    return fit(figure, axes)


@look()
def filters(
    weights: ArrayLike,
    n: int = 100,
    *,
    order: Literal["norm", "index"] = "norm",
    image_shape: ImageShape = (28, 28),
    title: str | None = None,
) -> Figure:
    """What hidden units look for: the weights into each as an image, red if a bright pixel raises its input.

    weights  (fan_in, units): the first layer's W, a unit a column. Each tile is scaled by its own largest
             |w|, with white at zero, so that it shows a pattern; strengths cannot be compared between tiles.
    n        how many units to draw.
    order    "norm": the largest norms first, row by row; "index": as they stand in the matrix.

    Raises ValueError if fan_in does not fit ``image_shape``, and for weights that are not finite.
    """
    shape = checked_shape(image_shape)
    array = np.asarray(weights)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"weights has shape {array.shape}, but (fan_in, units) is expected: pass a layer's W.")
    if shape is not None and len(array) != shape[0] * shape[1]:
        raise ValueError(
            f"weights has {len(array)} rows, but image_shape={shape} holds {shape[0] * shape[1]} pixels: "
            "pass of the first layer's W the rows that belong to pixels, or the image_shape that fits."
        )
    if order not in ("norm", "index"):
        raise ValueError(f"order is {order!r}, but 'norm' or 'index' is expected.")
    units = checked_examples("weights", array.T, shape)
    total = len(units)
    if order == "norm":
        units = units[np.argsort(-np.linalg.norm(units, axis=1), kind="stable")]
    units = units[: checked_count("n", n)]
    largest = np.abs(units).max(axis=1, keepdims=True)
    units = units / np.where(largest > 0, largest, 1)  # a unit whose weights are all zero stays a white tile

    if title is None:
        which = f"{len(units)} of {total}" if len(units) < total else f"all {total}"
        title = f"Input weights of {which} hidden units" if total > 1 else "Input weights of the hidden unit"
        title += ", largest first" if order == "norm" and len(units) > 1 else ""
    figure, axes = tile_figure(title)
    drawn = draw_tiles(axes, units, grid(len(units)), shape, (-1.0, 1.0), cmap="RdBu_r", framed=True)
    axes.set_xlabel("each tile is scaled to its own largest |w|")
    if isinstance(drawn, AxesImage):
        bar = figure.colorbar(drawn, ax=axes, aspect=16)
        words = "w {} 0: a bright\npixel {} the\nunit's input"
        bar.ax.set_yticks([-1, 0, 1], [words.format("<", "lowers"), "w = 0", words.format(">", "raises")])
        for label, align in zip(bar.ax.get_yticklabels(), ("bottom", "center", "top"), strict=True):
            label.set_verticalalignment(align)  # type: ignore[arg-type]
        bar.ax.tick_params(length=0, labelsize=RC["ytick.labelsize"], labelcolor=INK)
        bar.outline.set_visible(False)
    return fit(figure, axes)


def _noun(shape: tuple[int, int] | None) -> str:
    return "example" if shape is None else "image"


def _ticks(values: NDArray[np.float64], most: int) -> tuple[list[int], list[str]]:
    """Places and texts of ticks for tiles at ``values``: all, or at most ``most`` (odd) spread evenly."""
    n = len(values)
    # Of an even number of tiles an odd number of ticks cannot stand symmetrically.
    count = n if n <= most else most - 1 + n % 2
    places = [int(i) for i in np.linspace(0, n - 1, count).round()]
    texts = [f"{values[i]:.2g}" if abs(values[i]) < 10 else f"{values[i]:.0f}" for i in places]
    return places, [text.replace("-", "−") for text in texts]
