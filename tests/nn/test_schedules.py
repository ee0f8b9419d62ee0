"""Learning rate schedules: their values at the start, in the middle, at the end and after it."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

from scratch_ae.nn.schedules import SCHEDULES, Constant, Cosine, Linear, StepDecay


@pytest.mark.parametrize("step", [0, 1, 10**9])
def test_constant_is_the_same_at_every_step(step):
    assert Constant(0.3)(step) == 0.3


@pytest.mark.parametrize(
    ("step", "rate"), [(0, 0.8), (9, 0.8), (10, 0.4), (19, 0.4), (20, 0.2), (29, 0.2), (30, 0.1), (100, 0.8 / 1024)]
)
def test_step_decay_is_multiplied_by_its_factor_after_every_so_many_steps(step, rate):
    assert StepDecay(0.8, every=10, factor=0.5)(step) == pytest.approx(rate, rel=1e-14)


@pytest.mark.parametrize(
    ("step", "value"), [(0, 0.2), (1, 0.28), (5, 0.6), (9, 0.92), (10, 1.0), (11, 1.0), (10**9, 1.0)]
)
def test_linear_goes_straight_to_its_final_value_and_stays_there(step, value):
    assert Linear(0.2, 1.0, steps=10)(step) == pytest.approx(value, rel=1e-14)


def test_linear_can_fall_as_well():
    assert Linear(1.0, 0.2, steps=10)(5) == pytest.approx(0.6, rel=1e-14)


@pytest.mark.parametrize(
    ("step", "share"),
    [(0, 1), (25, (1 + np.sqrt(0.5)) / 2), (50, 0.5), (75, (1 - np.sqrt(0.5)) / 2), (100, 0), (101, 0), (10**9, 0)],
)
def test_cosine_falls_by_half_a_wave_and_stays_at_the_final_rate(step, share):
    assert Cosine(0.5, steps=100, final=0.1)(step) == pytest.approx(0.1 + 0.4 * share, rel=1e-14)


def test_cosine_ends_at_0_unless_told_otherwise():
    assert Cosine(0.5, steps=7)(7) == 0


def test_cosine_never_rises():
    rates = [Cosine(0.5, steps=30, final=0.1)(step) for step in range(40)]
    assert all(later <= earlier for earlier, later in pairwise(rates))


GOOD = {
    Constant: {"value": 0.1},
    StepDecay: {"initial": 0.1, "every": 5},
    Linear: {"initial": 0.1, "final": 0.2, "steps": 5},
    Cosine: {"initial": 0.1, "steps": 5},
}


@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf, "fast"])
@pytest.mark.parametrize(
    ("schedule", "name"),
    [
        (Constant, "value"),
        (StepDecay, "initial"),
        (Linear, "initial"),
        (Linear, "final"),
        (Cosine, "initial"),
        (Cosine, "final"),
    ],
)
def test_impossible_rate_is_refused_by_name(schedule, name, bad):
    with pytest.raises(ValueError, match=f"^{name}="):
        schedule(**GOOD[schedule] | {name: bad})


@pytest.mark.parametrize(("bad", "error"), [(0, ValueError), (-1, ValueError), (2.5, TypeError)])
@pytest.mark.parametrize(("schedule", "name"), [(StepDecay, "every"), (Linear, "steps"), (Cosine, "steps")])
def test_impossible_number_of_steps_is_refused_by_name(schedule, name, bad, error):
    with pytest.raises(error, match=f"^{name}="):
        schedule(**GOOD[schedule] | {name: bad})


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan])
def test_factor_that_is_no_decay_is_refused_by_name(bad):
    with pytest.raises(ValueError, match=r"^factor="):
        StepDecay(0.1, 5, factor=bad)


@pytest.mark.parametrize("schedule", GOOD)
def test_schedule_cannot_be_changed_past_its_door(schedule):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(schedule(**GOOD[schedule]), next(iter(GOOD[schedule])), -1)


@pytest.mark.parametrize("schedule", GOOD)
def test_schedules_are_listed_by_name(schedule):
    assert SCHEDULES[schedule.__name__] is schedule
    assert len(SCHEDULES) == len(GOOD)
