"""What runs where a submitted file runs: it loads the file, puts its classes to the trials, hands back numbers.

`process.py` starts `serve` in another process, out of a private copy of the package. On Linux that process never
loads a file itself: it forks for every file, which takes milliseconds where a new Python with NumPy takes a fifth of
a second, and watches the fork from outside. Elsewhere a process serves one file and ends.

Whatever happens here may have been arranged by the file. So nothing here decides about right and wrong: the numbers
do, in the marker's process.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import inspect
import io
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import IO, Any

import numpy as np

from scratch_ae.exercises.older_versions import used_names
from scratch_ae.exercises.source import own
from scratch_ae.exercises.task import Task

FORKS = sys.platform == "linux"
EXCERPT = 2000
"""Characters of what a file prints that are kept."""

REPORT_LIMIT = 16 << 20
"""Bytes of a report."""

MOST_NUMBERS = 1 << 18
"""In an array of a report: a trial of a distribution takes 100,000."""

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
READY = b"ready\n"
"""What a process says when it has imported everything and waits for its first request."""

Request = dict[str, Any]
"""From `process.py`, a line of JSON: task, file, text, secret, seconds, memory, output, folder, fork."""


def serve(module: str, name: str) -> None:
    """Answers requests on standard input until it closes: for each a line of JSON about how the file ended, and
    after it the file's report, as many bytes as the line says."""
    tasks: dict[str, Task] = {task.name: task for task in getattr(importlib.import_module(module), name)}
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    empty = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(empty, stream)
    before = fingerprint()
    if FORKS:
        adopt_orphans()
        gc.freeze()  # a collection would write to every object's page, and each fork would have to copy them
    replies.write(READY)
    replies.flush()
    for line in requests:
        request: Request = json.loads(line)
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as report:
            start = time.monotonic()
            if request["fork"]:
                end = run_forked(tasks[request["task"]], request, before, output, report, [requests, replies])
            else:
                end = {"end": "done", "left": False}
                work(tasks[request["task"]], request, before, output, report)
            said = beginning(output, EXCERPT * 4).decode("utf-8", "replace")[:EXCERPT]
            body = beginning(report, REPORT_LIMIT + 1)
            seconds = time.monotonic() - start
            reply = {"secret": request["secret"], **end, "seconds": seconds, "output": said, "size": len(body)}
            replies.write(json.dumps(reply).encode() + b"\n" + body)
            replies.flush()
        if not request["fork"]:
            os._exit(0)  # not through what the file may have registered to run at the end


def beginning(file: IO[bytes], size: int) -> bytes:
    """The first bytes of a file that the submission may still hold open."""
    file.seek(0)
    return file.read(size)


# The fork, and who watches it.


def run_forked(
    task: Task,
    request: Request,
    before: dict[tuple[str, ...], Any],
    output: IO[bytes],
    report: IO[bytes],
    private: list[IO[bytes]],
) -> dict[str, Any]:
    """Runs the file in a fork and returns how that ended: "done", "slow", "noisy", or the signal or exit code."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()  # a process group of its own, which can be killed as one
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # if it should end the process that watches it
            for file in private:
                os.close(file.fileno())
            work(task, request, before, output, report)
        finally:
            os._exit(0)
    end = watch(pid, output, request)
    left = sweep(pid)
    if os.fstat(output.fileno()).st_size > request["output"]:
        end = "noisy"
    return {"end": end, "left": left and end == "done"}


def watch(pid: int, output: IO[bytes], request: Request) -> str:
    """Waits for the process to end, or ends it at one of the limits it cannot be trusted to keep by itself."""
    deadline, pause = time.monotonic() + request["seconds"], 0.0005
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            if code == -signal.SIGXCPU:
                return "slow"
            return "done" if code == 0 else f"signal {-code}" if code < 0 else f"exit code {code}"
        if time.monotonic() > deadline or os.fstat(output.fileno()).st_size > request["output"]:
            kill(pid)
            os.waitpid(pid, 0)
            return "slow" if time.monotonic() > deadline else "noisy"
        time.sleep(pause)
        pause = min(1.5 * pause, 0.02)


def sweep(group: int) -> bool:
    """Kills what the file left behind, also what moved to another group; True if there was something running."""
    running = [child for child in children() if os.waitpid(child, os.WNOHANG)[0] == 0]
    kill(group)
    while left := children():
        for child in left:
            kill(child)
            os.waitpid(child, 0)
    return bool(running)


def kill(pid: int) -> None:
    """The process and its group."""
    for end in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(pid, signal.SIGKILL)


def children() -> list[int]:
    """This process's children, the adopted ones too."""
    try:
        return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except OSError:
        return []


def adopt_orphans() -> None:
    """A process whose parent ends becomes this process's child and not the system's: none gets out of sight."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def prctl(option: int, value: int) -> None:
    """Linux's settings of a process, which Python has no names for."""
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


# The file's own process.


def work(
    task: Task, request: Request, before: dict[tuple[str, ...], Any], output: IO[bytes], report: IO[bytes]
) -> None:
    """Loads the file, runs the trials, and writes the report: a line of JSON, then the arrays."""
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    Path(request["folder"], request["file"]).write_bytes(request["text"].encode())
    os.chdir(request["folder"])
    set_limits(request)
    errors: list[dict[str, Any]] = []
    used: list[str] = []
    arrays: dict[str, Any] = {}
    try:
        code = compile(request["text"], request["file"], "exec", dont_inherit=True)
        used = used_names([code])
        names = load(request["file"], code)
        must_hold(task, names, request["file"])
    except BaseException as error:
        errors.append({"trial": None, **described(error, request["file"])})
    else:
        for number, trial in enumerate(task.trials):
            try:
                results = {f"{number}.{name}": numbers(name, array) for name, array in trial.run(names).items()}
            except BaseException as error:
                errors.append({"trial": number, **described(error, request["file"])})
            else:
                arrays |= results
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    header = {"secret": request["secret"], "errors": errors, "replaced": replaced(before), "used": used}
    report.write(json.dumps(header).encode() + b"\n" + packed.getvalue())
    report.flush()


def set_limits(request: Request) -> None:
    """Bounds of processor time, memory, file size and processes, as far as the system has them: Windows has none of
    these, macOS does not hold to the memory, and whom the system trusts (root) may have any number of processes."""
    try:
        import resource
    except ImportError:
        return
    for limit, most in (
        ("RLIMIT_CPU", int(request["seconds"]) + 1),
        ("RLIMIT_AS", request["memory"]),
        ("RLIMIT_FSIZE", max(request["output"], REPORT_LIMIT) * 2),
        ("RLIMIT_NPROC", 0),
        ("RLIMIT_CORE", 0),
    ):
        if hasattr(resource, limit):
            with contextlib.suppress(ValueError, OSError):
                # Processor time has a second more, or else the end would come without the signal that says why.
                resource.setrlimit(getattr(resource, limit), (most, most + (limit == "RLIMIT_CPU")))


def load(file: str, code: CodeType) -> dict[str, Any]:
    """Runs the file as a module and returns its names."""
    module = ModuleType("submitted")
    module.__file__ = file
    sys.modules["submitted"] = module
    sys.argv = [file]
    exec(code, vars(module))
    return vars(module)


class Absent(Exception):
    """What the task is about is not in the file."""


def must_hold(task: Task, names: Mapping[str, Any], file: str) -> None:
    """Absent, if a class of the task is missing, or what was to be written comes out of the library: a name that the
    file does not have, the trials take from there, and would find nothing wrong with it. An answer that was copied
    out of the library's source is not noticed: it reads as one that was written."""
    for part in task.parts:
        for name in part.keep:
            if getattr(names.get(name), "__module__", "submitted" if name in names else "") != "submitted":
                raise Absent(f"{name} is not in the file any more: put it back as it was, and write in its body.")
        for name in own(part):
            owner, _, method = name.partition(".")
            written = getattr(names[owner], method, None) if method else names[owner]
            code = getattr(inspect.unwrap(written) if callable(written) else None, "__code__", None)
            if code is not None and code.co_filename != file:
                raise Absent(f"{name} is not written in the file, but taken from elsewhere.")


def numbers(name: str, array: Any) -> Any:
    """`array` as numbers; TypeError if it holds anything else, ValueError if it is too large to be handed back."""
    given = np.asarray(array)
    if given.dtype.kind not in "biufc":
        raise TypeError(f"{name} is {type(array).__name__} of {given.dtype}, but an array of numbers is expected.")
    if given.size > MOST_NUMBERS:
        raise ValueError(f"{name} holds {given.size:,} numbers, and no trial asks for more than {MOST_NUMBERS:,}.")
    return given


def described(error: BaseException, file: str) -> dict[str, Any]:
    """An exception as data: its type, its first line, and the last line of the file that it came through."""
    frames = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    line = frames[-1] if frames else error.lineno if isinstance(error, SyntaxError) else None
    kinds = [kind.__name__ for kind in type(error).__mro__]
    try:
        message = (error.msg if isinstance(error, SyntaxError) else str(error)).strip().split("\n")[0][:300]
    except Exception:
        message = ""
    return {"kinds": kinds, "message": message, "line": line}


# What a file may not replace.


def fingerprint() -> dict[tuple[str, ...], Any]:
    """What stands behind every name of NumPy's public modules and of this package: functions with their code, classes
    with their members."""
    found: dict[tuple[str, ...], Any] = {}
    for name, module in list(sys.modules.items()):
        if name in ("numpy", "numpy.linalg", "numpy.random", "numpy.testing") or name.startswith("scratch_ae"):
            for key, value in list(vars(module).items()):
                found[name, key] = value
                if str(getattr(value, "__module__", "")).startswith("scratch_ae"):
                    for member, part in inside(value).items():
                        found[name, key, member] = part
                        for inner, smaller in inside(part).items():
                            found[name, key, member, inner] = smaller
    return found


def inside(value: Any) -> Mapping[str, Any]:
    """The parts of a function or a class that could be exchanged while it stays the same object."""
    if isinstance(value, FunctionType):
        return {"__code__": value.__code__, "__defaults__": value.__defaults__}
    return dict(vars(value)) if isinstance(value, type) else {}


def replaced(before: dict[tuple[str, ...], Any]) -> list[str]:
    """The first few names that do not stand for what they stood for. A new name is no matter: imports make them."""
    after = fingerprint()
    return [".".join(name) for name, value in before.items() if after.get(name) is not value][:5]
