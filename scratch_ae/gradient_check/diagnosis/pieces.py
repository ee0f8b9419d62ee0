"""Walking through what a model or a layer is made of, and looking on while it works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np


def pieces(thing: Any) -> dict[str, Any]:
    """Everything inside a thing that has a forward and a backward of its own, by where it is: "encoder.dense[0]".
    What contains others comes after them."""
    found: dict[str, Any] = {}
    seen = {id(thing)}

    def walk(value: Any, path: str) -> None:
        if isinstance(value, (list, tuple)):
            for i, item in enumerate(value):
                walk(item, f"{path}[{i}]")
        elif isinstance(value, dict):
            for key, item in value.items():
                walk(item, f"{path}[{key!r}]")
        elif is_piece(value) and id(value) not in seen:
            seen.add(id(value))
            inside(value, f"{path}.")
            found[path] = value

    def inside(value: Any, prefix: str) -> None:
        for name, item in getattr(value, "__dict__", {}).items():
            if not name.startswith("_"):
                walk(item, prefix + name)

    inside(thing, "")
    return found


def is_piece(value: Any) -> bool:
    """An object with a forward and a backward; not a class, whose methods want an object first."""
    methods = (getattr(value, name, None) for name in ("forward", "backward"))
    return hasattr(value, "__dict__") and not isinstance(value, type) and all(map(callable, methods))


@contextmanager
def replaced(piece: Any, **methods: Callable[..., Any]) -> Iterator[None]:
    """Other methods for one object, as long as the context lasts."""
    before = {name: vars(piece)[name] for name in methods if name in vars(piece)}
    vars(piece).update(methods)
    try:
        yield
    finally:
        for name in methods:
            vars(piece).pop(name, None)
        vars(piece).update(before)


@dataclass
class Record:
    """What one piece was given on the way forward, until its backward was called, and what it was given and gave back
    then: copies, as they were at that moment. After several calls of forward these may belong to different ones."""

    calls: int = 0
    given: tuple[Any, ...] | None = None
    incoming: tuple[Any, ...] | None = None
    returned: Any = None
    noise: Any = None


@contextmanager
def recording(thing: Any, into: dict[str, Record]) -> Iterator[None]:
    """Writes down every call of a piece's forward and backward."""
    with ExitStack() as stack:
        for path, piece in pieces(thing).items():
            stack.enter_context(watched(piece, into.setdefault(path, Record())))
        yield


def watched(piece: Any, record: Record) -> Any:
    own_forward = piece.forward

    def forward(*given: Any, **named: Any) -> Any:
        if record.incoming is not None:
            return own_forward(*given, **named)
        record.calls += 1
        everything = (*given, *named.values())
        generators = [value for value in everything if isinstance(value, np.random.Generator)]
        record.given = tuple(kept(value) for value in everything if not isinstance(value, np.random.Generator))
        record.noise = generators[0].bit_generator.state if generators else None
        return own_forward(*given, **named)

    def watching(own: Callable[..., Any]) -> Callable[..., Any]:
        def backward(*incoming: Any, **named: Any) -> Any:
            record.incoming = tuple(map(kept, incoming))
            record.returned = None
            returned = own(*incoming, **named)
            record.returned = kept(returned)
            return returned

        return backward

    return replaced(piece, forward=forward, backward=watching(piece.backward))


def parameters_of(thing: Any, parts: dict[str, Any]) -> dict[str, tuple[Any, str]]:
    """Every parameter of a thing and of these parts of it: its dotted name, whose it is, and its word there."""
    return {
        f"{path}.{word}".lstrip("."): (part, word)
        for path, part in {**parts, "": thing}.items()
        for word in getattr(part, "parameter_names", ())
    }


def kept(value: Any) -> Any:
    """A copy of an array, since layers use theirs again at the next call; anything else as it is."""
    return value.copy() if isinstance(value, np.ndarray) else value
