"""What came of running a submitted file, read from what its process sent back: that may be anything."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.exercises.submission_runner import REPORT_LIMIT


@dataclass(frozen=True)
class Failure:
    """An exception in the file's process: in which trial (None: when the file was loaded), its type and the types it
    inherits from, its message, and the line of the file."""

    trial: int | None
    kinds: tuple[str, ...]
    message: str
    line: int | None


@dataclass(frozen=True)
class RunOutcome:
    """What came of running a file.

    end        "done", "slow", "noisy", "signal 11", "exit code 1"; "silent" or "malformed" for what its report is;
               "gone" if it took the process down that watched it
    results    for each trial that ran to its end, by its position, the arrays it handed back
    used       names that it uses and that are, or may be, of an older version of this package
    tampering  sentences, each about something the file has changed or left behind
    disputed   the marker's own package was changed while this file ran, by it or by one that ran beside it
    """

    end: str
    seconds: float = 0.0
    output: str = ""
    failures: tuple[Failure, ...] = ()
    results: Mapping[int, Mapping[str, FloatArray]] = field(default_factory=dict)
    used: frozenset[str] = frozenset()
    tampering: tuple[str, ...] = ()
    disputed: bool = False


def understood(reply: Mapping[str, Any], report: bytes, secret: str) -> RunOutcome:
    """The outcome that a reply and a report tell of."""
    try:
        outcome = RunOutcome(str(reply["end"]), float(reply["seconds"]), str(reply["output"]))
        left = bool(reply["left"])
    except (KeyError, TypeError, ValueError):
        return RunOutcome("malformed")
    if left:
        outcome = replace(outcome, tampering=("It left processes running, which have been killed.",))
    if outcome.end != "done":
        return outcome
    try:
        header, _, arrays = report.partition(b"\n")
        said = json.loads(header)
        if said["secret"] != secret:
            raise ValueError("This report was not written by the submission's runner.")
        failures = tuple(failure(error) for error in said["errors"])
        names = ", ".join(str(name) for name in said["replaced"])
        used = frozenset(str(name) for name in said["used"])
        results = unpacked(arrays)
    # A forged report can go wrong in any way that JSON, zip and NumPy's own format have.
    except Exception:
        return replace(outcome, end="malformed" if report else "silent")
    sentence = (f"It replaced {names} in its process.",) if names else ()
    return replace(outcome, failures=failures, results=results, used=used, tampering=outcome.tampering + sentence)


def failure(error: Mapping[str, Any]) -> Failure:
    """A failure from the report's JSON; KeyError, TypeError or ValueError if it is none."""
    trial, line = error["trial"], error["line"]
    kinds = tuple(str(kind)[:100] for kind in error["kinds"])
    return Failure(
        None if trial is None else int(trial), kinds, str(error["message"])[:300], None if line is None else int(line)
    )


def unpacked(data: bytes) -> dict[int, dict[str, FloatArray]]:
    """The arrays of an .npz by trial and name; ValueError if it is too large, compressed, or holds other things, or
    one thing under many names, which a directory of few bytes may list a hundred thousand times."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        sizes = [len(data), sum(entry.file_size for entry in entries)]
        if max(sizes) > REPORT_LIMIT or any(entry.compress_size != entry.file_size for entry in entries):
            raise ValueError("The report is too large.")
    results: dict[int, dict[str, FloatArray]] = {}
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        for key in arrays.files:
            number, _, name = key.partition(".")
            array = arrays[key]
            if not isinstance(array, np.ndarray) or array.dtype.kind not in "biufc":
                raise ValueError(f"{key} is no array of numbers.")
            results.setdefault(int(number), {})[name] = array
    return results
