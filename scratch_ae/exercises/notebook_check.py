"""An exercise done in a notebook's cell, or in any Python session: its class is checked where it was written.

Here nothing is kept apart, as it is when a class is graded: who checks his own work has nobody to deceive. But what
is not handed in, the trials take from the library, so that all has to be there before anything is said to be right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from scratch_ae import checks
from scratch_ae.consoles import say
from scratch_ae.exercises.curriculum import EXERCISES
from scratch_ae.exercises.feedback import Found, by_exception, by_numbers, exception_told, told_once, worth_telling
from scratch_ae.exercises.hunt import BUGS
from scratch_ae.exercises.older_versions import used_by_classes, what_to_use_instead
from scratch_ae.exercises.source import own, skeleton
from scratch_ae.exercises.task import Names, Task
from scratch_ae.exercises.trials import library_names


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
        lines = [f"  - {finding}".replace("\n", "\n    ") for finding in self.findings]
        return "\n".join([f"{self.task.name}: not right yet.", *lines])


def check(*written: Any, task: str | None = None) -> Checked:
    """Puts classes (or functions) to the trials of an exercise or of a file of the bug hunt.

    written   every class of the exercise, under its name there, or with My in front: Dense or MyDense; a class that
              inherits from the library's of that name will do as well
    task      the exercise's name; found by the names of the classes unless given

    TypeError if nothing was given, or what is no class; ValueError if it belongs to no exercise, or is not all of it.

    >>> check(MyDense)
    dense: right, 5 points.
    """
    if not written:
        raise TypeError("check() was given nothing: hand it the class that you have written, check(MyDense).")
    for thing in written:
        if not isinstance(thing, (type, FunctionType)):
            raise TypeError(f"check() was given {thing!r:.60}: give the class, not an object of it, check(MyDense).")
    names = {known_as(thing): thing for thing in written}
    asked = named(task) if task else wanting(names, written)
    missing = [name for name in asked_of(asked) if name not in names]
    if missing:
        all_of_it = ", ".join(f"My{name}" if name[0].isupper() else name for name in asked_of(asked))
        raise ValueError(f"{asked.name} is not all there without {', '.join(missing)}: hand in check({all_of_it}).")
    found = unwritten(asked, names) or findings(asked, names)
    instead = what_to_use_instead(asked, used_by_classes(written)) if found else ""
    return Checked(asked, (instead,) if instead else found)


def show(task: str) -> None:
    """Prints the file of an exercise, or of the bug hunt, to copy into a cell."""
    say(skeleton(named(task)))


def hint(task: str, number: int = 1) -> str:
    """The first, second or third hint to an exercise; ValueError for any other number."""
    checks.number("number", number, at_least=1, at_most=3)
    return named(task).hints[checks.whole("number", number, at_least=1) - 1]


def named(name: str) -> Task:
    """The task called so; ValueError that lists the names for any other."""
    tasks = {task.name: task for task in (*EXERCISES, *BUGS)}
    return tasks[checks.choice("task", name, tasks)]


def known_as(thing: Any) -> str:
    """The name under which the library knows a class: its own, without My, before those that it inherits from. One
    that the library does not know keeps its own."""
    own, *inherited = [kind.__name__.removeprefix("My") for kind in getattr(thing, "__mro__", (thing,))]
    return next((name for name in (own, *inherited) if name in library_names()), own)


def wanting(names: Names, written: tuple[Any, ...]) -> Task:
    """The first exercise that asks for all of these."""
    for task in EXERCISES:
        if names.keys() <= set(asked_of(task)):
            return task
    given = ", ".join(thing.__name__ for thing in written)
    some = dict.fromkeys(name for task in EXERCISES for name in asked_of(task))
    raise ValueError(
        f"No exercise asks for {given}: say which one it is, task=…, or name it as the exercise does. Asked for are "
        f"{', '.join(some)}."
    )


def asked_of(task: Task) -> list[str]:
    """The names that have to be handed in: the classes of the file, and the functions that may be what is wrong."""
    blanks = {blank for part in task.parts for blank in part.blanks}
    kept = [name for part in task.parts for name in part.keep]
    return [name for name in kept if not blanks or name in blanks or isinstance(library_names()[name], type)]


def unwritten(task: Task, names: Names) -> tuple[str, ...]:
    """A sentence for each blank that is answered by the library, or by nothing."""
    return tuple(
        f"{blank} is not written: is its name misspelt?"
        for part in task.parts
        for blank in own(part)
        if (getattr(behind(blank, names), "__module__", None) or "scratch_ae.").startswith("scratch_ae.")
    )


def behind(blank: str, names: Mapping[str, Any]) -> Any:
    """The method, or function, that was handed in for a blank; None, if there is none."""
    owner, _, method = blank.partition(".")
    return getattr(names[owner], method, None) if method else names[owner]


def findings(task: Task, names: Names) -> tuple[str, ...]:
    """What the trials find."""
    failed: list[Found] = []
    found: list[Found] = []
    for trial in task.trials:
        try:
            found += by_numbers(trial, trial.judge(trial.run(names)))
        except NotImplementedError as error:
            failed.append(by_exception(f"There is a body still to be written. {error}".strip(), trial))
        except Exception as error:
            failed.append(by_exception(exception_told(type(error).__name__, str(error)), trial))
    return told_once([*failed, *worth_telling(found)])
