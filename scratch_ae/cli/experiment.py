"""`experiment`: what the course document claims of autoencoders, put to the test."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratch_ae import (
    VAE,
    Autoencoder,
    Dataset,
    DenoisingAutoencoder,
    SparseAutoencoder,
    StackedAutoencoder,
    load_fashion_mnist,
    load_mnist,
)
from scratch_ae.arrays import FloatArray
from scratch_ae.cli import arguments
from scratch_ae.cli.train import free_folder
from scratch_ae.evaluation import PCA, SoftmaxClassifier, compression, nearest, squared_error
from scratch_ae.files import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Outcome = tuple[str, dict[str, Any], dict[str, "Figure"]]
"""A sentence, the numbers behind it, and the figures."""


def data_dependent(options: argparse.Namespace) -> Outcome:
    """数据相关: an autoencoder trained on digits, fed clothes, and the other way round."""
    from scratch_ae import plots

    digits, clothes = load_mnist(), load_fashion_mnist()
    n = len(clothes[0])  # as many of each, so that only the kind differs
    models = {"digits": trained(digits[0].images[:n], options), "clothes": trained(clothes[0].images, options)}
    tests = {"digits": digits[1].images[: len(clothes[1])], "clothes": clothes[1].images}
    errors = {a: {b: squared_error(x, model.reconstruct(x)) for b, x in tests.items()} for a, model in models.items()}
    rows: dict[str, FloatArray] = {}
    for fed, x in tests.items():
        rows[f"{fed} x"] = x[:10]
        rows |= {f"trained on {kind}" + " " * (fed == "clothes"): m.reconstruct(x[:10]) for kind, m in models.items()}
    names = list(models)
    table = plots.error_table(
        np.array([[errors[a][b] for b in names] for a in names]),
        names,
        names,
        row_title="trained on",
        column_title="fed",
        title="Squared error per image: small only for what it was trained on",
    )
    examples = plots.reconstructions(rows, title="Digits and clothes, each from either model")
    own = {kind: errors[kind][kind] for kind in names}
    sentence = (
        f"Trained on {n:,} of each: digits come back with error {own['digits']:.1f} from their own model, "
        f"{errors['clothes']['digits'] / own['digits']:.1f} times as much from the other; clothes with "
        f"{own['clothes']:.1f}, {errors['digits']['clothes'] / own['clothes']:.1f} times as much from the other."
    )
    return sentence, {"squared_error": errors}, {"table": table, "examples": examples}


def lossy(options: argparse.Namespace) -> Outcome:
    """有损: rate against distortion, codes of 8 bits a number, beside PCA and JPEG."""
    from scratch_ae import plots

    (train, test), sizes = load_mnist(), [4, 8, 16, 32, 64, 128]
    x = train.images[:10_000]  # enough to know the range of each number of the code
    deep, linear = [], []
    for size in sizes:
        print(f"a code of {size} bytes")
        model = Autoencoder([784, 300, size], code_activation="identity", seed=options.seed)
        model.fit(train.images, epochs=options.epochs)
        deep.append(compression.distortion(model, x, test.images))
        linear.append(compression.distortion(PCA(train.images, size), x, test.images))
    rates, jpeg_errors = compression.jpeg(test.images, (28, 28), [1, 3, 5, 8, 12, 20, 30, 45, 60])
    figure = plots.lines(
        sizes,
        {"autoencoder": deep, "PCA": linear, "JPEG": (rates, jpeg_errors)},
        x_label="bytes per image",
        y_label="squared error per image",
        title="What is lost at which rate",
        logx=True,
        logy=True,
    )
    numbers = {
        "bytes": sizes,
        "autoencoder": deep,
        "pca": linear,
        "jpeg_bytes": rates,
        "jpeg": jpeg_errors,
    }
    sentence = (
        f"With 32 bytes an image the autoencoder has a squared error of {deep[3]:.1f}, PCA of {linear[3]:.1f}; JPEG "
        f"needs {rates[0]:.0f} bytes at the least, and has {jpeg_errors[0]:.1f} there."
    )
    return sentence, numbers, {"rate_distortion": figure}


def learned(options: argparse.Namespace) -> Outcome:
    """自动学习: nothing but the samples changes. Waves, which the package has never heard of, in the same class."""
    from scratch_ae import plots

    rng = np.random.default_rng(options.seed)
    t = np.linspace(0, 1, 64)
    frequency, phase = rng.uniform(1, 3, (6000, 1)), rng.uniform(0, 2 * np.pi, (6000, 1))
    waves = (0.5 + 0.4 * np.sin(2 * np.pi * frequency * t + phase)).astype(np.float32)
    model = Autoencoder([64, 128, 4], code_activation="identity", likelihood="gaussian", seed=options.seed)
    model.fit(waves[:5000], epochs=20 * options.epochs)
    unseen = waves[5000:]
    error = squared_error(unseen, model.reconstruct(unseen))
    linear = squared_error(unseen, PCA(waves[:5000], 4).reconstruct(unseen))
    figure = plots.reconstructions(
        unseen[:8], model.reconstruct(unseen[:8]), image_shape=None, title="Unseen waves, from a code of 4 numbers"
    )
    sentence = (
        f"Waves of 64 samples from 4 numbers: squared error {error:.3f}, PCA {linear:.3f}. Your own array goes "
        "the same way: python -m scratch_ae train ae --data my.npy"
    )
    return sentence, {"squared_error": error, "pca_squared_error": linear}, {"waves": figure}


def features(options: argparse.Namespace) -> Outcome:
    """特征: codes as input of a classifier, and a pretrained stack tuned with few labels."""
    from scratch_ae import plots

    (train, test), size = load_mnist(), 150
    arguments = {"seed": options.seed}
    models: dict[str, Any] = {
        "plain": Autoencoder([784, 300, size], code_activation="identity", **arguments),
        "denoising": DenoisingAutoencoder([784, 300, size], code_activation="identity", **arguments),
        "sparse": SparseAutoencoder([784, size], **arguments),
        "VAE": VAE([784, 300, size], **arguments),
    }
    inputs = {"raw pixels": (train.images, test.images)}
    pca = PCA(train.images, size)
    inputs[f"PCA, {size}"] = (pca.encode(train.images), pca.encode(test.images))
    for name, model in models.items():
        print(f"{name}: a code of {size} numbers")
        model.fit(train.images, epochs=options.epochs)
        inputs[name] = (model.encode(train.images), model.encode(test.images))
    accuracy = {}
    for name, (x, y) in inputs.items():
        print(f"a softmax classifier on {name}")
        mean, spread = x.mean(axis=0), x.std() + 1e-6
        classifier = SoftmaxClassifier([x.shape[1], 10], seed=options.seed)
        classifier.fit((x - mean) / spread, train.labels, epochs=options.epochs, progress=False)
        accuracy[name] = classifier.accuracy((y - mean) / spread, test.labels)

    labelled = 1000
    stack = StackedAutoencoder([784, 300, size], **arguments)
    stack.pretrain(train.images, epochs=options.epochs)
    tuned = SoftmaxClassifier.from_encoder(stack, 10)
    blank = SoftmaxClassifier.from_encoder(StackedAutoencoder([784, 300, size], **arguments), 10)
    few = {}
    for name, classifier in {"pretrained": tuned, "random start": blank}.items():
        classifier.fit(train.images[:labelled], labels_of(train)[:labelled], epochs=60, progress=False)
        few[name] = classifier.accuracy(test.images, test.labels)
    percent = {name: 100 * value for name, value in accuracy.items()}
    figures = {
        "classifiers": plots.bars(
            percent,
            y_label="test accuracy, %",
            title="A linear classifier on pixels, on PCA, and on codes",
        ),
        "fine_tuning": plots.bars(
            {name: 100 * value for name, value in few.items()},
            y_label="test accuracy, %",
            title=f"Tuned with {labelled:,} labels: pretrained on all images, or not",
        ),
    }
    sentence = (
        "Test accuracy of a softmax classifier on "
        + ", ".join(f"{name} {value:.1%}" for name, value in accuracy.items())
        + f". With {labelled:,} labels, a pretrained stack fine-tuned reaches {few['pretrained']:.1%}, the same "
        f"network from a random start {few['random start']:.1%}."
    )
    return sentence, {"accuracy": accuracy, "fine_tuned": few}, figures


def generative(options: argparse.Namespace) -> Outcome:
    """Why a plain autoencoder is no generative model: its code space has no distribution to draw from."""
    from scratch_ae import plots
    from scratch_ae.cli.pictures import between

    train, test = load_mnist()
    rng = np.random.default_rng(options.seed)
    plain = Autoencoder([784, 400, 20], code_activation="identity", seed=options.seed)
    vae = VAE([784, 400, 20], seed=options.seed)
    models: dict[str, Autoencoder] = {"plain": plain, "VAE": vae}
    for name, model in models.items():
        print(f"{name} autoencoder" if name == "plain" else name)
        model.fit(train.images, epochs=options.epochs)
    print("a classifier, to judge what they draw")
    judge = SoftmaxClassifier([784, 300, 10], seed=options.seed + 1)
    judge.fit(train.images, train.labels, epochs=5)

    codes = plain.encode(train.images)
    drawn = {
        "plain": plain.decode(codes.mean(axis=0) + codes.std(axis=0) * rng.standard_normal((1000, 20))),
        "VAE": vae.sample(1000, rng=rng),
    }
    real = test.images[:1000]
    sure = {name: judge_sure(judge, x) for name, x in {**drawn, "real": real}.items()}
    far = {}
    for name, x in {**drawn, "real": real}.items():
        closest = train.images[nearest(x, train.images)[:, 0]]
        far[name] = squared_error(x, closest)
    queries = test.images[:6]
    neighbours = {"query": queries}
    for name, model in models.items():
        found = nearest(model.encode(queries), model.encode(train.images), 3)
        neighbours |= {f"{name}, no. {i + 1}": train.images[found[:, i]] for i in range(3)}
    agree = {}
    for name, model in models.items():
        found = nearest(model.encode(real), model.encode(train.images))[:, 0]
        agree[name] = float(np.mean(labels_of(train)[found] == labels_of(test)[: len(real)]))
    figures = {
        "samples_plain": plots.samples(drawn["plain"], 60, title="Random codes, decoded by a plain autoencoder"),
        "samples_vae": plots.samples(drawn["VAE"], 60, title="Random codes, decoded by a VAE"),
        "interpolation_plain": plots.interpolation(
            between(plain, test.images), title="In between: plain autoencoder"
        ),
        "interpolation_vae": plots.interpolation(between(vae, test.images), title="In between: VAE"),
        "neighbours": plots.reconstructions(neighbours, n=6, title="Nearest training images in code space"),
    }
    sentence = (
        f"A classifier is sure (p > 0.9) of {sure['plain']:.1%} of what the plain autoencoder draws, of "
        f"{sure['VAE']:.1%} of the VAE's and {sure['real']:.1%} of real digits; squared distance to the nearest "
        f"training image: {far['plain']:.1f}, {far['VAE']:.1f}, {far['real']:.1f}. The nearest neighbour in code "
        f"space has the same label for {agree['plain']:.1%} (plain) and {agree['VAE']:.1%} (VAE)."
    )
    return sentence, {"sure": sure, "squared_distance": far, "neighbour_agrees": agree}, figures


def trained(x: FloatArray, options: argparse.Namespace) -> Autoencoder:
    """A plain autoencoder of 784-300-50, which suits a few thousand images."""
    model = Autoencoder([784, 300, 50], code_activation="identity", seed=options.seed)
    model.fit(x, epochs=2 * options.epochs)
    return model


def labels_of(data: Dataset) -> NDArray[np.int64]:
    """The labels, where there are some."""
    assert data.labels is not None
    return data.labels


def judge_sure(judge: SoftmaxClassifier, x: FloatArray) -> float:
    """The share of x for which the classifier gives one class more than 0.9."""
    return float(np.mean(judge.probabilities(x).max(axis=1) > 0.9))


class Experiment(NamedTuple):
    run: Callable[[argparse.Namespace], Outcome]
    help: str


EXPERIMENTS = {
    "data-dependent": Experiment(
        data_dependent, "trained on digits, fed clothes, and the other way round (数据相关)"
    ),
    "lossy": Experiment(lossy, "bytes against error, beside PCA and JPEG (有损)"),
    "learned": Experiment(learned, "the same code on data it has never heard of (自动学习)"),
    "features": Experiment(features, "codes for a classifier, and fine-tuning with few labels (特征)"),
    "generative": Experiment(generative, "random codes decoded by a plain autoencoder and by a VAE"),
}


def add_to(commands: Any) -> None:
    """Puts `experiment` and its options on the command line."""
    parser = commands.add_parser(
        "experiment",
        help="put what is said of autoencoders to the test",
        description="Runs an experiment on the data shipped, and writes its numbers and figures to a folder.",
    )
    experiments = parser.add_subparsers(title="experiments", dest="experiment", metavar="EXPERIMENT", required=True)
    for name, experiment in EXPERIMENTS.items():
        one = experiments.add_parser(name, help=experiment.help, description=f"Experiment: {experiment.help}.")
        one.add_argument(
            "--epochs",
            type=arguments.whole_number,
            default=5,
            metavar="N",
            help="of training each model; 5 show the point, more make it sharper (default: 5)",
        )
        one.add_argument(
            "--seed", type=arguments.seed, default=0, metavar="N", help="of everything random (default: 0)"
        )
        one.add_argument(
            "--out",
            type=Path,
            metavar="FOLDER",
            help=f"where to write, a folder that is new or empty (default: runs/{name}, then runs/{name}-2, …)",
        )
        one.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Runs one experiment, says what came out, and writes it."""
    started = time.perf_counter()
    folder = free_folder(options.out, options.experiment)
    folder.mkdir(parents=True, exist_ok=True)
    sentence, numbers, figures = EXPERIMENTS[options.experiment].run(options)
    print(sentence)
    with whole_file(folder / "numbers.json", "w") as file:
        json.dump({"epochs": options.epochs, "seed": options.seed, **numbers}, file, indent=2)

    from scratch_ae.plots import save

    names = [save(figure, folder / f"{name}.png").name for name, figure in figures.items()]
    print(f"In {folder}/ are numbers.json and the figures {', '.join(names)}.")
    print(f"Done in {time.perf_counter() - started:.0f} s.")
