"""Charts: what is drawn are the numbers, names stand where they belong, no text is cut or covers another."""

import copy
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import StepPatch
from matplotlib.text import Annotation, Text

from scratch_ae.plots import bars, error_table, histogram, lines
from scratch_ae.plots.style import OKABE_ITO

RNG = np.random.default_rng(0)
NOISE = np.linspace(0.1, 1.0, 10)
AGAINST_NOISE = {"plain": 8 + 60 * NOISE**1.6, "denoising": 14 + 9 * NOISE**2, "contractive": 9 + 45 * NOISE**1.5}
BYTES = 4.0 * 2 ** np.arange(1, 8)
JPEG = (np.array([330.0, 380, 450, 560, 700, 900]), np.array([38.0, 25, 14, 7, 4, 2]))
RATE = {"autoencoder": 42 * np.exp(-BYTES / 70) + 4, "PCA": 52 * np.exp(-BYTES / 200) + 2, "JPEG": JPEG}
KL = np.concatenate([np.sort(RNG.uniform(0.3, 4, 12))[::-1], RNG.uniform(0, 0.01, 8)])
ACTIVATIONS = np.abs(RNG.normal(0.05, 0.012, 400))
ACCURACY = {"raw pixels": 0.9212, "PCA, 30 components": 0.8911, "autoencoder codes": 0.9433}
TABLE = np.array([[4.1, 38.2], [29.5, 6.0]])
KINDS = ["digits", "clothes"]
ERRORS = {"digits": RNG.gamma(9, 1, 1000), "clothes": RNG.gamma(20, 1.8, 500)}
WALL = ([2.02, 2.05, 3], [0, 4, 4])
LONG = "logistic regression on a representation"

XY = {"x_label": "what is set", "y_label": "what is measured", "title": "A headline"}
Y = {"y_label": "what is measured", "title": "A headline"}
OF_TABLE = {"row_title": "trained on", "column_title": "fed", "title": "A headline"}

FIGURES = {
    "curves against noise": (lines, [NOISE, AGAINST_NOISE], XY),
    "rate and distortion": (lines, [BYTES, RATE], {**XY, "logx": True}),
    "singular values": (lines, [np.arange(1, 101), {"a": np.exp(-np.arange(100) / 9)}], {**XY, "logy": True}),
    "less than a decade": (lines, [[1, 10, 90], {"a": [150, 130, 120]}], {**XY, "logx": True, "logy": True}),
    "ends in one place": (lines, [[1, 2], {"a": [0, 0], "b": [3, 0], "c": [5, 0], LONG * 2: [8, 0]}], XY),
    "ends in one place at the top": (lines, [[1, 2], {"a": [0, 9], "b": [3, 9], "c": [5, 9], LONG: [8, 9]}], XY),
    "ends before a curve": (lines, [[1], {"wall": WALL, "a": ([1, 2], [1, 2]), "b": ([1, 2], [3, 2])}], XY),
    "eight curves": (lines, [[1, 2, 3], {f"curve {i}": [i, 2 * i, 5 + i / 50] for i in range(8)}], XY),
    "curves that are equal": (lines, [[1, 2], {"a": [1, 1], "b": [1, 1], "c": [1, 1]}], XY),
    "curve of one point": (lines, [[3], {"a": [150.0]}], XY),
    "curve from right to left": (lines, [[3, 2, 1], {LONG: [1, 3, 2], "b": [3, 2, 1]}], XY),
    "KL": (bars, [KL], Y),
    "accuracy": (bars, [ACCURACY], {**Y, "line": 0.9212, "line_label": "raw pixels"}),
    "400 bars": (bars, [ACTIVATIONS], {**XY, "line": 0.05, "line_label": "target ρ = 0.05"}),
    "one bar": (bars, [{"only": 3.0}], Y),
    "bars on both sides of zero": (bars, [{"up": 1.5, "down": -2.25, "tiny": -1e-4, "zero": 0}], {**Y, "line": -1.0}),
    "bars of zero": (bars, [np.zeros(5)], {**Y, "line": 0.0, "line_label": "zero"}),
    "12 equal bars": (bars, [np.full(12, -789.4)], Y),
    "names of words": (bars, [{f"a name of five words {i}": i for i in range(9)}], Y),
    "long names": (bars, [{f"{LONG} {i}": i for i in range(9)}], Y),
    "60 names": (bars, [{f"{LONG} {i}": i for i in range(60)}], Y),
    "table": (error_table, [TABLE, KINDS, KINDS], OF_TABLE),
    "table of 100": (
        error_table,
        [99 * RNG.random((10, 10)), range(10), [f"class {i}" for i in range(10)]],
        OF_TABLE,
    ),
    "table of one": (error_table, [[[1.0]], ["a"], ["b"]], OF_TABLE),
    "table of long names": (error_table, [[[-1234.5, 2, 3]], [LONG], [LONG, LONG, LONG]], OF_TABLE),
    "histogram": (histogram, [ACTIVATIONS], {**XY, "line": 0.05, "line_label": "target ρ"}),
    "histograms": (histogram, [{**ERRORS, LONG: RNG.normal(70, 3, 200)}], XY),
    "histogram of equal values": (histogram, [np.full(9, 0.05)], {**XY, "line": 0.0, "line_label": "to the left"}),
}
every_figure = pytest.mark.parametrize("name", FIGURES)


@cache
def drawn(name):
    """The figure, laid out; with its arguments as they were before and after."""
    draw, arguments, options = FIGURES[name]
    before = copy.deepcopy(arguments)
    figure = draw(*arguments, **options)
    figure.draw_without_rendering()
    return figure, before, arguments


def ticks_of(axes):
    for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        for place, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True):
            if min(limits) <= place <= max(limits):
                yield label


def box_of(text):
    # That of an annotation would enclose its arrow, too.
    return Text.get_window_extent(text) if isinstance(text, Annotation) else text.get_window_extent()


def texts_of(figure):
    """Every text that is seen, with the box it has on the figure."""
    (axes,) = figure.axes
    found = [*figure.texts, *axes.texts, axes.xaxis.label, axes.yaxis.label, *ticks_of(axes)]
    if axes.get_legend() is not None:
        found += axes.get_legend().get_texts()
    return [(text.get_text(), box_of(text)) for text in found if text.get_text() and text.get_visible()]


def tick_texts(axis):
    labels = [label.get_text() for label in axis.get_ticklabels()]
    return dict(zip(axis.get_ticklocs(), labels, strict=True))


def annotations(axes):
    return {text.get_text(): text for text in axes.texts}


@every_figure
def test_no_text_is_cut(name):
    figure, _, _ = drawn(name)
    for words, box in texts_of(figure):
        assert box.x0 >= 0, words
        assert box.y0 >= 0, words
        assert box.x1 <= figure.bbox.x1, words
        assert box.y1 <= figure.bbox.y1, words


@every_figure
def test_no_two_texts_overlap(name):
    figure, _, _ = drawn(name)
    for (words, box), (others, other) in combinations(texts_of(figure), 2):
        across = min(box.x1, other.x1) - max(box.x0, other.x0)
        up = min(box.y1, other.y1) - max(box.y0, other.y0)
        assert min(across, up) < 1, (words, others)


@every_figure
def test_text_is_large_enough_for_the_back_of_a_room_when_the_figure_fills_a_slide(name):
    figure, _, _ = drawn(name)
    width, height = figure.get_size_inches()
    on_a_slide = min(13.33 / width, 7.5 / height)
    for text in [*figure.texts, *figure.axes[0].texts, *ticks_of(figure.axes[0])]:
        assert text.get_fontsize() * on_a_slide >= 14, text.get_text()


@every_figure
def test_axes_keep_most_of_the_figure(name):
    figure, _, _ = drawn(name)
    place = figure.axes[0].get_position()
    assert place.width > 0.6
    assert place.height > 0.4


@every_figure
def test_inputs_are_never_changed(name):
    _, before, after = drawn(name)
    for old, new in zip(before, after, strict=True):
        if isinstance(old, dict):
            assert list(old) == list(new)
            old, new = list(old.values()), list(new.values())
        for one, other in zip(old, new, strict=True):
            np.testing.assert_array_equal(one, other)


# Curves


def test_each_curve_has_its_points_and_one_of_a_pair_its_own_x():
    (axes,) = drawn("rate and distortion")[0].axes
    for line, (name, curve) in zip(axes.lines, RATE.items(), strict=True):
        x, y = curve if name == "JPEG" else (BYTES, curve)
        np.testing.assert_array_equal(line.get_xdata(), x)
        np.testing.assert_array_equal(line.get_ydata(), y)


def test_two_numbers_in_a_tuple_are_a_curve_and_not_a_pair():
    (line,) = lines([1, 2], {"a": (5.0, 6.0)}, **XY).axes[0].lines
    np.testing.assert_array_equal(line.get_xydata(), [[1, 5], [2, 6]])


def test_shared_x_may_be_missing_where_each_curve_has_its_own():
    (line,) = lines(None, {"a": ([1, 2], [5, 6])}, **XY).axes[0].lines
    np.testing.assert_array_equal(line.get_xydata(), [[1, 5], [2, 6]])


def test_curves_can_be_told_apart_without_colour():
    (axes,) = drawn("eight curves")[0].axes
    assert len({line.get_marker() for line in axes.lines}) == 8
    assert len({line.get_color() for line in axes.lines}) == 8
    assert all(a.get_linestyle() != b.get_linestyle() for a, b in zip(axes.lines, axes.lines[1:], strict=False))


def test_curve_of_a_hundred_points_has_a_dozen_markers_with_one_at_its_end():
    (line,) = drawn("singular values")[0].axes[0].lines
    assert len(line.get_markevery()) == 12
    assert line.get_markevery()[-1] == 99
    assert all(line.get_markevery() is None for line in drawn("curves against noise")[0].axes[0].lines)


@pytest.mark.parametrize("name", ["curves against noise", "rate and distortion", "curve from right to left"])
def test_name_stands_near_the_right_end_of_its_own_curve_and_in_its_colour(name):
    figure, _, _ = drawn(name)
    (axes,) = figure.axes
    for line, text in zip(axes.lines, axes.texts, strict=True):
        assert text.get_text().replace("\n", " ") == line.get_label()
        x, y = line.get_xydata()[line.get_xdata().argmax()]
        assert text.xy == (x, y)
        end, box = axes.transData.transform((x, y)), box_of(text)
        away = np.maximum(np.maximum([box.x0, box.y0] - end, end - [box.x1, box.y1]), 0)
        assert np.hypot(*away) < 70  # pixels, of which the figure has 1100 across
        hue = np.array(to_rgb(text.get_color())) * max(to_rgb(line.get_color()))
        np.testing.assert_allclose(hue, np.array(to_rgb(line.get_color())) * max(to_rgb(text.get_color())), atol=0.01)


@pytest.mark.parametrize(
    "name", ["curves against noise", "rate and distortion", "ends before a curve", "eight curves"]
)
def test_no_name_covers_a_curve(name):
    figure, _, _ = drawn(name)
    (axes,) = figure.axes
    for line in axes.lines:
        corners = axes.transData.transform(line.get_xydata())
        steps = np.linspace(0, 1, 200)[:, None, None]
        points = ((1 - steps) * corners[:-1] + steps * corners[1:]).reshape(-1, 2)
        for text in axes.texts:
            box = box_of(text)
            assert not ((points > [box.x0, box.y0]) & (points < [box.x1, box.y1])).all(axis=1).any(), text


def test_names_at_ends_that_are_close_stand_in_the_order_of_the_ends():
    (axes,) = drawn("eight curves")[0].axes
    heights = [box_of(text).y0 for text in axes.texts]
    assert heights == sorted(heights)


@pytest.mark.parametrize("name", ["ends in one place", "ends in one place at the top"])
def test_names_that_move_for_each_other_stay_between_the_bottom_and_the_top_of_the_axes(name):
    (axes,) = drawn(name)[0].axes
    for text in axes.texts:
        assert box_of(text).y0 > axes.bbox.y0 - 2
        assert box_of(text).y1 < axes.bbox.y1 + 2


def test_names_of_curves_that_are_equal_stand_one_below_the_other():
    (axes,) = drawn("curves that are equal")[0].axes
    assert np.ptp([box_of(text).x0 for text in axes.texts]) < 1


def test_name_that_had_to_move_away_is_tied_to_its_end_by_a_line_and_others_are_not():
    tied = [text.arrow_patch.get_visible() for text in drawn("eight curves")[0].axes[0].texts]
    assert tied[0]
    assert tied[-1]
    assert not any(text.arrow_patch.get_visible() for text in drawn("curves against noise")[0].axes[0].texts)


def test_names_of_light_colours_are_dark_enough_to_read():
    for text in drawn("eight curves")[0].axes[0].texts:
        rgb = np.array(to_rgb(text.get_color()))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) > 2.9  # WCAG: 3 for large text


def test_logarithmic_axes_are_as_asked_for_and_write_numbers_out():
    (axes,) = drawn("rate and distortion")[0].axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    low, high = axes.get_xlim()
    assert [text for x, text in tick_texts(axes.xaxis).items() if low < x < high][-3:] == ["200", "500", "1,000"]
    (axes,) = drawn("less than a decade")[0].axes
    low, high = axes.get_ylim()
    assert len([text for y, text in tick_texts(axes.yaxis).items() if low < y < high and float(text) == y]) >= 3


def test_ticks_of_whole_numbers_are_whole():
    epochs = lines([1, 2, 3], {"a": [0.1, 0.2, 0.3]}, **XY).axes[0].get_xticks()
    np.testing.assert_array_equal(epochs, epochs.round())


# Bars


def test_bars_are_the_values_from_zero_over_their_names():
    (axes,) = drawn("accuracy")[0].axes
    assert [bar.get_height() for bar in axes.patches] == list(ACCURACY.values())
    assert {bar.get_y() for bar in axes.patches} == {0}
    texts = tick_texts(axes.xaxis)
    for bar, name in zip(axes.patches, ACCURACY, strict=True):
        assert texts[round(bar.get_x() + bar.get_width() / 2, 9)].replace("\n", " ") == name


@pytest.mark.parametrize("name", ["KL", "400 bars"])
def test_bars_of_an_array_are_numbered_from_one_with_no_more_numbers_than_fit(name):
    (axes,) = drawn(name)[0].axes
    values = FIGURES[name][1][0]
    centres = [bar.get_x() + bar.get_width() / 2 for bar in axes.patches]
    np.testing.assert_allclose(centres, np.arange(1, len(values) + 1))
    np.testing.assert_array_equal([bar.get_height() for bar in axes.patches], values)
    shown = {place: text for place, text in tick_texts(axes.xaxis).items() if 0.5 < place < len(values) + 0.5}
    assert all(float(text) == place for place, text in shown.items())
    assert 4 <= len(shown) <= 20


def test_few_bars_have_their_values_written_at_their_ends_and_many_have_not():
    (axes,) = drawn("bars on both sides of zero")[0].axes
    texts = annotations(axes)
    assert set(texts) == {"", "1.500", "−2.250", "0.000"}  # "" is the line, which has no name
    assert (texts["1.500"].xy, texts["1.500"].get_verticalalignment()) == ((1, 1.5), "bottom")
    assert (texts["−2.250"].xy, texts["−2.250"].get_verticalalignment()) == ((2, -2.25), "top")
    for bar, text in zip(axes.patches, list(axes.texts)[1:], strict=True):
        covered = min(box_of(text).y1, bar.get_window_extent().y1) - max(box_of(text).y0, bar.get_window_extent().y0)
        assert covered < 0
    assert len(bars(KL[:12], **Y).axes[0].texts) == 12
    assert len(bars(KL[:13], **Y).axes[0].texts) == 0


def test_zero_has_a_line_where_bars_go_down_from_it_and_is_the_bottom_where_all_are_zero():
    (axes,) = bars([1, -1], **Y).axes
    assert [list(line.get_ydata()) for line in axes.lines] == [[0, 0]]
    assert bars(np.zeros(5), **Y).axes[0].get_ylim()[0] == 0


def test_hundreds_of_bars_have_no_gaps_that_would_be_narrower_than_a_pixel():
    assert {bar.get_width() for bar in drawn("400 bars")[0].axes[0].patches} == {1}
    assert {bar.get_width() for bar in drawn("KL")[0].axes[0].patches} < {0.6, 0.7, 0.8}


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.9212, 0.8], ["0.9212", "0.8000"]),
        ([3.21, 0.004, -0.004] + [0] * 5, ["3.21", "0.00", "0.00"] + ["0.00"] * 5),
        ([12345.6], ["12,346"]),
        ([3e-5], ["3e−05"]),
    ],
)
def test_values_have_the_same_decimals_and_never_a_minus_before_zero(values, texts):
    assert [text.get_text() for text in bars(values, **Y).axes[0].texts] == texts


@pytest.mark.parametrize("value", [2.0, 7.0, -1.0])
def test_horizontal_line_is_where_it_was_asked_for_and_named_at_its_end(value):
    (axes,) = bars([1.5, 3.0], **Y, line=value, line_label="target").axes
    line = axes.lines[0]
    assert list(line.get_ydata()) == [value, value]
    assert axes.get_ylim()[0] <= value <= axes.get_ylim()[1]
    text = annotations(axes)["target"]
    assert text.xy == (1, value)
    assert text.get_color() == line.get_color()
    assert len(drawn("KL")[0].axes[0].lines) == 0


# The table


def test_each_cell_has_its_number_in_its_place_under_its_names():
    figure, _, _ = drawn("table")
    (axes,) = figure.axes
    found = {text.get_position(): text.get_text() for text in axes.texts}
    assert found == {(0.5, 0.5): "4.1", (1.5, 0.5): "38.2", (0.5, 1.5): "29.5", (1.5, 1.5): "6.0"}
    assert tick_texts(axes.xaxis) == tick_texts(axes.yaxis) == {0.5: "digits", 1.5: "clothes"}
    assert axes.yaxis_inverted()  # the first row is at the top
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("trained on", "fed")
    np.testing.assert_array_equal(axes.collections[0].get_array(), TABLE)


def test_cells_with_larger_numbers_are_darker():
    (mesh,) = drawn("table")[0].axes[0].collections
    brightness = mesh.to_rgba(np.sort(TABLE.ravel()))[:, :3].sum(axis=1)
    assert (np.diff(brightness) < 0).all()


def test_numbers_can_be_read_on_the_darkest_and_the_lightest_cells_and_all_between():
    (axes,) = error_table(np.arange(49).reshape(7, 7), range(7), range(7), **OF_TABLE).axes
    for text, cell in zip(axes.texts, axes.collections[0].to_rgba(np.arange(49)), strict=True):
        both = np.array([to_rgb(text.get_color()), cell[:3]])
        linear = np.where(both <= 0.04045, both / 12.92, ((both + 0.055) / 1.055) ** 2.4)
        low, high = sorted(linear @ [0.2126, 0.7152, 0.0722])
        assert (high + 0.05) / (low + 0.05) > 3.8, text


def test_numbers_are_written_in_the_format_given():
    (axes,) = error_table([[-0.123]], ["a"], ["b"], **OF_TABLE, format="{:.2f} nats").axes
    assert axes.texts[0].get_text() == "−0.12 nats"


# Histograms


def test_histogram_counts_every_value_in_its_bin():
    (patch,) = drawn("histogram")[0].axes[0].patches
    counts, edges, _ = patch.get_data()
    assert len(counts) == 40
    assert drawn("histogram")[0].axes[0].get_ylim()[0] == 0
    assert (edges[0], edges[-1]) == (ACTIVATIONS.min(), ACTIVATIONS.max())
    np.testing.assert_array_equal(counts, np.histogram(ACTIVATIONS, 40)[0])
    assert patch.get_fill()
    assert len(histogram(ACTIVATIONS, **XY, bins=7).axes[0].patches[0].get_data()[0]) == 7


def test_groups_are_outlines_counted_in_the_same_bins_and_named_beside_the_axes():
    figure = histogram(ERRORS, **XY)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    assert axes.get_legend().get_window_extent().x0 > axes.bbox.x1
    _, edges = np.histogram(np.concatenate(list(ERRORS.values())), 40)
    for patch, (name, values) in zip(axes.patches, ERRORS.items(), strict=True):
        assert isinstance(patch, StepPatch)
        counts, own_edges, _ = patch.get_data()
        assert counts.sum() == len(values)
        assert counts[0] > 0 < counts[-1]
        np.testing.assert_allclose(own_edges, edges[np.isclose(edges[:, None], own_edges).any(axis=1)])
        np.testing.assert_array_equal(counts, np.histogram(values, own_edges)[0])
        assert patch.get_label() == name
        assert not patch.get_fill()
    assert len({patch.get_linestyle() for patch in axes.patches}) == 2
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(ERRORS)
    assert histogram(ACTIVATIONS, **XY).axes[0].get_legend() is None


@pytest.mark.parametrize("values", [[0.0], [0.05] * 3, [1.0, 1 + 1e-15], [-1e9] * 2])
def test_values_that_are_all_the_same_are_one_bin_amid_the_axis(values):
    counts, edges, _ = histogram(values, **XY).axes[0].patches[0].get_data()
    assert counts.max() == counts.sum() == len(values)
    assert edges[0] < values[0] < edges[-1]


@pytest.mark.parametrize("value", [0.05, 0.3])
def test_vertical_line_is_where_it_was_asked_for_and_named_at_its_top(value):
    figure = histogram(ACTIVATIONS, **XY, line=value, line_label="target")
    figure.draw_without_rendering()
    (axes,) = figure.axes
    (line,) = axes.lines
    assert list(line.get_xdata()) == [value, value]
    assert axes.get_xlim()[0] <= value <= axes.get_xlim()[1]
    assert annotations(axes)["target"].xy == (value, 1)
    assert box_of(annotations(axes)["target"]).y0 > axes.bbox.y1


# What is refused


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: lines([1], {}, **XY), "curves is empty"),
        (lambda: lines([1], [[1]], **XY), "no mapping"),
        (lambda: lines(None, {"a": [1, 2]}, **XY), "Curve 'a' has no x"),
        (lambda: lines([1, 2, 3], {"a": [1, 2]}, **XY), "Curve 'a' has 2 values for 3 of x"),
        (lambda: lines([1, 2], {"a": [1, np.nan]}, **XY), "Curve 'a' holds values that are NaN"),
        (lambda: lines([1, np.inf], {"a": [1, 2]}, **XY), "x holds values"),
        (lambda: lines([1], {"a": ([1, np.nan], [1, 2])}, **XY), "x of curve 'a' holds"),
        (lambda: lines([], {"a": []}, **XY), "at least 1"),
        (lambda: lines([0, 1], {"a": [1, 2]}, **XY, logx=True), "logx=True needs positive values"),
        (
            lambda: lines([0, 1], {"a": [1, -2]}, **XY, logy=True),
            "logy=True needs positive values, but y goes down to −2",
        ),
        (lambda: bars({}, **Y), "at least 1"),
        (lambda: bars([[1, 2]], **Y), "values has shape"),
        (lambda: bars([1, np.nan], **Y), "NaN"),
        (lambda: bars({"a": None}, **Y), "no real numbers"),
        (lambda: bars([1], **Y, line=np.nan), "line=nan"),
        (lambda: error_table(TABLE, KINDS, ["a"], **OF_TABLE), "a name for each row and each column"),
        (lambda: error_table([], [], [], **OF_TABLE), "nothing empty"),
        (lambda: error_table(np.zeros((0, 2)), [], KINDS, **OF_TABLE), "nothing empty"),
        (lambda: error_table(TABLE * np.nan, KINDS, KINDS, **OF_TABLE), "matrix holds values that are NaN"),
        (lambda: histogram({}, **XY), "values is empty"),
        (lambda: histogram([], **XY), "at least 1"),
        (lambda: histogram({"a": [1, np.inf]}, **XY), "Group 'a' holds values"),
        (lambda: histogram([1], **XY, bins=0), "bins is 0"),
        (lambda: histogram([1], **XY, line=np.inf), "line=inf"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(draw, words):
    with pytest.raises(ValueError, match=words) as error:
        draw()
    assert str(error.value).endswith(".")
    assert str(error.value).count(". ") == 0
    assert "\n" not in str(error.value)


def test_title_is_the_headline_and_may_be_empty():
    for draw, arguments, options in (
        FIGURES[name] for name in ("curve of one point", "one bar", "table", "histogram")
    ):
        assert draw(*arguments, **options).texts[0].get_text() == "A headline"
        assert draw(*arguments, **{**options, "title": ""}).texts == []


def test_colours_are_those_of_the_other_figures():
    assert [line.get_color() for line in drawn("curves against noise")[0].axes[0].lines] == list(OKABE_ITO[:3])
