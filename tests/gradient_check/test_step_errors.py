"""The error of a difference is what the Taylor series says where the step is long, and rounding where it is short."""

import numpy as np
import pytest

from scratch_ae.gradient_check.step_errors import step_errors

X = np.linspace(0, 1, 101)


def errors(steps, **how):
    return step_errors(np.exp, np.exp, X, steps=steps, **how)[1]


@pytest.mark.parametrize(("formula", "foretold"), [("one-sided", lambda h: h / 2), ("central", lambda h: h**2 / 6)])
def test_long_steps_have_the_error_of_the_taylor_series(formula, foretold):
    steps = np.array([1e-3, 1e-2])
    np.testing.assert_allclose(errors(steps, formula=formula), foretold(steps), rtol=1e-2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("formula", "root"), [("one-sided", 1 / 2), ("central", 1 / 3)])
def test_least_error_is_where_theory_puts_it(formula, root, dtype):
    steps, error = step_errors(np.exp, np.exp, X, formula=formula, dtype=dtype)
    expected = np.finfo(dtype).eps ** root
    assert expected / 4 < steps[error.argmin()] < 4 * expected


def test_short_steps_have_an_error_that_grows_as_one_over_h():
    coarse, fine = errors([1e-8, 1e-10])
    assert 50 < fine / coarse < 200


def test_step_that_rounding_swallows_gives_a_difference_of_0():
    np.testing.assert_array_equal(errors([1e-12], dtype=np.float32), [1.0])


def test_function_is_computed_in_the_dtype_that_was_asked_for_and_the_slope_in_float64():
    seen = []
    step_errors(
        lambda x: seen.append(x.dtype) or x, lambda x: seen.append(x.dtype) or x, X, dtype=np.float32, steps=0.1
    )
    assert set(seen[1:]) == {np.dtype(np.float32)}
    assert seen[0] == np.float64


def test_central_difference_of_a_parabola_has_no_error_but_rounding():
    _, (error,) = step_errors(np.square, lambda x: 2 * x, X, steps=[0.5])
    assert error < 1e-15


def test_what_cannot_be_computed_is_refused_in_one_sentence():
    with pytest.raises(ValueError, match="formula"):
        step_errors(np.exp, np.exp, X, formula="both")
    with pytest.raises(ValueError, match="choose others"):
        step_errors(np.square, lambda x: 2 * x, [0.0])
