"""How much of a sparse code is zero."""

from __future__ import annotations

import numpy as np

from scratch_ae.experiments.exhibit import Exhibit
from scratch_ae.experiments.identity import show_identity
from scratch_ae.experiments.run import Run


def show_sparsity(run: Run) -> Exhibit:
    """How active each unit of the code is, beside the ρ that was asked for."""
    from scratch_ae import plots

    h = run.model.encode(run.test.images)
    each, active = h.mean(axis=0), float(np.mean(np.abs(h) > 0.1))
    made_with = run.model.arguments()
    target = made_with["rho"] if made_with["sparsity"] == "kl" else None
    figure = plots.histogram(
        each,
        x_label="mean activation of a code unit over the test images",
        y_label="units",
        title=f"{active:.1%} of all activations are above 0.1",
        line=target,
        line_label="target ρ",
    )
    identity = show_identity(run)
    return Exhibit(
        f"Mean activation {each.mean():.3f}"
        + (f" (target ρ = {target:g})" if target else "")
        + f"; {active:.1%} of the activations are above 0.1. "
        + identity.sentence,
        {"mean_activation": float(each.mean()), "share_active": active, **identity.numbers},
        {"mean_activations": figure, **identity.figures},
    )
