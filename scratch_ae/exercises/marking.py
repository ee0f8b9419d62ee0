"""From a submitted file to a mark: run it elsewhere, judge its numbers here, say in plain words what is wrong."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scratch_ae.exercises.feedback import Found, by_exception, by_numbers, exception_told, told_once, worth_telling
from scratch_ae.exercises.older_versions import what_to_use_instead
from scratch_ae.exercises.process import Course, File, Limits, run_all
from scratch_ae.exercises.run_outcome import Failure, RunOutcome
from scratch_ae.exercises.source import skeleton
from scratch_ae.exercises.task import Task, Trial

LARGEST = 1 << 18
"""Bytes of a submitted file; the largest task's file has a tenth of it."""

QUIET = ("right", "wrong", "not started", "missing", "does not load", "outdated")
"""What may come of honest work. Any other status is an incident, for the teacher to look at."""

SIGNALS = {
    "signal 6": "Python was aborted.",
    "signal 9": "Its process was killed, by itself or by the system.",
    "signal 11": "Python ended with a segmentation fault.",
}

MOST_TOLD = 1000
"""Characters of a finding that a file may have had a hand in."""


@dataclass(frozen=True)
class Submitted:
    """What stands in the place of a task's file: its text, or why there is none that could be run."""

    task: Task
    name: str
    text: str = ""
    status: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Mark:
    """What a file gets.

    status    "right", "wrong", "not started", "missing", "does not load", "outdated" (made for an older version);
              "unreadable", "crashed", "too slow", "too much memory", "too much output", "tampered"
    findings  a sentence for each thing that is wrong
    output    the beginning of what the file printed
    seconds   that running it took
    """

    task: Task
    status: str
    findings: tuple[str, ...] = ()
    output: str = ""
    seconds: float = 0.0

    @property
    def points(self) -> int:
        """All or none: half of a gradient is no gradient."""
        return self.task.points if self.status == "right" else 0


def file_name(tasks: Sequence[Task], task: Task) -> str:
    """ "07_dense.py": the tasks in their order, each by a name that Python can import."""
    return f"{tasks.index(task) + 1:02}_{task.name.replace('-', '_')}.py"


def holds_none(folder: Path, names: Sequence[str]) -> str:
    """A sentence that says what is in the folder, if none of these files is; "" otherwise."""
    if any(os.path.lexists(folder / name) for name in names):
        return ""
    try:
        inside = sorted(plain(path.name) for path in folder.iterdir())
    except OSError:
        return ""  # that it cannot be read is said of each of its files
    more = ", …" if len(inside) > 8 else ""
    return f"No file of the tasks ({names[0]} and so on); it holds: {', '.join(inside[:8]) or 'nothing'}{more}."


def submitted(folder: Path, task: Task, name: str) -> Submitted:
    """Reads the file of a task. Whatever stands in its place, a link that leads out of the folder, a folder, a pipe,
    costs this task only."""
    path = folder / name
    try:
        inside = path.resolve(strict=True).is_relative_to(folder.resolve())
        if not inside:
            return Submitted(task, name, "", "unreadable", f"{name} is a link that leads out of its folder.")
        if not path.is_file():
            return Submitted(task, name, "", "unreadable", f"{name} is not a file.")
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            return Submitted(task, name, "", "unreadable", f"{name} is larger than {LARGEST:,} bytes.")
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        return Submitted(task, name, "", "missing", f"There is no {name}.")
    except UnicodeDecodeError:
        return Submitted(task, name, "", "unreadable", f"{name} is not text in UTF-8.")
    except (OSError, RuntimeError) as error:  # a link that leads to itself is the one or the other
        reason = getattr(error, "strerror", None) or "its links go round in a circle"
        return Submitted(task, name, "", "unreadable", f"{name} could not be read: {reason}.")
    if "\0" in text:
        return Submitted(task, name, "", "unreadable", f"{name} holds null bytes: it is no Python.")
    return Submitted(task, name, text)


def mark_all(course: Course, files: Sequence[Submitted], limits: Limits | None = None, jobs: int = 2) -> list[Mark]:
    """A mark for every file, in the order given. Only what differs from the skeleton is run."""
    blank = {task.name: skeleton(task).strip() for task in course.tasks}
    started = [file for file in files if not file.status and file.text.strip() != blank[file.task.name]]
    limits = limits or Limits()
    outcomes = run_all(course, [File(file.task, file.name, file.text) for file in started], limits, jobs)
    marks = {id(file): mark(file.task, outcome, limits) for file, outcome in zip(started, outcomes, strict=True)}
    return [marks.get(id(file)) or unstarted(file) for file in files]


def unstarted(file: Submitted) -> Mark:
    """The mark of a file that was not run."""
    return Mark(file.task, file.status or "not started", (file.problem,) if file.problem else ())


def mark(task: Task, outcome: RunOutcome, limits: Limits) -> Mark:
    """What came of running a file, as a mark. Tampering weighs more than right numbers."""
    status, findings = ended(outcome, limits)
    if not status:
        status, findings = judged(task, outcome)
        if instead := of_older_version(task, outcome, status):
            status, findings = "outdated", (instead,)
    if outcome.tampering:
        status, findings = "tampered", (*(plain(what)[:MOST_TOLD] for what in outcome.tampering), *findings)
    return Mark(task, status, findings, plain(outcome.output), outcome.seconds)


def ended(outcome: RunOutcome, limits: Limits) -> tuple[str, tuple[str, ...]]:
    """Status and finding of a file whose process did not come to its proper end; an empty status for one that did."""
    end = outcome.end
    if end == "done":
        return "", ()
    if end == "slow":
        return "too slow", (f"It did not end within {limits.seconds:g} s, and was ended.",)
    if end == "noisy":
        return "too much output", (f"It printed more than {limits.output:,} bytes, and was ended.",)
    if end == "silent":
        return "crashed", ("Its process ended before the trials were over, without an exception.",)
    if end == "gone":
        return "tampered", ("It ended the process that watches it.",)
    if end == "malformed":
        return "tampered", ("It wrote something of its own where the results of the trials belong.",)
    return "crashed", (SIGNALS.get(end, f"Its process ended with {end}."),)


def judged(task: Task, outcome: RunOutcome) -> tuple[str, tuple[str, ...]]:
    """Status and findings from the numbers of every trial, and from the exceptions where there are none."""
    failures = [by_exception(told(failure), trial_of(failure, task)) for failure in outcome.failures]
    too_much = ["MemoryError" in failure.kinds for failure in outcome.failures]
    if any(too_much):
        return "too much memory", (failures[too_much.index(True)].alone,)
    untouched = ["NotImplementedError" in failure.kinds for failure in outcome.failures]
    failed = {failure.trial for failure in outcome.failures}
    found: list[Found] = []
    passed = 0
    for number, trial in enumerate(task.trials):
        if not failed & {number, None}:
            sentences = verdict(trial, outcome, number)
            found += by_numbers(trial, sentences)
            passed += not sentences
    findings = told_once([*failures, *worth_telling(found)])
    if passed == len(task.trials) and not findings:
        return "right", ()
    if failures and all(untouched) and not found and not passed:
        return "not started", findings
    if any(is_slip(failure) for failure in outcome.failures):
        return "does not load", findings
    return "crashed" if any(is_crash(failure) for failure in outcome.failures) else "wrong", findings


def of_older_version(task: Task, outcome: RunOutcome, status: str) -> str:
    """What to use instead, if a file that is not right was made for an older version; "" for any other. An incident
    stays one, except for names that were not found when the file was loaded: that is how such a file crashes."""
    not_found = [
        failure
        for failure in outcome.failures
        if failure.trial is None and {"ImportError", "AttributeError"} & {*failure.kinds}
    ]
    if status == "right" or (status not in QUIET and not not_found):
        return ""
    import_errors = [failure.message for failure in not_found if "ImportError" in failure.kinds]
    return what_to_use_instead(task, outcome.used, *import_errors[:1])


def trial_of(failure: Failure, task: Task) -> Trial | None:
    """The trial that the exception ended; None, if it was loading the file, or a trial that there is not."""
    number = failure.trial
    return task.trials[number] if number is not None and 0 <= number < len(task.trials) else None


def is_slip(failure: Failure) -> bool:
    """Whether the file could not be loaded for a slip of the pen: a bracket, an indent, a name."""
    return failure.trial is None and bool({"SyntaxError", "NameError"} & {*failure.kinds})


def is_crash(failure: Failure) -> bool:
    """Whether the file could not be loaded, or wanted to end Python. An exception in a trial is a wrong answer."""
    return "Exception" not in failure.kinds or (failure.trial is None and "Absent" not in failure.kinds)


def verdict(trial: Trial, outcome: RunOutcome, number: int) -> list[str]:
    """What the trial says to the numbers. That they make the judge itself stumble is a finding like any other."""
    try:
        with np.errstate(all="ignore"):
            return [str(sentence) for sentence in trial.judge(outcome.results.get(number, {}))]
    except Exception as error:
        return [f"{trial.title}: the results are not of the form that is expected ({type(error).__name__}: {error})."]


def told(failure: Failure) -> str:
    """An exception in a sentence."""
    kind = failure.kinds[0] if failure.kinds else "an exception"
    where = f"Line {failure.line}: " if failure.line else ""
    if kind == "Absent":
        return plain(failure.message)
    if kind == "NotImplementedError":
        return f"{where}this body is still to be written."
    if kind == "SystemExit":
        return f"{where}it calls exit, which a file of a task has no need of."
    return plain(f"{where}{exception_told(kind, failure.message)}")


def plain(text: str) -> str:
    """What a submission has printed or named, without what would move a terminal's cursor or colour its lines."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)
