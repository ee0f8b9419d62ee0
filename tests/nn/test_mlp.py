"""The multilayer perceptron: layers in a row forwards, the chain rule backwards."""

import numpy as np
import pytest

from scratch_ae.gradient_check.differences import central_differences, relative_error
from scratch_ae.nn.activations import ACTIVATIONS
from scratch_ae.nn.mlp import MLP

MIXED = [
    pytest.param([4, 3], ["sigmoid"], id="one layer"),
    pytest.param([4, 6, 3], ["tanh", "identity"], id="wider in the middle"),
    pytest.param([4, 4, 4, 4], ["relu", "softplus", "sigmoid"], id="all of one size"),
    pytest.param([5, 7, 2, 6, 3], ["elu", "tanh", "leaky_relu", "identity"], id="up and down"),
    pytest.param([3, 4, 5, 6, 5, 4, 3, 2], list(ACTIVATIONS), id="every activation"),
]
mixed = pytest.mark.parametrize(("sizes", "activations"), MIXED)


def random(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape)


def mlp(sizes, activations, seed=0):
    """A network with biases that are not zero."""
    network = MLP(sizes, activations, rng=np.random.default_rng(seed), dtype=np.float64)
    for i, dense in enumerate(network.dense):
        dense.b[:] = random(len(dense.b), seed=i)
    return network


def gradients(network):
    return [gradient for dense in network.dense for gradient in (dense.dW, dense.db)]


@mixed
def test_forward_applies_layer_after_layer(sizes, activations):
    network, x = mlp(sizes, activations), random(5, sizes[0])
    h = x
    for dense, name in zip(network.dense, activations, strict=True):
        h = ACTIVATIONS[name]().value(h @ dense.W + dense.b)
    np.testing.assert_allclose(network.forward(x), h, rtol=1e-12, atol=1e-14)


@mixed
def test_backward_agrees_with_central_differences_for_every_parameter_and_the_input(sizes, activations):
    network, x, c = mlp(sizes, activations), random(5, sizes[0]), random(5, sizes[-1], seed=2)
    network.forward(x)
    analytic = [network.backward(c), *gradients(network)]
    varied = [x, *(array for dense in network.dense for array in (dense.W, dense.b))]
    for gradient, array in zip(analytic, varied, strict=True):
        numerical = central_differences(lambda: float(np.sum(c * network.forward(x))), array)
        assert relative_error(gradient.ravel(), numerical) < 1e-7


@mixed
def test_without_the_inputs_gradient_backward_returns_none_and_writes_the_same(sizes, activations):
    network, dy = mlp(sizes, activations), random(5, sizes[-1])
    network.forward(random(5, sizes[0]))
    network.backward(dy)
    expected = [gradient.copy() for gradient in gradients(network)]
    for gradient in gradients(network):
        gradient[...] = np.nan
    assert network.backward(dy, to_input=False) is None
    for written, right in zip(gradients(network), expected, strict=True):
        np.testing.assert_array_equal(written, right)


@mixed
def test_arguments_are_never_changed(sizes, activations):
    network, x, dy = mlp(sizes, activations), random(5, sizes[0]), random(5, sizes[-1])
    x.flags.writeable = dy.flags.writeable = False  # from here on a change raises
    network.forward(x)
    network.backward(dy)
    network.backward(dy, to_input=False)
    np.testing.assert_array_equal(x, random(5, sizes[0]))
    np.testing.assert_array_equal(dy, random(5, sizes[-1]))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_weights_start_as_he_before_a_rectifier_and_as_glorot_otherwise(name):
    """40,000 weights: their mean square has a standard deviation of at most 0.7%, so 4% are 5.6 of them (z = 5.6);
    He's 2/400 and Glorot's 2/500 lie 20% apart."""
    weights = MLP([400, 100], [name], rng=np.random.default_rng(0), dtype=np.float64).dense[0].W
    variance = 2 / 400 if name in {"relu", "leaky_relu", "elu", "softplus"} else 2 / 500
    assert np.mean(weights**2) == pytest.approx(variance, rel=0.04)


def test_biases_start_at_zero():
    network = MLP([4, 6, 3], ["tanh", "relu"], rng=np.random.default_rng(0), dtype=np.float64)
    assert not any(dense.b.any() for dense in network.dense)


def test_layers_start_with_different_weights():
    first, second = MLP([4, 4, 4], ["tanh", "tanh"], rng=np.random.default_rng(0), dtype=np.float64).dense
    assert not np.any(first.W == second.W)
