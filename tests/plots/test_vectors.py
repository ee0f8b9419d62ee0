"""Arrows begin and end where they should, in the scale of the axes."""

import numpy as np
import pytest
from matplotlib.quiver import Quiver

from scratch_ae.plots.vectors import arrows

RNG = np.random.default_rng(0)
STARTS, ENDS = RNG.normal(size=(30, 2)), 5 + RNG.normal(size=(30, 2))


def quiver_of(axes):
    (quiver,) = (artist for artist in axes.collections if isinstance(artist, Quiver))
    return quiver


def test_arrows_lead_from_start_to_end_in_data_coordinates():
    (axes,) = arrows(STARTS, ENDS).axes
    quiver = quiver_of(axes)
    np.testing.assert_allclose(np.stack([quiver.X, quiver.Y], axis=1), STARTS)
    np.testing.assert_allclose(np.stack([quiver.U, quiver.V], axis=1), ENDS - STARTS)
    assert (quiver.angles, quiver.scale_units, quiver.scale) == ("xy", "xy", 1)


def test_no_arrow_leaves_the_figure_and_both_axes_have_the_same_scale():
    figure = arrows(STARTS, ENDS, x_label="z₁", y_label="z₂", title="a title")
    figure.draw_without_rendering()
    (axes,) = figure.axes
    for points in (STARTS, ENDS):
        inside = axes.transAxes.inverted().transform(axes.transData.transform(points))
        assert ((inside >= 0) & (inside <= 1)).all()
    assert axes.get_aspect() == 1
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("z₁", "z₂")
    assert figure.texts[0].get_text() == "a title"


def test_data_are_drawn_behind():
    data = RNG.normal(size=(50, 2))
    (axes,) = arrows(STARTS, ENDS, data).axes
    scatter, quiver = axes.collections
    np.testing.assert_allclose(np.asarray(scatter.get_offsets()), data)
    assert isinstance(quiver, Quiver)
    assert len(arrows(STARTS, ENDS).axes[0].collections) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((STARTS[:, 0], ENDS), r"starts has shape \(30,\), but \(n, 2\)"),
        ((STARTS, np.ones((30, 3))), r"ends has shape \(30, 3\)"),
        ((STARTS, ENDS[:4]), r"starts has shape \(30, 2\) and ends \(4, 2\)"),
        ((STARTS[:0], ENDS[:0]), r"starts has shape \(0, 2\)"),
        ((STARTS, ENDS * np.nan), "ends holds values that are NaN"),
        ((STARTS, ENDS, ENDS * np.inf), "data holds values that are NaN or infinite"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        arrows(*arguments)
