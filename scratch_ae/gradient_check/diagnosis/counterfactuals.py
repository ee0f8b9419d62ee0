"""What the gradient would be if a part of the way were not there: taken by differences, too.

A term of the loss can be differentiated alone. A path is cut by letting one piece see a parameter as it was while
the others see it change; and a piece whose derivative is forgotten acts as if its output only followed its input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.gradient_check.diagnosis.guesses import Evidence, Guess, named
from scratch_ae.gradient_check.diagnosis.pieces import Record, pieces, recording, replaced
from scratch_ae.gradient_check.differences import central_differences

ENTRIES = 16
"""So many entries of an array are differentiated anew for each guess: enough to tell the guesses apart."""


def guesses_about_terms(evidence: Evidence) -> Iterator[Guess]:
    """Which multiple of each term's gradient was written: Σ c_t w_t ∂L_t/∂θ with c = 1 for all would be right."""
    subject, weights = evidence.subject, evidence.subject.weights
    if len(weights) < 2:
        return
    parts = {name: weight * differences(evidence, term_alone(evidence, name)) for name, weight in weights.items()}
    sampled = np.isfinite(next(iter(parts.values())))
    present = {name: part for name, part in parts.items() if np.max(np.abs(part[sampled])) > 1e-9}
    if len(present) < 2 or np.count_nonzero(sampled) <= len(present):
        return
    columns = np.stack([part[sampled] for part in present.values()], axis=1)
    multiples, *_ = np.linalg.lstsq(columns, evidence.written[sampled], rcond=None)
    wrong = [name for name, multiple in zip(present, multiples, strict=True) if abs(multiple - 1) > 1e-5]
    if len(wrong) != 1:
        return
    (name,) = wrong
    multiple = float(dict(zip(present, multiples, strict=True))[name])
    foretold = sum(part for other, part in present.items() if other != name) + multiple * present[name]
    if abs(multiple) < 1e-5:
        yield Guess("term missing", f"the part of the term “{name}” is missing.", foretold, at_least=2)
    elif abs(multiple + 1) < 1e-5:
        yield Guess("term sign", f"the part of the term “{name}” has its sign flipped.", foretold, at_least=2)
    else:
        what = named(multiple, subject.scales)
        text = f"the part of the term “{name}” is {multiple:.6g} times what is right"
        yield Guess("term factor", f"{text}: {what}." if what else f"{text}.", foretold, at_least=2 if what else 4)


def guesses_about_paths(evidence: Evidence) -> Iterator[Guess]:
    """One of the paths on which the loss depends on a parameter left out; or a piece passed by on the way back."""
    thing = evidence.subject.thing
    records: dict[str, Record] = {}
    evidence.subject.gradients(0, watch=lambda fresh: recording(fresh, records))
    for path, piece in pieces(thing).items():
        record = records[path]
        if record.calls != 1 or record.given is None:
            continue
        name = f"{path} ({type(piece).__name__})"
        before = evidence.array.copy()
        foretold = differences(evidence, loss_while(evidence, frozen, piece, evidence.array, before))
        text = f"only one path is counted: the loss depends on this array through {name} as well."
        yield Guess("one path", text, foretold, at_least=2)
        if record.given and np.ndim(record.given[0]) > 0:
            foretold = differences(evidence, loss_while(evidence, shifted, piece, record.given[0]))
            text = f"{name} is passed by on the way back: its derivative is missing."
            yield Guess("derivative missing", text, foretold, at_least=2)


def differences(evidence: Evidence, function: Callable[[], float]) -> FloatArray:
    """At some entries of the array, NaN at the others."""
    array = evidence.array
    known = evidence.row.indices
    indices = known[:: max(1, len(known) // ENTRIES)]
    full = np.full(array.shape, np.nan)
    full.reshape(-1)[indices] = central_differences(function, array, indices)
    return full


def term_alone(evidence: Evidence, name: str) -> Callable[[], float]:
    return lambda: float(evidence.subject.terms()[name])


def loss_while(evidence: Evidence, changed: Callable[..., AbstractContextManager[None]], *how: Any) -> Any:
    """The loss as a function, with a piece of the model `changed` as long as it is computed."""

    def loss() -> float:
        with changed(*how):
            return evidence.subject.loss()

    return loss


def frozen(piece: Any, array: FloatArray, before: FloatArray) -> AbstractContextManager[None]:
    """The piece sees the array as it was before, whatever becomes of it."""
    own = piece.forward

    def forward(*given: Any, **named: Any) -> Any:
        changed = array.copy()
        array[...] = before
        try:
            return own(*given, **named)
        finally:
            array[...] = changed

    return replaced(piece, forward=forward)


def shifted(piece: Any, at: FloatArray) -> AbstractContextManager[None]:
    """The piece's output is what it is `at` an input, plus whatever that has changed by: a derivative of 1."""
    own = piece.forward

    def forward(x: FloatArray, *given: Any, **named: Any) -> Any:
        moved = x - at
        y = np.array(own(at.copy(), *given, **named))
        return y + moved if y.shape == x.shape else own(x, *given, **named)

    return replaced(piece, forward=forward)
