"""The door: arguments are checked here, once, and refused with one sentence that says how to mend them."""

from __future__ import annotations

import math
import operator
from collections.abc import Collection, Sequence
from typing import Any, SupportsIndex, TypeVar

import numpy as np
from numpy.typing import NDArray

from scratch_ae.arrays import FloatArray

T = TypeVar("T")


def choice(name: str, value: str, options: Collection[str]) -> str:
    """`value`, if it is one of `options`; ValueError otherwise."""
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"{name}={value!r} is not known: choose one of {', '.join(sorted(options))}.")
    return value


def whole(name: str, value: SupportsIndex, *, at_least: int) -> int:
    """`value` as an int ≥ `at_least`; TypeError for what is no whole number, ValueError if it is too small."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}={value!r} must be a whole number of at least {at_least}.") from None
    if isinstance(value, bool) or number < at_least:
        raise ValueError(f"{name}={value!r} must be a whole number of at least {at_least}.")
    return number


def number(
    name: str,
    value: float,
    *,
    above: float = -math.inf,
    at_least: float = -math.inf,
    below: float = math.inf,
    at_most: float = math.inf,
) -> float:
    """`value` as a finite float inside the bounds given; ValueError that names them otherwise."""
    bounds = {"above": above, "at least": at_least, "below": below, "at most": at_most}
    try:
        inside = above < value < below and at_least <= value <= at_most and math.isfinite(value)
    except (TypeError, ValueError, OverflowError):
        inside = False
    if not inside:
        words = " and ".join(f"{word} {bound:g}" for word, bound in bounds.items() if math.isfinite(bound))
        raise ValueError(f"{name}={value!r} must be a number {words}".rstrip() + ".")
    return float(value)


def layer_sizes(name: str, sizes: Sequence[int], *, at_least: int = 2) -> list[int]:
    """`sizes` as a list of at least `at_least` positive ints."""
    sizes = sizes.tolist() if isinstance(sizes, np.ndarray) else sizes
    if isinstance(sizes, (str, bytes)) or not isinstance(sizes, Sequence):
        raise TypeError(f"{name}={sizes!r} must be a list of layer sizes such as [784, 300, 150].")
    if len(sizes) < at_least:
        raise ValueError(
            f"{name}={list(sizes)!r} has {len(sizes)} entries, but needs at least {at_least}: "
            f"the input's size and then one for every layer, such as [784, 300, 150]."
        )
    return [whole(f"{name}[{i}]", size, at_least=1) for i, size in enumerate(sizes)]


def generator(name: str, value: Any, otherwise: Any) -> np.random.Generator:
    """A Generator as it is, or a new one from a seed; for None, `otherwise`. TypeError for anything else."""
    value = otherwise if value is None else value
    if isinstance(value, np.random.Generator):
        return value
    try:
        return np.random.default_rng(whole(name, value, at_least=0))
    except TypeError:
        raise TypeError(f"{name}={value!r} must be a seed or a generator, np.random.default_rng(seed).") from None


def decoder_sizes(name: str, sizes: Sequence[int] | None, encoder: Sequence[int]) -> list[int]:
    """`sizes` from the encoder's code back to its input; its sizes mirrored, unless given."""
    decoder = layer_sizes(name, encoder[::-1] if sizes is None else sizes)
    if (decoder[0], decoder[-1]) != (encoder[-1], encoder[0]):
        raise ValueError(f"{name}={decoder} must lead from the code, {encoder[-1]}, back to the input, {encoder[0]}.")
    return decoder


def instance(name: str, value: Any, kind: type[T]) -> T:
    """`value`, if it is an object of that class; TypeError otherwise."""
    if not isinstance(value, kind):
        raise TypeError(f"{name}={value!r} must be an object of the class {kind.__name__} or of one derived from it.")
    return value


def penalties(name: str, values: Any) -> list[Any]:
    """Penalties as a list; TypeError for what is none, ValueError for two of one name, which the loss could not tell
    apart."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence):
        raise TypeError(f"{name}={values!r} must be a list of penalties, such as [L1(0.3)].")
    for i, value in enumerate(values):
        if stage(f"{name}[{i}]", value) is None or not (hasattr(value, "name") and hasattr(value, "weight")):
            raise TypeError(f"{name}[{i}]={value!r} must be a penalty, with a name and a weight, such as L1(0.3).")
    names = [penalty.name for penalty in values]
    if len(set(names)) < len(names):
        raise ValueError(
            f"{name} has two of one name, {names}: give each a name of its own, such as L1(0.3, name='l1 too')."
        )
    return [*values]


def stage(name: str, value: Any) -> Any:
    """`value`, if it is None or has a forward and a backward; TypeError otherwise."""
    if value is not None and (
        isinstance(value, type) or not (hasattr(value, "forward") and hasattr(value, "backward"))
    ):
        raise TypeError(
            f"{name}={value!r} must be an object with a forward and a backward, such as GaussianNoise(0.5)."
        )
    return value


def float_dtype(dtype: Any) -> np.dtype[np.floating[Any]]:
    """`dtype` as float32 or float64; ValueError for any other."""
    try:
        name = str(np.dtype(dtype)) if dtype is not None else "None"
    except TypeError:
        name = repr(dtype)
    if name not in ("float32", "float64"):
        raise ValueError(f"dtype={name} is not supported: use float32 to train, float64 to check gradients.")
    return np.dtype(name)


def matrix(name: str, x: Any, columns: int, dtype: Any) -> FloatArray:
    """`x` as a C-contiguous (n, columns) array of `dtype`; the caller's own array if it is one already, and
    never changed. ValueError if the shape is another."""
    try:
        if np.iscomplexobj(x):
            raise TypeError
        array = np.ascontiguousarray(x, dtype=dtype)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is no array of real numbers: (examples, {columns}) is expected.") from None
    if np.ndim(x) != 2 or array.shape[1] != columns or len(array) == 0:
        hint = " (one example is a batch of one: x[np.newaxis])" if np.shape(x) == (columns,) else ""
        raise ValueError(f"{name} has shape {np.shape(x)}, but (examples, {columns}) is expected{hint}.")
    return array


def floats(x: Any) -> FloatArray:
    """x as it is if it holds floats; other numbers as float64, for whole ones wrap around or are cut off."""
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def finite(name: str, x: FloatArray) -> FloatArray:
    """`x`, (n, columns); ValueError if an entry is NaN or infinite.

    Either survives in the sum of its row, and a product with ones adds up rows as fast as memory is read: three
    times as fast as a look at every entry, and without an array of booleans a quarter as large as the data. Entries
    are looked at only where a sum is not finite, for large ones overflow in it, too.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        sums = x @ np.ones(x.shape[1], x.dtype)
    if not np.isfinite(sums).all() and not np.isfinite(x).all():
        raise ValueError(f"{name} holds NaN or infinite values: remove or replace them first.")
    return x


def labels(name: str, values: Any, n: int, classes: int) -> NDArray[np.integer]:
    """`values` as integers in 0 … classes − 1, (n,); TypeError if there are none, ValueError if they are others."""
    if values is None:
        raise TypeError(f"{name} are missing: give an integer in 0 … {classes - 1} for each example.")
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(
            f"{name} has rows of several lengths, but an integer for each example is expected."
        ) from None
    if array.shape != (n,) or array.dtype.kind not in "iu" or n == 0:
        raise ValueError(
            f"{name} has shape {array.shape} and dtype {array.dtype}, but an integer for each example is expected, "
            f"shape ({n},)."
        )
    if array.min() < 0 or array.max() >= classes:
        raise ValueError(
            f"{name} runs from {array.min()} to {array.max()}, but must lie in 0 … {classes - 1}: "
            f"number the classes from 0, or ask for more classes."
        )
    return array
