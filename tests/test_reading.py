"""Source shown in a notebook: what is shown is what runs, and it says where it stands."""

import functools
import inspect
import math

import numpy as np
import pytest

import scratch_ae as ae
from scratch_ae.nn.activations import Activation, Sigmoid, sigmoid
from scratch_ae.nn.dense import Dense

FRAME = ('<div style="font-family: monospace">\n\n', "\n\n</div>")


def markdown(*things):
    """What a notebook is shown, without the frame that asks for a font of equal widths."""
    text = ae.show_source(*things)._repr_markdown_()
    assert text.startswith(FRAME[0])
    assert text.endswith(FRAME[1])
    return text.removeprefix(FRAME[0]).removesuffix(FRAME[1])


@pytest.mark.parametrize(
    ("thing", "place", "first_line"),
    [
        (sigmoid, "scratch_ae/nn/activations.py", "def sigmoid(a: FloatArray"),
        (Sigmoid, "scratch_ae/nn/activations.py", "class Sigmoid(Activation):"),
        (Dense.backward, "scratch_ae/nn/dense.py, class Dense", "def backward(self, dy: FloatArray,"),
        (ae.Autoencoder, "scratch_ae/autoencoders/autoencoder.py", "class Autoencoder"),
    ],
)
def test_place_stands_above_the_highlighted_source(thing, place, first_line):
    head, _, rest = markdown(thing).partition("\n\n")
    assert head == f"`{place}`"
    assert rest.startswith(f"```python\n{first_line}")
    assert rest.endswith("\n```")


@pytest.mark.parametrize("thing", [sigmoid, Sigmoid, Dense, ae.VAE])
def test_text_is_the_source_to_the_letter(thing):
    assert f"```python\n{inspect.getsource(thing).rstrip()}\n```" in markdown(thing)


def test_method_is_moved_to_the_margin_and_its_body_with_it():
    assert "\n    self.dW = self.x.T @ dy\n" in markdown(Dense.backward)


def test_methods_of_one_class_share_a_block():
    text = markdown(Dense.forward, Dense.backward)
    assert text.count("```python") == text.count("scratch_ae/nn/dense.py") == 1
    assert text.index("def forward") < text.index("\n\ndef backward")


def test_things_of_different_files_stand_each_below_its_own():
    text = markdown(Dense.backward, Sigmoid.derivative)
    assert text.count("```python") == 2
    assert text.index("def backward") < text.index("`scratch_ae/nn/activations.py, class Sigmoid`")


def test_inherited_method_is_shown_where_it_is_written():
    assert "class Activation`" in markdown(Sigmoid.backward)
    assert markdown(Sigmoid.backward) == markdown(Activation.backward)


def test_method_of_an_object_is_that_of_its_class():
    dense = Dense(2, 3, rng=np.random.default_rng(0))
    assert markdown(dense.backward) == markdown(Dense.backward)


def test_property_and_decorated_function_show_what_was_written():
    class Holder:
        @property
        def answer(self):
            return 42

    @functools.lru_cache
    def cached():
        return 42

    assert "return 42" in markdown(Holder.answer)
    assert "@functools.lru_cache\ndef cached():\n    return 42" in markdown(cached)


def test_elsewhere_than_in_a_notebook_it_is_plain_text():
    shown = ae.show_source(Dense.backward)
    assert repr(shown) == str(shown)
    assert repr(shown).startswith("# scratch_ae/nn/dense.py, class Dense\n\ndef backward")
    assert "```" not in repr(shown)


def test_what_a_student_wrote_is_shown_with_the_module_it_is_from():
    def mine():
        """```a fence in a docstring```"""

    text = markdown(mine)
    assert text.startswith(f"`{__name__}`\n\n````python\ndef mine")
    assert text.endswith("\n````")


@pytest.mark.parametrize("thing", [42, "Dense", np.zeros(3), None])
def test_what_is_no_definition_is_refused(thing):
    with pytest.raises(TypeError, match="is no function, method or class"):
        ae.show_source(thing)


@pytest.mark.parametrize("thing", [math.sin, int, np.float64])
def test_what_has_no_source_in_python_is_refused(thing):
    with pytest.raises(ValueError, match=f"{thing.__name__} has no source"):
        ae.show_source(thing)


def test_nothing_to_show_is_refused():
    with pytest.raises(TypeError, match="was given nothing"):
        ae.show_source()
