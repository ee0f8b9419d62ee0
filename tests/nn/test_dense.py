"""The dense layer: y = x W + b, its three gradients, and gradients that are written, not added to."""

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
    gradients = {"dx": layer.backward(c), "dW": layer.dW, "db": layer.db}
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


def test_gradients_handed_out_are_not_written_over_by_the_next_backward():
    """Whoever keeps `layer.dW`, to compare it with the next step's, keeps that of its step."""
    layer = dense()
    layer.forward(random(2, FAN_IN))
    dx = layer.backward(random(2, FAN_OUT))
    kept = [gradient.copy() for gradient in (dx, layer.dW, layer.db)]
    out = [dx, layer.dW, layer.db]
    layer.backward(random(2, FAN_OUT, seed=9))
    for handed_out, before in zip(out, kept, strict=True):
        np.testing.assert_array_equal(handed_out, before)


def test_without_the_inputs_gradient_backward_returns_none_and_writes_the_same():
    layer, dy = dense(), random(2, FAN_OUT)
    layer.forward(random(2, FAN_IN))
    layer.backward(dy)
    expected = layer.dW.copy(), layer.db.copy()
    layer.dW[:], layer.db[:] = np.nan, np.nan
    assert layer.backward(dy, to_input=False) is None
    np.testing.assert_array_equal(layer.dW, expected[0])
    np.testing.assert_array_equal(layer.db, expected[1])


class Unmultiplied(np.ndarray):
    """An array that no other may be multiplied with from the left."""

    def __rmatmul__(self, other):
        raise AssertionError("dy Wᵀ was computed, though nobody needs it")


def test_without_the_inputs_gradient_its_product_is_saved():
    layer = dense()
    layer.forward(random(2, FAN_IN))
    layer.W = layer.W.view(Unmultiplied)
    layer.backward(random(2, FAN_OUT), to_input=False)
    with pytest.raises(AssertionError, match="nobody needs it"):
        layer.backward(random(2, FAN_OUT))


@pytest.mark.parametrize("batches", [(5, 2), (2, 5), (5, 2, 5), (1, 4, 3)])
def test_batches_of_any_sizes_can_follow_each_other(batches):
    layer = dense()
    for seed, batch in enumerate(batches):
        x, dy = random(batch, FAN_IN, seed=seed), random(batch, FAN_OUT, seed=seed + 10)
        np.testing.assert_allclose(layer.forward(x), x @ layer.W + layer.b, rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(layer.backward(dy), dy @ layer.W.T, rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(layer.dW, x.T @ dy, rtol=1e-13, atol=1e-14)


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
