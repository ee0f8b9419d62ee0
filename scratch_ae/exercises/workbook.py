"""A learner's folder: a file for each task, and a note of the hints already given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from scratch_ae import checks
from scratch_ae.exercises.marking import Mark, file_name, holds_none, mark_all, submitted
from scratch_ae.exercises.process import Course, Limits
from scratch_ae.exercises.source import skeleton
from scratch_ae.exercises.task import Task
from scratch_ae.files import whole_file

HINTS = "hints.json"


def new(folder: Path, tasks: Sequence[Task]) -> tuple[list[str], list[str]]:
    """Writes a file for each task and returns their names: those written, and those that were there already and have
    been left as they were."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file: name a folder, new or not, for the tasks' files.")
    written, kept = [], []
    for task in tasks:
        name = file_name(tasks, task)
        if (folder / name).exists() or (folder / name).is_symlink():
            kept.append(name)
            continue
        with whole_file(folder / name, "w") as file:
            file.write(skeleton(task))
        written.append(name)
    return written, kept


def hint(folder: Path, tasks: Sequence[Task], name: str) -> str:
    """The next hint to a task, after those given already. After the third there is no other."""
    task = find(tasks, name)
    given = hints_given(existing(folder))
    already = given.get(task.name, 0)
    if already < 3:
        with whole_file(folder / HINTS, "w") as file:
            json.dump({**given, task.name: already + 1}, file, indent=2)
    hints = [f"{task.name}, hint {i + 1} of 3: {hint}" for i, hint in enumerate(task.hints[: already + 1])]
    last = " It is the last: there is no other." if already >= 3 else ""
    return "\n".join(hints) + last


def hints_given(folder: Path) -> dict[str, int]:
    """How many hints each task has been given, from the folder's note; none, if there is no note or it is damaged."""
    try:
        note = json.loads((folder / HINTS).read_text(encoding="utf-8"))
        return {str(name): max(int(count), 0) for name, count in note.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def check(
    folder: Path, course: Course, names: Sequence[str] | None = None, limits: Limits | None = None, jobs: int = 2
) -> list[tuple[str, Mark]]:
    """The name and the mark of every file of the folder, or of those asked for by their task's name."""
    tasks = course.tasks
    chosen = [find(tasks, name) for name in names] if names else tasks
    nothing = holds_none(existing(folder), [file_name(tasks, task) for task in tasks])
    if nothing:
        raise ValueError(f"{folder}: {nothing}")
    files = [submitted(folder, task, file_name(tasks, task)) for task in chosen]
    return [(file.name, mark) for file, mark in zip(files, mark_all(course, files, limits, jobs), strict=True)]


def existing(folder: Path) -> Path:
    """`folder`, if it is one."""
    if folder.is_file():
        name = folder.stem.lstrip("0123456789_")
        raise ValueError(
            f"{folder} is a file: give the folder, then the task's name: `check {folder.parent} {name}`."
        )
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder: make one with `new {folder}` first.")
    return folder


def find(tasks: Sequence[Task], name: str) -> Task:
    """The task called so: "tied-weights", "tied_weights", "02_tied_weights" or "02_tied_weights.py"."""
    asked = name.removesuffix(".py").replace("-", "_")
    by_name = {task.name.replace("-", "_"): task for task in tasks}
    by_name |= {file_name(tasks, task).removesuffix(".py"): task for task in tasks}
    if asked not in by_name:
        checks.choice("NAME", name, [task.name for task in tasks])
    return by_name[asked]
