"""Numbers that change as training goes on, a learning rate or a β: functions of the step t = 0, 1, 2, …"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from scratch_ae import checks

Schedule = Callable[[int], float]


def value_at(schedule: float | Schedule, step: int) -> float:
    """A schedule's value at a step, or the number itself."""
    return schedule(step) if callable(schedule) else schedule


class Checked:
    """Counts of steps are at least 1, all other numbers at least 0."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name in ("steps", "every"):
                checks.whole(name, value, at_least=1)
            else:
                checks.number(name, value, at_least=0, at_most=1 if name == "factor" else math.inf)


@dataclass(frozen=True)
class Constant(Checked):
    """α(t) = α₀."""

    value: float

    def __call__(self, step: int) -> float:
        return self.value


@dataclass(frozen=True)
class StepDecay(Checked):
    """α(t) = α₀ · factor^⌊t / every⌋: falls to `factor` of itself after each `every` steps."""

    initial: float
    every: int
    factor: float = 0.1

    def __call__(self, step: int) -> float:
        return self.initial * self.factor ** (step // self.every)


@dataclass(frozen=True)
class Linear(Checked):
    """α(t) = α₀ + (α₁ − α₀) t/T: from α₀ = `initial` straight to α₁ = `final` in T = `steps`, and `final` from then
    on. As the β of a VAE, from 0 to 1, it is the warm-up of Bowman et al. 2016."""

    initial: float
    final: float
    steps: int

    def __call__(self, step: int) -> float:
        return self.initial + (self.final - self.initial) * min(step / self.steps, 1.0)


@dataclass(frozen=True)
class Cosine(Checked):
    """α(t) = α₁ + ½ (α₀ − α₁)(1 + cos(πt/T)): half a cosine wave from α₀ = `initial` down to α₁ = `final` over
    T = `steps`, and `final` from then on. Source: Loshchilov & Hutter 2017, eq. 5, without restarts."""

    initial: float
    steps: int
    final: float = 0.0

    def __call__(self, step: int) -> float:
        progress = min(step / self.steps, 1.0)
        return self.final + 0.5 * (self.initial - self.final) * (1.0 + math.cos(math.pi * progress))


SCHEDULES = {schedule.__name__: schedule for schedule in (Constant, StepDecay, Linear, Cosine)}
