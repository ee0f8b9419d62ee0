"""Submitted files, each run in a process of its own: nothing it does there reaches the marker but numbers.

A file is loaded and its classes are put to the trials in another process (`submission_runner.py`), which hands back
arrays; they are judged here, by code that the file cannot touch. A file that replaces the checker, prints, exits or
writes results of its own gains nothing by it: what counts is whether the numbers are right.

How a file is kept in its place:

- It sees a private copy of this package, its own text, and an empty folder. After each run the copy and this
  package are compared with what they were; what was changed is restored, and the file that did it is named.
- A limit of wall-clock time, after which it is killed with all the processes it has started; limits of processor
  time, memory, file size and processes where the system has them. On Windows only the wall clock holds.
- Its output is cut, its report bounded. A report that is not what was asked for is a finding, never an error here.

What this does not do: it is no sandbox. A file runs as the user who marks, and can read what that user can read, the
other submissions too if it guesses where they are, and end that user's processes. Who fears that, marks in a
container.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from scratch_ae.exercises.package_guard import PACKAGE, Guard, content, remove
from scratch_ae.exercises.run_outcome import RunOutcome, understood
from scratch_ae.exercises.submission_runner import FORKS, READY, REPORT_LIMIT
from scratch_ae.exercises.task import Task

START_SECONDS = 60.0
"""How long a helper may take to import NumPy and the tasks, on a busy machine."""

SPARE_SECONDS = 5.0
"""How long a helper may take, beyond the limit of the file, to end it and to answer."""

START = """\
import json, sys
first, last, module, name = json.loads(sys.argv[1])
sys.path[:0], sys.path[len(sys.path):] = first, last
from scratch_ae.exercises.submission_runner import serve
serve(module, name)
"""


@dataclass(frozen=True)
class Course:
    """A list of tasks, by the name under which another process finds it too. `folder` is where to look for a module
    that is none of this package's."""

    module: str
    name: str
    folder: str = ""

    @property
    def tasks(self) -> tuple[Task, ...]:
        return tuple(getattr(importlib.import_module(self.module), self.name))


@dataclass(frozen=True)
class Limits:
    """What a file may use: seconds on the clock, bytes of memory, bytes of output."""

    seconds: float = 10.0
    memory: int = 1 << 29
    output: int = 1 << 20


@dataclass(frozen=True)
class File:
    """A submitted file, in memory: what another submission does to the disk cannot reach it."""

    task: Task
    name: str
    text: str


def run_all(
    course: Course, files: Sequence[File], limits: Limits | None = None, jobs: int = 2, forks: bool = FORKS
) -> list[RunOutcome]:
    """Runs every file, `jobs` at a time, and returns what came of each, in the order given.

    When this package was changed while two files ran, either may have done it: both run again, each alone.
    """
    limits, guard = limits or Limits(), Guard()
    outcomes = in_parallel(course, files, limits, jobs, forks, guard)
    disputed = [i for i, outcome in enumerate(outcomes) if outcome.disputed]
    for i in disputed:
        outcomes[i] = in_parallel(course, [files[i]], limits, 1, forks, guard)[0]
        if outcomes[i].disputed:
            outcomes[i] = replace(outcomes[i], tampering=(*outcomes[i].tampering, f"It changed {guard.told()}"))
    if disputed and not any(outcomes[i].disputed for i in disputed):
        warnings.warn(f"None of the files run, when run alone, but something changed {guard.told()}", stacklevel=2)
    return outcomes


def in_parallel(
    course: Course, files: Sequence[File], limits: Limits, jobs: int, forks: bool, guard: Guard
) -> list[RunOutcome]:
    """As many helpers as jobs, each of them with one file at a time."""
    helpers = [Helper(course, limits, guard, forks) for _ in range(min(jobs, len(files)))]
    free: queue.SimpleQueue[Helper] = queue.SimpleQueue()
    for helper in helpers:
        free.put(helper)

    def run(file: File) -> RunOutcome:
        helper = free.get()
        try:
            return helper.run(file)
        finally:
            free.put(helper)

    try:
        with ThreadPoolExecutor(max(len(helpers), 1)) as pool:
            return list(pool.map(run, files))
    finally:
        for helper in helpers:
            helper.close()


class Helper:
    """A process that waits for files to run, and the private copy of the package that it has imported.

    It runs one file at a time, so that what happens to its copy was done by that file. After a file that has done
    something to it, a new one is started.
    """

    def __init__(self, course: Course, limits: Limits, guard: Guard, forks: bool) -> None:
        self.course, self.limits, self.guard, self.forks = course, limits, guard, forks
        self.process: subprocess.Popen[bytes] | None = None

    def run(self, file: File) -> RunOutcome:
        """Runs a file; never raises for what it does."""
        if self.process is None or self.process.poll() is not None:
            self.close()
            self.start()
        repairs = self.guard.check()
        secret, folder = secrets.token_hex(16), self.folder / secrets.token_hex(8)
        folder.mkdir()
        request = {
            "task": file.task.name,
            "file": file.name,
            "text": file.text,
            "secret": secret,
            "seconds": self.limits.seconds,
            "memory": self.limits.memory,
            "output": self.limits.output,
            "folder": str(folder),
            "fork": self.forks,
        }
        outcome = understood(*self.ask(request), secret)
        tampering = [*outcome.tampering]
        if outcome.end == "done" and content(folder / file.name) != file.text.encode():
            tampering.append("It changed or deleted its own file, or the folder that it was run in.")
        changed = sorted(name for name, text in self.guard.files.items() if content(self.copy / name) != text)
        if changed:
            tampering.append(f"It changed the checker's files ({', '.join(changed[:3])}): a copy made for it alone.")
        added = sorted(path.name for path in self.copy.parent.rglob("*") if self.is_added(path))
        if added:
            tampering.append(f"It put files beside the checker's ({', '.join(added[:3])}), where Python finds them.")
        if changed or added or not self.forks:
            self.close()
        remove(folder)
        return replace(outcome, tampering=tuple(tampering), disputed=self.guard.check() != repairs)

    def is_added(self, path: Path) -> bool:
        """Whether something in the copy is none of the marker's files, nor a folder of them."""
        if path.is_dir() and not path.is_symlink():
            return False
        return not path.is_relative_to(self.copy) or path.relative_to(self.copy).as_posix() not in self.guard.files

    def start(self) -> None:
        """Writes the copy and starts Python on it, with as little of the marker's environment as will do."""
        self.folder = Path(tempfile.mkdtemp(prefix="scratch_ae_"))
        self.copy = self.folder / "package" / PACKAGE.name
        for name, text in self.guard.files.items():
            (self.copy / name).parent.mkdir(parents=True, exist_ok=True)
            (self.copy / name).write_bytes(text)
        first = [str(self.copy.parent), *([self.course.folder] if self.course.folder else [])]
        last = [str(Path(np.__file__).parents[1])]
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
        threads = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")}
        places = dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP"), str(self.folder))
        with open(self.folder / "errors.txt", "w+b") as errors:
            told = json.dumps([first, last, self.course.module, self.course.name])
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-B", "-X", "utf8", "-c", START, told],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**kept, **threads, **places},
                cwd=self.folder,
                start_new_session=True,
            )
            assert self.process.stdout is not None
            with self.killed_after(START_SECONDS):
                ready = self.process.stdout.readline()
            if ready != READY:
                errors.seek(0)
                why = errors.read().decode("utf-8", "replace").strip().split("\n")[-1]
                self.close()
                raise OSError(f"Python could not be started to run the files in: {why or 'it gave no reason'}")

    def ask(self, request: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Sends the request and returns the answer, and the report that comes with it. A helper that gives none, or
        not in time, is ended: then the answer says that."""
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        start = time.monotonic()
        patience = self.limits.seconds + (SPARE_SECONDS if self.forks else 0)
        try:
            with self.killed_after(patience):
                self.process.stdin.write(json.dumps(request).encode() + b"\n")
                self.process.stdin.flush()
                while True:  # what answers no request of ours was written by a file, this one or one before it
                    reply = json.loads(self.process.stdout.readline(1 << 20))
                    report = self.process.stdout.read(min(int(reply["size"]), REPORT_LIMIT + 1))
                    if reply["secret"] == request["secret"]:
                        return reply, report
        except (OSError, ValueError, TypeError, KeyError):
            seconds = time.monotonic() - start
            end = "slow" if seconds >= patience else "gone" if self.forks else self.ended_with()
            self.kill()
            self.process.wait()
            return {"end": end, "seconds": seconds, "output": "", "left": False}, b""

    def ended_with(self) -> str:
        """How a helper ended that ran the file in its own process: as the file made it, on purpose or not."""
        assert self.process is not None
        try:
            status = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "gone"
        return f"signal {-status}" if status < 0 else f"exit code {status}" if status else "silent"

    @contextlib.contextmanager
    def killed_after(self, seconds: float) -> Iterator[None]:
        """Ends the helper if the block takes longer, whatever the block is waiting for."""
        timer = threading.Timer(seconds, self.kill)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def kill(self) -> None:
        """The helper, and the processes of its group."""
        assert self.process is not None
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()

    def close(self) -> None:
        """Ends the helper and removes its files."""
        if self.process is None:
            return
        self.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        remove(self.folder)
        self.process = None
