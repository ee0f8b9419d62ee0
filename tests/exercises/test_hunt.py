"""The bug hunt: every file is the library's own but for its mistake, fails before its repair, passes after, and the
table says truly what the gradient check sees."""

import contextlib
import importlib
import re
from difflib import unified_diff
from pathlib import Path

import numpy as np
import pytest

from scratch_ae import gradcheck
from scratch_ae.exercises.hunt import BUGS, GRADIENT_CHECK_SEES, HUNT, layer_bugs, table
from scratch_ae.exercises.source import skeleton, solution
from scratch_ae.exercises.submission_runner import Absent, must_hold
from scratch_ae.exercises.trials import GradientTrial, library_names, library_results
from scratch_ae.nn import activations

EACH = pytest.mark.parametrize("bug", HUNT, ids=lambda bug: bug.task.name)
TASKS = {task.name: task for task in BUGS}

NAMED = {
    "nearly-as-good": "σ'(-3) is",
    "units-die-anyway": "φ'(-2) is 0, but 0.01",
    "suddenly-infinite": "softplus(800) is infinite",
    "all-biases-equal": "∂L/∂b of unit",
    "lower-layers-astray": "layer's input x, 6 are others",
    "neighbours-matter": "Σ_k p(k)",
    "grey-images": "between 0.5 and 0.731",
    "keeps-the-noise": "an output that is 0 everywhere",
    "bottomless-loss": "3 of KL and β = 2 is 4, but 16",
    "tied-weights-lag": "through the decoder alone",
    "report-and-push-disagree": "Σ|s| = 3.5 and 4.25 is 1.957",
    "all-units-dead": "holds each of them twice is 15.5",
    "never-quite-on": "on for one example in four",
    "jacobian-by-nudging": "Ω is 0.1322, but 0.1949",
    "bound-too-good": "The variance of 100,000 draws of z",
    "variance-stays-one": "∂z/∂ log σ² where z has",
    "poor-samples": "each dimension twice is 0.725, but 1.45",
    "costly-code": "by 100,000 draws of log q(z) − log p(z), is 3.447, but 2.174",
    "one-sided-code": "μ is negative for 0%",
    "draws-do-not-help": "estimated with 5,000 draws",
    "fading-signal": "is 0.00133, but 0.004",
    "momentum-does-nothing": "θ after step",
    "giant-first-steps": "θ after step",
    "small-gradients-sleep": "with gradients of about 1e-05",
    "learned-by-heart": "covariance of the noise of two steps",
    "labels-are-ignored": "came with another row's label",
    "order-matters": "in reverse order",
}
"""What the first trial's findings have to speak of."""

SIX_ARE_SEEN = 6
EIGHT_ARE_NOT = 8


def classes(text):
    """What a file defines, run by itself; under this module's name, because a dataclass looks its module up."""
    names = {"__name__": __name__}
    exec(compile(text, "file.py", "exec"), names)
    return names


def findings(task, text):
    """Of each trial."""
    names = classes(text)
    return [trial.judge(trial.run(names)) for trial in task.trials]


def code(text):
    """A file without its imports, which follow from what stands in it, and without its opening docstring."""
    body = text.split('"""', 2)[2]
    return re.sub(r"^(from|import) .*\n", "", body, flags=re.MULTILINE).strip()


# Before and after.


@EACH
def test_the_broken_file_fails_and_its_first_finding_names_the_right_thing(bug):
    first, *_ = findings(bug.task, skeleton(bug.task))
    assert NAMED[bug.task.name] in " ".join(first)
    assert all(finding.startswith(f"{bug.task.trials[0].title}: ") for finding in first)


@EACH
def test_the_repaired_file_passes_every_trial(bug):
    assert findings(bug.task, solution(bug.task)) == [[] for _ in bug.task.trials]


OTHER_REPAIRS = [
    ("nearly-as-good", "sigmoid(h) * (1 - sigmoid(h))\n", "h - h**2\n"),
    ("units-die-anyway", "h.dtype.type(0))", "self.slope * np.ones_like(h))"),
    ("suddenly-infinite", "np.log1p(np.exp(a))", "np.where(np.exp(a) < np.inf, np.log1p(np.exp(a)), a)"),
    ("suddenly-infinite", "np.log1p(np.exp(a))", "np.logaddexp(0, a)"),
    ("all-biases-equal", "self.db[...] = dy.sum()", "self.db[...] = np.ones(len(dy)) @ dy"),
    ("lower-layers-astray", "out=self.x)", "out=np.empty_like(self.x))"),
    ("keeps-the-noise", "forward(y, x_tilde)", "forward(y, x.copy())"),
    ("report-and-push-disagree", "float(np.linalg.norm(s)) / len(s)", "np.mean(np.linalg.norm(s, ord=1, axis=1))"),
    ("tied-weights-lag", "dense.dW = transposed.dW_lender", "dense.dW += transposed.dW_lender"),
    ("jacobian-by-nudging", "np.sum(self.encoder.dense[0].W, axis=0) ** 2", "(self.encoder.dense[0].W ** 2).sum(0)"),
    ("one-sided-code", "code_activation=activation", 'code_activation="identity"'),
    ("fading-signal", "np.sqrt(2.0 / (fan_in + fan_out))", "np.sqrt(3.0) * np.sqrt(2.0 / (fan_in + fan_out))"),
    (
        "momentum-does-nothing",
        "{name: np.zeros_like(theta) for name, theta in parameters.items()}",
        "self.__dict__.setdefault('v', {name: np.zeros_like(theta) for name, theta in parameters.items()})",
    ),
    (
        "giant-first-steps",
        "theta[piece] -= step",
        "t, m, v = self.steps, M * (1 - self.beta1), V * (1 - self.beta2)\n"
        "                root = np.sqrt(v / (1 - self.beta2**t)) + self.epsilon\n"
        "                theta[piece] -= rate * m / (1 - self.beta1**t) / root",
    ),
    ("small-gradients-sleep", "step += self.epsilon", "step += root_c2 * self.epsilon"),
    ("learned-by-heart", "np.random.default_rng(0).standard_normal(", "rng.normal(0, 1, "),
    ("labels-are-ignored", "for _ in arrays]", "for _ in arrays][:1] * len(arrays)"),
    ("variance-stays-one", "self.std, self.rng = np.exp(0.5 * log_var), rng", "self.std, self.noise = None, noise"),
    ("never-quite-on", "s.clip(self", "np.tile(s.mean(axis=0), (len(s), 1)).clip(self"),
]
ALSO = {
    "learned-by-heart": {"normal(0, 1, x.shape, dtype=x.dtype.type)": "normal(0, 1, x.shape)"},
    "variance-stays-one": {
        "noise = self.std * self.rng.standard_normal(dz.shape, dtype=dz.dtype.type)\n": "noise = self.noise\n"
    },
}


@pytest.mark.parametrize(("name", "wrong", "right"), OTHER_REPAIRS)
def test_a_repair_that_is_written_in_another_way_passes_too(name, wrong, right):
    broken = skeleton(TASKS[name])
    assert broken.count(wrong) == 1
    repaired = broken.replace(wrong, right)
    for rest, of_the_same_repair in ALSO.get(name, {}).items():
        assert repaired.count(rest) == 1
        repaired = repaired.replace(rest, of_the_same_repair)
    with np.errstate(over="ignore"):
        assert findings(TASKS[name], repaired) == [[] for _ in TASKS[name].trials]


HALF_REPAIRS = [
    ("bound-too-good", "np.exp(log_var) * rng", "np.exp(0.5 * log_var) * rng"),
    ("bottomless-loss", '"reconstruction"] - sum(', '"reconstruction"] + sum('),
    ("poor-samples", "float(np.mean(self.per_dimension(s)))", "float(np.sum(self.per_dimension(s))) / len(s)"),
    ("costly-code", "(np.expm1(2 * log_var) - 2 * log_var)", "(np.expm1(log_var) - log_var)"),
    ("all-units-dead", "return float(np.sum(np.abs(s)))", "return float(np.sum(np.abs(s))) / len(s)"),
    ("never-quite-on", "s.clip(self", "np.mean(s, axis=0).clip(self"),
    ("suddenly-infinite", "np.exp(a)", "np.exp(np.minimum(a, 30))"),
    ("suddenly-infinite", "np.log1p(np.exp(a))", "a + np.log1p(1 / np.exp(a))"),
    ("learned-by-heart", "default_rng(0)", "default_rng()"),
    ("learned-by-heart", "np.random.default_rng(0).standard_normal(x.shape", "0 * rng.standard_normal(x.shape"),
    ("order-matters", " + value\n", " + value * len(batch)\n"),
    ("giant-first-steps", "c1 = 1 / (1 - self.beta1)", "c1 = (1 - self.beta1**self.steps) / (1 - self.beta1)"),
]


@pytest.mark.parametrize(("name", "wrong", "right"), HALF_REPAIRS)
def test_half_a_repair_does_not_pass(name, wrong, right):
    broken = skeleton(TASKS[name])
    assert broken.count(wrong) == 1
    assert any(findings(TASKS[name], broken.replace(wrong, right)))


# The files themselves.


def test_the_first_trial_of_every_file_is_measured_and_the_others_check_gradients():
    for bug in HUNT:
        first, *others = bug.task.trials
        assert not isinstance(first, GradientTrial), bug.task.name
        assert isinstance(others[-1], GradientTrial) if others else not bug.gradient_check, bug.task.name


@EACH
def test_the_file_differs_from_the_library_by_its_mistake_only(bug):
    """Each replacement is made once in the right file, and then nothing else is different."""
    expected = code(solution(bug.task))
    for part in bug.task.parts:
        for right, wrong in part.mistakes:
            assert expected.count(right) == 1
            expected = expected.replace(right, wrong)
    broken = code(skeleton(bug.task))
    assert broken == expected, "\n".join(unified_diff(expected.split("\n"), broken.split("\n"), lineterm=""))
    assert broken != code(solution(bug.task))


@EACH
def test_mistakes_stand_in_code_and_not_in_docstrings(bug):
    for part in bug.task.parts:
        for right, _ in part.mistakes:
            outside = re.sub(r'""".*?"""', "", code(solution(bug.task)), flags=re.DOTALL)
            assert right in outside


@EACH
def test_what_is_told_before_any_work_gives_no_line_away(bug):
    told = " ".join([bug.task.name, bug.task.title, bug.task.goal, bug.task.hints[0]])
    for part in bug.task.parts:
        for pair in part.mistakes:
            for line in " \n ".join(pair).split("\n"):
                assert line.strip() == "" or line.strip() not in told
    assert bug.mistake not in told


def test_names_are_unique_and_fit_for_a_command_line_and_a_file():
    assert len(TASKS) == len(BUGS) >= 18
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in TASKS)
    assert NAMED.keys() == TASKS.keys()


@EACH
def test_texts_are_whole(bug):
    task = bug.task
    for text in (task.goal, *task.hints, task.lesson):
        assert text.endswith((".", "?"))
        assert "  " not in text
    assert len(set(task.hints)) == 3
    assert 2 <= task.points <= 4
    assert bug.gradient_check == GRADIENT_CHECK_SEES[task.name]


@EACH
def test_the_lesson_says_where_the_mistake_was_made(bug):
    for place in bug.made_in.split("; "):
        repository, _, *numbers = re.split(" and | ", place)
        assert repository in bug.task.lesson
        assert all(number in bug.task.lesson for number in numbers)


# What the gradient check sees.


@EACH
def test_the_table_says_truly_whether_the_gradient_check_alone_sees_it(bug):
    """The file's own forward against its own backward, at the random point of its trial."""
    names = {**library_names(), **classes(skeleton(bug.task))}
    gradients = [trial for trial in bug.task.trials if isinstance(trial, GradientTrial)]
    assert any(not gradcheck(*trial.build(names)).ok for trial in gradients) == bug.gradient_check


def test_some_are_seen_by_the_gradient_check_and_more_are_not():
    seen = sum(GRADIENT_CHECK_SEES.values())
    assert seen >= SIX_ARE_SEEN
    assert len(BUGS) - seen >= EIGHT_ARE_NOT


def test_the_overwritten_input_is_not_seen_in_a_single_layer():
    dense = classes(skeleton(TASKS["lower-layers-astray"]))["Dense"]
    x = np.random.default_rng(1).standard_normal((4, 3))
    assert gradcheck(dense(3, 5, rng=np.random.default_rng(0), dtype=np.float64), x).ok


def test_the_table_has_a_row_for_every_file_with_its_answer():
    head, line, *rows = table().split("\n")
    assert len(rows) == len(HUNT)
    for bug, row in zip(sorted(HUNT, key=lambda bug: bug.mistake.lower()), rows, strict=True):
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == head.count("|") - 1 == line.count("|") - 1
        assert cells[0] == bug.mistake
        assert bug.task.name not in row
        assert (cells[2] == "sees it") == bug.gradient_check


def test_the_table_stands_in_the_reference_page():
    page = Path(__file__).parents[2] / "notebooks/reference/gradient_check.md"
    assert table() in page.read_text(encoding="utf-8")


# Numbers that come from a file nobody can trust.


@pytest.mark.parametrize("value", [0.0, -1.0, 1e300])
@EACH
def test_numbers_that_were_made_up_are_judged_without_an_exception_and_found_wrong(bug, value):
    with np.errstate(all="ignore"):
        made_up = [
            {name: np.full(array.shape, value) for name, array in library_results(trial).items()}
            for trial in bug.task.trials
        ]
        judged = [trial.judge(results) for trial, results in zip(bug.task.trials, made_up, strict=True)]
    assert any(judged)
    assert all(isinstance(finding, str) for findings in judged for finding in findings)


@EACH
def test_a_class_from_which_the_mistake_was_deleted_does_not_pass(bug):
    """It would inherit the library's method, which is right. A function that is gone is missed by its name."""
    (part,) = bug.task.parts
    library = vars(importlib.import_module(f"scratch_ae.{part.module}"))
    names = {name: library[name] for name in part.keep}
    for name, thing in names.items():
        if isinstance(thing, type):
            names[name] = type(name, (thing,), {"__module__": "submitted"})
    with pytest.raises(Absent, match="is not written in the file, but taken from elsewhere|is not in the file any"):
        must_hold(bug.task, names, "hunt.py")


def test_a_trial_s_numbers_cannot_be_changed_by_the_code_on_trial():
    """In a notebook they would stay so, and EXTREME would not be extreme any more."""

    class Softplus(activations.Softplus):
        def value(self, a):
            return np.log1p(np.exp(np.minimum(a, 30, out=a)))

    before = layer_bugs.EXTREME.copy()
    for trial in layer_bugs.OVERFLOW.task.trials:
        with contextlib.suppress(Exception):
            trial.run({"Softplus": Softplus})
    np.testing.assert_array_equal(layer_bugs.EXTREME, before)
