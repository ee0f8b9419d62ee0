"""Many small pictures on one axes: the mosaic under every figure of images.

A hundred digits are one image of a hundred tiles, drawn by one ``imshow``, and not a hundred axes. The tile
in (row, column) has its centre at x = column, y = row, rows counted from the top, so that labels go to whole
numbers. Data that are not images have line profiles for tiles: features from left to right, values upwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike, NDArray

from scratch_ae.plots.style import INK, PALE, SlideFigure

ImageShape = Sequence[int] | None
Shape = tuple[int, int] | None
Limits = tuple[float, float]

PROFILE_SHAPE = (3, 4)  # height to width of a tile that holds a line
PROFILE_MARGIN = 0.08  # free space around the line, as a share of the tile

FULL_WIDTH, FULL_HEIGHT = 11.0, 7.2  # inches; what the sizes of text in style.RC are meant for
LEAST_WIDTH = 6.5
LARGEST_TILE = 2.0


def checked_shape(image_shape: ImageShape) -> Shape:
    """``image_shape`` as (height, width), or None; ValueError if it is anything else, as a colour image's."""
    if image_shape is None:
        return None
    if len(image_shape) != 2 or min(image_shape) < 1:
        raise ValueError(
            f"image_shape is {tuple(image_shape)}, but grey images have (height, width): "
            "draw one colour channel at a time, or pass None to draw line profiles."
        )
    return int(image_shape[0]), int(image_shape[1])


def checked_count(name: str, value: int) -> int:
    """``value``, a number of tiles or columns; ValueError if it is not positive."""
    if value < 1:
        raise ValueError(f"{name} is {value}, but at least 1 is expected.")
    return value


def checked_examples(
    name: str, values: ArrayLike, shape: Shape, *, n: int | None = None, leading: str = "n"
) -> NDArray[Any]:
    """The first ``n`` of ``values`` (``leading``, features); ValueError if they do not fit ``shape``."""
    array = np.asarray(values)
    expected = f"({leading}, features)"
    if array.ndim != expected.count(",") + 1 or 0 in array.shape:
        raise ValueError(
            f"{name} has shape {array.shape}, but {expected} with nothing empty is expected: "
            "flatten each image to one row of grey values."
        )
    if shape is not None and array.shape[-1] != shape[0] * shape[1]:
        raise ValueError(
            f"{name} has {array.shape[-1]} features an example, but image_shape={shape} holds "
            f"{shape[0] * shape[1]}: pass these images' (height, width), or None to draw line profiles."
        )
    array = array[: None if n is None else checked_count("n", n)]
    if array.dtype.kind not in "buif" or not np.isfinite(array).all():
        raise ValueError(
            f"{name} holds values that are NaN, infinite or no real numbers: "
            "look where training diverged, and try a smaller learning rate."
        )
    return array


def checked_limits(name: str, examples: NDArray[Any], shape: Shape, limits: Limits | None) -> Limits:
    """The values drawn black and white: (0, 1) unless given, and for line profiles what the data span.

    Raises ValueError where most of the image would be clipped away, as with pixels from 0 to 255.
    """
    if limits is None and shape is None:
        low, high = float(examples.min()), float(examples.max())
        return (low, high) if high > low else (low - 0.5, high + 0.5)
    low, high = limits if limits is not None else (0.0, 1.0)
    if not low < high:
        raise ValueError(f"limits is ({low:g}, {high:g}), but (black, white) with black < white is expected.")
    mean, slack = float(examples.mean()), (high - low) / 2
    if not low - slack <= mean <= high + slack:
        raise ValueError(
            f"{name} has the mean {mean:.4g}, far outside the limits ({low:g}, {high:g}) of black and white: "
            "scale the pixels to [0, 1] (divide bytes by 255), or pass limits=(black, white)."
        )
    return low, high


def mosaic(images: NDArray[Any], columns: int, gap: int) -> NDArray[Any]:
    """The images (n, h, w) as one, row by row, with NaN in the gaps and where tiles are missing.

    Its shape is (rows (h + gap) − gap, columns (w + gap) − gap).
    """
    n, h, w = images.shape
    rows = -(-n // columns)
    dtype = np.result_type(images.dtype, np.float32)
    tiles: NDArray[Any] = np.full((rows * columns, h + gap, w + gap), np.nan, dtype=dtype)
    tiles[:n, :h, :w] = images
    tiles = tiles.reshape(rows, columns, h + gap, w + gap).swapaxes(1, 2)
    tiles = tiles.reshape(rows * (h + gap), columns * (w + gap))
    return tiles[: rows * (h + gap) - gap, : columns * (w + gap) - gap]


def grid(n: int) -> int:
    """Columns for ``n`` tiles: of the grids from square to rather wide, the one with fewest tiles missing."""
    widths = range(int(np.ceil(np.sqrt(n))), int(np.ceil(1.6 * np.sqrt(n))) + 1)
    return min(widths, key=lambda columns: (-n % columns, columns))


def tile_figure(title: str) -> tuple[SlideFigure, Axes]:
    """A figure with one bare axes to draw tiles on; once all is drawn, ``fit`` gives it its size."""
    figure = SlideFigure(title, FULL_WIDTH, FULL_HEIGHT)
    axes = figure.add_subplot(anchor="W")
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, pad=6)
    axes.set(xticks=[], yticks=[])
    return figure, axes


def fit(figure: SlideFigure, axes: Axes) -> Figure:
    """Size the figure so that the tiles fill it: as large as a slide allows, with no empty margins.

    What labels, title and colour bar take is known only after a layout, and is read off with the tiles
    stretched to fill their place, so that all which is not tiles is theirs.
    """
    (left, right), (bottom, top) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
    aspect = axes.get_aspect()
    ratio = float(aspect) * (top - bottom) / (right - left)
    across = (right - left) * LARGEST_TILE
    axes.set_aspect("auto")
    for _ in range(2):  # a narrower figure may need one more line for its title
        figure.lay_out()
        width, height = figure.get_size_inches()
        place = axes.get_position()
        beside, above_and_below = width * (1 - place.width), height * (1 - place.height)
        across = min(across, width - beside, (FULL_HEIGHT - above_and_below) / ratio)
        figure.set_size_inches(max(across + beside, LEAST_WIDTH), across * ratio + above_and_below)
        figure.break_headline()
    axes.set_aspect(aspect)
    return figure


def draw_tiles(
    axes: Axes,
    examples: NDArray[Any],
    columns: int,
    shape: Shape,
    limits: Limits,
    *,
    cmap: str = "gray",
    color: str = INK,
    framed: bool = False,
) -> AxesImage | LineCollection:
    """Draw ``examples`` (n, features) in rows of ``columns`` tiles; ``limits`` are the ends of their scale.

    ``framed`` is for images whose background is white; line profiles always have a frame.
    """
    n = len(examples)
    row, column = np.divmod(np.arange(n), columns)
    centres = np.stack([column, row], axis=1).astype(float)
    if shape is None:
        _draw_frames(axes, centres, 0.47, 0.47)
        lines = _draw_profiles(axes, examples, centres, limits, color)
        axes.set(xlim=(-0.5, columns - 0.5), ylim=(row[-1] + 0.5, -0.5))
        axes.set_aspect(PROFILE_SHAPE[0] / PROFILE_SHAPE[1])
        return lines
    h, w = shape
    gap = max(1, round(0.07 * max(h, w)))
    x, y = w / (w + gap) / 2, h / (h + gap) / 2  # half a tile, in units of the distance between tiles
    image = axes.imshow(
        mosaic(examples.reshape(n, h, w), columns, gap),
        cmap=cmap,
        vmin=limits[0],
        vmax=limits[1],
        extent=(-x, columns - 1 + x, row[-1] + y, -y),
        aspect=(h + gap) / (w + gap),
    )
    if framed:
        _draw_frames(axes, centres, x, y)
    return image


def _draw_frames(axes: Axes, centres: NDArray[Any], x: float, y: float) -> None:
    corners = np.array([[-x, -y], [x, -y], [x, y], [-x, y], [-x, -y]])
    frames = LineCollection(list(centres[:, None] + corners), colors=PALE, linewidths=1.0, clip_on=False)
    axes.add_collection(frames)


def _draw_profiles(
    axes: Axes, examples: NDArray[Any], centres: NDArray[Any], limits: Limits, color: str
) -> LineCollection:
    if examples.shape[1] == 1:  # one value is a level, not a point nobody sees
        examples = np.repeat(examples, 2, axis=1)
    half = 0.5 - PROFILE_MARGIN
    share = (np.clip(examples, *limits) - limits[0]) / (limits[1] - limits[0])
    x = centres[:, :1] + np.linspace(-half, half, examples.shape[1])
    y = centres[:, 1:] + half - 2 * half * share
    lines = LineCollection(list(np.stack([x, y], axis=2)), colors=color, linewidths=1.5, capstyle="round")
    axes.add_collection(lines)
    return lines
