"""The trial of a mutant: the tests that call its function, one after the other, until one fails.

pytest collects the tests once. Each mutant then has a process of its own, forked from the one that has everything
imported already, so that most are dead after a hundredth of a second. (Forking needs Linux or macOS.)
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import zip_longest
from multiprocessing import connection, get_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from mutants import Mutant, loaded

TIME_LIMIT = 60
"""Seconds for all tests of one mutant. One that needs longer is killed, too."""


def fates(
    mutants: Sequence[Mutant], files: Sequence[Path], left_out: Sequence[str], jobs: int
) -> list[tuple[Mutant, str | None]]:
    """Every mutant with the test that killed it, or None if it survived, in the mutants' order. The tests are those
    of the files, but for slow ones and for those with a word of `left_out` in their name.

    RuntimeError if a test fails without any mutant: then there is nothing that failing could prove.
    """
    # Nothing random, nothing remembered; a failure is enough, whether or not it is the simplest one.
    settings.register_profile(
        "mutants",
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutants")
    trials = Trials(mutants, jobs)
    chosen = " and ".join(f"not {word}" for word in left_out)
    quiet = ["-p", "no:terminal", "-p", "no:cacheprovider", "--capture=no", "--assert=plain"]
    status = pytest.main(
        [*quiet, "-o", "addopts=", "-m", "not slow", "-k", chosen, *map(str, files)], plugins=[trials]
    )
    if trials.failures:
        raise RuntimeError(f"These fail without any mutant, make them pass first: {', '.join(trials.failures)}.")
    if len(trials.fates) < len(mutants):
        raise RuntimeError(f"pytest gave up before any mutant was tried, with {status!r}.")
    return trials.fates


class Trials:
    """A plugin of pytest: what it does with the tests in place of running them."""

    def __init__(self, mutants: Sequence[Mutant], jobs: int) -> None:
        self.mutants, self.jobs = mutants, jobs
        self.failures: list[str] = []
        self.fates: list[tuple[Mutant, str | None]] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failures.append(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failures.append(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        tests = session.items
        if not self.failures:
            rehearsing = in_processes([("the rehearsal", partial(self.rehearse, tests))], jobs=1)
            [(_, (self.failures, rehearsal))] = rehearsing
        if not self.failures:
            trials = [
                (one, partial(self.first_failure, one, tests_of(one, tests, rehearsal))) for one in self.mutants
            ]
            found = dict(in_processes(trials, self.jobs))
            self.fates = [(mutant, found[mutant]) for mutant in self.mutants]
        return True

    def rehearse(self, items: Sequence[pytest.Item]) -> tuple[list[str], list[tuple[float, set[str]]]]:
        """Without any mutant: which tests fail, and of every test the seconds it took and the functions it called."""
        names = {id(loaded(mutant.name).__code__): mutant.name for mutant in self.mutants}
        rehearsal = []
        for item, following in zip_longest(items, items[1:]):
            called: set[str] = set()

            def watch(frame: Any, event: str, _: Any, called: set[str] = called) -> None:
                if event == "call" and id(frame.f_code) in names:
                    called.add(names[id(frame.f_code)])

            start = time.perf_counter()
            sys.setprofile(watch)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            sys.setprofile(None)
            rehearsal.append((time.perf_counter() - start, called))
        return self.failures, rehearsal

    def first_failure(self, mutant: Mutant, items: Sequence[pytest.Item]) -> str | None:
        signal.alarm(TIME_LIMIT)
        mutant.install()
        for item, following in zip_longest(items, items[1:]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failures:
                return self.failures[0]
        return None


def tests_of(mutant: Mutant, items: Sequence[pytest.Item], rehearsal: Sequence[tuple[float, set[str]]]) -> list[Any]:
    """The tests that call the mutated function: those in its module's own test file first, and of a file the quickest
    first."""
    package, module = mutant.module.split(".")
    mirror = Path(package, f"test_{module}.py")
    files = list(dict.fromkeys(item.path for item in items))

    def order(i: int) -> tuple[bool, int, float]:
        path = items[i].path
        return Path(path.parent.name, path.name) != mirror, files.index(path), rehearsal[i][0]

    callers = [i for i, (_, called) in enumerate(rehearsal) if mutant.name in called]
    return [items[i] for i in sorted(callers, key=order)]


def in_processes(tasks: Iterable[tuple[Any, Callable[[], Any]]], jobs: int) -> Iterator[tuple[Any, Any]]:
    """Each task's name with what it returned, or with how its process ended instead, as they come."""
    fork, waiting = get_context("fork"), iter(tasks)
    running: dict[Any, tuple[Any, Any]] = {}
    while True:
        while len(running) < jobs and (task := next(waiting, None)):
            receiver, sender = fork.Pipe(duplex=False)
            process = fork.Process(target=answer, args=(task[1], sender))
            process.start()
            sender.close()
            running[receiver] = (task[0], process)
        if not running:
            return
        for receiver in connection.wait(list(running)):
            name, process = running.pop(receiver)
            try:
                yield name, receiver.recv()
            except EOFError:
                process.join()
                if process.exitcode >= 0:
                    raise RuntimeError(f"The process for {name} failed, as printed above.") from None
                ended = signal.Signals(-process.exitcode)
                yield name, f"no end after {TIME_LIMIT} s" if ended == signal.SIGALRM else f"a crash ({ended.name})"


def answer(task: Callable[[], Any], sender: connection.Connection) -> None:
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 1)  # what tests print
    sender.send(task())
