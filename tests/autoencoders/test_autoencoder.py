"""The autoencoder: what comes in is checked, what goes out is the caller's, training lowers the loss."""

import copy
import pickle
import re

import numpy as np
import pytest
from variants import assert_same_arrays, copies, flat

from scratch_ae import Adam, Autoencoder, arrays
from scratch_ae.evaluation import PCA, squared_error
from scratch_ae.nn.schedules import Cosine

SIZES = [6, 5, 3]
LIKELIHOODS = ["bernoulli", "gaussian"]


def data(n=7, features=6, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).random((n, features)).astype(dtype)


def model(sizes=SIZES, **arguments):
    return Autoencoder(sizes, **{"activation": "tanh", **arguments})


class Noise:
    """A corruption that draws from the generator it is handed."""

    def forward(self, x, rng):
        return x + rng.standard_normal(x.shape, dtype=x.dtype.type)

    def backward(self, dx_tilde):
        return dx_tilde


class SquaredCode:
    """The penalty mean ‖s‖²."""

    def __init__(self, name, weight):
        self.name, self.weight = name, weight

    def forward(self, s):
        self.s = s
        return float(np.sum(s**2)) / len(s)

    def backward(self):
        return 2 * self.s / len(self.s)


# What comes out.


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 7])
def test_encode_decode_and_reconstruct_give_the_shapes_of_code_and_data_in_the_models_dtype(likelihood, dtype, n):
    ae = model(likelihood=likelihood, dtype=dtype)
    results = {"code": ae.encode(data(n)), "decoded": ae.decode(data(n, 3)), "reconstructed": ae.reconstruct(data(n))}
    assert {name: result.shape for name, result in results.items()} == {
        "code": (n, 3), "decoded": (n, 6), "reconstructed": (n, 6)
    }  # fmt: skip
    assert {result.dtype for result in results.values()} == {np.dtype(dtype)}


def test_a_bernoulli_decoder_gives_probabilities_however_far_out_the_code():
    r = model().decode(1000 * np.random.default_rng(0).standard_normal((50, 3)))
    assert r.min() >= 0
    assert r.max() <= 1
    assert np.ptp(r) > 0.5


def test_a_gaussian_decoder_gives_means_of_any_sign_and_size():
    r = model(likelihood="gaussian", activation="identity").decode(1000 * np.eye(3))
    assert r.min() < -1
    assert r.max() > 1


def test_reconstruct_is_decode_after_encode():
    ae, x = model(), data()
    np.testing.assert_array_equal(ae.reconstruct(x), ae.decode(ae.encode(x)))


def test_code_activation_is_that_of_the_code_alone():
    x = data(50)
    assert model(activation="relu").encode(x).min() == 0
    ae = model(activation="relu", code_activation="identity")
    assert ae.encode(x).min() < 0
    hidden = ae.encoder.activations[0].forward(ae.encoder.dense[0].forward(x))
    assert hidden.min() == 0


@pytest.mark.parametrize("method", ["encode", "decode", "reconstruct"])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_a_second_call_leaves_the_first_result_alone(method, likelihood):
    ae = model(likelihood=likelihood, code_activation="identity")
    width = 3 if method == "decode" else 6
    first = getattr(ae, method)(data(7, width))
    kept = first.copy()
    getattr(ae, method)(data(7, width, seed=1))
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("n", [499, 500, 501, 1200])
def test_batches_give_what_one_go_gives(n, monkeypatch):
    ae, x, h = model(dtype=np.float64, corruption=Noise()), data(n, dtype=np.float64), data(n, 3, dtype=np.float64)

    def results():
        return [ae.encode(x), ae.decode(h), ae.reconstruct(x), ae.loss(x)]

    in_batches = results()
    monkeypatch.setattr(arrays, "EVALUATION_BATCH", n)
    for batched, at_once in zip(in_batches, results(), strict=True):
        np.testing.assert_allclose(batched, at_once, rtol=1e-12, atol=1e-14)


def test_at_most_evaluation_batch_examples_go_through_the_network_at_a_time(monkeypatch):
    ae, seen = model(), []
    forward = ae.encoder.forward
    monkeypatch.setattr(ae.encoder, "forward", lambda x: seen.append(len(x)) or forward(x))
    ae.encode(data(1200))
    ae.loss(data(501))
    assert seen == [500, 500, 200, 500, 1]


# The loss.


def test_the_loss_is_the_sum_of_its_terms_each_by_its_weight():
    ae = model(penalties=[SquaredCode("one", 2.0), SquaredCode("other", 0.5)])
    terms = ae.losses(data())
    assert set(terms) == {"reconstruction", "one", "other"}
    assert ae.loss(data()) == pytest.approx(terms["reconstruction"] + 2.0 * terms["one"] + 0.5 * terms["other"])


def test_the_gaussian_loss_is_half_the_squared_error_of_the_reconstruction():
    ae, x = model(likelihood="gaussian", dtype=np.float64), data(dtype=np.float64)
    assert ae.loss(x) == pytest.approx(squared_error(x, ae.reconstruct(x)) / 2, rel=1e-12)


def test_the_bernoulli_loss_is_the_cross_entropy_of_the_reconstruction():
    ae, x = model(dtype=np.float64), data(dtype=np.float64)
    r = ae.reconstruct(x)
    cross_entropy = -np.sum(x * np.log(r) + (1 - x) * np.log(1 - r), axis=1).mean()
    assert ae.loss(x) == pytest.approx(cross_entropy, rel=1e-12)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_loss_and_loss_and_gradients_agree_on_a_batch_with_the_same_noise(likelihood):
    ae = model(likelihood=likelihood, corruption=Noise(), penalties=[SquaredCode("penalty", 3.0)])
    trained = ae.loss_and_gradients(data(), rng=np.random.default_rng(5))
    assert ae.loss(data(), rng=np.random.default_rng(5)) == pytest.approx(trained, rel=1e-12)
    assert ae.losses(data(), rng=np.random.default_rng(5)) == pytest.approx(ae.terms, rel=1e-12)


def test_the_loss_without_a_generator_is_the_same_at_every_call():
    ae = model(corruption=Noise())
    assert ae.loss(data()) == ae.loss(data())


def test_loss_and_gradients_without_a_generator_draws_noise_anew():
    ae = model(corruption=Noise())
    assert ae.loss_and_gradients(data()) != ae.loss_and_gradients(data())


def test_encode_adds_no_noise():
    np.testing.assert_array_equal(model(corruption=Noise()).encode(data()), model().encode(data()))


# The parameters.


def test_parameters_and_gradients_have_the_names_and_shapes_of_the_design():
    ae = model([6, 5, 3])
    shapes = {
        "encoder.0.W": (6, 5), "encoder.0.b": (5,), "encoder.1.W": (5, 3), "encoder.1.b": (3,),
        "decoder.0.W": (3, 5), "decoder.0.b": (5,), "decoder.1.W": (5, 6), "decoder.1.b": (6,),
    }  # fmt: skip
    assert {name: array.shape for name, array in ae.parameters.items()} == shapes
    assert {name: array.shape for name, array in ae.gradients.items()} == shapes


@pytest.mark.parametrize("sizes", [[6, 3], [6, 5, 3], [6, 5, 4, 3]])
def test_the_decoder_mirrors_the_encoder(sizes):
    ae = model(sizes)
    assert ae.decoder_sizes == sizes[::-1]
    assert [dense.W.shape for dense in ae.decoder.dense] == [dense.W.shape[::-1] for dense in ae.encoder.dense[::-1]]


def test_given_decoder_sizes_are_the_decoders():
    ae = model([6, 5, 3], decoder_sizes=[3, 8, 7, 6])
    assert [dense.W.shape for dense in ae.decoder.dense] == [(3, 8), (8, 7), (7, 6)]
    assert ae.reconstruct(data()).shape == (7, 6)


def test_the_network_computes_with_its_parameters():
    ae = model(likelihood="gaussian")
    for array in ae.parameters.values():
        array[...] = 0
    ae.parameters["decoder.1.b"][:] = 7
    assert (ae.reconstruct(data()) == 7).all()


def test_the_backward_pass_writes_every_gradient():
    ae = model()
    for array in ae.gradients.values():
        array[...] = np.nan
    ae.loss_and_gradients(data())
    assert np.isfinite(flat(ae.gradients)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_seed_starts_with_the_same_bits_and_another_with_others(dtype):
    starts = [flat(model(seed=seed, dtype=dtype).parameters) for seed in (3, 3, 4)]
    assert starts[0].tobytes() == starts[1].tobytes()
    assert (starts[0] != starts[2]).sum() > starts[0].size / 2


def test_both_dtypes_start_from_the_same_weights_up_to_rounding():
    single, double = (flat(model(dtype=dtype).parameters) for dtype in (np.float32, np.float64))
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    np.testing.assert_array_equal(double.astype(np.float32), single)


# astype.


def test_astype_keeps_every_value_and_changes_the_dtype():
    ae = model()
    double = ae.astype(np.float64)
    assert flat(double.parameters).dtype == flat(double.gradients).dtype == double.encode(data()).dtype == np.float64
    assert (double.dtype, double.arguments()) == (np.float64, {**ae.arguments(), "dtype": np.dtype("float64")})
    np.testing.assert_array_equal(flat(double.parameters), flat(ae.parameters))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_copy_made_by_astype_trains_without_touching_the_original(dtype):
    ae = model()
    bits, random_state, arguments = flat(ae.parameters).tobytes(), ae.rng.bit_generator.state, ae.arguments()
    ae.astype(dtype).fit(data(), epochs=2, progress=False)
    assert flat(ae.parameters).tobytes() == bits
    assert (ae.rng.bit_generator.state, ae.arguments()) == (random_state, arguments)


def test_the_original_still_trains_after_astype():
    ae = model()
    ae.astype(np.float64)
    before = ae.loss(data())
    ae.fit(data(), epochs=5, progress=False)
    assert ae.loss(data()) < before


# The door.

WRONG_ARGUMENTS = [
    ({"sizes": [6]}, "sizes"),
    ({"sizes": []}, "sizes"),
    ({"sizes": 6}, "sizes"),
    ({"sizes": "6-3"}, "sizes"),
    ({"sizes": [6, 0, 3]}, "sizes[1]"),
    ({"sizes": [6, -5, 3]}, "sizes[1]"),
    ({"sizes": [6, 5, 2.5]}, "sizes[2]"),
    ({"decoder_sizes": [3]}, "decoder_sizes"),
    ({"decoder_sizes": [4, 5, 6]}, "decoder_sizes"),
    ({"decoder_sizes": [3, 5, 7]}, "decoder_sizes"),
    ({"decoder_sizes": [3, 0, 6]}, "decoder_sizes[1]"),
    ({"activation": "relo"}, "activation"),
    ({"likelihood": "poisson"}, "likelihood"),
    ({"dtype": np.float16}, "dtype"),
    ({"dtype": np.int64}, "dtype"),
    ({"seed": -1}, "seed"),
    ({"seed": 0.5}, "seed"),
    ({"code_activation": "relo"}, "code_activation"),
]


def assert_one_sentence(message):
    assert message.endswith(".")
    assert not message.endswith("..")
    assert not re.search(r"\n|\. ", message)


@pytest.mark.parametrize(("arguments", "name"), WRONG_ARGUMENTS)
def test_a_wrong_argument_is_refused_by_name_in_one_sentence(arguments, name):
    with pytest.raises((ValueError, TypeError)) as error:
        model(**arguments)
    assert str(error.value).startswith(f"{name}=")
    assert_one_sentence(str(error.value))


WRONG_DATA = {
    "too wide": data(4, 7),
    "too narrow": data(4, 5),
    "one example without its batch": data(1)[0],
    "a stack of batches": data(4)[np.newaxis],
    "no examples": data(0),
}
NOT_FINITE = {"NaN": np.where(np.eye(6), np.nan, 0.5), "infinite": np.where(np.eye(6), np.inf, 0.5)}
OUT_OF_RANGE = {"above 1": np.eye(6) * 1.001, "below 0": np.eye(6) * -0.001}


@pytest.mark.parametrize("method", ["encode", "reconstruct", "losses", "loss", "loss_and_gradients", "fit"])
@pytest.mark.parametrize("x", WRONG_DATA.values(), ids=WRONG_DATA)
def test_x_of_a_wrong_shape_is_refused_in_one_sentence(method, x):
    with pytest.raises(ValueError, match=r"^x has shape .* \(examples, 6\) is expected") as error:
        getattr(model(), method)(x)
    assert_one_sentence(str(error.value))


@pytest.mark.parametrize("method", ["encode", "reconstruct", "losses", "loss", "fit"])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("x", NOT_FINITE.values(), ids=NOT_FINITE)
def test_x_that_is_not_finite_is_refused_in_one_sentence(method, likelihood, x):
    with pytest.raises(ValueError, match=r"^x holds NaN or infinite values") as error:
        getattr(model(likelihood=likelihood), method)(x)
    assert_one_sentence(str(error.value))


@pytest.mark.parametrize("method", ["losses", "loss", "fit"])
@pytest.mark.parametrize("x", OUT_OF_RANGE.values(), ids=OUT_OF_RANGE)
def test_targets_that_a_bernoulli_cannot_have_made_are_refused_in_one_sentence(method, x):
    with pytest.raises(ValueError, match=r"^The Bernoulli likelihood needs x in \[0, 1\]") as error:
        getattr(model(), method)(x)
    assert_one_sentence(str(error.value))


@pytest.mark.parametrize("method", ["encode", "reconstruct"])
@pytest.mark.parametrize("x", OUT_OF_RANGE.values(), ids=OUT_OF_RANGE)
def test_what_is_only_encoded_may_lie_outside_0_and_1_as_noisy_images_do(method, x):
    assert np.isfinite(getattr(model(), method)(x)).all()


@pytest.mark.parametrize("method", ["encode", "reconstruct", "losses", "loss", "fit"])
def test_labels_are_refused_by_a_model_that_learns_from_x_alone(method):
    with pytest.raises(TypeError, match=r"^labels were given, but this model learns from x alone"):
        getattr(model(), method)(data(), np.arange(7))


@pytest.mark.parametrize("h", [data(4, 6), data(1, 3)[0], data(0, 3)])
def test_a_code_of_a_wrong_shape_is_refused_by_its_name(h):
    with pytest.raises(ValueError, match=r"^h has shape .* \(examples, 3\) is expected"):
        model().decode(h)


def test_a_code_that_is_not_finite_is_refused_by_its_name():
    with pytest.raises(ValueError, match=r"^h holds NaN or infinite values"):
        model().decode(np.full((2, 3), np.nan))


def test_a_gaussian_model_takes_data_outside_0_and_1():
    assert np.isfinite(model(likelihood="gaussian").loss(100 * data() - 50))


@pytest.mark.parametrize("validation", [*WRONG_DATA.values(), *NOT_FINITE.values(), *OUT_OF_RANGE.values()])
def test_wrong_validation_data_are_refused_before_a_step_is_taken(validation):
    ae = model()
    before = copies(ae.parameters)
    with pytest.raises(ValueError, match=r"has shape|holds NaN|needs validation in"):
        ae.fit(data(), validation=validation, progress=False)
    assert_same_arrays(ae.parameters, before)


def test_wrong_validation_data_are_refused_by_name():
    with pytest.raises(ValueError, match=r"validation"):
        model().fit(data(), validation=data(4, 5), progress=False)


@pytest.mark.parametrize("method", ["encode", "reconstruct", "losses", "loss", "loss_and_gradients", "fit"])
def test_x_is_never_changed(method):
    ae, x = model(likelihood="gaussian", corruption=Noise()), data()
    x.flags.writeable = False
    getattr(ae, method)(x)
    np.testing.assert_array_equal(x, data())


def test_a_code_is_never_changed():
    h = data(7, 3)
    h.flags.writeable = False
    model().decode(h)
    np.testing.assert_array_equal(h, data(7, 3))


@pytest.mark.parametrize("x", [data().tolist(), np.asfortranarray(data()), data(14)[::2], data(dtype=np.float64)])
def test_x_may_be_a_list_or_an_array_of_another_layout_or_dtype(x):
    np.testing.assert_array_equal(model().encode(x), model().encode(np.array(x, np.float32, order="C")))


# Training.


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_a_few_steps_lower_the_loss(likelihood, activation):
    ae, x = model(likelihood=likelihood, activation=activation), data(100)
    before = ae.loss(x)
    history = ae.fit(x, epochs=5, batch_size=20, progress=False)
    assert ae.loss(x) < 0.99 * before
    assert history["loss"][-1] < history["loss"][0]


@pytest.fixture(scope="module")
def linear():
    """A linear autoencoder trained until it can get no better, on data of rank 3 with a little noise, and PCA."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 3)) * [3, 2, 1.5] @ rng.standard_normal((3, 10)) / 3
    x += 1 + 0.1 * rng.standard_normal(x.shape)
    ae = Autoencoder([10, 3], activation="identity", likelihood="gaussian", dtype=np.float64)
    ae.fit(x, epochs=1500, batch_size=30, optimizer=Adam(Cosine(0.01, 15_000)), progress=False)
    return x, ae, PCA(x, 3)


def test_a_linear_autoencoder_reaches_the_error_of_pca_to_a_thousandth(linear):
    x, ae, pca = linear
    best = squared_error(x, pca.reconstruct(x))
    assert best <= squared_error(x, ae.reconstruct(x)) <= 1.001 * best


def test_a_linear_autoencoder_finds_the_subspace_of_pca(linear):
    _, ae, pca = linear
    basis, _ = np.linalg.qr(ae.parameters["decoder.0.W"].T)
    outside = basis - pca.components.T @ (pca.components @ basis)
    sine_of_the_largest_principal_angle = np.linalg.norm(outside, 2)
    assert sine_of_the_largest_principal_angle < 1e-2


def test_repr_tells_the_layers_and_how_many_parameters_there_are():
    assert repr(model([6, 5, 3])) == "Autoencoder(6-5-3-5-6, 109 parameters, float32)"


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_model_and_its_copy_both_train_and_neither_touches_the_other(copied):
    x = np.random.default_rng(0).random((40, 6))
    model = Autoencoder([6, 4, 2], dtype=np.float64)
    other = copied(model)
    before = model.loss(x)
    for trained, untouched in ((other, model), (model, other)):
        start, kept = trained.loss(x), untouched.loss(x)
        trained.fit(x, epochs=3, progress=False)
        assert trained.loss(x) < start
        assert untouched.loss(x) == kept
    assert model.loss(x) == pytest.approx(other.loss(x))  # they drew the same batches
    assert model.loss(x) < before


def test_a_pickle_holds_each_parameter_once():
    model = Autoencoder([200, 100, 50])
    model.loss(np.zeros((1, 200)))
    one = flat(model.parameters).nbytes
    assert 2 * one < len(pickle.dumps(model)) < 2.2 * one  # and its gradient


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (dict(corruption="masking"), "corruption='masking' must be an object with a forward and a backward"),
        (dict(code="top-k"), "code='top-k' must be an object with a forward and a backward"),
        (dict(penalties=["l1"]), r"penalties\[0\]='l1' must be an object with a forward and a backward"),
    ],
)
def test_what_is_no_stage_is_refused_by_name_when_the_model_is_made(wrong, sentence):
    with pytest.raises(TypeError, match=sentence):
        Autoencoder([6, 4], **wrong)


@pytest.mark.parametrize("optimizer", ["adam", 0.01, Adam])
def test_what_is_no_optimizer_is_refused_by_name(optimizer):
    with pytest.raises(TypeError, match="^optimizer="):
        Autoencoder([6, 4]).fit(np.zeros((3, 6)), optimizer=optimizer, progress=False)


def test_an_activation_that_is_not_known_is_refused_even_where_no_layer_has_it():
    with pytest.raises(ValueError, match="^activation='bogus'"):
        Autoencoder([6, 4], activation="bogus", code_activation="identity")
