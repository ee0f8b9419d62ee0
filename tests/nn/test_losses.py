"""Likelihoods and losses: probabilities written out, gradients by differences, summed and averaged as promised."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scratch_ae.gradient_check.differences import central_differences, relative_error
from scratch_ae.nn.losses import (
    LIKELIHOODS,
    Bernoulli,
    Gaussian,
    LearnedGaussian,
    SoftmaxCrossEntropy,
    softmax,
)

drawn = settings(deadline=None, derandomize=True, max_examples=100)
every_likelihood = pytest.mark.parametrize("name", LIKELIHOODS)
shapes = hnp.array_shapes(min_dims=2, max_dims=2, max_side=5)


def area(y, x):
    """Under the curve through these points, by trapezoids (np.trapezoid, which NumPy has from 2.0 on)."""
    return np.diff(x) @ (y[1:] + y[:-1]) / 2


def pair(batch=4, features=3, seed=0):
    """Network outputs and data of the same shape; data in [0, 1], of which some are exactly 0 or 1."""
    rng = np.random.default_rng(seed)
    return 2 * rng.standard_normal((batch, features)), np.clip(rng.uniform(-0.3, 1.3, (batch, features)), 0, 1)


def logits_and_labels(batch=5, classes=4, seed=0):
    rng = np.random.default_rng(seed)
    return 3 * rng.standard_normal((batch, classes)), rng.integers(0, classes, batch)


def made(name, dtype=np.float64):
    """A likelihood as a model has it: its parameters, if it has any, in the model's dtype; here they are not 0."""
    loss = LIKELIHOODS[name](dtype)
    for parameter in loss.parameter_names:
        getattr(loss, parameter)[...] = 0.7
    return loss


def loss_and_gradient(loss, *arguments):
    return loss.forward(*arguments), loss.backward().copy()


# --- what each likelihood is ---------------------------------------------------------------------------


@given(data=st.data(), shape=shapes)
@drawn
def test_bernoulli_is_minus_the_log_of_the_probability_written_out(data, shape):
    z = data.draw(hnp.arrays(float, shape, elements=st.floats(-6, 6)))
    x = data.draw(hnp.arrays(float, shape, elements=st.floats(0, 1)))
    p = 1 / (1 + np.exp(-z))
    expected = -np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=1)
    np.testing.assert_allclose(Bernoulli().per_example(z, x), expected, rtol=1e-11, atol=1e-13)


@given(data=st.data(), shape=shapes)
@drawn
def test_gaussian_is_half_the_squared_error(data, shape):
    y, x = (data.draw(hnp.arrays(float, shape, elements=st.floats(-100, 100))) for _ in range(2))
    expected = [sum(0.5 * (xj - yj) ** 2 for xj, yj in zip(xn, yn, strict=True)) for xn, yn in zip(x, y, strict=True)]
    np.testing.assert_allclose(Gaussian().per_example(y, x), expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["gaussian", "learned-gaussian"])
@pytest.mark.parametrize("y", [-3.0, 0.0, 2.5])
def test_gaussian_density_with_its_constant_integrates_to_1(name, y):
    x, loss = np.linspace(y - 18, y + 18, 4001).reshape(-1, 1), made(name)
    density = np.exp(-loss.per_example(np.full_like(x, y), x) - loss.constant(1))
    assert area(density, x[:, 0]) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("z", [-3.0, 0.0, 2.5])
def test_bernoulli_probabilities_of_0_and_1_add_up_to_1(z):
    x = np.array([[0.0], [1.0]])
    p = np.exp(-Bernoulli().per_example(np.full_like(x, z), x) - Bernoulli().constant(1))
    assert p.sum() == pytest.approx(1, rel=1e-14)


@every_likelihood
def test_constant_of_d_features_is_d_times_that_of_one(name):
    assert made(name).constant(784) == pytest.approx(784 * made(name).constant(1), rel=1e-14)


def test_mean_of_bernoulli_is_the_probability_of_1():
    z, x = pair(features=1)
    p_of_1 = np.exp(-Bernoulli().per_example(z, np.ones_like(x)))
    np.testing.assert_allclose(Bernoulli().mean(z)[:, 0], p_of_1, rtol=1e-13)


@pytest.mark.parametrize("name", ["gaussian", "learned-gaussian"])
def test_mean_of_a_gaussian_is_the_output(name):
    y, _ = pair()
    np.testing.assert_array_equal(made(name).mean(y), y)


def test_learned_gaussian_starts_as_the_gaussian_of_variance_1():
    np.testing.assert_allclose(LearnedGaussian().per_example(*pair()), Gaussian().per_example(*pair()), rtol=1e-14)


def test_variance_of_the_learned_gaussian_is_e_to_the_log_var():
    """∫ (x − y)² p(x) dx."""
    x, loss = np.linspace(-18, 18, 4001).reshape(-1, 1), made("learned-gaussian")
    density = np.exp(-loss.per_example(np.zeros_like(x), x) - loss.constant(1))
    assert area(x[:, 0] ** 2 * density, x[:, 0]) == pytest.approx(math.exp(0.7), rel=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("z", [-1e4, 1e4])
@pytest.mark.parametrize("x", [0.0, 0.5, 1.0])
def test_bernoulli_with_huge_logits_is_finite_and_right(dtype, z, x):
    """softplus(z) is then max(z, 0), and σ(z) is 0 or 1, to the last digit."""
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss, dz = loss_and_gradient(Bernoulli(), np.array([[z]], dtype), np.array([[x]], dtype))
    assert loss == max(z, 0) - x * z
    assert dz == (z > 0) - x


def test_bernoulli_keeps_the_tiny_loss_of_an_almost_sure_logit():
    """−log(1 − σ(−50)) ≈ e^−50: computed from the probability, which 1 − σ has rounded to 1, it would be 0."""
    loss = Bernoulli().forward(np.array([[-50.0]]), np.array([[0.0]]))
    assert loss == pytest.approx(math.exp(-50), rel=1e-12, abs=0)


@given(data=st.data(), batch=st.integers(1, 4), classes=st.integers(1, 5), scale=st.sampled_from([1, 30, 1e4]))
@drawn
def test_softmax_cross_entropy_is_logsumexp_minus_the_labels_logit(data, batch, classes, scale):
    z = data.draw(hnp.arrays(float, (batch, classes), elements=st.floats(-scale, scale)))
    labels = data.draw(hnp.arrays(int, batch, elements=st.integers(0, classes - 1)))
    exact = z.astype(np.longdouble)
    expected = float(np.mean(np.logaddexp.reduce(exact, axis=1) - exact[range(batch), labels]))
    assert SoftmaxCrossEntropy().forward(z, labels) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("shift", [0, 1e4, -1e4])
def test_softmax_is_each_exponential_over_their_sum_however_large_the_logits(shift):
    z = np.array([[1.0, 2.0, -3.0], [0.5, 0.5, 0.5]])
    expected = [[math.exp(v) / sum(math.exp(w) for w in row) for v in row] for row in z]
    np.testing.assert_allclose(softmax(z + shift), expected, rtol=1e-11)


# --- gradients -----------------------------------------------------------------------------------------


@every_likelihood
@pytest.mark.parametrize("batch", [1, 3, 4])
def test_gradient_agrees_with_central_differences_in_the_output(name, batch):
    loss, (y, x) = made(name), pair(batch)
    _, dy = loss_and_gradient(loss, y, x)
    assert relative_error(dy.ravel(), central_differences(lambda: loss.forward(y, x), y)) < 1e-8


@every_likelihood
@pytest.mark.parametrize("batch", [1, 3, 4])
def test_target_gradient_agrees_with_central_differences_in_the_data(name, batch):
    loss, (y, x) = made(name), pair(batch)
    loss.forward(y, x)
    dx = loss.target_gradient().copy()
    assert relative_error(dx.ravel(), central_differences(lambda: loss.forward(y, x), x)) < 1e-8


@pytest.mark.parametrize("batch", [1, 3, 4])
def test_gradient_of_log_var_agrees_with_central_differences(batch):
    loss, (y, x) = made("learned-gaussian"), pair(batch)
    loss_and_gradient(loss, y, x)
    numerical = central_differences(lambda: loss.forward(y, x), loss.log_var, step=1e-5)
    assert relative_error(loss.dlog_var, numerical) < 1e-8


def test_gradient_of_log_var_is_0_where_it_is_the_log_of_the_mean_squared_error():
    loss, (y, x) = made("learned-gaussian"), pair()
    loss.log_var[:] = np.log(np.mean((x - y) ** 2))
    loss_and_gradient(loss, y, x)
    assert loss.dlog_var[0] == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("seed", range(3))
def test_softmax_gradient_agrees_with_central_differences(seed):
    loss, (z, labels) = SoftmaxCrossEntropy(), logits_and_labels(seed=seed)
    _, dz = loss_and_gradient(loss, z, labels)
    assert relative_error(dz.ravel(), central_differences(lambda: loss.forward(z, labels), z)) < 1e-8


def test_rows_of_the_softmax_gradient_sum_to_0():
    """Adding the same number to all logits of a row changes no probability."""
    _, dz = loss_and_gradient(SoftmaxCrossEntropy(), *logits_and_labels())
    np.testing.assert_allclose(dz.sum(axis=1), 0, atol=1e-16)


def test_softmax_with_huge_logits_is_finite_and_right():
    z = np.array([[1e4, 0.0, -1e4]] * 3)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss, dz = loss_and_gradient(SoftmaxCrossEntropy(), z, np.array([0, 1, 2]))
    assert loss == pytest.approx((0 + 1e4 + 2e4) / 3)
    np.testing.assert_array_equal(dz * 3, [[0, 0, 0], [1, -1, 0], [1, 0, -1]])


# --- the same for all ----------------------------------------------------------------------------------

ALL = {**dict.fromkeys(LIKELIHOODS, pair), "softmax": logits_and_labels}
every_loss = pytest.mark.parametrize(("loss", "arguments"), ALL.items(), ids=ALL)


def new(loss, dtype=np.float64):
    return SoftmaxCrossEntropy() if loss == "softmax" else made(loss, dtype)


@every_loss
def test_batch_repeated_has_the_same_loss_and_half_of_every_gradient_row(loss, arguments):
    once, gradient = loss_and_gradient(new(loss), *arguments())
    twice, halves = loss_and_gradient(new(loss), *(np.concatenate([argument] * 2) for argument in arguments()))
    assert twice == pytest.approx(once, rel=1e-14)
    np.testing.assert_allclose(halves, np.concatenate([gradient] * 2) / 2, rtol=1e-14)


@every_likelihood
def test_features_repeated_have_twice_the_loss_and_the_same_gradient(name):
    y, x = pair()
    once, gradient = loss_and_gradient(made(name), y, x)
    twice, repeated = loss_and_gradient(made(name), np.hstack([y, y]), np.hstack([x, x]))
    assert twice == pytest.approx(2 * once, rel=1e-14)
    np.testing.assert_allclose(repeated, np.hstack([gradient, gradient]), rtol=1e-14)


@every_likelihood
def test_loss_is_the_mean_of_the_examples(name):
    y, x = pair(batch=4)
    alone = [made(name).forward(y[n : n + 1], x[n : n + 1]) for n in range(4)]
    assert made(name).forward(y, x) == pytest.approx(sum(alone) / 4, rel=1e-14)
    np.testing.assert_allclose(made(name).per_example(y, x), alone, rtol=1e-14)


@every_loss
def test_loss_is_a_float_and_the_gradient_has_the_dtype_of_the_output(loss, arguments):
    for dtype in (np.float32, np.float64):
        y, target = arguments()
        target = target if target.dtype == int else target.astype(dtype)
        number, gradient = loss_and_gradient(new(loss, dtype), y.astype(dtype), target)
        assert type(number) is float
        assert gradient.dtype == dtype


@every_likelihood
def test_target_gradient_and_mean_have_the_dtype_of_the_output(name):
    y, x = (array.astype(np.float32) for array in pair())
    loss = made(name, np.float32)
    loss.forward(y, x)
    assert loss.target_gradient().dtype == loss.mean(y).dtype == np.float32


@every_loss
def test_arguments_are_never_changed(loss, arguments):
    frozen = arguments()
    for argument in frozen:
        argument.flags.writeable = False  # from here on a change raises
    used = new(loss)
    used.forward(*frozen)
    used.backward()
    for argument, original in zip(frozen, arguments(), strict=True):
        np.testing.assert_array_equal(argument, original)


@every_loss
def test_batches_of_any_sizes_can_follow_each_other(loss, arguments):
    used = new(loss)
    for batch in (4, 2, 6, 1):
        number, gradient = loss_and_gradient(used, *arguments(batch))
        expected, right = loss_and_gradient(new(loss), *arguments(batch))
        assert number == expected
        np.testing.assert_array_equal(gradient, right)


# --- the door ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [-0.001, 1.001, 255.0, -np.inf])
def test_bernoulli_refuses_data_outside_0_and_1_and_says_what_to_do(bad):
    with pytest.raises(ValueError, match=r"\[0, 1\].*rescale.*gaussian") as caught:
        Bernoulli().check("validation", np.array([[0.5, 0.5], [bad, 0.5]]))
    assert f"{bad:g}" in str(caught.value)
    assert "needs validation in" in str(caught.value)


def test_bernoulli_takes_data_from_0_to_1_ends_included():
    Bernoulli().check("x", np.array([[0.0, 0.3, 1.0]]))


def test_gaussian_takes_any_data():
    Gaussian().check("x", np.array([[-1e9, 0.0, 1e9]]))
