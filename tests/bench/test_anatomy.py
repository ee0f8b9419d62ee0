"""The parts of a step are all of it, and each second is counted once."""

import time

import pytest

from scratch_ae.bench.anatomy import PARTS, Clock, anatomy
from scratch_ae.bench.setup import Setup


@pytest.mark.parametrize("kind", ["ae", "vae"])
def test_parts_add_up_to_the_step_and_none_is_negative(kind):
    parts = anatomy(Setup(kind, (30, 20, 5), 16, 200, 1), steps=30)
    assert set(parts) == {"step", *PARTS, "matrix products"}
    assert parts["step"] == pytest.approx(sum(parts[name] for name in PARTS))
    assert min(parts.values()) > 0


def test_seconds_inside_another_method_are_taken_from_it():
    clock = Clock()
    inner = clock.timed(lambda: time.sleep(0.02), "inner", inside="outer")
    outer = clock.timed(lambda: (time.sleep(0.01), inner()), "outer")
    outer()
    assert clock.seconds["inner"] >= 0.02
    assert 0.01 <= clock.seconds["outer"] < 0.02
