"""Files cut from the library's source: what stands in them is the library's own text, and nothing that gives the
answer away."""

import inspect

import pytest

from scratch_ae.autoencoders import autoencoder, conditional, denoising
from scratch_ae.exercises.source import skeleton, solution
from scratch_ae.exercises.task import Part, Task
from scratch_ae.nn import activations, dense, mlp


def task(*parts, goal="Write what is missing.", points=2):
    return Task("thing", "A thing", "自编码器", points, goal, ("a", "b", "c"), parts, ())


SIGMOID = Part("nn.activations", ("Sigmoid",), blanks=("Sigmoid.derivative", "Sigmoid.second_derivative"))
DENSE = Part("nn.dense", ("Dense",), blanks=("Dense.backward",))
LONG = Part(
    "autoencoders.autoencoder",
    ("Autoencoder",),
    methods=("backward", "forward", "input_gradient"),
    blanks=("Autoencoder.backward", "Autoencoder.input_gradient"),
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
    assert "@dataclass\nclass Masking:" in text


def test_outside_of_the_blanks_a_skeleton_is_the_library_s_text():
    before, after = inspect.getsource(dense.Dense).split(inspect.getsource(dense.Dense.backward))
    text = skeleton(task(DENSE))
    assert before in text
    assert after.strip() in text


def test_a_blank_keeps_the_first_paragraph_and_the_first_line_of_the_derivation():
    assert '''
    def derivative(self) -> FloatArray:
        """φ'(a), (batch, units).

        σ' = e^−a / (1 + e^−a)² = …
        """
        raise NotImplementedError("Sigmoid.derivative is yours to write.")
''' in skeleton(task(SIGMOID))
    assert '''
        x_nj is used by every output of its example: y_nk contains x_nj W_jk, for each k. …
        """
        raise NotImplementedError("Dense.backward is yours to write.")
''' in skeleton(task(DENSE))


def test_a_blank_with_a_docstring_of_one_line_or_none_keeps_that():
    text = skeleton(
        task(
            Part(
                "autoencoders.denoising",
                ("SaltAndPepper",),
                blanks=("SaltAndPepper.forward", "SaltAndPepper.__post_init__"),
            )
        )
    )
    assert (
        '''"""One uniform number decides both: below level/2 it is pepper, from there to level salt."""
        raise NotImplementedError("SaltAndPepper.forward is yours to write.")'''
        in text
    )
    assert (
        """def __post_init__(self) -> None:
        raise NotImplementedError("SaltAndPepper.__post_init__ is yours to write.")"""
        in text
    )


def test_a_function_can_be_left_blank_too():
    text = skeleton(task(Part("nn.activations", ("softplus",), blanks=("softplus",))))
    with pytest.raises(NotImplementedError, match=r"softplus is yours to write\."):
        run(text)["softplus"](1.0)


def test_running_a_blank_says_whose_it_is_and_the_others_work():
    sigmoid = run(skeleton(task(SIGMOID)))["Sigmoid"]()
    assert sigmoid.forward(activations.np.zeros((1, 1))) == 0.5
    with pytest.raises(NotImplementedError, match=r"Sigmoid\.second_derivative is yours to write\."):
        sigmoid.second_derivative()


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
        "from numpy.typing import NDArray",
        "",
        "from scratch_ae import checks",
        "from scratch_ae.arrays import FloatArray",
        "from scratch_ae.autoencoders.conditional import ConditionedMLP",
        "from scratch_ae.autoencoders.variational import VAE",
        "from scratch_ae.nn.optimizers import PIECE, Optimizer, pieces, zeros",
        "from scratch_ae.nn.schedules import Schedule",
    ]


def test_parts_see_each_other():
    """The second part's module imports Dense from the first's; in the file it is the learner's Dense that counts."""
    text = solution(task(DENSE, Part("nn.mlp", ("MLP",))))
    names = run(text)
    assert "import Dense" not in text
    made = names["MLP"]([3, 2], ["tanh"], rng=mlp.np.random.default_rng(0), dtype="float64")
    assert type(made.dense[0]) is names["Dense"] is not dense.Dense


def test_definitions_stand_in_the_order_of_their_module():
    """A class inherits from one above it, whatever order the task names them in."""
    names = run(solution(task(Part("autoencoders.conditional", ("ConditionalVAE", "ConditionedMLP")))))
    assert names["ConditionalVAE"].network.__globals__["ConditionedMLP"] is not conditional.ConditionedMLP


def test_of_a_long_class_only_the_methods_named_stand_in_the_file():
    text = skeleton(task(LONG))
    kind = run(text)["Autoencoder"]
    assert "from scratch_ae.autoencoders.autoencoder import Autoencoder as LibraryAutoencoder\n" in text
    assert kind.__bases__ == (autoencoder.Autoencoder,)
    assert {name for name in vars(kind) if not name.startswith("__")} == {"backward", "forward", "input_gradient"}
    assert inspect.getsource(autoencoder.Autoencoder.forward) in text
    assert text.index("def forward") < text.index("def backward")
    assert kind.__doc__.startswith("h = f(x), r = g(h), trained to make r like x.\n\n")
    assert inspect.getsource(autoencoder.Autoencoder.backward) in solution(task(LONG))


def test_a_method_that_calls_super_cannot_stand_in_a_class_that_inherits_from_itself():
    with pytest.raises(ValueError, match=r"VAE calls super\(\) in one of restore, which would mean something else"):
        skeleton(task(Part("autoencoders.variational", ("VAE",), methods=("restore",))))


def test_a_mistake_is_in_the_skeleton_and_not_in_the_solution():
    broken, whole = skeleton(task(HUNTED)), solution(task(HUNTED))
    assert "std = np.exp(log_var)\n" in broken
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
    part = Part("nn.activations", ("Tanh",), mistakes=[("1 - self.h**2\n\n", "math.cosh(self.h)\n\n")])
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
