"""The parts of a step are all of it, and each second is counted once."""

import pytest

from scratch_ae.bench import anatomy as module
from scratch_ae.bench.anatomy import MIN_STEPS, PARTS, Clock, anatomy
from scratch_ae.bench.setup import Setup
from scratch_ae.nn.optimizers import Adam


@pytest.mark.parametrize("kind", ["ae", "vae"])
def test_parts_add_up_to_the_step_and_none_is_negative(kind, monkeypatch):
    """By a clock that ticks once whenever it is read, a part takes as many ticks as it has readings in it."""
    ticks = iter(range(10**9))
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(ticks) / 1e6)
    parts = anatomy(Setup(kind, (30, 20, 5), 16, 200, 1), steps=30, patience=1e9)
    assert set(parts) == {"step", *PARTS, "matrix products"}
    assert parts["step"] == pytest.approx(sum(parts[name] for name in PARTS))
    timed_inside = {"ae": 6, "vae": 8}[kind]  # a VAE's penalty, forwards and backwards
    assert parts["step"] == pytest.approx(2 * timed_inside + 1)
    assert min(parts.values()) > 0


def test_few_steps_are_enough_where_they_are_slow(monkeypatch):
    steps = []
    step = Adam.step
    monkeypatch.setattr(Adam, "step", lambda self, *arrays: (steps.append(1), step(self, *arrays)))
    anatomy(Setup("ae", (30, 20, 5), 16, 200, 1), steps=10**9, patience=0.0)
    assert len(steps) == MIN_STEPS


def test_seconds_inside_another_method_are_taken_from_it(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])

    def sleep(seconds):
        now[0] += seconds

    clock = Clock()
    inner = clock.timed(lambda: sleep(2.0), "inner", inside="outer")
    outer = clock.timed(lambda: (sleep(1.0), inner()), "outer")
    outer()
    assert clock.seconds == {"inner": 2.0, "outer": 1.0}
