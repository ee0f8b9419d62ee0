"""The command line: `python -m scratch_ae`, also installed as `scratch-ae`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

from scratch_ae import __version__, consoles
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
    consoles.forgiving()
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (ValueError, TypeError, OSError, ArithmeticError, MemoryError) as error:
        complain(f"scratch-ae: {error}" if str(error) else f"scratch-ae: {type(error).__name__}")
        return 1
    except KeyboardInterrupt:
        complain("\nscratch-ae: interrupted.")
        return 130
    return 0


def complain(text: str) -> None:
    """On standard error, if there is one."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            consoles.say(text, stream=sys.stderr)
