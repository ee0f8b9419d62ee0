"""What a denoising autoencoder leaves of the noise, beside one that was trained without."""

from __future__ import annotations

import numpy as np

from scratch_ae import Autoencoder
from scratch_ae.autoencoders.denoising import NOISES
from scratch_ae.evaluation import probes, squared_error
from scratch_ae.experiments.exhibit import Exhibit
from scratch_ae.experiments.identity import show_identity
from scratch_ae.experiments.run import Run


def show_denoising(run: Run) -> Exhibit:
    """The error of cleaned images at levels below and above that of the training."""
    from scratch_ae import plots

    x, made_with = run.test.images, run.model.arguments()
    noise, level = made_with["noise"], made_with["level"]
    plain = Autoencoder(run.model.sizes, **run.shared)
    run.train_beside(plain, "a plain autoencoder of the same sizes")

    # With less noise than about half of what it was trained on, copying does better than cleaning.
    top = 2 * level if noise == "gaussian" else min(2 * level, max(0.8, level))
    levels = [round(float(each), 3) for each in np.linspace(0.6 * level, top, 8)]
    noisy = NOISES[noise](level).forward(x, np.random.default_rng(1))
    errors = {
        name: probes.cleaned_errors(model, x, noise, levels, np.random.default_rng(1))
        for name, model in {"denoising": run.model, "plain": plain}.items()
    }
    before, after = squared_error(x, noisy), squared_error(x, run.model.reconstruct(noisy))
    rows = {
        "clean x": x,
        "noisy x̃": noisy.clip(0, 1),
        "denoising": run.model.reconstruct(noisy),
        "plain": plain.reconstruct(noisy),
    }
    curves = plots.lines(
        levels,
        errors,
        x_label=f"level of {noise} noise",
        y_label="squared error to the clean image",
        title="What is left of the noise, trained with it and without",
    )
    images = plots.reconstructions(
        {name: row[:10] for name, row in rows.items()},
        image_shape=run.test.image_shape,
        title=f"Unseen images, cleaned: squared error {before:.0f} before, {after:.1f} after",
    )
    identity = show_identity(run)
    return Exhibit(
        f"Squared error of noisy test images {before:.1f}, cleaned {after:.2f}; at all levels drawn, denoising "
        f"{min(errors['denoising']):.1f}–{max(errors['denoising']):.1f}, plain "
        f"{min(errors['plain']):.1f}–{max(errors['plain']):.1f}. " + identity.sentence,
        {"noisy_error": before, "cleaned_error": after, "levels": levels, "errors": errors, **identity.numbers},
        {"noise_levels": curves, "cleaned": images, **identity.figures},
    )
