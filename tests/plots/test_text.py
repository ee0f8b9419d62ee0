"""Text in figures: in the reader's own font where he has set one, and a $ is a dollar."""

import io
import warnings

import matplotlib
import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.text import Text

from scratch_ae import plots
from scratch_ae.plots.style import power_of_ten

FONT = "Two Animals"
ANIMALS = "猫狗"


def font_file(path):
    """A font with two Chinese characters, drawn as squares, and nothing else."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for point in ((0, 800), (800, 800), (800, 0)):
        pen.lineTo(point)
    pen.closePath()
    names = [".notdef", *(f"uni{ord(letter):X}" for letter in ANIMALS)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): name for letter, name in zip(ANIMALS, names[1:], strict=True)})
    builder.setupGlyf(dict.fromkeys(names, pen.glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": FONT, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200)
    builder.setupPost()
    builder.save(path)
    return path


@pytest.fixture
def _font(tmp_path, monkeypatch):
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [*font_manager.fontManager.ttflist])
    font_manager.fontManager.addfont(font_file(tmp_path / "animals.ttf"))


def bars():
    return plots.bars(dict(zip(ANIMALS, (1.0, 2.0), strict=True)), y_label=ANIMALS, title=f"{ANIMALS}: σ² and so on")


def drawn(figure):
    """Every warning of drawing a figure: of a character that no font has, for one."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        figure.savefig(io.BytesIO(), format="png")
        plots.style.SlideFigure._repr_png_(figure)
    return [str(warning.message) for warning in caught]


@pytest.mark.usefixtures("_font")
@pytest.mark.parametrize(
    "settings",
    [{"font.family": [FONT]}, {"font.family": "sans-serif", "font.sans-serif": [FONT]}, {"font.family": FONT}],
)
def test_labels_are_drawn_in_the_font_that_the_reader_has_set(settings):
    with matplotlib.rc_context(settings):
        figure = bars()
    assert drawn(figure) == []
    assert {text.get_fontfamily()[0] for text in figure.findobj(Text)} == {FONT}


@pytest.mark.usefixtures("_font")
def test_a_font_that_is_not_there_is_passed_over():
    with matplotlib.rc_context({"font.family": ["No Such Font", FONT]}):
        assert bars().texts[0].get_fontfamily()[:2] == [FONT, "DejaVu Sans"]


def test_without_a_font_of_the_readers_own_it_is_dejavu_sans():
    assert plots.bars({"a": 1.0}, y_label="", title="σ²").texts[0].get_fontfamily()[0] == "DejaVu Sans"


DOLLARS = "from $5 to $6, $x^$ and \\$"


def some_figures():
    rng = np.random.default_rng(0)
    yield plots.bars({DOLLARS: 1.0, "b": 2.0}, y_label=DOLLARS, title=DOLLARS)
    yield plots.lines([1, 2], {DOLLARS: [3, 4]}, x_label=DOLLARS, y_label=DOLLARS, title=DOLLARS)
    yield plots.lines(
        [1, 1e9], {DOLLARS: [1e-9, 4]}, x_label=DOLLARS, y_label=DOLLARS, title="", logx=True, logy=True
    )
    yield plots.histogram(rng.random(20), x_label=DOLLARS, y_label=DOLLARS, title=DOLLARS)
    yield plots.code_space(rng.random((20, 2)), np.arange(20) % 2, label_names=[DOLLARS, "b"], title=DOLLARS)
    yield plots.step_curve({DOLLARS: ([1e-9, 1e-3], [1e-5, 1e-2])}, title=DOLLARS)


@pytest.mark.parametrize("number", range(6))
def test_a_dollar_is_a_dollar_in_every_figure(number):
    figure = list(some_figures())[number]
    assert drawn(figure) == []
    texts = [text for text in figure.findobj(Text) if text.get_text()]
    with_dollars = [text for text in texts if "$" in text.get_text()]
    assert any("$5" in text.get_text() for text in with_dollars)
    assert not any(text.get_parse_math() or "mathdefault" in text.get_text() for text in with_dollars)


@pytest.mark.parametrize(("value", "text"), [(1e-3, "10⁻³"), (1.0, "10⁰"), (1e12, "10¹²")])
def test_ticks_of_a_logarithmic_axis_are_powers_of_ten(value, text):
    assert power_of_ten(value) == text
