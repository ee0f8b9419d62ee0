"""Questions put to models, with models whose answer is known."""

import numpy as np
import pytest

import scratch_ae as ae
from scratch_ae.evaluation import probes
from scratch_ae.gradient_check.differences import STEP


def rows(n=200, d=6, seed=0):
    return np.random.default_rng(seed).random((n, d))


def identity(d=6):
    """An autoencoder that is the identity."""
    model = ae.Autoencoder([d, d], activation="identity", likelihood="gaussian", dtype=np.float64)
    for name in ("encoder.0.W", "decoder.0.W"):
        model.parameters[name][...] = np.eye(d)
    return model


def test_random_images_keep_every_pixels_values_and_lose_what_binds_pixels():
    x = np.repeat(np.random.default_rng(0).random((500, 1)), 4, axis=1)
    noise = probes.random_images(x, np.random.default_rng(1))
    np.testing.assert_array_equal(np.sort(noise, axis=0), np.sort(x, axis=0))
    assert np.abs(np.corrcoef(noise.T)[~np.eye(4, dtype=bool)]).max() < 0.2


def test_the_identity_reproduces_all_of_anything():
    assert probes.share_reproduced(identity(), rows()) == pytest.approx(1)


def test_who_answers_with_the_mean_reproduces_nothing():
    model, x = identity(), rows()
    model.parameters["decoder.0.W"][...] = 0
    model.parameters["decoder.0.b"][...] = x.mean(axis=0)
    assert probes.share_reproduced(model, x) == pytest.approx(0)


def test_what_the_identity_leaves_of_gaussian_noise_is_all_its_variance():
    x = rows(4000)
    errors = probes.cleaned_errors(identity(), x, "gaussian", [0.1, 0.5], np.random.default_rng(0))
    np.testing.assert_allclose(errors, [6 * 0.01, 6 * 0.25], rtol=0.05)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus"])
def test_singular_values_are_those_of_the_jacobian_by_differences(activation):
    model = ae.ContractiveAutoencoder([6, 4], activation=activation, dtype=np.float64, seed=1)
    x = rows(1)
    columns = [(model.encode(x + STEP * e) - model.encode(x - STEP * e))[0] / (2 * STEP) for e in np.eye(6)]
    expected = np.linalg.svd(np.array(columns).T, compute_uv=False)
    np.testing.assert_allclose(probes.jacobian_singular_values(model, x), expected, rtol=1e-6)


def test_on_the_way_between_two_images_both_ends_are_the_images_themselves():
    model, x = ae.Autoencoder([6, 2]), rows(8).astype(np.float32)
    way = probes.between(model, x, pairs=3, steps=5)
    assert way.shape == (3, 5, 6)
    np.testing.assert_array_equal(way[:, 0], x[0:6:2])
    np.testing.assert_array_equal(way[:, -1], x[1:6:2])


def test_half_way_between_two_images_is_what_half_of_both_codes_decodes_to():
    x = rows(2)
    np.testing.assert_allclose(probes.between(identity(), x, steps=3)[0, 1], x.mean(axis=0))


def test_there_are_no_more_pairs_than_images_for_them():
    assert len(probes.between(identity(), rows(5), pairs=6)) == 2
