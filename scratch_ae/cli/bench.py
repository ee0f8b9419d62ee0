"""`bench`: how fast training is on this machine, against its own matrix products and against other frameworks."""

from __future__ import annotations

import argparse
import dataclasses
import importlib.metadata
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
    from matplotlib.figure import Figure

    from scratch_ae.bench import Race, Setup

SIZES = {"ae": (784, 300, 150), "vae": (784, 400, 20)}
BATCHES = (32, 128, 512)
WIDTHS = (100, 200, 500, 1000, 2000)
LIMITS = ("matrix products", "Adam", "other passes", "Python calls")
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
        races, dropped, parts = measure(setup, options.rounds)
        print(race_table(setup, races, dropped, parts))
        report["races"].append(as_data(setup, races, dropped, parts))
        figures[f"step-{kind}"] = (setup, parts)
        if options.sweep:
            rows = sweep(kind, options.images, options.threads)
            print(sweep_table(rows))
            report["sweep"] += rows
    if folder:
        write(folder, report, figures)


def measure(setup: Setup, rounds: int) -> tuple[list[Race], list[str], dict[str, float]]:
    """A race of two against each rival that is there, so that neighbours are compared; why rivals dropped out, if
    any did; and the step taken apart."""
    from scratch_ae.bench import race, step_parts
    from scratch_ae.bench.contestants import CONTESTANTS, NEEDS

    races, dropped = [], []
    for rival in CONTESTANTS:
        if rival != OURS and is_installed(NEEDS.get(rival)):
            try:
                races.append(race(setup, [OURS, rival], rounds))
            except OSError as reason:
                dropped.append(str(reason))
    return races, dropped, step_parts(setup)


def is_installed(module: str | None) -> bool:
    return module is None or importlib.util.find_spec(module) is not None


def race_table(setup: Setup, races: list[Race], dropped: list[str], parts: dict[str, float]) -> str:
    """A line for every rival, and one for the parts of the step."""
    lines = [
        f"{setup.name}, {setup.images:,} images, {setup.threads} thread{'s' if setup.threads > 1 else ''}",
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
            lines[-1] += f"; our epoch takes {one.ratio(OURS, rival):.2f} times as long"
    lines += [f"  {reason}" for reason in dropped]
    lines.append("  a step, in microseconds: " + ", ".join(f"{name} {value:,.0f}" for name, value in parts.items()))
    return "\n".join([*lines, ""])


def as_data(setup: Setup, races: list[Race], dropped: list[str], parts: dict[str, float]) -> dict[str, Any]:
    return {
        "setup": dataclasses.asdict(setup),
        "seconds_an_epoch": [one.seconds for one in races],
        "dropped_out": dropped,
        "microseconds_of_a_step": parts,
    }


def sweep(kind: str, images: int, threads: int) -> list[dict[str, Any]]:
    """Microseconds an image for networks of one hidden layer, and which of LIMITS they go to.

    What calls from Python take is seen on arrays of a single number (those of the matrix products and of Adam are
    counted with these); what nothing else explains goes over memory.
    """
    from scratch_ae.bench import Setup, step_parts

    def parts(sizes: tuple[int, ...], batch: int) -> dict[str, float]:
        return step_parts(Setup(kind, sizes, batch, images, threads))

    of_one_number = parts((1, 1, 1), 1)
    calls = of_one_number["step"] - of_one_number["matrix products"] - of_one_number["Adam"]
    rows = []
    for batch in BATCHES:
        for width in WIDTHS:
            sizes = (SIZES[kind][0], width, width // 2 if kind == "ae" else SIZES[kind][-1])
            step = parts(sizes, batch)
            products, adam = step["matrix products"], step["Adam"]
            passes = max(step["step"] - products - adam - calls, 0.0)
            shares = dict(zip(LIMITS, (products, adam, passes, calls), strict=True))
            an_image = {name: value / batch for name, value in {"step": step["step"], **shares}.items()}
            rows.append({"kind": kind, "sizes": sizes, "batch": batch, **an_image})
    return rows


def sweep_table(rows: list[dict[str, Any]]) -> str:
    """A line for every setting."""
    head = "".join(f"  {limit:>15}" for limit in LIMITS)
    lines = [
        f"{rows[0]['kind']}: microseconds an image, how many times those of the matrix products, and where they go",
        f"  {'batch':>5}  {'sizes':<14}{'step':>9}  {'times':>5}{head}",
    ]
    for row in rows:
        sizes, times = "-".join(map(str, row["sizes"])), row["step"] / row["matrix products"]
        shares = "".join(f"  {row[limit]:>15.1f}" for limit in LIMITS)
        lines.append(f"  {row['batch']:>5}  {sizes:<14}{row['step']:>9.1f}  {times:>5.2f}{shares}")
    return "\n".join([*lines, ""])


def machine() -> dict[str, Any]:
    """What the numbers belong to."""
    return {
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scratch_ae": __version__,
        **{name: importlib.metadata.version(name) for name in ("torch", "jax") if importlib.util.find_spec(name)},
    }


def write(folder: Path, report: dict[str, Any], figures: dict[str, tuple[Setup, dict[str, float]]]) -> None:
    """bench.json, and a figure of each step and of the sweep."""
    from scratch_ae import plots

    with whole_file(folder / "bench.json", "w") as file:
        json.dump(report, file, indent=2)
    for name, (setup, parts) in figures.items():
        bars = {part: value for part, value in parts.items() if part != "step"}
        times = parts["step"] / parts["matrix products"]
        title = f"{setup.name}: {times:.2f} times its matrix products"
        plots.save(plots.bars(bars, y_label="microseconds a step", title=title), folder / f"{name}.png")
    for kind in {row["kind"]: None for row in report["sweep"]}:
        plots.save(
            sweep_figure([row for row in report["sweep"] if row["kind"] == kind]), folder / f"sweep-{kind}.png"
        )
    print(f"Wrote {folder}.")


def sweep_figure(rows: list[dict[str, Any]]) -> Figure:
    """A panel for each batch size: what the step takes, in times of its matrix products, and where that goes."""
    from scratch_ae import plots

    kind, first = rows[0]["kind"], rows[0]["sizes"][0]
    code = "½ width" if kind == "ae" else SIZES[kind][-1]
    panels = {f"batch {batch}": [row for row in rows if row["batch"] == batch] for batch in BATCHES}
    shares = {
        panel: {limit: [row[limit] / row["matrix products"] for row in own] for limit in LIMITS}
        for panel, own in panels.items()
    }
    return plots.stacked_bars(
        shares,
        [f"{width:,}" for width in WIDTHS],
        above={panel: [f"{row['step']:,.0f}" for row in own] for panel, own in panels.items()},
        x_label="width",
        y_label="time ÷ time of the matrix products",
        title=f"Where the time goes: {kind} {first}-width-{code}; above each bar, microseconds an image",
    )
