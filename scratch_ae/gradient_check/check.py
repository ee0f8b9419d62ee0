"""Central differences: the derivative from two values of the loss, (L(θ + h) − L(θ − h)) / 2h."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.gradient_check.report import ArrayCheck, Report
from scratch_ae.nn.parameters import ParameterStore

STEP = 1e-4
"""h. The Taylor series of L(θ ± h) gives an error of h²L'''/6, rounding one of about εL/h with ε = 2.2e-16. Both
together are least at h = ∛(3εL / L'''): ∛ε = 6e-6 where L and L''' are alike, more for a loss of hundreds of nats
that curves gently in each of its many parameters."""

Self = TypeVar("Self", bound="Checkable")


class Checkable(Protocol):
    """What `gradcheck` asks of a model."""

    parameters: ParameterStore
    gradients: ParameterStore

    def forward(self, *batch: Any, **rng: Any) -> dict[str, float]: ...

    def loss_of(self, terms: Mapping[str, float]) -> float: ...

    def loss_and_gradients(self, *batch: Any, **rng: Any) -> float: ...

    def input_gradient(self) -> FloatArray: ...

    def astype(self: Self, dtype: Any) -> Self: ...


def gradcheck(
    model: Checkable,
    x: FloatArray,
    *labels: Any,
    seed: int = 0,
    tolerance: float = 1e-7,
    entries: int | None = None,
) -> Report:
    """Compares the gradient of the whole objective, for every parameter and for x, with central differences.

    x (batch, features) is best a few examples, and the model small: each entry costs two evaluations of the
    loss. `entries` checks so many of each array, drawn at random, where the model is not small. All is done in
    float64 on a copy, so the model stays as it was; noise starts from `seed` at each evaluation, so it is the
    same in all of them. An array is ok if ‖analytic − numerical‖ is at most `tolerance` times the larger norm, or
    if no entry differs by more than the rounding of the loss explains, 4 ε L / h, which is all that differences can
    say of a gradient that is nearly zero. Entries at a kink, where there is no derivative, are counted apart.

    >>> print(gradcheck(Autoencoder([784, 300, 150]), test.images[:4], entries=20))
    """
    checks.number("tolerance", tolerance, above=0)
    if entries is not None:
        checks.whole("entries", entries, at_least=1)
    notes = []
    if model.parameters.flat.dtype != np.float64:
        notes.append(f"The model is {model.parameters.flat.dtype}; a float64 copy of it was checked.")
    model = model.astype(np.float64)
    x = np.array(x, dtype=np.float64, order="C")

    def loss() -> float:
        return model.loss_of(model.forward(x, *labels, rng=np.random.default_rng(seed)))

    value = model.loss_and_gradients(x, *labels, rng=np.random.default_rng(seed))
    rounding = 4 * np.finfo(float).eps * abs(value) / STEP
    arrays = {**model.parameters, "input x": x}
    analytic = {name: gradient.copy() for name, gradient in model.gradients.items()}
    analytic["input x"] = model.input_gradient().copy()

    picker = np.random.default_rng(seed)
    rows = []
    for name, array in arrays.items():
        indices = np.arange(array.size)
        if entries is not None and entries < array.size:
            indices = np.sort(picker.choice(array.size, entries, replace=False))
        written = analytic[name].reshape(-1)[indices]
        numerical = central_differences(loss, array, indices)
        kinks = look_closer(loss, array, indices, written, numerical)
        written, numerical = written[~kinks], numerical[~kinks]
        error = relative_error(written, numerical)
        within_rounding = bool(np.all(np.abs(written - numerical) <= rounding))
        rows.append(ArrayCheck(name, array.shape, error, len(indices), int(kinks.sum()), within_rounding, tolerance))
    return Report(tuple(rows), tuple(notes))


def central_differences(
    function: Callable[[], float], array: FloatArray, indices: Any = None, step: float = STEP
) -> FloatArray:
    """∂function()/∂array at the flat `indices` (all unless given), from changing one entry at a time in place;
    every entry is put back, also if the function raises. The array must be C-contiguous."""
    indices = np.arange(array.size) if indices is None else indices
    differences = np.empty(len(indices))
    for i, index in enumerate(indices):
        (above, upper), (below, lower) = (value_at(function, array, index, change) for change in (step, -step))
        differences[i] = (above - below) / (upper - lower)
    return differences


def value_at(function: Callable[[], float], array: FloatArray, index: int, change: float) -> tuple[float, float]:
    """function() with one entry changed, and that entry as it then was: θ + h rounded to a float."""
    flat = array.reshape(-1)
    kept = flat[index]
    flat[index] = kept + change
    try:
        return function(), float(flat[index])
    finally:
        flat[index] = kept


def look_closer(
    function: Callable[[], float],
    array: FloatArray,
    indices: NDArray[np.integer],
    written: FloatArray,
    numerical: FloatArray,
) -> NDArray[np.bool_]:
    """Where the two disagree, tells a wrong gradient from a difference that is at fault, and mends `numerical`.

    Where the loss curves sharply, Richardson's extrapolation (4 d(h/2) − d(h)) / 3 has no error of order h² left.
    Next to a kink (a ReLU's, |h|'s, a top-k's) a step too short to reach it is right. At the kink itself the slopes
    to the left and to the right differ by the same however short the step, and any value between them is a
    subgradient: such an entry is left out of the comparison. Returns which are, (len(indices),).
    """
    kinks = np.zeros(len(indices), bool)
    size = max(float(np.max(np.abs(written), initial=0)), float(np.max(np.abs(numerical), initial=0)))
    for i in np.flatnonzero(~(np.abs(written - numerical) <= 1e-8 * size)):

        def slopes(step: float, index: int = int(indices[i])) -> tuple[float, float]:
            here, entry = function(), float(array.reshape(-1)[index])
            (above, upper), (below, lower) = (value_at(function, array, index, change) for change in (step, -step))
            return (above - here) / (upper - entry), (here - below) / (entry - lower)

        half, short, shorter = slopes(STEP / 2), slopes(STEP / 10), slopes(STEP / 100)
        candidates = [numerical[i], (2 * sum(half) - numerical[i]) / 3, sum(short) / 2, sum(shorter) / 2]
        gap, gap_before = abs(shorter[0] - shorter[1]), abs(short[0] - short[1])
        if (
            gap > 1e-5 * size
            and gap > 0.5 * gap_before
            and min(shorter) <= written[i] + gap / 100 <= max(shorter) + gap / 50
        ):
            kinks[i] = True
        else:
            numerical[i] = min(candidates, key=lambda value: abs(value - written[i]))
    return kinks


def relative_error(analytic: FloatArray, numerical: FloatArray) -> float:
    """‖analytic − numerical‖ / max(‖analytic‖, ‖numerical‖); 0 where both are zero, NaN where one holds NaN."""
    larger = max(float(np.linalg.norm(analytic)), float(np.linalg.norm(numerical)))
    difference = float(np.linalg.norm(analytic - numerical))
    return difference / larger if larger != 0 else difference
