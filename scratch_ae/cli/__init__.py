"""The command line: `python -m scratch_ae`, also installed as `scratch-ae`."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from scratch_ae import __version__
from scratch_ae.cli import bench, exercises, experiment, train
from scratch_ae.cli.arguments import OneLineParser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 if it worked, 1 if it could not be done, 2 if the call was wrong, 130 after Ctrl-C."""
    parser = OneLineParser(
        prog="scratch-ae",
        description="Autoencoders from scratch in plain NumPy: every gradient written out by hand and proved right.",
        epilog="Start with: python -m scratch_ae train vae",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    train.add_to(commands)
    experiment.add_to(commands)
    exercises.add_to(commands)
    bench.add_to(commands)
    # A terminal that cannot write "−" or "β" shows "?" and goes on.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (ValueError, TypeError, OSError, ArithmeticError, MemoryError) as error:
        print(f"scratch-ae: {error}" if str(error) else f"scratch-ae: {type(error).__name__}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nscratch-ae: interrupted.", file=sys.stderr)
        return 130
    return 0
