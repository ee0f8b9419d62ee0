"""A training step taken apart: where the time goes, and how much of it the matrix products need anyway."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from scratch_ae.bench.contestants import product_step
from scratch_ae.bench.setup import LEARNING_RATE, Setup
from scratch_ae.nn.optimizers import Adam

ANATOMY = "the step taken apart"
PARTS = ("batch", "forward", "loss", "backward", "Adam", "else")
MIN_STEPS = 9


def anatomy(setup: Setup, steps: int = 300, patience: float = 5.0) -> dict[str, float]:
    """Median microseconds of the whole "step" and of each of PARTS, and of the step's "matrix products" alone, which
    are run between the steps. There are fewer than `steps` where they take longer than `patience`, in seconds, but at
    least MIN_STEPS; the first third warms up and is not counted."""
    model, data, optimizer = setup.model(), setup.data(), Adam(LEARNING_RATE)
    rng = np.random.default_rng(0)
    clock = Clock()
    clock.watch(model, "forward", "forward", inside="else")
    clock.watch(model, "backward", "backward", inside="else")
    clock.watch(model.nll, "forward", "loss", inside="forward")
    clock.watch(model.nll, "backward", "loss", inside="backward")
    for penalty in model.penalties:
        clock.watch(penalty, "forward", "loss", inside="forward")
        clock.watch(penalty, "backward", "loss", inside="backward")
    take = clock.timed(lambda rows: data[rows], "batch", inside="else")
    update = clock.timed(optimizer.step, "Adam", inside="else")

    def step() -> None:
        x = take(rng.integers(0, len(data), setup.batch))
        model.loss_and_gradients(x, rng=rng)
        update(model.parameters, model.gradients)

    timed_step = clock.timed(step, "else")
    products = clock.timed(product_step(setup, setup.batch), "matrix products")
    kept: dict[str, list[float]] = {name: [] for name in ("step", *PARTS, "matrix products")}
    end = time.perf_counter() + patience
    while len(kept["step"]) < MIN_STEPS or (len(kept["step"]) < steps and time.perf_counter() < end):
        timed_step()
        products()
        clock.seconds["step"] = sum(clock.seconds[part] for part in PARTS)
        for name, seconds in kept.items():
            seconds.append(clock.seconds[name])
        clock.seconds.clear()
    return {name: 1e6 * statistics.median(seconds[len(seconds) // 3 :]) for name, seconds in kept.items()}


class Clock:
    """Adds up the seconds that methods take, by a name for each."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def timed(self, function: Callable[..., Any], name: str, inside: str = "") -> Callable[..., Any]:
        """The function, whose seconds are added to `name`, and taken from the one that it is called `inside`."""

        def run(*arguments: Any, **named: Any) -> Any:
            start = time.perf_counter()
            result = function(*arguments, **named)
            seconds = time.perf_counter() - start
            self.seconds[name] = self.seconds.get(name, 0.0) + seconds
            if inside:
                self.seconds[inside] = self.seconds.get(inside, 0.0) - seconds
            return result

        return run

    def watch(self, thing: Any, method: str, name: str, inside: str = "") -> None:
        """Times a method of one object."""
        setattr(thing, method, self.timed(getattr(thing, method), name, inside))
