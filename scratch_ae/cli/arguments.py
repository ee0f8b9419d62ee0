"""How the command line reads words: errors are one sentence, without usage or traceback."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any, NoReturn

from scratch_ae import checks
from scratch_ae.consoles import say
from scratch_ae.files import place


class OneLineParser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one sentence, and where to read on."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help).\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        """Through which argparse writes all that it writes."""
        if file is not None:
            say(message, end="", stream=file)


def path(text: str) -> Path:
    """A path, with ~ for the user's folder."""
    try:
        return place(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None


def whole_number(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def seed(text: str) -> int:
    """A whole number of at least 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def positive(text: str) -> float:
    """A number above 0."""
    try:
        return checks.number("", float(text), above=0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0") from None


def not_negative(text: str) -> float:
    """A number of at least 0."""
    try:
        return checks.number("", float(text), at_least=0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 0") from None


def sizes(text: str) -> list[int]:
    """ "784-300-150" → [784, 300, 150]; commas do as well."""
    if not re.fullmatch(r"\d+([-,]\d+)+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of sizes such as 784-300-150")
    try:
        return checks.layer_sizes("sizes", [int(size) for size in re.split("[-,]", text)])
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def share(text: str) -> float:
    """A number between 0 and 1, neither of them."""
    try:
        return checks.number("", float(text), above=0, below=1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number between 0 and 1") from None
