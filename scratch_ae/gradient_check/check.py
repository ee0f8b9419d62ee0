"""The gradient check: what a hand-written backward pass computes, held against differences of the loss."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.gradient_check.differences import (
    STEP,
    central_differences,
    extrapolated_differences,
    look_closer,
    relative_error,
    slope_along,
)
from scratch_ae.gradient_check.report import ArrayCheck, Cause, Report

Gradients = dict[str, Any]
"""Gradients by the name of their array, as the hand-written code left or returned them: right or wrong, or None."""

DIRECTIONS = 3
SAMPLE = 24
"""Entries that the fast check looks at one by one where a direction disagrees; as many follow the first wrong one,
and more in a second and third round, if these were at kinks."""

SINGLE_STEP, SINGLE_TOLERANCE, SINGLE_ENTRIES = 5e-3, 1e-2, 64
"""For a loss computed in float32: ∛ε is 5e-3 there, and a difference is good to two or three digits."""


@dataclass
class Objective:
    """What is differentiated: a loss, the arrays it depends on, and the gradients that were written for them.

    arrays      parameters and inputs by name; a check changes their entries in place, and puts them back
    value       the loss, evaluated anew at every call, with the same noise
    gradients   runs forward and backward on a copy, in whose stored gradients are `filling(shape, call)` beforehand
    single      it computes in float32, though all it is given is float64
    """

    arrays: dict[str, FloatArray]
    value: Callable[[], Any]
    gradients: Callable[[int], Gradients]
    name: str = "the function"
    single: bool = False
    notes: list[str] = field(default_factory=list)

    def loss(self) -> float:
        """The number whose gradient is checked. A step may lead out of its domain, and that is no news."""
        with np.errstate(all="ignore"):
            return float(self.value())


@dataclass(frozen=True)
class Settings:
    """How a check is done; see `gradcheck`."""

    seed: int = 0
    tolerance: float = 1e-7
    entries: int | None = None
    fast: bool = False
    richardson: bool = False
    step: float = STEP

    @classmethod
    def chosen(
        cls, seed: int, tolerance: float | None, entries: int | None, fast: bool, richardson: bool
    ) -> Settings:
        """The arguments of `gradcheck`, which may be None; ValueError or TypeError for impossible ones."""
        if tolerance is not None:
            checks.number("tolerance", tolerance, above=0)
        if entries is not None:
            checks.whole("entries", entries, at_least=1)
        if fast and (entries is not None or richardson):
            raise ValueError("fast=True checks along directions: entries= and richardson= do not go with it.")
        return cls(seed, tolerance or (1e-6 if fast else 1e-10 if richardson else 1e-7), entries, fast, richardson)


def gradcheck(
    thing: Any,
    *inputs: Any,
    gradient: Callable[..., Any] | None = None,
    seed: int = 0,
    tolerance: float | None = None,
    entries: int | None = None,
    fast: bool = False,
    richardson: bool = False,
) -> Report:
    """Compares gradients written by hand with central differences of the loss.

    thing        a model, with its x (batch, features) and labels if it takes any: `parameters`, `gradients` and
                 `loss_and_gradients(x, …)` are asked of it; a layer with its x: `forward(x)`, `backward(dy)`, and
                 `parameter_names` with a W and a dW for each; a loss or penalty with what its `forward` takes, whose
                 `backward()` takes nothing; or a function of arrays that returns one number, with `gradient=` the
                 function that returns an array for each of them
    seed         noise starts from it at each evaluation, so it is the same in all of them
    tolerance    of the relative error; unless given 1e-7, with `richardson` 1e-10, with `fast` 1e-6
    entries      checks so many of each array, drawn at random: an entry costs two evaluations of the loss
    fast         instead checks each array along random directions, and looks for the entry only where that fails
    richardson   extrapolates the differences to a step of 0, for ten digits; for losses without kinks

    All is done in float64 on a copy. An array is right if ‖written − numerical‖ is at most `tolerance` times the
    larger norm, or if no entry differs by more than the rounding of the loss explains, 4 ε L / h. Entries at a kink,
    where there is no derivative, are counted apart.

    >>> print(gradcheck(Autoencoder([784, 300, 150]), test.images[:4], fast=True))
    """
    settings = Settings.chosen(seed, tolerance, entries, fast, richardson)
    checked = objective(thing, *inputs, gradient=gradient, seed=seed)
    return compare(checked, checked.gradients(0), checked.gradients(1), settings)


# --- what is checked ---------------------------------------------------------------------------------------------


def objective(thing: Any, *inputs: Any, gradient: Callable[..., Any] | None = None, seed: int = 0) -> Objective:
    """A model, a layer, a loss or a function as arrays, a loss and gradients."""
    inputs = tuple(np.array(x, float) if np.asarray(x).dtype.kind == "f" else x for x in inputs)
    if gradient is not None:
        return of_function(thing, inputs, gradient)
    narrow = hasattr(thing, "astype") and any(array.dtype != float for array in thing.parameters.values())
    thing = thing.astype(np.float64) if narrow else copy.deepcopy(thing)
    made = of_model if hasattr(thing, "loss_and_gradients") else of_layer
    checked = made(thing, inputs, seed)
    checked.notes += ["A float64 copy of it was checked."] * narrow
    return checked


def of_function(function: Callable[..., Any], inputs: tuple[Any, ...], gradient: Callable[..., Any]) -> Objective:
    """L = function(*inputs), and gradient(*inputs): an array, or one for each input."""
    names = [*inspect.signature(function).parameters]
    arrays = {name: x for name, x in zip(names, inputs, strict=False) if isinstance(x, np.ndarray)}

    def gradients(call: int) -> Gradients:
        result = gradient(*inputs)
        return dict(zip(arrays, result if isinstance(result, (tuple, list)) else [result], strict=False))

    return Objective(arrays, lambda: function(*inputs), gradients)


def of_model(model: Any, inputs: tuple[Any, ...], seed: int) -> Objective:
    """The parameters of a model, and its input, if its `backward` returns that gradient."""
    noisy = "rng" in inspect.signature(model.loss_and_gradients).parameters
    to_input = "to_input" in inspect.signature(getattr(model, "backward", dict)).parameters

    def run(model: Any) -> Any:
        return model.loss_and_gradients(*inputs, **({"rng": np.random.default_rng(seed)} if noisy else {}))

    def gradients(call: int) -> Gradients:
        fresh = copy.deepcopy(model)
        for array in fresh.gradients.values():
            array[...] = filling(array.shape, call)
        run(fresh)
        written = {name: fresh.gradients.get(name) for name in fresh.parameters}
        return written | ({"input x": fresh.backward()} if to_input else {})

    def value() -> Any:
        """As at the first call: if steps were counted on, a β that follows a schedule would change the loss."""
        before = dict(vars(model))
        loss = run(model)
        vars(model).clear()
        vars(model).update(before)
        return loss

    arrays = {**model.parameters, **({"input x": inputs[0]} if to_input else {})}
    return Objective(arrays, value, gradients, type(model).__name__)


def of_layer(layer: Any, inputs: tuple[Any, ...], seed: int) -> Objective:
    """A layer has no loss: it is given one, Σ R ⊙ forward(x) with random numbers R, so that R = ∂L/∂y is what its
    `backward` gets. Where `forward` returns one number, that is the loss."""
    noisy = "rng" in inspect.signature(layer.forward).parameters

    def run(layer: Any) -> Any:
        copies = [np.copy(x) if isinstance(x, np.ndarray) else x for x in inputs]
        return layer.forward(*copies, **({"rng": np.random.default_rng(seed)} if noisy else {}))

    y = run(layer)
    is_loss = np.ndim(y) == 0
    incoming: tuple[Any, ...] = () if is_loss else (np.random.default_rng(1).standard_normal(np.shape(y)),)
    name = "output y" if is_loss else "input x"

    def gradients(call: int) -> Gradients:
        fresh = copy.deepcopy(layer)
        parts = dict(parameters(fresh))
        for part, word in parts.values():
            getattr(part, f"d{word}")[...] = filling(getattr(part, word).shape, call)
        run(fresh)
        written = {name: fresh.backward(*incoming)}
        return written | {path: getattr(part, f"d{word}") for path, (part, word) in parts.items()}

    arrays = {path: getattr(part, word) for path, (part, word) in parameters(layer)} | {name: inputs[0]}
    loss = (lambda: run(layer)) if is_loss else (lambda: np.sum(incoming[0] * run(layer)))
    single = np.asarray(y).dtype == np.float32
    return Objective(arrays, loss, gradients, type(layer).__name__, single)


def parameters(thing: Any, path: str = "") -> Iterator[tuple[str, tuple[Any, str]]]:
    """Every parameter of a layer and of the layers in it, by dotted name: whose it is, and its name there."""
    if isinstance(thing, (list, tuple)):
        for i, item in enumerate(thing):
            yield from parameters(item, f"{path}[{i}]")
    elif callable(getattr(thing, "backward", None)):
        for word in getattr(thing, "parameter_names", ()):
            yield f"{path}.{word}".lstrip("."), (thing, word)
        for name, value in vars(thing).items():
            yield from parameters(value, f"{path}.{name}")


def filling(shape: tuple[int, ...], call: int) -> FloatArray:
    """Numbers that no gradient is: what a stored gradient holds before the backward pass of this call. One that is
    not written keeps them, one that is added on top contains them."""
    return np.random.default_rng([call, *shape]).standard_normal(shape)


# --- the comparison ----------------------------------------------------------------------------------------------


def compare(checked: Any, first: Gradients, second: Gradients, settings: Settings | None = None) -> Report:
    """Holds what two calls of the hand-written code wrote, each over another `filling`, against differences."""
    settings, notes = settings or Settings(), list(checked.notes)
    value, again = checked.loss(), checked.loss()
    if not np.isfinite([value, again]).all():
        text = f"the loss itself is {value}, so that there is nothing to differentiate."
        return Report((), tuple(notes), (Cause("nan", text, (checked.name,)),))
    if abs(value - again) > 1e-12 * max(abs(value), abs(again)):
        text = (
            f"two evaluations at the same point give {value:.9g} and {again:.9g}: noise is drawn anew in each. Draw "
            f"it from the rng that is handed in, or fix its seed, so that all evaluations see the same noise."
        )
        return Report((), tuple(notes), (Cause("noise", text, (checked.name,)),))
    if in_single_precision(checked):
        tolerance = max(settings.tolerance, SINGLE_TOLERANCE)
        entries = settings.entries or SINGLE_ENTRIES if settings.fast else settings.entries
        settings = Settings(settings.seed, tolerance, entries, step=SINGLE_STEP)
        notes.append(
            f"The loss is computed in float32, whose seven digits leave two or three in a difference: the tolerance "
            f"is {tolerance:g}, and small mistakes stay unseen. Compute in float64 to check to 1e-7."
        )
    one = along_directions if settings.fast else by_entry
    rows = [unlike_twice(one(checked, name, first[name], settings), first[name], second.get(name)) for name in first]
    return Report(tuple(rows), tuple(notes))


def by_entry(checked: Objective, name: str, written: Any, settings: Settings) -> ArrayCheck:
    """An array's gradient against a difference for each entry, or for `settings.entries` of them."""
    array, loss = checked.arrays[name], checked.loss
    indices = np.arange(array.size)
    if settings.entries is not None and settings.entries < array.size:
        picker = np.random.default_rng([settings.seed, *name.encode()])
        indices = np.sort(picker.choice(array.size, settings.entries, replace=False))
    if settings.richardson:
        numerical = extrapolated_differences(loss, array, indices)
    else:
        numerical = central_differences(loss, array, indices, settings.step)
    gradient, problem = comparable(written, array.shape)
    row = ArrayCheck(name, array.shape, math.nan, len(indices), 0, False, settings.tolerance, problem, indices)
    if gradient is None:
        return replace(row, numerical=numerical)
    entries = gradient.reshape(-1)[indices]
    kinks = np.zeros(len(indices), bool)
    if settings.step == STEP and np.isfinite(entries).all():
        plain = numerical.copy()
        kinks = look_closer(loss, array, indices, entries, numerical, 1e-6 if settings.richardson else 1e-8)
        if settings.richardson:  # its long steps meet kinks that the point itself is not at
            near = np.abs(numerical - entries) <= 1e-7 * np.max(np.abs(entries))
            kinks |= np.isfinite(plain) & (numerical != plain) & near
    rounding = 4 * np.finfo(float).eps * abs(loss()) / settings.step
    return with_entries(row, kinks, entries, numerical, rounding)


def with_entries(
    row: ArrayCheck, kinks: NDArray[np.bool_], written: FloatArray, numerical: FloatArray, rounding: float
) -> ArrayCheck:
    """The row with both values of all entries that are at no kink, and what they differ by."""
    indices, written, numerical = row.indices[~kinks], written[~kinks], numerical[~kinks]
    return replace(
        row, error=relative_error(written, numerical), kinks=int(kinks.sum()), indices=indices, written=written,
        numerical=numerical, within_rounding=bool(np.all(np.abs(written - numerical) <= rounding)),
    )  # fmt: skip


def along_directions(checked: Objective, name: str, written: Any, settings: Settings) -> ArrayCheck:
    """The fast check: dL/dt of L(θ + t u) along a random direction u of all entries of an array at once, which a
    right gradient g foretells: g · u. One direction costs as much as one entry. Where they disagree, halving leads to
    an entry that is wrong; if what is wrong there are kinks, these are left out, and the rest is looked at again."""
    array, tolerance = checked.arrays[name], settings.tolerance
    rng = np.random.default_rng([settings.seed, *name.encode()])
    gradient, problem = comparable(written, array.shape)
    row = ArrayCheck(name, array.shape, math.nan, array.size, 0, False, tolerance, problem)
    if gradient is None:
        return row
    g, left = gradient.reshape(-1), np.arange(array.size)
    for following in (SAMPLE // 2, 2 * SAMPLE, 8 * SAMPLE):
        errors = [error_along(checked, array, g, left, rng) for _ in range(DIRECTIONS)]
        row = replace(row, error=float(np.max(errors)), kinks=array.size - len(left))
        if not row.error > tolerance and row.error == row.error:
            return row
        start, stop = 0, len(left)
        while stop - start > 1:  # again and again the first wrong half
            middle = (start + stop) // 2
            wrong = not error_along(checked, array, g, left[start:middle], rng) <= tolerance
            start, stop = (start, middle) if wrong else (middle, stop)
        sample = rng.choice(left, min(SAMPLE, len(left)), replace=False)
        indices = np.unique(np.r_[left[start : start + following], sample])
        numerical = central_differences(checked.loss, array, indices)
        kinks = look_closer(checked.loss, array, indices, g[indices], numerical)
        left = np.setdiff1d(left, indices[kinks])
        seen = with_entries(replace(row, indices=indices), kinks, g[indices], numerical, 0.0)
        row = replace(seen, error=row.error, kinks=array.size - len(left))
        if not seen.error <= tolerance or not kinks.any() or not len(left):
            break
    # If all entries that were looked at are right, the rest are kinks, more than there is time for.
    return replace(row, error=seen.error) if kinks.any() and seen.error <= tolerance else row


def error_along(
    checked: Objective, array: FloatArray, g: FloatArray, entries: NDArray[np.integer], rng: np.random.Generator
) -> float:
    """|g · u − dL/dt| for a random u of length 1 among these entries, relative to the larger of both; or, if larger,
    to what g · u is on average, ‖g‖/√n, or to a slope of which rounding leaves six digits, 4e6 ε L / h. The best of
    three steps counts: the longest suffers least from rounding, the shortest from kinks."""
    u = rng.standard_normal(len(entries))
    u /= np.linalg.norm(u)
    foretold, usual = float(g[entries] @ u), float(np.linalg.norm(g[entries])) / math.sqrt(len(entries))
    readable = 4e9 * np.finfo(float).eps * abs(checked.loss())
    slopes = [slope_along(checked.loss, array, entries, u, step) for step in (1e-3, 1e-4, 1e-5)]
    return float(np.min([abs(foretold - s) / max(usual, abs(foretold), abs(s), readable, 1e-300) for s in slopes]))


def in_single_precision(checked: Objective) -> bool:
    """Every value of the loss, at three points drawn at random, is a float32: by chance that happens to one float64
    in 10²⁶."""
    if checked.single:
        return True
    before, rng, values = {name: array.copy() for name, array in checked.arrays.items()}, np.random.default_rng(0), []
    try:
        for _ in range(3):
            for name, array in checked.arrays.items():
                array[...] = before[name] * (1 + 1e-3 * rng.standard_normal(array.shape))
            values.append(checked.loss())
    finally:
        for name, array in checked.arrays.items():
            array[...] = before[name]
    return len(set(values)) > 1 and all(value == float(np.float32(value)) for value in values)


def unlike_twice(row: ArrayCheck, first: Any, second: Any) -> ArrayCheck:
    """A gradient that is another one at a second call, at the same point and with the same noise, is not right."""
    if not row.ok or same(first, second):
        return row
    return replace(row, problem="a second call with the same input and noise gives another gradient")


def comparable(written: Any, shape: tuple[int, ...]) -> tuple[Any, str]:
    """The gradient in its array's shape, and what is wrong with its form; None where there is nothing to compare."""
    if written is None:
        return None, "no gradient was returned or stored"
    gradient = np.asarray(written)
    if gradient.dtype.kind not in "fiub":
        return None, f"the gradient holds {gradient.dtype} instead of real numbers"
    gradient = gradient.astype(np.float64)
    if gradient.shape == shape:
        return gradient, ""
    problem = f"the gradient has shape {gradient.shape}, but its array {shape}"
    return (gradient.reshape(shape) if gradient.size == math.prod(shape) else None), problem


def same(a: Any, b: Any) -> bool:
    return a is b or (np.shape(a) == np.shape(b) and a is not None and np.allclose(a, b, 1e-9, 1e-12))
