"""What has parameters: whatever is assigned to one is what the layer computes with, in the dtype and shape it had."""

import re

import numpy as np
import pytest

from scratch_ae.autoencoders.tied import TransposedDense
from scratch_ae.nn.dense import Dense
from scratch_ae.nn.layer import Layer
from scratch_ae.nn.losses import LearnedGaussian

each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def dense(dtype=np.float32):
    return Dense(4, 3, rng=np.random.default_rng(0), dtype=dtype)


LAYERS = {
    "Dense": dense,
    "TransposedDense": lambda dtype=np.float32: TransposedDense(dense(dtype)),
    "LearnedGaussian": LearnedGaussian,
}
every_layer = pytest.mark.parametrize("made", LAYERS.values(), ids=LAYERS)


def numbers(shape=(4, 3)):
    return np.random.default_rng(1).standard_normal(shape)


def read_only(array):
    array.flags.writeable = False
    return array


FORMS = {
    "an array of the dtype": lambda W, dtype: W.astype(dtype),
    "another dtype": lambda W, dtype: W.astype(np.float64 if dtype == np.float32 else np.float32),
    "transposed": lambda W, dtype: W.T.copy().T.astype(dtype, order="K"),
    "every other column": lambda W, dtype: np.repeat(W, 2, axis=1)[:, ::2].astype(dtype, order="K"),
    "read-only": lambda W, dtype: read_only(W.astype(dtype)),
    "a list": lambda W, dtype: W.tolist(),
}


@every_layer
@each_dtype
def test_a_gradient_of_the_same_shape_and_dtype_is_there_before_the_first_backward(made, dtype):
    layer = made(dtype=dtype)
    assert layer.parameter_names
    for name in layer.parameter_names:
        parameter, gradient = getattr(layer, name), getattr(layer, f"d{name}")
        assert (gradient.shape, gradient.dtype) == (parameter.shape, parameter.dtype)
        assert (parameter.dtype, gradient.any()) == (dtype, False)


def test_a_layer_that_lends_its_weights_has_them_alone():
    assert TransposedDense(dense()).parameter_names == ("b",)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@each_dtype
def test_what_is_assigned_is_computed_with_and_keeps_the_parameters_dtype(form, dtype):
    layer, W = dense(dtype), numbers()
    layer.W = form(W, dtype)
    assert (layer.W.shape, layer.W.dtype) == ((4, 3), dtype)
    np.testing.assert_allclose(layer.W, W, rtol=1e-6)
    np.testing.assert_allclose(layer.forward(np.eye(4, dtype=dtype)), W, rtol=1e-6)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@each_dtype
def test_what_is_assigned_can_be_changed_in_place_whatever_it_was(form, dtype):
    layer, W = dense(dtype), numbers()
    layer.W = form(W, dtype)
    layer.W[1, 2] = 7
    layer.W *= 2
    W[1, 2] = 7
    np.testing.assert_allclose(layer.W, 2 * W, rtol=1e-6)
    assert layer.W.flags.c_contiguous


def test_a_read_only_array_is_left_as_it_was():
    layer, W = dense(), read_only(numbers().astype(np.float32))
    layer.W = W
    layer.W += 1
    np.testing.assert_array_equal(W, numbers().astype(np.float32))


@pytest.mark.parametrize("alpha", [0.1, np.float32(0.1), np.float64(0.1), np.array(0.1), np.longdouble(0.1)])
def test_float32_stays_float32_whatever_the_learning_rate_is(alpha):
    layer = dense()
    layer.forward(np.ones((2, 4), np.float32))
    layer.backward(np.ones((2, 3), np.float32))
    layer.W = layer.W - alpha * layer.dW
    layer.b -= alpha * layer.db
    assert layer.W.dtype == layer.b.dtype == np.float32
    np.testing.assert_allclose(layer.b, np.full(3, -0.2), rtol=1e-6)


@pytest.mark.parametrize("wrong", [numbers((3, 4)), numbers((4, 1)), numbers(12), numbers((1, 4, 3)), 0.0, None])
def test_another_shape_is_refused_in_a_sentence_with_both_and_changes_nothing(wrong):
    layer, before = dense(), dense().W
    shapes = re.escape(f"W has shape (4, 3); an array of shape {np.shape(wrong)} was assigned.")
    with pytest.raises(ValueError, match=f"^{shapes}$"):
        layer.W = wrong
    np.testing.assert_array_equal(layer.W, before)


@every_layer
def test_every_parameter_refuses_another_shape_by_its_name(made):
    layer = made()
    for name in layer.parameter_names:
        with pytest.raises(ValueError, match=f"^{name} has shape"):
            setattr(layer, name, np.zeros((2, 2, 2)))


def test_assigning_a_parameter_leaves_its_gradient_and_the_other_parameters_alone():
    """A student may look at dW after the step that used it."""
    layer = dense()
    layer.forward(np.ones((2, 4), np.float32))
    layer.backward(np.ones((2, 3), np.float32))
    dW, b, db = layer.dW, layer.b, layer.db
    layer.W = layer.W - 0.1 * layer.dW
    assert layer.dW is dW
    assert layer.b is b
    assert layer.db is db
    np.testing.assert_array_equal(dW, np.full((4, 3), 2))


def test_an_attribute_that_is_no_parameter_can_become_anything():
    layer = dense()
    for value in (numbers((7, 4)), numbers((2, 4)), None, "x"):
        layer.x = value
        assert layer.x is value


def test_a_layer_of_ones_own_has_the_same_protection():
    """Whoever adds a layer writes `parameter_names` and no more."""

    class Scale(Layer):
        parameter_names = ("gain",)

        def __init__(self):
            self.gain = np.ones(3, np.float32)

    layer = Scale()
    layer.gain = layer.gain - np.float64(0.5) * np.ones(3)
    assert layer.gain.dtype == np.float32
    with pytest.raises(ValueError, match=r"^gain has shape \(3,\)"):
        layer.gain = np.ones(4)
