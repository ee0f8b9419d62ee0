"""What is printed reaches every console: a character that it cannot encode is written in words that it can.

A console in China encodes in GBK, one in Western Europe in cp1252 or Latin-1, one on a bare machine in ASCII, and
each lacks some of ✓, █, − and β. Standard output may also be missing altogether, or be an object with little more
than a `write`.
"""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata
from typing import Any

WORDS = "in-words"
"""The name under which `in_words` can be given as errors=, to `open` for instance."""

SPELLED = {
    **{"✓": "ok", "✗": "wrong", "·": "-", "•": "-", "█": "#", "░": ".", "−": "-", "–": "-", "—": "-", "…": "..."},
    **{"×": "x", "÷": "/", "±": "+-", "≈": "~", "≤": "<=", "≥": ">=", "≠": "!=", "→": "->", "←": "<-", "⇒": "=>"},
    **{"▶": ">", "◀": "<", "─": "-", "║": "|", "‖": "||", "½": "1/2", "√": "sqrt ", "∞": "inf", "∂": "d"},
    **{"∑": "sum ", "∫": "integral ", "∈": "in", "⊙": "*", "ᵀ": "^T", "∼": "~", "\u0303": "~", "\u0302": "^"},
    **{"‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "\u3000": " ", "µ": "u", "°": " deg", "§": "section "},
    **{"∇": "grad ", "∛": "cbrt ", "⌊": "floor(", "⌋": ")"},
}  # fmt: skip
"""What has a usual way of writing in ASCII."""


def spelled(letter: str) -> str:
    """One character in ASCII: "->", "beta", "^2". What has no such name, a letter of somebody's name say, is written
    as Python would, "\\u732b", so that two that differ still do."""
    if letter in SPELLED:
        return SPELLED[letter]
    plain = unicodedata.normalize("NFKC", letter)
    if plain.isascii() and unicodedata.category(letter)[0] in "PS":  # ＝ is a wide =
        return plain
    match unicodedata.name(letter, "").split():
        case ["GREEK", "SMALL", "LETTER", name]:
            return name.lower()
        case ["GREEK", "CAPITAL", "LETTER", name]:
            return name.capitalize()
        case ["SUPERSCRIPT" | "SUBSCRIPT" as kind, *_]:
            return ("^" if kind == "SUPERSCRIPT" else "_") + SPELLED.get(plain, plain)
        case _:
            return letter.encode("ascii", "backslashreplace").decode("ascii")


def in_words(error: UnicodeError) -> tuple[str, int]:
    """What stands for the characters that could not be encoded, as `codecs.register_error` asks for it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(spelled, error.object[error.start : error.end])), error.end


codecs.register_error(WORDS, in_words)


def forgiving() -> None:
    """From now on, no print() raises because standard output or standard error cannot encode what is printed."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.closed:
            stream.reconfigure(errors=WORDS)


def encodable(text: str, stream: Any) -> str:
    """`text` as `stream` can write it."""
    encoding = getattr(stream, "encoding", None)
    try:
        return text.encode(encoding, WORDS).decode(encoding) if isinstance(encoding, str) else text
    except LookupError:  # no encoding of this name
        return text.encode("ascii", WORDS).decode("ascii")


def say(text: object = "", *, end: str = "\n", stream: Any = None) -> None:
    """As print(), to standard output or to `stream`, whatever it is. That a disk is full, or that nobody listens any
    more, is an OSError as with every file."""
    stream = sys.stdout if stream is None else stream
    if stream is None or getattr(stream, "closed", False):
        return
    stream.write(encodable(f"{text}{end}", stream))
    if hasattr(stream, "flush"):
        stream.flush()


def is_terminal(stream: Any) -> bool:
    """Whether a line there can be drawn again in its place."""
    return not getattr(stream, "closed", False) and bool(getattr(stream, "isatty", bool)())
