"""Files cut from the library's source: what stands in them is the library's own text, and nothing that gives the
answer away."""

import inspect
import textwrap

import pytest

from scratch_ae.autoencoders import autoencoder, denoising, tied
from scratch_ae.exercises import source
from scratch_ae.exercises.source import skeleton, solution
from scratch_ae.exercises.task import Part, Task
from scratch_ae.nn import activations, dense


def task(*parts, goal="Write what is missing.", points=2):
    return Task("thing", "A thing", "自编码器", points, goal, ("a", "b", "c"), parts, ())


SIGMOID = Part("nn.activations", ("Sigmoid",), blanks=("Sigmoid.derivative", "Sigmoid.second_derivative"))
DENSE = Part("nn.dense", ("Dense",), blanks=("Dense.backward",))
LONG = Part(
    "autoencoders.autoencoder",
    ("Autoencoder",),
    methods=("backward", "forward", "loss_of"),
    blanks=("Autoencoder.backward", "Autoencoder.loss_of"),
)
HUNTED = Part(
    "autoencoders.variational", ("Reparameterization",), mistakes=[("np.exp(0.5 * log_var)", "np.exp(log_var)")]
)


def imports(text):
    """The lines between the file's own docstring and its first definition."""
    return text.split('"""', 2)[2].split("\n\n\n")[0].strip().split("\n")


def run(text):
    """The names of a file, run by itself."""
    names = {"__name__": "submitted"}
    exec(compile(text, "file.py", "exec"), names)
    return names


def test_a_solution_is_the_library_s_text_word_for_word():
    assert inspect.getsource(dense.Dense).strip() in solution(task(DENSE))
    text = solution(task(Part("autoencoders.denoising", ("Masking", "SaltAndPepper"))))
    for kind in (denoising.Masking, denoising.SaltAndPepper):
        assert inspect.getsource(kind).strip() in text
    assert "@dataclass\nclass Masking(Masked):" in text


def test_outside_of_the_blanks_a_skeleton_is_the_library_s_text():
    before, after = inspect.getsource(dense.Dense).split(inspect.getsource(dense.Dense.backward))
    text = skeleton(task(DENSE))
    assert before in text
    assert after.strip() in text


def blanked(monkeypatch, folder, text):
    """A stand-in for a module of the library, as its file has it with `Thing.backward` left blank."""
    (folder / "standin.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(source, "LIBRARY", folder)
    return source.cut(Part("standin", ("Thing",)), ["Thing.backward"])


DOCSTRINGS = {
    "an answer of one line": (
        ['"""dx from dy; writes dW.', "", "y = x W, so that", "⇒ dx = dy Wᵀ.", '"""'],
        ['"""dx from dy; writes dW.', "", "y = x W, so that", "⇒ …", '"""'],
    ),
    "an answer of several lines, and paragraphs on both sides": (
        ['"""dx.', "", "y = x W,", "  a sum,", "", "Σ_k:", "⇒ dx = dy Wᵀ,", "  a product.", "", "And dW.", '"""'],
        ['"""dx.', "", "y = x W,", "  a sum,", "", "Σ_k:", "⇒ …", '"""'],
    ),
    "two lines that could be it": (
        ['"""dx.', "", "⇒ dx = dy Wᵀ.", "Also", "⇒ dW = xᵀ dy.", '"""'],
        ['"""dx.', "", "⇒ …", '"""'],
    ),
    "an answer further in": (
        ['"""dx.', "", "  y = x W", "  ⇒ dx = dy Wᵀ.", '"""'],
        ['"""dx.', "", "  y = x W", "  ⇒ …", '"""'],
    ),
    "quotes at the end of the answer": (
        ['r"""dx.', "", "y = x W", '⇒ dx = dy Wᵀ."""'],
        ['r"""dx.', "", "y = x W", '⇒ …"""'],
    ),
    "nothing but an answer": (['"""⇒ dx = dy Wᵀ."""'], ['"""⇒ …"""']),
    "an answer from the first line on": (["'''⇒ dx", "= dy Wᵀ.", "'''"], ["'''⇒ …", "'''"]),
}


@pytest.mark.parametrize("name", DOCSTRINGS)
def test_a_blank_keeps_its_docstring_up_to_the_line_that_begins_the_answer(name, monkeypatch, tmp_path):
    written, kept = (textwrap.indent("\n".join(lines), " " * 8) for lines in DOCSTRINGS[name])
    head = "class Thing:\n    def backward(self, dy):\n"
    tail = "\n\n    def forward(self, x):\n        return x\n"
    text = blanked(monkeypatch, tmp_path, f"{head}{written}\n        # A comment.\n        return dy @ W.T{tail}")
    left = '\n        raise NotImplementedError("Thing.backward is yours to write.")'
    assert text == f"{head}{kept}{left}{tail}".rstrip()


@pytest.mark.parametrize(
    "docstring",
    [
        '"""dx from dy."""',
        '"""dx from dy.\n\n        y = x W, so that\n        dx = dy Wᵀ.\n        """',
        '"""dx from dy, ⇒ in its midst.\n\n        So x ⇒ y."""',
        "",
    ],
)
def test_a_blank_without_a_line_that_begins_the_answer_keeps_all_of_its_docstring(docstring, monkeypatch, tmp_path):
    body = [docstring] if docstring else []
    lines = ["class Thing:", "    def backward(self, dy):", *(f"        {text}" for text in [*body, "return dy"])]
    text = blanked(monkeypatch, tmp_path, "\n".join(lines) + "\n")
    assert text == "\n".join(lines).replace(
        "return dy", 'raise NotImplementedError("Thing.backward is yours to write.")'
    )


def test_a_function_can_be_left_blank_too():
    text = skeleton(task(Part("nn.activations", ("softplus",), blanks=("softplus",))))
    with pytest.raises(NotImplementedError, match=r"softplus is yours to write\."):
        run(text)["softplus"](1.0)


def test_running_a_blank_says_whose_it_is_and_the_others_work():
    sigmoid = run(skeleton(task(SIGMOID)))["Sigmoid"]()
    assert sigmoid.forward(activations.np.zeros((1, 1))) == 0.5
    with pytest.raises(NotImplementedError, match=r"Sigmoid\.second_derivative is yours to write\."):
        sigmoid.second_derivative(sigmoid.h)


def test_a_file_imports_what_it_uses_and_no_more():
    assert imports(solution(task(SIGMOID))) == [
        "from __future__ import annotations",
        "",
        "from scratch_ae.arrays import FloatArray",
        "from scratch_ae.nn.activations import Activation, sigmoid",
    ]


def test_what_only_a_blank_uses_is_imported_for_the_learner():
    """Without it, whoever writes np.exp has a NameError; with it and no word, a linter complains."""
    text = skeleton(task(Part("nn.activations", ("Softplus",), blanks=SOFTPLUS_BLANKS)))
    assert "import numpy as np  # noqa: F401 (for what you write)\n" in text
    assert run(text)["np"] is activations.np
    whole = solution(task(Part("nn.activations", ("Softplus",), blanks=SOFTPLUS_BLANKS)))
    assert "import numpy as np\n" in whole
    assert "noqa" not in whole


@pytest.mark.parametrize("part", [SIGMOID, DENSE, LONG, HUNTED])
def test_numpy_is_at_hand_in_every_file_that_is_to_be_written(part):
    """The library's own answer may do without it; a learner's need not."""
    text = skeleton(task(part))
    assert run(text)["np"] is activations.np
    assert text.count("import numpy as np") == 1


SOFTPLUS_BLANKS = ("Softplus.derivative", "Softplus.second_derivative")


def test_imports_stand_in_three_groups_constants_first():
    text = solution(task(Part("nn.optimizers", ("Adam",)), Part("autoencoders.conditional", ("ConditionalVAE",))))
    assert imports(text) == [
        "from __future__ import annotations",
        "",
        "import math",
        "from collections.abc import Sequence",
        "from typing import Any",
        "",
        "import numpy as np",
        "",
        "from scratch_ae import checks",
        "from scratch_ae.arrays import FloatArray",
        "from scratch_ae.autoencoders.conditional import OneHotLabel",
        "from scratch_ae.autoencoders.variational import VAE",
        "from scratch_ae.nn.optimizers import Arrays, Optimizer, pieces",
        "from scratch_ae.nn.schedules import Schedule",
    ]


def test_parts_see_each_other():
    """The second part's module imports Dense from the first's; in the file it is the learner's Dense that counts."""
    text = solution(task(DENSE, Part("nn.mlp", ("MLP",))))
    names = run(text)
    assert "import Dense" not in text
    made = names["MLP"]([3, 2], ["tanh"], rng=dense.np.random.default_rng(0), dtype="float64")
    assert type(made.dense[0]) is names["Dense"] is not dense.Dense


def test_definitions_stand_in_the_order_of_their_module():
    """A class inherits from one above it, whatever order the task names them in."""
    names = run(solution(task(Part("autoencoders.tied", ("TiedAutoencoder", "TransposedDense")))))
    made = names["TiedAutoencoder"]([3, 2]).decoder.dense
    assert type(made[0]) is names["TransposedDense"] is not tied.TransposedDense


def test_of_a_long_class_only_the_methods_named_stand_in_the_file():
    text = skeleton(task(LONG))
    kind = run(text)["Autoencoder"]
    assert "from scratch_ae.autoencoders.autoencoder import Autoencoder as LibraryAutoencoder\n" in text
    assert kind.__bases__ == (autoencoder.Autoencoder,)
    assert {name for name in vars(kind) if not name.startswith("__")} == {"backward", "forward", "loss_of"}
    assert inspect.getsource(autoencoder.Autoencoder.forward) in text
    assert text.index("def forward") < text.index("def backward")
    assert kind.__doc__.startswith("h = f(x), r = g(h), trained to make r like x.\n\n")
    assert inspect.getsource(autoencoder.Autoencoder.backward) in solution(task(LONG))


def test_a_method_that_calls_super_cannot_stand_in_a_class_that_inherits_from_itself():
    with pytest.raises(ValueError, match=r"VAE calls super\(\) in one of forward, which would mean something else"):
        skeleton(task(Part("autoencoders.variational", ("VAE",), methods=("forward",))))


def test_a_mistake_is_in_the_skeleton_and_not_in_the_solution():
    broken, whole = skeleton(task(HUNTED)), solution(task(HUNTED))
    assert "noise = np.exp(log_var) * rng" in broken
    assert broken.replace("np.exp(log_var)", "np.exp(0.5 * log_var)") == whole


@pytest.mark.parametrize(("right", "times"), [("np.tanh", 0), ("    def ", 4)])
def test_a_mistake_that_could_be_made_nowhere_or_in_several_places_is_refused(right, times):
    part = Part("autoencoders.variational", ("Reparameterization",), mistakes=[(right, "wrong")])
    message = (
        rf"'{right}' occurs {times} times in what is kept of scratch_ae\.autoencoders\.variational: .*exactly once"
    )
    with pytest.raises(ValueError, match=message):
        skeleton(task(part))


def test_a_mistake_may_not_use_a_name_that_its_module_does_not_have():
    part = Part("nn.activations", ("Tanh",), mistakes=[("return 1 - h**2\n", "return math.cosh(h)\n")])
    with pytest.raises(ValueError, match=r"math is used in what is kept of scratch_ae\.nn\.activations"):
        skeleton(task(part))


@pytest.mark.parametrize(
    "part",
    [
        Part("nn.dense", ("Thick",)),
        Part("nn.dense", ("Dense",), blanks=("Dense.sideways",)),
        Part("nn.dense", ("Dense",), blanks=("Thick.backward",)),
        Part("nn.activations", ("PIECE",)),
        Part("autoencoders.autoencoder", ("Autoencoder",), methods=("forwards",)),
    ],
)
def test_what_the_library_does_not_have_is_named(part):
    with pytest.raises(ValueError, match=r"scratch_ae\.\S+ has no .*(Thick|Dense\.sideways|PIECE|forwards)"):
        skeleton(task(part))


@pytest.mark.parametrize(
    "part",
    [
        Part("nn.activations", ("Tanh",), blanks=("ReLU.derivative",)),
        Part("autoencoders.autoencoder", ("Autoencoder",), methods=("forward",), blanks=("Autoencoder.backward",)),
    ],
)
def test_a_blank_outside_of_the_file_is_refused(part):
    with pytest.raises(ValueError, match=r"is to be left blank, but the file does not contain it"):
        skeleton(task(part))


def test_a_file_opens_with_what_to_do():
    text = skeleton(task(SIGMOID, goal="Write both of them. " * 20))
    opening = text.split('"""')[1]
    assert opening.startswith("A thing (2 points).\n\nWrite both of them.")
    assert "To write:    Sigmoid.derivative, Sigmoid.second_derivative\n" in opening
    assert "To check:    python -m scratch_ae exercises check . thing\n" in opening
    assert "For a hint:  python -m scratch_ae exercises hint . thing\n" in opening
    assert "To read:     自编码器, in the course document\n" in opening
    assert max(map(len, opening.split("\n"))) <= 100


def test_a_hunted_file_names_the_hunt_s_commands_and_does_not_say_where_to_look():
    opening = skeleton(task(HUNTED, points=1)).split('"""')[1]
    assert opening.startswith("A thing (1 point).")
    assert "python -m scratch_ae bughunt check . thing\n" in opening
    assert "python -m scratch_ae bughunt hint . thing\n" in opening
    assert "To write" not in opening
