"""Where files are, and writing them: whole or not at all, and nothing but the file that was meant."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shlex
import stat
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

PATIENCE = 2.0
"""Seconds in which a rename that is refused is tried again."""

LONGEST = 60
"""Characters of a name that is made up here: 255 bytes are allowed, of which a character may take four."""


def place(path: str | os.PathLike[str]) -> Path:
    """`path` with ~ for the user's folder, as everything here takes it; TypeError for what is no path, ValueError for
    one that cannot be."""
    try:
        if isinstance(path, bytes) or "\0" in os.fspath(path):
            raise ValueError
        return Path(path).expanduser()
    except TypeError:
        raise TypeError(f"path={path!r:.60} is no path: give a string, or a pathlib.Path.") from None
    except ValueError:
        raise ValueError(f"path={path!r:.60} is no path: give the name of a file or a folder.") from None
    except RuntimeError:
        raise ValueError(f"{path} begins with ~, but there is no such user's folder: write it in full.") from None


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str], mode: str = "wb", encoding: str = "utf-8") -> Iterator[IO[Any]]:
    """Opens a temporary file beside `path` and renames it to `path` at the end; if the block fails, what stood at
    `path` before still stands there. Creates the folder.

    An old file's mode stays, and a symbolic link still leads where it led. What is no file (a device, a pipe) is
    written to as it is. In mode "w", text is written in `encoding`, with line ends as given.
    """
    path = place(path)
    options: dict[str, Any] = {} if "b" in mode else {"encoding": encoding, "newline": ""}
    before = stat_of(path)
    if before and stat.S_ISDIR(before.st_mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder, not a file: give the file's name", str(path))
    opened = opened_already(path)
    if opened is not None or (before and not stat.S_ISREG(before.st_mode)):
        with open(path if opened is None else os.dup(opened), mode, **options) as file:
            yield file
        return
    if before and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "may not be written to", str(path))

    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name[:LONGEST]}.{secrets.token_hex(4)}")
    permissions = stat.S_IMODE(before.st_mode) if before else 0o666
    try:
        with open(
            temporary, mode.replace("w", "x"), opener=lambda name, flags: os.open(name, flags, permissions), **options
        ) as file:
            yield file
        if before:
            keep_owner_and_mode(temporary, before)
        to_disk(temporary)
        rename(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def stat_of(path: Path) -> os.stat_result | None:
    """What is at `path`, through links; None, if nothing is."""
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def opened_already(path: Path) -> int | None:
    """The number under which this process has it open: of /dev/stdout, 1, wherever that leads."""
    found = re.fullmatch(r"/dev/(?:std(?P<name>in|out|err)|fd/(?P<number>\d+))", str(path))
    if not found:
        return None
    return int(found["number"]) if found["number"] else ("in", "out", "err").index(found["name"])


def keep_owner_and_mode(path: Path, before: os.stat_result) -> None:
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):  # only root may give a file away
            os.chown(path, before.st_uid, before.st_gid)
    os.chmod(path, stat.S_IMODE(before.st_mode))


def to_disk(path: Path) -> None:
    """Waits until the content is on the disk, so that a rename cannot get there before it."""
    with open(path, "rb+") as file:
        try:
            os.fsync(file.fileno())
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems know no such thing
                raise


def rename(old: Path, new: Path) -> None:
    """Renames, in place of a file that is there. On Windows a virus scanner, or a program that synchronizes folders,
    may hold a new file for a moment, in which a rename is refused: it is tried again for PATIENCE seconds."""
    deadline, pause = time.monotonic() + PATIENCE, 0.01
    while True:
        try:
            return os.replace(old, new)
        except PermissionError:
            if time.monotonic() + pause > deadline:
                raise
        time.sleep(pause)
        pause *= 2


def quoted(path: object) -> str:
    """A path as it can be copied into a command line: in quotation marks where it has spaces."""
    text = str(path)
    if re.fullmatch(r"[\w@%+=:,./\\~-]+", text):
        return text
    return f'"{text}"' if os.name == "nt" else shlex.quote(text)


def safe_names(names: list[str]) -> list[str]:
    """For each name one that a file can have on Windows, macOS and Linux, short enough, and no two the same: also not
    to a file system that sees no difference between A and a, or between two ways to write é."""
    safe: list[str] = []
    taken: set[str] = set()
    for name in names:
        word = re.sub(r'[<>:"/\\|?*]', "_", unicodedata.normalize("NFC", name))
        word = "".join(letter if letter.isprintable() else "_" for letter in word)[:LONGEST].rstrip(" .") or "_"
        if re.fullmatch(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])(\..*)?", word, re.IGNORECASE):
            word = f"_{word}"  # devices, to Windows, whatever follows the point
        number, free = 1, word
        while unicodedata.normalize("NFKC", free).casefold() in taken:
            number += 1
            free = f"{word} ({number})"
        taken.add(unicodedata.normalize("NFKC", free).casefold())
        safe.append(free)
    return safe


def csv_encoding(text: str) -> str:
    """UTF-8; with a byte order mark where something is not ASCII, for without one Excel takes it for the system's own
    encoding, and 猫 comes out as something else."""
    return "utf-8" if text.isascii() else "utf-8-sig"
