"""An exercise done in a notebook's cell, or in any Python session: its class is checked where it was written.

Here nothing is kept apart, as it is when a class is graded: who checks his own work has nobody to deceive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scratch_ae import checks
from scratch_ae.exercises.curriculum import EXERCISES
from scratch_ae.exercises.hunt import BUGS
from scratch_ae.exercises.source import skeleton
from scratch_ae.exercises.task import Task


@dataclass(frozen=True)
class Checked:
    """What came of a check. `print` it, or let the notebook show it."""

    task: Task
    findings: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.findings

    def __repr__(self) -> str:
        if self.ok:
            return f"{self.task.name}: right, {self.task.points} points. {self.task.lesson}".strip()
        return "\n".join([f"{self.task.name}: not right yet.", *(f"  - {finding}" for finding in self.findings)])


def check(*written: Any, task: str | None = None) -> Checked:
    """Puts classes (or functions) to the trials of an exercise or of a file of the bug hunt.

    written   what was written, under its name in the exercise, or with My in front: Dense or MyDense; a class that
              inherits from the library's of that name will do as well
    task      the exercise's name; found by the names of the classes unless given

    TypeError if nothing was given, ValueError if it belongs to no exercise.

    >>> check(MyDense)
    dense: right, 6 points.
    """
    if not written:
        raise TypeError("check() was given nothing: hand it the class that you have written, check(MyDense).")
    asked = named(task) if task else wanting(written)
    names = {known: thing for thing in written for known in names_in(asked) & aliases(thing)}
    findings: list[str] = []
    for trial in asked.trials:
        try:
            findings += trial.judge(trial.run(names))
        except NotImplementedError as error:
            findings.append(f"{trial.title}: there is a body still to be written. {error}".strip())
        except Exception as error:
            findings.append(f"{trial.title}: {type(error).__name__}: {error}")
    return Checked(asked, tuple(dict.fromkeys(findings)))


def show(task: str) -> None:
    """Prints the file of an exercise, or of the bug hunt, to copy into a cell."""
    print(skeleton(named(task)))


def hint(task: str, number: int = 1) -> str:
    """The first, second or third hint to an exercise; ValueError for any other number."""
    checks.number("number", number, at_least=1, at_most=3)
    return named(task).hints[checks.whole("number", number, at_least=1) - 1]


def named(name: str) -> Task:
    """The task called so; ValueError that lists the names for any other."""
    tasks = {task.name: task for task in (*EXERCISES, *BUGS)}
    return tasks[checks.choice("task", name, tasks)]


def wanting(written: tuple[Any, ...]) -> Task:
    """The first exercise that has blanks in all of these."""
    for task in EXERCISES:
        if all(names_in(task) & aliases(thing) for thing in written):
            return task
    given = ", ".join(getattr(thing, "__name__", repr(thing)) for thing in written)
    raise ValueError(f"{given} is in no exercise: name it as the exercise does, or say which one it is, task=…")


def names_in(task: Task) -> set[str]:
    """The classes and functions that have something to be written or repaired."""
    blanks = {blank.partition(".")[0] for part in task.parts for blank in part.blanks}
    return blanks or {name for part in task.parts for name in part.keep}


def aliases(thing: Any) -> set[str]:
    """The names under which the exercise may know a class: its own, without My, and those it inherits from."""
    classes = getattr(thing, "__mro__", (thing,))
    return {getattr(kind, "__name__", "").removeprefix("My") for kind in classes}
