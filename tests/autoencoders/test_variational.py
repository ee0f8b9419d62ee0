"""The VAE: its noise has the distribution it claims, its KL is that of the definition, its bounds bound.

Tests of random numbers allow Z standard errors. A right program passes each such comparison with probability
1 − 7e-6, and the seeds are fixed, so that a test which passes once passes always.
"""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from variants import flat

from scratch_ae import VAE
from scratch_ae.autoencoders.variational import GaussianKL, Reparameterization
from scratch_ae.nn.schedules import Linear

Z = 4.5
DRAWS = 200_000

MEAN_AND_LOG_VAR = [(0, 0), (1.5, -1), (-3, 2), (100, 6), (-0.5, -20), (0, 30)]


def data(n=7, features=6, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).random((n, features)).astype(dtype)


def vae(sizes=(6, 5, 2), **arguments):
    return VAE(sizes, **{"activation": "tanh", **arguments})


def draw(mean, log_var, n=DRAWS, dtype=np.float64, seed=0):
    """n values z for one and the same q(z | x) of one dimension."""
    a = np.tile(np.array([mean, log_var], dtype), (n, 1))
    return Reparameterization().forward(a, np.random.default_rng(seed))[:, 0]


def distance_from_normal(values):
    """√n times the largest distance between the values' distribution function and N(0, 1)'s (Kolmogorov–Smirnov)."""
    n = len(values)
    normal = np.array([NormalDist().cdf(value) for value in np.sort(values)])
    above, below = np.arange(1, n + 1) / n - normal, normal - np.arange(n) / n
    return math.sqrt(n) * max(above.max(), below.max())


KS_LIMIT = 2.4
"""A right program stays below it with probability 1 − 2e^(−2 · 2.4²) = 1 − 2e-5."""


def force_posterior(model, mean, log_var):
    """Makes the encoder answer N(mean, e^log_var) whatever x is."""
    last = f"encoder.{len(model.sizes) - 2}"
    model.parameters[f"{last}.W"][:] = 0
    model.parameters[f"{last}.b"][:] = [*mean, *log_var]


# The reparameterization.


@pytest.mark.parametrize(("mean", "log_var"), MEAN_AND_LOG_VAR)
def test_z_has_the_mean_of_q(mean, log_var):
    standard_error = math.exp(log_var / 2) / math.sqrt(DRAWS)
    assert abs(draw(mean, log_var).mean() - mean) < Z * standard_error


@pytest.mark.parametrize(("mean", "log_var"), MEAN_AND_LOG_VAR)
def test_z_has_the_variance_of_q(mean, log_var):
    variance = math.exp(log_var)
    standard_error = variance * math.sqrt(2 / (DRAWS - 1))
    assert abs(draw(mean, log_var).var(ddof=1) - variance) < Z * standard_error


@pytest.mark.parametrize(("mean", "log_var"), MEAN_AND_LOG_VAR)
def test_z_is_normal(mean, log_var):
    z = draw(mean, log_var, n=20_000)
    assert distance_from_normal((z - mean) / math.exp(log_var / 2)) < KS_LIMIT


def test_every_dimension_and_every_example_has_noise_of_its_own():
    n = 50_000
    z = Reparameterization().forward(np.zeros((n, 6)), np.random.default_rng(0))
    neighbours = np.hstack([z[:-1], z[1:]])
    correlations = np.corrcoef(neighbours.T)[np.triu_indices(6, k=1)]
    assert np.abs(correlations).max() < Z / math.sqrt(n)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_z_has_one_number_a_latent_dimension_in_the_dtype_of_the_encoders_output(dtype):
    z = Reparameterization().forward(np.zeros((4, 6), dtype), np.random.default_rng(0))
    assert (z.shape, z.dtype) == ((4, 3), dtype)


def test_the_first_half_of_the_encoders_output_is_the_mean():
    a = np.array([[1.0, 2.0, -60.0, -60.0]])
    np.testing.assert_allclose(Reparameterization().forward(a, np.random.default_rng(0)), [[1, 2]], atol=1e-9)


# The KL divergence.


@pytest.mark.parametrize(("mean", "log_var"), [(1.5, -1), (-3, 2), (10, 0), (-0.5, -8), (0.1, 0.1)])
def test_the_kl_is_the_mean_of_log_q_minus_log_p(mean, log_var):
    q, p = NormalDist(mean, math.exp(log_var / 2)), NormalDist()
    z = np.random.default_rng(0).normal(q.mean, q.stdev, DRAWS)
    log_ratio = (z - p.mean) ** 2 / 2 - (z - q.mean) ** 2 / (2 * q.variance) - math.log(q.stdev)
    standard_error = log_ratio.std() / math.sqrt(DRAWS)
    assert abs(GaussianKL().forward(np.array([[mean, log_var]], float)) - log_ratio.mean()) < Z * standard_error


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_kl_is_exactly_0_where_q_is_the_prior(dtype):
    assert GaussianKL().forward(np.zeros((3, 4), dtype)) == 0


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.floats(-100, 100), st.floats(-80, 80))
def test_the_kl_is_never_negative_but_for_rounding(mean, log_var):
    rounding = 2e-16 * (1 + abs(log_var))
    assert GaussianKL().per_dimension(np.array([[mean, log_var]])) >= -rounding


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_kl_is_never_negative(dtype):
    tiny = np.sqrt(np.finfo(dtype).eps)
    near_the_prior = np.random.default_rng(0).uniform(-tiny, tiny, 1000).astype(dtype)
    a = np.stack([np.zeros_like(near_the_prior), near_the_prior], axis=1)
    assert GaussianKL().per_dimension(a).min() >= 0


def test_the_kl_is_summed_over_the_dimensions_and_averaged_over_the_batch():
    a = np.random.default_rng(0).standard_normal((5, 6))
    per_dimension = GaussianKL().per_dimension(a)
    assert per_dimension.shape == (5, 3)
    assert GaussianKL().forward(a) == pytest.approx(per_dimension.sum() / 5, rel=1e-14)


def test_the_gradient_of_the_kl_is_that_of_central_differences():
    a, kl, h = np.random.default_rng(0).standard_normal((3, 4)), GaussianKL(), 1e-5
    numerical = np.empty_like(a)
    for index in np.ndindex(a.shape):
        step = np.zeros_like(a)
        step[index] = h
        numerical[index] = (kl.forward(a + step) - kl.forward(a - step)) / (2 * h)
    kl.forward(a)
    np.testing.assert_allclose(kl.backward(), numerical, rtol=1e-7, atol=1e-10)


# Encoding.


@pytest.mark.parametrize("n", [1, 499, 500, 501, 1200])
def test_encode_distribution_gives_the_mean_and_log_variance_of_every_example(n):
    model = vae([6, 2], dtype=np.float64)
    x = data(n, dtype=np.float64)
    mean, log_var = model.encode_distribution(x)
    a = x @ model.parameters["encoder.0.W"] + model.parameters["encoder.0.b"]
    np.testing.assert_allclose(mean, a[:, :2], rtol=1e-12)
    np.testing.assert_allclose(log_var, a[:, 2:], rtol=1e-12)


def test_encode_is_the_mean_of_encode_distribution_and_has_no_noise():
    model, x = vae(), data(1200)
    np.testing.assert_array_equal(model.encode(x), model.encode_distribution(x)[0])
    np.testing.assert_array_equal(model.encode(x), model.encode(x))


def test_a_second_call_leaves_the_first_distribution_alone():
    model = vae()
    first = model.encode_distribution(data())
    kept = [array.copy() for array in first]
    model.encode_distribution(data(seed=1))
    np.testing.assert_array_equal(first, kept)


def test_the_kl_of_each_dimension_is_a_mean_over_examples_and_0_where_it_has_collapsed():
    model = vae()
    force_posterior(model, [2, 0], [0, 0])
    np.testing.assert_allclose(model.kl_per_dimension(data(1200)), [2**2 / 2, 0])


def test_a_reconstruction_is_decoded_from_the_mean():
    model = vae()
    force_posterior(model, [0.3, -0.7], [5, 5])
    np.testing.assert_allclose(model.reconstruct(data(1)), model.decode([[0.3, -0.7]]), rtol=1e-6)


# Training.


def test_noise_is_drawn_anew_at_every_training_step():
    model, x, steps = vae(), data(), []
    for _ in range(3):
        model.loss_and_gradients(x)
        steps.append(model.terms)
    assert len({terms["reconstruction"] for terms in steps}) == 3
    assert len({terms["kl"] for terms in steps}) == 1


def test_a_given_generator_decides_the_noise():
    model, x = vae(), data()
    losses = [model.loss_and_gradients(x, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]


def test_the_loss_of_a_batch_is_that_of_loss_and_gradients_with_the_same_noise():
    model, x = vae(beta=3.0), data()
    trained = model.loss_and_gradients(x, rng=np.random.default_rng(4))
    assert model.loss(x, rng=np.random.default_rng(4)) == pytest.approx(trained, rel=1e-12)


@pytest.mark.parametrize("beta", [0.0, 0.25, 1.0, 4.0])
def test_beta_weighs_the_kl_in_the_loss(beta):
    model, x = vae(beta=beta), data()
    terms = model.losses(x)
    assert terms == vae(beta=1.0).losses(x)
    assert model.loss(x) == pytest.approx(terms["reconstruction"] + beta * terms["kl"], rel=1e-12)


def test_beta_weighs_the_kl_in_the_gradient():
    gradients = []
    for beta in (0.0, 1.0, 4.0):
        model = vae(beta=beta, dtype=np.float64)
        model.loss_and_gradients(data(), rng=np.random.default_rng(0))
        gradients.append(flat(model.gradients))
    without, once, four_times = gradients
    np.testing.assert_allclose(four_times - without, 4 * (once - without), rtol=1e-9, atol=1e-12)
    assert np.abs(once - without).max() > 1e-3


def test_a_beta_that_is_a_schedule_is_asked_at_every_training_step():
    model = vae(beta=Linear(0.0, 1.0, steps=4))
    for beta in (0, 0.25, 0.5, 0.75, 1, 1):
        loss = model.loss_and_gradients(data())
        assert loss == pytest.approx(model.terms["reconstruction"] + beta * model.terms["kl"], rel=1e-12)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_a_few_steps_lower_the_loss(likelihood):
    model, x = vae(likelihood=likelihood), data(100)
    before = model.loss(x)
    model.fit(x, epochs=20, batch_size=20, progress=False)
    assert model.loss(x) < 0.99 * before


@pytest.mark.parametrize("beta", [-1, math.nan, math.inf, "1"])
def test_a_bad_beta_is_refused_by_name(beta):
    with pytest.raises((ValueError, TypeError), match=r"^beta="):
        vae(beta=beta)


# Sampling.


@pytest.mark.parametrize("n", [1, 501])
def test_samples_have_the_shape_and_range_of_data(n):
    images = vae().sample(n)
    assert images.shape == (n, 6)
    assert 0 <= images.min() < images.max() <= 1


def test_the_same_generator_gives_the_same_samples():
    model = vae()
    np.testing.assert_array_equal(
        model.sample(5, rng=np.random.default_rng(1)), model.sample(5, rng=np.random.default_rng(1))
    )


def test_every_call_gives_other_samples_and_every_row_too():
    model = vae()
    images = np.concatenate([model.sample(5), model.sample(5)])
    assert len(np.unique(images, axis=0)) == 10


def test_models_of_one_seed_give_the_same_samples():
    np.testing.assert_array_equal(vae(seed=3).sample(5), vae(seed=3).sample(5))


def test_samples_are_decoded_from_the_prior(monkeypatch):
    decoded = []
    model = vae()
    monkeypatch.setattr(model, "decode", decoded.append)
    model.sample(10_000, rng=np.random.default_rng(0))
    (z,) = decoded
    assert z.shape == (10_000, 2)
    assert distance_from_normal(z.ravel()) < KS_LIMIT
    assert abs(np.corrcoef(z.T)[0, 1]) < Z / math.sqrt(10_000)


@pytest.mark.parametrize("n", [0, -1, 2.5])
def test_a_bad_number_of_samples_is_refused_by_name(n):
    with pytest.raises((ValueError, TypeError), match=r"^n="):
        vae().sample(n)


# The bounds on log p(x).


@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
@pytest.mark.parametrize(("likelihood", "constant"), [("bernoulli", 0), ("gaussian", 3 * math.log(2 * math.pi))])
def test_the_elbo_is_minus_the_unweighted_terms_and_the_constant_of_the_likelihood(likelihood, constant, beta):
    model, x = vae(likelihood=likelihood, beta=beta), data()
    terms = model.losses(x)
    assert model.elbo(x) == pytest.approx(-terms["reconstruction"] - terms["kl"] - constant, rel=1e-12)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_on_average_the_log_likelihood_rises_from_the_elbo_as_samples_grow(likelihood):
    model, x = vae(likelihood=likelihood, dtype=np.float64), data(200, dtype=np.float64)
    force_posterior(model, [1, -1], [0.5, -0.5])
    rngs = [np.random.default_rng(seed) for seed in range(20)]
    elbo = np.mean([model.elbo(x, rng=rng) for rng in rngs])
    estimates = [np.mean([model.log_likelihood(x, samples, rng=rng) for rng in rngs]) for samples in (2, 10, 50)]
    assert elbo < estimates[0] < estimates[1] < estimates[2]


@pytest.fixture(scope="module")
def linear():
    """A VAE of which all is known: p(z) = N(0, I) and p(x | z) = N(z W + b, I) make p(x) = N(b, WᵀW + I), and
    p(z | x) = N((x − b) Wᵀ M⁻¹, M⁻¹) with M = I + W Wᵀ, which the encoder is set to. Rows of W that are
    orthogonal keep M diagonal. Returned with data and their log p(x)."""
    rng = np.random.default_rng(0)
    model = VAE([5, 2], likelihood="gaussian", dtype=np.float64)
    W = np.array([[2.0], [0.7]]) * np.linalg.qr(rng.standard_normal((5, 2)))[0].T
    b = rng.standard_normal(5)
    M = 1 + np.sum(W**2, axis=1)
    model.parameters["decoder.0.W"][:] = W
    model.parameters["decoder.0.b"][:] = b
    model.parameters["encoder.0.W"][:] = np.hstack([W.T / M, np.zeros((5, 2))])
    model.parameters["encoder.0.b"][:] = np.concatenate([-b @ W.T / M, -np.log(M)])

    x = b + rng.standard_normal((20, 2)) @ W + rng.standard_normal((20, 5))
    covariance = W.T @ W + np.eye(5)
    distance = np.sum((x - b) @ np.linalg.inv(covariance) * (x - b), axis=1)
    log_p = -0.5 * (distance + np.linalg.slogdet(2 * math.pi * covariance)[1])
    return model, x, log_p


@pytest.mark.parametrize("samples", [1, 7])
@pytest.mark.parametrize("seed", [0, 1])
def test_with_the_exact_posterior_every_importance_weight_is_p_of_x(linear, samples, seed):
    model, x, log_p = linear
    assert model.log_likelihood(x, samples, rng=np.random.default_rng(seed)) == pytest.approx(log_p.mean(), abs=1e-6)


def test_with_the_exact_posterior_the_elbo_is_log_p_of_x_on_average(linear):
    model, x, log_p = linear
    elbos = [model.elbo(x, rng=np.random.default_rng(seed)) for seed in range(1000)]
    assert abs(np.mean(elbos) - log_p.mean()) < Z * np.std(elbos) / math.sqrt(1000)


def test_the_log_likelihood_nears_log_p_of_x_where_the_posterior_is_not_exact(linear):
    model, x, log_p = linear
    other = model.astype(np.float64)
    other.parameters["encoder.0.b"][:2] += 0.3
    other.parameters["encoder.0.b"][2:] += 0.5
    assert other.log_likelihood(x, 5000) == pytest.approx(log_p.mean(), abs=0.01)


@pytest.mark.parametrize("n", [501, 1200])
def test_the_log_likelihood_of_many_examples_is_their_mean(linear, n):
    model, x, log_p = linear
    rows = np.arange(n) % len(x)
    assert model.log_likelihood(x[rows], samples=1) == pytest.approx(log_p[rows].mean(), abs=1e-9)


@pytest.mark.parametrize("samples", [0, -1, 2.5])
def test_a_bad_number_of_importance_samples_is_refused_by_name(samples):
    with pytest.raises((ValueError, TypeError), match=r"^samples="):
        vae().log_likelihood(data(), samples)


@pytest.mark.parametrize("method", ["encode_distribution", "elbo", "log_likelihood"])
def test_x_is_checked_and_never_changed(method):
    model, x = vae(), data()
    x.flags.writeable = False
    getattr(model, method)(x)
    np.testing.assert_array_equal(x, data())
    for wrong in (x[:, :5], x[0], np.full_like(x, np.nan)):
        with pytest.raises(ValueError, match=r"^x has shape|^x holds NaN"):
            getattr(model, method)(wrong)


@pytest.mark.parametrize("method", ["elbo", "log_likelihood"])
def test_x_of_which_a_bernoulli_has_no_probability_is_refused(method):
    with pytest.raises(ValueError, match=r"needs x in"):
        getattr(vae(), method)(2 * data())
