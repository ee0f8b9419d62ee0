"""Two or more run in turn, A B A B …, each in a process of its own that waits while the others run.

A machine has good seconds and bad ones; what runs in turn shares them, and the ratio of neighbours is what counts.
"""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

from scratch_ae import checks
from scratch_ae.bench.anatomy import ANATOMY
from scratch_ae.bench.setup import Setup


class DroppedOut(OSError):
    """A contestant could not run: its `name`, and what it said last."""

    def __init__(self, name: str, last: str) -> None:
        super().__init__(f"{name} dropped out of the race: {last}")
        self.name = name


@dataclass(frozen=True)
class Race:
    """Seconds an epoch, round by round, by the contestants' names; the warm-up round is not among them."""

    setup: Setup
    seconds: dict[str, list[float]]

    def median(self, name: str) -> float:
        """Median seconds an epoch."""
        return statistics.median(self.seconds[name])

    def ratios(self, name: str, to: str) -> list[float]:
        """How many times as long as `to` it took, round by round."""
        return [a / b for a, b in zip(self.seconds[name], self.seconds[to], strict=True)]

    def ratio(self, name: str, to: str) -> float:
        """The median of those."""
        return statistics.median(self.ratios(name, to))


def race(setup: Setup, names: Sequence[str], rounds: int = 5) -> Race:
    """Runs them for a warm-up round and then `rounds` more. DroppedOut if one can't."""
    rounds = checks.whole("rounds", rounds, at_least=1)
    with ExitStack() as stack:
        runners = {name: stack.enter_context(runner(name, setup)) for name in names}
        for each in runners.values():
            each.answer()
        seconds: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(rounds):
            for name, each in runners.items():
                seconds[name].append(each.answer())
    return Race(setup, seconds)


def step_parts(setup: Setup) -> dict[str, float]:
    """Microseconds of the parts of a step (see `anatomy`), from a process with as many threads as asked for."""
    with runner(ANATOMY, setup) as one:
        parts: dict[str, float] = one.answer()
        return parts


@contextmanager
def runner(name: str, setup: Setup) -> Iterator[Runner]:
    """A contestant in a process of its own, which ends with the block.

    How many threads there are to be has to be known before NumPy is imported, so the environment says it, to each
    library under the name that it reads; XLA, which is below JAX, takes it for the number of processors.
    """
    variables = [f"{library}_NUM_THREADS" for library in ("OPENBLAS", "OMP", "MKL")]
    threads = dict.fromkeys([*variables, "VECLIB_MAXIMUM_THREADS", "NPROC"], str(setup.threads))
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as words,
        subprocess.Popen(
            [sys.executable, "-m", "scratch_ae.bench.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
            env=os.environ | threads,
        ) as process,
    ):
        one = Runner(name, process, words)
        try:
            one.say(json.dumps({"contestant": name, "setup": dataclasses.asdict(setup)}))
            yield one
        finally:
            process.kill()
            with suppress(OSError):  # what was said to it after it had ended
                one.stdin.close()


@dataclass(frozen=True)
class Runner:
    """A contestant's process, and the file that it complains to."""

    name: str
    process: subprocess.Popen[str]
    words: IO[str]

    @property
    def stdin(self) -> IO[str]:
        assert self.process.stdin is not None
        return self.process.stdin

    def say(self, line: str) -> None:
        with suppress(OSError):  # it has ended; answer() will find out why
            print(line, file=self.stdin, flush=True)

    def answer(self) -> Any:
        """Has it train one epoch, and returns the seconds; or what else it was started for."""
        assert self.process.stdout is not None
        self.say("go")
        line = self.process.stdout.readline()
        if not line:
            status = self.process.wait()
            self.words.seek(0)
            last = self.words.read().strip().split("\n")[-1]
            raise DroppedOut(self.name, f"{last or 'it gave no reason'} (exit status {status})")
        answer = json.loads(line)
        if isinstance(answer, dict) and "error" in answer:
            raise DroppedOut(self.name, answer["error"])
        return answer
