"""Contraction: the penalty is the squared Jacobian of the encoder, and training makes it smaller."""

import math
import re

import numpy as np
import pytest
from variants import flat

import scratch_ae as ae
from scratch_ae.nn.activations import ACTIVATIONS

STEP = 1e-6


def data(n=7, features=6, seed=0):
    return np.random.default_rng(seed).random((n, features))


def contractive(sizes=(6, 4), **arguments):
    return ae.ContractiveAutoencoder(list(sizes), **{"dtype": np.float64, **arguments})


def squared_jacobian(model, x):
    """‖∂h/∂x‖²_F averaged over the rows of x, by central differences of `encode`."""
    total = 0.0
    for j in range(x.shape[1]):
        up, down = x.copy(), x.copy()
        up[:, j] += STEP
        down[:, j] -= STEP
        total += np.sum(((model.encode(up) - model.encode(down)) / (2 * STEP)) ** 2)
    return total / len(x)


@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_penalty_is_the_squared_frobenius_norm_of_the_encoders_jacobian(activation, n):
    model, x = contractive(activation=activation, likelihood="gaussian"), data(n)
    model.parameters["encoder.0.b"][:] = [-1, -0.3, 0.2, 1]
    assert model.losses(x)["jacobian"] == pytest.approx(squared_jacobian(model, x), rel=1e-7)


def test_a_code_activation_of_its_own_is_the_one_that_is_penalized():
    model, x = contractive(activation="sigmoid", code_activation="tanh"), data()
    assert model.losses(x)["jacobian"] == pytest.approx(squared_jacobian(contractive(activation="tanh"), x), rel=1e-7)


@pytest.mark.parametrize("weight", [0, 0.5, 3])
def test_weight_weighs_the_penalty_in_the_loss(weight):
    model, x = contractive(weight=weight), data()
    terms = model.losses(x)
    assert set(terms) == {"reconstruction", "jacobian"}
    assert terms["jacobian"] > 0.01
    assert model.loss(x) == pytest.approx(terms["reconstruction"] + weight * terms["jacobian"], rel=1e-12)


def test_without_weight_it_is_the_plain_autoencoder_to_the_last_bit():
    x = data(40)
    models = contractive(weight=0), ae.Autoencoder([6, 4], activation="sigmoid", dtype=np.float64)
    for model in models:
        model.fit(x, epochs=3, batch_size=10, progress=False)
    np.testing.assert_array_equal(*(flat(model.parameters) for model in models))


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus"])
def test_training_makes_the_jacobian_smaller_than_training_without_weight_does(activation):
    x = data(200)
    jacobians = []
    for weight in (0, 0.5):
        model = contractive(activation=activation, weight=weight)
        model.fit(x, epochs=50, batch_size=20, progress=False)
        jacobians.append(squared_jacobian(model, x))
    assert jacobians[1] < 0.5 * jacobians[0]


def test_the_layer_is_sigmoid_unless_another_is_asked_for():
    assert [phi.name for phi in contractive().encoder.activations] == ["sigmoid"]


@pytest.mark.parametrize("sizes", [(6, 5, 4), (6, 5, 4, 3)])
def test_more_layers_are_refused_in_a_sentence_that_points_to_the_stack(sizes):
    sentence = (
        rf"^sizes={re.escape(str(list(sizes)))} must be two, .*"
        r"StackedAutoencoder\(\.\.\.\)\.pretrain\(x, layer=ContractiveAutoencoder\) .*[^.]\.$"
    )
    with pytest.raises(ValueError, match=sentence):
        contractive(sizes)


def test_what_the_sentence_points_to_trains_more_layers():
    model, x = ae.StackedAutoencoder([6, 5, 4], dtype=np.float64), data(40)
    before = model.loss(x)
    histories = model.pretrain(x, epochs=5, batch_size=10, layer=ae.ContractiveAutoencoder, progress=False)
    assert ["jacobian" in history for history in histories] == [True, True]
    assert model.loss(x) < before


@pytest.mark.parametrize("weight", [-0.1, math.nan, math.inf, "much"])
def test_a_weight_below_0_is_refused_in_a_sentence_with_the_range(weight):
    with pytest.raises(ValueError, match=rf"^weight={re.escape(repr(weight))} must be a number at least 0\.$"):
        contractive(weight=weight)
