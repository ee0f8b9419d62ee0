"""A file's process: what comes back from it, what is kept from it, and what is put back after it."""

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hostile_files import RIGHT, ROOT
from standin_tasks import COURSE, TASKS, X, use_a_copy_of_the_package

import scratch_ae
from scratch_ae.exercises import package_guard, process
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
    assert Path(output).parent not in (package_guard.PACKAGE, Path(scratch_ae.__file__).parent)


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


def test_tasks_that_cannot_be_imported_are_an_error_that_says_why():
    course = Course("no_such_module", "TASKS")
    with pytest.raises(OSError, match=r"could not be started.*no_such_module"):
        run_all(course, [File(TASKS[0], "a.py", RIGHT)])


def test_nothing_to_run_is_no_error():
    assert run_all(COURSE, []) == []
