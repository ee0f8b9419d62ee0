"""Every usual mistake, made in every layer, loss, penalty and model that has the place for it.

`CASES` is what the diagnosis is measured by: each names the kind of mistake, what the diagnosis has to say of it, and
makes the thing with the mistake in it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import scratch_ae as ae
from scratch_ae.nn.activations import ACTIVATIONS

N = 7
"""Examples in a batch: a number that no layer has as its size, unless it is to."""


@dataclass(frozen=True)
class Case:
    """`kind` as in the table of notebooks/reference/gradient_check.md; `says` the kinds of cause that are right,
    `word` what the text has to hold."""

    name: str
    kind: str
    says: tuple[str, ...]
    word: str
    make: Callable[[], tuple[Any, ...]]


CASES: list[Case] = []


def case(name: str, kind: str, says: str, make: Callable[[], tuple[Any, ...]], word: str = "") -> None:
    CASES.append(Case(name, kind, tuple(says.split("|")), word, make))


def broken(thing: Any, **methods: Callable[..., Any]) -> Any:
    """The thing with other methods, each given (self, right, *arguments), where `right` is the one it replaces."""
    base = type(thing)

    def method(name: str) -> Callable[..., Any]:
        @functools.wraps(getattr(base, name))
        def other(self: Any, *arguments: Any, **named: Any) -> Any:
            return methods[name](self, getattr(base, name).__get__(self), *arguments, *named.values())

        return other

    thing.__class__ = type(base.__name__, (base,), {name: method(name) for name in methods})
    return thing


def times(factor: float) -> Callable[..., Any]:
    """A method that returns so many times what is right, if that is anything."""

    def method(self: Any, right: Callable[..., Any], *arguments: Any) -> Any:
        result = right(*arguments)
        return None if result is None else factor * result

    return method


def random(*shape: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def model(kind: type = ae.Autoencoder, sizes: tuple[int, ...] = (6, 5, 4), **arguments: Any) -> Any:
    """A small model at a point where nothing is special."""
    names = {activation.__name__: name for name, activation in ACTIVATIONS.items()}
    if "activation" in arguments:
        arguments["activation"] = names.get(arguments["activation"], arguments["activation"])
    else:
        arguments["activation"] = "tanh"
    made = kind(list(sizes), seed=1, dtype=np.float64, **arguments)
    return scattered(made, 0.5)


def scattered(made: Any, size: float, seed: int = 2) -> Any:
    """The model with all its parameters drawn anew."""
    rng = np.random.default_rng(seed)
    for name, array in made.parameters.items():
        made.parameters[name] = size * rng.standard_normal(array.shape)
    return made


def batch() -> np.ndarray:
    return np.random.default_rng(7).random((N, 6))
