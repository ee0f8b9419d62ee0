"""The gradient check: it passes right gradients, finds and names each wrong one, and leaves everything as it was."""

import math
import pickle

import numpy as np
import pytest
from injections import scattered

from scratch_ae import VAE, Autoencoder, gradcheck
from scratch_ae.nn.activations import ACTIVATIONS

SIZES = [6, 5, 3]
NAMES = [f"{network}.{layer}.{array}" for network in ("encoder", "decoder") for layer in (0, 1) for array in "Wb"]
EVERY_ARRAY = [*NAMES, "input x"]


def batch(n=4):
    return np.random.default_rng(7).random((n, SIZES[0]))


def model(kind=Autoencoder, *, activation="tanh", likelihood="bernoulli", dtype=np.float64):
    """A small model at a point where nothing is special: no bias is zero, no rectifier at its kink."""
    made = kind(SIZES, activation=activation, likelihood=likelihood, seed=1, dtype=dtype)
    return scattered(made, 0.5)


# --- right gradients -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Autoencoder, VAE])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "learned-gaussian"])
def test_every_array_of_a_right_model_is_right_to_1e_7(kind, activation, likelihood):
    report = gradcheck(model(kind, activation=activation, likelihood=likelihood), batch())
    learned = ["likelihood.log_var"] if likelihood == "learned-gaussian" else []
    assert {row.name: row.error for row in report.rows if not row.error <= 1e-7} == {}
    assert [row.name for row in report.rows] == [*NAMES, *learned, "input x"]
    assert report.ok


@pytest.mark.parametrize("examples", [1, 5])
def test_batch_of_any_size_can_be_checked(examples):
    assert gradcheck(model(VAE), batch(examples)).ok


def test_gradient_that_is_zero_on_both_sides_is_right():
    """Every encoder unit is switched off, so the loss depends on no weight of it."""
    dead = model(activation="relu")
    dead.parameters["encoder.0.b"][:] = -100
    report = gradcheck(dead, batch())
    assert report.ok
    assert report.rows[0].error == 0


# --- wrong gradients -----------------------------------------------------------------------------------


def in_another_order(g):
    """The transpose, written over the same shape; a bias has its entries moved on by one."""
    return g.T.reshape(g.shape) if g.ndim > 1 else np.roll(g, 1)


def with_one_entry(value):
    def corrupt(g):
        g = g.copy()
        g.flat[-1] = value(g.flat[-1])
        return g

    return corrupt


MISTAKES = {
    "sign flipped": np.negative,
    "twice": lambda g: 2 * g,
    "forgotten": np.zeros_like,
    "transposed": in_another_order,
    "wrong by a millionth": lambda g: g * (1 + 1e-6),
    "wrong by a ten-thousandth": lambda g: g * (1 + 1e-4),
    "one entry wrong": with_one_entry(lambda entry: 1.1 * entry + 0.001),
    "one entry NaN": with_one_entry(lambda entry: math.nan),
    "one entry infinite": with_one_entry(lambda entry: math.inf),
}


class Mistaken(Autoencoder):
    """An autoencoder that computes every gradient, and then spoils the one of `array`."""

    def spoil(self, array, mistake):
        self.array, self.mistake = array, MISTAKES[mistake]
        return self

    def backward(self, to_input=True):
        dx = super().backward(to_input)
        if self.array in self.gradients:
            self.gradients[self.array] = self.mistake(self.gradients[self.array])
        return self.mistake(dx) if to_input and self.array == "input x" else dx


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("array", EVERY_ARRAY)
def test_one_wrong_gradient_is_found_and_it_alone_is_named(array, mistake):
    report = gradcheck(model(Mistaken).spoil(array, mistake), batch())
    assert not report.ok
    assert [row.name for row in report.rows if not row.ok] == [array]


def test_nan_gradient_makes_the_largest_error_nan():
    report = gradcheck(model(Mistaken).spoil("encoder.1.b", "one entry NaN"), batch())
    assert math.isnan(report.max_error)


def test_forgotten_gradient_of_a_penalty_is_found_in_all_that_lies_before_it():
    vae = model(VAE)
    vae.kl.backward = lambda: 0.0
    assert [row.name for row in gradcheck(vae, batch()).rows if not row.ok] == [*NAMES[:4], "input x"]


def test_input_gradient_without_the_way_through_the_target_is_found():
    forgetful = model()
    forgetful.nll.target_gradient = lambda: 0.0
    assert [row.name for row in gradcheck(forgetful, batch()).rows if not row.ok] == ["input x"]


@pytest.mark.parametrize(("tolerance", "ok"), [(2e-6, True), (5e-7, False)])
def test_tolerance_decides_what_is_ok(tolerance, ok):
    slightly_wrong = model(Mistaken).spoil("decoder.0.W", "wrong by a millionth")
    assert gradcheck(slightly_wrong, batch(), tolerance=tolerance).ok is ok


# --- kinks ---------------------------------------------------------------------------------------------


class Claim:
    """The least that can be checked: a function of θ, and what is claimed to be its gradient."""

    def __init__(self, function, gradient, theta):
        self.function, self.gradient = function, gradient
        self.parameters, self.gradients = {"θ": np.array(theta, float)}, {"θ": np.zeros(len(theta))}

    def forward(self, x, rng):
        return {"loss": float(self.function(self.parameters["θ"]))}

    def loss_of(self, terms):
        return terms["loss"]

    def loss_and_gradients(self, x, rng):
        self.gradients["θ"][:] = self.gradient(self.parameters["θ"])
        return self.loss_of(self.forward(x, rng))

    def astype(self, dtype):
        return Claim(self.function, self.gradient, self.parameters["θ"])


def checked(function, gradient, theta):
    """The row of the report on θ."""
    return gradcheck(Claim(function, gradient, theta), np.zeros((1, 1))).rows[0]


def absolute(theta):
    return np.abs(theta).sum()


@pytest.mark.parametrize("subgradient", [-1, -0.3, 0.5, 1])
def test_at_a_kink_any_slope_between_left_and_right_is_let_pass_and_counted(subgradient):
    row = checked(absolute, lambda _: [subgradient, 1, -1], [0, 2, -3])
    assert row.ok
    assert row.kinks == 1


@pytest.mark.parametrize("wrong", [-1.5, 1.5, 20, math.nan])
def test_at_a_kink_any_other_slope_is_wrong(wrong):
    row = checked(absolute, lambda _: [wrong, 1, -1], [0, 2, -3])
    assert not row.ok
    assert row.kinks == 0


def test_wrong_gradient_beside_a_kink_is_found():
    row = checked(absolute, lambda _: [1, 1, 1], [0, 2, -3])
    assert not row.ok
    assert row.kinks == 1


@pytest.mark.parametrize("distance", [5e-5, -5e-5, 1e-5, -1e-5, 2e-6])
def test_kink_within_the_step_but_not_at_the_point_leaves_nothing_out(distance):
    row = checked(absolute, np.sign, [distance, 2, -3])
    assert row.ok
    assert row.kinks == 0


@pytest.mark.parametrize("wrong", [-1, 0, 1.001, 2])
@pytest.mark.parametrize("distance", [5e-5, -5e-5, 1e-5, -1e-5])
def test_wrong_gradient_close_to_a_kink_is_found(distance, wrong):
    row = checked(absolute, lambda theta: np.sign(theta) * [wrong, 1, 1], [distance, 2, -3])
    assert not row.ok


@pytest.mark.parametrize("mistake", MISTAKES)
def test_wrong_gradient_of_a_smooth_function_is_never_taken_for_a_kink(mistake):
    row = checked(lambda t: np.sum(np.exp(t) * t), lambda t: MISTAKES[mistake](np.exp(t) * (1 + t)), [-1.5, 0.3, 2])
    assert not row.ok
    assert row.kinks == 0


def test_decoder_unit_that_stands_at_its_kink_is_left_out_and_counted():
    """With all code units switched off, a decoder unit's input is its bias, and that is 0 to begin with."""
    silent = model(activation="relu")
    silent.parameters["encoder.1.b"][:] = -100
    silent.parameters["decoder.0.b"][:2] = 0
    report = gradcheck(silent, batch())
    assert report.ok
    assert {row.name: row.kinks for row in report.rows if row.kinks} == {"decoder.0.b": 2}
    assert "(2 at a kink left out)" in str(report)


# --- everything stays as it was ------------------------------------------------------------------------


class Failing(Autoencoder):
    """An autoencoder whose 30th evaluation of the loss fails."""

    evaluations = 0

    def forward(self, x, labels=None, *, rng):
        Failing.evaluations += 1
        if Failing.evaluations == 30:
            raise RuntimeError("the 30th")
        return super().forward(x, labels, rng=rng)


@pytest.mark.parametrize("kind", [Autoencoder, VAE])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_model_and_x_are_the_same_afterwards_bit_for_bit(kind, dtype):
    """A pickle holds everything: parameters, gradients, kept batches, the state of the random generator."""
    made, x = model(kind, dtype=dtype), batch().astype(dtype)
    made.loss_and_gradients(x)
    before = pickle.dumps((made, x))
    gradcheck(made, x)
    assert pickle.dumps((made, x)) == before


def test_model_and_x_are_the_same_also_if_the_loss_fails_midway(monkeypatch):
    monkeypatch.setattr(Failing, "evaluations", 0)
    made, x = model(Failing), batch()
    before = pickle.dumps((made, x))
    with pytest.raises(RuntimeError, match="the 30th"):
        gradcheck(made, x)
    assert pickle.dumps((made, x)) == before


def test_checking_twice_gives_the_same_report():
    made = model(VAE)
    assert gradcheck(made, batch()) == gradcheck(made, batch())


def test_x_may_be_write_protected():
    x = batch()
    x.flags.writeable = False
    assert gradcheck(model(), x).ok


# --- in float64 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Autoencoder, VAE])
def test_float32_model_is_checked_as_a_float64_copy_and_the_report_says_so(kind):
    report = gradcheck(model(kind, dtype=np.float32), batch().astype(np.float32))
    assert report.max_error < 1e-7  # float32 could not be as exact
    assert "The model is float32; a float64 copy of it was checked." in str(report)


def test_report_on_a_float64_model_says_nothing_of_a_copy():
    assert gradcheck(model(), batch()).notes == ()


# --- noise ---------------------------------------------------------------------------------------------


class Witness(VAE):
    """A VAE that writes down what each evaluation of its loss was given."""

    states, inputs = [], []

    def forward(self, x, labels=None, *, rng):
        self.states.append(rng.bit_generator.state["state"])
        self.inputs.append(x.copy())
        return super().forward(x, labels, rng=rng)


@pytest.fixture
def witness(monkeypatch):
    monkeypatch.setattr(Witness, "states", [])
    monkeypatch.setattr(Witness, "inputs", [])
    return model(Witness)


def test_all_evaluations_draw_their_noise_from_the_same_state_which_the_seed_gives(witness):
    gradcheck(witness, batch(), seed=5, entries=2)
    seeded = np.random.default_rng(5).bit_generator.state["state"]
    assert all(state == seeded for state in witness.states)


def test_generator_of_the_model_has_no_influence():
    first, second = model(VAE), model(VAE)
    second.rng.random(100)
    assert gradcheck(first, batch()) == gradcheck(second, batch())


def test_another_seed_checks_with_other_noise():
    errors = [[row.error for row in gradcheck(model(VAE), batch(), seed=seed).rows] for seed in (0, 1)]
    assert errors[0] != errors[1]


# --- entries -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entries", [1, 4, 10])
def test_entries_checks_so_many_of_each_array_or_all_where_there_are_fewer(entries):
    report = gradcheck(model(), batch(), entries=entries)
    assert [row.checked for row in report.rows] == [min(entries, math.prod(row.shape)) for row in report.rows]


def test_all_entries_are_checked_unless_told_otherwise():
    report = gradcheck(model(), batch())
    assert [row.checked for row in report.rows] == [math.prod(row.shape) for row in report.rows]


def test_entries_that_are_drawn_are_all_different(witness):
    x = batch()
    gradcheck(witness, x, entries=x.size - 1)
    differing = [np.flatnonzero(given != x) for given in witness.inputs]
    changed = {int(entries[0]) for entries in differing if len(entries) == 1}
    assert len(changed) == x.size - 1


@pytest.mark.parametrize(("entries", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError)])
def test_impossible_number_of_entries_is_refused_by_name(entries, error):
    with pytest.raises(error, match=r"^entries="):
        gradcheck(model(), batch(), entries=entries)
