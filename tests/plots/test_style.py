"""The style shared by all figures: how a figure looks, what it leaves alone, how it gets to disk."""

import gc
import io
import os
import subprocess
import sys
import weakref
from itertools import combinations
from pathlib import Path

import matplotlib
import matplotlib.style
import numpy as np
import pytest

from scratch_ae import plots
from scratch_ae.plots.style import OKABE_ITO, TEN, SlideFigure, number, palette

PNG = b"\x89PNG\r\n\x1a\n"
# Machado, Oliveira and Fernandes (2009), severity 1: what a deuteranope sees, in linear RGB.
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)
# Linear RGB -> cone responses -> OKLab (Ottosson 2020), where distances are about perceptual.
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def some_figure():
    history = {"epoch": [1, 2, 3], "loss": [3.0, 2.0, 1.5], "kl": [0.5, 0.7, 0.8]}
    return plots.learning_curves(history)


def pixels(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="raw", dpi=50)
    return buffer.getvalue()


def closest(colors):
    """The smallest distance of two of ``colors`` as a deuteranope sees them."""
    rgb = np.array([matplotlib.colors.to_rgb(color) for color in colors])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ DEUTERANOPIA.T, 0, 1)
    lab = np.cbrt(seen @ TO_CONES.T) @ TO_OKLAB.T
    return min(np.linalg.norm(a - b) for a, b in combinations(lab, 2))


def test_save_writes_the_format_of_the_suffix_and_makes_the_folder(tmp_path):
    path = plots.save(some_figure(), tmp_path / "deep" / "er" / "curve.png", dpi=20)
    assert path == tmp_path / "deep" / "er" / "curve.png"
    assert path.read_bytes().startswith(PNG)
    assert plots.save(some_figure(), str(tmp_path / "curve.svg")).read_text().startswith("<?xml")
    assert [p.name for p in path.parent.iterdir()] == ["curve.png"]


def test_save_that_fails_leaves_the_old_file_and_nothing_half_written(tmp_path, monkeypatch):
    figure = some_figure()
    path = tmp_path / "curve.png"
    path.write_bytes(b"old")

    def savefig(file, **options):
        file.write(PNG)
        raise OSError("disk full")

    monkeypatch.setattr(figure, "savefig", savefig)
    with pytest.raises(OSError, match="disk full"):
        plots.save(figure, path)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["curve.png"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_saved_file_can_be_read_by_others_as_the_umask_says(tmp_path):
    plain = tmp_path / "plain"
    plain.touch()
    assert plots.save(some_figure(), tmp_path / "a.png", dpi=20).stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("name", ["curve.PNG", "curve.pdf", "curve.eps", "curve.svgz", "curve.jpg"])
def test_save_writes_every_kind_of_format_that_matplotlib_knows(name, tmp_path):
    assert plots.save(some_figure(), tmp_path / name, dpi=20).stat().st_size > 1000


def test_save_refuses_a_format_that_matplotlib_cannot_write_and_leaves_no_file(tmp_path):
    with pytest.raises(ValueError, match="doc"):
        plots.save(some_figure(), tmp_path / "curve.doc")
    assert list(tmp_path.iterdir()) == []


def test_save_refuses_a_path_without_a_suffix(tmp_path):
    with pytest.raises(ValueError, match="no suffix"):
        plots.save(some_figure(), tmp_path / "curve")


def test_drawing_leaves_the_settings_of_matplotlib_as_they_were(tmp_path):
    before = dict(matplotlib.rcParams)
    plots.save(some_figure(), tmp_path / "a.png", dpi=20)
    some_figure()._repr_png_()
    assert dict(matplotlib.rcParams) == before


def test_figures_look_the_same_whatever_style_the_reader_has_set():
    expected = pixels(some_figure())
    shown = some_figure()._repr_png_()
    other = {"font.size": 5, "xtick.labelsize": 4, "savefig.facecolor": "red", "savefig.bbox": "tight"}
    with matplotlib.style.context(["dark_background", other]):
        figure = some_figure()
        assert some_figure()._repr_png_() == shown
    assert pixels(figure) == expected


def test_pyplot_is_never_imported():
    script = "import sys, scratch_ae.plots; sys.exit('matplotlib.pyplot' in sys.modules)"
    root = Path(plots.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", script], cwd=root).returncode == 0


def test_a_figure_that_is_dropped_is_freed():
    figure = weakref.ref(some_figure())
    gc.collect()
    assert figure() is None


def test_a_notebook_can_show_the_figure_as_it_is():
    assert some_figure()._repr_png_().startswith(PNG)


def test_long_headline_is_broken_into_lines_that_fit():
    title = "a headline of many words " * 8 + "\nand a second paragraph"
    figure = SlideFigure(title, 7.0, 5.0)
    text = figure.texts[0]
    figure.draw_without_rendering()
    assert text.get_text().split() == title.split()
    assert text.get_text().endswith("\nand a second paragraph")
    assert 0.7 * figure.bbox.width < text.get_window_extent().width < figure.bbox.width


@pytest.mark.parametrize("n", [1, 2, 8, 9, 10, 11, 26])
def test_palette_has_as_many_different_colours_as_asked_for(n):
    assert len(set(palette(n))) == n


def test_ten_colours_are_as_far_apart_to_a_deuteranope_as_the_eight_of_okabe_and_ito():
    tab10 = matplotlib.colormaps["tab10"].colors
    assert closest(TEN) > 0.9 * closest(OKABE_ITO) > 2 * closest(tab10)


@pytest.mark.parametrize(
    ("value", "text"),
    [(98.1, "98.10"), (12345.6, "12,346"), (-0.0021, "−0.0021"), (0.0, "0"), (1.0, "1.000"), (3e-5, "3e−05")],
)
def test_numbers_have_four_digits_and_a_minus_sign(value, text):
    assert number(value) == text
