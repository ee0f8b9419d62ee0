"""Figures for slides and notebooks: arrays in, a ``matplotlib.figure.Figure`` out. ``save`` writes it."""

from scratch_ae.plots.codes import code_space
from scratch_ae.plots.curves import learning_curves
from scratch_ae.plots.images import filters, interpolation, manifold, reconstructions, samples
from scratch_ae.plots.style import save

__all__ = [
    "code_space",
    "filters",
    "interpolation",
    "learning_curves",
    "manifold",
    "reconstructions",
    "samples",
    "save",
]
