"""What students hand in by accident, and mistakes that look like others: each was got wrong once."""

import numpy as np
import pytest

import scratch_ae as ae
from scratch_ae.gradient_check.diagnosis import gradcheck
from scratch_ae.nn.activations import ReLU, Tanh
from scratch_ae.nn.dense import Dense
from scratch_ae.nn.mlp import MLP

X = np.random.default_rng(0).standard_normal((5, 4))


def kinds(report):
    return {cause.kind for cause in report.causes}


def dense(fan_out=3, base=Dense):
    return base(4, fan_out, rng=np.random.default_rng(1), dtype=np.float64)


# --- a wrong gradient must not pass, a right one must ---------------------------------------------------------


def test_gradient_that_a_model_does_not_have_is_no_pass():
    class Model:
        def __init__(self):
            self.parameters = {"W": np.ones(2), "b": np.ones(1)}
            self.gradients = {"W": np.zeros(2)}

        def loss_and_gradients(self, x):
            self.gradients["W"][...] = 2 * self.parameters["W"]
            return float(np.sum(self.parameters["W"] ** 2) + np.sum(self.parameters["b"] ** 2))

    report = gradcheck(Model(), X)
    assert [row.name for row in report.wrong] == ["b"]
    assert kinds(report) == {"never written"}


def test_gradient_that_a_function_does_not_return_is_no_pass():
    report = gradcheck(lambda w, b: float(np.sum(w**2) + np.sum(b**2)), X, X[0], gradient=lambda w, b: (2 * w,))
    assert [row.name for row in report.wrong] == ["b"]


def test_list_of_gradients_does_as_well_as_a_tuple():
    assert gradcheck(
        lambda w, b: float(np.sum(w**2) + np.sum(b**3)), X, X[0], gradient=lambda w, b: [2 * w, 3 * b**2]
    ).ok


def test_parameter_that_is_not_named_is_noted_as_not_checked():
    class Forgetful(Dense):
        parameter_names = ("b",)

    assert "W has a dW, but is not in parameter_names: it was not checked." in str(
        gradcheck(dense(base=Forgetful), X)
    )


@pytest.mark.parametrize("made", [np.asfortranarray, lambda W: np.ascontiguousarray(W.T).T])
def test_right_layer_whose_weights_are_a_transposed_view_is_right(made):
    layer = dense()
    layer.W = made(layer.W)
    assert gradcheck(layer, X).ok


@pytest.mark.parametrize("p", [0.1, 1e-2, 1e-3, 1e-4])
def test_right_gradient_of_small_probabilities_is_right(p):
    """log p bends sharply next to 0, and has no value at p − h for h > p."""
    target = np.array([0.0, 1.0, 0.3])

    def loss(p):
        return float(-np.sum(target * np.log(p) + (1 - target) * np.log(1 - p)))

    assert gradcheck(loss, np.full(3, p), gradient=lambda p: -target / p + (1 - target) / (1 - p)).ok


def test_layer_that_computes_in_float32_is_noticed():
    class Narrow(Tanh):
        def forward(self, a):
            return super().forward(a.astype(np.float32))

    report = gradcheck(Narrow(), X)
    assert report.ok
    assert "computed in float32" in str(report)


def test_smooth_loss_of_great_size_has_no_kinks():
    report = gradcheck(lambda x: 1e5 + float(np.sum(np.sin(x))), X, gradient=np.cos)
    assert report.ok
    assert sum(row.kinks for row in report.rows) == 0


def test_pass_that_rounding_alone_explains_is_said_to_be_one():
    report = gradcheck(lambda x: 1e7 + float(np.sum(np.sin(x))), X, gradient=lambda x: np.cos(x) * (1 + 1e-5))
    assert "as far as the rounding of the loss lets one see" in str(report)


# --- the right cause, or none --------------------------------------------------------------------------------------


def test_backward_that_leaves_the_parameters_alone_has_never_written():
    class Idle(Dense):
        def backward(self, dy, to_input=True):
            return dy @ self.W.T

    assert kinds(gradcheck(dense(base=Idle), X)) == {"never written"}


def test_with_one_example_nothing_is_said_about_sums_over_the_batch():
    class Gain(Dense):
        """y = g ⊙ x, whose dg forgets x."""

        parameter_names = ("b",)

        def forward(self, x):
            self.x = x
            return x * self.b

        def backward(self, dy):
            self.db[...] = dy.sum(axis=0)
            return dy * self.b

    layer = dense(4, Gain)
    layer.b[:] = [0.5, 2.0, -1.0, 3.0]
    assert kinds(gradcheck(layer, X[:1])) == {"unknown"}


def test_residual_layer_that_passes_on_what_comes_in_lacks_no_activation():
    class Residual(Dense):
        def forward(self, x):
            self.x = x
            return x + np.tanh(x @ self.W)

        def backward(self, dy):
            slope = 1 - np.tanh(self.x @ self.W) ** 2
            self.dW[...], self.db[...] = self.x.T @ (dy * slope), 0
            return dy

    assert "derivative missing" not in kinds(gradcheck(dense(4, Residual), X))


def test_layers_of_like_names_are_both_blamed():
    class Flipped(Dense):
        def backward(self, dy, to_input=True):
            return -super().backward(dy)

    class Two:
        def __init__(self):
            self.dense1, self.dense10 = dense(4, Flipped), dense(4, Flipped)

        def forward(self, x):
            return self.dense10.forward(self.dense1.forward(x))

        def backward(self, dy):
            return self.dense1.backward(self.dense10.backward(dy))

    class Once(Two):
        def backward(self, dy):
            return -super().backward(dy)

    blamed = " ".join(where for cause in gradcheck(Once(), X).causes for where in cause.where)
    assert "dense1 (" in blamed
    assert "dense10 (" in blamed


def test_activation_left_out_of_a_network_is_named():
    class Short(MLP):
        def backward(self, dy, to_input=True):
            for layer in reversed(self.dense):
                dy = layer.backward(dy)
            return dy

    network = Short([4, 3, 2], ["tanh", "identity"], rng=np.random.default_rng(1), dtype=np.float64)
    assert "activations[0] (Tanh) is passed by" in str(gradcheck(network, X))


# --- no check ends in an exception of its own ---------------------------------------------------------------------


def test_whole_numbers_are_checked_as_real_ones():
    assert gradcheck(Tanh(), np.arange(20).reshape(5, 4)).ok
    assert gradcheck(lambda x: float(np.sum(np.square(x))), [[1, 2], [3, 4]], gradient=lambda x: 2 * np.asarray(x)).ok
    assert gradcheck(lambda x: float(x) ** 2, 3, gradient=lambda x: 2 * x).ok


def test_model_with_a_piece_that_cannot_be_checked_alone_is_still_diagnosed():
    class Pair(Tanh):
        """forward gives two arrays: no layer that could be checked alone."""

        def forward(self, a):
            return super().forward(a), a

        def backward(self, dh, da):
            return super().backward(dh) + da

    class Model:
        def __init__(self):
            self.parameters, self.gradients = {"W": np.full((4, 4), 0.3)}, {"W": np.zeros((4, 4))}
            self.pair = Pair()

        def loss_and_gradients(self, x):
            h, a = self.pair.forward(x @ self.parameters["W"])
            self.gradients["W"][...] = -x.T @ self.pair.backward(np.ones_like(h), np.ones_like(a))
            return float(np.sum(h) + np.sum(a))

    assert kinds(gradcheck(Model(), X)) == {"sign"}


@pytest.mark.parametrize("result", [None, (1.0, 2.0)])
def test_model_that_returns_no_loss_is_refused_in_one_sentence(result):
    class Model:
        parameters, gradients = {"W": np.ones(2)}, {"W": np.ones(2)}

        def loss_and_gradients(self, x):
            return result

    with pytest.raises(TypeError, match="has to return the loss"):
        gradcheck(Model(), X)


def test_loss_whose_backward_wants_arguments_is_refused_in_one_sentence():
    class Loss:
        def forward(self, y, target):
            return float(np.sum((y - target) ** 2))

        def backward(self, y, target):
            return 2 * (y - target)

    with pytest.raises(TypeError, match="takes no arguments"):
        gradcheck(Loss(), X, X + 1)


def test_fast_does_not_go_with_entries_or_richardson():
    with pytest.raises(ValueError, match="fast=True"):
        gradcheck(ae.Autoencoder([4, 2]), abs(X) % 1, fast=True, entries=3)


@pytest.mark.parametrize("entry", [1e-9, 1e-13])
def test_zero_gradient_of_a_tiny_parameter_is_wrong(entry):
    """A step in proportion to it would be lost in the rounding of the loss, whose difference is then zero, too."""
    report = gradcheck(lambda x: 100 + float(np.sum(np.sin(x))), np.full(3, entry), gradient=np.zeros_like)
    assert not report.ok


def test_richardson_keeps_its_promise_to_what_is_off_by_less_than_a_kink_would_be():
    def off(x):
        return np.exp(x) * (1 + 5e-8)

    report = gradcheck(lambda x: float(np.sum(np.exp(x))), np.linspace(0, 1, 4), gradient=off, richardson=True)
    assert not report.ok
    assert [row.kinks for row in report.rows] == [0]


def test_report_of_which_nothing_could_be_compared_is_not_ok():
    report = gradcheck(ReLU(), np.zeros((2, 3)))
    assert repr(report).startswith("Nothing could be compared.")
    assert not report.ok
