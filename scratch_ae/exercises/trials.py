"""How the classes of a file are put to the test: their gradients against differences of the true loss, and what a
gradient check cannot see against what it ought to be."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from scratch_ae.arrays import FloatArray
from scratch_ae.exercises.task import Names, Results
from scratch_ae.gradient_check.diagnosis import compared_and_explained, same, subject
from scratch_ae.gradient_check.report import Report

T = TypeVar("T")

LIBRARY = (
    "nn.activations", "nn.dense", "nn.mlp", "nn.losses", "nn.initializers", "nn.optimizers",
    "autoencoders.stages", "autoencoders.autoencoder", "autoencoders.variational", "autoencoders.conditional",
    "autoencoders.sparse", "autoencoders.denoising", "autoencoders.contractive", "autoencoders.tied",
    "training.trainable",
)  # fmt: skip
"""The modules that files are cut from: their names stand behind those of a submitted file."""


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """The same array, which code that works in place can't change: in a notebook, all later trials would see that."""
    array.flags.writeable = False
    return array


SEEDS = (101, 102)
"""Noise is drawn from each in turn: from a generator of its own, a file may draw the same numbers as one of them, but
not as both."""


@cache
def library_names() -> dict[str, Any]:
    """Every name of those modules, as the library has it."""
    modules = [importlib.import_module(f"scratch_ae.{module}") for module in LIBRARY]
    return {name: value for module in modules for name, value in vars(module).items() if not name.startswith("__")}


@cache
def library_results(trial: GradientTrial | MeasuredTrial) -> dict[str, FloatArray]:
    """What the library's own classes give: a class of thirty is marked against the same numbers."""
    return trial.run({})


@dataclass(frozen=True)
class GradientTrial:
    """Is the gradient right?

    `build` makes from the classes of a file what `gradcheck` takes: (thing, *inputs), the same at every call. It is
    called on the submitted classes, whose gradients are then held against differences of the library's own loss, so
    that a changed `forward` that suits a wrong `backward` helps nobody. Gradients that equal the library's, which its
    tests hold against differences, need none taken.

    loss_is   the methods that the loss comes out of: what to look at, if it is another than the library's
    """

    title: str
    build: Callable[[Names], tuple[Any, ...]]
    loss_is: str = "forward"

    def run(self, names: Names) -> dict[str, FloatArray]:
        """For each seed the loss, and the gradients of two calls, of which each finds other numbers where it is to
        write."""
        results = {}
        for seed in SEEDS:
            thing, *inputs = self.build({**library_names(), **names})
            submitted = subject(guarded(thing), *inputs, seed=seed)
            results[f"{seed} loss"] = np.array(submitted.loss())
            for call in (0, 1):
                for name, gradient in submitted.gradients(call).items():
                    if gradient is not None:
                        results[f"{seed} {call} {name}"] = np.asarray(gradient)
        return results

    def judge(self, results: Results) -> list[str]:
        """What is wrong with the numbers of one seed; those of the next are looked at if nothing is."""
        return next(filter(None, (self.judge_seed(seed, results) for seed in SEEDS)), [])

    def judge_seed(self, seed: int, results: Results) -> list[str]:
        right = {name: array for name, array in library_results(self).items() if name.startswith(f"{seed} ")}
        submitted = {name: array for name, array in results.items() if name.startswith(f"{seed} ")}
        loss, given = float(right[f"{seed} loss"]), submitted.get(f"{seed} loss")
        if given is None or given.shape != () or given.dtype != np.float64:
            return [f"{self.title}: no loss came back."]
        if not abs(float(given) - loss) <= 1e-9 * max(1.0, abs(loss)):
            return [
                f"{self.title}: the loss, which {self.loss_is} leads to, is not the right one: is there still "
                f"something in {self.loss_is} to write or to repair, or was more changed than had to be?\n"
                f"It is {float(given):.9g}, and should be {loss:.9g}."
            ]
        if submitted.keys() == right.keys() and all(same(submitted[name], right[name]) for name in right):
            return []
        return self.diagnosis(self.report(results, seed))

    def diagnosis(self, report: Report) -> list[str]:
        """A finding for each cause: those that are known, or else that none is. The first wrong entry, which only
        this trial has, stands in a line of its own behind the first of them."""
        if report.ok:
            return []
        known = [cause for cause in report.causes if cause.kind != "unknown"]
        first, *others = [f"{self.title}: {cause}" for cause in known or report.causes]
        entries = [line for line in report.diagnosis() if line.startswith("First at")]
        return ["\n".join([first, *entries]), *others]

    def report(self, results: Results, seed: int) -> Report:
        """The gradient check of what was submitted against differences of the library's loss."""
        thing, *inputs = self.build(library_names())
        true = subject(thing, *inputs, seed=seed)
        first, second = ({name: results.get(f"{seed} {call} {name}") for name in true.arrays} for call in (0, 1))
        return compared_and_explained(true, first, second)


def guarded(thing: T) -> T:
    """The thing, of which backward can change neither what it is given nor what forward has kept for it, but for the
    parameters' gradients: NumPy refuses to write there. Of a model, whose pieces work on each other's arrays, the
    numbers tell."""
    kind: Any = type(thing)

    def backward(self: Any, *incoming: Any, **named: Any) -> Any:
        written = {f"d{name}" for name in getattr(self, "parameter_names", ())}
        for value in (*incoming, *(value for name, value in vars(self).items() if name not in written)):
            if isinstance(value, np.ndarray):
                read_only(value)
        return kind.backward(self, *incoming, **named)

    if hasattr(thing, "backward") and not hasattr(thing, "loss_and_gradients"):
        thing.__class__ = type(kind.__name__, (kind,), {"backward": backward, "__module__": kind.__module__})
    return thing


@dataclass(frozen=True)
class MeasuredTrial:
    """What no gradient check sees: a distribution, a scale, a step of an optimizer.

    `measure` returns arrays that the file's classes computed; `verdict` gives a sentence for each thing that is
    wrong with them: what came out, what is expected. It is asked only about finite arrays of the shapes that the
    library's own classes give. `beyond`: what it says is told only where no other trial finds anything.
    """

    title: str
    measure: Callable[[Names], dict[str, FloatArray]]
    verdict: Callable[[Results], list[str]]
    beyond: bool = False

    def run(self, names: Names) -> dict[str, FloatArray]:
        return {name: np.asarray(value) for name, value in self.measure({**library_names(), **names}).items()}

    def judge(self, results: Results) -> list[str]:
        with np.errstate(all="ignore"):  # numbers that were made up may be as large as they like
            return [f"{self.title}: {finding}" for finding in self.malformed(results) or self.verdict(results)]

    def malformed(self, results: Results) -> list[str]:
        """What keeps the verdict from being asked."""
        findings = []
        for name, expected in library_results(self).items():
            given = results.get(name)
            if given is None:
                findings.append(f"{name} did not come back.")
            elif given.shape != expected.shape or given.dtype != np.float64:
                findings.append(
                    f"{name} has shape {given.shape} and dtype {given.dtype}, but {expected.shape} and float64 are "
                    f"expected."
                )
            elif not np.isfinite(given).all():
                findings.append(f"{name} holds NaN or infinity.")
        return findings


def value_trial(title: str, measure: Callable[[Names], dict[str, FloatArray]]) -> MeasuredTrial:
    """Numbers at points that differences cannot reach, far out or at the end of a range, against the library's."""

    def silently(names: Names) -> dict[str, FloatArray]:
        with np.errstate(all="ignore"):
            return measure(names)

    @cache
    def right() -> dict[str, FloatArray]:
        return silently(library_names())

    def verdict(results: Results) -> list[str]:
        findings = []
        for name, expected in right().items():
            off = np.argwhere(~np.isclose(results[name], expected, rtol=1e-9, atol=1e-12))
            if len(off):
                i = tuple(off[0])
                place = f"{name}{[int(k) for k in i]}" if i else name
                findings.append(f"{place} is {results[name][i]:.9g}, and should be {expected[i]:.9g}.")
        return findings

    return MeasuredTrial(title, silently, verdict, beyond=True)
