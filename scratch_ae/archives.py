"""NumPy's files, .npy and .npz, read with care: what a file says of its sizes is held against its length before
memory is asked for, and nothing in it is ever run."""

from __future__ import annotations

import contextlib
import io
import math
import os
import struct
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

DIRECTORY = 2**20
"""Bytes that an archive's table of contents may have: a hundred times what a model's has."""

HEADER = 2**10
"""Bytes that a header may have; that of an array of numbers has 128."""

ALLOWANCE = 16 * 2**20
"""Bytes that may be unpacked however small a file is."""


class ArchiveError(ValueError):
    """A file that says of itself what cannot be."""


class Header(NamedTuple):
    """What an array says of itself."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class Archive(Mapping[str, NDArray[Any]]):
    """The arrays of an .npz by name, each of them read when it is asked for; of a .npy, the one there is, as "".

    Packed, arrays may be `ratio` times as large as the file. ArchiveError, or one of a dozen others, for what is no
    such file.
    """

    def __init__(self, file: IO[bytes], ratio: float) -> None:
        self.file, self.length = file, os.fstat(file.fileno()).st_size
        self.zip: zipfile.ZipFile | None = None
        self.members: dict[str, Any] = {"": None}
        if file.read(len(npy.MAGIC_PREFIX)) != npy.MAGIC_PREFIX:
            check_directory(file, self.length)
            self.zip = zipfile.ZipFile(file)
            self.members = {info.filename.removesuffix(".npy"): info for info in self.zip.infolist()}
            if not "".join(self.members).isprintable():
                raise ArchiveError("the names of its arrays cannot be read")
            unpacked = sum(info.file_size for info in self.members.values())
            if unpacked > ratio * self.length + ALLOWANCE:
                raise ArchiveError(f"it unpacks to {unpacked:,} bytes, which is too much for its length")

    def header(self, name: str) -> Header:
        """Shape and dtype, without the array."""
        with self.opened(name) as (member, length):
            return checked_header(member, length, name or "it")

    def __getitem__(self, name: str) -> NDArray[Any]:
        self.header(name)
        with self.opened(name) as (member, _), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return npy.read_array(member, allow_pickle=False)

    @contextlib.contextmanager
    def opened(self, name: str) -> Iterator[tuple[IO[bytes], int]]:
        """An array's bytes, and how many there are."""
        info = self.members[name]
        if self.zip is None:
            self.file.seek(0)
            yield self.file, self.length
        elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # bzip2 and LZMA, which NumPy does not write, are unpacked without a bound.
            raise ArchiveError(f"{name} is packed in another way than by NumPy")
        else:
            with self.zip.open(info) as member:
                yield member, info.file_size

    def __iter__(self) -> Iterator[str]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)


def check_directory(file: IO[bytes], length: int) -> None:
    """ArchiveError, if an archive's table of contents is too large to be one of arrays: it is read as a whole."""
    file.seek(max(length - 2**16 - 22, 0))
    end = file.read()
    record = end[end.rfind(b"PK\5\6") :]
    if len(record) < 22:
        raise ArchiveError("no archive, or the end of one is missing")
    (size,) = struct.unpack_from("<I", record, 12)
    if size > DIRECTORY and length < 2**32 - 1:  # beyond, the size stands elsewhere
        raise ArchiveError(f"its table of contents has {size:,} bytes")
    file.seek(0)


def checked_header(file: IO[bytes], length: int, name: str) -> Header:
    """The header at the file's start; ArchiveError, if it promises more than the rest of `length` bytes."""
    start = file.read(npy.MAGIC_LEN)
    version = tuple(start[len(npy.MAGIC_PREFIX) :])
    if not start.startswith(npy.MAGIC_PREFIX) or len(version) < 2:
        raise ArchiveError(f"{name} is no array")
    if version not in ((1, 0), (2, 0)):
        raise ArchiveError(f"{name} is of the format {version[0]}.{version[1]}")
    size = file.read(2 if version == (1, 0) else 4)
    text = file.read(min(int.from_bytes(size, "little"), HEADER))
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of ways to write a header that Python has given up
            shape, _, dtype = read(io.BytesIO(size + text))
    except Exception:  # Python's parser has many; a MemoryError over a hundred brackets is one of them
        raise ArchiveError(f"the header of {name} cannot be read") from None
    if dtype.hasobject:
        raise ArchiveError(f"{name} holds Python objects")
    promised, there = math.prod(shape) * dtype.itemsize, length - file.tell()
    if min(shape, default=0) < 0 or dtype.itemsize == 0 or promised > there:
        raise ArchiveError(f"the header of {name} promises {promised:,} bytes, and {there:,} are there")
    return Header(shape, dtype)
