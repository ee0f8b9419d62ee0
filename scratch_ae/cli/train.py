"""`train`: data in, a model and its figures out, all in one folder."""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from scratch_ae import VAE, Autoencoder, datasets
from scratch_ae.cli import arguments
from scratch_ae.evaluation import PCA, squared_error
from scratch_ae.files import whole_file
from scratch_ae.nn.activations import ACTIVATIONS
from scratch_ae.nn.losses import LIKELIHOODS
from scratch_ae.training import recipe
from scratch_ae.typing import FloatArray


class Variant(NamedTuple):
    """What `train NAME` makes: the layers after the input, and how the model is built from all sizes."""

    layers: list[int]
    help: str
    make: Callable[[argparse.Namespace, list[int]], Autoencoder]


def make_ae(options: argparse.Namespace, sizes: list[int]) -> Autoencoder:
    """The code is linear: a ReLU there would throw away the half of it that is negative."""
    return Autoencoder(
        sizes,
        activation=options.activation,
        code_activation="identity",
        likelihood=options.likelihood,
        seed=options.seed,
    )


def make_vae(options: argparse.Namespace, sizes: list[int]) -> VAE:
    return VAE(
        sizes, beta=options.beta, activation=options.activation, likelihood=options.likelihood, seed=options.seed
    )


VARIANTS = {
    "ae": Variant([300, 150], "the deep autoencoder 784-300-150 (堆栈自动编码器)", make_ae),
    "vae": Variant([400, 20], "the variational autoencoder 784-400-20 (变分自编码器)", make_vae),
}


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
    """The options of one variant; --beta only where there is a β."""
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
        default="relu",
        choices=ACTIVATIONS,
        metavar="NAME",
        help=f"of the hidden layers: {', '.join(ACTIVATIONS)} (default: relu)",
    )
    model.add_argument(
        "--likelihood",
        default="bernoulli",
        choices=LIKELIHOODS,
        metavar="NAME",
        help="of a pixel given the output: bernoulli, with the loss in nats, or gaussian, with the loss in "
        "½ squared error (default: bernoulli)",
    )
    if name == "vae":
        model.add_argument(
            "--beta",
            type=arguments.not_negative,
            default=1.0,
            metavar="X",
            help="weight of the KL divergence in the loss; at 1 the loss is the −ELBO (default: 1)",
        )

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
        type=Path,
        metavar="FOLDER",
        help=f"where to write, a folder that is new or empty (default: runs/{name}, then runs/{name}-2, …)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Trains, measures, draws. The model is on disk after every epoch, so Ctrl-C loses one epoch at most."""
    started = time.perf_counter()
    folder = free_folder(options.out, options.variant)
    train, test = datasets.load(options.data)
    features = train.images.shape[1]
    variant = VARIANTS[options.variant]
    sizes = options.sizes or [features, *variant.layers]
    if sizes[0] != features:
        raise ValueError(
            f"--sizes begins with {sizes[0]}, but {options.data} has {features} features: begin with those."
        )
    model = variant.make(options, sizes)

    print(f"{model!r}, {len(train):,} examples of {options.data} to train on, {len(test):,} to test")
    folder.mkdir(parents=True, exist_ok=True)
    history = model.fit(
        train.images,
        epochs=options.epochs,
        batch_size=options.batch_size,
        optimizer=recipe(len(train), options.epochs, options.batch_size, options.lr),
        validation=test.images,
        each_epoch=lambda epoch: model.save(folder / "model.npz"),
    )
    results = measure(model, train.images, test.images)
    print(describe(results))

    history.to_csv(folder / "history.csv")
    settings = {name: getattr(options, name) for name in ("variant", "data", "epochs", "batch_size", "lr")}
    with whole_file(folder / "settings.json", "w") as file:
        json.dump({**settings, "model": model.config, "test": results}, file, indent=2)

    # matplotlib takes a third of a second to import: only who gets as far as drawing waits for it.
    from scratch_ae.cli.pictures import draw

    figures = draw(model, history, test, folder)
    print(f"In {folder}/ are model.npz, settings.json, history.csv and the figures {', '.join(figures)}.")
    print(f"Done in {time.perf_counter() - started:.0f} s.")


def free_folder(asked: Path | None, variant: str) -> Path:
    """The folder of this run. What is there already is never written over."""
    if asked is None:
        places = (Path("runs") / (variant if i == 1 else f"{variant}-{i}") for i in itertools.count(1))
        return next(place for place in places if is_free(place))
    if not is_free(asked):
        raise ValueError(f"--out {asked} exists and is not an empty folder: give another, or remove it first.")
    return asked


def is_free(folder: Path) -> bool:
    """Whether `folder` does not exist yet, or is empty."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def measure(model: Autoencoder, train: FloatArray, test: FloatArray) -> dict[str, float]:
    """The numbers of a run, on the test examples, each a mean: squared error, beside that of PCA with a code of
    the same size; and for a VAE the −ELBO and its KL, in nats."""
    code = model.sizes[-1]
    results = {"squared_error": squared_error(test, model.reconstruct(test)), "code": code}
    if code <= test.shape[1]:
        results["pca_squared_error"] = squared_error(test, PCA(train, code).reconstruct(test))
    if isinstance(model, VAE):
        results |= {"negative_elbo": -model.elbo(test), "kl": model.losses(test)["kl"]}
    return results


def describe(results: dict[str, float]) -> str:
    """The numbers in words."""
    lines = []
    if "negative_elbo" in results:
        elbo, kl = results["negative_elbo"], results["kl"]
        lines.append(f"Test −ELBO: {elbo:.2f} nats per image = reconstruction {elbo - kl:.2f} + KL {kl:.2f}.")
    line = f"Test squared error: {results['squared_error']:.2f} per image, summed over pixels"
    if "pca_squared_error" in results:
        line += f"; PCA with {results['code']} components: {results['pca_squared_error']:.2f}"
    return "\n".join([*lines, f"{line}."])
