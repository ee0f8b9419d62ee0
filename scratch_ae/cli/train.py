"""`train`: data in, a model and its figures out, all in one folder."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from scratch_ae import Autoencoder, Dataset, History, StackedAutoencoder, datasets
from scratch_ae.cli import arguments
from scratch_ae.cli.folders import free_folder
from scratch_ae.cli.variants import VARIANTS, Variant
from scratch_ae.consoles import say
from scratch_ae.experiments.overview import figures_of, show_errors
from scratch_ae.experiments.run import Run, labels_for
from scratch_ae.files import quoted, whole_file
from scratch_ae.models import described
from scratch_ae.nn.activations import ACTIVATIONS
from scratch_ae.nn.losses import LIKELIHOODS
from scratch_ae.training import recipe


def add_to(commands: Any) -> None:
    """Puts `train` and its options on the command line."""
    parser = commands.add_parser(
        "train",
        help="train an autoencoder and draw what it has learned",
        description="Trains an autoencoder and writes a folder: the model, its settings, the history as CSV, and "
        "figures of what it has learned.",
    )
    variants = parser.add_subparsers(title="variants", dest="variant", metavar="VARIANT", required=True)
    for name, variant in VARIANTS.items():
        add_variant(variants, name, variant)


def add_variant(variants: Any, name: str, variant: Variant) -> None:
    """The options that all variants have, and those of this one."""
    parser = variants.add_parser(name, help=variant.help, description=f"Trains {variant.help}.")
    layers = "-".join(map(str, variant.layers))

    data = parser.add_argument_group("what it learns from")
    data.add_argument(
        "--data",
        default="mnist",
        metavar="NAME",
        help="mnist, fashion-mnist, or the path of your own .npy or .npz file (default: mnist)",
    )

    model = parser.add_argument_group("the model")
    model.add_argument(
        "--sizes",
        type=arguments.sizes,
        metavar="N-N-N",
        help="units in each layer of the encoder, from the input to the code; the decoder mirrors them "
        f"(default: the size of the data, then {layers}: for MNIST 784-{layers})",
    )
    model.add_argument(
        "--activation",
        default=variant.activation,
        choices=ACTIVATIONS,
        metavar="NAME",
        help=f"of the hidden layers: {', '.join(ACTIVATIONS)} (default: {variant.activation})",
    )
    model.add_argument(
        "--likelihood",
        default=variant.likelihood,
        choices=LIKELIHOODS,
        metavar="NAME",
        help="of a pixel given the output: bernoulli, with the loss in nats; gaussian, with the loss in ½ squared "
        f"error; or learned-gaussian, with a learned variance (default: {variant.likelihood})",
    )
    if variant.options:
        variant.options(model)

    training = parser.add_argument_group("the training")
    training.add_argument(
        "--epochs",
        type=arguments.whole_number,
        default=10,
        metavar="N",
        help="times to go through all training examples (default: 10)",
    )
    training.add_argument(
        "--batch-size",
        type=arguments.whole_number,
        default=128,
        metavar="N",
        help="examples in each step of gradient descent (default: 128)",
    )
    training.add_argument(
        "--lr",
        type=arguments.positive,
        default=3e-3,
        metavar="X",
        help="learning rate of Adam at the start, from where it falls to 0 along a cosine (default: 0.003)",
    )
    training.add_argument(
        "--seed",
        type=arguments.seed,
        default=0,
        metavar="N",
        help="of everything random; the same seed gives the same model, bit for bit (default: 0)",
    )
    training.add_argument(
        "--out",
        type=arguments.path,
        metavar="FOLDER",
        help=f"where to write, a folder that is new or empty (default: runs/{name}, then runs/{name}-2, …)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Trains, measures, draws. The model is on disk after every epoch of all layers together."""
    started = time.perf_counter()
    folder = free_folder(options.out, options.variant)
    train, test = datasets.load(options.data)
    model = make(options, train, test)
    say(f"{model!r}, {len(train):,} examples of {quoted(options.data)} to train on, {len(test):,} to test")

    folder.mkdir(parents=True, exist_ok=True)
    write_settings(folder, options, model, {})
    try:
        history = fit(model, options, train, test, folder)
    except KeyboardInterrupt:
        if (folder / "model.npz").exists():
            say(f"\nIn {quoted(folder)}/ is model.npz, as it was after its last whole epoch.")
        raise
    history.to_csv(folder / "history.csv")
    errors = show_errors(model, train, test)
    say(errors.sentence)
    write_settings(folder, options, model, errors.numbers)

    # matplotlib takes a third of a second to import: only who gets as far as drawing waits for it.
    from scratch_ae.plots import save

    names = [save(figure, folder / f"{name}.png").name for name, figure in figures_of(model, history, test)]
    shows = VARIANTS[options.variant].shows
    if shows and test.image_shape and len(test) > 1:
        point = shows(Run(model, history, train, test, options.epochs, options.batch_size, options.lr))
        say(point.sentence)
        write_settings(folder, options, model, errors.numbers | point.numbers)
        names += [save(figure, folder / f"{name}.png").name for name, figure in point.figures.items()]

    say(f"In {quoted(folder)}/ are model.npz, settings.json, history.csv and the figures {', '.join(names)}.")
    say(f"Done in {time.perf_counter() - started:.0f} s.")


def make(options: argparse.Namespace, train: Dataset, test: Dataset) -> Autoencoder:
    """The model, of the sizes asked for, or of the variant's own."""
    variant = VARIANTS[options.variant]
    features = train.images.shape[1]
    sizes = options.sizes or [features, *variant.layers]
    if sizes[0] != features:
        raise ValueError(
            f"--sizes begins with {sizes[0]}, but {options.data} has {features} features: begin with those."
        )
    if options.variant == "cvae":
        if train.labels is None:
            raise ValueError(
                f"{options.data} has no labels, and a conditional VAE needs them: save them as `labels`."
            )
        options.classes = max(int(max(data.labels.max() for data in (train, test) if data.labels is not None)) + 1, 2)
    return variant.make(options, sizes)


def fit(model: Autoencoder, options: argparse.Namespace, train: Dataset, test: Dataset, folder: Path) -> History:
    """The training, in the order that the variant asks for."""
    if isinstance(model, StackedAutoencoder):
        model.pretrain(
            train.images,
            epochs=options.pretrain_epochs,
            batch_size=options.batch_size,
            learning_rate=options.lr,
        )
        say("all layers together")
    return model.fit(
        train.images,
        labels_for(model, train),
        epochs=options.epochs,
        batch_size=options.batch_size,
        optimizer=recipe(len(train), options.epochs, options.batch_size, options.lr),
        validation=(test.images, labels_for(model, test)),
        each_epoch=lambda epoch: model.save(folder / "model.npz"),
    )


def write_settings(folder: Path, options: argparse.Namespace, model: Autoencoder, results: dict[str, Any]) -> None:
    """What the run was asked for, how the model was made, and what it reached on the test data."""
    names = ("variant", "data", "pretrain_epochs", "epochs", "batch_size", "lr")
    settings = {name: getattr(options, name) for name in names if hasattr(options, name)}
    with whole_file(folder / "settings.json", "w") as file:
        made = {**settings, "class": type(model).__name__, "model": model.arguments(), "test": results}
        json.dump(made, file, indent=2, default=described)
