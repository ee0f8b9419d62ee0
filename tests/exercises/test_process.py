"""A file's process: what comes back from it, what is kept from it, and what is put back after it."""

import io
import json
import os
import shutil
import sys
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hostile_files import RIGHT, ROOT
from standin_tasks import COURSE, TASKS, X, use_a_copy_of_the_package

import scratch_ae
from scratch_ae.exercises import guard, process
from scratch_ae.exercises.child import REPORT_LIMIT
from scratch_ae.exercises.guard import Guard
from scratch_ae.exercises.outcome import understood, unpacked
from scratch_ae.exercises.process import Course, File, Limits, run_all

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="what only Linux offers")


@pytest.fixture(autouse=True, scope="module")
def package(tmp_path_factory):
    """The marker's own package, for these tests."""
    with pytest.MonkeyPatch.context() as patch:
        yield use_a_copy_of_the_package(patch, tmp_path_factory.mktemp("package"))


def run(text):
    """The outcome of a file of the first task."""
    return run_all(COURSE, [File(TASKS[0], "01_dense.py", text)], Limits(seconds=5), 1)[0]


WITHIN = {
    "arrays": RIGHT,
    "noise": RIGHT + "\nprint('z' * 50_000)\n",
    "loop": "while True: pass",
    "gone": "import os; os._exit(0)",
    "after it": RIGHT,
    "abort": "import os; os.abort()",
    "surroundings": "import os, sys\n"
    "print(sorted(os.listdir()), sys.stdin.read(), sys.argv, 'PASSWORD' in os.environ)\n" + RIGHT,
    "modules": "import sys; print([m for m in sys.modules if 'matplotlib' in m or '.cli' in m])\n" + RIGHT,
    "package": "import scratch_ae; print(scratch_ae.__file__)\n" + RIGHT,
    "last": RIGHT,
}


@pytest.fixture(scope="module", params=[process.FORKS, False], ids=["forked", "alone"])
def outcomes(request, package):
    """What comes of each of these files, one after the other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PASSWORD", "open sesame")
        files = [File(TASKS[0], "01_dense.py", text) for text in WITHIN.values()]
        start = time.monotonic()
        got = run_all(COURSE, files, Limits(seconds=1), 1 if request.param else 2, request.param)
        return {**dict(zip(WITHIN, got, strict=True)), "seconds": time.monotonic() - start}


@pytest.mark.parametrize("name", ["arrays", "after it", "last"])
def test_a_file_hands_back_the_arrays_of_every_trial_whatever_was_run_before_it(outcomes, name):
    outcome = outcomes[name]
    assert (outcome.end, outcome.failures, outcome.tampering, outcome.disputed) == ("done", (), (), False)
    assert list(outcome.results) == [0, 1]
    np.testing.assert_array_equal(outcome.results[0]["y"], 2 * X)
    assert outcome.results[0]["y"].dtype == X.dtype


def test_what_a_file_prints_is_kept_but_not_all_of_it(outcomes):
    assert (outcomes["noise"].end, outcomes["noise"].output) == ("done", "z" * 2000)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to end with")
def test_a_file_that_ends_its_own_process_is_not_said_to_have_ended_the_one_that_watches_it(outcomes):
    assert outcomes["gone"].end == "silent"
    assert outcomes["abort"].end == "signal 6"


def test_an_endless_loop_is_ended_at_the_limit(outcomes):
    assert outcomes["loop"].end == "slow"
    assert outcomes["seconds"] < 10


def test_a_file_finds_nothing_but_itself_and_gets_no_input_and_no_secret_of_the_environment(outcomes):
    assert outcomes["surroundings"].output == "['01_dense.py']  ['01_dense.py'] False\n"


def test_a_file_waits_for_no_picture_and_no_command_line(outcomes):
    assert outcomes["modules"].output == "[]\n"


def test_a_file_runs_beside_a_copy_of_the_package_and_not_the_one_that_marks(outcomes):
    output = outcomes["package"].output.strip()
    assert output.endswith("__init__.py")
    assert Path(output).parent not in (guard.PACKAGE, Path(scratch_ae.__file__).parent)


def test_outcomes_come_in_the_order_of_the_files_and_not_as_they_end():
    slow = RIGHT + "\nimport time; time.sleep(0.3); print('slow')\n"
    outcomes = run_all(COURSE, [File(TASKS[0], "a.py", text) for text in (slow, RIGHT, RIGHT)], jobs=2)
    assert [outcome.output for outcome in outcomes] == ["slow\n", "", ""]


@LINUX
@pytest.mark.skipif(not ROOT, reason="only root may start processes")
def test_what_is_left_running_is_dead_when_the_next_file_runs():
    leaves = "import os, time\npid = os.fork()\nif pid == 0:\n    os.setsid()\n    time.sleep(60)\nprint(pid)\n"
    outcome = run(leaves + RIGHT)
    assert outcome.tampering == ("It left processes running, which have been killed.",)
    with pytest.raises(ProcessLookupError):
        os.kill(int(outcome.output), 0)


@LINUX
@pytest.mark.skipif(not ROOT, reason="only root may start processes")
def test_a_process_that_a_file_waits_for_is_nothing_it_left_running():
    text = "import subprocess\nsubprocess.run(['true'], check=True)\n" + RIGHT
    outcome = run(text)
    assert outcome.tampering == ()


def changes(victim):
    """A right file that adds to another, and takes long enough to be seen at it."""
    return f"open({str(victim)!r}, 'a').write('# mine now')\nimport time; time.sleep(0.3)\n" + RIGHT


def test_this_package_is_put_back_and_only_the_file_that_changed_it_is_named(package):
    victim = package / "exercises" / "task.py"
    before = victim.read_bytes()
    innocent = "import time; time.sleep(0.3)\n" + RIGHT
    files = [File(TASKS[0], "01_dense.py", text) for text in (changes(victim), innocent)]
    first, second = run_all(COURSE, files, Limits(seconds=5), 2)
    assert victim.read_bytes() == before
    assert first.tampering[-1].startswith("It changed the marker's own files (exercises/task.py)")
    assert (second.tampering, len(second.results)) == ((), 2)


def test_a_change_that_no_file_makes_again_is_told_and_charged_to_none(package, tmp_path):
    """An editor may have saved; or a file that does it once in two times."""
    victim, once = package / "exercises" / "task.py", tmp_path / "once"
    text = f"import os\nif not os.path.exists({str(once)!r}):\n    open({str(once)!r}, 'w')\n"
    text += f"    open({str(victim)!r}, 'a').write('# saved')\n" + RIGHT
    with pytest.warns(UserWarning, match=r"something changed the marker's own files \(exercises/task.py\)"):
        outcome = run(text)
    assert outcome.tampering == ()


def test_the_guard_keeps_what_it_takes_away_and_brings_back_what_is_gone(package):
    watch = Guard()
    changed, gone = package / "exercises" / "task.py", package / "files.py"
    before = {path: path.read_bytes() for path in (changed, gone)}
    changed.write_text("an editor's work")
    gone.unlink()
    assert watch.check() == 1
    assert {path: path.read_bytes() for path in before} == before
    assert (watch.kept / "exercises" / "task.py").read_text() == "an editor's work"
    assert watch.check() == 1
    shutil.rmtree(watch.kept)


def test_tasks_that_cannot_be_imported_are_an_error_that_says_why():
    course = Course("no_such_module", "TASKS")
    with pytest.raises(OSError, match=r"could not be started.*no_such_module"):
        run_all(course, [File(TASKS[0], "a.py", RIGHT)])


def test_nothing_to_run_is_no_error():
    assert run_all(COURSE, []) == []


def report(header, body=b""):
    return json.dumps(header).encode() + b"\n" + body


HEADER = {"secret": "s", "errors": [], "replaced": []}
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
