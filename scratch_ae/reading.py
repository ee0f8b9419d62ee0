"""The source of what a page talks about, read from the package as it is, so that no notebook can drift from it."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

PACKAGE = Path(__file__).resolve().parent


class Piece(NamedTuple):
    """One definition: the sentence that says where it stands, and its text, moved to the left margin."""

    place: str
    text: str


class Source:
    """Source to look at: highlighted where a notebook shows it, plain text wherever else it is printed."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pages: dict[str, str] = {}
        for place, text in pieces:
            self.pages[place] = f"{self.pages[place]}\n\n{text}" if place in self.pages else text

    def __repr__(self) -> str:
        return "\n\n".join(f"# {place}\n\n{text}" for place, text in self.pages.items())

    def _repr_markdown_(self) -> str:
        """In a frame that asks for a font of equal widths: what nbconvert makes of a block in an output has none."""
        pages = "\n\n".join(f"`{place}`\n\n{fenced(text)}" for place, text in self.pages.items())
        return f'<div style="font-family: monospace">\n\n{pages}\n\n</div>'


def show_source(*things: Any) -> Source:
    """The source of functions, methods or classes, each below the file in which it stands.

    Methods of one class stand together. A method that a class inherits is shown where it is written. TypeError for
    what is neither function, method nor class, ValueError for what has no source, having been written in C or typed
    at a prompt.

    >>> ae.show_source(Dense.forward, Dense.backward)
    """
    if not things:
        raise TypeError("show_source() was given nothing: hand it functions, methods or classes, Dense.backward.")
    return Source([piece(thing) for thing in things])


def piece(thing: Any) -> Piece:
    """Where something is defined, and how."""
    thing = thing.fget if isinstance(thing, property) else thing
    thing = inspect.unwrap(thing)
    if not (inspect.isroutine(thing) or inspect.isclass(thing)):
        raise TypeError(
            f"{thing!r} is no function, method or class: hand in what was defined, Dense or Dense.backward."
        )
    try:
        text, file = inspect.getsource(thing), inspect.getsourcefile(thing)
    except (TypeError, OSError):
        raise ValueError(f"{thing.__name__} has no source that can be read from a file.") from None
    path = Path(file or "").resolve()
    place = path.relative_to(PACKAGE.parent).as_posix() if path.is_relative_to(PACKAGE) else thing.__module__
    holder = thing.__qualname__.rpartition(".")[0]
    inside = f", class {holder}" if holder and not holder.endswith("<locals>") else ""
    return Piece(place + inside, textwrap.dedent(text).rstrip())


def fenced(text: str) -> str:
    """A block of Python in Markdown, in a fence that does not occur in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}python\n{text}\n{fence}"
