"""A race: in turn, as many rounds as asked for, and who falls out says why."""

import importlib.util
from dataclasses import replace

import pytest

from scratch_ae.bench import Race, Setup, race, step_parts
from scratch_ae.bench.contestants import CONTESTANTS, NEEDS

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


def test_step_is_step_parts_in_another_process():
    assert step_parts(SMALL)["step"] > 0


def test_contestant_that_cannot_run_says_why():
    with pytest.raises(OSError, match="nobody dropped out of the race: KeyError: 'nobody' .exit status 1"):
        race(SMALL, ["nobody"], rounds=1)


@pytest.mark.parametrize(("name", "module"), NEEDS.items())
def test_framework_runs_where_it_is_installed_and_says_so_where_it_is_not(name, module):
    if importlib.util.find_spec(module) is None:
        with pytest.raises(OSError, match=f"No module named '{module}'"):
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


@pytest.mark.parametrize(("name", "module"), NEEDS.items())
@pytest.mark.parametrize(("kind", "code"), [("ae", 20), ("vae", 4)])
@pytest.mark.filterwarnings("ignore")  # a framework may deprecate what it likes
def test_framework_learns_as_much_as_this_library(kind, code, name, module):
    pytest.importorskip(module)
    setup = Setup(kind, (784, 64, code), 128, 6000, 2)
    ours, theirs = CONTESTANTS["scratch_ae"](setup), CONTESTANTS[name](setup)
    for _ in range(3):
        assert theirs() == pytest.approx(ours(), rel=0.02)
