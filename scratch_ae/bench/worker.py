"""The process in which one contestant runs: it trains an epoch whenever it is asked to, and says how long it took."""

from __future__ import annotations

import json
import os
import sys
import time

from scratch_ae.bench.anatomy import anatomy
from scratch_ae.bench.contestants import CONTESTANTS
from scratch_ae.bench.setup import Setup


def main() -> None:
    """Reads from standard input: the contestant's name and the setup, and then a line for every epoch. Answers each
    with a line of JSON: seconds, or for the step taken apart its parts."""
    # What a framework prints, from C as well, is not an answer: it goes where errors go.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    request = json.loads(sys.stdin.readline())
    setup = Setup(**request["setup"] | {"sizes": tuple(request["setup"]["sizes"])})
    if request["contestant"] == "anatomy":
        print(json.dumps(anatomy(setup)), file=replies, flush=True)
        return
    epoch = CONTESTANTS[request["contestant"]](setup)
    for _ in sys.stdin:
        start = time.perf_counter()
        epoch()
        print(json.dumps(time.perf_counter() - start), file=replies, flush=True)


if __name__ == "__main__":
    main()
