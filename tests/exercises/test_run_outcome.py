"""What a submission's process sends back: whatever it is, reading it raises nothing and runs nothing."""

import io
import json
import os
import warnings
import zipfile

import numpy as np
import pytest

from scratch_ae.exercises.run_outcome import understood, unpacked
from scratch_ae.exercises.submission_runner import REPORT_LIMIT


def report(header, body=b""):
    return json.dumps(header).encode() + b"\n" + body


HEADER = {"secret": "s", "errors": [], "replaced": [], "used": []}
REPLY = {"end": "done", "seconds": 0.1, "output": "", "left": False}


@pytest.mark.parametrize(
    "data",
    [
        b"garbage",
        b"\n\n",
        b"[1, 2]\nx",
        b"\xff\xfe\x00\n",
        report(HEADER),
        report(HEADER, b"PK\x03\x04 and then not a zip"),
        report({**HEADER, "errors": [{"trial": "x", "kinds": 3, "message": None, "line": []}]}),
        report({**HEADER, "errors": 5}),
        report({**HEADER, "replaced": 5}),
        report({**HEADER, "used": 5}),
        b"{" * 100_000,
    ],
)
def test_a_report_that_is_not_what_was_asked_for_is_a_finding_and_no_exception(data):
    assert understood(REPLY, data, "s").end == "malformed"


def test_no_report_is_silence():
    assert understood(REPLY, b"", "s").end == "silent"


@pytest.mark.parametrize("reply", [{}, {"end": "done"}, {**REPLY, "seconds": "long"}])
def test_a_reply_that_is_not_what_was_asked_for_is_a_finding_and_no_exception(reply):
    assert understood(reply, b"", "s").end == "malformed"


def packed(tmp_path, save, **arrays):
    save(tmp_path / "arrays.npz", **arrays)
    return (tmp_path / "arrays.npz").read_bytes()


def test_a_report_with_compressed_arrays_which_could_grow_without_bound_is_refused(tmp_path):
    honest = packed(tmp_path, np.savez, **{"0.y": np.zeros(1000)})
    assert understood(REPLY, report(HEADER, honest), "s").results[0]["y"].shape == (1000,)
    bomb = packed(tmp_path, np.savez_compressed, **{"0.y": np.zeros(1000)})
    assert understood(REPLY, report(HEADER, bomb), "s").end == "malformed"


def test_a_report_that_does_not_know_the_secret_is_refused(tmp_path):
    data = packed(tmp_path, np.savez, **{"0.y": np.zeros(3)})
    assert understood(REPLY, report(HEADER, data), "s").end == "done"
    assert understood(REPLY, report({**HEADER, "secret": "guessed"}, data), "s").end == "malformed"


class MakesFolder:
    """Unpickled, it makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("kind", [MakesFolder, str, bytes])
def test_a_report_with_anything_but_numbers_is_refused_and_no_pickle_is_loaded(tmp_path, kind):
    thing = kind(str(tmp_path / "made").encode()) if kind is bytes else kind(str(tmp_path / "made"))
    data = packed(tmp_path, np.savez, **{"0.y": np.array([thing])})
    assert understood(REPLY, report(HEADER, data), "s").end == "malformed"
    assert not (tmp_path / "made").exists()


def test_a_report_that_names_one_thing_many_times_is_refused_unread():
    """Each name costs a hundred bytes, and a second to read."""
    large = np.zeros(REPORT_LIMIT // 100 // 8)
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w") as archive:
        warnings.simplefilter("ignore")  # that the name is there already
        with archive.open("0.y.npy", "w") as entry:
            np.lib.format.write_array(entry, large)
        (first,) = archive.infolist()
        for _ in range(150):
            archive.filelist.append(first)
    assert len(packed.getvalue()) < REPORT_LIMIT
    with pytest.raises(ValueError, match="too large"):
        unpacked(packed.getvalue())
