"""A race: in turn, as many rounds as asked for, and who falls out says why."""

import importlib.util
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

import pytest

from scratch_ae.bench import DroppedOut, Race, Setup, race, step_parts, worker
from scratch_ae.bench.contestants import CONTESTANTS, NEEDS
from scratch_ae.bench.race import Runner

SMALL = Setup("vae", (30, 20, 5), 16, 100, 1)


def test_every_contestant_runs_every_round():
    result = race(SMALL, ["scratch_ae", "matrix products"], rounds=3)
    assert {name: len(seconds) for name, seconds in result.seconds.items()} == {"scratch_ae": 3, "matrix products": 3}
    assert min(min(seconds) for seconds in result.seconds.values()) > 0
    assert result.ratio("scratch_ae", "matrix products") > 1


def test_ratio_is_the_median_of_the_ratios_of_neighbours():
    result = Race(SMALL, {"a": [2.0, 9.0, 5.0], "b": [1.0, 3.0, 5.0]})
    assert result.ratios("a", "b") == [2.0, 3.0, 1.0]
    assert result.ratio("a", "b") == 2.0
    assert result.median("a") == 5.0


@pytest.fixture
def processes(monkeypatch):
    """Those that are started from now on."""
    started = []
    start = subprocess.Popen.__init__
    monkeypatch.setattr(
        subprocess.Popen, "__init__", lambda self, *a, **b: (started.append(self), start(self, *a, **b))[1]
    )
    return started


def test_step_is_taken_apart_in_another_process(processes):
    assert step_parts(SMALL)["step"] > 0
    (process,) = processes
    assert process.poll() is not None


@pytest.mark.parametrize("names", [["scratch_ae", "matrix products"], ["scratch_ae", "nobody"]])
def test_no_process_is_left_after_a_race_nor_after_one_that_failed(names, processes):
    with suppress(DroppedOut):
        race(SMALL, names, rounds=1)
    assert len(processes) == 2
    assert all(process.poll() is not None for process in processes)


def test_no_process_is_left_after_ctrl_c(processes, monkeypatch):
    def interrupted(runner):
        raise KeyboardInterrupt

    monkeypatch.setattr(Runner, "answer", interrupted)
    with pytest.raises(KeyboardInterrupt):
        race(SMALL, ["scratch_ae", "matrix products"], rounds=1)
    assert len(processes) == 2
    assert all(process.poll() is not None for process in processes)


def test_contestant_that_cannot_run_says_why():
    with pytest.raises(DroppedOut, match=r"^nobody dropped out of the race: KeyError: 'nobody'$"):
        race(SMALL, ["nobody"], rounds=1)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("no C++ compiler\n\nSet TORCHDYNAMO_VERBOSE=1 for more", "RuntimeError: no C++ compiler"),
        ("backend='inductor' raised:\nno compiler\nadvice", "RuntimeError: backend='inductor' raised: no compiler"),
        ("", "RuntimeError: no message"),
    ],
)
def test_worker_says_what_went_wrong_and_leaves_the_advice_out(message, said):
    assert worker.in_one_line(RuntimeError(message)) == said


@pytest.mark.skipif(os.name == "nt", reason="there is no /bin/false")
def test_contestant_that_dies_says_with_which_status(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(
        DroppedOut, match=r"^scratch_ae dropped out of the race: it gave no reason \(exit status 1\)$"
    ):
        race(SMALL, ["scratch_ae"], rounds=1)


def test_a_race_of_no_rounds_is_refused():
    with pytest.raises(ValueError, match="^rounds"):
        race(SMALL, ["scratch_ae"], rounds=0)


@pytest.mark.parametrize(("name", "module"), NEEDS.items())
def test_framework_runs_where_it_is_installed_and_says_so_where_it_is_not(name, module):
    if importlib.util.find_spec(module) is None:
        with pytest.raises(DroppedOut, match=f"No module named '{module}'"):
            race(SMALL, [name], rounds=1)
    else:
        assert race(SMALL, [name], rounds=1).median(name) > 0


def test_threads_are_told_to_the_process_before_it_imports_numpy(monkeypatch):
    told = {}

    def process(command, env, **options):
        told.update(env)
        raise OSError("enough seen")

    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    monkeypatch.setattr("subprocess.Popen", process)
    with pytest.raises(OSError, match="enough seen"):
        race(replace(SMALL, threads=3), ["scratch_ae"], rounds=1)
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NPROC"):
        assert told[name] == "3"


@pytest.fixture
def flushing_ends_here():
    """PyTorch sets it for the whole process, and NumPy would flush in the tests to come, too."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)


@pytest.mark.parametrize(("name", "module"), NEEDS.items())
@pytest.mark.parametrize(("kind", "code"), [("ae", 20), ("vae", 4)])
@pytest.mark.filterwarnings("ignore")  # a framework may deprecate what it likes
def test_framework_learns_as_much_as_this_library(kind, code, name, module, flushing_ends_here):
    pytest.importorskip(module)
    setup = Setup(kind, (784, 64, code), 128, 6000, 2)
    ours, theirs = CONTESTANTS["scratch_ae"](setup), CONTESTANTS[name](setup)
    for _ in range(3):
        assert theirs() == pytest.approx(ours(), rel=0.02)
