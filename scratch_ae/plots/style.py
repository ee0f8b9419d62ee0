"""The look all figures share: fonts, colours, the figure itself, and how it gets to disk.

A figure is made inside ``look()`` from ``matplotlib.figure.Figure`` directly, without pyplot: nothing
global changes, no window is needed, and a figure that is dropped is garbage like any other object.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import font_manager
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from scratch_ae.files import place, whole_file

INK = "#222222"  # text and axes: softer than black on a projector
GREY = "#8A8A8A"
PALE = "#E0E0E0"  # grid lines, frames

# Okabe and Ito, "Color Universal Design" (2008). Yellow comes last: thin yellow lines vanish on white.
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")

# Ten colours found by a search: to a deuteranope the two closest are 18.9 apart (CIEDE2000, where Okabe and
# Ito's eight have 11.6 and matplotlib's default ten 3.3), and all of them show on white. The order keeps
# classes that look alike (the digits 4 and 9, the fashion classes 0 and 6) far apart in colour.
TEN = (
    *("#D20F69", "#3C9696", "#5A3CB4", "#5A4B00", "#E1B4FF"),
    *("#4B87FF", "#E1C32D", "#C3690F", "#4BD296", "#005A4B"),
)

TRAINING, VALIDATION = OKABE_ITO[0], OKABE_ITO[1]

# DejaVu Sans comes with matplotlib and has Greek, subscripts and arrows, but no Chinese: a title in Chinese
# needs one of these beside it, where the reader has not set a font of his own.
_CHINESE = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "SimHei")

# Sizes are meant for figures about 11 inches wide: on a slide of 13.3 inches the smallest text has 17 points.
# Any, because matplotlib types the keys as str up to 3.10 and as a list of 300 literals from 3.11 on.
RC: Any = {
    "font.size": 15,
    "text.color": INK,
    "text.parse_math": False,  # a $ in a label is a dollar
    "axes.formatter.use_mathtext": False,
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "figure.titlesize": 18,
    "figure.titleweight": "bold",
    "figure.constrained_layout.h_pad": 0.1,
    "figure.constrained_layout.w_pad": 0.1,
    "axes.facecolor": "white",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": 16,
    "axes.titlesize": 16,
    "axes.titleweight": "normal",
    "axes.titlelocation": "left",
    "axes.linewidth": 1.0,
    "axes.axisbelow": True,
    "axes.grid": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "grid.color": PALE,
    "grid.linewidth": 1.0,
    "lines.linewidth": 2.5,
    "lines.markersize": 8,
    "legend.fontsize": 15,
    "legend.frameon": False,
    "xtick.labelsize": 14,
    "ytick.labelsize": 14,
    "xtick.color": INK,
    "ytick.color": INK,
    "image.interpolation": "antialiased",
    "pdf.fonttype": 42,  # text in a PDF stays text
    "savefig.facecolor": "white",
    "savefig.bbox": None,
}


@contextlib.contextmanager
def look() -> Iterator[None]:
    """What is drawn inside looks as all figures here do, whatever the reader has set, but for his font."""
    with matplotlib.rc_context({**RC, "font.family": fonts()}):
        yield


def fonts() -> list[str]:
    """The fonts that the reader has set, if he has, and then those for what they lack.

    Only such as are there: matplotlib reports every other one.
    """
    there = {font.name for font in font_manager.fontManager.ttflist}
    own, usual = named(matplotlib.rcParams), named(matplotlib.rcParamsDefault)
    wanted = ["DejaVu Sans", *_CHINESE] if own == usual else [*own, "DejaVu Sans", *_CHINESE]
    return [name for name in dict.fromkeys(wanted) if name in there]


def named(settings: Any) -> list[str]:
    """The fonts of matplotlib's settings, with those that "sans-serif", say, stands for."""
    return [name for family in settings["font.family"] for name in settings.get(f"font.{family}", [family])]


def power_of_ten(value: float, place: Any = None) -> str:
    """10⁻³ for a tick at 0.001: without the $ of matplotlib's own."""
    return "10" + str(round(math.log10(value))).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


class SlideFigure(Figure):
    """A Figure with a headline across its width, shown by notebooks without any set-up of pyplot."""

    def __init__(self, title: str, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), layout="constrained")
        self.title = title
        self.break_headline()

    def break_headline(self) -> None:
        """Set the headline in as many lines as the width of the figure asks for.

        Not by matplotlib's wrap=True: up to 3.7 at least, the layout keeps room for one line only.
        """
        if not self.title:
            return
        text = self.suptitle("", x=0.015, horizontalalignment="left")
        lines: list[str] = []
        for paragraph in self.title.split("\n"):
            lines.append("")
            for word in paragraph.split(" "):
                text.set_text(f"{lines[-1]} {word}")
                if lines[-1] and text.get_window_extent().width > 0.97 * self.bbox.width:
                    lines.append(word)
                else:
                    lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
        text.set_text("\n".join(lines))

    def lay_out(self) -> None:
        """Let every axes take its place, as drawing the figure would, without the work of drawing it."""
        engine = self.get_layout_engine()
        if engine is not None:
            engine.execute(self)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        with look():
            self.savefig(buffer, format="png", dpi=100)
        return buffer.getvalue()


def palette(n: int) -> list[str]:
    """``n`` colours for categories: Okabe and Ito's up to 8, TEN up to 10, beyond that a sampled rainbow.

    More than ten classes cannot be told apart by colour alone; a figure of them must write names as well.
    """
    if n <= len(OKABE_ITO):
        return list(OKABE_ITO[:n])
    if n <= len(TEN):
        return list(TEN[:n])
    rainbow = matplotlib.colormaps["turbo"]
    return [to_hex(rainbow(0.05 + 0.9 * i / (n - 1))) for i in range(n)]


def number(value: float) -> str:
    """A measured ``value`` as one wants it on a slide: 98.10, 12,346, −0.0021 (four digits, a true minus)."""
    size = abs(value)
    text = f"{value:,.0f}" if 1e3 <= size < 1e7 else f"{value:#.4g}" if 1 <= size < 1e3 else f"{value:.4g}"
    return text.replace("-", "−")


def save(figure: Figure, path: str | os.PathLike[str], dpi: float = 150) -> Path:
    """Write ``figure`` to ``path``, in the format of its suffix (.png, .pdf, .svg, …), and return the path.

    The folder is made if need be, and the file is whole or not there: no slide shows half a figure.

    Raises ValueError if ``path`` has no suffix, or one matplotlib cannot write.
    """
    path = place(path)
    if not path.suffix:
        raise ValueError(f"The path '{path}' has no suffix to tell the format by: write '{path}.png', say.")
    with look(), whole_file(path) as file:
        figure.savefig(file, format=path.suffix[1:], dpi=dpi)
    return path
