"""The line that says how training is going."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Mapping
from typing import TextIO

from scratch_ae import consoles

REDRAW_SECONDS = 0.1
BAR = 20


class Progress:
    """Epoch, loss with its terms, images/s, time left.

    In a terminal or a notebook the line is redrawn in place within an epoch and stays at its end; anywhere else
    (a log file, a pipe) only the ends of epochs are written, a line each.
    """

    def __init__(self, epochs: int, images: int, stream: TextIO | None = None) -> None:
        self.epochs, self.images = epochs, images
        self.stream = sys.stdout if stream is None else stream
        in_notebook = type(self.stream).__module__.startswith("ipykernel")
        self.redraws = consoles.is_terminal(self.stream) or in_notebook
        self.width = 160 if in_notebook else max(shutil.get_terminal_size().columns - 1, 1)
        plain = consoles.encodable("█░", self.stream) != "█░"
        self.full, self.empty = ("#", ".") if plain else ("█", "░")
        self.start = self.drawn = time.monotonic()

    def update(self, epoch: int, seen: int, terms: Mapping[str, float]) -> None:
        """Redraws, at most every REDRAW_SECONDS: `seen` images of epoch 0, 1, … are done."""
        now = time.monotonic()
        if not self.redraws or now - self.drawn < REDRAW_SECONDS:
            return
        self.drawn = now
        done = BAR * seen // self.images
        bar = self.full * done + self.empty * (BAR - done)
        start, pace = self._epoch(epoch), self._pace(epoch * self.images + seen)
        full, short = _spell(terms), _spell({"loss": terms["loss"]})
        layouts = [
            "  ".join(parts) for parts in ([start, bar, full, pace], [start, full, pace], [start, short, pace])
        ]
        line = next((layout for layout in layouts if len(layout) <= self.width), layouts[-1])
        self._write(f"\r{line[: self.width]:<{self.width}}")

    def end_epoch(self, epoch: int, terms: Mapping[str, float], validation: Mapping[str, float]) -> None:
        """Writes the epoch's last line, which stays."""
        line = f"{self._epoch(epoch)}  {_spell(terms)}"
        if validation:
            line += f"  validation {_spell(validation)}"
        line += f"  {self._pace((epoch + 1) * self.images)}"
        erase = f"\r{'':<{self.width}}\r" if self.redraws else ""
        self._write(f"{erase}{line}\n")

    def _write(self, text: str) -> None:
        """A training does not end because its terminal is gone or the disk of its log is full."""
        with contextlib.suppress(OSError):
            consoles.say(text, end="", stream=self.stream)

    def _epoch(self, epoch: int) -> str:
        return f"epoch {epoch + 1:>{len(str(self.epochs))}}/{self.epochs}"

    def _pace(self, images: int) -> str:
        seconds = max(time.monotonic() - self.start, 1e-9)
        images_left = self.epochs * self.images - images
        left = round(seconds / max(images, 1) * images_left)
        remaining = f"{left // 60}:{left % 60:02d} left" if images_left else f"{seconds:.1f} s in all"
        return f"{images / seconds:,.0f} images/s  {remaining}"


def _spell(terms: Mapping[str, float]) -> str:
    """ "loss 105.21 (reconstruction 79.90, kl 25.31)", or the loss alone if it has one term."""
    parts = [f"{name} {value:.2f}" for name, value in terms.items() if name != "loss"]
    return f"loss {terms['loss']:.2f}" + (f" ({', '.join(parts)})" if len(parts) > 1 else "")
