"""What is checked, brought into one form: arrays, a loss that depends on them, and the gradients written by hand.

A model has its own loss. A layer has none: it is given one, Σ R ⊙ forward(x) with random numbers R, of which R is
the gradient that `backward` gets. A loss or a penalty is its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.gradient_check.diagnosis.pieces import kept

Written = dict[str, Any]
"""Gradients by the name of their array, as the hand-written code left or returned them: right or wrong, or None."""

Seed = int | Mapping[str, Any]
"""What noise starts from: a number, or the state of a generator."""

Watch = Callable[[Any], AbstractContextManager[None]]
"""Looks on while the gradients of a thing are computed: what `recording` does."""


@dataclass
class Subject:
    """Everything a check needs.

    thing       what was handed in, or its float64 copy: its pieces can be looked at
    arrays      parameters and inputs by name; a check changes their entries in place, and puts them back
    terms       the loss's terms by name, evaluated anew at every call, with the same noise
    weights     what each term counts in the loss
    gradients   runs forward and backward on a copy, with `filling(shape, call)` in its stored gradients beforehand
    stored      the names of the arrays whose gradient is stored, and not returned
    scales      numbers that a gradient may be off by, by name: "the batch size"
    incoming    of a layer: the gradient R that its backward gets
    single      of a layer: it computes in float32, though everything it is given is float64
    """

    thing: Any
    arrays: dict[str, FloatArray]
    terms: Callable[[], Mapping[str, float]]
    weights: Mapping[str, float]
    gradients: Callable[..., Written]
    stored: frozenset[str]
    scales: dict[str, float]
    incoming: FloatArray | None = None
    single: bool = False
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.arrays:
            raise TypeError(
                "There is nothing to differentiate: no input holds real numbers, and there is no parameter."
            )
        for name, array in self.arrays.items():
            if not array.flags.c_contiguous:
                raise ValueError(
                    f"{name} is a transposed or strided view: make it an array, np.ascontiguousarray({name})."
                )

    @property
    def name(self) -> str:
        return type(self.thing).__name__

    def loss(self) -> float:
        """The number whose gradient is checked. A step may lead out of its domain, and that is no news."""
        with np.errstate(all="ignore"):
            return float(sum(self.weights[name] * value for name, value in self.terms().items()))


def unwatched(thing: Any) -> AbstractContextManager[None]:
    return nullcontext()


def generator(seed: Seed) -> np.random.Generator:
    """Noise from the start of a seed, or from where a recorded generator stood."""
    if isinstance(seed, int):
        return np.random.default_rng(seed)
    made = np.random.default_rng()
    made.bit_generator.state = seed
    return made


def takes_rng(method: Callable[..., Any]) -> bool:
    return wants_rng(getattr(method, "__func__", method))


@lru_cache(maxsize=256)
def wants_rng(function: Callable[..., Any]) -> bool:
    """Asked before every evaluation of a loss, and a signature takes longer to look at than a small layer to run."""
    return "rng" in inspect.signature(function).parameters


def copies(values: tuple[Any, ...]) -> list[Any]:
    return [kept(value) for value in values]
