"""How far a code moves with the input, beside that of a model without the penalty."""

from __future__ import annotations

import numpy as np

from scratch_ae import ContractiveAutoencoder
from scratch_ae.evaluation import probes
from scratch_ae.experiments.exhibit import Exhibit
from scratch_ae.experiments.identity import show_identity
from scratch_ae.experiments.run import Run


def show_contraction(run: Run) -> Exhibit:
    """The singular values of ∂h/∂x of both, and its squared norm."""
    from scratch_ae import plots

    free = ContractiveAutoencoder(run.model.sizes, weight=0, **run.shared)
    history = run.train_beside(free, "the same model with weight 0")
    some = run.test.images[:100]
    values = {
        "contractive": probes.jacobian_singular_values(run.model, some)[:200],
        "weight 0": probes.jacobian_singular_values(free, some)[:200],
    }
    figure = plots.lines(
        np.arange(1, len(values["contractive"]) + 1),
        values,
        x_label="direction, best seen first",
        y_label="singular value of ∂h/∂x",
        title="How far the code moves with the input",
    )
    penalty, without = run.history["validation_jacobian"][-1], history["validation_jacobian"][-1]
    identity = show_identity(run)
    return Exhibit(
        f"‖∂h/∂x‖² on test images: {penalty:.2f}, without the penalty {without:.2f}. " + identity.sentence,
        {"jacobian": penalty, "jacobian_without_penalty": without, **identity.numbers},
        {"singular_values": figure, **identity.figures},
    )
