"""The picture of a gradient check shows each number where it belongs, and which are wrong."""

import numpy as np
import pytest

from scratch_ae.gradient_check import Report, gradcheck
from scratch_ae.plots import gradient_check

X = np.random.default_rng(0).standard_normal((3, 4))


def report(change=lambda a, b: (a, b), **settings):
    def gradient(a, b):
        return change(np.cos(a) * np.sum(b), np.sum(np.sin(a)) * np.ones_like(b))

    return gradcheck(lambda a, b: float(np.sum(np.sin(a)) * np.sum(b)), X, X[0], gradient=gradient, **settings)


def one_wrong(a, b):
    a = a.copy()
    a[2, 1] += 0.5
    return a, b


def points(figure):
    return {c.get_label(): np.asarray(c.get_offsets()) for c in figure.axes[0].collections}


def test_right_gradients_lie_on_the_diagonal_and_only_they():
    found = points(gradient_check(report(lambda a, b: (2 * a, b))))
    np.testing.assert_allclose(found["right"][:, 1], found["right"][:, 0], atol=1e-7)
    np.testing.assert_allclose(found["wrong"][:, 1], 2 * found["wrong"][:, 0], atol=1e-7)
    assert (len(found["right"]), len(found["wrong"])) == (4, 12)


def test_heat_map_is_of_the_array_with_the_largest_error_and_shows_where_it_is():
    figure = gradient_check(report(one_wrong))
    cells = np.asarray(figure.axes[1].images[0].get_array())
    assert figure.axes[1].get_title("left") == "a"
    assert np.unravel_index(cells.argmax(), cells.shape) == (2, 1)
    assert np.sort(cells.ravel())[-2] < 1e-6


def test_array_can_be_chosen():
    assert gradient_check(report(one_wrong), "b").axes[1].get_title("left") == "b"


def test_entries_that_were_not_compared_are_left_blank_and_counted():
    figure = gradient_check(report(one_wrong, entries=3), "a")
    assert np.ma.getmaskarray(np.ma.masked_invalid(figure.axes[1].images[0].get_array())).sum() == 9
    assert "3 of 12 entries" in figure.axes[1].get_title("left")


def test_headline_says_how_many_are_wrong():
    assert gradient_check(report(one_wrong)).texts[0].get_text() == "1 of 2 gradients are wrong"
    assert "All 2 gradients agree" in gradient_check(report()).texts[0].get_text()


@pytest.mark.parametrize(
    ("made", "array", "words"), [(Report(()), None, "no numbers"), (report(), "c", "choose one of a, b")]
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(made, array, words):
    with pytest.raises(ValueError, match=words):
        gradient_check(made, array)


def test_a_gradient_with_a_nan_is_the_one_that_is_shown_and_the_nan_is_as_wrong_as_can_be():
    def spoilt(a, b):
        b = b.copy()
        b[2] = np.nan
        return a, b

    figure = gradient_check(report(spoilt))
    assert figure.axes[1].get_title("left") == "b"
    cells = np.asarray(figure.axes[1].images[0].get_array())
    assert np.isfinite(cells).all()
    assert cells.argmax() == 2
