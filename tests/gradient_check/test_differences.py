"""Differences: as exact as they claim, and everything is put back."""

import math

import numpy as np
import pytest

from scratch_ae.gradient_check.differences import central_differences, extrapolated_differences, relative_error


def test_central_differences_are_the_derivative_of_a_function_that_is_known():
    array = np.linspace(-3, 3, 12).reshape(3, 4)
    differences = central_differences(lambda: float(np.sum(np.sin(array))), array)
    np.testing.assert_allclose(differences, np.cos(array).ravel(), atol=1e-8)


def test_central_differences_are_exact_for_a_parabola():
    """Its third derivative is 0, and so is their error; a one-sided difference would be wrong by h = 1e-4."""
    array = np.array([3.0])
    assert central_differences(lambda: array[0] ** 2, array)[0] == pytest.approx(6, rel=1e-11)


def test_step_is_taken_as_the_array_rounds_it():
    """Beside 1e9, 1e-4 is rounded by 2% to a multiple of 1.2e-7."""
    array = np.array([1e9])
    assert central_differences(lambda: array[0] - 1e9, array)[0] == 1


def test_central_differences_are_taken_at_the_indices_asked_for_in_their_order():
    array = np.arange(6.0).reshape(2, 3)
    differences = central_differences(lambda: float(np.sum(array**2)), array, np.array([4, 1]))
    np.testing.assert_allclose(differences, [8, 2], rtol=1e-9)


@pytest.mark.parametrize("fails_at", [None, 1, 2, 3, 8])
def test_every_entry_is_put_back_also_if_the_function_raises(fails_at):
    array, calls = np.array([[1 / 3, 1e3 / 3, 1e-5 / 3], [-1e-9 / 3, 1e-30 / 3, 0]]), []
    before = array.copy()

    def function():
        calls.append(1)
        if len(calls) == fails_at:
            raise RuntimeError
        return 0.0

    if fails_at is None:
        central_differences(function, array)
    else:
        with pytest.raises(RuntimeError):
            central_differences(function, array)
    np.testing.assert_array_equal(array, before)


# --- relative error ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("analytic", "numerical", "error"),
    [
        ([1, 2], [1, 2], 0),
        ([0, 0], [0, 0], 0),
        ([2, 4], [1, 2], 0.5),
        ([1, 2], [2, 4], 0.5),
        ([1, 2], [-1, -2], 2),
        ([3, 4], [0, 0], 1),
        ([0, 0], [3, 4], 1),
        ([3e-99, 0], [4e-99, 0], 0.25),
    ],
)
def test_relative_error_is_the_difference_over_the_larger_norm(analytic, numerical, error):
    found = relative_error(np.array(analytic, float), np.array(numerical, float))
    assert found == pytest.approx(error, rel=1e-12)


@pytest.mark.parametrize(("analytic", "numerical"), [([1, math.nan], [1, 2]), ([1, 2], [math.nan, 2])])
def test_relative_error_is_nan_where_one_holds_nan(analytic, numerical):
    assert math.isnan(relative_error(np.array(analytic), np.array(numerical)))


# --- extrapolation ---------------------------------------------------------------------------------------


def test_extrapolated_differences_have_ten_digits_where_the_plain_ones_have_seven():
    array = np.linspace(-1, 1, 9)
    exact = np.exp(np.sin(3 * array)) * 3 * np.cos(3 * array)

    def function():
        return float(np.sum(np.exp(np.sin(3 * array))))

    assert relative_error(extrapolated_differences(function, array), exact) < 1e-10
    assert relative_error(central_differences(function, array, step=8e-3), exact) > 1e-5


def test_extrapolated_differences_are_exact_for_a_polynomial_of_the_sixth_degree():
    """Its error starts with the seventh derivative; one step of extrapolation less would be wrong by h⁴."""
    array = np.array([0.5])
    found = extrapolated_differences(lambda: 1e6 * array[0] ** 6, array)[0]
    assert found == pytest.approx(6e6 * 0.5**5, rel=1e-12)


def test_each_entry_costs_two_evaluations():
    array, calls = np.ones((2, 3)), []
    central_differences(lambda: float(len(calls.append(1) or calls)), array, np.array([0, 3, 4]))
    assert len(calls) == 6
