"""Stacked bars: each part stands on the one before it, and what is written can be read."""

from functools import cache
from itertools import combinations

import numpy as np
import pytest

from scratch_ae.plots import stacked_bars

WIDTHS = ["100", "200", "500", "1,000", "2,000"]
PARTS = {"matrix products": [1, 1, 1, 1, 1], "Adam": [2, 1.5, 1, 1, 2], "Python calls": [0.5, 0.2, 0.1, 0, 0]}
LONG = {f"a part whose name has {word} words": [i, i + 1.0] for i, word in enumerate(["six", "seven", "eight"])}
XY = {"x_label": "width", "y_label": "time", "title": "Where the microseconds of an image go"}
ABOVE = {panel: ["37", "58", "127", "370", "1,043"] for panel in ("batch 32", "batch 128", "batch 512")}
FIGURES = {
    "three panels": ([dict.fromkeys(ABOVE, PARTS), WIDTHS], {**XY, "above": ABOVE}),
    "one panel": ([{"": PARTS}, WIDTHS], XY),
    "long names": ([{"panel": LONG}, ["a", "b"]], XY),
    "one bar of one part": ([{"panel": {"part": [3.0]}}, ["a"]], XY),
    "nothing": ([{"panel": {"part": [0.0]}}, ["a"]], XY),
}
every_figure = pytest.mark.parametrize("name", FIGURES)


@cache
def drawn(name):
    arguments, options = FIGURES[name]
    figure = stacked_bars(*arguments, **options)
    figure.draw_without_rendering()
    return figure


def texts_of(figure):
    found = [*figure.texts, *figure.legends[0].get_texts()]
    for axes in figure.axes:
        found += [*axes.texts, axes.xaxis.label, axes.yaxis.label, axes._left_title, *axes.get_xticklabels()]
    return [(text.get_text(), text.get_window_extent()) for text in found if text.get_text()]


@every_figure
def test_no_text_is_cut_and_no_two_overlap(name):
    figure = drawn(name)
    for words, box in texts_of(figure):
        assert min(box.x0, box.y0) >= 0, words
        assert box.x1 <= figure.bbox.x1, words
        assert box.y1 <= figure.bbox.y1, words
    for (words, box), (others, other) in combinations(texts_of(figure), 2):
        across = min(box.x1, other.x1) - max(box.x0, other.x0)
        up = min(box.y1, other.y1) - max(box.y0, other.y0)
        assert min(across, up) < 1, (words, others)


def test_each_part_is_as_high_as_its_value_and_stands_on_the_parts_before_it():
    for axes in drawn("three panels").axes:
        floor = np.zeros(len(WIDTHS))
        for heights, bars in zip(PARTS.values(), axes.containers, strict=True):
            np.testing.assert_allclose([bar.get_height() for bar in bars], heights)
            np.testing.assert_allclose([bar.get_y() for bar in bars], floor)
            floor += heights


def test_legend_names_the_parts_from_the_top_down_in_their_colours():
    figure = drawn("one panel")
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == list(PARTS)[::-1]
    colors = [bars[0].get_facecolor() for bars in figure.axes[0].containers]
    assert [patch.get_facecolor() for patch in legend.get_patches()] == colors[::-1]


def test_panels_share_their_scale():
    figure = stacked_bars({"low": {"part": [1.0]}, "high": {"part": [9.0]}}, ["a"], **XY)
    low, high = figure.axes
    assert low.get_ylim() == high.get_ylim()
    assert high.get_ylim()[1] > 9


@pytest.mark.parametrize(
    ("panels", "names", "words"),
    [
        ({}, [], "panels is empty"),
        ({"panel": {}}, [], "panels is empty"),
        ({"one": {"a": [1]}, "two": {"b": [1]}}, ["x"], "Panel 'two' has the parts"),
        ({"one": {"a": [1, 2]}}, ["x"], "has 2 values for 1 names"),
        ({"one": {"a": [-1]}}, ["x"], "goes down to -1"),
        ({"one": {"a": [np.nan]}}, ["x"], "Part 'a' of panel 'one' holds values that are NaN"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(panels, names, words):
    with pytest.raises(ValueError, match=words) as caught:
        stacked_bars(panels, names, **XY)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("above", [{"panle": ["1"]}, {"panel": ["1", "2"]}])
def test_texts_that_belong_to_no_bar_are_refused(above):
    with pytest.raises(ValueError, match=r"above\['pan"):
        stacked_bars({"panel": {"part": [1.0]}}, ["a"], **XY, above=above)
