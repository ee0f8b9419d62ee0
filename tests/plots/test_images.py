"""Figures of images: the right image in the right tile, and words and frames at the right ones."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from scratch_ae.plots import filters, interpolation, manifold, reconstructions, samples

RNG = np.random.default_rng(0)
X = RNG.random((30, 784)).astype(np.float32)


def tiles(figure, rows, columns, shape=(28, 28)):
    """The images (rows, columns, features) as read back from the mosaic that is drawn."""
    canvas = figure.axes[0].images[0].get_array().filled(np.nan)
    h, w = shape
    gap = (canvas.shape[1] - columns * w) // (columns - 1)
    corners = [[(r * (h + gap), c * (w + gap)) for c in range(columns)] for r in range(rows)]
    return np.array([[canvas[y : y + h, x : x + w].ravel() for y, x in row] for row in corners])


def headline(figure):
    return figure.texts[0].get_text().replace("\n", " ")


def tick_texts(axis):
    labels = [label.get_text() for label in axis.get_ticklabels()]
    return dict(zip(axis.get_ticklocs(), labels, strict=True))


def test_reconstructions_has_the_originals_over_the_reconstructions():
    figure = reconstructions(X, X / 2, n=7)
    drawn = tiles(figure, 2, 7)
    np.testing.assert_array_equal(drawn[0], X[:7])
    np.testing.assert_array_equal(drawn[1], X[:7] / 2)
    assert tick_texts(figure.axes[0].yaxis) == {0: "original x", 1: "reconstruction r"}


def test_reconstructions_has_a_labelled_row_for_each_entry_of_a_mapping():
    rows = {"x": X, "x̃": X / 3, "r": X / 2}
    figure = reconstructions(rows, n=4)
    np.testing.assert_array_equal(tiles(figure, 3, 4), np.array([X[:4], X[:4] / 3, X[:4] / 2]))
    assert tick_texts(figure.axes[0].yaxis) == {0: "x", 1: "x̃", 2: "r"}
    assert headline(figure) == "One example a column: x, x̃, r"


def test_reconstructions_of_profiles_has_the_original_behind_each_row():
    figure = reconstructions(X[:, :9], X[:, :9] / 2, n=2, image_shape=None)
    behind, lines = (c.get_segments() for c in figure.axes[0].collections if len(c.get_segments()[0]) == 9)
    assert len(behind) == len(lines) == 4
    np.testing.assert_allclose(behind[0], lines[0])
    np.testing.assert_allclose(behind[2], lines[0] + [0, 1])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((X,), "reconstructed is missing"),
        (({"x": X}, X), "not both"),
        (({},), "not both"),
        ((X, X[:5]), "same examples"),
        ((X, X[:, :100]), "image_shape"),
        ((X, X, 0), "at least 1"),
    ],
)
def test_reconstructions_refuses_rows_that_do_not_belong_together(arguments, words):
    with pytest.raises(ValueError, match=words):
        reconstructions(*arguments)


def test_samples_are_in_reading_order():
    np.testing.assert_array_equal(tiles(samples(X[:6]), 2, 3).reshape(6, 784), X[:6])
    np.testing.assert_array_equal(tiles(samples(X, n=8, columns=2), 4, 2).reshape(8, 784), X[:8])


def test_samples_have_row_labels_at_their_rows():
    figure = samples(X[:6], columns=2, row_labels=["a", "b", "c"])
    assert tick_texts(figure.axes[0].yaxis) == {0: "a", 1: "b", 2: "c"}
    with pytest.raises(ValueError, match="2 labels for 3 rows"):
        samples(X[:6], columns=2, row_labels=["a", "b"])


@pytest.mark.parametrize(("n", "words"), [(1, "1 image drawn"), (30, "30 images drawn")])
def test_samples_are_counted_in_the_headline(n, words):
    assert headline(samples(X[:n])).startswith(words)


def test_interpolation_has_a_row_a_pair_and_a_column_a_step():
    images = X.reshape(6, 5, 784)
    np.testing.assert_array_equal(tiles(interpolation(images), 6, 5), images)


@pytest.mark.parametrize("steps", [3, 5, 20])
def test_interpolation_frames_and_names_the_two_ends_and_nothing_between(steps):
    figure = interpolation(np.repeat(X[:2, None], steps, axis=1), ends=("A", "B"))
    (axes,) = figure.axes
    frames = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert sorted(frame.get_x() + 0.5 for frame in frames) == [0, steps - 1]
    assert {(frame.get_y(), frame.get_width(), frame.get_height()) for frame in frames} == {(-0.5, 1, 2)}
    texts = tick_texts(axes.xaxis)
    assert (texts.pop(0), texts.pop(steps - 1)) == ("A", "B")
    assert {place: float(text) for place, text in texts.items()} == {
        place: pytest.approx(place / (steps - 1), abs=0.006) for place in texts
    }
    bold = [label.get_text() for label in axes.get_xticklabels() if label.get_fontweight() == "bold"]
    assert bold == ["A", "B"]


def test_interpolation_whose_ends_are_decoded_has_no_frames():
    figure = interpolation(X[:5][None], ends=None)
    assert len(figure.axes[0].patches) == 0
    assert list(tick_texts(figure.axes[0].xaxis).values()) == ["0", "0.25", "0.5", "0.75", "1"]


def test_interpolation_of_two_steps_is_refused():
    with pytest.raises(ValueError, match="2 steps a row"):
        interpolation(X.reshape(15, 2, 784))


def test_manifold_has_the_first_code_dimension_to_the_right_and_the_second_upwards():
    x_values, y_values = [-1.0, 0.0, 1.5], [-2.0, 2.0]
    z1, z2 = np.meshgrid(x_values, y_values)
    codes = np.stack([z1.ravel(), z2.ravel()], axis=1)
    images = np.repeat((codes @ [1.0, 10.0] + 30)[:, None], 6, axis=1)
    figure = manifold(images, x_values, y_values, image_shape=(2, 3), limits=(0, 60))
    drawn = tiles(figure, 2, 3, (2, 3))[:, :, 0]
    np.testing.assert_array_equal(drawn, [[49, 50, 51.5], [9, 10, 11.5]])
    assert tick_texts(figure.axes[0].xaxis) == {0: "−1", 1: "0", 2: "1.5"}
    assert tick_texts(figure.axes[0].yaxis) == {0: "2", 1: "−2"}
    assert figure.axes[0].get_xlabel().startswith("z₁ (")
    assert figure.axes[0].get_ylabel().startswith("z₂ (")

    as_grid = manifold(images.reshape(2, 3, 6), x_values, y_values, image_shape=(2, 3), limits=(0, 60))
    np.testing.assert_array_equal(tiles(as_grid, 2, 3, (2, 3))[:, :, 0], drawn)


@pytest.mark.parametrize("n", [8, 9, 15, 20, 30])
def test_manifold_writes_few_values_symmetrically_and_each_at_its_own_tile(n):
    values = np.linspace(-3, 3, n)
    figure = manifold(np.zeros((n * n, 4)), values, image_shape=(2, 2))
    places = list(tick_texts(figure.axes[0].xaxis))
    assert places[0] == 0
    assert len(places) <= 7
    assert places == [n - 1 - place for place in reversed(places)]
    for place, text in tick_texts(figure.axes[0].xaxis).items():
        assert float(text.replace("−", "-")) == pytest.approx(values[place], abs=0.051)


def test_manifold_of_another_number_of_images_is_refused():
    with pytest.raises(ValueError, match="3 × 3 are expected"):
        manifold(X, [1, 2, 3])


def test_filters_are_columns_each_scaled_to_its_own_largest_weight():
    weights = RNG.normal(size=(784, 6)) * [5, 1, 2, 7, 3, 0.1]
    drawn = tiles(filters(weights, order="index"), 2, 3).reshape(6, 784)
    np.testing.assert_allclose(drawn, (weights / np.abs(weights).max(axis=0)).T)


def test_filters_of_the_largest_norm_come_first_and_the_rest_is_left_out():
    weights = RNG.normal(size=(784, 6)) * [5, 1, 2, 7, 3, 0.1]
    figure = filters(weights, n=4)
    expected = (weights / np.abs(weights).max(axis=0)).T[[3, 0, 4, 2]]
    np.testing.assert_allclose(tiles(figure, 2, 2).reshape(4, 784), expected)
    assert headline(figure) == "Input weights of 4 of 6 hidden units, largest first"


def test_filters_have_colours_centred_on_zero_whatever_the_weights():
    image = filters(np.abs(RNG.normal(size=(784, 4)))).axes[0].images[0]
    assert image.get_clim() == (-1.0, 1.0)
    red, green, blue, _ = image.get_cmap()(image.norm(0.0))
    assert min(red, green, blue) > 0.95


def test_filters_explain_the_colours_in_words_at_the_right_ends():
    _, bar = filters(RNG.normal(size=(784, 4))).axes
    texts = {place: text.replace("\n", " ") for place, text in tick_texts(bar.yaxis).items()}
    assert texts == {
        -1: "w < 0: a bright pixel lowers the unit's input",
        0: "w = 0",
        1: "w > 0: a bright pixel raises the unit's input",
    }
    along_the_bar = [label.get_verticalalignment() for label in bar.get_yticklabels()]
    assert along_the_bar == ["bottom", "center", "top"]


def test_unit_whose_weights_are_zero_is_a_white_tile():
    weights = RNG.normal(size=(784, 4))
    weights[:, 2] = 0
    assert (tiles(filters(weights, order="index"), 2, 2)[1, 0] == 0).all()


@pytest.mark.parametrize(
    ("weights", "options", "words"),
    [
        (np.zeros(784), {}, "fan_in, units"),
        (np.zeros((794, 5)), {}, "rows that belong to pixels"),
        (np.full((784, 5), np.nan), {}, "NaN"),
        (np.zeros((784, 5)), {"order": "size"}, "'norm' or 'index'"),
        (np.zeros((784, 5)), {"image_shape": (28, 28, 3)}, "grey images"),
    ],
)
def test_filters_refuse_what_is_no_weight_matrix_of_images(weights, options, words):
    with pytest.raises(ValueError, match=words):
        filters(weights, **options)


@pytest.mark.parametrize(
    "draw",
    [
        lambda images: reconstructions(images, images),
        samples,
        lambda images: interpolation(images[None]),
        lambda images: manifold(images, range(6), range(5)),
    ],
    ids=["reconstructions", "samples", "interpolation", "manifold"],
)
@pytest.mark.parametrize(
    ("images", "words"),
    [(X * 255, "divide bytes by 255"), (X * np.nan, "NaN"), (X[:, :50], "image_shape")],
    ids=["bytes", "nan", "features"],
)
def test_images_that_would_be_drawn_wrong_are_refused(draw, images, words):
    with pytest.raises(ValueError, match=words):
        draw(images)
