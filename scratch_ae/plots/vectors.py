"""Arrows in the plane: where a model of two features moves the points that it is given."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from scratch_ae.plots.style import GREY, OKABE_ITO, SlideFigure, look


@look()
def arrows(
    starts: ArrayLike,
    ends: ArrayLike,
    data: ArrayLike | None = None,
    *,
    x_label: str = "x₁",
    y_label: str = "x₂",
    title: str = "Where each point is moved",
) -> Figure:
    """An arrow from each of ``starts`` (n, 2) to its place in ``ends`` (n, 2), both axes in the same scale.

    data  (m, 2): points to draw behind the arrows, such as those a model was trained on.

    Raises ValueError for shapes that do not fit, and values that are not finite.
    """
    tails, heads = _points("starts", starts), _points("ends", ends)
    if tails.shape != heads.shape:
        raise ValueError(
            f"starts has shape {tails.shape} and ends {heads.shape}: pass for each start the one end of its arrow."
        )
    figure = SlideFigure(title, 10.5, 7.2)
    axes = figure.add_subplot(xlabel=x_label, ylabel=y_label)
    if data is not None:
        x, y = _points("data", data).T
        axes.scatter(x, y, s=12, color=GREY, alpha=0.5, linewidths=0, rasterized=True)
    axes.quiver(
        *tails.T,
        *(heads - tails).T,
        angles="xy",
        scale_units="xy",
        scale=1,
        color=OKABE_ITO[0],
        width=0.0035,
    )
    # A quiver knows only where its arrows begin: their ends have to be given room, too.
    axes.update_datalim(heads)
    axes.autoscale_view()
    axes.set_aspect("equal", adjustable="datalim")
    return figure


def _points(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """``values`` as points (n, 2); ValueError if they are anything else."""
    points = np.asarray(values, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(
            f"{name} has shape {points.shape}, but (n, 2) is expected: pass one point of the plane a row."
        )
    if not np.isfinite(points).all():
        raise ValueError(f"{name} holds values that are NaN or infinite: look where training diverged.")
    return points
