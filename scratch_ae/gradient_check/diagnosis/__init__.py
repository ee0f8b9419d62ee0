"""Why a gradient is wrong: the gradient check of the core, with the causes of what it finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scratch_ae.gradient_check.check import Gradients, Settings, compare, same
from scratch_ae.gradient_check.diagnosis.explain import UNKNOWN, diagnose
from scratch_ae.gradient_check.diagnosis.forms import subject
from scratch_ae.gradient_check.diagnosis.subject import Subject
from scratch_ae.gradient_check.report import Report

__all__ = ["UNKNOWN", "Subject", "compared_and_explained", "gradcheck", "same", "subject"]


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
    """The gradient check of the core (`gradient_check.gradcheck`, whose arguments these are), and what is wrong if
    something is."""
    settings = Settings.chosen(seed, tolerance, entries, fast, richardson)
    checked = subject(thing, *inputs, gradient=gradient, seed=seed)
    return compared_and_explained(checked, checked.gradients(0), checked.gradients(1), settings)


def compared_and_explained(
    checked: Subject, first: Gradients, second: Gradients, settings: Settings | None = None
) -> Report:
    """The comparison of the core, with the causes of what it found."""
    report = compare(checked, first, second, settings)
    causes = report.causes or tuple(diagnose(checked, report.rows, first, second))
    return Report(report.rows, report.notes, causes)
