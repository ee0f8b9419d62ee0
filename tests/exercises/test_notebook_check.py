"""A class checked where it was written: only what was handed in is marked, and as the exercise that it belongs to."""

import pytest

import scratch_ae as ae
from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.autoencoders.conditional import ConditionalVAE, OneHotLabel
from scratch_ae.autoencoders.contractive import ContractiveAutoencoder, JacobianPenalty
from scratch_ae.autoencoders.denoising import Masking
from scratch_ae.autoencoders.tied import TiedAutoencoder, TransposedDense
from scratch_ae.exercises import notebook_check
from scratch_ae.exercises.curriculum import EXERCISES
from scratch_ae.exercises.hunt import BUGS
from scratch_ae.exercises.source import skeleton, solution
from scratch_ae.nn.activations import Activation, Identity
from scratch_ae.nn.dense import Dense
from scratch_ae.nn.mlp import MLP

EACH = pytest.mark.parametrize("task", [*EXERCISES, *BUGS], ids=lambda task: task.name)


def written(task, text):
    """What a cell with this text would define of what the task asks for."""
    names = {"__name__": __name__}
    exec(compile(text, "cell.py", "exec"), names)
    return [names[name] for name in notebook_check.asked_of(task)]


class MyDense(Dense):
    def backward(self, dy, to_input=True):
        self.dW = self.x.T @ dy
        self.db = dy.sum(axis=0)
        return dy @ self.W.T


@EACH
def test_the_library_s_own_code_written_into_a_cell_is_right(task):
    assert notebook_check.check(*written(task, solution(task)), task=task.name).ok


@pytest.mark.parametrize("task", EXERCISES, ids=lambda task: task.name)
def test_a_skeleton_in_a_cell_is_not_right(task):
    assert not notebook_check.check(*written(task, skeleton(task)), task=task.name).ok


@pytest.mark.parametrize("task", EXERCISES, ids=lambda task: task.name)
def test_the_library_s_own_class_is_not_something_written(task):
    got = notebook_check.check(
        *[notebook_check.library_names()[name] for name in notebook_check.asked_of(task)], task=task.name
    )
    assert all(" is not written: is its name misspelt?" in finding for finding in got.findings)
    assert len(got.findings) == sum(len(part.blanks) for part in task.parts)


def test_an_answer_is_right_and_a_misspelt_one_is_told():
    class Misspelt(MyDense):
        backwards = MyDense.backward
        backward = Dense.backward

    assert repr(notebook_check.check(MyDense)) == "dense: right, 5 points."
    assert notebook_check.check(Misspelt).findings == ("Dense.backward is not written: is its name misspelt?",)


def test_a_class_of_ones_own_without_the_method_is_told_so_too():
    alone = type("MyDense", (), {"forward": Dense.forward})
    assert notebook_check.check(alone).findings == ("Dense.backward is not written: is its name misspelt?",)


@pytest.mark.parametrize(
    ("given", "task", "words"),
    [
        ([type("Foo", (), {})], "dense", r"dense is not all there without Dense: hand in check\(MyDense\)\."),
        (
            [type("MyMasking", (Masking,), {})],
            None,
            r"denoising is not all there without Masked, GaussianNoise, SaltAndPepper",
        ),
        ([type("MyActivation", (Activation,), {}), Identity], None, r"chain_rule is not all there without Tanh"),
        ([MyDense], "suddenly-infinite", r"hand in check\(MySoftplus, softplus\)"),
    ],
)
def test_what_is_not_handed_in_whole_is_refused_and_not_filled_up(given, task, words):
    with pytest.raises(ValueError, match=words):
        notebook_check.check(*given, task=task)


@pytest.mark.parametrize(
    ("kinds", "task"),
    [
        ([ConditionalVAE, OneHotLabel], "conditional_vae"),
        ([TiedAutoencoder, TransposedDense], "tied"),
        ([ContractiveAutoencoder, JacobianPenalty], "contractive"),
        ([TransposedDense], "tied"),
        ([OneHotLabel], "conditional_vae"),
        ([MLP], "mlp"),
        ([Autoencoder], "autoencoder"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "My", "Another"])
def test_a_class_belongs_to_the_exercise_of_its_own_name_before_that_of_its_bases(kinds, task, prefix):
    mine = [type(prefix + kind.__name__, (kind,), {}) for kind in kinds]
    assert notebook_check.wanting({notebook_check.known_as(kind): kind for kind in mine}, mine).name == task


@pytest.mark.parametrize("kind", [type("MyVAE", (ae.VAE,), {}), type("Mine", (ae.VAE,), {}), type("Foo", (), {})])
def test_a_class_of_no_exercise_is_told_those_that_are(kind):
    with pytest.raises(ValueError, match=r"No exercise asks for .*: .*Sigmoid, .*Dense, .*ConditionalVAE"):
        notebook_check.check(kind)


@pytest.mark.parametrize("thing", [Identity(), "dense", 3])
def test_what_is_no_class_is_refused(thing):
    with pytest.raises(TypeError, match="give the class, not an object of it"):
        notebook_check.check(thing)


def test_one_mistake_in_many_trials_is_told_once():
    class MyDense(Dense):
        def backward(self, dy, to_input=True):
            self.dW = self.x.T @ dyy  # noqa: F821

    got = notebook_check.check(MyDense)
    assert got.findings == ("NameError: name 'dyy' is not defined (in 7 trials).",)
