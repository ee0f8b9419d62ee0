"""The process in which one contestant runs: it trains an epoch whenever it is asked to, and says how long it took."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from scratch_ae.bench.anatomy import ANATOMY, anatomy
from scratch_ae.bench.contestants import CONTESTANTS
from scratch_ae.bench.setup import Setup


def main() -> None:
    """Reads from standard input: the contestant's name and the setup, and then a line for every epoch. Answers each
    with a line of JSON: seconds, or for the step taken apart its parts; or, at last, what went wrong."""
    # What a framework prints, from C as well, is not an answer: it goes where errors go.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        for answer in answers():
            print(json.dumps(answer), file=replies, flush=True)
    except Exception as error:
        print(json.dumps({"error": in_one_line(error)}), file=replies, flush=True)


def in_one_line(error: Exception) -> str:
    """What went wrong. It comes first: frameworks end with advice to their developers."""
    what, *more = [line.strip() for line in str(error).splitlines() if line.strip()] or ["no message"]
    if what.endswith(":") and more:
        what += " " + more[0]
    return f"{type(error).__name__}: {what}"


def answers() -> Iterator[Any]:
    """An answer for every line of standard input, once who and what it is about has been read."""
    request = json.loads(sys.stdin.readline())
    setup = Setup(**request["setup"])
    if request["contestant"] == ANATOMY:
        yield anatomy(setup)
        return
    epoch = CONTESTANTS[request["contestant"]](setup)
    for _ in sys.stdin:
        start = time.perf_counter()
        epoch()
        yield time.perf_counter() - start


if __name__ == "__main__":
    main()
