"""What the trials found, told once: one mistake shows in many trials, and is one thing to mend."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from scratch_ae.exercises.task import Trial
from scratch_ae.gradient_check.diagnosis import UNKNOWN


class Misshapen(ValueError):
    """A method of a file returned what no number can be computed from. Its message says so, in whole sentences."""


class Found(NamedTuple):
    """What a trial says (`said`, the same in every trial that says it), how that reads if it is the only one, and
    whether the trial goes beyond what others ask at ordinary numbers."""

    said: str
    alone: str
    beyond: bool = False


def by_exception(sentence: str, trial: Trial | None) -> Found:
    """An exception of a trial; of none, if the file could not even be loaded."""
    return Found(sentence, with_words(sentence, f"in the trial: {trial.title}") if trial else sentence)


def by_numbers(trial: Trial, sentences: Iterable[str]) -> list[Found]:
    """A trial's verdict. Its title is not part of what is said, nor are its own numbers, which follow in the next
    line."""
    beyond = getattr(trial, "beyond", False)
    return [Found(each.split("\n")[0].removeprefix(f"{trial.title}: "), each, beyond) for each in sentences]


def told_once(found: Iterable[Found]) -> tuple[str, ...]:
    """A finding for all trials that say the same."""
    trials: dict[str, list[str]] = {}
    for said, alone, _ in found:
        trials.setdefault(said, []).append(alone)
    return tuple(alone[0] if len(alone) == 1 else in_trials(said, alone) for said, alone in trials.items())


def in_trials(said: str, alone: list[str]) -> str:
    """What is said, in how many trials, and the numbers of the first of them."""
    return "\n".join([with_words(said, f"in {len(alone)} trials"), *alone[0].split("\n")[1:]])


def worth_telling(found: Iterable[Found]) -> list[Found]:
    """Where ordinary numbers are wrong already, that those far out are is no news; and where one trial names a cause,
    that others cannot is none either: its error has passed through other arrays."""
    found = list(found)
    found = [each for each in found if not each.beyond] or found
    return [each for each in found if UNKNOWN not in each.said] or found


def with_words(sentence: str, words: str) -> str:
    """The words in brackets at the end of the sentence, before its full stop."""
    return f"{sentence[:-1]} ({words})." if sentence.endswith(".") else f"{sentence} ({words})"


def exception_told(kind: str, message: str) -> str:
    """An exception in a sentence. NumPy speaks of objects where a None came out of a method and was reckoned with,
    and of what is read-only where something was written to that is not the method's to change."""
    if kind == Misshapen.__name__:
        return message
    sentence = f"{kind}: {message}".rstrip(": .") + "."
    if "read-only" in message:
        sentence += " What a method is given, and what forward has kept, it has to leave as it is: make a new array."
    if "NoneType" in message or "dtype('O')" in message:
        sentence += " Does a method return nothing: is a `return` missing?"
    return sentence
