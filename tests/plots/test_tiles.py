"""Tiles: each image at its place in the mosaic, each mosaic on its axes, each figure of the right size."""

import numpy as np
import pytest

from scratch_ae.plots.tiles import (
    FULL_HEIGHT,
    FULL_WIDTH,
    checked_examples,
    checked_limits,
    checked_shape,
    draw_tiles,
    fit,
    grid,
    mosaic,
    tile_figure,
)


def images(n, h=5, w=4):
    return np.random.default_rng(0).random((n, h, w)).astype(np.float32)


@pytest.mark.parametrize(("n", "columns", "gap"), [(6, 3, 1), (7, 3, 2), (1, 1, 1), (2, 5, 1), (4, 1, 0)])
def test_mosaic_holds_each_image_at_its_place_and_nan_everywhere_else(n, columns, gap):
    tiles = images(n)
    canvas = mosaic(tiles, columns, gap)
    rows = -(-n // columns)
    assert canvas.shape == (rows * (5 + gap) - gap, columns * (4 + gap) - gap)
    for i, tile in enumerate(tiles):
        top, left = i // columns * (5 + gap), i % columns * (4 + gap)
        np.testing.assert_array_equal(canvas[top : top + 5, left : left + 4], tile)
    assert np.isfinite(canvas).sum() == tiles.size


def test_mosaic_of_float32_takes_no_more_memory_than_float32():
    assert mosaic(images(6), 3, 1).dtype == np.float32


def test_grid_is_from_square_to_rather_wide():
    for n in range(1, 150):
        columns = grid(n)
        assert -(-n // columns) <= columns <= 1.6 * np.sqrt(n) + 1


@pytest.mark.parametrize(("n", "columns"), [(3, 3), (8, 4), (64, 8), (100, 10), (400, 20)])
def test_grid_leaves_no_place_empty_where_it_can(n, columns):
    assert grid(n) == columns


def test_tile_in_row_and_column_is_drawn_around_these_whole_numbers():
    tiles = images(7, 10, 8)
    _, axes = tile_figure("")
    drawn = draw_tiles(axes, tiles.reshape(7, 80), 3, (10, 8), (0.0, 1.0))
    left, right, bottom, top = drawn.get_extent()
    canvas = drawn.get_array()
    down, across = (bottom - top) / canvas.shape[0], (right - left) / canvas.shape[1]
    for i, tile in enumerate(tiles):
        for row in range(10):
            for column in range(8):
                x = i % 3 + (column - 3.5) * across
                y = i // 3 + (row - 4.5) * down
                found = canvas[int((y - top) / down), int((x - left) / across)]
                assert found == tile[row, column]


def test_images_are_scaled_to_the_limits_and_not_to_themselves():
    _, axes = tile_figure("")
    assert draw_tiles(axes, np.full((1, 20), 0.5), 1, (5, 4), (0.0, 1.0)).get_clim() == (0.0, 1.0)


def test_profiles_go_from_left_to_right_and_higher_values_stand_higher():
    examples = np.array([[0.0, 1.0, 0.5], [1.0, 1.0, 0.0], [0.5, 0.5, 0.5]])
    _, axes = tile_figure("")
    lines = draw_tiles(axes, examples, 2, None, (0.0, 1.0)).get_segments()
    for i, (line, example) in enumerate(zip(lines, examples, strict=True)):
        assert (np.diff(line[:, 0]) > 0).all()
        assert np.abs(line[:, 0] - i % 2).max() < 0.5
        assert np.abs(line[:, 1] - i // 2).max() < 0.5
        up = i // 2 - line[:, 1]  # the axis points down, as rows are counted
        np.testing.assert_allclose(up / (2 * 0.42) + 0.5, example)
    assert axes.get_ylim() == (1.5, -0.5)


def test_profile_of_a_single_feature_is_a_line_one_can_see():
    _, axes = tile_figure("")
    (line,) = draw_tiles(axes, np.array([[0.5]]), 1, None, (0.0, 1.0)).get_segments()
    assert np.ptp(line[:, 0]) > 0.5


@pytest.mark.parametrize("title", ["", "short", "a title which is long enough for two lines of text or even more"])
@pytest.mark.parametrize(("n", "columns", "shape"), [(100, 10, (28, 28)), (20, 10, (28, 28)), (3, 3, (8, 12))])
def test_figure_has_the_size_at_which_tiles_fill_it_and_keep_their_shape(n, columns, shape, title):
    figure, axes = tile_figure(title)
    drawn = draw_tiles(axes, np.zeros((n, shape[0] * shape[1])), columns, shape, (0.0, 1.0))
    fit(figure, axes)
    figure.draw_without_rendering()
    box = axes.get_window_extent()
    height, width = drawn.get_array().shape
    assert box.height / box.width == pytest.approx(height / width, rel=0.02)
    across, down = figure.get_size_inches()
    assert across <= FULL_WIDTH + 0.01
    assert down <= FULL_HEIGHT + 0.01
    title_height = figure.texts[0].get_window_extent().height if title else 0
    assert figure.bbox.height - box.height - title_height < 50  # pixels, of 100 an inch
    assert box.width > figure.bbox.width - 40 or across == pytest.approx(6.5)


@pytest.mark.parametrize("shape", [(28, 28, 3), (784,), (0, 28), ()])
def test_image_shape_which_is_not_height_and_width_is_refused(shape):
    with pytest.raises(ValueError, match="image_shape"):
        checked_shape(shape)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((3, 28, 28)), "flatten"),
        (np.zeros(784), "flatten"),
        (np.zeros((0, 784)), "nothing empty"),
        (np.zeros((3, 100)), "image_shape"),
        (np.full((3, 784), np.nan), "NaN"),
        (np.full((3, 784), np.inf), "infinite"),
        (np.full((3, 784), "a"), "no real numbers"),
    ],
)
def test_examples_of_the_wrong_kind_are_refused_in_one_sentence(values, words):
    with pytest.raises(ValueError, match=words) as error:
        checked_examples("images", values, (28, 28))
    assert str(error.value).startswith("images has") or str(error.value).startswith("images holds")
    assert str(error.value).count(". ") == 0
    assert "\n" not in str(error.value)


def test_only_the_examples_which_are_drawn_must_be_finite():
    values = np.zeros((5, 784))
    values[3] = np.nan
    assert len(checked_examples("images", values, (28, 28), n=3)) == 3


def test_pixels_from_0_to_255_are_refused_instead_of_drawn_all_white():
    values = np.random.default_rng(0).integers(0, 256, (5, 784))
    with pytest.raises(ValueError, match="divide bytes by 255"):
        checked_limits("images", values, (28, 28), None)
    assert checked_limits("images", values, (28, 28), (0, 255)) == (0, 255)
    noisy = values / 255 + np.random.default_rng(0).normal(size=values.shape)
    assert checked_limits("images", noisy, (28, 28), None) == (0, 1)


def test_limits_the_wrong_way_round_are_refused():
    with pytest.raises(ValueError, match="black < white"):
        checked_limits("images", np.zeros((1, 4)), (2, 2), (1.0, 0.0))


def test_limits_of_profiles_span_the_data_even_if_these_are_constant():
    assert checked_limits("x", np.array([[-3.0, 2.0]]), None, None) == (-3.0, 2.0)
    assert checked_limits("x", np.array([[2.0, 2.0]]), None, None) == (1.5, 2.5)
