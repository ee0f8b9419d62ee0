"""A race: in turn, as many rounds as asked for, and who falls out says why."""

import importlib.util

import pytest

from scratch_ae.bench import Race, Setup, race, taken_apart

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


def test_step_is_taken_apart_in_another_process():
    assert taken_apart(SMALL)["step"] > 0


def test_contestant_that_cannot_run_says_why():
    with pytest.raises(OSError, match="nobody fell out of the race: KeyError: 'nobody'"):
        race(SMALL, ["nobody"], rounds=1)


@pytest.mark.parametrize(("name", "module"), [("PyTorch", "torch"), ("PyTorch, compiled", "torch"), ("JAX", "jax")])
def test_framework_runs_where_it_is_installed_and_says_so_where_it_is_not(name, module):
    if importlib.util.find_spec(module) is None:
        with pytest.raises(OSError, match=f"No module named '{module}'"):
            race(SMALL, [name], rounds=1)
    else:
        assert race(SMALL, [name], rounds=1).median(name) > 0
