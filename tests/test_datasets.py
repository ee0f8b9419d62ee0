"""What the loaders promise, on the real files, on damaged copies of them, and on arrays of every kind."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import hashlib
import io
import shutil
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch_ae import datasets
from scratch_ae.datasets import Dataset, DatasetError, load, load_arrays, load_fashion_mnist, load_mnist

DATA = Path(__file__).resolve().parent.parent / "data"
LABELS, IMAGES = "t10k-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz"

# A file is written anew for every example hypothesis draws, so one temporary folder for all of them will do.
drawn = settings(deadline=None, max_examples=60)


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCRATCH_AE_DATA", raising=False)


@pytest.fixture(scope="module")
def mnist() -> tuple[Dataset, Dataset]:
    return load_mnist(DATA)


@pytest.fixture(scope="module")
def fashion() -> tuple[Dataset, Dataset]:
    return load_fashion_mnist(DATA)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a good copy of fashion-mnist/, the smallest real data there is, to be damaged."""
    shutil.copytree(DATA / "fashion-mnist", tmp_path / "fashion-mnist")
    return tmp_path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arrays")


def message(action: Callable[[], object]) -> str:
    """The message of the DatasetError that `action` must raise, checked to be one sentence on one line."""
    with pytest.raises(DatasetError) as caught:
        action()
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    assert ". " not in text
    return text


def refusal(path: Path, *named: str) -> str:
    """The message with which load_arrays refuses this file, checked to name it and to say what to do."""
    text = message(lambda: load_arrays(path))
    for part in (str(path), *named):
        assert part in text
    assert "; " in text, "after what is wrong comes what to do"
    return text


def labels_of(data: Dataset) -> np.ndarray[Any, np.dtype[np.int64]]:
    assert data.labels is not None
    assert data.labels.dtype == np.int64
    assert data.labels.shape == (len(data),)
    return data.labels


def npy(path: Path, array: Any) -> Path:
    np.save(path, array)
    return path


def npz(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def packed_idx(magic: int, sizes: tuple[int, ...], values: bytes) -> bytes:
    return gzip.compress(struct.pack(f">{1 + len(sizes)}I", magic, *sizes) + values)


# --- MNIST and Fashion-MNIST as they are ---------------------------------------------------------------


def test_mnist_has_60000_training_and_10000_test_images_of_28_by_28(mnist: tuple[Dataset, Dataset]) -> None:
    for data, n in zip(mnist, (60_000, 10_000), strict=True):
        assert len(data) == n
        assert data.images.shape == (n, 784)
        assert labels_of(data).shape == (n,)
        assert data.image_shape == (28, 28)
        assert data.label_names == ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")


def test_images_are_contiguous_float32_from_0_to_1_and_labels_int64(
    mnist: tuple[Dataset, Dataset], fashion: tuple[Dataset, Dataset]
) -> None:
    for data in (*mnist, *fashion):
        assert data.images.dtype == np.float32
        assert data.images.flags.c_contiguous
        assert data.images.min() == 0
        assert data.images.max() == 1
        assert labels_of(data).dtype == np.int64


def test_the_digits_are_counted_as_published(mnist: tuple[Dataset, Dataset]) -> None:
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(labels_of(mnist[0])).tolist() == counts


def test_every_byte_of_the_original_mnist_can_be_had_back(mnist: tuple[Dataset, Dataset]) -> None:
    # The MD5 sums stand in data/README.md; rebuilding the bytes shows that no pixel, label or order is lost.
    md5 = (
        ("6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624"),
        ("2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637"),
    )
    for data, (images, labels) in zip(mnist, md5, strict=True):
        pixels = np.rint(data.images * 255).astype(np.uint8)
        header = struct.pack(">4I", 0x803, len(data), 28, 28)
        assert hashlib.md5(header + pixels.tobytes()).hexdigest() == images
        header = struct.pack(">2I", 0x801, len(data))
        assert hashlib.md5(header + labels_of(data).astype(np.uint8).tobytes()).hexdigest() == labels


def test_a_pixel_is_the_float32_nearest_to_its_byte_over_255(mnist: tuple[Dataset, Dataset]) -> None:
    levels = np.unique(mnist[0].images)
    assert np.array_equal(levels, (np.arange(256) / 255).astype(np.float32))


def test_fashion_mnist_is_the_shipped_images_split_8000_to_2000(fashion: tuple[Dataset, Dataset]) -> None:
    train, test = fashion
    assert (len(train), len(test)) == (8000, 2000)
    assert train.image_shape == test.image_shape == (28, 28)
    pixels = np.rint(np.concatenate([train.images, test.images]) * 255).astype(np.uint8)
    content = gzip.decompress((DATA / "fashion-mnist" / IMAGES).read_bytes())
    assert pixels.tobytes() == content[16:]
    content = gzip.decompress((DATA / "fashion-mnist" / LABELS).read_bytes())
    assert np.concatenate([labels_of(train), labels_of(test)]).astype(np.uint8).tobytes() == content[8:]


def test_the_names_of_the_clothes_stand_in_the_published_order(fashion: tuple[Dataset, Dataset]) -> None:
    for data in fashion:
        assert len(data.label_names) == 10
        assert data.label_names[0] == "T-shirt/top"
        assert data.label_names[5] == "Sandal"
        assert data.label_names[9] == "Ankle boot"
    # The first pictures of the split, as its authors show them: an ankle boot, a pullover, two trousers.
    assert [fashion[0].label_names[i] for i in labels_of(fashion[0])[:4]] == [
        "Ankle boot", "Pullover", "Trouser", "Trouser",
    ]  # fmt: skip


def test_the_fashion_mnist_docstring_says_that_it_is_not_the_published_split() -> None:
    assert load_fashion_mnist.__doc__ is not None
    assert "NOT the published split" in load_fashion_mnist.__doc__


def test_loading_mnist_is_quick_and_holds_at_most_one_extra_copy() -> None:
    start = time.process_time()
    train, test = load_mnist(DATA)
    assert time.process_time() - start < 1.5
    kept = train.images.nbytes + test.images.nbytes
    del train, test
    tracemalloc.start()
    try:
        load_mnist(DATA)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.4 * kept, "besides the result, its unpacked bytes (a quarter of it) and no second copy"


# --- Where data are looked for -------------------------------------------------------------------------


def test_without_a_place_the_data_beside_the_package_are_read(fashion: tuple[Dataset, Dataset]) -> None:
    assert np.array_equal(load_fashion_mnist()[0].images, fashion[0].images)


def test_the_variable_names_the_place(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "_BESIDE_PACKAGE", root / "nowhere")
    monkeypatch.setenv("SCRATCH_AE_DATA", str(root))
    assert len(load_fashion_mnist()[0]) == 8000


def test_an_empty_variable_counts_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCRATCH_AE_DATA", "")
    assert len(load_fashion_mnist()[0]) == 8000


def test_the_argument_wins_over_the_variable(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCH_AE_DATA", str(root / "nowhere"))
    assert len(load_fashion_mnist(root)[0]) == 8000
    assert len(load_fashion_mnist(str(root))[0]) == 8000


def test_a_bad_variable_never_falls_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCH_AE_DATA", str(tmp_path / "nowhere"))
    assert f"no folder {tmp_path / 'nowhere'};" in message(load_mnist)


def test_a_bad_argument_never_falls_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCH_AE_DATA", str(DATA))
    assert f"no folder {tmp_path / 'nowhere'};" in message(lambda: load_mnist(tmp_path / "nowhere"))
    # "" is the current folder, a place like any other, and not the absence of one.
    monkeypatch.chdir(tmp_path)
    assert "no folder mnist;" in message(lambda: load_mnist(""))


def test_a_tilde_in_the_place_is_the_home_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(root.parent))
    monkeypatch.setenv("USERPROFILE", str(root.parent))
    monkeypatch.setenv("SCRATCH_AE_DATA", f"~/{root.name}")
    assert len(load_fashion_mnist()[0]) == 8000


def test_the_first_folder_that_is_missing_is_the_one_named(root: Path) -> None:
    text = message(lambda: load_mnist(root))
    assert f"no folder {root / 'mnist'};" in text
    assert "git checkout -- data/mnist" in text
    assert "SCRATCH_AE_DATA" in text


# --- Files that are not what they should be ------------------------------------------------------------


def idx_error(root: Path, content: bytes | None, name: str = LABELS) -> str:
    """The message after this content, or nothing, took the place of a file of fashion-mnist/."""
    path = root / "fashion-mnist" / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    text = message(lambda: load_fashion_mnist(root))
    assert text.startswith(str(path))
    assert "git checkout -- data/fashion-mnist" in text
    assert "SCRATCH_AE_DATA" in text
    return text


def original(name: str = LABELS) -> bytes:
    return (DATA / "fashion-mnist" / name).read_bytes()


@pytest.mark.parametrize("name", [LABELS, IMAGES])
def test_a_missing_file_is_named_in_the_error(root: Path, name: str) -> None:
    assert "is missing;" in idx_error(root, None, name)


@pytest.mark.parametrize("keep", [2, 9, 100, -9, -1])
def test_a_truncated_file_is_named_in_the_error(root: Path, keep: int) -> None:
    assert "is truncated: its gzip stream breaks off;" in idx_error(root, original()[:keep])


def test_a_truncated_image_file_is_named_in_the_error(root: Path) -> None:
    assert "is truncated: its gzip stream breaks off;" in idx_error(root, original(IMAGES)[:-1000], IMAGES)


def test_an_empty_file_is_called_empty(root: Path) -> None:
    assert "is empty;" in idx_error(root, b"")


def test_a_file_that_was_unpacked_in_place_is_called_no_gzip_file(root: Path) -> None:
    assert "is not a gzip file;" in idx_error(root, gzip.decompress(original()))


def test_a_gzip_stream_with_a_wrong_checksum_is_called_unpackable(root: Path) -> None:
    flipped = bytearray(original())
    flipped[-6] ^= 1
    assert "cannot be unpacked (" in idx_error(root, bytes(flipped))


def test_content_too_short_for_a_header_is_called_truncated(root: Path) -> None:
    assert "truncated: 7 unpacked bytes are too few" in idx_error(root, gzip.compress(bytes(7)))
    assert "truncated: 0 unpacked bytes are too few" in idx_error(root, gzip.compress(b""))


@pytest.mark.parametrize(("short", "word"), [(-1, "is truncated:"), (1, "is too long:")])
def test_content_of_another_length_than_its_header_says_is_refused(root: Path, short: int, word: str) -> None:
    content = packed_idx(0x801, (10_000,), bytes(10_000 + short))
    text = idx_error(root, content)
    assert word in text
    assert "promises 10000 values" in text
    assert f"and {10_000 + short} are there" in text


def test_the_sizes_of_all_dimensions_count(root: Path) -> None:
    text = idx_error(root, packed_idx(0x803, (3, 5, 7), bytes(3 * 5 * 7 - 1)), IMAGES)
    assert "promises 105 values and 104 are there" in text


def test_labels_in_place_of_images_are_known_by_their_magic_number(root: Path) -> None:
    text = idx_error(root, original(LABELS), IMAGES)
    assert "0x00000801" in text
    assert "0x00000803 belongs" in text


def test_images_in_place_of_labels_are_known_by_their_magic_number(root: Path) -> None:
    text = idx_error(root, original(IMAGES), LABELS)
    assert "0x00000803" in text
    assert "0x00000801 belongs" in text


@pytest.mark.parametrize("name", [LABELS, IMAGES])
def test_one_changed_value_is_called_altered(root: Path, name: str) -> None:
    content = bytearray(gzip.decompress(original(name)))
    content[-1] ^= 1
    assert "has been altered" in idx_error(root, gzip.compress(bytes(content), 1), name)


def test_another_well_formed_file_is_called_altered(root: Path) -> None:
    assert "has been altered" in idx_error(root, packed_idx(0x801, (3,), bytes([1, 2, 3])))
    assert "has been altered" in idx_error(root, (DATA / "mnist" / LABELS).read_bytes())


def test_the_original_content_packed_again_is_accepted(root: Path, fashion: tuple[Dataset, Dataset]) -> None:
    path = root / "fashion-mnist" / LABELS
    again = gzip.compress(gzip.decompress(original()), compresslevel=1)
    assert again != original()
    path.write_bytes(again)
    assert np.array_equal(labels_of(load_fashion_mnist(root)[1]), labels_of(fashion[1]))


def test_all_four_files_of_mnist_are_checked(tmp_path: Path) -> None:
    shutil.copytree(DATA / "mnist", tmp_path / "mnist")
    for file in sorted((tmp_path / "mnist").iterdir()):
        good = file.read_bytes()
        sizes = (2, 28, 28) if "images" in file.name else (2,)
        file.write_bytes(packed_idx(0x800 + len(sizes), sizes, bytes(int(np.prod(sizes)))))
        text = message(lambda: load_mnist(tmp_path))
        assert text.startswith(f"{file} has been altered")
        assert "git checkout -- data/mnist" in text
        file.write_bytes(good)


@given(st.data())
@drawn
def test_no_damage_to_one_byte_is_ever_loaded(folder: Path, data: st.DataObject) -> None:
    # A flipped bit is either refused, or lies in a part of gzip's header that carries no data.
    good, truth = original(), gzip.decompress(original())[8:]
    position = data.draw(st.integers(0, len(good) - 1))
    damaged = bytearray(good)
    damaged[position] ^= 1 << data.draw(st.integers(0, 7))
    target = folder / "flipped" / "fashion-mnist"
    target.mkdir(parents=True, exist_ok=True)
    (target / LABELS).write_bytes(damaged)
    with contextlib.suppress(DatasetError):
        assert datasets._read_idx(target / LABELS, 0x801).tobytes() == truth


# --- Your own arrays: what is accepted -----------------------------------------------------------------

pictures = hnp.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=6).filter(lambda s: s[0] > 1)


def together(train: Dataset, test: Dataset) -> np.ndarray[Any, Any]:
    return np.concatenate([train.images, test.images])


def unshuffled(train: Dataset, test: Dataset, seed: int = 0) -> np.ndarray[Any, Any]:
    """The rows in the order of the file: the documented permutation undone, in which test rows come first."""
    order = np.random.default_rng(seed).permutation(len(train) + len(test))
    rows = np.empty_like(together(train, test))
    rows[order] = together(test, train)
    return rows


@given(hnp.arrays(np.uint8, pictures).filter(lambda x: x.max() != 1), st.sampled_from("CF"))
@drawn
def test_uint8_goes_through_a_file_unharmed(folder: Path, x: np.ndarray[Any, Any], order: Any) -> None:
    train, test = load_arrays(npy(folder / "uint8.npy", np.asarray(x, order=order)))
    assert np.array_equal(unshuffled(train, test), (x.reshape(len(x), -1) / 255).astype(np.float32))
    for data in (train, test):
        assert data.images.dtype == np.float32
        assert data.images.flags.c_contiguous
        assert data.image_shape == (x.shape[1:] if x.ndim == 3 else None)
        assert data.labels is None
        assert data.label_names == ()


@given(hnp.arrays(st.sampled_from(["<f2", "<f4", ">f4", ">f8"]), pictures, elements=st.floats(0, 1, width=16)))
@drawn
def test_floats_in_the_unit_interval_go_through_unharmed(folder: Path, x: np.ndarray[Any, Any]) -> None:
    train, test = load_arrays(npy(folder / "float.npy", x))
    assert np.array_equal(unshuffled(train, test), x.reshape(len(x), -1).astype(np.float32))
    assert train.images.dtype == test.images.dtype == np.float32
    assert train.images.dtype.isnative


def test_a_double_is_rounded_to_the_nearest_float32(tmp_path: Path) -> None:
    x = np.random.default_rng(1).random((50, 3))
    assert np.array_equal(unshuffled(*load_arrays(npy(tmp_path / "x.npy", x))), x.astype(np.float32))


@pytest.mark.parametrize("dtype", ["int8", "<i2", ">i4", "int64", "uint16", "uint32", "uint64"])
def test_other_integers_within_0_to_255_are_grey_levels_too(tmp_path: Path, dtype: str) -> None:
    top = 127 if dtype == "int8" else 255
    x = np.array([[0, top], [top // 2, 3]], dtype)
    expected = (x.astype(float) / 255).astype(np.float32)
    assert np.array_equal(unshuffled(*load_arrays(npy(tmp_path / "x.npy", x))), expected)


def test_black_and_white_is_bool(tmp_path: Path) -> None:
    x = np.array([[True, False], [False, True], [True, True]])
    assert np.array_equal(unshuffled(*load_arrays(npy(tmp_path / "x.npy", x))), x.astype(np.float32))


def test_all_black_is_no_reason_to_refuse(tmp_path: Path) -> None:
    assert not together(*load_arrays(npy(tmp_path / "x.npy", np.zeros((4, 2), np.uint8)))).any()


@pytest.mark.parametrize(("images", "labels"), [("images", "labels"), ("x", "y"), ("images", "y")])
def test_labels_stay_with_their_images_through_the_shuffle(tmp_path: Path, images: str, labels: str) -> None:
    x = np.arange(200, dtype=np.uint8).reshape(100, 2)
    path = npz(tmp_path / "x.npz", **{images: x, labels: np.arange(100, dtype=np.int16)})
    for data in load_arrays(path):
        assert np.array_equal(data.images, (x[labels_of(data)] / 255).astype(np.float32))


def test_images_and_labels_go_before_x_and_y(tmp_path: Path) -> None:
    images, labels = np.full((3, 2), 0.5), np.arange(3)
    train, _ = load_arrays(npz(tmp_path / "x.npz", x=images * 0, y=labels * 0 - 1, images=images, labels=labels))
    assert train.images.min() == 0.5
    assert labels_of(train).min() >= 0


def test_an_archive_needs_no_labels_and_may_hold_other_things(tmp_path: Path) -> None:
    other = np.array([{"no": "number"}], dtype=object)
    train, _ = load_arrays(npz(tmp_path / "x.npz", x=np.zeros((4, 3, 5)), author=np.array("me"), notes=other))
    assert train.labels is None
    assert train.image_shape == (3, 5)


@given(st.integers(2, 60), st.floats(0.001, 0.999), st.integers(0, 2**32 - 1))
@drawn
def test_every_example_lands_in_exactly_one_part(folder: Path, n: int, fraction: float, seed: int) -> None:
    path = npy(folder / "split.npy", (np.arange(n) / n)[:, None])
    train, test = load_arrays(path, test_fraction=fraction, seed=seed)
    assert np.array_equal(np.sort(together(train, test), axis=0)[:, 0], (np.arange(n) / n).astype(np.float32))
    assert len(train) >= 1
    assert len(test) >= 1
    assert abs(len(test) - n * fraction) <= 1


def test_the_split_is_a_sixth_shuffled_and_fixed_by_the_seed(tmp_path: Path) -> None:
    path = npy(tmp_path / "x.npy", (np.arange(60) / 60)[:, None])
    train, test = load_arrays(path)
    assert (len(train), len(test)) == (50, 10)
    assert (np.diff(train.images[:, 0]) < 0).any()
    assert np.array_equal(load_arrays(path, seed=0)[1].images, test.images)
    assert not np.array_equal(load_arrays(path, seed=1)[1].images, test.images)


def test_the_layout_of_keras_keeps_its_own_split_and_order(tmp_path: Path) -> None:
    x = np.arange(120, dtype=np.uint8).reshape(10, 3, 4)
    y = np.arange(10, dtype=np.uint8)
    path = npz(tmp_path / "mnist.npz", x_train=x[:9], y_train=y[:9], x_test=x[9:], y_test=y[9:])
    train, test = load_arrays(path, test_fraction=0.5, seed=3)
    assert np.array_equal(together(train, test), (x.reshape(10, 12) / 255).astype(np.float32))
    assert np.array_equal(labels_of(train), np.arange(9))
    assert np.array_equal(labels_of(test), [9])
    assert train.image_shape == test.image_shape == (3, 4)


def test_the_layout_of_keras_needs_no_labels_and_no_order_of_memory(tmp_path: Path) -> None:
    x = np.random.default_rng(0).random((5, 6))
    train, test = load_arrays(npz(tmp_path / "x.npz", x_train=np.asfortranarray(x), x_test=x))
    assert train.labels is None
    assert train.images.flags.c_contiguous
    assert np.array_equal(train.images, test.images)


def test_compressed_archives_and_capital_suffixes_are_read(tmp_path: Path) -> None:
    with (tmp_path / "X.NPZ").open("wb") as file:
        np.savez_compressed(file, x=np.zeros((2, 2)))
    assert len(load_arrays(tmp_path / "X.NPZ")[0]) == 1
    assert len(load(tmp_path / "X.NPZ")[0]) == 1


def test_a_path_may_be_text_and_start_with_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npy(tmp_path / "x.npy", np.zeros((3, 2)))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert len(load_arrays("~/x.npy")[0]) == 2


# --- Your own arrays: what is refused ------------------------------------------------------------------


def test_a_missing_file_or_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    refusal(tmp_path / "none.npy", "there is no file")
    (tmp_path / "folder.npy").mkdir()
    refusal(tmp_path / "folder.npy", "there is no file")


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("1,2\n3,4\n")
    refusal(path, ".npy", ".npz", "np.save")


@pytest.mark.parametrize("suffix", ["npy", "npz"])
@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"hello", b"PK\x03\x04 no more", b"\x80\x04."])
def test_a_file_that_is_no_numpy_file_is_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(content)
    refusal(path, "is unreadable (", "save it again")


def good_files() -> dict[str, bytes]:
    x = np.arange(64.0).reshape(8, 8) / 64
    plain, archive, squeezed = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.save(plain, x)
    np.savez(archive, images=x)
    np.savez_compressed(squeezed, images=x)
    return {"npy": plain.getvalue(), "npz": archive.getvalue(), "npz ": squeezed.getvalue()}


def test_damage_is_refused_whatever_exception_it_causes_beneath(tmp_path: Path) -> None:
    files = good_files()
    directory = files["npz"].index(b"PK\x01\x02")
    for kind, position, byte in (
        ("npy", files["npy"].index(b"}"), ord(" ")),  # a bracket left open in the header: TokenError
        ("npz", 300, 0xFF),  # a value that no longer fits its checksum: BadZipFile
        ("npz", directory + 8, 1),  # a member marked as encrypted: RuntimeError
        ("npz", directory + 10, 99),  # an unknown kind of compression: NotImplementedError
        ("npz ", 60, 0xFF),  # nonsense among the compressed values: zlib.error
    ):
        content = bytearray(files[kind])
        content[position] = byte
        path = tmp_path / f"x.{kind.strip()}"
        path.write_bytes(content)
        refusal(path, "is unreadable (", "save it again")


@given(st.sampled_from(["npy", "npz", "npz "]), st.data())
@drawn
def test_a_truncated_file_of_ours_is_refused(folder: Path, kind: str, data: st.DataObject) -> None:
    content = good_files()[kind]
    path = folder / f"cut.{kind.strip()}"
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    refusal(path, "is unreadable (")


@given(st.sampled_from(["npy", "npz", "npz "]), st.data())
@drawn
@pytest.mark.filterwarnings("ignore:Reading `.npy` or `.npz` file required additional header parsing")
def test_a_damaged_file_gives_data_in_range_or_a_dataset_error(folder: Path, kind: str, data: st.DataObject) -> None:
    content = bytearray(good_files()[kind])
    # Most of what can go wrong stands in the headers at the front and, of a zip archive, at the end.
    near = st.one_of(st.integers(0, 150), st.integers(len(content) - 150, len(content) - 1))
    content[data.draw(near)] = data.draw(st.integers(0, 255))
    path = folder / f"damaged.{kind.strip()}"
    path.write_bytes(content)
    with contextlib.suppress(DatasetError):
        images = together(*load_arrays(path))
        assert 0 <= images.min() <= images.max() <= 1


def test_a_file_that_may_not_be_opened_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Played with a stand-in, because the mode of a file does not stop the administrator.
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = npy(tmp_path / "x.npy", np.zeros((2, 2)))
    monkeypatch.setattr(Path, "open", forbidden)
    monkeypatch.setattr(Path, "read_bytes", forbidden)
    refusal(path, "PermissionError")
    assert "Permission denied" in message(lambda: load_mnist(DATA))


class Harmful:
    """Unpickling this would raise, so a DatasetError about objects shows that nobody tried."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("raise SystemExit('unpickled')",))


@pytest.mark.parametrize("save", [npy, lambda path, x: npz(path.with_suffix(".npz"), images=x)])
def test_python_objects_are_refused_and_never_unpickled(tmp_path: Path, save: Callable[..., Path]) -> None:
    harmful = np.array([[Harmful()], [Harmful()]], dtype=object)
    refusal(save(tmp_path / "x.npy", harmful), "holds Python objects")


@pytest.mark.parametrize(
    "x",
    [np.full((2, 2), "a"), np.ones((2, 2), complex), np.zeros((2, 2), "M8[s]"), np.zeros((2, 2), "i4,f4")],
)
def test_what_is_not_a_number_is_refused(tmp_path: Path, x: np.ndarray[Any, Any]) -> None:
    refusal(npy(tmp_path / "x.npy", x), "has dtype", "save numbers")


def test_a_member_of_an_archive_that_is_no_array_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("images", b"not an array")
    refusal(tmp_path / "x.npz", "images is no array")


@pytest.mark.parametrize("shape", [(), (6,), (2, 3, 4, 1), (2, 3, 4, 5), (2, 3, 4, 2, 3)])
def test_another_number_of_dimensions_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    refusal(npy(tmp_path / "x.npy", np.zeros(shape)), str(shape), "(n, features) or (n, height, width)")


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.float32, 1), (np.float64, 1)])
def test_colour_is_refused_with_a_way_to_grey_that_works(
    tmp_path: Path, channels: int, dtype: Any, white: int
) -> None:
    x = (np.random.default_rng(0).random((6, 2, 5, channels)) * white).astype(dtype)
    x[0] = white  # must not be rounded to more than white
    text = refusal(npy(tmp_path / "x.npy", x), "colour", "grey")
    advice = text.split("make it grey with ")[1].rstrip(".")
    grey = eval(advice, {"x": x})
    assert grey.dtype == dtype
    assert np.allclose(grey, x[..., :3].astype(float).mean(axis=-1), rtol=0, atol=1 if dtype is np.uint8 else 1e-6)
    assert load_arrays(npy(tmp_path / "x.npy", grey))[0].image_shape == (2, 5)


@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (3, 0, 5)])
def test_an_empty_array_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    refusal(npy(tmp_path / "x.npy", np.zeros(shape)), str(shape), "empty")


def test_a_single_example_cannot_be_split(tmp_path: Path) -> None:
    refusal(npy(tmp_path / "x.npy", np.zeros((1, 4))), "one example", "at least 2")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["f2", "f4", ">f8"])
def test_nan_and_infinity_are_refused(tmp_path: Path, bad: float, dtype: str) -> None:
    x = np.zeros((3, 4), dtype)
    x[2, 1] = bad
    refusal(npy(tmp_path / "x.npy", x), "NaN or infinity", "np.isfinite")


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        (np.array([[0.0, 255.0], [3, 4]]), "from 0 to 255, but float64 has to lie in 0 to 1"),
        (np.array([[-1, 1], [0, 0.5]], np.float32), "from -1 to 1, but float32 has to lie in 0 to 1"),
        (np.array([[0, 1.5], [0, 0]]), "from 0 to 1.5,"),
        (np.array([[-3, 200], [0, 0]]), "from -3 to 200, but int64 has to lie in 0 to 255"),
        (np.array([[0, 256], [0, 0]], np.uint16), "from 0 to 256, but uint16 has to lie in 0 to 255"),
        (np.array([[-128, 127], [0, 9]], np.int8), "from -128 to 127,"),
    ],
)
def test_a_range_too_wide_is_shown_with_a_rescaling_that_works(
    tmp_path: Path, x: np.ndarray[Any, Any], shown: str
) -> None:
    text = refusal(npy(tmp_path / "x.npy", x), shown)
    formula, first = text.split("rescale it with ")[1].rstrip(".").split(" after x = ")
    mended = eval(formula, {"x": eval(first, {"x": x})})
    images = together(*load_arrays(npy(tmp_path / "x.npy", mended)))
    assert images.min() == 0
    assert images.max() == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_integers_of_only_0_and_1_are_refused_and_not_taken_for_black(tmp_path: Path, dtype: Any) -> None:
    refusal(npy(tmp_path / "x.npy", np.eye(3, dtype=dtype)), "no value above 1", "astype(bool)")


@pytest.mark.parametrize(
    "labels",
    [
        np.zeros(3, int), np.zeros(5, int), np.zeros((4, 1), int), np.eye(4, dtype=int), np.array(0),
        np.zeros(4), np.array(list("abcd")), np.zeros(4, np.uint64),
    ],
)  # fmt: skip
def test_labels_that_misfit_are_refused(tmp_path: Path, labels: np.ndarray[Any, Any]) -> None:
    path = npz(tmp_path / "x.npz", images=np.zeros((4, 2)), labels=labels)
    refusal(path, "labels has shape", str(labels.shape), str(labels.dtype), "shape (4,)", "int64")


@pytest.mark.parametrize("keys", [("labels",), ("y", "pictures"), ("y_train", "y_test")])
def test_an_archive_without_images_is_refused(tmp_path: Path, keys: tuple[str, ...]) -> None:
    refusal(npz(tmp_path / "x.npz", **{key: np.zeros((4, 2)) for key in keys}), "no array called images")


def test_half_of_the_layout_of_keras_is_refused(tmp_path: Path) -> None:
    x, y, path = np.zeros((4, 2)), np.zeros(4, int), tmp_path / "x.npz"
    refusal(npz(path, x_train=x), "no array called x_test")
    refusal(npz(path, x_test=x, images=x), "no array called x_train")
    refusal(npz(path, x_train=x, x_test=x, y_train=y), "only one of y_train and y_test")
    refusal(npz(path, x_train=x, x_test=x, y_test=y), "only one of y_train and y_test")


def test_the_two_halves_of_the_layout_of_keras_are_checked_each(tmp_path: Path) -> None:
    x, path = np.zeros((4, 2)), tmp_path / "x.npz"
    refusal(npz(path, x_train=x, x_test=x + 2), "x_test ranges from 2 to 2")
    refusal(npz(path, x_train=x - 2, x_test=x), "x_train ranges from -2 to -2")
    refusal(npz(path, x_train=x, x_test=np.zeros((4, 3))), "(2,) in x_train", "(3,) in x_test")
    y = np.zeros(4, int)
    refusal(npz(path, x_train=x, x_test=x[:3], y_train=y, y_test=y), "y_test has shape (4,)")


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 2, float("nan")])
def test_a_fraction_that_leaves_nothing_on_one_side_is_refused(tmp_path: Path, fraction: float) -> None:
    path = npy(tmp_path / "x.npy", np.zeros((4, 2)))
    assert "choose from (0, 1)" in message(lambda: load_arrays(path, test_fraction=fraction))


# --- load, and the Dataset itself ----------------------------------------------------------------------


def test_load_knows_the_names_and_the_suffixes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load("fashion-mnist")[0].label_names[0] == "T-shirt/top"
    digits = (Dataset(np.zeros((1, 1), np.float32)), Dataset(np.zeros((1, 1), np.float32)))
    monkeypatch.setattr(datasets, "load_mnist", lambda: digits)
    assert load("mnist") is digits
    path = npy(tmp_path / "x.npy", np.zeros((3, 2)))
    assert len(load(path)[0]) == len(load(str(path))[0]) == 2


@pytest.mark.parametrize("name", ["", "MNIST", "cifar", "x.csv", "data/mnist", "npy"])
def test_load_lists_the_choices_for_any_other_name(name: str) -> None:
    text = message(lambda: load(name))
    for choice in (repr(name), " mnist", "fashion-mnist", ".npy", ".npz"):
        assert choice in text


def test_a_dataset_error_is_a_value_error() -> None:
    assert issubclass(DatasetError, ValueError)


def test_a_dataset_prints_in_one_line_without_its_numbers(mnist: tuple[Dataset, Dataset]) -> None:
    assert repr(mnist[0]) == "Dataset(60,000 examples of 784 features (28 x 28 pixels), 10 different labels)"
    bare = Dataset(np.zeros((3, 5), np.float32))
    assert repr(bare) == "Dataset(3 examples of 5 features, no labels)"


def test_a_dataset_is_frozen_and_can_be_compared_and_hashed() -> None:
    data = Dataset(np.zeros((3, 5), np.float32))
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.images = np.ones((3, 5), np.float32)  # type: ignore[misc]
    assert data == data
    assert data != Dataset(np.zeros((3, 5), np.float32))
    assert {data: 1}[data] == 1
