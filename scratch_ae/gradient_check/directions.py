"""The fast check: how the loss changes along a random direction of all entries of an array at once, which a right
gradient g foretells: dL/dt (θ + t u) = g · u. One direction costs as much as one entry."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratch_ae.arrays import FloatArray
from scratch_ae.gradient_check.differences import central_differences, look_closer, relative_error
from scratch_ae.gradient_check.report import ArrayCheck
from scratch_ae.gradient_check.subject import BY_PARAMETER_GRADIENTS, Subject, Written, comparable

DIRECTIONS = 3
STEPS = (1e-3, 1e-4, 1e-5)
"""Lengths tried along a direction of length 1; the best agreement counts. The longest suffers least from rounding,
the shortest from kinks, of which a large model has thousands."""

FAST_TOLERANCE = 1e-6
"""What a right gradient stays well below along any direction, also among a large model's kinks."""

SAMPLE = 24
"""Entries compared one by one where an array turns out wrong, so that the diagnosis has numbers to go by."""

NEIGHBOURS = (12, 48, 192)
"""As many beside them that follow the first wrong one. If what is wrong there are kinks, these are left out, and the
rest is looked at again, with more of them: of a blank image, every hidden unit is at one."""


def check_along_directions(subject: Subject, written: Written, seed: int, tolerance: float) -> list[ArrayCheck]:
    """A row for every array; its error is the largest of its directions'. Where that is too large, halving leads to
    an entry that is wrong, and the row holds it and its neighbours."""
    rng = np.random.default_rng(seed)
    return [check_array_along_directions(subject, name, g, rng, tolerance) for name, g in written.items()]


def check_array_along_directions(
    subject: Subject, name: str, written: Any, rng: np.random.Generator, tolerance: float
) -> ArrayCheck:
    array = subject.arrays[name.removesuffix(BY_PARAMETER_GRADIENTS)]
    written, problem = comparable(written, array.shape)
    if problem:
        return ArrayCheck(name, array.shape, math.nan, array.size, 0, False, tolerance, problem)
    left = np.arange(array.size)  # but for the entries that are known to be at a kink
    for neighbours in NEIGHBOURS:
        errors = [error_along(subject, array, written, left, rng) for _ in range(DIRECTIONS)]
        error = math.nan if any(map(math.isnan, errors)) else max(errors)
        row = ArrayCheck(name, array.shape, error, array.size, array.size - len(left), False, tolerance)
        if row.ok:
            return row
        found = wrong_entry(subject, array, written, left, rng, tolerance)
        around = left[found : found + neighbours]
        indices = np.unique(np.r_[around, rng.choice(left, min(SAMPLE, len(left)), replace=False)])
        entries = written.reshape(-1)[indices]
        numerical = central_differences(subject.loss, array, indices)
        kinks = look_closer(subject.loss, array, indices, entries, numerical)
        left = np.setdiff1d(left, indices[kinks])
        off = relative_error(entries[~kinks], numerical[~kinks])
        if not off <= tolerance or not kinks.any() or not len(left):
            break
    if kinks.any() and off <= tolerance:
        error = off  # what differs along a direction are kinks, more than there is time for
    return ArrayCheck(
        name, array.shape, error, array.size, array.size - len(left), False, tolerance, "",
        indices[~kinks], entries[~kinks], numerical[~kinks],
    )  # fmt: skip


def error_along(
    subject: Subject, array: FloatArray, written: FloatArray, entries: NDArray[np.integer], rng: np.random.Generator
) -> float:
    """|g · u − dL/dt| for one random direction u of length 1 among these entries, relative to the larger of both; or,
    if larger, to what g · u is on average, ‖g‖/√n, or to a slope of which rounding leaves six digits, 4e6 ε L / h."""
    u = rng.standard_normal(len(entries))
    u /= np.linalg.norm(u)
    g = written.reshape(-1)[entries]
    foretold = float(g @ u)
    flat, before = array.reshape(-1), array.copy()
    measured = []
    try:
        for step in STEPS:
            flat[entries] = before.reshape(-1)[entries] + step * u
            above = subject.loss()
            flat[entries] = before.reshape(-1)[entries] - step * u
            measured.append((above - subject.loss()) / (2 * step))
    finally:
        array[...] = before
    usual = float(np.linalg.norm(g)) / math.sqrt(len(entries))
    readable = 4e6 * np.finfo(float).eps * abs(subject.loss()) / STEPS[0]
    off = [abs(foretold - slope) for slope in measured]
    sizes = [max(usual, abs(foretold), abs(slope), readable, np.finfo(float).tiny) for slope in measured]
    return float(np.min(np.divide(off, sizes)))


def wrong_entry(
    subject: Subject,
    array: FloatArray,
    written: FloatArray,
    left: NDArray[np.integer],
    rng: np.random.Generator,
    tolerance: float,
) -> int:
    """Which of the entries `left` is the first, or nearly so, where the gradient is wrong: again and again the first
    wrong half."""
    start, stop = 0, len(left)
    while stop - start > 1:
        middle = (start + stop) // 2
        wrong = not error_along(subject, array, written, left[start:middle], rng) <= tolerance
        start, stop = (start, middle) if wrong else (middle, stop)
    return start
