"""This package's files on disk: remembered while submissions run, and put back if one has changed them."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import threading
from pathlib import Path

from scratch_ae.files import whole_file

PACKAGE = Path(__file__).parents[1]
LARGEST = 1 << 22
"""Bytes of a file that is read at all; the package's largest has a hundredth of it."""


class Guard:
    """Remembers this package's Python files, and puts back what has changed.

    It may have been the teacher's own editor, so what stood there is not lost, but kept in a folder of its own.
    """

    def __init__(self) -> None:
        self.files = sources(PACKAGE)
        self.repairs = 0
        self.changed: set[str] = set()
        self.kept: Path | None = None
        self.lock = threading.Lock()

    def check(self) -> int:
        """Puts back what has changed; how often that was necessary until now."""
        with self.lock:
            changed = [name for name, text in self.files.items() if content(PACKAGE / name) != text]
            for name in changed:
                self.keep(name)
                with whole_file(PACKAGE / name) as file:
                    file.write(self.files[name])
            self.repairs += bool(changed)
            return self.repairs

    def keep(self, name: str) -> None:
        """Copies what stands in a file's place now, if it is a file."""
        self.changed.add(name)
        self.kept = self.kept or Path(tempfile.mkdtemp(prefix="scratch_ae_changed_"))
        found = content(PACKAGE / name)
        if found is not None:
            with whole_file(self.kept / name) as file:
                file.write(found)

    def told(self) -> str:
        """The end of a sentence: which files, and where what stood there is."""
        return (
            f"the marker's own files ({', '.join(sorted(self.changed))}); they have been put back, and what stood "
            f"there is kept in {self.kept}."
        )


def sources(folder: Path) -> dict[str, bytes]:
    """Every Python file under `folder`, by its path from there."""
    texts = {str(path.relative_to(folder)): content(path) for path in sorted(folder.rglob("*.py"))}
    return {name: text for name, text in texts.items() if text is not None}


def content(path: Path) -> bytes | None:
    """What is in a file; None, if there is no file, or one in its place that would never end: a pipe, a link to a
    device, gigabytes."""
    try:
        status = os.lstat(path)
        return path.read_bytes() if stat.S_ISREG(status.st_mode) and status.st_size < LARGEST else None
    except OSError:
        return None


def remove(folder: Path) -> None:
    """Deletes a folder in which a submission may have made what it liked; what resists is left to the system."""
    with contextlib.suppress(OSError, RecursionError):
        shutil.rmtree(folder)
