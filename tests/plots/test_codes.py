"""The code space: points, colours and names belong together, and the projection is the principal one."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import StepPatch

from scratch_ae.plots import code_space
from scratch_ae.plots.codes import principal_components, pushed_apart
from scratch_ae.plots.style import OKABE_ITO, palette

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, 200)
CODES = RNG.normal(size=(200, 6)) * [1, 5, 2, 0.5, 3, 1] + 3 * LABELS[:, None]


def headline(figure):
    return figure.texts[0].get_text().replace("\n", " ")


def names_of(axes):
    return {text.get_text(): text for text in axes.texts}


def test_projection_is_that_of_numpys_svd():
    projected, shares = principal_components(CODES)
    u, s, _ = np.linalg.svd(CODES - CODES.mean(axis=0), full_matrices=False)
    expected = u[:, :2] * s[:2]
    signs = np.sign((expected * projected).sum(axis=0))
    np.testing.assert_allclose(projected, expected * signs, atol=1e-10)
    np.testing.assert_allclose(shares, s[:2] ** 2 / (s**2).sum())


def test_projection_has_the_sign_that_makes_the_largest_entry_of_each_direction_positive():
    projected, _ = principal_components(CODES)
    directions = np.linalg.pinv(projected) @ (CODES - CODES.mean(axis=0))
    assert (directions[[0, 1], np.abs(directions).argmax(axis=1)] > 0).all()


def test_projection_of_codes_that_are_all_the_same_is_one_point_with_no_variance():
    projected, shares = principal_components(np.ones((5, 3)))
    np.testing.assert_array_equal(projected, 0)
    np.testing.assert_array_equal(shares, 0)


@pytest.mark.parametrize("d", [2, 6])
def test_every_point_is_at_its_code_and_in_the_colour_of_its_class(d):
    codes = CODES[:, :d]
    (axes,) = code_space(codes, LABELS).axes
    (scatter,) = (c for c in axes.collections if len(c.get_offsets()) == 200)
    expected = codes if d == 2 else principal_components(codes)[0]
    found, colors = np.asarray(scatter.get_offsets()), scatter.get_facecolors()
    back = np.lexsort(found.T)[np.argsort(np.lexsort(expected.T))]  # they are drawn in random order
    np.testing.assert_array_equal(found[back], expected)
    assert [to_hex(color).upper() for color in colors[back]] == [palette(3)[k] for k in LABELS]
    assert (np.diff(LABELS[np.argsort(back)]) != 0).sum() > 50  # no class is drawn over all the others


def test_axes_say_what_they_are():
    (axes,) = code_space(CODES, LABELS).axes
    shares = principal_components(CODES)[1]
    assert axes.get_xlabel() == f"1st principal component ({100 * shares[0]:.0f} % of variance)"
    assert axes.get_ylabel() == f"2nd principal component ({100 * shares[1]:.0f} % of variance)"
    (axes,) = code_space(CODES[:, :2], LABELS, symbol="z").axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("z₁", "z₂")
    assert code_space(CODES[:, :1], LABELS).axes[0].get_xlabel() == "h"


def test_each_class_is_named_at_the_median_of_its_points_in_its_colour():
    (axes,) = code_space(CODES[:, :2], LABELS, ["shoe", "bag", "coat"]).axes
    texts = names_of(axes)
    assert list(texts) == ["shoe", "bag", "coat"]
    for k, (text, color) in enumerate(zip(texts.values(), palette(3), strict=True)):
        np.testing.assert_allclose(text.xy, np.median(CODES[k == LABELS, :2], axis=0))
        assert to_hex(text.get_bbox_patch().get_edgecolor()).upper() == color


def test_name_belongs_to_the_number_of_the_class_even_if_others_are_missing():
    labels = np.where(LABELS == 0, 2, 7)
    names = [f"class {k}" for k in range(10)]
    assert list(names_of(code_space(CODES, labels, names).axes[0])) == ["class 2", "class 7"]
    assert list(names_of(code_space(CODES, labels).axes[0])) == ["2", "7"]


def test_codes_without_labels_have_one_colour_and_no_names():
    figure = code_space(CODES)
    (scatter,) = figure.axes[0].collections
    assert {to_hex(color).upper() for color in scatter.get_facecolors()} == {OKABE_ITO[0]}
    assert len(figure.axes[0].texts) == 0
    assert "class" not in headline(figure)


def test_one_dimension_is_a_histogram_a_class_each_over_its_name():
    (axes,) = code_space(CODES[:, :1], LABELS, ["a", "b", "c"]).axes
    ridges = [patch for patch in axes.patches if isinstance(patch, StepPatch)]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]
    for k, ridge in enumerate(ridges):
        heights, edges, base = ridge.get_data()
        counts = np.histogram(CODES[k == LABELS, 0], edges)[0]
        assert counts.sum() == (k == LABELS).sum()
        np.testing.assert_allclose(heights - base, 0.9 * counts / counts.max())
        assert base < axes.get_yticks()[k] < base + 1


def test_one_dimension_without_labels_is_a_histogram_of_counts():
    (axes,) = code_space(CODES[:, :1]).axes
    heights, edges, _ = axes.patches[0].get_data()
    np.testing.assert_array_equal(heights, np.histogram(CODES[:, 0], edges)[0])
    assert heights.sum() == 200


def test_scales_are_equal_unless_one_dimension_is_far_longer():
    assert code_space(CODES[:, [1, 4]]).axes[0].get_aspect() == 1
    assert code_space(CODES[:, :2] * [1, 1000]).axes[0].get_aspect() == "auto"


def test_ten_thousand_points_are_pixels_in_a_vector_file():
    (scatter,) = code_space(np.tile(CODES, (50, 1))).axes[0].collections
    assert scatter.get_rasterized()


@pytest.mark.parametrize("seed", range(5))
def test_boxes_pushed_apart_do_not_overlap(seed):
    rng = np.random.default_rng(seed)
    centres, sizes = rng.normal(size=(10, 2)) * 40, rng.uniform(20, 100, (10, 2)) * [1, 0.3]
    places = pushed_apart(centres, sizes)
    apart = np.abs(places[:, None] - places[None])
    clear = (apart >= (sizes[:, None] + sizes[None]) / 2).any(axis=2)
    assert clear[~np.eye(10, dtype=bool)].all()


def test_boxes_that_coincide_are_pushed_apart_too():
    places = pushed_apart(np.zeros((4, 2)), np.full((4, 2), 10.0))
    apart = np.abs(places[:, None] - places[None]).max(axis=2)
    assert apart[~np.eye(4, dtype=bool)].min() >= 10


def test_boxes_with_room_stay_where_they_are():
    centres = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]])
    np.testing.assert_allclose(pushed_apart(centres, np.full((3, 2), 90.0)), centres, atol=0.01)


@pytest.mark.parametrize(
    ("codes", "labels", "names", "words"),
    [
        (CODES[:, 0], None, None, "one code a row"),
        (CODES[:0], None, None, "one code a row"),
        (CODES * np.nan, None, None, "NaN"),
        (CODES, LABELS[:10], None, "one label a code"),
        (CODES, np.eye(3)[LABELS], None, "one label a code"),
        (CODES, LABELS, ["only", "two"], "a name for each class"),
        (CODES, LABELS - 1, ["a", "b", "c"], "a name for each class"),
        (CODES, LABELS + 0.5, ["a", "b", "c"], "a name for each class"),
    ],
)
def test_codes_and_labels_that_do_not_fit_are_refused(codes, labels, names, words):
    with pytest.raises(ValueError, match=words):
        code_space(codes, labels, names)
