"""What each variant's run shows besides its reconstructions: a sentence, numbers, the figure of its point."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from scratch_ae import VAE, Autoencoder, ConditionalVAE, ContractiveAutoencoder, History, StackedAutoencoder
from scratch_ae.autoencoders.denoising import corruption
from scratch_ae.datasets import Dataset
from scratch_ae.evaluation import PCA, SoftmaxClassifier, probes, squared_error
from scratch_ae.training import recipe

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Options = argparse.Namespace


def shared(options: Options) -> dict[str, Any]:
    """The arguments that every model has from the command line."""
    return {"activation": options.activation, "likelihood": options.likelihood, "seed": options.seed}


def unit_of(model: Autoencoder) -> str:
    """What the model's loss is measured in; a VAE's has a KL in it."""
    squared = model.config["likelihood"] == "gaussian" and not isinstance(model, VAE)
    return "½ squared error per image" if squared else "nats per image"


@dataclass
class Run:
    """A training that has been done."""

    options: Options
    model: Autoencoder
    history: History
    train: Dataset
    test: Dataset

    def train_beside(self, other: Autoencoder, what: str) -> History:
        """Trains `other` as the model was, to compare the two."""
        print(f"Beside it, to compare: {what}")
        epochs, batch_size = self.options.epochs, self.options.batch_size
        return other.fit(
            self.train.images,
            epochs=epochs,
            batch_size=batch_size,
            optimizer=recipe(len(self.train), epochs, batch_size, self.options.lr),
            validation=self.test.images,
        )


@dataclass
class Finding:
    """What a variant's run shows besides its reconstructions: in a sentence, in numbers, in figures."""

    sentence: str
    numbers: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)


def show_beside_pca(run: Run) -> Finding:
    from scratch_ae import plots

    x, code = run.test.images, run.model.sizes[-1]
    if code > x.shape[1]:
        return show_identity(run)
    pca = PCA(run.train.images, code).reconstruct(x)
    rows = {"original x": x, "autoencoder": run.model.reconstruct(x), f"PCA, {code}": pca}
    figure = plots.reconstructions(
        {name: row[:10] for name, row in rows.items()},
        image_shape=run.test.image_shape,
        title=f"From {code} numbers an image: the autoencoder and PCA",
    )
    return Finding(f"pca.png has both beside each other, from {code} numbers an image.", {}, {"pca": figure})


def show_identity(run: Run) -> Finding:
    """The random-input test: whoever gives back noise as faithfully as digits has learned nothing about digits."""
    from scratch_ae import plots

    x = run.test.images
    noise = probes.random_images(x, np.random.default_rng(run.options.seed))
    real, random = probes.share_reproduced(run.model, x), probes.share_reproduced(run.model, noise)
    rows = {
        "data x": x[:10],
        "r = g(f(x))": run.model.reconstruct(x[:10]),
        "noise x": noise[:10],
        "r = g(f(x)) ": run.model.reconstruct(noise[:10]),  # the blank, because a name stands for one row
    }
    figure = plots.reconstructions(
        rows,
        image_shape=run.test.image_shape,
        title=f"Reproduced of the data: {real:.0%}, of random images: {random:.0%}",
    )
    return Finding(
        f"Of the variance of the data the model reproduces {real:.1%}, of that of random images {random:.1%}: "
        "100% of both would be the identity, whose code says nothing about the data.",
        {"share_reproduced": real, "share_of_random_reproduced": random},
        {"random_input": figure},
    )


def show_pretraining(run: Run) -> Finding:
    from scratch_ae import plots

    random = StackedAutoencoder(run.model.sizes, **shared(run.options))
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
    return Finding(
        f"After one epoch together the pretrained stack has a test loss of {with_it[0]:.2f}, the random one of "
        f"{without[0]:.2f}; after {len(with_it)}, {with_it[-1]:.2f} and {without[-1]:.2f}.",
        {"validation_loss": with_it, "validation_loss_from_random": without},
        {"pretraining": figure},
    )


def show_sparsity(run: Run) -> Finding:
    from scratch_ae import plots

    h = run.model.encode(run.test.images)
    each, active = h.mean(axis=0), float(np.mean(np.abs(h) > 0.1))
    target = run.options.rho if run.options.sparsity == "kl" else None
    figure = plots.histogram(
        each,
        x_label="mean activation of a code unit over the test images",
        y_label="units",
        title=f"{active:.1%} of all activations are above 0.1",
        line=target,
        line_label="target ρ",
    )
    identity = show_identity(run)
    return Finding(
        f"Mean activation {each.mean():.3f}"
        + (f" (target ρ = {target:g})" if target else "")
        + f"; {active:.1%} of the activations are above 0.1. "
        + identity.sentence,
        {"mean_activation": float(each.mean()), "share_active": active, **identity.numbers},
        {"mean_activations": figure, **identity.figures},
    )


def show_denoising(run: Run) -> Finding:
    from scratch_ae import plots

    options, x = run.options, run.test.images
    plain = Autoencoder(run.model.sizes, **shared(options))
    run.train_beside(plain, "a plain autoencoder of the same sizes")

    # With less noise than about half of what it was trained on, copying does better than cleaning.
    top = 2 * options.level if options.noise == "gaussian" else min(2 * options.level, max(0.8, options.level))
    levels = [round(float(level), 3) for level in np.linspace(0.6 * options.level, top, 8)]
    noisy = corruption(options.noise, options.level).forward(x, np.random.default_rng(1))
    errors = {
        name: probes.cleaned_errors(model, x, options.noise, levels, np.random.default_rng(1))
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
        x_label=f"level of {options.noise} noise",
        y_label="squared error to the clean image",
        title="What is left of the noise, trained with it and without",
    )
    images = plots.reconstructions(
        {name: row[:10] for name, row in rows.items()},
        image_shape=run.test.image_shape,
        title=f"Unseen images, cleaned: squared error {before:.0f} before, {after:.1f} after",
    )
    identity = show_identity(run)
    return Finding(
        f"Squared error of noisy test images {before:.1f}, cleaned {after:.2f}; at all levels drawn, denoising "
        f"{min(errors['denoising']):.1f}–{max(errors['denoising']):.1f}, plain "
        f"{min(errors['plain']):.1f}–{max(errors['plain']):.1f}. " + identity.sentence,
        {"noisy_error": before, "cleaned_error": after, "levels": levels, "errors": errors, **identity.numbers},
        {"noise_levels": curves, "cleaned": images, **identity.figures},
    )


def show_contraction(run: Run) -> Finding:
    from scratch_ae import plots

    free = ContractiveAutoencoder(run.model.sizes, weight=0, **shared(run.options))
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
    return Finding(
        f"‖∂h/∂x‖² on test images: {penalty:.2f}, without the penalty {without:.2f}. " + identity.sentence,
        {"jacobian": penalty, "jacobian_without_penalty": without, **identity.numbers},
        {"singular_values": figure, **identity.figures},
    )


def show_latent(run: Run) -> Finding:
    from scratch_ae import plots

    assert isinstance(run.model, VAE)
    given = [run.test.labels] if isinstance(run.model, ConditionalVAE) else []
    kl = np.sort(run.model.kl_per_dimension(run.test.images, *given))[::-1]
    collapsed = int(np.sum(kl < 0.01))
    figure = plots.bars(
        kl,
        x_label="latent dimension, most used first",
        y_label="KL to the prior, nats per image",
        title=f"{len(kl) - collapsed} of {len(kl)} latent dimensions carry something about the image",
    )
    return Finding(
        f"{collapsed} of {len(kl)} latent dimensions have collapsed to the prior (KL below 0.01 nats).",
        {"kl_per_dimension": kl.tolist(), "collapsed": collapsed},
        {"latent_kl": figure},
    )


def show_conditional(run: Run) -> Finding:
    from scratch_ae import plots

    model, train, test = run.model, run.train, run.test
    assert isinstance(model, ConditionalVAE)
    print("Beside it, to judge its samples: a classifier")
    judge = SoftmaxClassifier([train.images.shape[1], 300, model.classes], seed=run.options.seed + 1)
    judge.fit(train.images, train.labels, epochs=5)
    asked = np.repeat(np.arange(model.classes), max(10_000 // model.classes, 10))
    drawn = model.sample(asked, rng=np.random.default_rng(0))
    obeyed = float(np.mean(judge.predict(drawn) == asked))
    shown = np.concatenate([np.flatnonzero(asked == k)[:10] for k in range(model.classes)])
    figure = plots.samples(
        drawn[shown],
        columns=10,
        row_labels=test.label_names or [str(k) for k in range(model.classes)],
        image_shape=test.image_shape,
        title=f"Ten images of each label asked for: a classifier agrees with {obeyed:.1%}",
    )
    latent = show_latent(run)
    return Finding(
        f"Of {len(asked):,} images drawn, a classifier calls {obeyed:.1%} what was asked for (it is right about "
        f"{judge.accuracy(test.images, test.labels):.1%} of the test images). {latent.sentence}",
        {"samples_as_asked": obeyed, **latent.numbers},
        {"samples_by_label": figure, **latent.figures},
    )
