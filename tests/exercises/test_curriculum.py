"""Exercises: they give nothing away; the library's code and what their hints lead to are right, mistakes are not."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import scratch_ae
from scratch_ae.exercises.curriculum import EXERCISES
from scratch_ae.exercises.feedback import exception_told
from scratch_ae.exercises.source import ANSWER, skeleton, solution
from scratch_ae.exercises.submission_runner import MOST_NUMBERS, REPORT_LIMIT
from scratch_ae.exercises.trials import SEEDS, GradientTrial, library_names, library_results

PACKAGE = Path(scratch_ae.__file__).parent
ROOT = Path(__file__).parents[2]
TASKS = {task.name: task for task in EXERCISES}
EVERY_TASK = pytest.mark.parametrize("task", EXERCISES, ids=lambda task: task.name)

GRADIENT = re.compile(r"backward|derivative|gradient|other_paths|^d[A-Z]|^step$")
"""The names that hand-written gradients go by, and the optimizers' steps."""

NO_EXERCISE = {
    "nn.activations.Activation.derivative": "stands for those of the activations",
    "nn.activations.Activation.second_derivative": "zero, of an activation that is not curved",
    "nn.activations.Identity.backward": "returns its argument",
    "nn.optimizers.Optimizer.step": "stands for those of the optimizers",
    "autoencoders.stages.Unchanged.backward": "returns its argument",
}


def names_in(text):
    """What a file defines, run by itself; under this module's name, because a dataclass looks its module up."""
    names = {"__name__": __name__}
    exec(compile(text, "file.py", "exec"), names)
    return names


def blanks_of(task):
    return [(part.module, blank) for part in task.parts for blank in part.blanks]


def source_of(module, blank):
    """The library's own text of a function or a method."""
    thing = importlib.import_module(f"scratch_ae.{module}")
    for name in blank.split("."):
        thing = vars(thing)[name]
    return inspect.getsource(thing)


def body_and_docstring(module, blank):
    """The lines of a body's code, but for those that only open a loop, and its docstring."""
    source = textwrap.dedent(source_of(module, blank))
    function = ast.parse(source).body[0]
    first, *_ = function.body
    lines = source.split("\n")
    code = [line.strip() for line in lines[first.end_lineno :]]
    return [line for line in code if line and not line.endswith(":")], inspect.cleandoc(first.value.value)


# What there is to write, and what is shown.


def test_every_hand_written_gradient_is_an_exercise():
    written = set()
    for path in [*PACKAGE.glob("nn/*.py"), *PACKAGE.glob("autoencoders/*.py")]:
        for kind in ast.parse(path.read_text(encoding="utf-8")).body:
            for node in kind.body if isinstance(kind, ast.ClassDef) else []:
                if isinstance(node, ast.FunctionDef) and GRADIENT.search(node.name):
                    written.add(f"{path.parent.name}.{path.stem}.{kind.name}.{node.name}")
    asked = {f"{module}.{blank}" for task in EXERCISES for module, blank in blanks_of(task)}
    assert written - asked == NO_EXERCISE.keys()


@pytest.mark.parametrize("name", NO_EXERCISE)
def test_what_is_no_exercise_computes_nothing(name):
    module, kind, method = re.fullmatch(r"(\w+\.\w+)\.(\w+)\.(\w+)", name).groups()
    function = ast.parse(textwrap.dedent(source_of(module, f"{kind}.{method}"))).body[0]
    arguments = {argument.arg for argument in function.args.args}
    for statement in function.body:
        text = ast.unparse(statement)
        says_something = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        nothing = text in ("raise NotImplementedError", "return np.zeros_like(h)")
        assert says_something or nothing or text.removeprefix("return ") in arguments


@EVERY_TASK
def test_a_skeleton_shows_no_line_of_the_answer(task):
    shown = {line.strip() for line in skeleton(task).split("\n")}
    for module, blank in blanks_of(task):
        code, _ = body_and_docstring(module, blank)
        assert code
        assert not shown & set(code), blank


@EVERY_TASK
def test_a_skeleton_shows_how_the_derivation_begins_and_not_how_it_ends(task):
    text = skeleton(task)
    for module, blank in blanks_of(task):
        _, docstring = body_and_docstring(module, blank)
        begins, answer, ends = docstring.partition(f"\n{ANSWER}")
        assert all(line in text for line in begins.split("\n")), blank
        assert not [line for line in (answer + ends).split("\n") if line.strip() and line.strip() in text], blank


@EVERY_TASK
def test_every_derivation_says_where_its_answer_begins(task):
    """Or else the whole of it would be shown."""
    for module, blank in blanks_of(task):
        _, docstring = body_and_docstring(module, blank)
        derived = GRADIENT.search(blank.split(".")[-1])
        assert f"\n{ANSWER} " in docstring or not derived, blank


def test_no_answer_is_shown_by_an_earlier_exercise():
    """A whole VAE repeats the forward halves of what was asked before: there they had to be shown."""
    asked = []
    for task in reversed(EXERCISES):
        asked += [] if task.name == "vae" else blanks_of(task)
        text = skeleton(task)
        shown = [blank for module, blank in asked if source_of(module, blank).strip() in text]
        assert not shown, task.name


@EVERY_TASK
def test_an_untouched_blank_says_that_it_is_still_to_be_written(task):
    names = names_in(skeleton(task))
    for _, blank in blanks_of(task):
        kind, method = blank.split(".")
        function = vars(names[kind])[method]
        arguments = [None] * len(inspect.signature(function).parameters)
        with pytest.raises(NotImplementedError, match=re.escape(f"{blank} is yours to write.")):
            function(*arguments)


@EVERY_TASK
def test_a_solution_contains_every_line_of_the_library_s_method(task):
    text = solution(task)
    for module, blank in blanks_of(task):
        assert source_of(module, blank).strip() in text


def test_the_files_are_as_clean_as_the_library(tmp_path):
    for task in EXERCISES:
        (tmp_path / f"{task.name}.py").write_text(skeleton(task), encoding="utf-8")
        (tmp_path / f"{task.name}_solution.py").write_text(solution(task), encoding="utf-8")
    for command in (["check"], ["format", "--check"]):
        run = [sys.executable, "-m", "ruff", *command, "--no-cache", "--config", str(ROOT / "pyproject.toml")]
        outcome = subprocess.run([*run, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr


# The tasks themselves.


def test_the_exercises_are_worth_a_hundred_points_and_named_apart():
    assert sum(task.points for task in EXERCISES) == 100
    assert len(TASKS) == len(EXERCISES)
    assert all(task.name.isidentifier() and task.points > 0 for task in EXERCISES)


@EVERY_TASK
def test_a_task_belongs_to_a_section_of_the_document_and_has_three_hints(task):
    assert task.section in ("自编码器", "常见的自编码器", "变分自编码器")
    assert len(set(task.hints)) == 3
    assert "?" in task.hints[0], "the first hint asks"
    assert all(hint.strip() == hint and "  " not in hint for hint in (*task.hints, task.goal, task.title))
    assert 1 <= len(re.findall(r"[.?:)]( |$)", task.goal)) <= 12


@EVERY_TASK
def test_trials_have_titles_of_their_own(task):
    titles = [trial.title for trial in task.trials]
    assert len(set(titles)) == len(titles) >= 3


# Right and wrong answers.


@EVERY_TASK
def test_the_library_s_gradients_stand_the_trials_by_a_wide_margin_and_off_every_kink(task):
    for trial in task.trials:
        if isinstance(trial, GradientTrial):
            results = trial.run(names_in(solution(task)))
            for seed in SEEDS:
                report = trial.report(results, seed)
                assert report.ok, report
                assert report.max_error < 3e-8, report
                assert all(row.kinks == 0 and row.checked for row in report.rows), report


@EVERY_TASK
def test_a_report_has_room_for_what_the_trials_hand_back(task):
    for trial in task.trials:
        results = library_results(trial).values()
        assert all(array.size <= MOST_NUMBERS for array in results)
        assert 2 * sum(array.nbytes for array in results) < REPORT_LIMIT


@EVERY_TASK
def test_trials_compute_the_same_at_every_call(task):
    for trial in task.trials:
        first, second = trial.run(library_names()), trial.run(library_names())
        assert first.keys() == second.keys()
        assert all(np.array_equal(first[name], second[name]) for name in first)


def findings(task, text):
    """What the trials say of a file, one by one: nothing, if it is right. What raises is told, as where files are
    marked, and what NumPy warns of is not."""
    names = names_in(text)
    for trial in task.trials:
        try:
            with np.errstate(all="ignore"):
                said = trial.judge(trial.run(names))
        except Exception as error:
            said = [exception_told(type(error).__name__, str(error))]
        yield from said


@EVERY_TASK
def test_the_library_s_own_code_is_right(task):
    assert list(findings(task, solution(task))) == []


@EVERY_TASK
def test_no_trial_can_be_stood_by_an_untouched_file(task):
    names = names_in(skeleton(task))
    for trial in task.trials:
        with pytest.raises(NotImplementedError, match="is yours to write"):
            trial.run(names)


def filled(task, answers):
    """The skeleton with bodies written into its blanks, as a learner would."""
    text = skeleton(task)
    for blank, body in answers.items():
        line = f'        raise NotImplementedError("{blank} is yours to write.")\n'
        assert text.count(line) == 1, blank
        text = text.replace(line, textwrap.indent(textwrap.dedent(body).strip() + "\n", " " * 8))
    return text


HINTED = {
    "sigmoid": {
        "Sigmoid.derivative": "return h * (1 - h)",
        "Sigmoid.second_derivative": "return self.derivative(h) * (1 - 2 * h)",
    },
    "tanh": {
        "Tanh.derivative": "return 1 - h * h",
        "Tanh.second_derivative": "return -2 * h * (1 - h * h)",
    },
    "relu": {"ReLU.derivative": "return np.where(h > 0, 1.0, 0.0)"},
    "leaky_relu": {"LeakyReLU.derivative": "return np.where(h > 0, 1.0, self.slope)"},
    "softplus": {
        "Softplus.derivative": "return -np.expm1(-h)",
        "Softplus.second_derivative": "return np.exp(-h) * self.derivative(h)",
    },
    "elu": {
        "ELU.derivative": "return np.where(h > 0, 1, h + 1)",
        "ELU.second_derivative": "return np.where(h > 0, 0, h + 1)",
    },
    "chain_rule": {
        "Activation.backward": "return dh * self.derivative(self.h)",
        "Identity.derivative": "return np.ones_like(h)",
    },
    "dense": {"Dense.backward": "self.dW = self.x.T @ dy\nself.db = dy.sum(axis=0)\nreturn dy @ self.W.T"},
    "mlp": {
        "MLP.backward": """
            for i in reversed(range(len(self.dense))):
                da = self.activations[i].backward(dy)
                dy = self.dense[i].backward(da, to_input or i > 0)
            return dy
        """,
    },
    "bernoulli": {
        "Bernoulli.backward": "return (sigmoid(self.y) - self.x) / len(self.y)",
        "Bernoulli.target_gradient": "return -self.y / len(self.y)",
    },
    "gaussian": {
        "Gaussian.backward": "return (self.y - self.x) / len(self.y)",
        "Gaussian.target_gradient": "return -(self.y - self.x) / len(self.y)",
    },
    "learned_gaussian": {
        "LearnedGaussian.backward": """
            u = self.standardized(self.y, self.x)
            self.dlog_var = np.full(1, np.sum(0.5 * (1 - u**2)) / len(u))
            return u * np.exp(-0.5 * self.log_var) / len(u)
        """,
    },
    "softmax": {
        "SoftmaxCrossEntropy.backward": """
            dy = np.exp(self.log_p)
            dy[np.arange(len(dy)), self.labels] -= 1
            return dy / len(dy)
        """,
    },
    "sgd": {
        "SGD.step": """
            velocity = self.running_means("v", self.momentum, parameters)
            for name in parameters:
                v = velocity[name]
                v *= self.momentum
                v += gradients[name]
                parameters[name] -= self.learning_rate * v
            self.steps += 1
        """,
    },
    "adam": {
        "Adam.step": """
            means = self.running_means("m", self.beta1, parameters)
            squares = self.running_means("v", self.beta2, parameters)
            rate, t = self.learning_rate, self.steps + 1
            for name, g in gradients.items():
                m, v = means[name], squares[name]
                m += (1 - self.beta1) * (g - m)
                v += (1 - self.beta2) * (g**2 - v)
                m_hat, v_hat = m / (1 - self.beta1**t), v / (1 - self.beta2**t)
                parameters[name] -= rate * m_hat / (np.sqrt(v_hat) + self.epsilon)
            self.steps += 1
        """,
    },
    "autoencoder": {
        "Autoencoder.backward": """
            ds = self.code.backward(self.condition.backward(self.decoder.backward(self.nll.backward())))
            for penalty in self.penalties:
                ds = ds + penalty.weight * penalty.backward()
            dx_tilde = self.encoder.backward(ds, to_input)
            if not to_input:
                return None
            return self.corruption.backward(self.condition.backward(dx_tilde)) + self.nll.target_gradient()
        """,
    },
    "denoising": {
        "GaussianNoise.backward": "return dx_tilde",
        "Masked.backward": "return np.where(self.kept, dy, 0)",
    },
    "tied": {
        "TransposedDense.backward": """
            self.dW_lender = dy.T @ self.h
            self.db = dy.sum(axis=0)
            return dy @ self.lender.W
        """,
        "TiedAutoencoder.backward": """
            dx = super().backward(to_input)
            for dense, transposed in zip(self.encoder.dense, reversed(self.decoder.dense)):
                dense.dW = dense.dW + transposed.dW_lender
            return dx
        """,
    },
    "l1": {"L1.backward": "return np.sign(self.s) / len(self.s)"},
    "sparsity_kl": {
        "SparsityKL.backward": """
            d = -self.rho / self.rho_hat + (1 - self.rho) / (1 - self.rho_hat)
            return np.tile(d / self.n, (self.n, 1))
        """,
    },
    "top_k": {
        "Masked.backward": "return np.where(self.kept, dy, 0)",
        "TopK.largest": """
            kept = np.zeros(s.shape, bool)
            np.put_along_axis(kept, np.argsort(s, axis=1)[:, -self.k :], True, axis=1)
            return kept
        """,
    },
    "contractive": {
        "JacobianPenalty.backward": """
            W, phi = self.encoder.dense[0].W, self.encoder.activations[0]
            return 2 * phi.second_derivative(self.s) * np.sum(W**2, axis=0) / len(self.s)
        """,
        "JacobianPenalty.dW": """
            W, phi = self.encoder.dense[0].W, self.encoder.activations[0]
            return 2 * W * np.mean(phi.derivative(self.s) ** 2, axis=0)
        """,
        "ContractiveAutoencoder.backward": """
            dx = super().backward(to_input)
            dense = self.encoder.dense[0]
            dense.dW = dense.dW + self.jacobian.weight * self.jacobian.dW()
            return dx
        """,
    },
    "reparameterization": {"Reparameterization.backward": "return np.hstack([dz, dz * 0.5 * self.noise])"},
    "kl": {
        "GaussianKL.backward": """
            mean, log_var = mean_and_log_var(self.s)
            return np.hstack([mean, 0.5 * np.expm1(log_var)]) / len(self.s)
        """,
    },
    "vae": {
        "Reparameterization.forward": """
            mean, log_var = mean_and_log_var(s)
            self.std = np.exp(0.5 * log_var)
            self.epsilon = rng.standard_normal(mean.shape)
            return mean + self.std * self.epsilon
        """,
        "Reparameterization.backward": "return np.hstack([dz, dz * 0.5 * self.std * self.epsilon])",
        "GaussianKL.per_dimension": """
            mean, log_var = mean_and_log_var(s)
            return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)
        """,
        "GaussianKL.backward": """
            mean, log_var = mean_and_log_var(self.s)
            return np.hstack([mean, 0.5 * (np.exp(log_var) - 1)]) / len(self.s)
        """,
    },
    "conditional_vae": {
        "OneHotLabel.forward": "return np.hstack([x, np.eye(self.columns, dtype=x.dtype)[labels]])",
        "OneHotLabel.backward": "return dx_and_dc[:, : -self.columns]",
    },
}
"""What somebody writes who follows the third hint. Most of it differs from the library's lines, and is as right."""


@EVERY_TASK
def test_what_the_third_hint_leads_to_is_right(task):
    assert list(findings(task, filled(task, HINTED[task.name]))) == []


RIGHT = [
    ("relu", "ReLU.derivative", "return 1.0 * (h > 0)"),
    ("relu", "ReLU.derivative", "return np.sign(h)"),
    ("leaky_relu", "LeakyReLU.derivative", "return np.where(h >= 0, 1, self.slope)"),
    ("softplus", "Softplus.derivative", "return 1 - np.exp(-h)"),
    ("chain_rule", "Activation.backward", "dh = dh.copy()\ndh *= self.derivative(self.h)\nreturn dh"),
    ("dense", "Dense.backward", "self.dW[...] = self.x.T @ dy\nself.db[...] = dy.sum(axis=0)\nreturn dy @ self.W.T"),
    (
        "dense",
        "Dense.backward",
        "self.dW = np.einsum('nj,nk->jk', self.x, dy)\nself.db = np.ones(len(dy)) @ dy\n"
        "if not to_input:\n    return None\nreturn np.einsum('nk,jk->nj', dy, self.W)",
    ),
    (
        "mlp",
        "MLP.backward",
        "for dense, phi in zip(self.dense[::-1], self.activations[::-1]):\n"
        "    dy = dense.backward(phi.backward(dy))\nreturn dy",
    ),
    (
        "mlp",
        "MLP.backward",
        "for dense, phi in zip(self.dense[:0:-1], self.activations[:0:-1]):\n"
        "    dy = dense.backward(phi.backward(dy))\n"
        "return self.dense[0].backward(self.activations[0].backward(dy), to_input=to_input)",
    ),
    ("gaussian", "Gaussian.target_gradient", "return (self.x - self.y) / self.x.shape[0]"),
    (
        "learned_gaussian",
        "LearnedGaussian.backward",
        "error, variance = self.y - self.x, np.exp(self.log_var)\nn, features = error.shape\n"
        "self.dlog_var = 0.5 * (features - np.sum(error**2) / n / variance)\nreturn error / variance / n",
    ),
    (
        "sgd",
        "SGD.step",
        "self.v = getattr(self, 'v', None) or {name: 0 for name in parameters}\n"
        "for name, g in gradients.items():\n    self.v[name] = self.momentum * self.v[name] + g\n"
        "    parameters[name] = parameters[name] - self.learning_rate * self.v[name]\nself.steps += 1",
    ),
    (
        "autoencoder",
        "Autoencoder.backward",
        "ds = self.code.backward(self.condition.backward(self.decoder.backward(self.nll.backward())))\n"
        "ds = ds + sum(p.weight * p.backward() for p in self.penalties)\n"
        "dx = self.corruption.backward(self.condition.backward(self.encoder.backward(ds)))\n"
        "return dx + self.nll.target_gradient()",
    ),
    ("denoising", "Masked.backward", "return dy * self.kept"),
    (
        "tied",
        "TransposedDense.backward",
        "self.dW_lender = (self.h.T @ dy).T\nself.db = dy.sum(0)\nreturn dy @ self.lender.W",
    ),
    (
        "tied",
        "TiedAutoencoder.backward",
        "dx = super().backward(to_input)\nfor transposed in self.decoder.dense:\n"
        "    transposed.lender.dW += transposed.dW_lender\nreturn dx",
    ),
    ("l1", "L1.backward", "return np.where(self.s > 0, 1, -1) / len(self.s)"),
    ("l1", "L1.backward", "return ((self.s > 0).astype(float) - (self.s < 0)) / len(self.s)"),
    (
        "sparsity_kl",
        "SparsityKL.backward",
        "r = self.rho_hat\nreturn np.ones((self.n, 1)) * (r - self.rho) / (r * (1 - r)) / self.n",
    ),
    ("top_k", "TopK.largest", "return np.argsort(np.argsort(-s, axis=1), axis=1) < self.k"),
    ("conditional_vae", "OneHotLabel.backward", "return dx_and_dc[:, : dx_and_dc.shape[1] - self.columns]"),
    (
        "conditional_vae",
        "OneHotLabel.forward",
        "c = np.zeros((len(x), self.columns), x.dtype)\nc[np.arange(len(x)), labels] = 1\n"
        "return np.concatenate([x, c], axis=1)",
    ),
]


@pytest.mark.parametrize(("name", "blank", "body"), RIGHT)
def test_what_is_right_in_another_way_is_right(name, blank, body):
    task = TASKS[name]
    assert list(findings(task, filled(task, HINTED[name] | {blank: body}))) == []


DS = "ds = self.code.backward(self.condition.backward(self.decoder.backward(self.nll.backward())))\n"
PENALTIES = "for p in self.penalties:\n    ds = ds + p.weight * p.backward()\n"
TO_X = "self.corruption.backward(self.condition.backward(self.encoder.backward(ds, to_input)))"
TIED = (
    "dx = super().backward(to_input)\n"
    "for dense, transposed in zip(self.encoder.dense, reversed(self.decoder.dense)):\n"
)

WRONG = [
    ("sigmoid", "Sigmoid.derivative", "return h"),
    ("sigmoid", "Sigmoid.derivative", "s = 1 / (1 + np.exp(-h))\nreturn s * (1 - s)"),
    ("sigmoid", "Sigmoid.derivative", "return np.clip(h, 1e-3, 1 - 1e-3) * (1 - np.clip(h, 1e-3, 1 - 1e-3))"),
    ("sigmoid", "Sigmoid.derivative", "h *= 1 - h\nreturn h"),
    ("sigmoid", "Sigmoid.derivative", "return 1"),
    ("sigmoid", "Sigmoid.second_derivative", "return h * (1 - h) * (2 * h - 1)"),
    ("sigmoid", "Sigmoid.second_derivative", "return 1"),
    ("tanh", "Tanh.derivative", "return 1 - h"),
    ("tanh", "Tanh.derivative", "return 1 - self.h**2"),
    ("tanh", "Tanh.second_derivative", "return -2 * h"),
    ("relu", "ReLU.derivative", "return h"),
    ("relu", "ReLU.derivative", "return h / np.abs(h)"),
    ("relu", "ReLU.derivative", "return 1"),
    ("relu", "ReLU.derivative", "h[h > 0] = 1\nreturn h"),
    ("leaky_relu", "LeakyReLU.derivative", "return np.where(h > 0, 1.0, 0.0)"),
    (
        "leaky_relu",
        "LeakyReLU.derivative",
        "return (1 + self.slope) / 2 + (1 - self.slope) / 2 * h / np.abs(h)",
    ),
    ("softplus", "Softplus.derivative", "return np.exp(-h)"),
    ("softplus", "Softplus.derivative", "return (np.exp(h) - 1) / np.exp(h)"),
    ("softplus", "Softplus.second_derivative", "return np.exp(-h)"),
    ("softplus", "Softplus.second_derivative", "return np.expm1(h) / np.exp(h) ** 2"),
    ("elu", "ELU.derivative", "return np.where(h > 0, 1, h)"),
    ("elu", "ELU.second_derivative", "return h + 1"),
    ("chain_rule", "Activation.backward", "return self.derivative(self.h)"),
    ("chain_rule", "Activation.backward", "return dh * self.h"),
    ("chain_rule", "Activation.backward", "return dh * self.derivative(dh)"),
    ("chain_rule", "Activation.backward", "return dh[:1] * self.derivative(self.h)"),
    ("chain_rule", "Activation.backward", "dh *= self.derivative(self.h)\nreturn dh"),
    ("chain_rule", "Identity.derivative", "return h"),
    ("chain_rule", "Identity.derivative", "return 1"),
    ("dense", "Dense.backward", "return dy @ self.W.T"),
    *(
        ("dense", "Dense.backward", f"{lines}\nreturn {dx}")
        for lines, dx in (
            ("self.dW = self.x.T @ dy\nself.db = dy.sum(axis=0)", "dy @ self.W.T / len(dy)"),
            ("self.dW = self.x.T @ dy / len(dy)\nself.db = dy.sum(axis=0)", "dy @ self.W.T"),
            ("self.dW = self.x.T @ dy\nself.db = dy.mean(axis=0)", "dy @ self.W.T"),
            ("self.dW = self.x.T @ dy\nself.db = dy[0]", "dy @ self.W.T"),
            ("self.dW += self.x.T @ dy\nself.db = dy.sum(axis=0)", "dy @ self.W.T"),
            ("self.dW = self.x.T @ dy\nself.db += dy.sum(axis=0)", "dy @ self.W.T"),
            ("dW = self.x.T @ dy\ndb = dy.sum(axis=0)", "dy @ self.W.T"),
            ("self.dW = self.x.T @ dy\nself.db = dy.sum(axis=0)", "None"),
            ("self.dW = self.x.T @ dy\nself.db = dy.sum(axis=0)", "None if to_input else dy @ self.W.T"),
            ("if not to_input:\n    return None\nself.dW = self.x.T @ dy\nself.db = dy.sum(axis=0)", "dy @ self.W.T"),
            ("if not to_input:\n    self.dW = self.x.T @ dy\nself.db = dy.sum(axis=0)", "dy @ self.W.T"),
            ("self.dW = self.x.T @ dy\nself.db = dy.sum(axis=0)\ndy *= 1", "dy @ self.W.T"),
            ("self.dW = self.x.T @ dy\nself.db = dy.sum(axis=0)", "np.matmul(dy, self.W.T, out=self.x)"),
        )
    ),
    ("mlp", "MLP.backward", "for dense in reversed(self.dense):\n    dy = dense.backward(dy)\nreturn dy"),
    (
        "mlp",
        "MLP.backward",
        "for dense, phi in zip(self.dense[::-1], self.activations[::-1]):\n"
        "    dy = dense.backward(phi.backward(dy), to_input)\nreturn dy",
    ),
    (
        "mlp",
        "MLP.backward",
        "for dense, phi in zip(self.dense, self.activations):\n    dy = dense.backward(phi.backward(dy))\nreturn dy",
    ),
    (
        "mlp",
        "MLP.backward",
        "for i in reversed(range(len(self.dense))):\n"
        "    dy = self.dense[i].backward(self.activations[i].backward(dy), i > 0)\nreturn dy",
    ),
    (
        "mlp",
        "MLP.backward",
        "for i in reversed(range(len(self.dense))):\n    if i > 0 or to_input:\n"
        "        dy = self.dense[i].backward(self.activations[i].backward(dy))\nreturn dy",
    ),
    ("bernoulli", "Bernoulli.backward", "return sigmoid(self.y) - self.x"),
    ("bernoulli", "Bernoulli.backward", "return (self.y - self.x) / len(self.y)"),
    ("bernoulli", "Bernoulli.backward", "return (sigmoid(self.y) - self.x) / self.y.size"),
    ("bernoulli", "Bernoulli.backward", "return (sigmoid(self.y).clip(0.001, 0.999) - self.x) / len(self.y)"),
    ("bernoulli", "Bernoulli.backward", "return (np.exp(self.y) / (1 + np.exp(self.y)) - self.x) / len(self.y)"),
    ("bernoulli", "Bernoulli.backward", "self.y -= self.x\nreturn self.y / len(self.y)"),
    ("bernoulli", "Bernoulli.target_gradient", "return self.y / len(self.y)"),
    ("bernoulli", "Bernoulli.target_gradient", "return -self.y.clip(-7, 7) / len(self.y)"),
    (
        "bernoulli",
        "Bernoulli.target_gradient",
        "p = sigmoid(self.y)\nreturn -np.log(p / (1 - p)) / len(self.y)",
    ),
    ("bernoulli", "Bernoulli.target_gradient", "self.y *= -1\nreturn self.y / len(self.y)"),
    ("gaussian", "Gaussian.backward", "return 2 * (self.y - self.x) / len(self.y)"),
    ("gaussian", "Gaussian.backward", "return (self.y - self.x) / self.y.shape[1]"),
    ("gaussian", "Gaussian.backward", "self.y -= self.x\nreturn self.y / len(self.y)"),
    ("gaussian", "Gaussian.target_gradient", "return self.backward()"),
    (
        "learned_gaussian",
        "LearnedGaussian.backward",
        "u = self.standardized(self.y, self.x)\nself.dlog_var = np.full(1, 0.5 * (1 - np.sum(u**2) / len(u)))\n"
        "return u * np.exp(-0.5 * self.log_var) / len(u)",
    ),
    (
        "learned_gaussian",
        "LearnedGaussian.backward",
        "return (self.y - self.x) * np.exp(-self.log_var) / len(self.y)",
    ),
    (
        "learned_gaussian",
        "LearnedGaussian.backward",
        "u = self.standardized(self.y, self.x)\nself.dlog_var = np.full(1, np.sum(0.5 * (1 - u**2)) / len(u))\n"
        "return u / len(u)",
    ),
    (
        "learned_gaussian",
        "LearnedGaussian.backward",
        "variance = np.exp(self.log_var).clip(1e-3, 1e3)\nerror = self.y - self.x\n"
        "self.dlog_var = np.full(1, np.sum(0.5 * (1 - error**2 / variance)) / len(error))\n"
        "return error / variance / len(error)",
    ),
    ("softmax", "SoftmaxCrossEntropy.backward", "return np.exp(self.log_p) / len(self.log_p)"),
    (
        "softmax",
        "SoftmaxCrossEntropy.backward",
        "dy = np.exp(self.log_p)\ndy[np.arange(len(dy)), self.labels] -= 1\nreturn dy",
    ),
    (
        "softmax",
        "SoftmaxCrossEntropy.backward",
        "dy = np.exp(self.log_p)\ndy[:, self.labels] -= 1\nreturn dy / len(dy)",
    ),
    (
        "softmax",
        "SoftmaxCrossEntropy.backward",
        "dy = np.exp(self.log_p, out=self.log_p)\ndy[np.arange(len(dy)), self.labels] -= 1\nreturn dy / len(dy)",
    ),
    (
        "softmax",
        "SoftmaxCrossEntropy.backward",
        "dy = np.exp(self.log_p.clip(-7))\ndy[np.arange(len(dy)), self.labels] -= 1\nreturn dy / len(dy)",
    ),
    (
        "sgd",
        "SGD.step",
        "for name in parameters:\n    parameters[name] -= self.learning_rate * gradients[name]\nself.steps += 1",
    ),
    (
        "sgd",
        "SGD.step",
        "for name, theta in parameters.items():\n    theta = theta - self.learning_rate * gradients[name]\n"
        "self.steps += 1",
    ),
    ("autoencoder", "Autoencoder.backward", f"{DS}self.encoder.backward(ds)\nreturn None"),
    ("autoencoder", "Autoencoder.backward", f"{DS}{PENALTIES}self.encoder.backward(ds)\nreturn None"),
    (
        "autoencoder",
        "Autoencoder.backward",
        f"{DS}return {TO_X.replace(', to_input', '')} + self.nll.target_gradient()",
    ),
    (
        "autoencoder",
        "Autoencoder.backward",
        f"{DS}{PENALTIES.replace('p.weight * ', '')}"
        f"return {TO_X.replace(', to_input', '')} + self.nll.target_gradient()",
    ),
    ("autoencoder", "Autoencoder.backward", f"{DS}{PENALTIES}return {TO_X.replace(', to_input', '')}"),
    (
        "autoencoder",
        "Autoencoder.backward",
        f"{DS}{PENALTIES}return {TO_X.replace(', to_input', '')} + 2 * self.nll.target_gradient()",
    ),
    (
        "autoencoder",
        "Autoencoder.backward",
        f"{DS}{PENALTIES}return self.encoder.backward(ds) + self.nll.target_gradient()",
    ),
    (
        "autoencoder",
        "Autoencoder.backward",
        f"{DS.replace('self.condition.backward(', '(')}{PENALTIES}"
        f"return {TO_X.replace(', to_input', '')} + self.nll.target_gradient()",
    ),
    (
        "autoencoder",
        "Autoencoder.backward",
        f"{DS.replace('self.code.backward(', '(')}{PENALTIES}"
        f"return {TO_X.replace(', to_input', '')} + self.nll.target_gradient()",
    ),
    (
        "autoencoder",
        "Autoencoder.backward",
        f"{DS}if not to_input:\n    self.encoder.backward(ds)\n    return None\n{PENALTIES}"
        f"return {TO_X} + self.nll.target_gradient()",
    ),
    (
        "autoencoder",
        "Autoencoder.backward",
        f"{DS}if not to_input:\n    {PENALTIES.strip().replace(chr(10), chr(10) + '    ')}\n"
        f"    self.encoder.backward(ds)\n    return None\nreturn {TO_X} + self.nll.target_gradient()",
    ),
    ("denoising", "GaussianNoise.backward", "return np.zeros_like(dx_tilde)"),
    ("denoising", "GaussianNoise.backward", "return self.level * dx_tilde"),
    ("denoising", "Masked.backward", "return dy"),
    ("denoising", "Masked.backward", "return np.where(self.kept, 0, dy)"),
    ("denoising", "Masked.backward", "dy[~self.kept] = 0\nreturn dy"),
    *(
        (
            "denoising",
            "Masked.backward",
            f"kept = np.random.default_rng({seed}).random(dy.shape) >= self.level\nreturn np.where(kept, dy, 0)",
        )
        for seed in (0, *SEEDS)
    ),
    *(
        ("tied", "TransposedDense.backward", f"{lines}\nreturn {dh}")
        for lines, dh in (
            ("self.dW_lender = dy.T @ self.h / len(dy)\nself.db = dy.sum(axis=0)", "dy @ self.lender.W"),
            ("self.dW_lender = dy.T @ self.h\nself.db = dy.mean(axis=0)", "dy @ self.lender.W"),
            ("self.dW_lender = self.h.T @ dy\nself.db = dy.sum(axis=0)", "dy @ self.lender.W"),
            ("self.dW_lender = dy.T @ self.h\nself.db = dy.sum(axis=0)", "dy @ self.lender.W.T"),
            ("self.dW_lender = dy.T @ self.h\nself.db = dy.sum(axis=0)", "None"),
            ("self.dW_lender = dy.T @ self.h", "dy @ self.lender.W"),
            ("if to_input:\n    self.dW_lender = dy.T @ self.h\nself.db = dy.sum(axis=0)", "dy @ self.lender.W"),
        )
    ),
    ("tied", "TiedAutoencoder.backward", "return super().backward(to_input)"),
    ("tied", "TiedAutoencoder.backward", f"{TIED}    dense.dW = transposed.dW_lender\nreturn dx"),
    ("tied", "TiedAutoencoder.backward", f"{TIED}    dense.dW = dense.dW + 2 * transposed.dW_lender\nreturn dx"),
    ("tied", "TiedAutoencoder.backward", f"{TIED}    dense.dW = dense.dW + transposed.dW_lender"),
    (
        "tied",
        "TiedAutoencoder.backward",
        "if to_input:\n    return super().backward()\n" + f"{TIED}    dense.dW = dense.dW + transposed.dW_lender",
    ),
    (
        "tied",
        "TiedAutoencoder.backward",
        "if not to_input:\n    return super().backward(False)\n"
        f"{TIED}    dense.dW = dense.dW + transposed.dW_lender\nreturn dx",
    ),
    (
        "tied",
        "TiedAutoencoder.backward",
        "dx = super().backward(to_input)\nfor dense, transposed in zip(self.encoder.dense, self.decoder.dense):\n"
        "    if dense.dW.shape == transposed.dW_lender.shape:\n"
        "        dense.dW = dense.dW + transposed.dW_lender\nreturn dx",
    ),
    ("l1", "L1.backward", "return np.sign(self.s)"),
    ("l1", "L1.backward", "return self.weight * np.sign(self.s) / len(self.s)"),
    ("l1", "L1.backward", "return np.ones_like(self.s) / len(self.s)"),
    ("l1", "L1.backward", "return self.s / np.abs(self.s) / len(self.s)"),
    ("l1", "L1.backward", "return np.sign(self.s, out=self.s) / len(self.s)"),
    ("l1", "L1.backward", "return np.where(self.s == 0, 5, np.sign(self.s)) / len(self.s)"),
    (
        "sparsity_kl",
        "SparsityKL.backward",
        "d = -self.rho / self.rho_hat + (1 - self.rho) / (1 - self.rho_hat)\nreturn np.tile(d, (self.n, 1))",
    ),
    (
        "sparsity_kl",
        "SparsityKL.backward",
        "d = -self.rho / self.rho_hat + (1 - self.rho) / (1 - self.rho_hat)\nreturn d / self.n",
    ),
    ("sparsity_kl", "SparsityKL.backward", "return np.tile(-self.rho / self.rho_hat / self.n, (self.n, 1))"),
    (
        "sparsity_kl",
        "SparsityKL.backward",
        "r = self.rho_hat.clip(0.01, 0.99)\n"
        "return np.tile((-self.rho / r + (1 - self.rho) / (1 - r)) / self.n, (self.n, 1))",
    ),
    ("top_k", "Masked.backward", "return dy"),
    ("top_k", "Masked.backward", "return np.where(self.kept, 0, dy)"),
    ("top_k", "Masked.backward", "dy[~self.kept] = 0\nreturn dy"),
    ("top_k", "TopK.largest", "return s >= np.sort(s, axis=1)[:, -self.k, None]"),
    ("top_k", "TopK.largest", "return s > np.sort(s, axis=1)[:, -self.k - 1, None]"),
    ("top_k", "TopK.largest", "return np.argsort(np.argsort(s, axis=1), axis=1) < self.k"),
    ("top_k", "TopK.largest", "return np.argsort(np.argsort(-np.abs(s), axis=1), axis=1) < self.k"),
    *(
        (
            "contractive",
            "JacobianPenalty.backward",
            f"W, phi = self.encoder.dense[0].W, self.encoder.activations[0]\n{line}",
        )
        for line in (
            "return 2 * phi.derivative(self.s) * phi.second_derivative(self.s) * np.sum(W**2, axis=0) / len(self.s)",
            "return 2 * phi.second_derivative(self.s) * np.sum(W**2, axis=0)",
            "return 2 * phi.second_derivative(self.s) * np.sum(W, axis=0) ** 2 / len(self.s)",
        )
    ),
    (
        "contractive",
        "JacobianPenalty.dW",
        "W, phi = self.encoder.dense[0].W, self.encoder.activations[0]\n"
        "return 2 * W * np.sum(phi.derivative(self.s) ** 2, axis=0)",
    ),
    ("contractive", "JacobianPenalty.dW", "return np.zeros_like(self.encoder.dense[0].W)"),
    ("contractive", "ContractiveAutoencoder.backward", "return super().backward(to_input)"),
    *(
        (
            "contractive",
            "ContractiveAutoencoder.backward",
            f"{before}dx = super().backward(to_input)\ndense = self.encoder.dense[0]\n{line}\n{after}",
        )
        for before, line, after in (
            ("", "dense.dW = dense.dW + self.jacobian.dW()", "return dx"),
            ("", "dense.dW = self.jacobian.weight * self.jacobian.dW()", "return dx"),
            ("", "dense.dW = dense.dW + self.jacobian.weight * self.jacobian.dW()", ""),
            (
                "if to_input:\n    return super().backward()\n",
                "dense.dW = dense.dW + self.jacobian.weight * self.jacobian.dW()",
                "return dx",
            ),
        )
    ),
    ("reparameterization", "Reparameterization.backward", "return np.hstack([dz, dz * self.noise])"),
    ("reparameterization", "Reparameterization.backward", "return np.hstack([dz * 0.5 * self.noise, dz])"),
    ("reparameterization", "Reparameterization.backward", "return np.hstack([dz, np.zeros_like(dz)])"),
    (
        "reparameterization",
        "Reparameterization.backward",
        "self.noise *= 0.5\nreturn np.hstack([dz, dz * self.noise])",
    ),
    *(
        (
            "reparameterization",
            "Reparameterization.backward",
            f"return np.hstack([dz, dz * 0.5 * np.random.default_rng({seed}).standard_normal(dz.shape)])",
        )
        for seed in (0, *SEEDS)
    ),
    (
        "kl",
        "GaussianKL.backward",
        "mean, log_var = mean_and_log_var(self.s)\nreturn np.hstack([mean, 0.5 * np.expm1(log_var)])",
    ),
    (
        "kl",
        "GaussianKL.backward",
        "mean, log_var = mean_and_log_var(self.s)\nreturn np.hstack([mean, np.expm1(log_var)]) / len(self.s)",
    ),
    (
        "kl",
        "GaussianKL.backward",
        "mean, log_var = mean_and_log_var(self.s)\n"
        "return self.weight * np.hstack([mean, 0.5 * np.expm1(log_var)]) / len(self.s)",
    ),
    (
        "kl",
        "GaussianKL.backward",
        "mean, log_var = mean_and_log_var(self.s)\nreturn np.hstack([0.5 * np.expm1(log_var), mean]) / len(self.s)",
    ),
    (
        "kl",
        "GaussianKL.backward",
        "mean, log_var = mean_and_log_var(self.s)\n"
        "return np.hstack([mean, 0.5 * np.expm1(log_var.clip(-10, 10))]) / len(self.s)",
    ),
    (
        "vae",
        "GaussianKL.per_dimension",
        "mean, log_var = mean_and_log_var(s)\nreturn 0.5 * (mean**2 + np.exp(log_var) - log_var)",
    ),
    ("conditional_vae", "OneHotLabel.forward", "return np.hstack([np.eye(self.columns, dtype=x.dtype)[labels], x])"),
    (
        "conditional_vae",
        "OneHotLabel.forward",
        "return np.hstack([x, np.eye(self.columns, dtype=x.dtype)[labels - 1]])",
    ),
    ("conditional_vae", "OneHotLabel.forward", "return np.hstack([x, np.eye(self.columns)[labels]])"),
    (
        "conditional_vae",
        "OneHotLabel.forward",
        "return np.hstack([x, np.eye(self.columns)[labels]]).astype(np.float32)",
    ),
    ("conditional_vae", "OneHotLabel.backward", "return dx_and_dc[:, self.columns :]"),
    ("conditional_vae", "OneHotLabel.backward", "return dx_and_dc"),
]


@pytest.mark.parametrize(("name", "blank", "body"), WRONG)
def test_a_usual_mistake_is_found(name, blank, body):
    task = TASKS[name]
    assert next(findings(task, filled(task, HINTED[name] | {blank: body})), None)


CHANGED = [
    ("adam", "/ (1 - self.beta1**t)", ""),
    ("adam", "/ (1 - self.beta2**t)", ""),
    ("adam", "self.steps + 1", "self.steps + 2"),
    ("adam", "np.sqrt(v_hat) + self.epsilon", "np.sqrt(v_hat + self.epsilon)"),
    ("adam", "np.sqrt(v_hat) + self.epsilon", "np.sqrt(v_hat)"),
    ("adam", "g**2 - v", "abs(g) - v"),
    ("adam", "parameters[name] -=", "g *= 0.5; parameters[name] -="),
    ("adam", "self.steps += 1", "self.steps += 2"),
    ("adam", "\nself.steps += 1", "\n    self.steps += 1"),
    ("adam", "rate, t = self.learning_rate", "rate, t = 0.1"),
    ("adam", "means[name], squares[name]", "[*means.values()][0], squares[name]"),
    ("sgd", "-= self.learning_rate * v", "-= 0.1 * v"),
    ("sgd", "-= self.learning_rate * v", "+= self.learning_rate * v"),
    ("sgd", "v += gradients[name]", "v += (1 - self.momentum) * gradients[name]"),
    ("sgd", "v *= self.momentum", "v = self.momentum * v"),
    ("sgd", "self.steps += 1", "pass"),
    ("vae", "np.exp(0.5 * log_var)", "np.exp(log_var)"),
    ("vae", "np.exp(0.5 * log_var)", "np.exp(0.5 * log_var).clip(1e-3, 1e3)"),
    ("vae", "rng.standard_normal", "np.random.default_rng(0).standard_normal"),
    *(("vae", "rng.standard_normal", f"np.random.default_rng({seed}).standard_normal") for seed in SEEDS),
    ("vae", "self.std * self.epsilon\n", "self.std * self.epsilon[:, :1]\n"),
    ("vae", "np.exp(log_var) - 1 - log_var)", "np.exp(log_var) - 1 - log_var) / mean.shape[1]"),
    ("vae", "np.exp(log_var) - 1 - log_var)", "np.exp(log_var) - 1 - np.log(np.exp(log_var) + 1e-8))"),
]
"""Mistakes inside of an answer; those of the last kind no gradient check sees."""


@pytest.mark.parametrize(("name", "right", "wrong"), CHANGED)
def test_a_mistake_in_the_midst_of_an_answer_is_found(name, right, wrong):
    task = TASKS[name]
    answers = {blank: textwrap.dedent(body).replace(right, wrong) for blank, body in HINTED[name].items()}
    assert answers != {blank: textwrap.dedent(body) for blank, body in HINTED[name].items()}
    assert next(findings(task, filled(task, answers)), None)


def test_a_vae_wrong_both_there_and_back_is_found_by_its_distribution():
    """z = μ + σ² ε with the gradient that belongs to it: only counting draws, or the true loss, tells."""
    task = TASKS["vae"]
    answers = HINTED["vae"] | {
        "Reparameterization.forward": HINTED["vae"]["Reparameterization.forward"].replace("0.5 * log_var", "log_var"),
        "Reparameterization.backward": "return np.hstack([dz, dz * self.std * self.epsilon])",
    }
    said = findings(task, filled(task, answers))
    assert any(
        re.match(r"the distribution of z: .* have the variance .*, and should have", finding) for finding in said
    )


FLOORS = (
    "r = np.mean(self.s, axis=0)\nreturn np.tile((-self.rho / r + (1 - self.rho) / (1 - r)) / self.n, (self.n, 1))"
)


def test_a_mean_that_is_taken_again_without_its_floor_is_found():
    task = TASKS["sparsity_kl"]
    text = filled(task, {"SparsityKL.backward": FLOORS}).replace("self.n, self", "self.s, self.n, self")
    text = text.replace(" = len(s), rho_hat", " = s, len(s), rho_hat")
    (said,) = findings(task, text)
    assert said.endswith("ds holds NaN or infinity.")


@pytest.mark.parametrize("value", ["1", "np.ones(3)", "None"])
def test_a_derivative_of_another_shape_than_h_is_told_so_and_only_so(value):
    task = TASKS["sigmoid"]
    for method in ("derivative", "second_derivative"):
        said = {*findings(task, filled(task, HINTED["sigmoid"] | {f"Sigmoid.{method}": f"return {value}"}))}
        assert said
        assert all(
            sentence.startswith(f"{method} returned ") and "where an array of h's shape (" in sentence
            for sentence in said
        )


def test_an_argument_that_is_written_to_is_told_in_words():
    task = TASKS["chain_rule"]
    body = "dh *= self.derivative(self.h)\nreturn dh"
    said = [*findings(task, filled(task, HINTED["chain_rule"] | {"Activation.backward": body}))]
    assert "it has to leave as it is: make a new array." in said[0]


def test_a_wrong_slope_is_not_called_a_wrong_forward():
    """Where the trial differentiates `derivative`, that is the loss: forward is as it was."""
    task = TASKS["tanh"]
    said = [*findings(task, filled(task, HINTED["tanh"] | {"Tanh.derivative": "return 1 - h"}))]
    losses = [sentence.split("\n")[0].split(": ", 1)[1] for sentence in said if "the loss, which" in sentence]
    assert len(losses) == 3
    assert len(set(losses)) == 1, "the numbers stand in a line of their own: what is said is the same"
    assert losses[0].startswith("the loss, which derivative leads to, is not the right one: ")
    assert "forward" not in " ".join(said)


def test_a_mistake_in_all_of_a_layer_s_trials_is_one_finding_with_its_first_entry():
    task = TASKS["dense"]
    trial = task.trials[1]
    wrong = filled(
        task,
        HINTED["dense"] | {"Dense.backward": HINTED["dense"]["Dense.backward"].replace("return dy", "return -dy")},
    )
    (finding,) = trial.judge(trial.run(names_in(wrong)))
    cause, first = finding.split("\n")
    assert cause.startswith(f"{trial.title}: input x: ")
    assert first.startswith("First at input x[0, 0]: ")
