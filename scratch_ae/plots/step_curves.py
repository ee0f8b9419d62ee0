"""The step curve of a gradient check: the error of a difference against the step that it was taken with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from numpy.typing import ArrayLike

from scratch_ae import checks
from scratch_ae.plots.labels import legible, write_on_top
from scratch_ae.plots.style import PALE, SlideFigure, look, palette, power_of_ten
from scratch_ae.plots.values import checked_curve

WIDTH, HEIGHT = 13.0, 6.4
DASHES = ("-", "--", "-.", (0, (5, 1, 1, 1, 1, 1)))  # no dots: they are for what theory expects
SMALLEST = 1e-16
"""Errors below, such as 0 where a function is a straight line, are drawn here: float64 has no digit to show them."""


@look()
def step_curve(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    expected: Mapping[str, tuple[str, float]] | None = None,
    title: str = "The step of a difference, and its error",
) -> Figure:
    """Both axes logarithmic, a ring around each curve's least error, which the legend gives as a number.

    curves    name -> (steps, errors), as from `gradient_check.step_errors.step_errors`
    expected  name of a curve -> (what to write, step): a dotted line where theory puts the least error of this curve,
              such as {"central": ("∛ε", 6e-6)}

    Raises ValueError for no curves, lengths that differ, values that are not finite, steps that are not positive, and
    an expected step of a curve that is not there.
    """
    if not isinstance(curves, Mapping) or not curves:
        raise ValueError("curves is empty or no mapping: pass name -> (steps, errors), as step_errors returns them.")
    points = {str(name): checked_curve(str(name), None, curve) for name, curve in curves.items()}
    shortest = min(float(steps.min()) for steps, _ in points.values())
    if shortest <= 0:
        raise ValueError(f"A step is {shortest:g}, but a logarithmic axis needs positive ones: leave it out.")
    figure = SlideFigure(title, WIDTH, HEIGHT)
    axes = figure.add_subplot(xlabel="step h", ylabel="relative error", xscale="log", yscale="log")
    colors = dict(zip(points, palette(len(points)), strict=True))
    for i, (name, (steps, errors)) in enumerate(points.items()):
        shown = np.maximum(errors, SMALLEST)
        least = int(shown.argmin())
        label = f"{name}\n{power(errors[least])} at h = {power(steps[least])}"
        axes.plot(steps, shown, color=colors[name], linestyle=DASHES[i % len(DASHES)], label=label)
        ring: dict[str, Any] = dict(
            marker="o", markersize=14, markerfacecolor="none", markeredgewidth=2.5, linestyle=""
        )
        axes.plot(steps[least], shown[least], color=colors[name], zorder=4, **ring)
    for name, (words, step) in (expected or {}).items():
        color = colors[checks.choice("expected", name, colors)]
        axes.axvline(checks.number(f"expected[{name!r}]", step, above=0), color=color, linestyle=":", linewidth=2)
        write_on_top(axes, step, words, legible(color))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(numticks=9))
        axis.set_major_formatter(power_of_ten)
        axis.set_minor_locator(NullLocator())
    axes.grid(color=PALE)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0, labelspacing=1.0, handlelength=2.4)
    return figure


def power(value: float) -> str:
    """One digit and a power of ten: 6 · 10⁻⁶; 0 for nothing."""
    if value == 0:
        return "0"
    digit, exponent = f"{value:.0e}".split("e")
    if exponent == "+00":
        return digit
    return f"{digit}·10" + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
