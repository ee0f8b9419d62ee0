"""Tied weights: one W a layer, on two paths, and the gradients of both paths add up."""

import numpy as np
import pytest
from variants import assert_same_arrays, copies

import scratch_ae as ae
from scratch_ae.autoencoders.tied import TransposedDense
from scratch_ae.gradient_check.differences import central_differences
from scratch_ae.nn.dense import Dense

SIZES = [6, 5, 3]


def data(n=7, features=6, seed=0):
    return np.random.default_rng(seed).random((n, features))


def tied(sizes=SIZES, **arguments):
    return ae.TiedAutoencoder(sizes, **{"activation": "tanh", "dtype": np.float64, **arguments})


def untied(model):
    """An Autoencoder that computes the same, with a W of its own in every decoder layer."""
    sizes = model.sizes
    other = ae.Autoencoder(sizes, activation="tanh", dtype=np.float64, likelihood=model.likelihood)
    layers = len(sizes) - 1
    for i in range(layers):
        W = model.parameters[f"encoder.{i}.W"]
        other.parameters[f"encoder.{i}.W"][:] = W
        other.parameters[f"decoder.{layers - 1 - i}.W"][:] = W.T
        for part in ("encoder", "decoder"):
            other.parameters[f"{part}.{i}.b"][:] = model.parameters[f"{part}.{i}.b"]
    return other


def assert_tied(model, x):
    """The model computes what an untied one does whose decoder has the encoder's weights transposed."""
    np.testing.assert_allclose(model.reconstruct(x), untied(model).reconstruct(x), rtol=1e-12, atol=1e-15)


def random_biases(model):
    rng = np.random.default_rng(5)
    for name, array in model.parameters.items():
        if name.endswith("b"):
            array[:] = rng.normal(size=array.shape)
    return model


@pytest.mark.parametrize("sizes", [[6, 3], [6, 5, 3], [6, 5, 4, 3]])
def test_a_tied_model_has_one_weight_a_layer_and_a_bias_for_each_direction(sizes):
    layers, model = len(sizes) - 1, tied(sizes)
    weights = {f"encoder.{i}.W": (sizes[i], sizes[i + 1]) for i in range(layers)}
    biases = {f"encoder.{i}.b": (sizes[i + 1],) for i in range(layers)}
    biases |= {f"decoder.{i}.b": (sizes[-2 - i],) for i in range(layers)}
    for store in (model.parameters, model.gradients):
        assert {name: array.shape for name, array in store.items()} == weights | biases


@pytest.mark.parametrize("sizes", [[6, 3], [6, 5, 3], [6, 5, 4, 3]])
def test_the_decoder_computes_with_the_encoders_weights_transposed(sizes):
    assert_tied(random_biases(tied(sizes)), data())


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("sizes", [[6, 3], [6, 5, 3], [6, 5, 4, 3]])
def test_the_gradient_of_the_shared_weight_is_the_sum_of_both_paths(sizes, likelihood):
    model, x = random_biases(tied(sizes, likelihood=likelihood)), data()
    model.loss_and_gradients(x)
    apart = untied(model)
    layers = len(sizes) - 1
    for i in range(layers):
        there, back = (
            central_differences(lambda: apart.loss(x), apart.parameters[name], step=1e-5)
            for name in (f"encoder.{i}.W", f"decoder.{layers - 1 - i}.W")
        )
        both = there.reshape(sizes[i], sizes[i + 1]) + back.reshape(sizes[i + 1], sizes[i]).T
        np.testing.assert_allclose(model.gradients[f"encoder.{i}.W"], both, rtol=1e-6, atol=1e-8)


def test_both_paths_have_a_part_in_the_gradient():
    model, x = tied(), data()
    model.loss_and_gradients(x)
    apart = untied(model)
    apart.loss_and_gradients(x)
    for i in (0, 1):
        there, back = apart.gradients[f"encoder.{i}.W"], apart.gradients[f"decoder.{1 - i}.W"].T
        assert min(np.abs(there).max(), np.abs(back).max()) > 1e-3
        np.testing.assert_allclose(model.gradients[f"encoder.{i}.W"], there + back, rtol=1e-12, atol=1e-14)


def test_a_second_backward_pass_gives_the_same_gradient_again():
    model, x = tied(), data()
    model.loss_and_gradients(x)
    first = copies(model.gradients)
    model.loss_and_gradients(x)
    assert_same_arrays(model.gradients, first)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_tie_survives_training(dtype):
    model, x = tied(dtype=dtype), data(40)
    before = model.parameters["encoder.1.W"].copy()
    model.fit(x, epochs=3, batch_size=8, progress=False)
    assert np.abs(model.parameters["encoder.1.W"] - before).max() > 1e-3
    assert_tied(model.astype(np.float64), x)


def test_training_lowers_the_loss():
    model, x = tied(), data(100)
    before = model.loss(x)
    model.fit(x, epochs=5, batch_size=20, progress=False)
    assert model.loss(x) < 0.99 * before


def test_the_tie_survives_astype_and_the_copy_learns_alone():
    original, x = random_biases(tied(dtype=np.float32)), data(40)
    before = original.reconstruct(x)
    copy = original.astype(np.float64)
    np.testing.assert_allclose(copy.reconstruct(x), before, rtol=1e-5)
    copy.fit(x, epochs=2, progress=False)
    assert_tied(copy, x)
    np.testing.assert_array_equal(original.reconstruct(x), before)


def test_the_tie_survives_save_and_load(tmp_path):
    model, x = tied(), data(40)
    model.fit(x, epochs=2, progress=False)
    model.save(tmp_path / "model.npz")
    loaded = ae.load(tmp_path / "model.npz")
    np.testing.assert_array_equal(loaded.reconstruct(x), model.reconstruct(x))
    loaded.fit(x, epochs=2, progress=False)
    assert_tied(loaded, x)


def test_the_layer_that_leads_back_has_the_gradients_of_a_dense_one_with_the_transposed_weights():
    rng = np.random.default_rng(0)
    lender, apart = Dense(6, 4, rng=rng, dtype=np.float64), Dense(4, 6, rng=rng, dtype=np.float64)
    back, h, dy = TransposedDense(lender), rng.random((5, 4)), rng.random((5, 6))
    back.b, apart.W, apart.b = np.arange(6.0), lender.W.T, np.arange(6.0)
    np.testing.assert_allclose(back.forward(h), apart.forward(h), rtol=1e-14)
    np.testing.assert_allclose(back.backward(dy), apart.backward(dy), rtol=1e-14)
    np.testing.assert_allclose(back.dW_lender, apart.dW.T, rtol=1e-14)
    np.testing.assert_array_equal(back.db, apart.db)
    assert not lender.dW.any()
    expected = back.dW_lender.copy(), back.db.copy()
    assert back.backward(dy, to_input=False) is None
    np.testing.assert_array_equal(back.dW_lender, expected[0])
    np.testing.assert_array_equal(back.db, expected[1])


def test_decoder_sizes_are_refused_because_they_follow_from_the_tie():
    with pytest.raises(TypeError, match=r"^decoder_sizes does not apply to tied weights: [^.\n]*\.$"):
        tied(decoder_sizes=[3, 5, 6])
