"""Does the test suite notice every mistake that could be made in a formula of the library?

    python tests/mutation/mutation.py                             # all, some minutes
    python tests/mutation/mutation.py --only nn.losses            # a module, a class, a function
    python tests/mutation/mutation.py --only nn.dense --verbose   # and which test kills which mutant

Every mutant of mutants.py is put in the place of the right function, in a process of its own, and the tests run
until one fails: the mutant is killed. Survivors that are no mistakes, because they compute the same as the library,
stand in survivors.txt, each with the reason why. The command fails if a mutant survives that is not on that list, and
if one on it does not.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from mutants import ROOT, Mutant, library_mutants, rewritten
from trials import fates

SURVIVORS = Path(__file__).with_name("survivors.txt")

TESTS = [
    *(f"nn/test_{name}.py" for name in ("activations", "dense", "initializers", "losses", "mlp", "optimizers")),
    *(f"autoencoders/test_{name}.py" for name in ("variant_gradients", "tied", "sparse", "denoising", "contractive")),
    *(f"autoencoders/test_{name}.py" for name in ("variational", "conditional", "autoencoder")),
]
"""Where gradients, distributions and other properties of the formulas are tested; a new variant's file belongs here,
too."""

NO_PROOF = ("memory", "allocates", "dtype", "changed", "refused", "accepted", "edge", "new_object", "copy", "save")
"""Words in the names of tests there that ask for something else than what is computed: they may kill nothing."""

Key = tuple[str, str, str]
"""What a mutant is known by, wherever its line stands: the function, the statement before, the statement after."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="NAME", default="", help="mutate this: nn.dense, nn.dense.Dense.backward")
    parser.add_argument("--tests", metavar="FILE", nargs="+", default=TESTS, help="run these files of tests/ alone")
    parser.add_argument("--jobs", metavar="N", type=int, default=2, help="mutants tried at a time (default: 2)")
    parser.add_argument("--verbose", action="store_true", help="print every mutant with the test that killed it")
    options = parser.parse_args(arguments)
    if options.jobs < 1:
        parser.error(f"--jobs={options.jobs} must be at least 1.")

    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")  # read when NumPy is imported, later
    sys.path.insert(0, str(ROOT))
    mutants = [mutant for mutant in library_mutants() if within(options.only, mutant.name)]
    if not mutants:
        parser.error(f"--only={options.only} names nothing that is mutated.")
    reasons = {key: why for key, why in listed(SURVIVORS.read_text("utf-8")).items() if within(options.only, key[0])}

    try:
        found = fates(mutants, [ROOT / "tests" / file for file in options.tests], NO_PROOF, options.jobs)
    except RuntimeError as error:
        sys.exit(str(error))
    killers = {key_of(mutant): killer for mutant, killer in found}
    if options.verbose:
        print(*(f"{entry(key)}\n{killer or 'survived'}\n" for key, killer in killers.items()), sep="\n")
    print(table(killers, reasons))
    complaints = [*unexplained(killers, reasons), *out_of_date(killers, reasons)]
    for complaint in complaints:
        print(f"\n{complaint}")
    return 1 if complaints else 0


def within(scope: str, name: str) -> bool:
    return not scope or f"{name}.".startswith(f"{scope}.")


def key_of(mutant: Mutant) -> Key:
    return mutant.name, mutant.before, mutant.after


def entry(key: Key) -> str:
    """As it stands in survivors.txt, without its reason."""
    name, before, after = key
    return f"{name}\n- {before}\n+ {after}"


def listed(text: str) -> dict[Key, str]:
    """Why each survivor of the list is no mistake. Lines that begin with # are comments; a blank line ends an entry.

    ValueError for an entry without a reason, one that is not Python, and one that stands there twice.
    """
    reasons: dict[Key, str] = {}
    for block in text.split("\n\n"):
        name, before, after, *why = [line for line in block.splitlines() if line[:1] not in ("", "#")] or [""] * 3
        if not name:
            continue
        if not why or before[:2] != "- " or after[:2] != "+ ":
            raise ValueError(
                f"survivors.txt: an entry is the function's name, '- ' and the statement, '+ ' and the statement as "
                f"the mutant has it, and the reason why both are the same, on a line each, but this is one:\n{block}"
            )
        key = (name, rewritten(before[2:]), rewritten(after[2:]))
        if key in reasons:
            raise ValueError(f"survivors.txt: this entry stands there twice, keep one of them:\n{block}")
        reasons[key] = " ".join(why)
    return reasons


def table(killers: Mapping[Key, str | None], reasons: Mapping[Key, str]) -> str:
    """By module: how many mutants, how many of them killed, known as equivalent, and neither of both."""
    modules: dict[str, list[Key]] = {}
    for key in killers:
        modules.setdefault(".".join(key[0].split(".")[:2]), []).append(key)
    lines = [f"{'module':<28}{'mutants':>9}{'killed':>9}{'equivalent':>12}{'survived':>10}"]
    for name, keys in [*modules.items(), ("all", list(killers))]:
        killed = sum(killers[key] is not None for key in keys)
        equivalent = sum(killers[key] is None and key in reasons for key in keys)
        lines.append(f"{name:<28}{len(keys):>9}{killed:>9}{equivalent:>12}{len(keys) - killed - equivalent:>10}")
    return "\n".join(lines)


def unexplained(killers: Mapping[Key, str | None], reasons: Mapping[Key, str]) -> Iterator[str]:
    for key, killer in killers.items():
        if killer is None and key not in reasons:
            yield f"No test notices this mistake, and survivors.txt does not say why it is none:\n{entry(key)}"


def out_of_date(killers: Mapping[Key, str | None], reasons: Mapping[Key, str]) -> Iterator[str]:
    for key in reasons:
        if key not in killers:
            yield f"survivors.txt has an entry that is no mutant of the library any more:\n{entry(key)}"
        elif killers[key] is not None:
            yield f"survivors.txt calls this no mistake, but {killers[key]} notices it:\n{entry(key)}"


if __name__ == "__main__":
    sys.exit(main())
