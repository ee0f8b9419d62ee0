"""Learning curves: which columns get a panel, that the lines are the numbers, and what the words say."""

import numpy as np
import pytest

from scratch_ae.plots import learning_curves

EPOCHS = np.arange(1, 21)
HISTORY = {
    "epoch": EPOCHS,
    "kl": 20 - 10 / EPOCHS,
    "loss": 100 + 120 / EPOCHS,
    "reconstruction": 80 + 130 / EPOCHS,
    "validation_loss": 105 + 110 / EPOCHS,
    "validation_reconstruction": 84 + 120 / EPOCHS,
    "validation_kl": 21 - 10 / EPOCHS,
    "seconds": EPOCHS * 2.0,
    "images_per_second": [30_000.0] * 20,
    "learning_rate": [None] * 20,
}


def headline(figure):
    return figure.texts[0].get_text().replace("\n", " ")


def lines(axes):
    return {line.get_label(): line for line in axes.lines}


def test_each_term_has_a_panel_with_the_loss_first_and_nothing_else_has():
    titles = [axes.get_title(loc="left") for axes in learning_curves(HISTORY).axes]
    assert titles == ["loss", "KL divergence", "reconstruction"]


def test_lines_are_the_columns_and_tell_training_from_validation_without_colour():
    figure = learning_curves(HISTORY)
    for axes, name in zip(figure.axes, ["loss", "kl", "reconstruction"], strict=True):
        drawn = lines(axes)
        assert list(drawn) == ["training", "validation"]
        np.testing.assert_array_equal(drawn["training"].get_xdata(), EPOCHS)
        np.testing.assert_array_equal(drawn["training"].get_ydata(), HISTORY[name])
        np.testing.assert_array_equal(drawn["validation"].get_ydata(), HISTORY["validation_" + name])
        assert drawn["training"].get_linestyle() != drawn["validation"].get_linestyle()
    assert [t.get_text() for t in figure.axes[0].get_legend().get_texts()] == ["training", "validation"]


def test_a_single_term_which_is_the_loss_is_not_drawn_twice():
    loss = {"loss": [3.0, 2.0], "reconstruction": [3.0, 2.0]}
    assert len(learning_curves(loss).axes) == 1
    assert len(learning_curves({**loss, "reconstruction": [2.0, 2.0]}).axes) == 2
    assert len(learning_curves({**loss, "kl": [0.0, 0.0]}).axes) == 3


def test_terms_are_drawn_as_asked_for():
    titles = [axes.get_title(loc="left") for axes in learning_curves(HISTORY, terms=["kl", "loss"]).axes]
    assert titles == ["KL divergence", "loss"]


def test_one_epoch_is_a_dot_one_can_see():
    (axes,) = learning_curves({"epoch": [1], "loss": [206.0], "validation_loss": [150.0]}).axes
    for line in axes.lines:
        assert line.get_marker() == "o"
    assert axes.get_xticks() == [1]


def test_last_values_are_written_at_the_ends_the_higher_one_above():
    (axes,) = learning_curves({"loss": [9.0, 3.21], "validation_loss": [9.0, 3.25]}).axes
    below, above = sorted(axes.texts, key=lambda text: text.xy[1])
    assert (below.get_text(), above.get_text()) == ("3.210", "3.250")
    assert (below.xy, above.xy) == ((2, 3.21), (2, 3.25))
    assert (below.get_verticalalignment(), above.get_verticalalignment()) == ("top", "bottom")
    assert below.get_color() == lines(axes)["training"].get_color()


def test_units_are_written_on_the_y_axis():
    assert learning_curves(HISTORY).axes[0].get_ylabel() == "nats per image"
    (axes,) = learning_curves({"loss": [1.0, 0.5]}, unit="½ squared error per image").axes
    assert axes.get_ylabel() == "loss (½ squared error per image)"


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        ([206.3, 98.1], "Loss from epoch 1 to 2: 206.3 down to 98.10 nats per image"),
        ([98.1, 206.3], "Loss from epoch 1 to 2: 98.10 up to 206.3 nats per image"),
        ([98.1], "Loss after epoch 1: 98.10 nats per image"),
        ([np.nan, 2.0, 1.5], "Loss from epoch 2 to 3: 2.000 down to 1.500 nats per image"),
        ([98.1, np.nan, 97.0, np.inf], "Loss became NaN or infinite in epoch 4: training diverged"),
        ([98.1, np.nan, np.nan], "Loss became NaN or infinite in epoch 2: training diverged"),
        ([np.inf], "Loss became NaN or infinite in epoch 1: training diverged"),
    ],
)
def test_headline_says_what_is_seen(loss, words):
    assert headline(learning_curves({"loss": loss})) == words


def test_title_replaces_the_headline():
    assert headline(learning_curves(HISTORY, title="Mine")) == "Mine"
    assert learning_curves(HISTORY, title="").texts == []


def test_epochs_without_a_validation_leave_no_gap_in_its_line():
    (axes,) = learning_curves({"loss": [4, 3, 2, 1], "validation_loss": [None, 3.5, None, 1.2]}).axes
    np.testing.assert_array_equal(lines(axes)["validation"].get_xdata(), [2, 4])
    assert headline(axes.figure).startswith("Loss from epoch 1 to 4")


def test_axis_spans_all_epochs_where_a_curve_ends_early():
    (axes,) = learning_curves({"loss": [2.0, 1.0, np.nan, np.nan]}).axes
    assert axes.get_xlim()[1] > 4


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ({}, "no column 'loss'"),
        ({"epoch": [1, 2], "seconds": [1, 2]}, "no column 'loss'"),
        ({"loss": [1.0, 2.0], "kl": [1.0]}, "one number an epoch"),
        ({"loss": 1.0}, "one number an epoch"),
        ({"loss": []}, "one number an epoch"),
        ({"loss": [[1.0]]}, "one number an epoch"),
    ],
)
def test_history_with_nothing_to_draw_is_refused(history, words):
    with pytest.raises(ValueError, match=words):
        learning_curves(history)


def test_term_that_is_not_in_the_history_is_refused_by_name():
    with pytest.raises(ValueError, match="no column 'sparsity'"):
        learning_curves(HISTORY, terms=["loss", "sparsity"])
