"""The fast check: full-size models in seconds, and it leads to the entry that is wrong."""

import time

import numpy as np
import pytest

import scratch_ae as ae
from scratch_ae.gradient_check.diagnosis import gradcheck

SIZES = [784, 300, 150]


def model(kind=ae.Autoencoder, **arguments):
    return kind(SIZES, seed=0, dtype=np.float64, **arguments)


def images(n=8):
    return np.random.default_rng(5).random((n, 784))


def with_wrong_entry(made, array, entry, by):
    """A model that writes one entry of one gradient wrong."""

    class Wrong(type(made)):
        def backward(self, to_input=True):
            dx = super().backward(to_input)
            self.gradients[array][entry] += by
            return dx

    made.__class__ = Wrong
    return made


@pytest.mark.parametrize("kind", [ae.Autoencoder, ae.VAE, ae.TiedAutoencoder])
def test_full_size_model_passes_in_under_five_seconds(kind):
    made, x = model(kind), images()
    start = time.perf_counter()
    report = gradcheck(made, x, fast=True)
    assert report.ok, report
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("array", "entry"),
    [("encoder.0.W", (17, 23)), ("decoder.1.b", (4,))],
)
def test_one_wrong_entry_among_hundreds_of_thousands_is_found(array, entry):
    report = gradcheck(with_wrong_entry(model(), array, entry, 0.05), images(), fast=True)
    assert [row.name for row in report.wrong] == [array]
    assert f"First at {array}{list(entry)}:" in str(report)


def test_wrong_factor_is_named_from_a_few_entries():
    class Forgotten(type(model().nll)):
        def backward(self):
            return super().backward() * len(self.y)

    made = model()
    made.nll.__class__ = Forgotten
    report = gradcheck(made, images(), fast=True)
    assert not report.ok
    assert any(cause.kind == "factor" and "the batch size" in cause.text for cause in report.causes), report


def test_dead_model_whose_gradients_are_all_zero_passes():
    made = model()
    made.parameters["encoder.0.b"][:] = -100
    assert gradcheck(made, images(), fast=True).ok


def test_everything_is_put_back():
    made, x = model(), images()
    before = {name: array.copy() for name, array in made.parameters.items()}, x.copy()
    gradcheck(made, x, fast=True)
    for name, array in made.parameters.items():
        np.testing.assert_array_equal(array, before[0][name])
    np.testing.assert_array_equal(x, before[1])


def test_one_kink_excuses_no_other_entry():
    def loss(x):
        return max(float(x[0]), 0.0) + float(np.sum(np.sin(x[1:])))

    def gradient(x, wrong):
        g = np.cos(x)
        g[0] = 0  # a subgradient, for x[0] is 0
        g[4000] *= wrong
        return g

    x = np.random.default_rng(0).normal(size=5000)
    x[0] = 0
    right = gradcheck(loss, x, gradient=lambda x: gradient(x, 1.0), fast=True)
    assert right.ok
    assert [row.kinks for row in right.rows] == [1]
    assert not gradcheck(loss, x, gradient=lambda x: gradient(x, 2.0), fast=True).ok
