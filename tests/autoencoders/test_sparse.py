"""Sparsity: the penalties are those of the definitions and do what they promise, top-k keeps k and the k largest."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from variants import flat

import scratch_ae as ae
from scratch_ae.autoencoders.sparse import L1, SparsityKL, TopK

RNG = np.random.default_rng(0)


def data(n=7, features=6, seed=0):
    return np.random.default_rng(seed).random((n, features))


def sparse(sizes=(6, 5, 4), **arguments):
    return ae.SparseAutoencoder(list(sizes), **{"activation": "tanh", "dtype": np.float64, "k": 2, **arguments})


def kl_by_the_definition(h, rho):
    """Σ_j KL(ρ ‖ ρ̂_j), a unit and an example at a time."""
    n, units = h.shape
    total = 0.0
    for j in range(units):
        rho_hat = sum(h[i, j] for i in range(n)) / n
        total += rho * math.log(rho / rho_hat) + (1 - rho) * math.log((1 - rho) / (1 - rho_hat))
    return total


# KL.


@pytest.mark.parametrize("rho", [0.05, 0.3, 0.9])
def test_the_kl_penalty_is_that_of_the_definition(rho):
    h = data(9, 4)
    assert SparsityKL(rho, 1.0).forward(h) == pytest.approx(kl_by_the_definition(h, rho), rel=1e-12)


def test_the_models_kl_term_is_the_penalty_of_its_code():
    model, x = sparse(sparsity="kl", rho=0.1), data()
    assert model.losses(x)["sparsity"] == pytest.approx(kl_by_the_definition(model.encode(x), 0.1), rel=1e-12)


@pytest.mark.parametrize("rho", [0.05, 0.5, 0.9])
def test_the_kl_penalty_is_0_where_every_units_mean_is_rho_though_single_activations_are_not(rho):
    spread = min(rho, 1 - rho) / 2
    h = np.array([[rho - spread, rho + spread], [rho + spread, rho - spread]])
    assert SparsityKL(rho, 1.0).forward(h) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("off", [-0.04, -0.001, 0.001, 0.5])
def test_the_kl_penalty_is_positive_where_a_single_units_mean_is_not_rho(off):
    h = np.full((3, 4), 0.05)
    h[:, 2] += off
    assert SparsityKL(0.05, 1.0).forward(h) > 1e-6


@pytest.mark.parametrize("sizes", [(12, 8), (12, 10, 8)])
@pytest.mark.parametrize("rho", [0.05, 0.2])
def test_training_brings_every_units_mean_activation_within_a_fifth_of_rho(rho, sizes):
    x = data(200, 12)
    model = sparse(sizes, sparsity="kl", rho=rho, weight=10.0)
    assert np.abs(model.encode(x).mean(axis=0) - 0.5).max() < 0.25
    model.fit(x, epochs=60, batch_size=50, optimizer=ae.Adam(0.02), progress=False)
    assert np.abs(model.encode(x).mean(axis=0) - rho).max() < rho / 5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bias", [-1000, 1000])
def test_training_stays_finite_where_a_unit_is_never_or_always_active(bias, dtype):
    model, x = sparse(sparsity="kl", dtype=dtype), data(40)
    model.parameters["encoder.1.b"][1] = bias
    assert model.encode(x)[:, 1].mean() in (0, 1)
    history = model.fit(x, epochs=3, batch_size=10, progress=False)
    assert np.isfinite([*history["loss"], *history["sparsity"]]).all()
    assert np.isfinite(flat(model.parameters)).all()
    assert np.isfinite(flat(model.gradients)).all()


@pytest.mark.parametrize("h", [0, 1])
def test_a_unit_that_is_never_or_always_active_is_pushed_back_with_a_finite_force(h):
    penalty = SparsityKL(0.05, 1.0)
    penalty.forward(np.full((3, 2), float(h)))
    force = penalty.backward()
    assert np.isfinite(force).all()
    assert (np.sign(force) == (1 if h else -1)).all()


# L1.


def test_the_l1_penalty_is_the_sum_of_magnitudes_averaged_over_the_batch():
    h = np.array([[1.0, -2.0, 0.0], [0.5, 0.0, -0.25]])
    assert L1(1.0).forward(h) == (3 + 0.75) / 2


def test_the_models_l1_term_is_the_penalty_of_its_code():
    model, x = sparse(sparsity="l1"), data()
    assert model.losses(x)["l1"] == pytest.approx(np.abs(model.encode(x)).sum() / len(x), rel=1e-12)


def test_l1_sets_more_of_the_code_to_exactly_0():
    x, shares = data(200, 12), []
    for weight in (0, 2.0):
        model = sparse((12, 8), sparsity="l1", weight=weight)
        model.fit(x, epochs=20, batch_size=50, optimizer=ae.Adam(0.02), progress=False)
        shares.append(np.mean(model.encode(x) == 0))
    assert shares[1] > shares[0] + 0.2


@pytest.mark.parametrize(("sparsity", "term"), [("kl", "sparsity"), ("l1", "l1")])
@pytest.mark.parametrize("weight", [0, 0.5, 3])
def test_weight_weighs_the_penalty_in_the_loss(sparsity, term, weight):
    model, x = sparse(sparsity=sparsity, weight=weight), data()
    terms = model.losses(x)
    assert set(terms) == {"reconstruction", term}
    assert terms[term] > 0.01
    assert model.loss(x) == pytest.approx(terms["reconstruction"] + weight * terms[term], rel=1e-12)


# Top-k.


@st.composite
def codes(draw):
    """Batches of whole numbers, negative ones too, with many ties; and k."""
    units = draw(st.integers(1, 8))
    s = draw(arrays(np.float64, (draw(st.integers(1, 4)), units), elements=st.integers(-2, 2)))
    return s, draw(st.integers(1, units))


@given(codes())
@settings(derandomize=True, deadline=None)
def test_top_k_keeps_exactly_k_also_among_equals_and_negatives(case):
    s, k = case
    assert (TopK(k).largest(s).sum(axis=1) == k).all()


@given(codes())
@settings(derandomize=True, deadline=None)
def test_top_k_keeps_the_largest_as_they_are_and_sets_the_others_to_0(case):
    s, k = case
    h = TopK(k).forward(s, RNG)
    for before, after in zip(s, h, strict=True):
        others = len(before) - k
        expected = [*np.sort(before)[others:], *[0.0] * others]
        np.testing.assert_array_equal(np.sort(after), np.sort(expected))
        assert all(new in (0, old) for old, new in zip(before, after, strict=True))


def test_top_k_leaves_the_encoders_output_as_it_was():
    s = np.array([[1.0, 3.0, 2.0]])
    s.flags.writeable = False
    np.testing.assert_array_equal(TopK(1).forward(s, RNG), [[0, 3, 0]])


@pytest.mark.parametrize("k", [1, 3, 8])
def test_a_top_k_code_has_exactly_k_entries_that_are_not_0(k):
    h = sparse((6, 8), sparsity="top-k", k=k).encode(data(600))
    assert (np.count_nonzero(h, axis=1) == k).all()


def test_a_top_k_model_is_trained_on_what_it_reconstructs_from_the_k_kept():
    model, x = sparse(sparsity="top-k", likelihood="gaussian"), data()
    expected = 0.5 * np.sum((x - model.decode(model.encode(x))) ** 2) / len(x)
    assert model.loss_and_gradients(x) == pytest.approx(expected, rel=1e-12)


def test_units_that_top_k_drops_from_every_example_get_no_gradient():
    model, x = sparse((6, 4), sparsity="top-k", k=2), data()
    model.parameters["encoder.0.b"][:] = [0, 100, 0, 100]
    model.loss_and_gradients(x)
    assert (model.gradients["encoder.0.W"][:, [0, 2]] == 0).all()
    assert (model.gradients["encoder.0.W"][:, [1, 3]] != 0).all()


# Construction.


@pytest.mark.parametrize(("sparsity", "suited"), [("kl", "sigmoid"), ("l1", "relu"), ("top-k", "identity")])
def test_the_code_has_the_activation_that_suits_its_sparsity_and_the_other_layers_have_their_own(sparsity, suited):
    assert [phi.name for phi in sparse(sparsity=sparsity).encoder.activations] == ["tanh", suited]


def test_another_code_activation_can_be_asked_for():
    model = sparse(sparsity="top-k", code_activation="relu")
    assert [phi.name for phi in model.encoder.activations] == ["tanh", "relu"]


def test_the_sparsity_is_kl_unless_another_is_asked_for():
    assert set(sparse().losses(data())) == {"reconstruction", "sparsity"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(sparsity="top-k", k=5), ["k=5", "at most", "4"]),
        (dict(sparsity="top-k", k=0), ["k=0", "at least 1"]),
        (dict(sparsity="top-k", k=-1), ["k=-1", "at least 1"]),
        (dict(sparsity="top-k", k=2.5), ["k=2.5", "whole number"]),
        (dict(sparsity="kl", rho=0), ["rho=0", "above 0", "below 1"]),
        (dict(sparsity="kl", rho=1), ["rho=1", "above 0", "below 1"]),
        (dict(sparsity="kl", rho=-0.1), ["rho=-0.1", "above 0", "below 1"]),
        (dict(sparsity="kl", rho=1.5), ["rho=1.5", "above 0", "below 1"]),
        (dict(sparsity="kl", rho=math.nan), ["rho=nan", "above 0", "below 1"]),
        (dict(sparsity="kl", weight=-1), ["weight=-1", "at least 0"]),
        (dict(sparsity="l1", weight=-1), ["weight=-1", "at least 0"]),
        (dict(sparsity="l1", weight=math.inf), ["weight=inf", "at least 0"]),
        (dict(sparsity="topk"), ["sparsity='topk'", "kl, l1, top-k"]),
        (dict(sparsity="kl", code_activation="relu"), ["code_activation='relu'", 'sparsity="kl"', '"sigmoid"']),
        (dict(sparsity="kl", code_activation="tanh"), ["code_activation='tanh'", 'sparsity="kl"', '"sigmoid"']),
    ],
)
def test_a_wrong_argument_is_refused_at_construction_in_a_sentence_with_its_name_and_range(arguments, words):
    with pytest.raises((ValueError, TypeError)) as error:
        sparse(**arguments)
    message = str(error.value)
    assert message.startswith(words[0])
    assert all(word in message for word in words)
    assert re.fullmatch(r"(?:[^.\n]|\.(?=\S))+\.", message)


@pytest.mark.parametrize("penalty", [L1, lambda weight: SparsityKL(0.1, weight)], ids=["L1", "SparsityKL"])
def test_a_penalty_to_hand_in_refuses_a_weight_below_0(penalty):
    with pytest.raises(ValueError, match=r"^weight=-1 must be a number at least 0\.$"):
        penalty(-1)


@pytest.mark.parametrize("k", [1, 4])
def test_k_may_be_1_and_the_codes_size(k):
    assert sparse(sparsity="top-k", k=k).reconstruct(data()).shape == (7, 6)
