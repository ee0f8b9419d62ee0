"""Every usual mistake, made in every layer, loss, penalty and model that has the place for it.

`CASES` is what the diagnosis is measured by: each names the kind of mistake, what the diagnosis has to say of it, and
makes the thing with the mistake in it.
"""

from __future__ import annotations

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
    """`kind` as in the README's table; `says` the kinds of cause that are right, `word` what the text has to hold."""

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
        return lambda self, *arguments: methods[name](self, getattr(base, name).__get__(self), *arguments)

    thing.__class__ = type(base.__name__, (base,), {name: method(name) for name in methods})
    return thing


def times(factor: float) -> Callable[..., Any]:
    """A method that returns so many times what is right."""
    return lambda self, right, *arguments: factor * right(*arguments)


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
    made.parameters.flat[:] = 0.5 * random(made.parameters.flat.size, seed=2)
    return made


def batch() -> np.ndarray:
    return np.random.default_rng(7).random((N, 6))
