"""A model in a file: what was saved is loaded, to the last bit, and any other file is refused in a sentence."""

import contextlib
import gc
import json
import pickle
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import scratch_ae as ae
from scratch_ae.autoencoders.checkpoint import CheckpointError
from scratch_ae.autoencoders.denoising import Masking
from scratch_ae.nn.schedules import Linear

X = np.random.default_rng(0).random((30, 6))
Y = np.arange(30) % 4

OPTIONS = {"activation": "tanh", "likelihood": "gaussian", "decoder_sizes": [3, 4, 6], "seed": 7}
MODELS = {
    "Autoencoder": lambda: ae.Autoencoder([6, 5, 3]),
    "Autoencoder, float64": lambda: ae.Autoencoder([6, 5, 3], dtype=np.float64),
    "Autoencoder, all options": lambda: ae.Autoencoder([6, 5, 3], code_activation="elu", dtype=np.float64, **OPTIONS),
    "Autoencoder, corrupting": lambda: ae.Autoencoder([6, 5, 3], corruption=Masking(0.3)),
    "VAE": lambda: ae.VAE([6, 5, 3]),
    "VAE, float64": lambda: ae.VAE([6, 5, 3], dtype=np.float64),
    "VAE, all options": lambda: ae.VAE([6, 5, 3], beta=2.5, dtype=np.float64, **OPTIONS),
    "VAE, warming up": lambda: ae.VAE([6, 5, 3], beta=Linear(0.1, 1.0, 9), likelihood="learned-gaussian"),
    "ConditionalVAE": lambda: ae.ConditionalVAE([6, 5, 3], classes=4),
    "ContractiveAutoencoder": lambda: ae.ContractiveAutoencoder([6, 3]),
    "DenoisingAutoencoder": lambda: ae.DenoisingAutoencoder([6, 5, 3], noise="salt-and-pepper", level=0.1),
    "SparseAutoencoder, top-k": lambda: ae.SparseAutoencoder([6, 8], sparsity="top-k", k=3),
    "SparseAutoencoder, l1": lambda: ae.SparseAutoencoder([6, 8], sparsity="l1", weight=0.7),
    "StackedAutoencoder": lambda: ae.StackedAutoencoder([6, 5, 3]),
    "TiedAutoencoder": lambda: ae.TiedAutoencoder([6, 5, 3]),
}


def trained(name):
    """The model after a few steps, and what it learns from."""
    model = MODELS[name]()
    data = (X, Y) if isinstance(model, ae.ConditionalVAE) else (X,)
    model.fit(*data, epochs=2, batch_size=8, progress=False)
    return model, data


@pytest.fixture
def path(tmp_path):
    """The file of a saved VAE."""
    MODELS["VAE"]().save(tmp_path / "model.npz")
    return tmp_path / "model.npz"


def assert_refused(path):
    """`load` raises a CheckpointError of one sentence that begins with the path."""
    with pytest.raises(CheckpointError) as error:
        ae.load(path)
    message = str(error.value).removeprefix(str(path))
    assert message != str(error.value)
    assert message.endswith(".")
    assert not message.endswith("..")
    assert not re.search(r"\n|\. ", message)


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


@pytest.mark.parametrize("name", MODELS)
def test_a_loaded_model_is_of_the_same_class_with_the_same_arguments(name, tmp_path):
    model, _ = trained(name)
    model.save(tmp_path / "model.npz")
    loaded = ae.load(tmp_path / "model.npz")
    assert type(loaded) is type(model)
    assert loaded.config == model.config
    assert repr(loaded) == repr(model)


def test_a_loaded_model_has_every_argument_that_was_given(tmp_path):
    MODELS["VAE, all options"]().save(tmp_path / "model.npz")
    config = ae.load(tmp_path / "model.npz").config
    assert config == {"sizes": [6, 5, 3], "beta": 2.5, "dtype": "float64", **OPTIONS}


@pytest.mark.parametrize("name", MODELS)
def test_a_loaded_model_has_the_same_parameters_to_the_last_bit(name, tmp_path):
    model, _ = trained(name)
    model.save(tmp_path / "model.npz")
    loaded = ae.load(tmp_path / "model.npz").parameters
    assert loaded.flat.dtype == model.parameters.flat.dtype
    assert loaded.flat.tobytes() == model.parameters.flat.tobytes()
    assert {name: view.shape for name, view in loaded.items()} == {
        name: view.shape for name, view in model.parameters.items()
    }


@pytest.mark.parametrize("name", MODELS)
def test_a_loaded_model_answers_with_the_same_bits(name, tmp_path):
    model, data = trained(name)
    model.save(tmp_path / "model.npz")
    loaded = ae.load(tmp_path / "model.npz")
    for method in ("encode", "reconstruct"):
        np.testing.assert_array_equal(getattr(loaded, method)(*data), getattr(model, method)(*data))
    assert loaded.losses(*data) == model.losses(*data)


@pytest.mark.parametrize("name", MODELS)
def test_a_loaded_model_has_the_same_loss(name, tmp_path):
    model, data = trained(name)
    model.save(tmp_path / "model.npz")
    assert ae.load(tmp_path / "model.npz").loss(*data) == model.loss(*data)


@pytest.mark.parametrize("name", ["Autoencoder", "VAE, all options", "TiedAutoencoder"])
def test_a_loaded_model_goes_on_learning(name, tmp_path):
    model, data = trained(name)
    model.save(tmp_path / "model.npz")
    loaded = ae.load(tmp_path / "model.npz")
    before = loaded.loss(*data)
    loaded.fit(*data, epochs=20, progress=False)
    assert loaded.loss(*data) < before


@pytest.mark.parametrize("name", ["model.npz", "model", "new/folder/model.of.mine"])
@pytest.mark.parametrize("kind", [str, Path])
def test_the_file_has_exactly_the_name_that_was_asked_for(name, kind, tmp_path):
    path = kind(tmp_path / name)
    MODELS["VAE"]().save(path)
    assert [file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file()] == [name]
    assert isinstance(ae.load(path), ae.VAE)


def test_saving_does_not_change_the_model(tmp_path):
    model, _ = trained("VAE")
    before = model.parameters.flat.tobytes(), model.rng.bit_generator.state
    model.save(tmp_path / "model.npz")
    assert (model.parameters.flat.tobytes(), model.rng.bit_generator.state) == before


def test_a_model_whose_arguments_are_numpy_numbers_can_be_saved(tmp_path):
    model = ae.VAE([6, 3], beta=np.float32(0.5), seed=np.int64(3))
    model.save(tmp_path / "model.npz")
    assert ae.load(tmp_path / "model.npz").config["beta"] == 0.5


# Whole or not at all.


def test_a_failing_save_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    def full_disk(file, **arrays):
        file.write(b"PK")
        raise OSError("no space left on device")

    before = path.read_bytes()
    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match=r"no space left"):
        MODELS["Autoencoder"]().save(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


# Any other file is refused.


def test_a_file_that_is_missing_is_refused_as_such(tmp_path):
    assert_refused(tmp_path / "missing.npz")
    with pytest.raises(CheckpointError, match=r"missing\.npz is no file"):
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


def test_a_flipped_bit_anywhere_is_noticed_or_without_effect(path):
    content, parameters = path.read_bytes(), ae.load(path).parameters.flat.tobytes()
    for i in range(len(content)):
        damaged = bytearray(content)
        damaged[i] ^= 1 << i % 8
        path.write_bytes(damaged)
        with contextlib.suppress(CheckpointError):
            assert ae.load(path).parameters.flat.tobytes() == parameters


def test_no_changed_byte_of_the_parameters_goes_unnoticed(path):
    content = bytearray(path.read_bytes())
    start = content.index(ae.load(path).parameters.flat[:6].tobytes())
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

    doctor(path, parameters=np.array([Intruder()], dtype=object))
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


@pytest.mark.parametrize("change", [lambda flat: flat[:-1], lambda flat: np.append(flat, 0), lambda flat: flat[0]])
def test_parameters_of_another_number_are_refused(path, change):
    doctor(path, parameters=change(MODELS["VAE"]().parameters.flat))
    assert_refused(path)


@pytest.mark.parametrize("dtype", ["complex64", "U9", "datetime64[s]"])
def test_parameters_that_are_no_floats_are_refused(path, dtype):
    values = (
        np.array(["a"] * ae.load(path).parameters.flat.size) if dtype == "U9" else MODELS["VAE"]().parameters.flat
    )
    doctor(path, parameters=values.astype(dtype))
    assert_refused(path)


def test_a_loaded_model_draws_what_the_saved_one_would_have_drawn(tmp_path):
    model = ae.VAE([6, 5, 3])
    model.fit(X, epochs=1, progress=False)
    model.save(tmp_path / "m.npz")
    np.testing.assert_array_equal(ae.load(tmp_path / "m.npz").sample(4), model.sample(4))


def test_a_model_of_ones_own_class_is_refused_when_saved_and_not_when_loaded(tmp_path):
    class Mine(ae.VAE):
        pass

    Mine.__name__ = "VAE"  # the same name does not make it the library's
    with pytest.raises(TypeError, match="VAE is no class of scratch_ae"):
        Mine([6, 5, 3]).save(tmp_path / "m.npz")
    assert not [*tmp_path.iterdir()]


def test_a_file_from_before_the_random_state_was_saved_is_loaded(tmp_path):
    model = ae.Autoencoder([6, 5, 3])
    made = {"class": "Autoencoder", "arguments": model.config, "steps": 0}
    np.savez(tmp_path / "m.npz", description=np.array(json.dumps(made)), parameters=model.parameters.flat)
    np.testing.assert_array_equal(ae.load(tmp_path / "m.npz").parameters.flat, model.parameters.flat)
