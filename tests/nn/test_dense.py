"""The dense layer: y = x W + b, its three gradients, and arrays that are written, not added to."""

import tracemalloc

import numpy as np
import pytest

from scratch_ae.gradient_check.differences import central_differences
from scratch_ae.nn.dense import Dense
from scratch_ae.nn.initializers import he_normal

FAN_IN, FAN_OUT = 4, 3
each_batch = pytest.mark.parametrize("batch", [1, 2, FAN_OUT, FAN_IN, 7])  # batch = fan_out hides a wrong axis


def random(*shape, seed=1):
    """Normal numbers, write-protected: whoever changes them in place raises a ValueError."""
    array = np.random.default_rng(seed).standard_normal(shape)
    array.flags.writeable = False
    return array


def dense(fan_in=FAN_IN, fan_out=FAN_OUT):
    layer = Dense(fan_in, fan_out, rng=np.random.default_rng(0), dtype=np.float64)
    layer.b[:] = random(fan_out)
    return layer


@each_batch
def test_forward_is_the_sum_written_out(batch):
    layer, x = dense(), random(batch, FAN_IN)
    np.testing.assert_allclose(layer.forward(x), np.einsum("nj,jk->nk", x, layer.W) + layer.b, rtol=1e-13, atol=1e-13)


@each_batch
@pytest.mark.parametrize("gradient", ["dW", "db", "dx"])
def test_gradient_agrees_with_central_differences(batch, gradient):
    """L = Σ c · y is linear in each of W, b and x, so that only rounding is left of the error."""
    layer, x, c = dense(), random(batch, FAN_IN).copy(), random(batch, FAN_OUT, seed=2)
    layer.forward(x)
    gradients = {"dx": layer.backward(c).copy(), "dW": layer.dW, "db": layer.db}
    varied = {"dx": x, "dW": layer.W, "db": layer.b}[gradient]
    numerical = central_differences(lambda: float(np.sum(c * layer.forward(x))), varied)
    np.testing.assert_allclose(gradients[gradient].ravel(), numerical, rtol=1e-9, atol=1e-9)


@each_batch
def test_bias_gradient_is_the_sum_over_the_batch(batch):
    layer, dy = dense(), random(batch, FAN_OUT)
    layer.forward(random(batch, FAN_IN))
    layer.backward(dy)
    np.testing.assert_allclose(layer.db, [sum(dy[:, k]) for k in range(FAN_OUT)], rtol=1e-13, atol=1e-15)


def test_backward_writes_its_gradients_and_adds_to_none():
    layer, dy = dense(), random(2, FAN_OUT)
    layer.forward(random(2, FAN_IN))
    first = [gradient.copy() for gradient in (layer.backward(dy), layer.dW, layer.db)]
    second = [layer.backward(dy), layer.dW, layer.db]
    for once, twice in zip(first, second, strict=True):
        np.testing.assert_array_equal(once, twice)


def test_gradients_stay_in_the_arrays_they_were_handed_out_in():
    layer = dense()
    dW, db = layer.dW, layer.db
    layer.forward(random(2, FAN_IN))
    layer.backward(random(2, FAN_OUT))
    assert layer.dW is dW
    assert layer.db is db


def test_parameter_gradients_writes_what_backward_writes():
    layer, dy = dense(), random(2, FAN_OUT)
    layer.forward(random(2, FAN_IN))
    layer.backward(dy)
    expected = layer.dW.copy(), layer.db.copy()
    layer.dW[:], layer.db[:] = np.nan, np.nan
    layer.parameter_gradients(dy)
    np.testing.assert_array_equal(layer.dW, expected[0])
    np.testing.assert_array_equal(layer.db, expected[1])


@pytest.mark.parametrize("batches", [(5, 2), (2, 5), (5, 2, 5), (1, 4, 3)])
def test_batches_of_any_sizes_can_follow_each_other(batches):
    layer = dense()
    for seed, batch in enumerate(batches):
        x, dy = random(batch, FAN_IN, seed=seed), random(batch, FAN_OUT, seed=seed + 10)
        np.testing.assert_allclose(layer.forward(x), x @ layer.W + layer.b, rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(layer.backward(dy), dy @ layer.W.T, rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(layer.dW, x.T @ dy, rtol=1e-13, atol=1e-14)


def test_second_step_of_the_same_shape_returns_the_same_memory():
    layer, x, dy = dense(), random(5, FAN_IN), random(5, FAN_OUT)
    first = layer.forward(x), layer.backward(dy)
    second = layer.forward(x), layer.backward(dy)
    for once, twice in zip(first, second, strict=True):
        assert once.__array_interface__["data"] == twice.__array_interface__["data"]


def test_second_step_allocates_no_matrix():
    """NumPy reports its arrays to tracemalloc. Of those here the smallest, dx, takes 307,200 bytes; what NumPy needs
    itself to add or sum up is 65,536 bytes at a time, however large the array."""
    layer, x, dy = dense(300, 400), random(128, 300), random(128, 400)
    layer.forward(x), layer.backward(dy)
    tracemalloc.start()
    try:
        layer.forward(x), layer.backward(dy)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000


def test_arguments_are_never_changed():
    layer, x, dy = dense(), random(2, FAN_IN), random(2, FAN_OUT, seed=2)
    layer.forward(x)
    layer.backward(dy)  # both are write-protected, so that a change would have raised
    np.testing.assert_array_equal(x, random(2, FAN_IN))
    np.testing.assert_array_equal(dy, random(2, FAN_OUT, seed=2))


def test_forward_and_backward_leave_the_parameters_alone():
    layer = dense()
    W, b = layer.W.copy(), layer.b.copy()
    layer.forward(random(2, FAN_IN))
    layer.backward(random(2, FAN_OUT))
    np.testing.assert_array_equal(layer.W, W)
    np.testing.assert_array_equal(layer.b, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_everything_has_the_dtype_of_the_layer(dtype):
    layer = Dense(FAN_IN, FAN_OUT, rng=np.random.default_rng(0), dtype=dtype)
    y = layer.forward(random(2, FAN_IN).astype(dtype))
    dx = layer.backward(random(2, FAN_OUT).astype(dtype))
    assert {array.dtype for array in (layer.W, layer.b, layer.dW, layer.db, y, dx)} == {np.dtype(dtype)}


def test_weights_come_from_the_initializer_and_the_bias_starts_at_zero():
    layer = Dense(FAN_IN, FAN_OUT, rng=np.random.default_rng(3), initializer=he_normal, dtype=np.float64)
    np.testing.assert_array_equal(layer.W, he_normal(np.random.default_rng(3), FAN_IN, FAN_OUT))
    np.testing.assert_array_equal(layer.b, np.zeros(FAN_OUT))


@pytest.mark.parametrize(("sizes", "named"), [((0, 3), "fan_in"), ((3, 0), "fan_out"), ((-1, 3), "fan_in")])
def test_layer_without_units_is_refused(sizes, named):
    with pytest.raises(ValueError, match=named):
        Dense(*sizes, rng=np.random.default_rng(0))
