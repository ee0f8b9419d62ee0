"""`bench`: how fast training is on this machine, against its own matrix products and against other frameworks."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scratch_ae import __version__
from scratch_ae.cli import arguments
from scratch_ae.files import whole_file

if TYPE_CHECKING:
    from scratch_ae.bench import Race, Setup

SIZES = {"ae": (784, 300, 150), "vae": (784, 400, 20)}
BATCHES = (32, 128, 512)
WIDTHS = (100, 200, 500, 1000, 2000)
OURS, FLOOR = "scratch_ae", "matrix products"


def add_to(commands: Any) -> None:
    """Puts `bench` on the command line."""
    parser = commands.add_parser(
        "bench",
        help="time the training step on this machine",
        description="Times an epoch of training in turn with its own matrix products alone, and with PyTorch and JAX "
        "where they are installed; and takes the step apart. Close what else is running first.",
    )
    parser.add_argument(
        "--model", choices=[*SIZES, "both"], default="both", metavar="NAME", help="ae, vae or both (default)"
    )
    parser.add_argument(
        "--batch", type=arguments.whole_number, default=128, metavar="N", help="batch size (default: 128)"
    )
    parser.add_argument(
        "--rounds", type=arguments.whole_number, default=5, metavar="N", help="epochs of each, in turn (default: 5)"
    )
    parser.add_argument(
        "--images", type=arguments.whole_number, default=60_000, metavar="N", help="in an epoch (default: 60000)"
    )
    parser.add_argument(
        "--threads", type=arguments.whole_number, default=os.cpu_count() or 1, metavar="N",
        help="of the matrix products (default: one for each processor)",
    )  # fmt: skip
    parser.add_argument(
        "--sweep", action="store_true", help="also the time for an image at other batch sizes and widths"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder for bench.json and the figures (default: none)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Prints the tables; writes them as JSON and as figures if a folder is given."""
    from scratch_ae.bench import Setup
    from scratch_ae.cli.train import free_folder

    folder = free_folder(options.out, "bench") if options.out else None
    report: dict[str, Any] = {"machine": machine(), "races": [], "sweep": []}
    figures: dict[str, Any] = {}
    for kind in [*SIZES] if options.model == "both" else [options.model]:
        setup = Setup(kind, SIZES[kind], options.batch, options.images, options.threads)
        races, parts = measure(setup, options.rounds)
        print(told(setup, races, parts))
        report["races"].append(as_data(setup, races, parts))
        figures[f"step-{kind}"] = (setup, parts)
    if options.sweep:
        report["sweep"] = sweep(options)
        print("\n".join(sweep_lines(report["sweep"])))
    if folder:
        write(folder, report, figures)


def measure(setup: Setup, rounds: int) -> tuple[list[Race], dict[str, float]]:
    """A race of two against each rival that is there, so that neighbours are compared; and the step taken apart."""
    from scratch_ae.bench import race, taken_apart
    from scratch_ae.bench.contestants import CONTESTANTS, NEEDS

    rivals = [name for name in CONTESTANTS if name != OURS and is_installed(NEEDS.get(name))]
    return [race(setup, [OURS, rival], rounds) for rival in rivals], taken_apart(setup)


def is_installed(module: str | None) -> bool:
    return module is None or importlib.util.find_spec(module) is not None


def told(setup: Setup, races: list[Race], parts: dict[str, float]) -> str:
    """The tables as text."""
    lines = [
        f"{setup.name}, {setup.images:,} images, {setup.threads} threads",
        f"  {'in turn with':<20} {'its images/s':>13} {'ours':>9}   ours : its, median [lowest … highest]",
    ]
    for one in races:
        rival = next(name for name in one.seconds if name != OURS)
        ratios = sorted(one.ratios(rival, OURS))
        rates = [setup.images / one.median(name) for name in (rival, OURS)]
        lines.append(
            f"  {rival:<20} {rates[0]:>13,.0f} {rates[1]:>9,.0f}   "
            f"{one.ratio(rival, OURS):.2f} [{ratios[0]:.2f} … {ratios[-1]:.2f}]"
        )
        if rival == FLOOR:
            lines[-1] += f"; the step takes {one.ratio(OURS, rival):.2f} times as long"
    lines.append("  a step, in microseconds: " + ", ".join(f"{name} {value:,.0f}" for name, value in parts.items()))
    return "\n".join([*lines, ""])


def as_data(setup: Setup, races: list[Race], parts: dict[str, float]) -> dict[str, Any]:
    return {
        "setup": {"kind": setup.kind, "sizes": setup.sizes, "batch": setup.batch, "images": setup.images},
        "threads": setup.threads,
        "seconds_an_epoch": [one.seconds for one in races],
        "microseconds_of_a_step": parts,
    }


def sweep(options: argparse.Namespace) -> list[dict[str, float]]:
    """Microseconds an image, of the step and of its matrix products, for an autoencoder of one hidden layer."""
    from scratch_ae.bench import Setup, taken_apart

    rows = []
    for batch in BATCHES:
        for width in WIDTHS:
            parts = taken_apart(
                Setup("ae", (SIZES["ae"][0], width, width // 2), batch, options.images, options.threads)
            )
            rows.append({
                "batch": batch, "width": width,
                "step": parts["step"] / batch, "matrix products": parts["matrix products"] / batch,
            })  # fmt: skip
    return rows


def sweep_lines(rows: list[dict[str, float]]) -> list[str]:
    """A line for every setting."""
    head = "microseconds an image, ae 784-width-width/2: the step, its matrix products, and how many times as long"
    return [head] + [
        f"  batch {row['batch']:>4.0f}, width {row['width']:>5.0f}: {row['step']:8.2f} {row['matrix products']:8.2f} "
        f"{row['step'] / row['matrix products']:6.2f}"
        for row in rows
    ]


def machine() -> dict[str, Any]:
    """What the numbers belong to."""
    return {
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scratch_ae": __version__,
    }


def write(folder: Path, report: dict[str, Any], figures: dict[str, tuple[Setup, dict[str, float]]]) -> None:
    """bench.json, and a figure of each step and of the sweep."""
    from scratch_ae import plots

    with whole_file(folder / "bench.json", "w") as file:
        json.dump(report, file, indent=2)
    for name, (setup, parts) in figures.items():
        bars = {part: value for part, value in parts.items() if part != "step"}
        times = parts["step"] / parts["matrix products"]
        title = f"A training step takes {times:.2f} times its matrix products: {setup.name}"
        plots.save(plots.bars(bars, y_label="microseconds", title=title), folder / f"{name}.png")
    if report["sweep"]:
        curves = {
            f"batch {batch:.0f}{', products' if what != 'step' else ''}": (
                [row["width"] for row in report["sweep"] if row["batch"] == batch],
                [row[what] for row in report["sweep"] if row["batch"] == batch],
            )
            for batch in BATCHES
            for what in ("step", "matrix products")
        }
        figure = plots.lines(
            None, curves, x_label="width of the hidden layer", y_label="microseconds an image", logx=True, logy=True,
            title="What an image costs: small batches pay for Python, wide layers for matrix products",
        )  # fmt: skip
        plots.save(figure, folder / "sweep.png")
    print(f"Wrote {folder}.")
