"""Figures for slides and notebooks: arrays in, a ``matplotlib.figure.Figure`` out. ``save`` writes it."""

from scratch_ae.plots.charts import bars, error_table, histogram, lines
from scratch_ae.plots.codes import code_space
from scratch_ae.plots.curves import learning_curves
from scratch_ae.plots.gradients import gradient_check
from scratch_ae.plots.images import filters, interpolation, manifold, reconstructions, samples
from scratch_ae.plots.stacks import stacked_bars
from scratch_ae.plots.step_curves import step_curve
from scratch_ae.plots.style import save
from scratch_ae.plots.vectors import arrows

__all__ = [
    "arrows",
    "bars",
    "code_space",
    "error_table",
    "filters",
    "gradient_check",
    "histogram",
    "interpolation",
    "learning_curves",
    "lines",
    "manifold",
    "reconstructions",
    "samples",
    "save",
    "stacked_bars",
    "step_curve",
]
