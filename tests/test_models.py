"""The door of every model: parameters by name, copies in another dtype, and a file that holds it to the last bit.

Any other file is refused in a sentence.
"""

import contextlib
import gc
import inspect
import json
import pickle
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from variants import AUTOENCODERS, MODELS, assert_same_arrays, copies, examples, flat

import scratch_ae as ae
from scratch_ae.autoencoders.denoising import GaussianNoise, Masking
from scratch_ae.autoencoders.sparse import L1, SparsityKL, TopK
from scratch_ae.autoencoders.variational import GaussianKL, Reparameterization
from scratch_ae.evaluation import SoftmaxClassifier
from scratch_ae.models import CheckpointError, Model, NamedArrays
from scratch_ae.nn.dense import Dense
from scratch_ae.nn.schedules import Constant, Cosine, Linear, StepDecay

X, Y = np.random.default_rng(0).random((30, 6)), np.arange(30)
every_model = pytest.mark.parametrize("name", MODELS)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])

OPTIONS = {"activation": "tanh", "likelihood": "gaussian", "decoder_sizes": [3, 4, 6], "seed": 7}
ALL_OPTIONS = {**OPTIONS, "beta": 2.5, "dtype": np.float64}


def trained(name, **arguments):
    """The model after a few steps, and what it learns from."""
    model = MODELS[name](**arguments)
    data = examples(model)
    model.fit(*data, epochs=2, batch_size=8, progress=False)
    return model, data


def one_sentence(message):
    return message.endswith(".") and not message.endswith("..") and not re.search(r"\n|\. ", message)


# Parameters and gradients by name.


def layers():
    rng = np.random.default_rng(0)
    return {"encoder.0": Dense(4, 3, rng=rng), "decoder.0": Dense(3, 4, rng=rng)}


@pytest.mark.parametrize("prefix", ["", "d"])
def test_arrays_are_named_after_their_layer_in_its_order(prefix):
    arrays = NamedArrays(layers(), prefix)
    assert [*arrays] == ["encoder.0.W", "encoder.0.b", "decoder.0.W", "decoder.0.b"]
    assert len(arrays) == 4


@every_model
def test_parameters_and_gradients_are_the_layers_own_arrays(name):
    model = MODELS[name]()
    for path, layer in model.layers().items():
        for parameter in layer.parameter_names:
            assert model.parameters[f"{path}.{parameter}"] is getattr(layer, parameter)
            assert model.gradients[f"{path}.{parameter}"] is getattr(layer, f"d{parameter}")


@every_model
def test_a_mapping_made_before_training_shows_the_arrays_after_it(name):
    """Whoever keeps `model.gradients` in a variable looks at the last step's, and not at those of the first."""
    model = MODELS[name]()
    parameters, gradients = model.parameters, model.gradients
    model.fit(*examples(model), epochs=1, progress=False)
    assert_same_arrays(parameters, model.parameters)
    assert_same_arrays(gradients, model.gradients)
    assert flat(gradients).any()


@every_model
def test_gradients_that_were_kept_are_those_of_their_step_after_the_next_one(name):
    model = MODELS[name]()
    model.loss_and_gradients(*examples(model))
    kept, before = dict(model.gradients), copies(model.gradients)
    model.loss_and_gradients(*examples(model, seed=1))
    assert_same_arrays(kept, before)
    assert not np.array_equal(flat(model.gradients), flat(kept))


def test_an_array_assigned_by_name_is_the_layers():
    parts = layers()
    NamedArrays(parts)["decoder.0.b"] = np.arange(4.0)
    np.testing.assert_array_equal(parts["decoder.0"].b, [0, 1, 2, 3])
    NamedArrays(parts)["decoder.0.b"][1] = 7
    np.testing.assert_array_equal(parts["decoder.0"].b, [0, 7, 2, 3])


def test_an_array_of_another_shape_cannot_be_assigned_by_name():
    arrays = NamedArrays(layers())
    with pytest.raises(ValueError, match=r"^W has shape \(4, 3\); an array of shape \(3, 4\) was assigned\.$"):
        arrays["encoder.0.W"] = np.zeros((3, 4))


@pytest.mark.parametrize("name", ["encoder.0.c", "encoder.0", "W", "encoder.2.W", "encoder.0.x"])
def test_a_name_that_is_none_can_neither_be_read_nor_assigned(name):
    arrays = NamedArrays(layers())
    with pytest.raises(KeyError):
        arrays[name]
    with pytest.raises(KeyError):
        arrays[name] = np.zeros(3)
    assert name not in arrays


def test_repr_lists_every_name_with_shape_and_dtype():
    rows = repr(NamedArrays(layers())).splitlines()
    assert [row.split(maxsplit=1) for row in rows] == [
        ["encoder.0.W", "(4, 3), float32"],
        ["encoder.0.b", "(3,), float32"],
        ["decoder.0.W", "(3, 4), float32"],
        ["decoder.0.b", "(4,), float32"],
    ]


def test_a_likelihood_with_a_parameter_has_its_place_among_them():
    assert [*MODELS["learned variance"]().parameters][-1] == "likelihood.log_var"


# A copy in another dtype.


@every_model
@each_dtype
def test_a_copy_in_another_dtype_has_every_array_in_it_and_the_same_values(name, dtype):
    model, _ = trained(name)
    other = model.astype(dtype)
    assert (type(other), other.dtype) == (type(model), dtype)
    for mine, its in ((model.parameters, other.parameters), (model.gradients, other.gradients)):
        assert {array.dtype for array in its.values()} == {np.dtype(dtype)}
        np.testing.assert_array_equal(flat(its), flat(mine))


@every_model
@each_dtype
def test_a_copy_in_another_dtype_learns_in_it_and_leaves_the_model_alone(name, dtype):
    model, data = trained(name)
    before, gradients, state = copies(model.parameters), copies(model.gradients), model.rng.bit_generator.state
    other = model.astype(dtype)
    other.fit(*data, epochs=1, progress=False)
    assert {array.dtype for array in (*other.parameters.values(), *other.gradients.values())} == {np.dtype(dtype)}
    assert not np.array_equal(flat(other.parameters), flat(model.parameters))
    assert_same_arrays(model.parameters, before)
    assert_same_arrays(model.gradients, gradients)
    assert model.rng.bit_generator.state == state


# The arguments a model was made with.


@every_model
def test_the_arguments_make_the_same_model_again(name):
    model = MODELS[name](seed=3)
    again = type(model)(**model.arguments())
    assert again.arguments() == model.arguments()
    assert_same_arrays(again.parameters, model.parameters)


@every_model
def test_the_arguments_are_those_handed_in_and_the_defaults_of_the_others(name):
    made = MODELS[name]
    found = made(seed=3).arguments()
    assert found == {**found, **made.keywords, "sizes": made.args[0], "seed": 3}
    own = inspect.signature(made.func).parameters.values()
    defaults = {p.name: p.default for p in own if p.default not in (p.empty, None, ())}
    assert {**defaults, **found} == found


def test_arguments_may_be_handed_in_by_place():
    assert SoftmaxClassifier([6, 3]).arguments() == SoftmaxClassifier(sizes=[6, 3]).arguments()


def test_a_list_of_sizes_that_changes_later_changes_no_model(tmp_path):
    sizes = [6, 5, 3]
    model = ae.Autoencoder(sizes)
    sizes.append(2)
    model.save(tmp_path / "m.npz")
    assert ae.load(tmp_path / "m.npz").sizes == [6, 5, 3]


# Files.


@pytest.fixture
def path(tmp_path):
    """The file of a saved VAE."""
    ae.VAE([6, 5, 3]).save(tmp_path / "model.npz")
    return tmp_path / "model.npz"


def assert_refused(path):
    """`load` raises a CheckpointError of one sentence with the path in it."""
    with pytest.raises(CheckpointError) as error:
        ae.load(path)
    message = str(error.value)
    assert str(path) in message
    assert one_sentence(message.replace(str(path), ""))


def doctor(path, **changes):
    """Writes the saved model again, with other arrays in place of its own; a dict becomes JSON."""
    with np.load(path) as file:
        arrays = dict(file)
    for name, value in changes.items():
        arrays[name] = json.dumps(value) if isinstance(value, dict) else value
    np.savez(path, **arrays)


def description(path):
    with np.load(path) as file:
        return json.loads(str(file["description"]))


# What is saved is what is loaded.


@every_model
@each_dtype
def test_a_loaded_model_is_the_saved_one_to_the_last_bit(name, dtype, tmp_path):
    model, _ = trained(name, dtype=dtype)
    model.save(tmp_path / "model.npz")
    loaded = ae.load(tmp_path / "model.npz")
    assert type(loaded) is type(model)
    assert loaded.arguments() == {**model.arguments(), "dtype": np.dtype(dtype).name}
    assert (repr(loaded), loaded.steps) == (repr(model), model.steps)
    assert_same_arrays(loaded.parameters, model.parameters)


@every_model
def test_a_loaded_model_answers_with_the_same_bits(name, tmp_path):
    model, data = trained(name)
    model.save(tmp_path / "model.npz")
    loaded = ae.load(tmp_path / "model.npz")
    if name in AUTOENCODERS:
        np.testing.assert_array_equal(loaded.encode(*data), model.encode(*data))
        np.testing.assert_array_equal(loaded.reconstruct(*data), model.reconstruct(*data))
    else:
        np.testing.assert_array_equal(loaded.probabilities(data[0]), model.probabilities(data[0]))
    assert loaded.losses(*data) == model.losses(*data)
    assert loaded.loss(*data) == model.loss(*data)


@every_model
def test_a_loaded_model_goes_on_learning_as_the_saved_one_would_have(name, tmp_path):
    """To the same bits: with the noise and the order of examples, and the β, that would have come next."""
    model, data = trained(name)
    model.save(tmp_path / "model.npz")
    loaded = ae.load(tmp_path / "model.npz")
    before = loaded.loss(*data)
    for one in (loaded, model):
        one.fit(*data, epochs=20, batch_size=8, progress=False)
    assert_same_arrays(loaded.parameters, model.parameters)
    assert loaded.loss(*data) < before


@every_model
def test_the_file_lists_every_array_by_its_name(name, tmp_path):
    model, _ = trained(name)
    model.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as file:
        assert file.files == ["description", *model.parameters]
        assert_same_arrays({name: file[name] for name in model.parameters}, model.parameters)


def test_the_file_of_an_autoencoder_has_its_first_weights_as_encoder_0_W(path):
    with np.load(path) as file:
        assert "encoder.0.W" in file.files
        np.testing.assert_array_equal(file["encoder.0.W"], ae.load(path).encoder.dense[0].W)


def test_a_loaded_model_has_every_argument_that_was_given(tmp_path):
    ae.VAE([6, 5, 3], **ALL_OPTIONS).save(tmp_path / "model.npz")
    found = ae.load(tmp_path / "model.npz").arguments()
    assert found == {**found, "sizes": [6, 5, 3], **ALL_OPTIONS, "dtype": "float64"}


SCHEDULES = [Constant(0.5), StepDecay(1.0, every=3, factor=0.5), Linear(0, 1, 4), Cosine(1.0, 7, 0.1)]
COMPOSED = {
    "noise": {"corruption": GaussianNoise(0.25)},
    "code": {"code": TopK(2)},
    "penalty": {"penalties": [L1(0.3)]},
    "all": {
        "corruption": Masking(0.1),
        "code": TopK(3),
        "penalties": [SparsityKL(0.1, 2.0), L1(0.3)],
        "code_activation": "sigmoid",
    },
    "two penalties of one kind": {"penalties": [L1(0.3), L1(0.1, name="another")]},
}


@pytest.mark.parametrize("stages", COMPOSED.values(), ids=COMPOSED)
@pytest.mark.parametrize("kind", [ae.Autoencoder, ae.TiedAutoencoder, ae.StackedAutoencoder])
def test_stages_handed_in_are_loaded_as_they_were_saved(kind, stages, tmp_path):
    model = kind([6, 5, 4], **stages)
    model.fit(X, epochs=1, batch_size=8, progress=False)
    model.save(tmp_path / "model.npz")
    loaded = ae.load(tmp_path / "model.npz")
    for stage in stages:
        assert loaded.arguments()[stage] == model.arguments()[stage]
    assert loaded.penalties == model.penalties
    assert loaded.losses(X) == model.losses(X)
    assert loaded.loss(X) == model.loss(X)


@pytest.mark.parametrize("beta", SCHEDULES)
def test_a_schedule_is_loaded_as_it_was_saved_and_goes_on_where_it_was(beta, tmp_path):
    model = ae.VAE([6, 5, 3], beta=beta)
    model.fit(X, epochs=1, batch_size=15, progress=False)
    model.save(tmp_path / "model.npz")
    loaded = ae.load(tmp_path / "model.npz")
    assert loaded.beta == beta
    assert loaded.loss(X) == model.loss(X)


# What could not be made again is refused.


class Halving:
    """A corruption that nobody but its author knows."""

    def forward(self, x, rng):
        return x / 2

    def backward(self, dx):
        return dx / 2

    def __repr__(self):
        return "Halving()"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"corruption": Halving()}, "Halving"),
        ({"code": Reparameterization()}, "Reparameterization"),
        ({"code": Reparameterization(), "penalties": [GaussianKL(2.0)]}, "Reparameterization"),
    ],
)
def test_an_argument_that_cannot_be_saved_is_refused_in_one_sentence_and_no_file_is_left(arguments, named, tmp_path):
    model = ae.Autoencoder([6, 5, 3], **arguments)
    with pytest.raises(TypeError, match=named) as error:
        model.save(tmp_path / "m.npz")
    assert one_sentence(re.sub(r"<.*>", "", str(error.value)))
    assert not [*tmp_path.iterdir()]


def test_a_schedule_of_ones_own_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"cannot be saved with a model"):
        ae.VAE([6, 3], beta=lambda step: 0.5).save(tmp_path / "m.npz")
    assert not [*tmp_path.iterdir()]


def test_a_class_from_elsewhere_is_refused_whatever_its_name(tmp_path):
    class Mine(ae.VAE):
        pass

    Mine.__name__ = "VAE"  # the same name does not make it the library's
    with pytest.raises(TypeError, match=r"^VAE is not a class of scratch_ae") as error:
        Mine([6, 5, 3]).save(tmp_path / "m.npz")
    assert "np.savez(path, **model.parameters)" in str(error.value)
    assert one_sentence(str(error.value))
    assert not [*tmp_path.iterdir()]


def test_what_the_refusal_advises_keeps_every_array(tmp_path):
    class Mine(ae.VAE):
        pass

    model, other = Mine([6, 5, 3]), Mine([6, 5, 3], seed=1)
    np.savez(tmp_path / "m.npz", **model.parameters)
    with np.load(tmp_path / "m.npz") as file:
        for name in file.files:
            other.parameters[name] = file[name]
    assert_same_arrays(other.parameters, model.parameters)


@pytest.mark.parametrize("name", ["model.npz", "model", "new/folder/model.of.mine"])
@pytest.mark.parametrize("kind", [str, Path])
def test_the_file_has_exactly_the_name_that_was_asked_for(name, kind, tmp_path):
    path = kind(tmp_path / name)
    ae.VAE([6, 5, 3]).save(path)
    assert [file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file()] == [name]
    assert isinstance(ae.load(path), ae.VAE)


def test_saving_does_not_change_the_model(tmp_path):
    model, _ = trained("vae")
    before, state = copies(model.parameters), model.rng.bit_generator.state
    model.save(tmp_path / "model.npz")
    assert_same_arrays(model.parameters, before)
    assert model.rng.bit_generator.state == state


def test_a_model_whose_arguments_are_numpy_numbers_can_be_saved(tmp_path):
    model = ae.VAE([6, 3], beta=np.float32(0.5), seed=np.int64(3))
    model.save(tmp_path / "model.npz")
    assert ae.load(tmp_path / "model.npz").beta == 0.5


# Whole or not at all.


def test_a_failing_save_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    def full_disk(file, **arrays):
        file.write(b"PK")
        raise OSError("no space left on device")

    before = path.read_bytes()
    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match=r"no space left"):
        ae.Autoencoder([6, 5, 3]).save(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


# Any other file is refused.


def test_a_file_that_is_missing_is_refused_as_such(tmp_path):
    assert_refused(tmp_path / "missing.npz")
    with pytest.raises(CheckpointError, match=r"^There is no file .*missing\.npz"):
        ae.load(tmp_path / "missing.npz")


def test_a_folder_is_refused(tmp_path):
    assert_refused(tmp_path)


@pytest.mark.parametrize("content", [b"", b"a text file\n", pickle.dumps({"parameters": [1.0]})])
def test_a_file_that_is_no_archive_is_refused(content, tmp_path):
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    assert_refused(path)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert_refused(path)


def test_a_refused_file_is_closed(path):
    path.write_bytes(path.read_bytes()[:-1])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(CheckpointError):
            ae.load(path)
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


def test_a_flipped_bit_anywhere_is_noticed_or_without_effect(tmp_path):
    path = tmp_path / "small.npz"
    ae.Autoencoder([2, 1]).save(path)
    content, parameters = path.read_bytes(), flat(ae.load(path).parameters).tobytes()
    for i in range(len(content)):
        damaged = bytearray(content)
        damaged[i] ^= 1 << i % 8
        path.write_bytes(damaged)
        with contextlib.suppress(CheckpointError):
            assert flat(ae.load(path).parameters).tobytes() == parameters


def test_no_changed_byte_of_the_parameters_goes_unnoticed(path):
    content = bytearray(path.read_bytes())
    start = content.index(ae.load(path).parameters["encoder.0.W"][0].tobytes())
    content[start + 5] ^= 1
    path.write_bytes(content)
    assert_refused(path)


def test_an_archive_of_other_arrays_is_refused(tmp_path):
    np.savez(tmp_path / "foreign.npz", images=X, labels=Y)
    assert_refused(tmp_path / "foreign.npz")


def test_a_single_array_is_refused(tmp_path):
    np.save(tmp_path / "array.npy", X)
    assert_refused(tmp_path / "array.npy")


def test_pickled_objects_are_refused_and_never_run(path, tmp_path):
    class Intruder:
        def __reduce__(self):
            return Path.touch, (tmp_path / "intruder was here",)

    doctor(path, **{"encoder.0.W": np.array([Intruder()], dtype=object)})
    assert_refused(path)
    assert not (tmp_path / "intruder was here").exists()


@pytest.mark.parametrize(
    "name", ["os", "Adam", "History", "load_mnist", "datasets", "__doc__", "Unknown", "", 3, None]
)
def test_a_class_that_is_no_model_of_the_library_is_refused(path, name):
    doctor(path, description={**description(path), "class": name})
    assert_refused(path)


def test_a_file_that_names_load_as_its_class_is_refused(path):
    doctor(path, description={"class": "load", "arguments": {"path": str(path)}})
    assert_refused(path)


@pytest.mark.parametrize(
    "changes", [{"beta": -1}, {"sizes": [6]}, {"sizes": [6, 4, 3]}, {"seed": "x"}, {"unknown": 1}]
)
def test_arguments_that_make_no_such_model_are_refused(path, changes):
    saved = description(path)
    doctor(path, description={**saved, "arguments": {**saved["arguments"], **changes}})
    with pytest.raises(CheckpointError, match=re.escape(str(path))):
        ae.load(path)


@pytest.mark.parametrize("text", ["", "not JSON", "[1]", "3", '{"class": "VAE"}'])
def test_a_description_that_is_none_is_refused(path, text):
    doctor(path, description=text)
    assert_refused(path)


@pytest.mark.parametrize("name", ["description", "encoder.0.W", "decoder.1.b"])
def test_a_file_without_one_of_its_arrays_is_refused(path, name):
    with np.load(path) as file:
        arrays = {each: file[each] for each in file.files if each != name}
    np.savez(path, **arrays)
    assert_refused(path)


def test_a_file_with_an_array_too_many_is_refused(path):
    doctor(path, **{"encoder.2.W": np.zeros((3, 3), np.float32)})
    assert_refused(path)


@pytest.mark.parametrize("change", [lambda W: W.T, lambda W: W[:-1], lambda W: W.ravel(), lambda W: W[0, 0]])
def test_an_array_of_another_shape_is_refused(path, change):
    doctor(path, **{"encoder.0.W": change(ae.load(path).parameters["encoder.0.W"])})
    assert_refused(path)


@pytest.mark.parametrize("dtype", ["float64", "float16", "int32", "complex64", "U9", "datetime64[s]"])
def test_an_array_of_another_dtype_is_refused(path, dtype):
    """A float64 array would be rounded: such a file was not written by `save`."""
    doctor(path, **{"encoder.0.b": np.zeros(5).astype("int32").astype(dtype)})
    assert_refused(path)


def test_a_loaded_model_draws_what_the_saved_one_would_have_drawn(tmp_path):
    model = ae.VAE([6, 5, 3])
    model.fit(X, epochs=1, progress=False)
    model.save(tmp_path / "m.npz")
    np.testing.assert_array_equal(ae.load(tmp_path / "m.npz").sample(4), model.sample(4))


# Files of the version before, which kept all arrays in one, and what they gave then.

SAVED = Path(__file__).parent / "autoencoders" / "saved"
THEN = dict(np.load(SAVED / "expected.npz"))
OLD = sorted(path.stem for path in SAVED.glob("*.npz") if path.stem != "expected")
every_old_file = pytest.mark.parametrize("name", OLD)


def old(name):
    """The loaded model and its data."""
    model = ae.load(SAVED / f"{name}.npz")
    return model, ((THEN["x"], THEN["labels"]) if isinstance(model, ae.ConditionalVAE) else (THEN["x"],))


def test_there_is_an_old_file_for_every_class():
    assert {type(old(name)[0]) for name in OLD} == {*ae.AUTOENCODERS}
    assert {f"{name}.loss" for name in OLD} == {key for key in THEN if key.endswith(".loss")}


@every_old_file
def test_an_old_file_gives_the_reconstructions_it_gave_bit_for_bit(name):
    model, data = old(name)
    found, then = model.reconstruct(*data), THEN[f"{name}.reconstruction"]
    assert (found.dtype, found.tobytes()) == (then.dtype, then.tobytes())


@every_old_file
def test_an_old_file_has_the_loss_it_had(name):
    model, data = old(name)
    assert model.loss(*data) == pytest.approx(float(THEN[f"{name}.loss"]), rel=1e-6)


@every_old_file
def test_an_old_file_draws_the_next_random_number_it_would_have_drawn(name):
    assert old(name)[0].rng.random() == THEN[f"{name}.next_draw"]


@every_old_file
def test_an_old_file_keeps_its_arguments_and_steps(name):
    saved = description(SAVED / f"{name}.npz")
    model, _ = old(name)
    assert model.steps == saved["steps"]
    for argument, value in saved["arguments"].items():
        if not isinstance(value, dict):
            assert model.arguments()[argument] == value


@every_old_file
def test_an_old_file_saved_anew_lists_its_arrays_by_name_and_is_the_same_model(name, tmp_path):
    model, data = old(name)
    model.save(tmp_path / "new.npz")
    with np.load(tmp_path / "new.npz") as file:
        assert "encoder.0.W" in file.files
    loaded = ae.load(tmp_path / "new.npz")
    assert_same_arrays(loaded.parameters, model.parameters)
    assert loaded.loss(*data) == model.loss(*data)


def as_old(path, change=lambda parameters: parameters):
    """Makes the file one of the version before, with the array of all parameters changed."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    text = arrays.pop("description")
    np.savez(path, description=text, parameters=change(flat(arrays)))


@pytest.mark.parametrize("change", [lambda all: all[:-1], lambda all: np.append(all, all[:1]), lambda all: all[0]])
def test_an_old_file_with_another_number_of_parameters_is_refused(path, change):
    as_old(path, change)
    assert_refused(path)


@pytest.mark.parametrize("dtype", ["complex64", "U9", "float64"])
def test_an_old_file_whose_parameters_are_of_another_dtype_is_refused(path, dtype):
    as_old(path, lambda parameters: np.zeros(parameters.shape, int).astype(dtype))
    assert_refused(path)


def test_a_file_from_before_the_random_state_was_saved_is_loaded(path):
    before = ae.load(path)
    as_old(path)
    saved = description(path)
    del saved["random"]
    doctor(path, description=saved)
    assert_same_arrays(ae.load(path).parameters, before.parameters)


def test_every_model_of_the_package_is_one_of_these():
    """A class that is added has to be known to `load`, and to stand in tests/variants.py."""
    known = {*ae.AUTOENCODERS, SoftmaxClassifier}

    def derived(kind):
        return {kind, *(one for each in kind.__subclasses__() for one in derived(each))}

    assert {kind for kind in derived(Model) if kind.__module__.startswith("scratch_ae.")} == {Model, *known}
    assert {type(make()) for make in MODELS.values()} == known
