"""What it is worth to train a stack layer by layer first."""

from __future__ import annotations

from scratch_ae import StackedAutoencoder
from scratch_ae.experiments.exhibit import Exhibit
from scratch_ae.experiments.run import Run, unit_of


def show_pretraining(run: Run) -> Exhibit:
    """The test loss of training all layers together, with it and from a random start."""
    from scratch_ae import plots

    random = StackedAutoencoder(run.model.sizes, **run.shared)
    history = run.train_beside(random, "the same network from a random start")
    with_it, without = run.history["validation_loss"], history["validation_loss"]
    unit = unit_of(run.model)
    figure = plots.lines(
        run.history["epoch"],
        {"layer by layer first": with_it, "from a random start": without},
        x_label="epoch of training all layers together",
        y_label=f"test loss, {unit}",
        title=f"Greedy pretraining: after one epoch {with_it[0]:.1f} instead of {without[0]:.1f}",
    )
    return Exhibit(
        f"After one epoch together the pretrained stack has a test loss of {with_it[0]:.2f}, the random one of "
        f"{without[0]:.2f}; after {len(with_it)}, {with_it[-1]:.2f} and {without[-1]:.2f}.",
        {"validation_loss": with_it, "validation_loss_from_random": without},
        {"pretraining": figure},
    )
