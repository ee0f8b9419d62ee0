"""The step curve: every point where it belongs, the least error ringed and written out, theory beside it."""

import numpy as np
import pytest
from matplotlib.text import Annotation, Text

from scratch_ae.gradient_check.step_errors import step_errors
from scratch_ae.plots import step_curve
from scratch_ae.plots.step_curves import SMALLEST, power

STEPS = np.array([1e-8, 1e-6, 1e-4, 1e-2])
CURVES = {"central": (STEPS, [1e-6, 1e-9, 1e-10, 1e-3]), "one-sided": (STEPS, [1e-7, 3e-6, 1e-4, 1e-2])}


def curves_of(figure):
    return [line for line in figure.axes[0].lines if len(line.get_xdata()) == len(STEPS)]


def rings_of(figure):
    return [line.get_xydata()[0] for line in figure.axes[0].lines if line.get_marker() == "o"]


def test_curves_hold_the_numbers_on_logarithmic_axes():
    figure = step_curve(CURVES)
    for line, (steps, errors) in zip(curves_of(figure), CURVES.values(), strict=True):
        np.testing.assert_array_equal(line.get_xydata(), np.stack([steps, errors], axis=1))
    assert (figure.axes[0].get_xscale(), figure.axes[0].get_yscale()) == ("log", "log")


def test_least_error_of_each_curve_is_ringed_and_written_out():
    figure = step_curve(CURVES)
    np.testing.assert_array_equal(rings_of(figure), [(1e-4, 1e-10), (1e-8, 1e-7)])
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert texts == ["central\n1·10⁻¹⁰ at h = 1·10⁻⁴", "one-sided\n1·10⁻⁷ at h = 1·10⁻⁸"]


def test_theory_is_a_dotted_line_in_the_colour_of_its_curve():
    figure = step_curve(CURVES, expected={"one-sided": ("√ε", 1.5e-8)})
    (line,) = [line for line in figure.axes[0].lines if np.all(np.asarray(line.get_xdata()) == 1.5e-8)]
    assert line.get_color() == curves_of(figure)[1].get_color() != curves_of(figure)[0].get_color()
    assert [text.get_text() for text in figure.axes[0].texts] == ["√ε"]


def test_error_of_0_is_drawn_at_the_bottom_and_written_as_0():
    figure = step_curve({"a line": (STEPS, [1e-3, 0, 1e-5, 1e-4])})
    np.testing.assert_array_equal(rings_of(figure), [(1e-6, SMALLEST)])
    assert "0 at h = 1·10⁻⁶" in figure.axes[0].get_legend().get_texts()[0].get_text()


def test_no_text_is_cut_or_too_small():
    x = np.linspace(0, 1, 11)
    names = ("one-sided, float32", "central, float32", "one-sided, float64", "central, float64")
    curves = {
        name: step_errors(np.exp, np.exp, x, formula=name.split(",")[0], dtype=getattr(np, name[-7:]))
        for name in names
    }
    figure = step_curve(curves, expected={name: ("∛ε", 10.0 ** -(2 * i)) for i, name in enumerate(names)})
    figure.draw_without_rendering()
    axes = figure.axes[0]
    for text in [*figure.texts, *axes.texts, axes.xaxis.label, axes.yaxis.label, *axes.get_legend().get_texts()]:
        box = Text.get_window_extent(text) if isinstance(text, Annotation) else text.get_window_extent()
        assert box.x0 >= 0, text.get_text()
        assert box.y0 >= 0, text.get_text()
        assert box.x1 <= figure.bbox.x1, text.get_text()
        assert box.y1 <= figure.bbox.y1, text.get_text()
        assert text.get_fontsize() * min(13.33 / 13.0, 7.5 / 6.4) >= 14, text.get_text()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1.4, "1"), (9.6, "1·10¹"), (5e-11, "5·10⁻¹¹"), (0.03, "3·10⁻²"), (9.7e-5, "1·10⁻⁴")],
)
def test_numbers_are_written_with_one_digit_and_a_power_of_ten(value, text):
    assert power(value) == text


def test_title_replaces_the_headline_and_may_be_empty():
    assert step_curve(CURVES, title="Another headline").texts[0].get_text() == "Another headline"
    assert step_curve(CURVES, title="").texts == []


@pytest.mark.parametrize(
    ("curves", "expected", "words"),
    [
        ({}, None, "curves is empty"),
        ({"a": ([1.0, 2.0], [1.0])}, None, "1 values for 2 of x"),
        ({"a": ([1.0], [np.nan])}, None, "NaN"),
        ({"a": ([0.0], [1.0])}, None, "positive"),
        (CURVES, {"b": ("√ε", 1e-8)}, "expected"),
        (CURVES, {"central": ("√ε", 0.0)}, "expected"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(curves, expected, words):
    with pytest.raises(ValueError, match=words):
        step_curve(curves, expected=expected)
