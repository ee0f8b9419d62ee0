"""Two or more run in turn, A B A B …, each in a process of its own that waits while the others run.

A machine has good seconds and bad ones; what runs in turn shares them, and the ratio of neighbours is what counts.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scratch_ae.bench.setup import Setup


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
    """Runs them for a warm-up round and then `rounds` more. OSError with its last words if one falls out."""
    runners = {name: Runner(name, setup) for name in names}
    try:
        for runner in runners.values():
            runner.answer()
        seconds: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(rounds):
            for name, runner in runners.items():
                seconds[name].append(runner.answer())
    finally:
        for runner in runners.values():
            runner.close()
    return Race(setup, seconds)


def taken_apart(setup: Setup) -> dict[str, float]:
    """Microseconds of the parts of a step (see `anatomy`), from a process with as many threads as asked for."""
    runner = Runner("anatomy", setup)
    try:
        parts: dict[str, float] = runner.answer()
        return parts
    finally:
        runner.close()


class Runner:
    """A contestant's process."""

    def __init__(self, name: str, setup: Setup) -> None:
        self.name = name
        self.words = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 (close() closes it)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scratch_ae.bench.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.words,
            text=True,
        )
        self.say(json.dumps({"contestant": name, "setup": dataclasses.asdict(setup)}))

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()
        except OSError:
            pass  # it has ended; epoch() will find out why

    def answer(self) -> Any:
        """Has it train one epoch, and returns the seconds; or what else it was started for."""
        assert self.process.stdout is not None
        self.say("go")
        answer = self.process.stdout.readline()
        if not answer:
            self.process.wait()
            self.words.seek(0)
            last = self.words.read().strip().split("\n")[-1]
            raise OSError(f"{self.name} fell out of the race: {last or 'it gave no reason'}")
        return json.loads(answer)

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        self.words.close()
