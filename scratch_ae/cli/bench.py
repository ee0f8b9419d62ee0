"""`bench`: how fast training is on this machine, against its own matrix products and against other frameworks."""

from __future__ import annotations

import argparse
import dataclasses
import importlib.metadata
import json
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scratch_ae import __version__
from scratch_ae.cli import arguments
from scratch_ae.cli.folders import free_folder
from scratch_ae.consoles import say
from scratch_ae.files import quoted, whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from scratch_ae.bench import Race, Setup

SIZES = {"ae": (784, 300, 150), "vae": (784, 400, 20)}
BATCHES = (32, 128, 512)
WIDTHS = (100, 200, 500, 1000, 2000)
SWEEP_IMAGES = 60_000
LIMITS = ("matrix products", "Adam", "other passes", "Python calls")


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
        "--threads", type=arguments.whole_number, default=processors(), metavar="N",
        help="of the matrix products (default: one for each processor; where each core counts as two, half as many "
        "is faster)",
    )  # fmt: skip
    parser.add_argument(
        "--sweep", action="store_true", help="also the time for an image at other batch sizes and widths"
    )
    parser.add_argument(
        "--out", type=arguments.path, metavar="DIR", help="folder for bench.json and the figures (default: none)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Prints each line when it is known; with a folder, keeps what is known so far as JSON, and draws it all."""
    from scratch_ae.bench import Setup

    kinds = [*SIZES] if options.model == "both" else [options.model]
    setups = [Setup(kind, SIZES[kind], options.batch, options.images, options.threads) for kind in kinds]
    folder = free_folder(options.out, "bench") if options.out else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    report: dict[str, Any] = {"machine": machine(), "races": [], "sweep": []}
    for setup in setups:
        report["races"].append(measure(setup, options.rounds))
        keep(report, folder)
        if options.sweep:
            rows = sweep(setup.kind, options.threads)
            say(sweep_table(rows))
            report["sweep"] += rows
            keep(report, folder)
    if folder:
        draw(report, folder)
        say(f"Wrote {quoted(folder)}.")


def measure(setup: Setup, rounds: int) -> dict[str, Any]:
    """A race of two against each rival that is there, so that neighbours are compared, and the step taken apart. A
    rival that can't run costs its own line."""
    from scratch_ae.bench import DroppedOut, race, step_parts
    from scratch_ae.bench.contestants import CONTESTANTS, NEEDS, OURS

    say(race_head(setup))
    seconds, dropped = [], []
    for rival in CONTESTANTS:
        if rival != OURS and is_installed(NEEDS.get(rival)):
            try:
                one = race(setup, [OURS, rival], rounds)
            except DroppedOut as reason:
                if reason.name == OURS:
                    raise
                dropped.append(str(reason))
                say(f"  {reason}")
            else:
                seconds.append(one.seconds)
                say(race_line(one, rival))
    parts = step_parts(setup)
    say(step_line(parts) + "\n")
    return {
        "setup": dataclasses.asdict(setup),
        "seconds_an_epoch": seconds,
        "dropped_out": dropped,
        "microseconds_of_a_step": parts,
    }


def is_installed(module: str | None) -> bool:
    return module is None or version(module) is not None


def version(package: str) -> str | None:
    """None if it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def race_head(setup: Setup) -> str:
    threads = f"{setup.threads} thread{'s' if setup.threads > 1 else ''}"
    return (
        f"{setup.name}, {setup.images:,} images, {threads}\n"
        f"  {'in turn with':<30} {'its images/s':>12} {'ours':>9}   ours : its, median [lowest … highest]"
    )


def race_line(one: Race, rival: str) -> str:
    """Both rates, and how many times as fast as the rival we are."""
    from scratch_ae.bench.contestants import FLOOR, OURS

    ratios = sorted(one.ratios(rival, OURS))
    its, ours = (one.setup.images / one.median(name) for name in (rival, OURS))
    line = f"  {rival:<30} {its:>12,.0f} {ours:>9,.0f}   "
    line += f"{one.ratio(rival, OURS):.2f} [{ratios[0]:.2f} … {ratios[-1]:.2f}]"
    if rival == FLOOR:
        line += f"; our epoch takes {one.ratio(OURS, rival):.2f} times as long"
    return line


def step_line(parts: dict[str, float]) -> str:
    from scratch_ae.bench.anatomy import PARTS

    spelled = ", ".join(f"{name} {parts[name]:,.0f}" for name in PARTS)
    return (
        f"  a step takes {parts['step']:,.0f} µs: {spelled}; "
        f"its matrix products, which are in forward and backward, take {parts['matrix products']:,.0f} alone"
    )


def sweep(kind: str, threads: int) -> list[dict[str, Any]]:
    """Microseconds an image for networks of one hidden layer, and which of LIMITS they go to.

    What calls from Python take is seen on arrays of a single number (those of the matrix products and of Adam are
    counted with these); what nothing else explains goes over memory, which is nothing where the rest is too much.
    """
    from scratch_ae.bench import Setup, step_parts

    def parts(sizes: tuple[int, ...], batch: int) -> dict[str, float]:
        return step_parts(Setup(kind, sizes, batch, SWEEP_IMAGES, threads))

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
        "processor": platform.processor() or platform.machine(),
        "processors": processors(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scratch_ae": __version__,
        **{name: version(name) for name in ("torch", "jax") if is_installed(name)},
    }


def processors() -> int:
    """As many as this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def keep(report: dict[str, Any], folder: Path | None) -> None:
    """Writes bench.json, whole or not at all."""
    if folder:
        with whole_file(folder / "bench.json", "w") as file:
            json.dump(report, file, indent=2)


def draw(report: dict[str, Any], folder: Path) -> None:
    """A figure of each step, and of each sweep."""
    from scratch_ae import plots
    from scratch_ae.bench import Setup
    from scratch_ae.bench.anatomy import PARTS

    for one in report["races"]:
        setup, parts = Setup(**one["setup"]), one["microseconds_of_a_step"]
        bars = {part: parts[part] for part in PARTS} | {"matrix products alone": parts["matrix products"]}
        times = parts["step"] / parts["matrix products"]
        title = f"{setup.name}: {parts['step']:,.0f} µs, {times:.2f} times the matrix products in it"
        figure = plots.bars(bars, y_label="microseconds a step", title=title)
        plots.save(figure, folder / f"step-{setup.kind}.png")
    for kind in {row["kind"]: None for row in report["sweep"]}:
        rows = [row for row in report["sweep"] if row["kind"] == kind]
        plots.save(sweep_figure(rows), folder / f"sweep-{kind}.png")


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
