"""Marks as text: for a learner, for a teacher, for a spreadsheet, for a program, for Gradescope."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Sequence
from typing import Any

from scratch_ae.exercises.classroom import Graded, Student
from scratch_ae.exercises.marking import QUIET, Mark

CELLS = {"right": "✓", "wrong": "✗", "does not load": "✗", "outdated": "✗", "not started": "·", "missing": "·"}
"""One character for a table of many; "!" for any other status."""

SHOWN = 3
"""Findings of a file that a learner is told of at once: the others often go away with the first."""


def report(files: Sequence[str], marks: Sequence[Mark]) -> str:
    """For a learner: a row for each file, the total, and then what is wrong: the first few findings of a file."""
    rows = [["", "file", "status", "points"]]
    for name, mark in zip(files, marks, strict=True):
        rows.append([CELLS.get(mark.status, "!"), name, mark.status, f"{mark.points} of {mark.task.points}"])
    right = sum(mark.status == "right" for mark in marks)
    possible = sum(mark.task.points for mark in marks)
    rows.append(
        ["", "total", f"{right} of {len(marks)} right", f"{sum(mark.points for mark in marks)} of {possible}"]
    )
    lines = in_columns(rows)
    for name, mark in zip(files, marks, strict=True):
        if mark.findings and mark.status != "missing":
            lines += ["", f"{name}: {mark.status}", *findings(mark, SHOWN)]
    return "\n".join(lines)


def findings(mark: Mark, most: int | None = None) -> list[str]:
    """What was found, indented, and the beginning of what the file printed, which may explain it."""
    lines = [f"  {line}" for finding in mark.findings[:most] for line in finding.split("\n")]
    more = len(mark.findings[most:]) if most is not None else 0
    if more:
        lines.append(f"  And {more} more, once these are mended.")
    if mark.output.strip():
        lines += ["  It printed:", *[f"  | {line[:110]}" for line in mark.output.strip().split("\n")[:10]]]
    return lines


def table(graded: Graded) -> str:
    """For a teacher: a row for each student, one character for each task, and below it everything that is no honest
    right or wrong. A class of thirty fits on a screen."""
    numbers = [f"{number:02}" for number in range(1, len(graded.tasks) + 1)]
    rows = [
        ["", grouped([number[0] for number in numbers]), ""],
        ["student", grouped([number[1] for number in numbers]), f"of {graded.possible}"],
    ]
    for student in graded.students:
        cells = grouped([CELLS.get(mark.status, "!") for mark in student.marks])
        rows.append([student.name, cells, f"{student.points:>{len(str(graded.possible)) + 3}}"])
    lines = in_columns(rows)
    lines += [
        "",
        "✓ right   ✗ wrong, outdated, or does not load   · not started or missing   ! an incident, told below",
        "",
    ]
    lines += in_columns(
        [
            [number, task.name, f"{right} of {len(graded.students)} right", task.title]
            for number, task, right in zip(numbers, graded.tasks, solved(graded), strict=True)
        ]
    )
    told = [line for student in graded.students for line in incidents(graded, student)]
    lines += ["", "Incidents" if told else "No incidents.", *told]
    return "\n".join(lines) + "\n"


def incidents(graded: Graded, student: Student) -> list[str]:
    """A line for each file that is no honest right or wrong; one line, if it is the same with all of them."""
    said = [f"{mark.status}. {' '.join(mark.findings)}" for mark in student.marks]
    if len(said) > 1 and len(set(said)) == 1 and student.marks[0].status not in QUIET:
        return [f"{student.name}: {said[0]}"]
    return [
        f"{student.name}, {graded.file(mark.task)}: {words}"
        for mark, words in zip(student.marks, said, strict=True)
        if mark.status not in QUIET
    ]


def solved(graded: Graded) -> list[int]:
    """For each task, how many students have it right."""
    return [sum(student.marks[i].status == "right" for student in graded.students) for i in range(len(graded.tasks))]


def grouped(cells: Sequence[str]) -> str:
    """Five and five, so that the eye finds its column."""
    return " ".join("".join(cells[i : i + 5]) for i in range(0, len(cells), 5))


def as_csv(graded: Graded) -> str:
    """For a spreadsheet: a row for each student and task. No cell begins like a formula, for a student may be called
    =1+1 and the spreadsheet would compute it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", "task", "file", "status", "points", "possible", "findings"])
    for student in graded.students:
        for mark in student.marks:
            words = [student.name, mark.task.name, graded.file(mark.task), mark.status]
            row = [*map(no_formula, words), mark.points, mark.task.points, no_formula(" ".join(mark.findings))]
            writer.writerow(row)
    return text.getvalue()


def no_formula(text: str) -> str:
    """`text`, with an apostrophe before what a spreadsheet would take for the beginning of a formula."""
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else text


def as_json(graded: Graded) -> str:
    """For a program: everything that is known."""
    students = [
        {
            "name": student.name,
            "points": student.points,
            "possible": graded.possible,
            "tasks": [
                {
                    "task": mark.task.name,
                    "file": graded.file(mark.task),
                    "status": mark.status,
                    "points": mark.points,
                    "possible": mark.task.points,
                    "findings": list(mark.findings),
                    "output": mark.output,
                    "seconds": round(mark.seconds, 3),
                }
                for mark in student.marks
            ],
        }
        for student in graded.students
    ]
    return (
        json.dumps({"students": students, "seconds": round(graded.seconds, 3)}, indent=2, ensure_ascii=False) + "\n"
    )


def gradescope(graded: Graded, student: Student) -> str:
    """The results.json of one submission, as Gradescope's autograder reads it.

    Source: Gradescope's autograder specifications, "Output format". What a student's
    file prints stands in its test's output; the marker's own output stays hidden.
    """
    unusual = sum(mark.status not in QUIET for mark in student.marks)
    right = sum(mark.status == "right" for mark in student.marks)
    said = f"{right} of {len(student.marks)} files are right: {student.points} of {graded.possible} points."
    if unusual:
        said += f" {unusual} could not be marked as others are: see there."
    tests: list[dict[str, Any]] = [
        {
            "name": f"{mark.task.name}: {mark.task.title}",
            "number": str(number),
            "score": mark.points,
            "max_score": mark.task.points,
            "status": "passed" if mark.status == "right" else "failed",
            "output": "\n".join([f"{graded.file(mark.task)}: {mark.status}", *findings(mark)]),
            "output_format": "text",
            "visibility": "visible",
        }
        for number, mark in enumerate(student.marks, start=1)
    ]
    results = {
        "score": student.points,
        "execution_time": round(sum(mark.seconds for mark in student.marks), 3),
        "output": said,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    return json.dumps(results, indent=2, ensure_ascii=False) + "\n"


def in_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines in which every column is as wide as its widest cell."""
    widths = [max(width(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(text + " " * (wide - width(text)) for text, wide in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def width(text: str) -> int:
    """How many columns of a terminal the text takes: a Chinese character two."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)
