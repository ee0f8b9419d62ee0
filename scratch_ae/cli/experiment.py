"""`experiment`: what the course document claims of autoencoders, put to the test."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from scratch_ae.cli import arguments
from scratch_ae.cli.folders import free_folder
from scratch_ae.consoles import say
from scratch_ae.experiments.data_dependent import digits_and_clothes
from scratch_ae.experiments.exhibit import Exhibit
from scratch_ae.experiments.features import codes_for_a_classifier
from scratch_ae.experiments.generative import random_codes
from scratch_ae.experiments.learned import unheard_of
from scratch_ae.experiments.lossy import rate_and_distortion
from scratch_ae.files import quoted, whole_file


class Experiment(NamedTuple):
    """`run` is called with the epochs and the seed."""

    run: Callable[[int, int], Exhibit]
    help: str


EXPERIMENTS = {
    "data-dependent": Experiment(
        digits_and_clothes, "trained on digits, fed clothes, and the other way round (数据相关)"
    ),
    "lossy": Experiment(rate_and_distortion, "bytes against error, beside PCA and JPEG (有损)"),
    "learned": Experiment(unheard_of, "the same code on data it has never heard of (自动学习)"),
    "features": Experiment(codes_for_a_classifier, "codes for a classifier, and fine-tuning with few labels (特征)"),
    "generative": Experiment(random_codes, "random codes decoded by a plain autoencoder and by a VAE"),
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
            type=arguments.path,
            metavar="FOLDER",
            help=f"where to write, a folder that is new or empty (default: runs/{name}, then runs/{name}-2, …)",
        )
        one.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Runs one experiment, says what came out, and writes it."""
    started = time.perf_counter()
    folder = free_folder(options.out, options.experiment)
    folder.mkdir(parents=True, exist_ok=True)
    exhibit = EXPERIMENTS[options.experiment].run(options.epochs, options.seed)
    say(exhibit.sentence)
    with whole_file(folder / "numbers.json", "w") as file:
        json.dump({"epochs": options.epochs, "seed": options.seed, **exhibit.numbers}, file, indent=2)

    from scratch_ae.plots import save

    names = [save(figure, folder / f"{name}.png").name for name, figure in exhibit.figures.items()]
    say(f"In {quoted(folder)}/ are numbers.json and the figures {', '.join(names)}.")
    say(f"Done in {time.perf_counter() - started:.0f} s.")
