"""What holds for every figure: no text is cut or covers another, titles can be replaced, inputs stay."""

import copy
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from matplotlib.text import Annotation, Text

from scratch_ae import gradcheck, plots
from scratch_ae.nn.dense import Dense

RNG = np.random.default_rng(0)
X = RNG.random((100, 784)).astype(np.float32)
LABELS = np.arange(100) % 10
FASHION = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
]
EPOCHS = np.arange(1.0, 31.0)
VAE = {
    "epoch": EPOCHS,
    "loss": 100 + 100 / EPOCHS,
    "reconstruction": 75 + 110 / EPOCHS,
    "kl": 25 - 10 / EPOCHS,
    "validation_loss": 100.5 + 100 / EPOCHS,
    "validation_reconstruction": 75.3 + 110 / EPOCHS,
    "validation_kl": 25.2 - 10 / EPOCHS,
}
STEPS = X.reshape(10, 10, 784)
ENDS = {"ends": ("image A", "image B")}
Z = np.linspace(-2, 2, 20)
CHECK = gradcheck(Dense(12, 30, rng=np.random.default_rng(1)), X[:5, :12])
WRONG = gradcheck(lambda x: float(np.sum(np.sin(x))), X[:40, :3], gradient=lambda x: 1.1 * np.cos(x))

FIGURES = {
    "curves of three terms": (plots.learning_curves, [VAE], {}),
    "curves of one term": (plots.learning_curves, [{"loss": EPOCHS * 1000}], {}),
    "curves of one epoch": (plots.learning_curves, [{"loss": [206.0], "validation_loss": [150.0]}], {}),
    "reconstructions": (plots.reconstructions, [X, X], {}),
    "reconstructions of 3": (plots.reconstructions, [X[:3], X[:3]], {}),
    "reconstructions, 3 rows": (plots.reconstructions, [{"original x": X, "noisy": X, "r": X}], {"n": 20}),
    "reconstructed profiles": (plots.reconstructions, [X[:, :30], X[:, :30]], {"image_shape": None}),
    "filters": (plots.filters, [RNG.normal(size=(784, 400))], {}),
    "6 filters": (plots.filters, [RNG.normal(size=(784, 6))], {"order": "index"}),
    "filters of profiles": (plots.filters, [RNG.normal(size=(9, 12))], {"image_shape": None}),
    "codes": (plots.code_space, [RNG.normal(size=(100, 20)), LABELS], {}),
    "codes without labels": (plots.code_space, [RNG.normal(size=(100, 2))], {}),
    "codes of fashion": (plots.code_space, [RNG.normal(size=(100, 2)), LABELS, FASHION], {}),
    "codes of one dimension": (plots.code_space, [RNG.normal(size=(100, 1)), LABELS, FASHION], {}),
    "samples": (plots.samples, [X], {}),
    "samples by class": (plots.samples, [X], {"columns": 10, "row_labels": FASHION}),
    "one sample": (plots.samples, [X[:1]], {}),
    "interpolation": (plots.interpolation, [STEPS], {}),
    "interpolation of 3 steps": (plots.interpolation, [STEPS[:1, :3]], {}),
    "interpolation of 20 steps": (plots.interpolation, [STEPS.reshape(5, 20, 784)], ENDS),
    "gradient check": (plots.gradient_check, [CHECK], {}),
    "gradient check of a bias": (plots.gradient_check, [CHECK], {"array": "b"}),
    "gradient check that fails": (plots.gradient_check, [WRONG], {}),
    "manifold": (plots.manifold, [np.repeat(X, 4, axis=0), Z], {}),
    "manifold, wide": (plots.manifold, [X, Z, np.linspace(-0.05, 0.05, 5)], {}),
}
every_figure = pytest.mark.parametrize("name", FIGURES)


@cache
def drawn(name):
    """The figure, laid out; with its arguments as they were before and after."""
    draw, arguments, options = FIGURES[name]
    before = copy.deepcopy(arguments)
    figure = draw(*arguments, **options)
    figure.draw_without_rendering()
    return figure, before, arguments


def ticks_of(axes):
    for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        for place, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True):
            if min(limits) <= place <= max(limits):
                yield label


def texts_of(figure):
    """Every text that is seen, with the box it has on the figure."""
    found = list(figure.texts)
    for axes in figure.axes:
        found += [*axes.texts, axes.xaxis.label, axes.yaxis.label, *ticks_of(axes)]
        found += [child for child in axes.get_children() if isinstance(child, Text)]
        if axes.get_legend() is not None:
            found += axes.get_legend().get_texts()
    for text in dict.fromkeys(found):
        if text.get_text() and text.get_visible():
            # That of an annotation would enclose its arrow, too.
            box = Text.get_window_extent(text) if isinstance(text, Annotation) else text.get_window_extent()
            yield text.get_text(), box


@every_figure
def test_no_text_is_cut(name):
    figure, _, _ = drawn(name)
    for words, box in texts_of(figure):
        assert box.x0 >= 0, words
        assert box.y0 >= 0, words
        assert box.x1 <= figure.bbox.x1, words
        assert box.y1 <= figure.bbox.y1, words


@every_figure
def test_no_two_texts_overlap(name):
    figure, _, _ = drawn(name)
    for (words, box), (others, other) in combinations(texts_of(figure), 2):
        across = min(box.x1, other.x1) - max(box.x0, other.x0)
        up = min(box.y1, other.y1) - max(box.y0, other.y0)
        assert min(across, up) < 1, (words, others)


@every_figure
def test_text_is_large_enough_for_the_back_of_a_room_when_the_figure_fills_a_slide(name):
    figure, _, _ = drawn(name)
    width, height = figure.get_size_inches()
    on_a_slide = min(13.33 / width, 7.5 / height)
    for text in [*figure.texts, *(tick for axes in figure.axes for tick in ticks_of(axes))]:
        assert text.get_fontsize() * on_a_slide >= 14, text.get_text()


@every_figure
def test_inputs_are_never_changed(name):
    _, before, after = drawn(name)
    for old, new in zip(before, after, strict=True):
        if isinstance(old, dict):
            assert list(old) == list(new)
            old, new = list(old.values()), list(new.values())
        np.testing.assert_array_equal(old, new)


ONE_EACH = [
    "curves of one epoch",
    "reconstructions",
    "6 filters",
    "codes",
    "samples",
    "interpolation",
    "manifold",
]


@pytest.mark.parametrize("name", ONE_EACH)
def test_title_replaces_the_headline_and_may_be_empty(name):
    draw, arguments, options = FIGURES[name]
    assert draw(*arguments, **options, title="Another headline").texts[0].get_text() == "Another headline"
    assert draw(*arguments, **options, title="").texts == []
