"""Denoising: the noise has the distribution it claims, is new at every step, and is in what the model sees alone.

Tests of random numbers allow Z standard errors. A right program passes each such comparison with probability
1 − 7e-6, and the seeds are fixed, so that a test which passes once passes always.
"""

import math
import re

import numpy as np
import pytest

import scratch_ae as ae
from scratch_ae.autoencoders.denoising import NOISES, GaussianNoise, Masking, SaltAndPepper

Z = 4.5
SHAPE = (500, 400)
DRAWS = SHAPE[0] * SHAPE[1]


def data(n=7, features=6, seed=0, dtype=np.float64):
    """Entries in (0.2, 0.8), so that none looks like damage."""
    return (0.2 + 0.6 * np.random.default_rng(seed).random((n, features))).astype(dtype)


def denoising(sizes=(6, 5, 3), **arguments):
    return ae.DenoisingAutoencoder(list(sizes), **{"activation": "tanh", "dtype": np.float64, **arguments})


def corrupted(noise, dtype=np.float64, seed=1):
    x = data(*SHAPE, dtype=dtype)
    return x, noise.forward(x, np.random.default_rng(seed))


def assert_share(found, expected):
    """A share of DRAWS entries that each were chosen with probability `expected`."""
    assert abs(found - expected) <= Z * math.sqrt(expected * (1 - expected) / DRAWS)


def what_the_encoder_sees(model, monkeypatch):
    seen = []
    forward = model.encoder.forward
    monkeypatch.setattr(model.encoder, "forward", lambda x: seen.append(x.copy()) or forward(x))
    return seen


# The noise.


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("level", [0.1, 0.5, 2.0])
def test_gaussian_noise_has_mean_0_and_standard_deviation_level(level, dtype):
    x, x_tilde = corrupted(GaussianNoise(level), dtype)
    noise = x_tilde.astype(np.float64) - x
    assert abs(noise.mean()) < Z * level / math.sqrt(DRAWS)
    assert abs(noise.std() - level) < Z * level / math.sqrt(2 * DRAWS)


def test_gaussian_noise_is_normal():
    x, x_tilde = corrupted(GaussianNoise(0.5))
    noise = (x_tilde - x) / 0.5
    for width in (0.5, 1, 2, 3):
        assert_share(np.mean(np.abs(noise) < width), math.erf(width / math.sqrt(2)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("level", [0, 0.1, 0.5, 1])
def test_masking_sets_a_share_of_level_to_0_and_leaves_the_rest(level, dtype):
    x, x_tilde = corrupted(Masking(level), dtype)
    masked = x_tilde == 0
    assert_share(masked.mean(), level)
    np.testing.assert_array_equal(x_tilde[~masked], x[~masked])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("level", [0, 0.1, 0.5, 1])
def test_salt_and_pepper_sets_a_share_of_half_the_level_to_0_another_to_1_and_leaves_the_rest(level, dtype):
    x, x_tilde = corrupted(SaltAndPepper(level), dtype)
    pepper, salt = x_tilde == 0, x_tilde == 1
    assert_share(pepper.mean(), level / 2)
    assert_share(salt.mean(), level / 2)
    untouched = ~pepper & ~salt
    np.testing.assert_array_equal(x_tilde[untouched], x[untouched])


def test_gaussian_noise_of_level_0_changes_nothing():
    x, x_tilde = corrupted(GaussianNoise(0))
    np.testing.assert_array_equal(x_tilde, x)


@pytest.mark.parametrize("noise", NOISES)
def test_every_example_and_every_feature_has_noise_of_its_own(noise):
    x, x_tilde = corrupted(NOISES[noise](0.5))
    change = (x_tilde - x) - (x_tilde - x).mean()
    bound = Z * change.var() / math.sqrt(DRAWS)
    assert abs(np.mean(change[1:] * change[:-1])) < bound
    assert abs(np.mean(change[:, 1:] * change[:, :-1])) < bound


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_noise_keeps_the_dtype(noise, dtype):
    assert corrupted(NOISES[noise](0.5), dtype)[1].dtype == dtype


@pytest.mark.parametrize("noise", NOISES)
def test_the_same_generator_gives_the_same_noise_and_another_another(noise):
    first, again, other = (corrupted(NOISES[noise](0.5), seed=seed)[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.mean(first != other) > 0.3


class Draws:
    """A generator whose uniform numbers are these."""

    def __init__(self, *numbers):
        self.numbers = numbers

    def random(self, shape, dtype):
        return np.array(self.numbers, dtype).reshape(shape)


@pytest.mark.parametrize("noise", [Masking, SaltAndPepper])
def test_a_level_of_0_spares_even_what_draws_exactly_0(noise):
    """Which in float32 happens to one entry in 17 million, three of MNIST's."""
    x = data(1, 2)
    np.testing.assert_array_equal(noise(0).forward(x, Draws(0.0, 0.5)), x)


def test_what_draws_below_half_the_level_is_pepper_and_from_there_to_the_level_salt():
    x = np.full((1, 6), 0.5)
    x_tilde = SaltAndPepper(0.5).forward(x, Draws(0.0, 0.24, 0.25, 0.49, 0.5, 0.99))
    np.testing.assert_array_equal(x_tilde, [[0, 0, 1, 1, 0.5, 0.5]])


# The model.


@pytest.mark.parametrize("noise", NOISES)
def test_the_model_has_the_noise_and_the_level_that_it_was_asked_for(noise):
    assert denoising(noise=noise, level=0.25).corruption == NOISES[noise](0.25)


def test_the_noise_is_gaussian_of_half_unless_another_is_asked_for():
    assert denoising().corruption == GaussianNoise(0.5)


@pytest.mark.parametrize("noise", NOISES)
def test_the_encoder_sees_new_noise_at_every_training_step(noise, monkeypatch):
    model, x = denoising(noise=noise), data(50)
    seen = what_the_encoder_sees(model, monkeypatch)
    for _ in range(3):
        model.loss_and_gradients(x)
    for one, other in [(seen[0], seen[1]), (seen[1], seen[2]), (seen[0], seen[2]), (seen[0], x)]:
        assert np.mean(one != other) > 0.3


@pytest.mark.parametrize("noise", NOISES)
def test_a_given_generator_decides_the_noise(noise):
    model, x = denoising(noise=noise), data(50)
    first, again, other = (model.loss_and_gradients(x, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("noise", NOISES)
def test_the_target_is_the_clean_x(noise):
    """With a decoder that answers c to everything, the loss is ½‖x − c‖² exactly where x is the clean one."""
    model, x = denoising(noise=noise, likelihood="gaussian"), data()
    c = np.linspace(-1, 1, 6)
    model.parameters["decoder.1.W"][:] = 0
    model.parameters["decoder.1.b"][:] = c
    loss = model.loss_and_gradients(x)
    assert loss == pytest.approx(0.5 * np.sum((x - c) ** 2) / len(x), rel=1e-12)
    np.testing.assert_allclose(model.gradients["decoder.1.b"], (c - x).mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("method", ["encode", "reconstruct"])
def test_encode_and_reconstruct_add_no_noise(method, noise):
    plain = ae.Autoencoder([6, 5, 3], activation="tanh", dtype=np.float64)
    answers = [getattr(model, method)(data()) for model in (denoising(noise=noise), plain)]
    np.testing.assert_array_equal(*answers)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("method", ["loss_and_gradients", "losses", "fit"])
def test_x_is_never_changed(method, noise):
    x = data()
    x.flags.writeable = False
    getattr(denoising(noise=noise), method)(x)
    np.testing.assert_array_equal(x, data())


@pytest.mark.parametrize("noise", NOISES)
def test_it_learns_to_take_away_half_of_a_noise_it_has_not_seen(noise):
    rng = np.random.default_rng(0)
    prototypes = rng.integers(2, size=(4, 12))
    train, test = (prototypes[rng.integers(4, size=n)].astype(float) for n in (400, 100))
    model = denoising([12, 20], noise=noise, level=0.3, likelihood="gaussian")
    model.fit(train, epochs=20, batch_size=20, progress=False)
    noisy = NOISES[noise](0.3).forward(test, rng)
    left = np.sum((model.reconstruct(noisy) - test) ** 2) / np.sum((noisy - test) ** 2)
    assert left < 0.5


@pytest.mark.parametrize("method", ["encode", "reconstruct"])
def test_a_bernoulli_model_takes_what_gaussian_noise_took_out_of_0_and_1(method):
    noisy = GaussianNoise(0.5).forward(data(), np.random.default_rng(0))
    assert noisy.min() < 0
    assert noisy.max() > 1
    assert np.isfinite(getattr(denoising(), method)(noisy)).all()


# The door.


@pytest.mark.parametrize(
    ("noise", "level", "bounds"),
    [
        *[("gaussian", level, "at least 0") for level in (-0.1, math.nan, math.inf, "a lot")],
        *[
            (noise, level, "at least 0 and at most 1")
            for noise in ("masking", "salt-and-pepper")
            for level in (-0.1, 1.1, math.nan, None)
        ],
    ],
)
def test_a_level_out_of_range_is_refused_in_a_sentence_with_the_range(noise, level, bounds):
    with pytest.raises(ValueError, match=rf"^level={re.escape(repr(level))} must be a number {bounds}\.$"):
        denoising(noise=noise, level=level)


def test_an_unknown_noise_is_refused_in_a_sentence_with_the_known_ones():
    with pytest.raises(ValueError, match=r"^noise='salt' is not known: .*gaussian, masking, salt-and-pepper\.$"):
        denoising(noise="salt")


def test_a_gaussian_level_may_be_above_1():
    assert denoising(noise="gaussian", level=3).corruption.level == 3
