"""The folder that a command writes to."""

from __future__ import annotations

import itertools
from pathlib import Path


def free_folder(asked: Path | None, variant: str) -> Path:
    """The folder of this run. What is there already is never written over."""
    if asked is None:
        places = (Path("runs") / (variant if i == 1 else f"{variant}-{i}") for i in itertools.count(1))
        return next(place for place in places if is_free(place))
    if not is_free(asked):
        raise ValueError(f"--out {asked} exists and is not an empty folder: give another, or remove it first.")
    return asked


def is_free(folder: Path) -> bool:
    """Whether `folder` does not exist yet, or is empty."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
