"""What a latent code carries, and whether samples are of the label that was asked for."""

from __future__ import annotations

import numpy as np

from scratch_ae import VAE, ConditionalVAE
from scratch_ae.consoles import say
from scratch_ae.evaluation import SoftmaxClassifier
from scratch_ae.experiments.exhibit import Exhibit
from scratch_ae.experiments.run import Run, labels_for


def show_latent(run: Run) -> Exhibit:
    """The KL of each latent dimension: at 0 it has collapsed to the prior, and says nothing of the image."""
    from scratch_ae import plots

    assert isinstance(run.model, VAE)
    kl = np.sort(run.model.kl_per_dimension(run.test.images, labels_for(run.model, run.test)))[::-1]
    collapsed = int(np.sum(kl < 0.01))
    figure = plots.bars(
        kl,
        x_label="latent dimension, most used first",
        y_label="KL to the prior, nats per image",
        title=f"{len(kl) - collapsed} of {len(kl)} latent dimensions carry something about the image",
    )
    return Exhibit(
        f"{collapsed} of {len(kl)} latent dimensions have collapsed to the prior (KL below 0.01 nats).",
        {"kl_per_dimension": kl.tolist(), "collapsed": collapsed},
        {"latent_kl": figure},
    )


def show_conditional(run: Run) -> Exhibit:
    """Samples of every label, and how many of them a classifier calls by the label that was asked for."""
    from scratch_ae import plots

    model, train, test = run.model, run.train, run.test
    assert isinstance(model, ConditionalVAE)
    say("Beside it, to judge its samples: a classifier")
    judge = SoftmaxClassifier([train.images.shape[1], 300, model.classes], seed=run.seed + 1)
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
    return Exhibit(
        f"Of {len(asked):,} images drawn, a classifier calls {obeyed:.1%} what was asked for (it is right about "
        f"{judge.accuracy(test.images, test.labels):.1%} of the test images). {latent.sentence}",
        {"samples_as_asked": obeyed, **latent.numbers},
        {"samples_by_label": figure, **latent.figures},
    )
