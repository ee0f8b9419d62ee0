"""What can be checked: models, layers, losses, penalties, functions; and what is done to none of them."""

import pickle

import numpy as np
import pytest

import scratch_ae as ae
from scratch_ae.autoencoders.denoising import GaussianNoise, Masking
from scratch_ae.autoencoders.sparse import L1, SparsityKL
from scratch_ae.autoencoders.variational import GaussianKL, Reparameterization
from scratch_ae.gradient_check.diagnosis import gradcheck
from scratch_ae.nn.activations import ACTIVATIONS
from scratch_ae.nn.dense import Dense
from scratch_ae.nn.losses import Bernoulli, Gaussian, LearnedGaussian, SoftmaxCrossEntropy
from scratch_ae.nn.mlp import MLP

N = 5


def random(*shape, seed=3):
    return np.random.default_rng(seed).standard_normal(shape)


def share(*shape):
    return 0.1 + 0.8 * np.random.default_rng(4).random(shape)


RNG = np.random.default_rng(1)
DOUBLE = dict(rng=RNG, dtype=np.float64)
THINGS = {
    **{name: (lambda phi=phi: (phi(), random(N, 4)), ["input x"]) for name, phi in ACTIVATIONS.items()},
    "dense": (lambda: (Dense(4, 3, **DOUBLE), random(N, 4)), ["input x", "W", "b"]),
    "mlp": (
        lambda: (MLP([4, 3, 2], ["tanh", "identity"], **DOUBLE), random(N, 4)),
        ["input x", "dense[0].W", "dense[0].b", "dense[1].W", "dense[1].b"],
    ),
    "code": (lambda: (Reparameterization(), random(N, 6)), ["input x"]),
    "masking": (lambda: (Masking(0.3), random(N, 4)), ["input x"]),
    "bernoulli": (lambda: (Bernoulli(), random(N, 4), share(N, 4)), ["output y", "target x"]),
    "gaussian": (lambda: (Gaussian(), random(N, 4), share(N, 4)), ["output y", "target x"]),
    "learned": (lambda: (LearnedGaussian(), random(N, 4), share(N, 4)), ["output y", "log_var", "target x"]),
    "softmax": (lambda: (SoftmaxCrossEntropy(), random(N, 4), np.arange(N) % 4), ["output y"]),
    "l1": (lambda: (L1(0.3), random(N, 4)), ["output y"]),
    "sparsity": (lambda: (SparsityKL(0.2, 3.0), share(N, 4)), ["output y"]),
    "kl": (lambda: (GaussianKL(2.0), random(N, 6)), ["output y"]),
}


@pytest.mark.parametrize("name", THINGS)
def test_every_layer_loss_and_penalty_can_be_checked_alone_with_all_it_has(name):
    make, arrays = THINGS[name]
    report = gradcheck(*make())
    assert [row.name for row in report.rows] == arrays
    assert report.ok, report
    assert sum(row.kinks for row in report.rows) == 0


@pytest.mark.parametrize("name", THINGS)
def test_what_is_checked_stays_as_it_was_bit_for_bit(name):
    things = THINGS[name][0]()
    before = pickle.dumps(things)
    gradcheck(*things)
    assert pickle.dumps(things) == before


def test_parameters_are_put_back_also_if_forward_fails_midway():
    class Failing(Dense):
        calls = 0

        def forward(self, x):
            Failing.calls += 1
            if Failing.calls == 15:
                raise RuntimeError("the 15th")
            return super().forward(x)

    layer = Failing(4, 3, rng=np.random.default_rng(1), dtype=np.float64)
    before = layer.W.copy(), layer.b.copy()
    with pytest.raises(RuntimeError, match="the 15th"):
        gradcheck(layer, random(N, 4))
    np.testing.assert_array_equal(layer.W, before[0])
    np.testing.assert_array_equal(layer.b, before[1])


def test_function_is_checked_with_its_gradient_for_every_argument():
    def f(a, b):
        return float(np.sum(a**2) * np.sum(np.sin(b)))

    def df(a, b):
        return 2 * a * np.sum(np.sin(b)), np.sum(a**2) * np.cos(b)

    report = gradcheck(f, random(3), random(2, 2), gradient=df)
    assert [row.name for row in report.rows] == ["a", "b"]
    assert report.ok
    wrong = gradcheck(f, random(3), random(2, 2), gradient=lambda a, b: (df(a, b)[0], -df(a, b)[1]))
    assert [cause.kind for cause in wrong.causes] == ["sign"]
    assert wrong.causes[0].where == ("b",)


def test_function_of_one_number_can_be_checked():
    assert gradcheck(lambda x: float(np.exp(x)), np.array(0.5), gradient=np.exp).ok


def test_model_of_another_make_needs_only_parameters_gradients_and_a_loss():
    class Line:
        def __init__(self):
            self.parameters = {"w": np.array([0.3, -0.2])}
            self.gradients = {"w": np.zeros(2)}
            self.scale = 1.0

        def loss_and_gradients(self, x):
            self.gradients["w"][...] = self.scale * (x.T @ (x @ self.parameters["w"]))
            return 0.5 * float(np.sum((x @ self.parameters["w"]) ** 2))

    line = Line()
    assert gradcheck(line, random(N, 2)).ok
    line.scale = -1.0
    report = gradcheck(line, random(N, 2))
    assert [cause.kind for cause in report.causes] == ["sign"]


def test_layer_in_float32_is_checked_in_float64_and_the_report_says_so():
    report = gradcheck(Dense(4, 3, rng=np.random.default_rng(1)), random(N, 4).astype(np.float32))
    assert report.max_error < 1e-7
    assert "The Dense is float32; a float64 copy of it was checked." in str(report)


def test_loss_in_float32_is_noticed_and_the_tolerance_explained():
    report = gradcheck(lambda x: float(np.sum(np.sin(x.astype(np.float32)))), random(4, 3), gradient=np.cos)
    assert report.ok
    assert report.rows[0].tolerance == 1e-2
    assert "computed in float32" in str(report)


def test_large_mistake_is_found_in_float32_as_well():
    report = gradcheck(
        lambda x: float(np.sum(np.sin(x.astype(np.float32)))), random(4, 3), gradient=lambda x: 1.1 * np.cos(x)
    )
    assert not report.ok


def test_noise_drawn_anew_at_every_evaluation_is_noticed_and_named():
    class Restless(GaussianNoise):
        def forward(self, x):
            return x + np.random.default_rng().standard_normal(x.shape)

    report = gradcheck(Restless(0.3), random(N, 4))
    assert not report.ok
    assert [cause.kind for cause in report.causes] == ["noise"]
    assert "noise is drawn anew in each" in str(report)


def test_noise_drawn_anew_in_backward_is_noticed_and_named():
    class Redrawn(Reparameterization):
        def backward(self, dz):
            self.noise = np.random.default_rng().standard_normal(self.noise.shape)
            return super().backward(dz)

    report = gradcheck(Redrawn(), random(N, 6))
    assert [cause.kind for cause in report.causes] == ["noise in backward"]


def test_kink_is_reported_apart_and_is_no_failure():
    x = random(N, 4)
    x[0, 0] = x[3, 2] = 0
    report = gradcheck(ACTIVATIONS["relu"](), x)
    assert report.ok
    assert report.rows[0].kinks == 2
    assert "(2 at a kink left out)" in str(report)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_gradient_that_is_not_finite_is_a_failure(value):
    def gradient(x):
        g = np.cos(x)
        g[1, 2] = value
        return g

    report = gradcheck(lambda x: float(np.sum(np.sin(x))), random(3, 4), gradient=gradient)
    assert not report.ok
    assert [cause.kind for cause in report.causes] == ["nan"]
    assert "[1, 2]" in str(report)


def test_loss_that_is_not_finite_is_a_failure():
    report = gradcheck(lambda x: float("nan"), random(3), gradient=np.cos)
    assert not report.ok
    assert [cause.kind for cause in report.causes] == ["nan"]


@pytest.mark.parametrize("shape", [(12,), (3, 4, 1), (1, 3, 4)])
def test_right_gradient_in_a_wrong_shape_is_no_pass_but_said_to_be_right(shape):
    report = gradcheck(lambda x: float(np.sum(np.sin(x))), random(3, 4), gradient=lambda x: np.cos(x).reshape(shape))
    assert not report.ok
    assert [cause.kind for cause in report.causes] == ["shape"]
    assert "the numbers are right, only the shape is not" in str(report)


@pytest.mark.parametrize("nothing", [None, "text", 1j])
def test_gradient_that_is_no_array_of_numbers_is_a_failure(nothing):
    assert not gradcheck(lambda x: float(np.sum(x**2)), random(3), gradient=lambda x: nothing).ok


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((Dense, random(2, 3)), "an instance"),
        ((Bernoulli(),), "the inputs"),
        ((object(), random(2, 3)), "no forward and backward"),
    ],
)
def test_what_cannot_be_checked_is_refused_in_one_sentence(arguments, words):
    with pytest.raises(TypeError, match=words):
        gradcheck(*arguments)


def test_function_that_returns_an_array_is_refused():
    with pytest.raises(TypeError, match="one number"):
        gradcheck(np.sin, random(3), gradient=np.cos)


# --- how exactly, how fast ------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus", "relu"])
@pytest.mark.parametrize("kind", [ae.Autoencoder, ae.VAE])
def test_with_richardson_the_whole_model_is_right_to_ten_digits(kind, activation):
    model = kind([6, 5, 3], activation=activation, seed=1, dtype=np.float64)
    report = gradcheck(model, share(N, 6), richardson=True)
    assert report.ok, report
    assert report.max_error <= 1e-10


def test_corrupted_by_code_that_works_in_place_is_named():
    """The second layer overwrites what the first activation still needs."""

    class InPlace(Dense):
        def forward(self, x):
            y = super().forward(x).copy()
            x *= 0.5
            return y

    model = ae.Autoencoder([6, 5, 3], activation="tanh", seed=1, dtype=np.float64)
    model.encoder.dense[1].__class__ = InPlace
    report = gradcheck(model, share(N, 6))
    assert not report.ok
    assert "corrupted" in {cause.kind for cause in report.causes}


@pytest.mark.parametrize("kind", [bool, int, np.uint8])
def test_whole_targets_are_taken_as_the_numbers_that_they_are_and_stay_as_they_were(kind):
    x = (random(4, 3) > 0).astype(kind)
    before = x.copy()
    report = gradcheck(Bernoulli(), random(4, 3, seed=5), x)
    assert report.ok
    assert [row.name for row in report.rows] == ["output y", "target x"]
    np.testing.assert_array_equal(x, before)


def test_forgotten_return_is_said():
    class Layer:
        def forward(self, x):
            self.x = x

        def backward(self, dy):
            return dy

    with pytest.raises(TypeError, match="forward of Layer returned nothing: is a `return` missing"):
        gradcheck(Layer(), random(4, 3))


def test_fast_check_of_a_loss_in_float32_looks_at_some_entries_only():
    class Model:
        def __init__(self):
            self.parameters = {"w": np.ones(500, np.float32)}
            self.gradients = {"w": np.zeros(500, np.float32)}

        def loss_and_gradients(self, x, rng=None):
            self.gradients["w"][:] = 2 * self.parameters["w"]
            return np.float32(np.sum(self.parameters["w"] ** 2, dtype=np.float32))

    (row, *_) = gradcheck(Model(), random(2, 2), fast=True).rows
    assert row.checked < 100
