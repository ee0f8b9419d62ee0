"""`exercises` and `bughunt`: files to work on, hints, and marks, for a learner and for a class."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scratch_ae.cli import arguments
from scratch_ae.consoles import say
from scratch_ae.files import LONGEST, csv_encoding, quoted, rename, safe_names, whole_file

if TYPE_CHECKING:
    from scratch_ae.exercises.process import Course

LISTS = {"exercises": ("curriculum", "EXERCISES"), "bughunt": ("hunt", "BUGS")}
FORMATS = ("table", "csv", "json", "gradescope")


def add_to(commands: Any) -> None:
    """Puts `exercises` and `bughunt` on the command line: the same commands for two lists of tasks."""
    add_list(
        commands,
        "exercises",
        "write the backward passes yourself, and have them marked",
        "Exercises cut from this package's own source: the bodies of its backward passes are yours to write.",
    )
    add_list(
        commands,
        "bughunt",
        "find the mistake in broken files, and have them marked",
        "Files of this package's own code, each with one mistake of a kind that was really made: yours to repair.",
    )


def add_list(commands: Any, name: str, help: str, description: str) -> None:
    """One of the two, with its commands."""
    parser = commands.add_parser(name, help=help, description=description)
    steps = parser.add_subparsers(title="commands", dest="step", metavar="COMMAND", required=True)

    def add(step: str, help: str, run: Callable[[argparse.Namespace], None]) -> Any:
        added = steps.add_parser(step, help=help, description=f"{help[0].upper()}{help[1:]}.")
        added.set_defaults(run=run, list=name)
        return added

    add("list", "name every task, its section of the course document, and its points", run_list)

    step = add("new", "write a file for each task; what is there already is left as it is", run_new)
    step.add_argument("folder", type=arguments.path, metavar="WORK", help="folder to write to, made if need be")

    step = add("hint", "give the next of a task's three hints", run_hint)
    step.add_argument("folder", type=arguments.path, metavar="WORK", help="folder that `new` has written")
    step.add_argument("name", metavar="NAME", help="of the task, as `list` has it")

    step = add("check", "run every file and say which are right, and what is wrong with the others", run_check)
    step.add_argument("folder", type=arguments.path, metavar="WORK", help="folder that `new` has written")
    step.add_argument("names", nargs="*", metavar="NAME", help="of tasks, as `list` has them (default: all)")
    add_limits(step)

    step = add("grade", "mark a class, every file in a process of its own", run_grade)
    step.add_argument(
        "folder", type=arguments.path, metavar="SUBMISSIONS", help="with a folder for each student, or one of them"
    )
    step.add_argument(
        "--format",
        default="table",
        choices=FORMATS,
        metavar="NAME",
        help="table; csv, a row for each student and task, in UTF-8 as Excel reads it; json; or gradescope, the "
        "results.json of one submission or one for each student (default: table)",
    )
    step.add_argument(
        "--output",
        type=arguments.path,
        metavar="PATH",
        help="file to write, or for gradescope and a class the folder (default: the terminal)",
    )
    add_limits(step)


def add_limits(step: Any) -> None:
    step.add_argument(
        "--jobs",
        type=arguments.whole_number,
        default=2,
        metavar="N",
        help="files to run at a time (default: 2)",
    )
    step.add_argument(
        "--time-limit",
        type=arguments.positive,
        default=10.0,
        metavar="S",
        help="seconds that one file may take (default: 10)",
    )


def course(options: argparse.Namespace) -> Course:
    """The list of tasks that the command is about."""
    from scratch_ae.exercises.process import Course

    module, name = LISTS[options.list]
    return Course(f"scratch_ae.exercises.{module}", name)


def run_list(options: argparse.Namespace) -> None:
    from scratch_ae.exercises.formats import in_columns

    tasks = course(options).tasks
    rows = [["name", "points", "section", "title"]]
    rows += [[task.name, f"{task.points:6}", task.section, task.title] for task in tasks]
    say(
        "\n".join(
            in_columns([*rows, ["total", f"{sum(task.points for task in tasks):6}", "", f"{len(tasks)} tasks"]])
        )
    )


def run_new(options: argparse.Namespace) -> None:
    from scratch_ae.exercises import workbook

    written, kept = workbook.new(options.folder, course(options).tasks)
    if kept:
        say(f"Left as they were: {', '.join(kept)}.")
    if written:
        say(
            f"Wrote {len(written)} files to {quoted(options.folder)}, the first is {written[0]}. "
            f"Each opens with what to do."
        )
    say(f"To have them marked: python -m scratch_ae {options.list} check {quoted(options.folder)}")


def run_hint(options: argparse.Namespace) -> None:
    from scratch_ae.exercises import workbook

    say(workbook.hint(options.folder, course(options).tasks, options.name))


def run_check(options: argparse.Namespace) -> None:
    from scratch_ae.exercises import formats, workbook
    from scratch_ae.exercises.process import Limits

    limits = Limits(seconds=options.time_limit)
    marked = workbook.check(options.folder, course(options), options.names, limits, options.jobs)
    say(formats.report([name for name, _ in marked], [mark for _, mark in marked]))
    for name, mark in marked:
        if mark.status == "right" and mark.task.lesson:
            say(f"\n{name}, repaired: {mark.task.lesson}")


def run_grade(options: argparse.Namespace) -> None:
    from scratch_ae.exercises import classroom, formats
    from scratch_ae.exercises.process import Limits

    tasks = course(options)
    single = classroom.submissions(options.folder, tasks.tasks)[1]
    to_folder = options.format == "gradescope" and not single
    check_output(options.output, to_folder)  # before the marking, which takes its time
    graded = classroom.grade(options.folder, tasks, Limits(seconds=options.time_limit), options.jobs)
    if to_folder:
        write_folder(options.output, {s.name: formats.gradescope(graded, s) for s in graded.students})
        say(f"Wrote {len(graded.students)} files to {quoted(options.output)}, one for each student.")
        return
    texts = {"table": formats.table, "csv": formats.as_csv, "json": formats.as_json}
    text = formats.gradescope(graded, graded.students[0]) if single and options.format == "gradescope" else ""
    text = text or texts[options.format](graded)
    if options.output is None:
        say(text, end="")
        return
    encoding = csv_encoding(text) if options.format == "csv" else "utf-8"
    with whole_file(options.output, "w", encoding) as file:
        file.write(text)
    say(f"Wrote {quoted(options.output)}.")


def check_output(output: Path | None, to_folder: bool) -> None:
    """ValueError, if the marks could not be written there."""
    if to_folder and output is None:
        raise ValueError("gradescope makes a file for each student: give --output and a folder that is new or empty.")
    if output is None:
        return
    above = next(path for path in output.absolute().parents if path.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise ValueError(f"--output {output} cannot be written, for {above} is no folder that you may write to.")
    if to_folder and output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise ValueError(f"--output {output} exists and is not an empty folder: give another, or remove it first.")
    if not to_folder and output.is_dir():
        raise ValueError(f"--output {output} is a folder, but one file is to be written: give its name.")


def write_folder(folder: Path, texts: dict[str, str]) -> None:
    """A file for each student, all of them or none: they are written beside `folder`, which they then become."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name[:LONGEST]}.", dir=folder.parent) as beside:
        made = Path(beside) / folder.name
        for name, text in zip(safe_names([*texts]), texts.values(), strict=True):
            with whole_file(made / f"{name}.json", "w") as file:
                file.write(text)
        if folder.exists():
            folder.rmdir()
        rename(made, folder)
