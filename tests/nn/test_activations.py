"""Activations: φ against its definition, φ' and φ'' against differences, and what neither of them may change."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch_ae.nn.activations import ACTIVATIONS, sigmoid, softplus

every_activation = pytest.mark.parametrize("name", ACTIVATIONS)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])

DEFINITIONS = {
    "identity": lambda a: a,
    "sigmoid": lambda a: 1 / (1 + math.exp(-a)),
    "tanh": lambda a: (math.exp(a) - math.exp(-a)) / (math.exp(a) + math.exp(-a)),
    "relu": lambda a: a if a > 0 else 0.0,
    "leaky_relu": lambda a: a if a > 0 else 0.01 * a,
    "softplus": lambda a: math.log(1 + math.exp(a)),
    "elu": lambda a: a if a > 0 else math.exp(a) - 1,
}

# Close to 0 and far away, on both sides; none within a step of 0, where the rectifiers have their kink.
FAR = [12, 20, 30, 50, 100, 300, 700]
POINTS = np.array([np.linspace(-8, 8, 160), np.linspace(-0.1, 0.1, 160)])
POINTS = np.hstack([POINTS, np.array([FAR, np.negative(FAR)])])
STEP = 1e-5


def frozen(array):
    """The array, write-protected: whoever changes it in place raises a ValueError."""
    array.flags.writeable = False
    return array


def batch(dtype=np.float64, shape=(4, 5), seed=0):
    return frozen((3 * np.random.default_rng(seed).standard_normal(shape)).astype(dtype))


@every_activation
def test_forward_is_the_definition(name):
    a = np.linspace(-8, 8, 81).reshape(9, 9)
    expected = np.vectorize(DEFINITIONS[name], otypes=[float])(a)
    np.testing.assert_allclose(ACTIVATIONS[name]().value(a), expected, rtol=1e-12, atol=1e-15)


@every_activation
def test_derivative_agrees_with_central_differences_of_forward(name):
    phi = ACTIVATIONS[name]()
    numerical = (phi.value(POINTS + STEP) - phi.value(POINTS - STEP)) / ((POINTS + STEP) - (POINTS - STEP))
    np.testing.assert_allclose(phi.derivative(phi.value(POINTS)), numerical, rtol=1e-8, atol=1e-10)


@every_activation
def test_second_derivative_agrees_with_central_differences_of_the_derivative(name):
    phi = ACTIVATIONS[name]()
    above, below = (phi.derivative(phi.value(points)) for points in (POINTS + STEP, POINTS - STEP))
    numerical = (above - below) / ((POINTS + STEP) - (POINTS - STEP))
    np.testing.assert_allclose(phi.second_derivative(phi.value(POINTS)), numerical, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
def test_left_tail_is_e_to_the_a_to_full_precision_in_value_and_both_derivatives(name):
    a = np.linspace(-700, -40, 67).reshape(1, -1)
    phi = ACTIVATIONS[name]()
    h = phi.value(a)
    for tail in (h, phi.derivative(h), phi.second_derivative(h)):
        np.testing.assert_allclose(tail, np.exp(a), rtol=1e-14)


@pytest.mark.parametrize(("name", "at_the_kink"), [("relu", 0), ("leaky_relu", 0.01), ("elu", 1)])
def test_derivative_at_the_kink_is_the_one_from_the_left(name, at_the_kink):
    phi = ACTIVATIONS[name]()
    assert phi.derivative(phi.value(np.zeros((1, 1)))) == at_the_kink


@pytest.mark.parametrize(("name", "at_the_kink"), [("relu", 0), ("leaky_relu", 0), ("elu", 1)])
def test_second_derivative_at_the_kink_is_the_one_from_the_left(name, at_the_kink):
    phi = ACTIVATIONS[name]()
    assert phi.second_derivative(phi.value(np.zeros((1, 1)))) == at_the_kink


@every_activation
@pytest.mark.parametrize("shape", [(4, 5), (1, 1), (7, 2)])
def test_backward_is_dh_times_the_derivative(name, shape):
    phi = ACTIVATIONS[name]()
    h = phi.forward(batch(shape=shape))
    dh = batch(shape=shape, seed=1)
    np.testing.assert_array_equal(phi.backward(dh), dh * phi.derivative(h))


@every_activation
def test_forward_is_the_value_and_the_pure_functions_leave_what_it_keeps_alone(name):
    """Else a look at φ(a) elsewhere, as a plot or a penalty takes, would change the gradient of the step."""
    phi, dh = ACTIVATIONS[name](), batch(seed=1)
    h = phi.forward(batch())
    np.testing.assert_array_equal(h, phi.value(batch()))
    expected = phi.backward(dh).copy()
    elsewhere = phi.value(batch(seed=2))
    phi.derivative(elsewhere)
    phi.second_derivative(elsewhere)
    np.testing.assert_array_equal(phi.backward(dh), expected)


@every_activation
def test_arguments_are_never_changed(name):
    a, dh = batch(), batch(seed=1)
    phi = ACTIVATIONS[name]()
    h = frozen(phi.forward(a).copy())
    phi.backward(dh)
    phi.derivative(h)
    phi.second_derivative(h)  # all are write-protected, so that a change would have raised
    np.testing.assert_array_equal(a, batch())
    np.testing.assert_array_equal(dh, batch(seed=1))


@every_activation
@each_dtype
def test_dtype_of_the_argument_is_that_of_every_result(name, dtype):
    phi = ACTIVATIONS[name]()
    h = phi.forward(batch(dtype))
    results = [h, phi.derivative(h), phi.second_derivative(h), phi.backward(batch(dtype))]
    assert [result.dtype for result in results] == [dtype] * 4


@every_activation
def test_a_batch_of_another_size_is_not_mixed_up_with_the_last_one(name):
    phi = ACTIVATIONS[name]()
    for rows in (4, 2, 6, 1):
        a, dh = batch(shape=(rows, 5), seed=rows), batch(shape=(rows, 5), seed=rows + 1)
        fresh = ACTIVATIONS[name]()
        np.testing.assert_array_equal(phi.forward(a), fresh.forward(a))
        np.testing.assert_array_equal(phi.backward(dh), fresh.backward(dh))


# φ and φ' where a is far to the left and far to the right; φ'' is 0 there for all of them.
LIMITS = {
    "identity": lambda a: ((-a, 1), (a, 1)),
    "sigmoid": lambda a: ((0, 0), (1, 0)),
    "tanh": lambda a: ((-1, 0), (1, 0)),
    "relu": lambda a: ((0, 0), (a, 1)),
    "leaky_relu": lambda a: ((-0.01 * a, 0.01), (a, 1)),
    "softplus": lambda a: ((0, 0), (a, 1)),
    "elu": lambda a: ((-1, 0), (a, 1)),
}


@every_activation
@pytest.mark.parametrize(("dtype", "far"), [(np.float64, 1000), (np.float32, 1000), (np.float32, 90)])
def test_far_out_nothing_overflows_and_the_limits_are_right(name, dtype, far):
    phi = ACTIVATIONS[name]()
    a = np.array([[-far, far]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        h = phi.value(a)
        derivative, second = phi.derivative(h), phi.second_derivative(h)
    (left, left_slope), (right, right_slope) = LIMITS[name](far)
    np.testing.assert_allclose(h, [[left, right]], rtol=1e-6, atol=1e-37)
    np.testing.assert_allclose(derivative, [[left_slope, right_slope]], rtol=1e-6, atol=1e-37)
    np.testing.assert_allclose(second, [[0, 0]], atol=1e-37)


def exact(function, a):
    """σ or softplus in more digits than `a` has, where neither formula can lose any."""
    e = np.exp(np.longdouble(-abs(float(a))))
    if function is softplus:
        return np.log1p(e) + max(np.longdouble(a), 0)
    return 1 / (1 + e) if a >= 0 else e / (1 + e)


@pytest.mark.skipif(
    np.finfo(np.longdouble).eps >= np.finfo(float).eps,
    reason="a long double has no more digits than a double here, as on Windows and on macOS on arm64",
)
@pytest.mark.parametrize("function", [sigmoid, softplus])
@each_dtype
@given(a=st.floats(-1000, 1000, width=32) | st.floats(-50, 50, width=32) | st.floats(-1, 1, width=32))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_sigmoid_and_softplus_are_right_to_4_units_in_the_last_place(function, dtype, a):
    """Below the smallest normal number of the dtype, where digits run out, it is enough to be as small."""
    limits, right = np.finfo(dtype), exact(function, a)
    error = abs(np.longdouble(function(np.array([dtype(a)]))[0]) - right)
    assert error <= max(4 * limits.eps * right, limits.tiny)


@every_activation
def test_every_activation_knows_the_name_it_is_listed_under(name):
    assert ACTIVATIONS[name]().name == name
