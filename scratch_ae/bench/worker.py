"""The process in which one contestant runs: it trains an epoch whenever it is asked to, and says how long it took."""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> None:
    """Reads from standard input: the contestant's name and the setup, and then a line for every epoch. Answers each
    with a line of JSON: seconds, or for the step taken apart its parts."""
    request = json.loads(sys.stdin.readline())
    # The number of threads has to be known before NumPy is imported.
    for library in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM"):
        os.environ[f"{library}_NUM_THREADS"] = str(request["setup"]["threads"])
    from scratch_ae.bench.anatomy import anatomy
    from scratch_ae.bench.contestants import CONTESTANTS
    from scratch_ae.bench.setup import Setup

    replies, sys.stdout = sys.stdout, sys.stderr  # what a framework prints is not an answer
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
