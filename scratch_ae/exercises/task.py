"""What a task is: a file to work on, cut out of the library's own source, and the trials its classes are put to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from scratch_ae.arrays import FloatArray

Names = Mapping[str, Any]
"""The classes and functions of a file by name: a submitted one's, or the library's own."""

Results = Mapping[str, FloatArray]
"""What a file's classes computed in a trial, by name. Only arrays of numbers: they come from another process."""


class Trial(Protocol):
    """A question put to the classes of a file. It is run where the file is, and judged where the marker is, so that
    nothing in the file can reach the judge but the numbers it returns."""

    @property
    def title(self) -> str:
        """What is asked, in a few words."""
        ...

    def run(self, names: Names) -> dict[str, FloatArray]:
        """In the file's process: makes its classes compute, at inputs that are the same every time."""
        ...

    def judge(self, results: Results) -> list[str]:
        """In the marker's process: a sentence for everything wrong with these results, none if they are right.
        Results may be anything a hostile file can send: missing, misshapen, NaN."""
        ...


@dataclass(frozen=True)
class Part:
    """A piece of the library's source that the file of a task contains.

    module    "nn.activations": the module it is taken from
    keep      the top-level classes and functions that stand in the file; what else they use of the module, the file
              imports from it
    methods   of a long class: only these stand in the file, in a class of the same name that inherits the others
    blanks    "Sigmoid.derivative": the bodies taken out for the learner to write
    mistakes  (right, wrong): lines of the source replaced, for the learner to find; each `right` occurs once
    """

    module: str
    keep: Sequence[str]
    methods: Sequence[str] = ()
    blanks: Sequence[str] = ()
    mistakes: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Task:
    """One exercise, or one file of the bug hunt.

    name      as on the command line and in the file's name: "dense"
    title     one line: what is to be written, or what the file claims to do
    section   of the course document: "自编码器"
    points    what a right file gets; nothing is given for half of one
    goal      what to do, in two to five sentences, put at the top of the file
    hints     three, each saying more than the one before
    lesson    bug hunt: where the mistake was made in public, and what it teaches; shown when it is repaired
    """

    name: str
    title: str
    section: str
    points: int
    goal: str
    hints: tuple[str, str, str]
    parts: tuple[Part, ...]
    trials: tuple[Trial, ...]
    lesson: str = field(default="")

    @property
    def command(self) -> str:
        """What it is reached by: `python -m scratch_ae exercises`, or `bughunt`."""
        return "bughunt" if any(part.mistakes for part in self.parts) else "exercises"
