"""Training by hand: `layer.W = layer.W - α * layer.dW`, as every student writes it, trains every model there is.

And whatever is then asked of the model, it answers with the arrays so trained.
"""

import copy
import pickle

import numpy as np
import pytest
from variants import AUTOENCODERS, MODELS, assert_same_arrays, copies, examples

import scratch_ae as ae
from scratch_ae.gradient_check import gradcheck

every_model = pytest.mark.parametrize("name", MODELS)
STEPS = 3


def assigned(model, alpha):
    """layer.W = layer.W - α * layer.dW"""
    for layer in model.layers().values():
        for name in layer.parameter_names:
            setattr(layer, name, getattr(layer, name) - alpha * getattr(layer, f"d{name}"))


def in_place(model, alpha):
    """layer.W -= α * layer.dW, which Python takes apart into these three steps."""
    for layer in model.layers().values():
        for name in layer.parameter_names:
            array = getattr(layer, name)
            array -= alpha * getattr(layer, f"d{name}")
            setattr(layer, name, array)


def assigned_by_name(model, alpha):
    for name in model.parameters:
        model.parameters[name] = model.parameters[name] - alpha * model.gradients[name]


def in_place_by_name(model, alpha):
    for name in model.parameters:
        model.parameters[name] -= alpha * model.gradients[name]


def changed_where_it_is(model, alpha):
    for name, array in model.parameters.items():
        array[...] -= alpha * model.gradients[name]


UPDATES = [assigned, in_place, assigned_by_name, in_place_by_name, changed_where_it_is]


def as_they_are(model):
    pass


def transposed(model):
    """W = M.T: the columns of such an array follow each other, and not its rows."""
    for name, array in model.parameters.items():
        M = array.T.copy()
        model.parameters[name] = M.T


def strided(model):
    for name, array in model.parameters.items():
        model.parameters[name] = np.repeat(array, 2, axis=-1)[..., ::2]


def read_only(model):
    for name, array in model.parameters.items():
        frozen = array.copy()
        frozen.flags.writeable = False
        model.parameters[name] = frozen


ARRAYS = [as_they_are, transposed, strided, read_only]


def trained(model, data, update=assigned, alpha=0.02, steps=STEPS):
    """The losses before each step and after the last, on all examples at once and with the same noise each time."""
    losses = []
    for _ in range(steps):
        losses.append(model.loss_and_gradients(*data, rng=0))
        update(model, alpha)
    return [*losses, model.loss_and_gradients(*data, rng=0)]


@every_model
@pytest.mark.parametrize("before", ARRAYS)
@pytest.mark.parametrize(("dtype", "alpha"), [("float32", 0.02), ("float32", np.float64(0.02)), ("float64", 0.02)])
def test_steps_written_by_hand_train_the_model(name, before, dtype, alpha):
    """To the bits of the plainest of these ways, whichever is taken: an update that reached a copy would be lost."""
    plain = MODELS[name](dtype=dtype)
    data = examples(plain)
    expected = trained(plain, data, assigned, alpha)
    assert expected[-1] < expected[0]
    for update in UPDATES:
        model = MODELS[name](dtype=dtype)
        before(model)
        assert trained(model, data, update, alpha) == expected, update.__name__
        assert {array.dtype for array in model.parameters.values()} == {np.dtype(dtype)}
        assert_same_arrays(model.parameters, plain.parameters)


@every_model
def test_each_of_the_steps_lowers_the_loss(name):
    """But where β rises from step to step, and the loss with it."""
    constant = {"beta": 1.0} if "warming up" in name else {}
    model = MODELS[name](dtype=np.float64, **constant)
    losses = trained(model, examples(model), alpha=0.005)
    assert (np.diff(losses) < 0).all()


@pytest.mark.parametrize("name", [name for name in MODELS if name.startswith("tied")])
def test_the_layers_of_a_tied_decoder_have_biases_alone_and_train_with_the_encoder(name):
    model = MODELS[name]()
    assert {layer.parameter_names for layer in model.decoder.dense} == {("b",)}
    h = np.random.default_rng(0).random((5, model.sizes[-1]), dtype=np.float32)
    before = model.decode(h)
    encoder = model.encoder.dense[0]
    encoder.W = 2 * encoder.W
    assert not np.allclose(model.decode(h), before)


@pytest.fixture(params=MODELS)
def stepped(request):
    """A model trained by hand, its data, and the loss it started from."""
    model = MODELS[request.param]()
    data = examples(model)
    losses = trained(model, data)
    return model, data, losses[0]


def reference(model, data):
    """A new model of the same kind, into which the numbers were written in place."""
    other = type(model)(**model.arguments())
    other.steps, other.rng.bit_generator.state = model.steps, model.rng.bit_generator.state
    for name, array in other.parameters.items():
        array[...] = model.parameters[name]
    return other


def test_the_loss_is_that_of_the_trained_arrays(stepped):
    model, data, start = stepped
    assert model.loss(*data) == reference(model, data).loss(*data) < start


def test_encode_and_reconstruct_use_the_trained_arrays(stepped):
    model, data, _ = stepped
    other = reference(model, data)
    for method in ("encode", "reconstruct"):
        if hasattr(model, method):
            np.testing.assert_array_equal(getattr(model, method)(*data), getattr(other, method)(*data))


def saved_and_loaded(model, folder):
    model.save(folder / "model.npz")
    return ae.load(folder / "model.npz")


COPIES = {
    "save and load": saved_and_loaded,
    "deepcopy": lambda model, folder: copy.deepcopy(model),
    "pickle": lambda model, folder: pickle.loads(pickle.dumps(model)),
    "astype": lambda model, folder: model.astype(model.dtype),
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copy_has_the_trained_arrays_and_goes_on_as_the_model_would(stepped, copied, tmp_path):
    model, data, _ = stepped
    other = copied(model, tmp_path)
    assert_same_arrays(other.parameters, model.parameters)
    assert other.loss(*data) == model.loss(*data)
    kept = copies(model.parameters)
    other.fit(*data, epochs=2, batch_size=8, progress=False)
    assert_same_arrays(model.parameters, kept)
    model.fit(*data, epochs=2, batch_size=8, progress=False)
    assert_same_arrays(other.parameters, model.parameters)


def test_fit_starts_from_the_trained_arrays_and_changes_them(stepped):
    model, data, _ = stepped
    other, before = reference(model, data), model.loss(*data)
    for one in (model, other):
        one.fit(*data, epochs=10, batch_size=10, progress=False)
    assert_same_arrays(model.parameters, other.parameters)
    assert model.loss(*data) < before


def test_steps_by_hand_and_fit_can_take_turns(stepped):
    model, data, start = stepped
    for _ in range(2):
        model.fit(*data, epochs=2, batch_size=10, progress=False)
        trained(model, data, steps=2)
    assert model.loss(*data) == reference(model, data).loss(*data) < start


def test_gradcheck_checks_at_the_trained_arrays_and_leaves_them(stepped):
    model, data, _ = stepped
    kept = copies(model.parameters)
    batch = [array[:5] for array in data]
    report, expected = gradcheck(model, *batch), gradcheck(reference(model, data), *batch)
    untrained = gradcheck(type(model)(**model.arguments()), *batch)
    assert report.ok, report
    written = [np.concatenate([row.written for row in each.rows]) for each in (report, expected, untrained)]
    np.testing.assert_array_equal(written[0], written[1])
    assert not np.array_equal(written[0], written[2])
    assert_same_arrays(model.parameters, kept)


@pytest.mark.parametrize("name", AUTOENCODERS)
def test_weights_exchanged_between_models_are_computed_with(name):
    """model.parameters[name] = array, from another model: both then answer alike."""
    one, other = AUTOENCODERS[name](seed=0), AUTOENCODERS[name](seed=1)
    data = examples(one)
    assert not np.array_equal(one.reconstruct(*data), other.reconstruct(*data))
    for key in one.parameters:
        other.parameters[key] = one.parameters[key]
    np.testing.assert_array_equal(one.reconstruct(*data), other.reconstruct(*data))
