"""The array type that most signatures share, and going through arrays a batch at a time."""

from __future__ import annotations

import platform
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]

EVALUATION_BATCH = 500
"""Examples at a time where nothing is trained, so that 60,000 images need no more memory than 500."""


def batches(*arrays: Any) -> Iterator[list[Any]]:
    """EVALUATION_BATCH rows at a time, as views, of arrays with equally many rows; None stays None."""
    for i in range(0, len(arrays[0]), EVALUATION_BATCH):
        yield [None if array is None else array[i : i + EVALUATION_BATCH] for array in arrays]


def in_batches(function: Callable[..., FloatArray], *arrays: Any) -> FloatArray:
    """function(*arrays), with a row for each of theirs, computed batch by batch."""
    return np.concatenate([function(*batch) for batch in batches(*arrays)])


def has_false_flags(system: str, machine: str, blas: str) -> bool:
    """Whether products may report a division by zero, an overflow or an invalid value where there is none, as in
    Apple's Accelerate. Source: numpy/numpy issue 28687."""
    return (system, machine) == ("darwin", "arm64") and "accelerate" in blas.lower()


def blas() -> str:
    """The library that NumPy multiplies with; "" if this version of NumPy does not say, which never is Accelerate."""
    show: Any = np.show_config
    try:
        return str(show(mode="dicts")["Build Dependencies"]["blas"]["name"])
    except (TypeError, KeyError):
        return ""


FALSE_FLAGS = has_false_flags(sys.platform, platform.machine(), blas())

FALSE_FLAG = "(divide by zero|overflow|invalid value) encountered in (matmul|dot)"


def silence_false_flags() -> None:
    """Products in this package report no floating-point flags. Nothing is lost: a loss, or a parameter, that is not
    finite is noticed by its value."""
    warnings.filterwarnings("ignore", FALSE_FLAG, RuntimeWarning, r"scratch_ae(\.|$)")


if FALSE_FLAGS:
    silence_false_flags()
