"""The usual mistakes in one array's gradient, and the numbers that each of them foretells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.gradient_check.check import comparable, filling
from scratch_ae.gradient_check.diagnosis.subject import Subject, takes_rng
from scratch_ae.gradient_check.report import ArrayCheck


@dataclass(frozen=True)
class Guess:
    """A mistake, and the gradient that it leads to, NaN where that is not known; None where the guess has looked at
    the numbers already. `at_least` so many entries have to bear it out."""

    kind: str
    text: str
    foretold: FloatArray | None = None
    at_least: int = 1


@dataclass(frozen=True)
class Evidence:
    """What is known about one wrong gradient: the row of the check, and what two calls left or returned."""

    subject: Subject
    row: ArrayCheck
    first: Any
    second: Any

    @cached_property
    def written(self) -> FloatArray:
        """In the shape of the array; NaN where it has another size."""
        gradient, _ = comparable(self.first, self.row.shape)
        return np.full(self.row.shape, np.nan) if gradient is None else gradient

    @cached_property
    def numerical(self) -> FloatArray:
        """By differences, in the shape of the array; NaN where none was taken, or at a kink."""
        full = np.full(self.row.shape, np.nan)
        full.reshape(-1)[self.row.indices] = self.row.numerical
        return full

    @property
    def array(self) -> FloatArray:
        return self.subject.arrays[self.row.name]


# The form of what was written.


def guesses_about_form(evidence: Evidence) -> Iterator[Guess]:
    """Nothing written, nothing summed, the wrong shape, NaN: what shows before any value is compared."""
    first, second, shape = evidence.first, evidence.second, evidence.row.shape
    if first is None:
        yield Guess("never written", "no gradient was returned or stored: is a `return` missing?")
        return
    array = np.asarray(first)
    if array.dtype.kind not in "fiub":
        yield Guess("form", f"the gradient holds {array.dtype} instead of real numbers.")
        return
    if array.shape != shape:
        yield from guesses_about_shape(evidence, array.astype(float))
        return
    if not np.isfinite(array).all():
        place = [int(k) for k in np.argwhere(~np.isfinite(array))[0]] if array.ndim else ""
        yield Guess("nan", f"the gradient holds NaN or infinity, first at {place}, where the loss itself is finite.")
        return
    if np.shape(second) != shape:
        return
    fillings = [filling(shape, call) for call in (0, 1)]
    if evidence.row.name in evidence.subject.stored:
        left = (array == fillings[0]) & (np.asarray(second) == fillings[1])
        if left.all():
            yield Guess(
                "never written",
                "the gradient is never written: what its array held before is still there. Is the result kept, "
                "self.dW = …?",
            )
        elif left.any():
            place = [int(k) for k in np.argwhere(left)[0]]
            yield Guess("never written", f"{left.sum()} of {left.size} entries are never written, first {place}.")
        on_top = array - fillings[0]
        if np.allclose(on_top, np.asarray(second) - fillings[1], rtol=1e-9, atol=1e-9):
            right = np.where(np.isnan(evidence.numerical), on_top, evidence.numerical)
            else_right = np.allclose(on_top, right, rtol=1e-5, atol=1e-6 * max(1e-3, float(np.max(np.abs(right)))))
            also = "" if else_right else " And what is added is not right either."
            yield Guess("accumulated", f"the gradient is added on top of what the last call left there.{also}")
    if not np.allclose(array, second, rtol=1e-9, atol=1e-12):
        yield Guess(
            "noise in backward",
            "two calls at the same point and with the same noise give different gradients: backward draws noise of "
            "its own, or uses what an earlier call left behind. It needs the very noise that forward used.",
        )


def guesses_about_shape(evidence: Evidence, written: FloatArray) -> Iterator[Guess]:
    """Right numbers in a wrong shape, or a sum that was not taken."""
    shape, right = evidence.row.shape, evidence.numerical
    form = f"the gradient has shape {written.shape}, but its array {shape}"
    if written.size == right.size and agree(written.reshape(shape), right):
        yield Guess("shape", f"{form}: the numbers are right, only the shape is not.")
    elif written.T.shape == shape and agree(written.T, right):
        yield Guess("transposed", f"{form}: it is the transpose of what is right.")
    elif written.ndim == len(shape) + 1 and written.shape[1:] == shape and agree(written.sum(axis=0), right):
        yield Guess("not summed", f"{form}: it is not summed over the batch, its first axis.")
    elif len(shape) == 1 and evidence.subject.incoming is not None and evidence.subject.incoming.ndim == 2:
        over_units = evidence.subject.incoming.sum(axis=1)
        if written.shape == over_units.shape and agree(written, over_units):
            yield Guess("bias axis", f"{form}: it is summed over the units, axis 1, instead of the batch, axis 0.")
    yield Guess("shape", f"{form}.")


# The values.


def guesses_about_values(evidence: Evidence) -> Iterator[Guess]:
    """Mistakes that turn the right gradient into another of the same shape."""
    right = evidence.numerical
    yield Guess("zero", "the gradient is zero, but the loss does change with this array.", np.zeros_like(right))
    yield Guess("sign", "the sign is flipped.", -right)
    yield from guesses_about_layers(evidence)
    yield from guesses_about_order(right)
    yield from guesses_about_factors(evidence, right, evidence.written, "")
    if right.ndim and right.shape[-1] % 2 == 0:
        yield from guesses_about_halves(evidence)


def guesses_about_layers(evidence: Evidence) -> Iterator[Guess]:
    """From R = ∂L/∂y, which the layer was given: what becomes of it if a step is left out or done the other way."""
    incoming, right = evidence.subject.incoming, evidence.numerical
    if incoming is None or incoming.ndim != 2:
        return
    if evidence.row.name == "input x":
        if incoming.shape == right.shape and not acts_on_each_entry(evidence):
            yield Guess("passed on", "what comes in, ∂L/∂y, is passed on as it is.", incoming, at_least=2)
        elif incoming.shape == right.shape:
            missing = "the derivative of the activation is missing: what comes in, ∂L/∂h, is passed on as it is."
            yield Guess("derivative missing", missing, incoming, at_least=2)
            at_output = "the activation's derivative is taken at its output h instead of its input a."
            yield Guess("derivative at output", at_output, incoming * slope_at_output(evidence), at_least=2)
            with np.errstate(divide="ignore", invalid="ignore"):
                yield Guess(
                    "derivative twice", "the derivative is multiplied in twice.", right**2 / incoming, at_least=2
                )
        for name, array in evidence.subject.arrays.items():
            square = array.ndim == 2 and array.shape[0] == array.shape[1] == incoming.shape[1]
            if square and incoming.shape == right.shape:
                text = f"{name} is used transposed where it is needed as it is, or the other way round."
                yield Guess("transposed", text, incoming @ array, at_least=2)
                yield Guess("transposed", text, incoming @ array.T, at_least=2)
    elif right.ndim == 1 and right.shape == incoming.shape[1:] and len(incoming) > 1:
        if incoming.shape[0] == incoming.shape[1]:
            text = "it is summed over the units, axis 1, instead of the batch, axis 0."
            yield Guess("bias axis", text, incoming.sum(axis=1), at_least=2)
        yield Guess("bias axis", "it is summed over both axes.", np.full(right.shape, incoming.sum()), at_least=2)
        for i, row in enumerate(incoming):
            yield Guess(
                "not summed", f"it is not summed over the batch: example {i} alone is there.", row, at_least=2
            )


def acts_on_each_entry(evidence: Evidence) -> bool:
    """Whether a layer has no parameters, and an entry of its input changes that entry of its output alone."""
    inputs = [name for name in evidence.subject.arrays if name not in evidence.subject.stored]
    if evidence.subject.stored or len(inputs) > 1:
        return False
    thing, x = evidence.subject.thing, evidence.subject.arrays["input x"]
    if takes_rng(thing.forward):
        return True  # a mask, as far as layers with noise and an output of the input's shape go
    before, changed = np.array(thing.forward(x.copy())), x.copy()
    changed.flat[0] += 0.5
    return not np.any((np.array(thing.forward(changed)) != before).reshape(-1)[1:])


def slope_at_output(evidence: Evidence) -> FloatArray:
    """φ'(φ(a)) by differences, for a layer that acts on each entry alone."""
    thing, x = evidence.subject.thing, evidence.subject.arrays["input x"]
    if takes_rng(thing.forward):
        return np.full(x.shape, np.nan)
    h = np.array(thing.forward(x.copy()))
    step = 1e-5
    return (np.array(thing.forward(h + step)) - np.array(thing.forward(h - step))) / (2 * step)


def guesses_about_order(right: FloatArray) -> Iterator[Guess]:
    """The transpose, also where its entries were poured into the shape of the original."""
    if right.ndim == 2 and min(right.shape) > 1:
        text = "it is the transpose of what is right" + ("." if right.shape[0] == right.shape[1] else ", reshaped.")
        yield Guess("transposed", text, right.T.reshape(right.shape), at_least=3)


def guesses_about_factors(
    evidence: Evidence, right: FloatArray, written: FloatArray, part: str, foretell: Any = None
) -> Iterator[Guess]:
    """The right gradient, a constant number of times: the one that fits best, and what it may be."""
    known = np.isfinite(right) & np.isfinite(written)
    if not np.any(right[known]):
        return
    factor = float(np.sum(right[known] * written[known]) / np.sum(right[known] ** 2))
    name = named(factor, evidence.subject.scales)
    if factor == 0 or abs(factor - 1) < 1e-5:
        return
    text = f"{part}it is {factor:.6g} times what is right" + (f": {name}." if name else ", a constant factor.")
    foretold = factor * right if foretell is None else foretell(factor * right)
    yield Guess("sign" if abs(factor + 1) < 1e-5 else "factor", text, foretold, at_least=1 if name else 3)


def guesses_about_halves(evidence: Evidence) -> Iterator[Guess]:
    """The last axis holds two things side by side, as mean and log-variance: swapped, or one of them wrong."""
    right, written = evidence.numerical, evidence.written
    middle = right.shape[-1] // 2
    halves = right[..., :middle], right[..., middle:]
    swapped = "the two halves are swapped, as mean and log-variance would be."
    yield Guess("halves swapped", swapped, np.concatenate(halves[::-1], axis=-1), at_least=2)
    for which, name in enumerate(("first half (where the mean would stand)", "second half (the log-variance)")):

        def with_other_half(half: FloatArray, which: int = which) -> FloatArray:
            return np.concatenate([half, halves[1]] if which == 0 else [halves[0], half], axis=-1)

        half_written = written[..., :middle] if which == 0 else written[..., middle:]
        yield Guess("zero", f"the {name} is zero.", with_other_half(np.zeros_like(halves[which])), at_least=2)
        part = f"only in the {name}, "
        yield from guesses_about_factors(evidence, halves[which], half_written, part, with_other_half)


def named(factor: float, scales: dict[str, float]) -> str:
    """What number a factor may be, its sign apart: "the batch size", "1 / (the batch size)", "2"; "" if unknown."""
    size, sign = abs(factor), "minus " if factor < 0 else ""
    known = {name: value for name, value in scales.items() if value not in (0.0, 1.0)}
    single = {**known, "2": 2.0, "4": 4.0}
    products = {f"{a} times {b}": known[a] * known[b] for a in known for b in known if a < b}
    for names in (single, products):
        found = [name for name, value in names.items() if close(size, abs(value))]
        found += [inverse(name) for name, value in names.items() if close(size, 1 / abs(value))]
        if found:
            return " or ".join(sign + name for name in found)
    return ""


def inverse(name: str) -> str:
    return f"1/{name}" if name in ("2", "4") else f"1 / ({name})"


def close(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-5 * abs(b)


def agree(written: FloatArray, right: FloatArray) -> bool:
    """To five digits, wherever a difference was taken."""
    known = np.isfinite(right)
    size = float(np.linalg.norm(right[known]))
    return bool(np.any(known) and np.linalg.norm(written[known] - right[known]) <= 1e-5 * size)
