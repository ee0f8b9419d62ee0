"""What is wrong with a gradient that is wrong: said only where the numbers bear it out.

Every possible mistake foretells numbers, and a mistake is named if what was written are those numbers, to six
digits. A model is first taken apart: each of its pieces is checked alone, at what it was given in the model, so that
the blame falls on the one that is wrong and not on all that its error has passed through.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import numpy as np

from scratch_ae.gradient_check.check import Settings, compare, same
from scratch_ae.gradient_check.diagnosis.counterfactuals import guesses_about_paths, guesses_about_terms
from scratch_ae.gradient_check.diagnosis.forms import subject as subject_of
from scratch_ae.gradient_check.diagnosis.guesses import Evidence, Guess, guesses_about_form, guesses_about_values
from scratch_ae.gradient_check.diagnosis.pieces import Record, pieces, recording
from scratch_ae.gradient_check.diagnosis.subject import Subject, Written
from scratch_ae.gradient_check.report import ArrayCheck, Cause

LARGE = 4096
"""An array with more entries is checked along directions."""

UNKNOWN = "the numbers fit none of the usual mistakes."


def diagnose(whole: Subject, rows: Iterable[ArrayCheck], first: Written, second: Written) -> list[Cause]:
    """The causes of all wrong rows: those found in single pieces, or else those of each array."""
    wrong = [row for row in rows if not row.ok]
    if not wrong:
        return []
    return causes_in_pieces(whole) or together(
        [explanation(Evidence(whole, row, first.get(row.name), second.get(row.name))) for row in wrong]
    )


def causes_in_pieces(whole: Subject) -> list[Cause]:
    """What is wrong with each piece alone. A piece that contains a wrong one is not blamed for it."""
    records: dict[str, Record] = {}
    whole.gradients(0, watch=lambda thing: recording(thing, records))
    causes: list[Cause] = []
    blamed: list[str] = []
    for path, piece in pieces(whole.thing).items():
        record = records.get(path, Record())
        contains_blamed = any(inner.startswith((f"{path}.", f"{path}[")) for inner in blamed)
        if record.calls != 1 or record.given is None or record.incoming is None or contains_blamed:
            continue
        incoming = record.incoming[0] if record.incoming else None
        try:
            alone = subject_of(piece, *record.given, seed=record.noise or 0, incoming=incoming)
            found = causes_alone(alone, record, f"{path} ({type(piece).__name__})")
        except Exception:  # any code may be in a piece; that one cannot be looked at alone says nothing of the others
            continue
        if found:
            blamed.append(path)
            causes += found
    return causes


def causes_alone(piece: Subject, record: Record, name: str) -> list[Cause]:
    """What is wrong with one piece at what it was given; nothing if its loss does not depend on its argument, as a
    penalty's that looks at other layers does not: there is no judging it alone."""
    first, second = piece.gradients(0), piece.gradients(1)
    large = any(array.size > LARGE for array in piece.arrays.values())
    rows = compare(piece, first, second, Settings(tolerance=1e-6, fast=True) if large else Settings()).rows
    argument = next(row for row in rows if row.name in ("input x", "output y"))
    if not np.any(argument.numerical) and not (large and argument.ok):
        return []
    wrong = [row for row in rows if not row.ok]
    found = [explanation(Evidence(piece, row, first[row.name], second.get(row.name))) for row in wrong]
    if not found and record.returned is not None and not same(record.returned, first[argument.name]):
        text = (
            "alone its backward is right, but in the model it returned something else: what it had kept from forward "
            "was changed in between, by code that works in place."
        )
        found = [Cause("corrupted", text, (argument.name,))]
    return [
        Cause(cause.kind, cause.text, tuple(f"{name}, {array}" for array in cause.where)) for cause in together(found)
    ]


def explanation(evidence: Evidence) -> Cause:
    """The first guess that the numbers bear out, in the order from the plainest to the most involved."""
    for guesses in (guesses_about_form, guesses_about_values, guesses_about_terms, guesses_about_paths):
        # Making a guess runs the code that is checked, at other points and in parts, which it may not be ready for.
        with contextlib.suppress(Exception):
            for guess in guesses(evidence):
                if is_borne_out(guess, evidence):
                    return Cause(guess.kind, guess.text, (evidence.row.name,))
    return Cause("unknown", UNKNOWN, (evidence.row.name,))


def is_borne_out(guess: Guess, evidence: Evidence) -> bool:
    """Whether what was written is what the guess foretells, and not what is right, wherever both are known."""
    if guess.foretold is None:
        return True
    known = np.isfinite(guess.foretold) & np.isfinite(evidence.numerical)
    foretold, written, right = guess.foretold[known], evidence.written[known], evidence.numerical[known]
    if np.count_nonzero(right) + np.count_nonzero(foretold) < 2 * guess.at_least:
        return False
    size = np.linalg.norm(foretold)
    return bool(np.linalg.norm(foretold - written) <= 1e-6 * size and np.linalg.norm(foretold - right) > 1e-5 * size)


def together(causes: list[Cause]) -> list[Cause]:
    """One cause for all arrays of which the same is said; what is not known is said last, and only once."""
    where: dict[tuple[str, str], list[str]] = {}
    for cause in sorted(causes, key=lambda cause: cause.kind == "unknown"):
        where.setdefault((cause.kind, cause.text), []).extend(cause.where)
    return [Cause(kind, text, tuple(names)) for (kind, text), names in where.items()]
