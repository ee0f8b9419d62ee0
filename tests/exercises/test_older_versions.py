"""Files of an older version of the course: each is told what to use instead, and nothing else is taken for one."""

from pathlib import Path

import pytest
from hostile_files import HOSTILE, RIGHT, inside
from standin_tasks import COURSE, TASKS, skeleton, use_a_copy_of_the_package

import scratch_ae
from scratch_ae.cli import exercises as commands
from scratch_ae.cli import main
from scratch_ae.exercises import marking, notebook_check, source
from scratch_ae.exercises.classroom import grade
from scratch_ae.exercises.curriculum import EXERCISES
from scratch_ae.exercises.formats import report, table
from scratch_ae.exercises.hunt import BUGS
from scratch_ae.exercises.marking import QUIET, Submitted, file_name, mark, mark_all
from scratch_ae.exercises.older_versions import REPLACED, used_by_classes, used_names, what_to_use_instead
from scratch_ae.exercises.process import Limits
from scratch_ae.exercises.run_outcome import Failure, RunOutcome
from scratch_ae.nn.dense import Dense

PACKAGE = Path(scratch_ae.__file__).parent
NEW = "`python -m scratch_ae exercises new` gives the new file, in a new folder."

OLD = {
    "parameter_gradients": "class A:\n    def f(self, dy):\n        self.parameter_gradients(dy)\n",
    "backward_to_code": "class A:\n    def backward_to_code(self):\n        return 0\n",
    "add_other_paths": "class A:\n    def f(self):\n        return super().add_other_paths()\n",
    "input_gradient": "def f(model):\n    return [model.input_gradient() for _ in range(2)]\n",
    "unit_vectors": "class A:\n    def unit_vectors(self, labels):\n        return labels\n",
    "Masking.backward": "class Masking:\n    def backward(self, dy):\n        return dy\n",
    "TopK.backward": "class TopK:\n    def backward(self, dh):\n        return dh\n",
    "derivative()": "def f(phi):\n    return phi.derivative() * phi.second_derivative()\n",
    "corrupt": "class A:\n    def f(self, x, rng):\n        return self.corrupt.forward(x, rng)\n",
    "parameters.flat": "def f(model):\n    model.parameters.flat[:] = 0\n",
    "gather": "from scratch_ae.nn.parameters import gather\n",
    "ParameterStore": "def f():\n    from scratch_ae.nn.parameters import ParameterStore as S\n    return S\n",
    "Likelihood": "from scratch_ae.nn.losses import Likelihood\n",
    "Buffered": "from scratch_ae.nn.buffers import Buffered\n",
    "buffer": "class A:\n    def f(self, x):\n        return self.buffer('dx', x.shape, x)\n",
}

OF_ITS_OWN = {
    "a comment, a docstring and a string": '"""gather"""\n# self.buffer(x)\nx = "parameter_gradients"\n',
    "a variable": "def f():\n    gather = buffer = 1\n    return gather + buffer\n",
    "a function": "def gather(x):\n    return x\ny = gather(1)\n",
    "an attribute that it sets": "class A:\n    def f(self):\n        self.buffer = 0\n        self.buffer += 1\n",
    "the parameters of an optimizer": "def step(parameters):\n    parameters.flat[:] = 0\n",
    "derivatives of h": "class A:\n    def derivative(self, h):\n        return self.phi.derivative(h)\n",
    "a backward of another class": "class Masked:\n    def backward(self, dy):\n        return dy\n",
    "gradients that are written in place": "class A:\n    def f(self, dy):\n        self.dW[...] = dy\n",
}


def compiled(text):
    return compile(text, "file.py", "exec")


@pytest.mark.parametrize("name", REPLACED)
def test_every_name_is_recognized_and_what_to_use_instead_is_one_sentence(name):
    assert used_names([compiled(OLD[name])]) == [name]
    told = what_to_use_instead(TASKS[0], [name])
    assert told.startswith(f"{name} is ")
    assert told.endswith(f"; {NEW}")
    assert ". " not in told


@pytest.mark.parametrize("name", OF_ITS_OWN)
def test_what_is_a_file_s_own_is_not_taken_for_the_library_s(name):
    assert used_names([compiled(OF_ITS_OWN[name])]) == []


def test_of_several_names_the_one_that_says_most_is_told():
    used = used_names([compiled("".join(OLD.values()))])
    assert used == [*REPLACED]
    assert what_to_use_instead(TASKS[0], used).startswith(
        "parameter_gradients is part of backward now: write self.dW"
    )


def test_the_library_itself_uses_no_name_that_is_said_to_be_gone():
    for folder in ("nn", "autoencoders", "training", "."):
        for path in (PACKAGE / folder).glob("*.py"):
            assert used_names([compiled(path.read_text(encoding="utf-8"))]) == [], path


@pytest.mark.parametrize("task", [*EXERCISES, *BUGS], ids=lambda task: task.name)
def test_no_file_of_today_is_taken_for_an_older_one(task):
    assert used_names([compiled(source.skeleton(task)), compiled(source.solution(task))]) == []


def test_an_activation_of_the_older_form_is_told_that_it_is_given_h():
    old = "class Tanh:\n    def derivative(self):\n        return 1 - self.h**2\n"
    assert used_names([compiled(old)]) == ["derivative()"]


def test_a_file_of_the_hunt_is_told_of_the_hunt():
    assert "`python -m scratch_ae bughunt new`" in what_to_use_instead(BUGS[0], ["gather"])
    assert "`python -m scratch_ae exercises new`" in what_to_use_instead(EXERCISES[0], ["gather"])


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            "cannot import name 'batches' from 'scratch_ae.autoencoders.autoencoder' (/a/b.py)",
            "cannot import name 'batches' from 'scratch_ae.autoencoders.autoencoder': is this a file of an older",
        ),
        ("No module named 'scratch_ae.nn.buffers'", "No module named 'scratch_ae.nn.buffers': is this a file of"),
        ("No module named 'torch'", ""),
        ("cannot import name 'x' from 'numpy' (scratch_ae.py)", ""),
    ],
)
def test_what_the_table_does_not_have_is_guessed_from_the_failing_import(message, words):
    told = what_to_use_instead(TASKS[0], [], message)
    assert told.startswith(words)
    assert bool(told) is bool(words)


# As it is told where files are marked.


@pytest.fixture
def apart(monkeypatch, tmp_path):
    monkeypatch.setattr(marking, "skeleton", skeleton)
    return use_a_copy_of_the_package(monkeypatch, tmp_path / "package")


def marks(*texts):
    files = [Submitted(TASKS[0], "01_dense.py", text) for text in texts]
    return mark_all(COURSE, files, Limits(seconds=5))


def test_an_old_file_gets_one_sentence_and_no_points_wherever_it_fails(apart):
    got = marks(
        inside("self.parameter_gradients(dy)"),
        RIGHT + "\nfrom scratch_ae.nn.no_such_module import gather\n",
        RIGHT + "\nimport scratch_ae\nscratch_ae.no_such_module.buffer\n",
        skeleton(TASKS[0]) + "    def add_other_paths(self):\n        raise NotImplementedError\n",
        OLD["Buffered"],
    )
    for each, name in zip(
        got, ("parameter_gradients", "gather", "buffer", "add_other_paths", "Buffered"), strict=True
    ):
        assert (each.status, each.points, len(each.findings)) == ("outdated", 0, 1)
        assert each.findings[0].startswith(f"{name} is ")
        assert each.findings[0].endswith(NEW)


def test_an_import_that_the_library_never_had_is_no_incident_either(apart):
    (got,) = marks("from scratch_ae.nn.dense import Thick\n" + RIGHT)
    assert (got.status, got.points) == ("outdated", 0)
    assert got.findings == (
        f"cannot import name 'Thick' from 'scratch_ae.nn.dense': is this a file of an older version? If so, {NEW}",
    )


def test_a_right_file_is_right_whatever_it_calls_its_own(apart):
    own = RIGHT.replace("        return 2 * dy", "        return self.parameter_gradients(dy)")
    (got,) = marks(own + "\n    def parameter_gradients(self, dy):\n        return 2 * dy\n")
    assert (got.status, got.points) == ("right", 2)


def test_an_incident_stays_one_though_the_file_is_old(apart):
    """Nor does a name in a file keep what else it does from the teacher."""
    texts = [
        text + "\n" + OLD["buffer"]
        for text in (RIGHT + "\nraise RuntimeError\n", RIGHT + "\nexit(0)\n", HOSTILE["another NumPy"][0])
    ]
    assert [each.status for each in marks(*texts)] == ["crashed", "crashed", "tampered"]
    outcome = RunOutcome("done", used=frozenset(["gather"]), failures=(Failure(0, ("MemoryError",), "", None),))
    assert mark(TASKS[0], outcome, Limits()).status == "too much memory"
    assert mark(TASKS[0], RunOutcome("slow", used=frozenset(["gather"])), Limits()).status == "too slow"


def test_a_report_can_make_a_file_say_nothing_but_what_stands_in_the_table(apart):
    outcome = RunOutcome("done", used=frozenset(["<script>", "gather"]))
    assert mark(TASKS[0], outcome, Limits()).findings == (what_to_use_instead(TASKS[0], ["gather"]),)


def test_a_class_and_a_learner_are_told_and_the_teacher_has_no_incident(apart, tmp_path):
    folder = tmp_path / "class" / "ann"
    folder.mkdir(parents=True)
    (folder / file_name(TASKS, TASKS[0])).write_text(inside("self.parameter_gradients(dy)"), encoding="utf-8")
    graded = grade(tmp_path / "class", COURSE)
    (first, *others) = graded.students[0].marks
    assert (first.status, [each.status for each in others]) == ("outdated", ["missing", "missing"])
    assert "outdated" in QUIET
    assert "No incidents." in table(graded)
    assert f"01_dense.py: outdated\n  {first.findings[0]}" in report(["01_dense.py"], [first])


def test_check_on_the_command_line_answers_an_old_folder(apart, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(commands, "course", lambda options: COURSE)
    (tmp_path / "01_dense.py").write_text("from scratch_ae.nn.no_such_module import Buffered\n", encoding="utf-8")
    assert main(["exercises", "check", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "outdated" in out
    assert f"Buffered {REPLACED['Buffered']}; {NEW}" in out


# In a notebook.


class MyDense(Dense):
    def backward(self, dy):
        self.parameter_gradients(dy, dy)
        return dy


def test_a_class_in_a_notebook_is_told_what_to_use_instead():
    got = notebook_check.check(MyDense)
    assert got.findings == (f"parameter_gradients {REPLACED['parameter_gradients']}; {NEW}",)
    assert not got.ok


def test_a_class_in_a_notebook_that_is_wrong_otherwise_is_told_that():
    kind = type("MyDense", (Dense,), {"backward": lambda self, dy: dy @ self.W})
    assert "older" not in repr(notebook_check.check(kind))
    assert not notebook_check.check(kind).ok


def test_every_kind_of_method_of_every_class_is_read():
    class A:
        @property
        def x(self):
            return self.buffer("x")

        @staticmethod
        def y(model):
            return model.input_gradient()

        @classmethod
        def z(cls, model):
            model.parameters.flat[:] = 0

    class B:
        x = 3

        def add_other_paths(self):
            return [self.backward_to_code() for _ in range(2)]

    def f(layer):
        return layer.parameter_gradients(1)

    names = [
        "parameter_gradients",
        "backward_to_code",
        "add_other_paths",
        "input_gradient",
        "parameters.flat",
        "buffer",
    ]
    assert used_by_classes([A, B, f]) == names
