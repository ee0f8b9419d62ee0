"""A class: one folder a student, every file marked, none able to spoil another."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scratch_ae.exercises.marking import Mark, Submitted, file_name, holds_none, mark_all, plain, submitted
from scratch_ae.exercises.process import Course, Limits
from scratch_ae.exercises.task import Task


@dataclass(frozen=True)
class Student:
    """A submission: the name of its folder, and a mark for every task, in their order."""

    name: str
    marks: tuple[Mark, ...]

    @property
    def points(self) -> int:
        return sum(mark.points for mark in self.marks)


@dataclass(frozen=True)
class Graded:
    """A class's marks. `single`: the folder given was itself one submission."""

    tasks: tuple[Task, ...]
    students: tuple[Student, ...]
    single: bool
    seconds: float

    @property
    def possible(self) -> int:
        return sum(task.points for task in self.tasks)

    def file(self, task: Task) -> str:
        return file_name(self.tasks, task)


def grade(folder: Path, course: Course, limits: Limits | None = None, jobs: int = 2) -> Graded:
    """Marks every submission in `folder`, or `folder` itself if the tasks' files stand in it.

    All files are read before the first one is run, so that no submission can change another, or see how it is done.
    """
    start, tasks = time.monotonic(), course.tasks
    folders, single = submissions(folder, tasks)
    files = [file for student in folders for file in read(student, folder, tasks)]
    marks = mark_all(course, files, limits, jobs)
    n = len(tasks)
    names = told_apart([readable(student) for student in folders])
    students = [Student(name, tuple(marks[i * n : (i + 1) * n])) for i, name in enumerate(names)]
    return Graded(tasks, tuple(students), single, time.monotonic() - start)


def submissions(folder: Path, tasks: Sequence[Task]) -> tuple[list[Path], bool]:
    """The students' folders by name, and whether there is only the one given. Hidden folders, and such as
    __MACOSX, are nobody's."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder: give the one that holds a folder for every student.")
    names = {file_name(tasks, task) for task in tasks}
    inside = sorted(folder.iterdir())
    if any(path.name in names for path in inside):
        return [folder], True
    students = [path for path in inside if is_folder(path)]
    if not students:
        raise ValueError(
            f"{folder} holds no submissions: a folder for every student is expected, with files such as "
            f"{file_name(tasks, tasks[0])} in it."
        )
    return students, False


def is_folder(path: Path) -> bool:
    """Whether a person may have made it: zip and the system make hidden ones, and __MACOSX."""
    return os.path.isdir(path) and not path.name.startswith((".", "__"))


def read(student: Path, folder: Path, tasks: Sequence[Task]) -> list[Submitted]:
    """Every file of a submission, in memory."""
    names = [file_name(tasks, task) for task in tasks]
    if student != folder and student.is_symlink():
        problem = f"{plain(student.name)} is a link to another folder, and is not followed."
    else:
        student = unpacked(student, names)
        problem = holds_none(student, names)
    if problem:
        return [Submitted(task, name, "", "unreadable", problem) for task, name in zip(tasks, names, strict=True)]
    return [submitted(student, task, name) for task, name in zip(tasks, names, strict=True)]


def unpacked(student: Path, names: Sequence[str]) -> Path:
    """Where the files are: an archive often unpacks to one folder inside of the student's."""
    if not holds_none(student, names):
        return student
    inside = [path for path in student.iterdir() if is_folder(path) and not path.is_symlink()]
    holding = [path for path in inside if not holds_none(path, names)]
    return holding[0] if len(holding) == 1 else student


def told_apart(names: Sequence[str]) -> list[str]:
    """The names, of which no two are the same: a second "ann" is "ann (2)"."""
    apart: list[str] = []
    for name in names:
        number, free = 1, name
        while free in apart or (number > 1 and free in names):
            number += 1
            free = f"{name} ({number})"
        apart.append(free)
    return apart


def readable(folder: Path) -> str:
    """The name of a folder, printable whatever it is."""
    name = folder.resolve().name if folder.name in ("", "..") else folder.name
    return plain(name.encode("utf-8", "replace").decode("utf-8")).replace("\n", "?")
