"""Files that were damaged, or made to do damage: one clear error, soon, and no more memory than their length bears
out. What is drawn at random is drawn by hypothesis; `-m slow` draws sixty times as many."""

import gzip
import io
import json
import re
import shutil
import struct
import time
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scratch_ae as ae
from scratch_ae.archives import DIRECTORY, Archive, ArchiveError
from scratch_ae.datasets import DatasetError
from scratch_ae.evaluation import SoftmaxClassifier
from scratch_ae.models import CheckpointError

SAVED = sorted((Path(__file__).parent / "autoencoders" / "saved").glob("[!e]*.npz"))
MEGABYTE = 10**6

quick = settings(deadline=None, max_examples=25)
many = settings(deadline=None, max_examples=1_500)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One for all examples: each is written in place of the last."""
    return tmp_path_factory.mktemp("hostile")


def model_file(model):
    file = io.BytesIO()
    arrays = {"description": np.array(json.dumps(of(model))), **model.parameters}
    np.savez(file, **arrays)
    return file.getvalue()


def of(model):
    return {"class": type(model).__name__, "arguments": {"sizes": list(model.sizes)}, "steps": 3}


def arrays_of(path):
    with np.load(path) as file:
        return dict(file)


def watched(action, length):
    """What `action` returns, or the error of this package that it raises: within a second, within twice
    the file's length and 50 MB, in one sentence, and without a warning."""
    tracemalloc.start()
    started = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            result = action()
    except (CheckpointError, DatasetError) as error:
        result = error
    finally:
        seconds, peak = time.perf_counter() - started, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    if isinstance(result, Exception):
        assert str(result).endswith(".")
        assert not re.search(r"\n|\. ", str(result))
    assert seconds < 1, f"{seconds:.1f} s"
    assert peak < 2 * length + 50 * MEGABYTE, f"{peak / MEGABYTE:.0f} MB for a file of {length:,} bytes"
    return result


def load(path):
    return watched(lambda: ae.load(path), path.stat().st_size)


def load_bytes(folder, content):
    (folder / "model.npz").write_bytes(content)
    return load(folder / "model.npz")


def load_with(folder, source, description=None, **arrays):
    """Loads a saved model after some of its arrays, or what its description says, have been replaced."""
    kept = arrays_of(source)
    if description is not None:
        arrays["description"] = np.array(json.dumps(description))
    np.savez(folder / "model.npz", **{**kept, **arrays})
    return load(folder / "model.npz")


def description_of(path):
    return json.loads(str(arrays_of(path)["description"]))


def assert_sound(model):
    """What was loaded after all has to be a model that can be used."""
    assert isinstance(model, (ae.Autoencoder, SoftmaxClassifier))
    assert model.steps >= 0
    assert all(np.isfinite(array).all() for array in model.parameters.values())


# --- Bytes ---------------------------------------------------------------------------------------------------


@st.composite
def damaged(draw):
    """The bytes of a saved model with some of them changed, cut off, moved or put in twice."""
    content = bytearray(draw(st.sampled_from(SAVED)).read_bytes())
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(len(content) - 1, 0)))
        length = draw(st.integers(0, 64))
        kind = draw(st.sampled_from(["flip", "write", "cut", "end", "insert", "twice"]))
        if kind == "flip" and content:
            content[place] ^= 1 << draw(st.integers(0, 7))
        elif kind == "write":
            content[place : place + length] = draw(st.binary(min_size=length, max_size=length))
        elif kind == "cut":
            del content[place : place + length]
        elif kind == "end":
            del content[place:]
        elif kind == "insert":
            content[place:place] = draw(st.binary(max_size=64))
        else:
            content[place:place] = content[place : place + length]
    return bytes(content)


def check_damaged(folder, content):
    result = load_bytes(folder, content)
    if not isinstance(result, CheckpointError):
        assert_sound(result)


@quick
@given(damaged())
def test_a_damaged_model_file_is_refused_or_makes_a_sound_model(folder, content):
    check_damaged(folder, content)


@pytest.mark.slow
@many
@given(damaged())
def test_no_damaged_model_file_of_thousands_does_anything_else(folder, content):
    check_damaged(folder, content)


@quick
@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\3\4", b"PK\5\6", b"\x93NUMPY\1\0", b"\x93NUMPY\3\0"]))
def test_bytes_of_any_kind_are_no_model_and_no_data(folder, content, start):
    assert isinstance(load_bytes(folder, start + content), CheckpointError)
    (folder / "x.npy").write_bytes(start + content)
    assert isinstance(watched(lambda: ae.load_arrays(folder / "x.npy"), len(content)), DatasetError)


# --- What the description says -------------------------------------------------------------------------------

LARGE = 20_000
STRANGE = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 5), st.sampled_from([LARGE, 10**9, 10**30, 1.5, -1.0, 1e300]),
    st.floats(), st.text(max_size=5), st.sampled_from(["load", "VAE", "Autoencoder", "float16", "elu", "MT19937"]),
    st.lists(st.integers(0, LARGE), max_size=4), st.just([12, LARGE, LARGE, 3]),
    st.sampled_from([{"class": "VAE", "fields": {"sizes": [LARGE, LARGE]}}, {"class": "L1", "fields": {}},
                     {"class": "load", "fields": {"path": "/etc/passwd"}}, {"class": [], "fields": []}, {}]),
)  # fmt: skip


def places(value, way=()):
    """The way to every value inside of a description."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(place for key, item in inside for place in places(item, (*way, key)))]


def replaced(value, way, other):
    if not way:
        return other
    copied = value.copy()
    copied[way[0]] = replaced(value[way[0]], way[1:], other)
    return copied


@st.composite
def redescribed(draw):
    """A saved model, and its description with something else in one or two places."""
    path = draw(st.sampled_from(SAVED))
    told = description_of(path)
    for _ in range(draw(st.integers(1, 2))):
        told = replaced(told, draw(st.sampled_from(places(told))), draw(STRANGE))
    return path, told


def check_redescribed(folder, case):
    result = load_with(folder, case[0], case[1])
    if not isinstance(result, CheckpointError):
        assert_sound(result)


@quick
@given(redescribed())
def test_a_description_that_says_something_else_is_refused_or_makes_a_sound_model(folder, case):
    check_redescribed(folder, case)


@pytest.mark.slow
@many
@given(redescribed())
def test_no_description_of_thousands_does_anything_else(folder, case):
    check_redescribed(folder, case)


SMALL = SAVED[0]


@pytest.mark.parametrize("sizes", [[12, LARGE, LARGE, 3], [LARGE, LARGE], [6, 10**15, 2], [6, 5, 2] * 9_000])
@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_sizes_are_held_against_the_numbers_that_are_there_before_a_model_is_made(folder, path, sizes):
    told = description_of(path)
    told["arguments"]["sizes"] = sizes
    assert isinstance(load_with(folder, path, told), CheckpointError)


@pytest.mark.parametrize("argument", [{"classes": 10**9}, {"decoder_sizes": [2, LARGE, LARGE, 6]}])
def test_so_are_classes_and_the_decoders_sizes(folder, argument):
    path = next(path for path in SAVED if path.stem == "conditional")
    told = description_of(path)
    told["arguments"].update(argument)
    assert isinstance(load_with(folder, path, told), CheckpointError)


def test_a_model_inside_of_a_models_arguments_is_not_made(folder, monkeypatch):
    made = []
    monkeypatch.setattr(ae.VAE, "__init__", lambda *arguments, **named: made.append(arguments))
    told = description_of(SMALL)
    told["arguments"]["seed"] = {"class": "VAE", "fields": {"sizes": [LARGE, LARGE]}}
    assert isinstance(load_with(folder, SMALL, told), CheckpointError)
    assert made == []


@pytest.mark.parametrize("name", ["load", "read", "Adam", "os.system", "L1", "Model", "__init__", "", None, [], {}])
def test_only_a_known_models_name_makes_a_model(folder, name):
    assert isinstance(load_with(folder, SMALL, {**description_of(SMALL), "class": name}), CheckpointError)


@pytest.mark.parametrize("steps", ["abc", -5, 1.5, True, None, [3], "3", float("nan")])
def test_steps_are_a_whole_number(folder, steps):
    assert isinstance(load_with(folder, SMALL, {**description_of(SMALL), "steps": steps}), CheckpointError)


# --- Arrays --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_parameters_that_are_not_finite_are_refused(folder, path, value):
    arrays = arrays_of(path)
    name = list(arrays)[-1]
    arrays[name].flat[-1] = value
    assert isinstance(load_with(folder, path, **{name: arrays[name]}), CheckpointError)


def test_and_are_not_saved_in_the_first_place(tmp_path):
    model = ae.Autoencoder([6, 3])
    model.parameters["encoder.0.W"][0, 0] = np.nan
    with pytest.raises(ValueError, match=r"encoder\.0\.W holds NaN"):
        model.save(tmp_path / "model.npz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: arrays.pop("encoder.0.W"),
        lambda arrays: arrays.update(more=np.zeros(3, np.float32)),
        lambda arrays: arrays.update({"encoder.0.W": arrays["encoder.0.W"].astype(np.float64)}),
        lambda arrays: arrays.update({"encoder.0.W": arrays["encoder.0.W"].astype(">f4")}),
        lambda arrays: arrays.update({"encoder.0.W": arrays["encoder.0.W"].T}),
        lambda arrays: arrays.update({"encoder.0.b": np.float32(0)}),
        lambda arrays: arrays.update({"encoder.0.b": np.array([None] * 5)}),
    ],
)
def test_arrays_of_other_names_shapes_or_dtypes_are_refused(folder, change):
    model = ae.Autoencoder([6, 5, 3])
    arrays = {"description": np.array(json.dumps(of(model))), **model.parameters}
    change(arrays)
    np.savez(folder / "model.npz", **arrays)
    assert isinstance(load(folder / "model.npz"), CheckpointError)


def header(shape, descr="<f4", version=(1, 0)):
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape!r}, }}".encode() + b"\n"
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version == (1, 0) else "<I", len(text)) + text


HEADERS = {
    "many values": header((10**11,)),
    "many dimensions": header((10,) * 40),
    "below zero": header((-2, -3)),
    "below zero, once": header((-6,)),
    "too many for an index": header((10**30,)),
    "of no bytes": header((10**11,), "<U0"),
    "long text": header((), "<U100000000"),
    "a field of many": header((1,), [("a", "<f4", (10**11,))]),
    "objects": header((3,), "|O"),
    "a second version": header((10**11,), version=(2, 0)),
    "an unknown version": header((10**11,), version=(9, 0)),
    "no dictionary": header("x" * 50),
    "brackets": b"\x93NUMPY\1\0" + struct.pack("<H", 5000) + b"(" * 5000,
    "escapes": b"\x93NUMPY\1\0" + struct.pack("<H", 20) + rb"{'\d': 1, '\w': 2L}" + b"\n",
    "a long header": b"\x93NUMPY\2\0" + struct.pack("<I", 2**32 - 1) + b"{",
    "nothing": b"\x93NUMPY\1\0",
}


@pytest.mark.parametrize("kind", HEADERS)
def test_a_header_that_promises_what_is_not_there_is_refused_by_every_loader(folder, kind):
    content = HEADERS[kind]
    (folder / "x.npy").write_bytes(content)
    assert isinstance(watched(lambda: ae.load_arrays(folder / "x.npy"), len(content)), DatasetError)
    for name in ("images", "description", "encoder.0.W"):
        with zipfile.ZipFile(folder / "x.npz", "w") as archive:
            archive.writestr(f"{name}.npy", content)
        assert isinstance(load(folder / "x.npz"), CheckpointError)
        assert isinstance(watched(lambda: ae.load_arrays(folder / "x.npz"), len(content)), DatasetError)


# --- Bombs ---------------------------------------------------------------------------------------------------

PACKED = {"deflate": zipfile.ZIP_DEFLATED, "bzip2": zipfile.ZIP_BZIP2, "lzma": zipfile.ZIP_LZMA}


def bomb(path, method, megabytes, honest):
    """An archive of zeros; `honest`: it says in its table of contents how many."""
    with zipfile.ZipFile(path, "w", PACKED[method]) as archive:
        for name in ("description", "images"):
            with archive.open(f"{name}.npy", "w") as member:
                member.write(header((megabytes * MEGABYTE,), "|u1"))
                for _ in range(megabytes):
                    member.write(bytes(MEGABYTE))
    content = bytearray(path.read_bytes())
    place = -1
    while not honest and (place := content.find(b"PK\1\2", place + 1)) >= 0:
        content[place + 24 : place + 28] = struct.pack("<I", 1000)
    path.write_bytes(content)


def check_bomb(path):
    assert isinstance(load(path), CheckpointError)
    assert isinstance(watched(lambda: ae.load_arrays(path), path.stat().st_size), DatasetError)


@pytest.mark.parametrize("method", PACKED)
@pytest.mark.parametrize("honest", [True, False])
def test_an_archive_that_unpacks_to_much_more_than_its_length_is_refused(folder, method, honest):
    bomb(folder / "x.npz", method, 100 if method == "deflate" else 1, honest)
    check_bomb(folder / "x.npz")


@pytest.mark.slow
@pytest.mark.parametrize("method", PACKED)
@pytest.mark.parametrize("honest", [True, False])
def test_so_is_one_that_unpacks_to_a_hundred_megabytes(folder, method, honest):
    bomb(folder / "x.npz", method, 120, honest)
    check_bomb(folder / "x.npz")


def test_a_table_of_contents_without_end_is_not_read(folder):
    with zipfile.ZipFile(folder / "x.npz", "w") as archive:
        for number in range(30_000):
            archive.writestr(f"{number:05}", b"")
    assert (folder / "x.npz").stat().st_size > DIRECTORY
    assert isinstance(load(folder / "x.npz"), CheckpointError)


@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"])
@pytest.mark.parametrize("promised", [True, False])
def test_a_gzip_file_that_unpacks_without_end_is_refused(folder, name, promised):
    """`promised`: its IDX header says how long it is."""
    data = Path(ae.datasets.__file__).parents[1] / "data" / "fashion-mnist"
    shutil.copytree(data, folder / "fashion-mnist", dirs_exist_ok=True)
    images = "images" in name
    sizes = (1_000_000, 28, 28) if images else (784_000_000,)
    start = struct.pack(f">{1 + len(sizes)}I", 0x803 if images else 0x801, *(sizes if promised else [7] * len(sizes)))
    with gzip.open(folder / "fashion-mnist" / name, "wb", compresslevel=1) as file:
        file.write(start)
        for _ in range(60):
            file.write(bytes(MEGABYTE))
    length = (folder / "fashion-mnist" / name).stat().st_size
    assert isinstance(watched(lambda: ae.load_fashion_mnist(folder), length), DatasetError)


# --- What has to be loaded as before -------------------------------------------------------------------------


def test_a_model_takes_twice_its_length_at_most_while_it_is_loaded(tmp_path):
    model = ae.Autoencoder([1500, 2000, 500])
    model.save(tmp_path / "model.npz")
    loaded = load(tmp_path / "model.npz")
    for name, array in model.parameters.items():
        np.testing.assert_array_equal(loaded.parameters[name], array)


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_a_model_packed_once_more_by_somebody_is_loaded_as_well(folder, path):
    np.savez_compressed(folder / "model.npz", **arrays_of(path))
    assert_sound(load(folder / "model.npz"))


def test_pictures_are_loaded_packed_or_not(tmp_path):
    pictures = np.zeros((100, 28, 28), np.uint8)
    pictures[:, 10:20, 10:20] = np.random.default_rng(0).integers(0, 256, (100, 10, 10))
    np.savez(tmp_path / "plain.npz", images=pictures, more=np.array(["not", "read"]))
    np.savez_compressed(tmp_path / "packed.npz", images=pictures)
    np.save(tmp_path / "alone.npy", pictures)
    plain, packed, alone = (ae.load_arrays(tmp_path / name)[0] for name in ("plain.npz", "packed.npz", "alone.npy"))
    np.testing.assert_array_equal(plain.images, packed.images)
    np.testing.assert_array_equal(plain.images, alone.images)


def test_an_array_is_read_only_when_it_is_asked_for(tmp_path):
    np.savez(tmp_path / "x.npz", small=np.arange(3), damaged=np.arange(9000))
    content = (tmp_path / "x.npz").read_bytes()
    (tmp_path / "x.npz").write_bytes(content.replace(np.arange(9000).tobytes(), np.arange(1, 9001).tobytes()))
    with open(tmp_path / "x.npz", "rb") as file:
        archive = Archive(file, ratio=2)
        assert set(archive) == {"small", "damaged"}
        assert archive.header("damaged").shape == (9000,)
        np.testing.assert_array_equal(archive["small"], np.arange(3))
        with pytest.raises(zipfile.BadZipFile):
            archive["damaged"]


def test_of_an_array_alone_the_name_is_empty(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(6).reshape(2, 3))
    with open(tmp_path / "x.npy", "rb") as file:
        np.testing.assert_array_equal(Archive(file, ratio=1)[""], np.arange(6).reshape(2, 3))


def test_what_is_no_archive_at_all_is_said_to_be_none(tmp_path):
    (tmp_path / "x.npz").write_bytes(b"a text")
    with open(tmp_path / "x.npz", "rb") as file, pytest.raises(ArchiveError, match="no archive"):
        Archive(file, ratio=1)
