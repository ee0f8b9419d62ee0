"""Initializers: the distribution each promises, measured on 60,000 weights.

A mean over n weights is held to its expectation ± z standard deviations, z = 5: a right initializer with another
seed would fail once in two million times. fan_in ≠ fan_out, so that swapping them shows.
"""

import numpy as np
import pytest

from scratch_ae.nn.initializers import glorot_uniform, he_normal

FAN_IN, FAN_OUT, Z = 300, 200, 5
N = FAN_IN * FAN_OUT
every_initializer = pytest.mark.parametrize("initializer", [glorot_uniform, he_normal])
GLOROT, HE = 2 / (FAN_IN + FAN_OUT), 2 / FAN_IN


def weights(initializer, seed=0):
    return initializer(np.random.default_rng(seed), FAN_IN, FAN_OUT)


def assert_mean(values, expectation, variance):
    """The mean of the values is `expectation`, within Z of its standard deviations √(variance / n)."""
    assert abs(np.mean(values) - expectation) < Z * np.sqrt(variance / values.size)


@every_initializer
def test_weights_are_float64_of_shape_fan_in_by_fan_out(initializer):
    W = weights(initializer)
    assert W.shape == (FAN_IN, FAN_OUT)
    assert W.dtype == np.float64


@pytest.mark.parametrize(("initializer", "variance"), [(glorot_uniform, GLOROT), (he_normal, HE)])
def test_weights_have_mean_0(initializer, variance):
    assert_mean(weights(initializer), 0, variance)


def test_glorot_has_variance_2_over_fan_in_plus_fan_out():
    """For w uniform on [−a, a]: E[w²] = a²/3 = s² and Var[w²] = a⁴/5 − a⁴/9 = 0.8 s⁴."""
    assert_mean(weights(glorot_uniform) ** 2, GLOROT, 0.8 * GLOROT**2)


def test_he_has_variance_2_over_fan_in():
    """For w normal: E[w²] = s² and Var[w²] = 2 s⁴."""
    assert_mean(weights(he_normal) ** 2, HE, 2 * HE**2)


def test_glorot_fills_its_bounds_and_never_leaves_them():
    """The largest of n uniform |w| falls short of the bound by more than 20/n of it with probability e^−20."""
    limit = np.sqrt(6 / (FAN_IN + FAN_OUT))
    largest = np.abs(weights(glorot_uniform)).max()
    assert limit * (1 - 20 / N) < largest <= limit


@pytest.mark.parametrize(
    ("initializer", "variance", "share"), [(glorot_uniform, GLOROT, 1 / np.sqrt(3)), (he_normal, HE, 0.6826895)]
)
def test_share_of_weights_within_one_standard_deviation_is_that_of_the_distribution(initializer, variance, share):
    """Of a uniform variable 1/√3 = 57.7%, of a normal one 68.3%."""
    assert_mean(np.abs(weights(initializer)) < np.sqrt(variance), share, share * (1 - share))


@every_initializer
def test_neighbouring_weights_are_independent(initializer):
    W = weights(initializer)
    s2 = np.mean(W**2)
    assert_mean(W[:-1] * W[1:], 0, s2**2)
    assert_mean(W[:, :-1] * W[:, 1:], 0, s2**2)


@every_initializer
def test_same_generator_state_gives_the_same_weights_and_another_gives_others(initializer):
    np.testing.assert_array_equal(weights(initializer, 1), weights(initializer, 1))
    assert not np.any(weights(initializer, 1) == weights(initializer, 2))


def test_a_signal_keeps_its_size_through_ten_relu_layers_of_he():
    """What the initializer is for: E[h²] after a layer of many units is E[x²], within a factor of 2 here."""
    rng = np.random.default_rng(0)
    h = rng.standard_normal((50, 400))
    for _ in range(10):
        h = np.maximum(h @ he_normal(rng, 400, 400), 0)
    assert 0.5 < np.mean(h**2) < 2
