"""Pictures on disk, turned into rows of numbers between 0 and 1. Every loader returns ``(train, test)``.

- `load_mnist`: handwritten digits (LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to
  document recognition", Proceedings of the IEEE 86, 1998).
- `load_fashion_mnist`: photographs of clothes (Xiao, Rasul, Vollgraf, "Fashion-MNIST: a novel image dataset
  for benchmarking machine learning algorithms", arXiv:1708.07747, 2017).
- `load_arrays`: your own data, saved with ``np.save`` or ``np.savez``.

The first two are read from the IDX files their authors published: a 4-byte magic number (two zero bytes, 0x08
for uint8, the number of dimensions), 4 bytes for each size, big-endian, then the values row by row.
"""

import gzip
import hashlib
import math
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scratch_ae.archives import Archive, ArchiveError
from scratch_ae.files import place

_PathLike = str | os.PathLike[str]
_Array = npt.NDArray[Any]

_BESIDE_PACKAGE = Path(__file__).resolve().parent.parent / "data"
_CLOTHES = "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot"
_KEYS = ("images", "x", "labels", "y", "x_train", "y_train", "x_test", "y_test")

# Of the unpacked content, because a file gzipped again has other bytes though nothing in it has changed.
_SHA256 = {
    "mnist/train-images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "mnist/train-labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "mnist/t10k-images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "mnist/t10k-labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    "fashion-mnist/t10k-images": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "fashion-mnist/t10k-labels": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}

_LARGEST = 47_040_000
"""Values of mnist/train-images."""

_PACKED = 100
"""How many times as large as its file an array may be: real pictures are packed to a tenth at best."""


class DatasetError(ValueError):
    """Data that cannot be used. Its message is one sentence: which file, what is wrong, what to do."""


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Examples, one a row, and what is known about them.

    ``images``: float32 ``(n, features)``, C-contiguous, every value in [0, 1].
    ``labels``: int64 ``(n,)``, or None when there are none.
    ``image_shape``: ``(height, width)`` of one row drawn as a picture, or None when rows are not pictures.
    ``label_names``: what the labels 0, 1, … are called; empty when nobody has said.
    """

    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64] | None = None
    image_shape: tuple[int, int] | None = None
    label_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        pixels = "" if self.image_shape is None else " ({} x {} pixels)".format(*self.image_shape)
        labels = "no labels" if self.labels is None else f"{len(np.unique(self.labels))} different labels"
        return f"Dataset({len(self):,} examples of {self.images.shape[1]} features{pixels}, {labels})"


def load_mnist(root: _PathLike | None = None) -> tuple[Dataset, Dataset]:
    """MNIST: 60,000 digits to train on and 10,000 to test on, 28 x 28, labelled 0 to 9 (LeCun et al. 1998).

    ``root`` is a folder that holds ``mnist/`` with the four original gzipped IDX files. Without it, the
    environment variable SCRATCH_AE_DATA names that folder; without either, it is ``data/`` beside the
    package, as in a clone. A place that you name is the only one looked at.

    Raises `DatasetError` when a folder or a file is missing, or a file is truncated or not the original.
    """
    folder, names = _find_folder("mnist", root), tuple("0123456789")
    train, test = (_to_dataset(*_read_split(folder, split), names) for split in ("train", "t10k"))
    return train, test


def load_fashion_mnist(root: _PathLike | None = None) -> tuple[Dataset, Dataset]:
    """Fashion-MNIST, in part: 8,000 pictures of clothes to train on, 2,000 to test on (Xiao et al. 2017).

    This is NOT the published split. Only the 10,000 images that its authors call the test set are used: the
    first 8,000 of them train and the last 2,000 test, so results cannot be held against published ones.

    Images are 28 x 28, labels 0 to 9. ``root`` is a folder that holds ``fashion-mnist/``; where it is looked
    for, and what is raised, is as for `load_mnist`.
    """
    pixels, labels = _read_split(_find_folder("fashion-mnist", root), "t10k")
    names = tuple(_CLOTHES.split(","))
    return _to_dataset(pixels[:8000], labels[:8000], names), _to_dataset(pixels[8000:], labels[8000:], names)


def load_arrays(path: _PathLike, test_fraction: float = 1 / 6, seed: int = 0) -> tuple[Dataset, Dataset]:
    """Your own data from a ``.npy`` or ``.npz`` file.

    - ``.npy``: the images.
    - ``.npz``: ``images`` (or ``x``) and, if there are any, ``labels`` (or ``y``).
    - ``.npz`` as Keras lays it out: ``x_train``, ``x_test``, and both or neither of ``y_train``, ``y_test``.
      It is split already, so ``test_fraction`` and ``seed`` play no part.

    Images are ``(n, features)`` or ``(n, height, width)``. They become float32 in [0, 1] according to dtype:

    - uint8, and other integers that all lie in 0..255, are grey levels and divided by 255. Integers whose
      largest is 1 are refused: more likely black and white, they would come out as black and nearly black.
    - bool: False becomes 0, True becomes 1.
    - floats must be finite and in [0, 1] already, and are only rounded to float32.

    Labels are integers ``(n,)``. Rows are shuffled by ``numpy.random.default_rng(seed).permutation(n)``; the
    first ``round(n * test_fraction)`` test (at least one, never all), the others train.

    Raises `DatasetError` for all else: a missing or damaged file, another suffix, missing keys, Python
    objects (nothing is ever unpickled), another shape, fewer than 2 examples, values or labels that misfit.
    """
    path = place(path)
    if not 0 < test_fraction < 1:
        raise DatasetError(f"{path} cannot be split with test_fraction={test_fraction}; choose from (0, 1).")
    arrays = _read_numpy(path)
    if "x_train" in arrays or "x_test" in arrays:
        x_train, y_train = _checked(path, arrays, "x_train", "y_train")
        x_test, y_test = _checked(path, arrays, "x_test", "y_test")
        if (y_train is None) != (y_test is None):
            raise DatasetError(f"{path} has only one of y_train and y_test; save both or neither.")
        if x_train.shape[1:] != x_test.shape[1:]:
            shapes = f"examples of shape {x_train.shape[1:]} in x_train, {x_test.shape[1:]} in x_test"
            raise DatasetError(f"{path} has {shapes}; save both in one shape.")
        return _to_dataset(x_train, y_train), _to_dataset(x_test, y_test)

    image_key = "x" if "x" in arrays and "images" not in arrays else "images"
    label_key = "y" if "y" in arrays and "labels" not in arrays else "labels"
    x, y = _checked(path, arrays, image_key, label_key)
    if len(x) < 2:
        raise DatasetError(f"{path} holds one example; save at least 2, one to train on and one to test on.")
    n_test = min(max(round(len(x) * test_fraction), 1), len(x) - 1)
    shuffled = np.random.default_rng(seed).permutation(len(x))
    test, train = (_to_dataset(x[i], None if y is None else y[i]) for i in np.split(shuffled, [n_test]))
    return train, test


def load(name_or_path: _PathLike) -> tuple[Dataset, Dataset]:
    """The data called "mnist" or "fashion-mnist", or those at a path that ends in ``.npy`` or ``.npz``.

    Raises `DatasetError` for any other name, and where the loader it stands for does.
    """
    name = os.fspath(name_or_path)
    if name == "mnist":
        return load_mnist()
    if name == "fashion-mnist":
        return load_fashion_mnist()
    if name.lower().endswith((".npy", ".npz")):
        return load_arrays(name)
    raise DatasetError(f"there is no dataset {name!r}; choose mnist, fashion-mnist, or a .npy or .npz file.")


def _find_folder(name: str, root: _PathLike | None) -> Path:
    folder = place(root if root is not None else os.environ.get("SCRATCH_AE_DATA") or _BESIDE_PACKAGE) / name
    for step in (folder.parent, folder):
        if not step.is_dir():
            raise DatasetError(f"there is no folder {step}; {_mend(name)}")
    return folder


def _mend(name: str) -> str:
    elsewhere = f"pass root= or set SCRATCH_AE_DATA to a folder that holds {name}/ with the original files"
    return f"in a clone run `git checkout -- data/{name}`, elsewhere {elsewhere}."


def _read_split(folder: Path, split: str) -> tuple[_Array, _Array]:
    # Labels first: they are small, so most mistakes come to light before 47 MB of images are unpacked.
    labels = _read_idx(folder / f"{split}-labels-idx1-ubyte.gz", 0x00000801)
    return _read_idx(folder / f"{split}-images-idx3-ubyte.gz", 0x00000803), labels


def _read_idx(path: Path, magic: int) -> _Array:
    """One gzipped IDX file, as a read-only view of its unpacked bytes in the shape its header gives."""

    def unfit(wrong: str) -> DatasetError:
        return DatasetError(f"{path} {wrong}; {_mend(path.parent.name)}")

    if not path.is_file():
        raise unfit("is missing")
    dimensions = magic & 0xFF
    length = 4 + 4 * dimensions
    try:
        with path.open("rb") as packed:
            if (first := packed.read(2)) != b"\x1f\x8b":
                raise unfit("is not a gzip file" if first else "is empty")
            packed.seek(0)
            with gzip.open(packed) as unpacked:
                header = unpacked.read(length)
                if len(header) < length:
                    raise unfit(f"is truncated: {len(header)} unpacked bytes are too few for an IDX header")
                found, *shape = struct.unpack(f">{1 + dimensions}I", header)
                if found != magic:
                    raise unfit(f"starts with the magic number 0x{found:08x} where 0x{magic:08x} belongs")
                if (promised := math.prod(shape)) > _LARGEST:
                    raise unfit(f"is not the original: its header promises {promised} values")
                content = unpacked.read(promised + 1)
    except EOFError as error:
        raise unfit("is truncated: its gzip stream breaks off") from error
    except (OSError, zlib.error) as error:
        raise unfit(f"cannot be unpacked ({error})") from error
    if len(content) != promised:
        kind, least = ("is truncated", "") if len(content) < promised else ("is too long", " at least")
        raise unfit(f"{kind}: its header promises {promised} values and {len(content)} are there{least}")
    digest = hashlib.sha256(header)
    digest.update(content)
    if digest.hexdigest() != _SHA256[f"{path.parent.name}/{path.name.split('-idx')[0]}"]:
        raise unfit("has been altered: the SHA-256 of its content is not that of the original")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _read_numpy(path: Path) -> dict[str, _Array]:
    """The arrays of a ``.npz`` file under those of `_KEYS` it has; that of a ``.npy`` file under "images"."""
    if path.suffix.lower() not in (".npy", ".npz"):
        raise DatasetError(f"{path} ends in neither .npy nor .npz; save it with np.save or np.savez.")
    if not path.is_file():
        raise DatasetError(f"there is no file {path}; check the spelling and the folder.")
    try:
        with path.open("rb") as file:
            archive = Archive(file, _PACKED)
            if "" in archive:
                return {"images": archive[""]}
            return {key: archive[key] for key in _KEYS if key in archive}
    except MemoryError:
        raise
    except Exception as error:  # a damaged file makes zipfile, zlib and NumPy raise a dozen different types
        reason = error if isinstance(error, ArchiveError) else type(error).__name__
        raise DatasetError(
            f"{path} is unreadable ({reason}); save it again, from an array of plain numbers."
        ) from error


def _checked(path: Path, arrays: dict[str, _Array], *keys: str) -> tuple[_Array, _Array | None]:
    image_key, label_key = keys
    if image_key not in arrays:
        mend = "save images (and labels), or x_train and x_test (and y_train and y_test)"
        raise DatasetError(f"{path} has no array called {image_key}; {mend}.")
    x, y = arrays[image_key], arrays.get(label_key)
    if problem := _image_problem(x):
        raise DatasetError(f"{path}: {image_key} {problem}.")
    if y is not None and not (y.shape == (len(x),) and np.can_cast(y.dtype, np.int64)):
        mend = f"save one whole number per image, shape ({len(x)},), as int64"
        raise DatasetError(f"{path}: {label_key} has shape {y.shape} and dtype {y.dtype}; {mend}.")
    return x, y


def _image_problem(x: _Array) -> str | None:
    if x.dtype.kind not in "buif":
        return f"has dtype {x.dtype}; save numbers, such as uint8 or float32"
    if x.ndim == 4 and x.shape[-1] in (3, 4):
        return f"has shape {x.shape}: colour; make it grey with x[..., :3].mean(axis=-1).astype(x.dtype)"
    if x.ndim not in (2, 3):
        return f"has shape {x.shape}; reshape it to (n, features) or (n, height, width)"
    if x.size == 0:
        return f"has shape {x.shape}: empty; save at least 2 examples of at least 1 feature"
    low, high, limit = x.min(), x.max(), 255 if x.dtype.kind in "ui" else 1
    if not np.isfinite([low, high]).all():
        return "holds NaN or infinity; replace those values, for instance x[~np.isfinite(x)] = 0"
    if low < 0 or high > limit:
        mend = "rescale it with (x - x.min()) / (x.max() - x.min()) after x = x.astype(float)"
        return f"ranges from {low:g} to {high:g}, but {x.dtype} has to lie in 0 to {limit}; {mend}"
    if limit == 255 and high == 1:
        return f"is {x.dtype} with no value above 1; save x.astype(bool) if black and white, x / 255 if not"
    return None


def _to_dataset(pixels: _Array, labels: _Array | None, label_names: tuple[str, ...] = ()) -> Dataset:
    n, *shape = pixels.shape
    white = np.float32(255 if pixels.dtype.kind in "ui" else 1)
    images = np.divide(pixels.reshape(n, -1), white, dtype=np.float32, order="C")
    image_shape = (shape[0], shape[1]) if len(shape) == 2 else None
    return Dataset(images, None if labels is None else labels.astype(np.int64), image_shape, label_names)
