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
from scratch_ae.exercises.child import MOST_NUMBERS, REPORT_LIMIT
from scratch_ae.exercises.curriculum import EXERCISES
from scratch_ae.exercises.source import skeleton, solution
from scratch_ae.exercises.trials import GradientTrial, library_names, library_results

PACKAGE = Path(scratch_ae.__file__).parent
ROOT = Path(__file__).parents[2]
TASKS = {task.name: task for task in EXERCISES}
EVERY_TASK = pytest.mark.parametrize("task", EXERCISES, ids=lambda task: task.name)

GRADIENT = re.compile(r"backward|derivative|gradient|other_paths|^d[A-Z]|^step$")
"""The names that hand-written gradients go by, and the optimizers' steps."""

NO_EXERCISE = {
    "nn.activations.Activation.derivative": "stands for those of the activations",
    "nn.activations.Activation.second_derivative": "stands for those of the activations",
    "nn.activations.Identity.backward": "returns its argument",
    "nn.losses.Likelihood.backward": "stands for those of the likelihoods",
    "nn.losses.Likelihood.target_gradient": "stands for those of the likelihoods",
    "nn.optimizers.Optimizer.step": "stands for those of the optimizers",
    "autoencoders.stages.Corruption.backward": "says what a corruption has",
    "autoencoders.stages.Code.backward": "says what a code has",
    "autoencoders.stages.Penalty.backward": "says what a penalty has",
    "autoencoders.stages.Unchanged.backward": "returns its argument",
    "autoencoders.autoencoder.Autoencoder.add_other_paths": "does nothing: there are no other paths",
    "autoencoders.autoencoder.Autoencoder.loss_and_gradients": "calls forward and backward",
    "autoencoders.variational.VAE.loss_and_gradients": "calls that of the Autoencoder",
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


@pytest.mark.parametrize("name", [name for name in NO_EXERCISE if not name.endswith("loss_and_gradients")])
def test_what_is_no_exercise_computes_nothing(name):
    module, kind, method = re.fullmatch(r"(\w+\.\w+)\.(\w+)\.(\w+)", name).groups()
    function = ast.parse(textwrap.dedent(source_of(module, f"{kind}.{method}"))).body[0]
    arguments = {argument.arg for argument in function.args.args}
    for statement in function.body:
        text = ast.unparse(statement)
        says_something = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        assert says_something or text == "raise NotImplementedError" or text.removeprefix("return ") in arguments


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
        if GRADIENT.search(blank.split(".")[-1]):
            what, derivation, *_ = docstring.split("\n\n")
            start, *rest = derivation.split("\n")
            assert all(line in text for line in what.split("\n")), blank
            assert f"{start} " in text, blank
            assert rest, f"{blank}: all of its derivation is shown"
            assert not [line for line in rest if line.strip() in text], blank


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
            report = trial.report(trial.run(names_in(solution(task))))
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
    """What the trials say of a file, one by one: nothing, if it is right. NumPy says which shape fits nowhere."""
    names = names_in(text)
    for trial in task.trials:
        try:
            yield from trial.judge(trial.run(names))
        except ValueError as error:
            yield str(error)


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
        "Sigmoid.derivative": "h = self.h\nreturn h * (1 - h)",
        "Sigmoid.second_derivative": "h = self.h\nreturn h * (1 - h) * (1 - 2 * h)",
    },
    "tanh": {
        "Tanh.derivative": "h = self.h\nreturn 1 - h * h",
        "Tanh.second_derivative": "h = self.h\nreturn -2 * h * (1 - h * h)",
    },
    "relu": {
        "ReLU.derivative": "return np.where(self.h > 0, 1.0, 0.0)",
        "ReLU.second_derivative": "return np.zeros_like(self.h)",
    },
    "leaky_relu": {
        "LeakyReLU.derivative": "return np.where(self.h > 0, 1.0, self.slope)",
        "LeakyReLU.second_derivative": "return np.zeros_like(self.h)",
    },
    "softplus": {
        "Softplus.derivative": "return -np.expm1(-self.h)",
        "Softplus.second_derivative": "return np.exp(-self.h) * self.derivative()",
    },
    "elu": {
        "ELU.derivative": "return np.where(self.h > 0, 1, self.h + 1)",
        "ELU.second_derivative": "return np.where(self.h > 0, 0, self.h + 1)",
    },
    "chain_rule": {
        "Activation.backward": "return dh * self.derivative()",
        "Identity.derivative": "return np.ones_like(self.h)",
        "Identity.second_derivative": "return np.zeros_like(self.h)",
    },
    "dense": {
        "Dense.backward": "self.parameter_gradients(dy)\nreturn dy @ self.W.T",
        "Dense.parameter_gradients": "self.dW[...] = self.x.T @ dy\nself.db[...] = np.sum(dy, axis=0)",
    },
    "mlp": {
        "MLP.backward": """
            for dense, phi in zip(reversed(self.dense), reversed(self.activations)):
                dy = dense.backward(phi.backward(dy))
            return dy
        """,
        "MLP.parameter_gradients": """
            for dense, phi in zip(self.dense[:0:-1], self.activations[:0:-1]):
                dy = dense.backward(phi.backward(dy))
            self.dense[0].parameter_gradients(self.activations[0].backward(dy))
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
            error = self.y - self.x
            n, features = error.shape
            self.dlog_var[...] = 0.5 * (features - np.sum(error**2) / n * np.exp(-self.log_var))
            return error * np.exp(-self.log_var) / n
        """,
        "LearnedGaussian.target_gradient": "return -(self.y - self.x) * np.exp(-self.log_var) / len(self.y)",
    },
    "softmax": {
        "SoftmaxCrossEntropy.backward": """
            dz = np.exp(self.log_p)
            dz[np.arange(len(dz)), self.labels] -= 1
            return dz / len(dz)
        """,
    },
    "sgd": {
        "SGD.step": """
            if self.steps == 0:
                self.velocity = np.zeros_like(parameters)
            self.velocity *= self.momentum
            self.velocity += gradients
            parameters -= self.learning_rate * self.velocity
            self.steps += 1
        """,
    },
    "adam": {
        "Adam.step": """
            if self.steps == 0:
                self.m, self.v = np.zeros_like(parameters), np.zeros_like(parameters)
            rate, t = self.learning_rate, self.steps + 1
            self.m += (1 - self.beta1) * (gradients - self.m)
            self.v += (1 - self.beta2) * (gradients**2 - self.v)
            m_hat, v_hat = self.m / (1 - self.beta1**t), self.v / (1 - self.beta2**t)
            parameters -= rate * m_hat / (np.sqrt(v_hat) + self.epsilon)
            self.steps += 1
        """,
    },
    "autoencoder": {
        "Autoencoder.backward": "self.encoder.parameter_gradients(self.backward_to_code())\nself.add_other_paths()",
        "Autoencoder.backward_to_code": """
            da = self.code.backward(self.decoder.backward(self.likelihood.backward()))
            for penalty in self.penalties:
                da = da + penalty.weight * penalty.backward()
            return da
        """,
        "Autoencoder.input_gradient": """
            dx = self.corrupt.backward(self.encoder.backward(self.backward_to_code()))
            self.add_other_paths()
            return dx + self.likelihood.target_gradient()
        """,
    },
    "denoising": {
        "GaussianNoise.backward": "return dx_tilde",
        "Masking.backward": "return np.where(self.kept, dx_tilde, 0)",
        "SaltAndPepper.backward": "return np.where(self.kept, dx_tilde, 0)",
    },
    "tied": {
        "TransposedDense.parameter_gradients": "self.dW_lender = dy.T @ self.x\nself.db[...] = dy.sum(axis=0)",
        "TiedAutoencoder.add_other_paths": """
            for dense, tied in zip(self.encoder.dense, reversed(self.tied)):
                dense.dW += tied.dW_lender
        """,
    },
    "l1": {"L1.backward": "return np.sign(self.h) / len(self.h)"},
    "sparsity_kl": {
        "SparsityKL.backward": """
            d = -self.rho / self.rho_hat + (1 - self.rho) / (1 - self.rho_hat)
            return np.broadcast_to(d / len(self.h), self.h.shape)
        """,
    },
    "top_k": {"TopK.backward": "return np.where(self.kept, dh, 0)"},
    "contractive": {
        "JacobianPenalty.backward": "return 2 * self.encoder.activations[0].second_derivative() * self.w / self.n",
        "JacobianPenalty.dW": "return 2 * self.encoder.dense[0].W * np.sum(self.slope**2, axis=0) / self.n",
        "ContractiveAutoencoder.add_other_paths": """
            self.encoder.dense[0].dW += self.jacobian.weight * self.jacobian.dW()
        """,
    },
    "reparameterization": {"Reparameterization.backward": "return np.hstack([dz, dz * 0.5 * self.noise])"},
    "kl": {
        "GaussianKL.backward": """
            mean, log_var = mean_and_log_var(self.a)
            return np.hstack([mean, 0.5 * np.expm1(log_var)]) / len(self.a)
        """,
    },
    "vae": {
        "Reparameterization.forward": """
            mean, log_var = mean_and_log_var(a)
            self.std = np.exp(0.5 * log_var)
            self.epsilon = rng.standard_normal(mean.shape)
            return mean + self.std * self.epsilon
        """,
        "Reparameterization.backward": "return np.hstack([dz, dz * 0.5 * self.std * self.epsilon])",
        "GaussianKL.per_dimension": """
            mean, log_var = mean_and_log_var(a)
            return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)
        """,
        "GaussianKL.backward": """
            mean, log_var = mean_and_log_var(self.a)
            return np.hstack([mean, 0.5 * (np.exp(log_var) - 1)]) / len(self.a)
        """,
    },
    "conditional_vae": {
        "ConditionedMLP.forward": "return super().forward(np.hstack([x, self.c]))",
        "ConditionedMLP.backward": "return super().backward(dy)[:, : -self.c.shape[1]]",
        "ConditionalVAE.unit_vectors": "return np.eye(self.classes, dtype=self.dtype)[labels]",
    },
}
"""What somebody writes who follows the third hint. Most of it differs from the library's lines, and is as right."""


@EVERY_TASK
def test_what_the_third_hint_leads_to_is_right(task):
    assert list(findings(task, filled(task, HINTED[task.name]))) == []


WRONG = [
    ("sigmoid", "Sigmoid.derivative", "return self.h"),
    ("sigmoid", "Sigmoid.derivative", "s = sigmoid(self.h)\nreturn s * (1 - s)"),
    ("sigmoid", "Sigmoid.second_derivative", "return self.h * (1 - self.h) * (2 * self.h - 1)"),
    ("tanh", "Tanh.derivative", "return 1 - self.h"),
    ("tanh", "Tanh.second_derivative", "return -2 * self.h"),
    ("relu", "ReLU.derivative", "return self.h"),
    ("relu", "ReLU.second_derivative", "return np.ones_like(self.h)"),
    ("leaky_relu", "LeakyReLU.derivative", "return np.where(self.h > 0, 1.0, 0.0)"),
    ("softplus", "Softplus.derivative", "return np.exp(-self.h)"),
    ("softplus", "Softplus.second_derivative", "return np.exp(-self.h)"),
    ("elu", "ELU.derivative", "return np.where(self.h > 0, 1, self.h)"),
    ("elu", "ELU.second_derivative", "return self.h + 1"),
    ("chain_rule", "Activation.backward", "return self.derivative()"),
    ("chain_rule", "Activation.backward", "return dh * self.h"),
    ("chain_rule", "Activation.backward", "return dh[:1] * self.derivative()"),
    ("chain_rule", "Identity.derivative", "return self.h"),
    ("chain_rule", "Identity.second_derivative", "return np.ones_like(self.h)"),
    ("dense", "Dense.backward", "self.parameter_gradients(dy)\nreturn dy @ self.W.T / len(dy)"),
    ("dense", "Dense.backward", "return dy @ self.W.T"),
    ("dense", "Dense.parameter_gradients", "self.dW[...] = self.x.T @ dy / len(dy)\nself.db[...] = dy.sum(axis=0)"),
    ("dense", "Dense.parameter_gradients", "self.dW[...] = self.x.T @ dy\nself.db[...] = dy.mean(axis=0)"),
    ("dense", "Dense.parameter_gradients", "self.dW[...] = self.x.T @ dy\nself.db[...] = dy[0]"),
    ("dense", "Dense.parameter_gradients", "self.dW += self.x.T @ dy\nself.db[...] = dy.sum(axis=0)"),
    ("dense", "Dense.parameter_gradients", "self.dW = self.x.T @ dy\nself.db = dy.sum(axis=0)"),
    ("dense", "Dense.parameter_gradients", "self.dW[...] = self.x.T @ dy\nself.db += dy.sum(axis=0)"),
    ("mlp", "MLP.backward", "for dense in reversed(self.dense):\n    dy = dense.backward(dy)\nreturn dy"),
    ("mlp", "MLP.backward", "self.parameter_gradients(dy)\nreturn dy @ self.dense[0].W.T"),
    ("mlp", "MLP.parameter_gradients", "self.dense[-1].parameter_gradients(self.activations[-1].backward(dy))"),
    (
        "mlp",
        "MLP.parameter_gradients",
        "for dense, phi in zip(self.dense[:0:-1], self.activations[:0:-1]):\n"
        "    dy = dense.backward(phi.backward(dy))\nself.dense[0].parameter_gradients(dy)",
    ),
    ("bernoulli", "Bernoulli.backward", "return sigmoid(self.y) - self.x"),
    ("bernoulli", "Bernoulli.backward", "return (self.y - self.x) / len(self.y)"),
    ("bernoulli", "Bernoulli.backward", "return (sigmoid(self.y) - self.x) / self.y.size"),
    ("bernoulli", "Bernoulli.target_gradient", "return self.y / len(self.y)"),
    ("gaussian", "Gaussian.backward", "return 2 * (self.y - self.x) / len(self.y)"),
    ("gaussian", "Gaussian.backward", "return (self.y - self.x) / self.y.shape[1]"),
    ("gaussian", "Gaussian.target_gradient", "return self.backward()"),
    ("learned_gaussian", "LearnedGaussian.target_gradient", "return (self.x - self.y) / len(self.y)"),
    (
        "learned_gaussian",
        "LearnedGaussian.backward",
        "self.dlog_var[...] = 0.5 * (1 - np.sum((self.y - self.x)**2) / len(self.y) * np.exp(-self.log_var))\n"
        "return (self.y - self.x) * np.exp(-self.log_var) / len(self.y)",
    ),
    (
        "learned_gaussian",
        "LearnedGaussian.backward",
        "return (self.y - self.x) * np.exp(-self.log_var) / len(self.y)",
    ),
    ("softmax", "SoftmaxCrossEntropy.backward", "return np.exp(self.log_p) / len(self.log_p)"),
    (
        "softmax",
        "SoftmaxCrossEntropy.backward",
        "dz = np.exp(self.log_p)\ndz[np.arange(len(dz)), self.labels] -= 1\nreturn dz",
    ),
    (
        "softmax",
        "SoftmaxCrossEntropy.backward",
        "dz = np.exp(self.log_p)\ndz[:, self.labels] -= 1\nreturn dz / len(dz)",
    ),
    ("sgd", "SGD.step", "parameters -= self.learning_rate * gradients\nself.steps += 1"),
    ("autoencoder", "Autoencoder.backward", "self.encoder.parameter_gradients(self.backward_to_code())"),
    (
        "autoencoder",
        "Autoencoder.backward_to_code",
        "return self.code.backward(self.decoder.backward(self.likelihood.backward()))",
    ),
    ("autoencoder", "Autoencoder.backward_to_code", "return self.decoder.backward(self.likelihood.backward())"),
    (
        "autoencoder",
        "Autoencoder.backward_to_code",
        "da = self.code.backward(self.decoder.backward(self.likelihood.backward()))\n"
        "return da + sum(penalty.backward() for penalty in self.penalties)",
    ),
    ("autoencoder", "Autoencoder.input_gradient", "return self.encoder.backward(self.backward_to_code())"),
    (
        "autoencoder",
        "Autoencoder.input_gradient",
        "return self.encoder.backward(self.backward_to_code()) + self.likelihood.target_gradient()",
    ),
    ("denoising", "GaussianNoise.backward", "return np.zeros_like(dx_tilde)"),
    ("denoising", "GaussianNoise.backward", "return self.level * dx_tilde"),
    ("denoising", "Masking.backward", "return dx_tilde"),
    ("denoising", "Masking.backward", "return np.where(self.kept, 0, dx_tilde)"),
    ("denoising", "SaltAndPepper.backward", "return dx_tilde"),
    (
        "tied",
        "TransposedDense.parameter_gradients",
        "self.dW_lender = (dy.T @ self.x) / len(dy)\nself.db[...] = dy.sum(axis=0)",
    ),
    ("tied", "TransposedDense.parameter_gradients", "self.dW_lender = dy.T @ self.x\nself.db[...] = dy.mean(axis=0)"),
    ("tied", "TransposedDense.parameter_gradients", "self.dW_lender = dy.T @ self.x\nself.db = dy.sum(axis=0)"),
    ("tied", "TiedAutoencoder.add_other_paths", "pass"),
    (
        "tied",
        "TiedAutoencoder.add_other_paths",
        "for dense, tied in zip(self.encoder.dense, reversed(self.tied)):\n    dense.dW[...] = tied.dW_lender",
    ),
    (
        "tied",
        "TiedAutoencoder.add_other_paths",
        "for dense, tied in zip(self.encoder.dense, self.tied):\n"
        "    if dense.dW.shape == tied.dW_lender.shape:\n        dense.dW += tied.dW_lender",
    ),
    ("l1", "L1.backward", "return np.sign(self.h)"),
    ("l1", "L1.backward", "return self.weight * np.sign(self.h) / len(self.h)"),
    ("l1", "L1.backward", "return np.ones_like(self.h) / len(self.h)"),
    (
        "sparsity_kl",
        "SparsityKL.backward",
        "d = -self.rho / self.rho_hat + (1 - self.rho) / (1 - self.rho_hat)\nreturn np.broadcast_to(d, self.h.shape)",
    ),
    (
        "sparsity_kl",
        "SparsityKL.backward",
        "return (-self.rho / self.h + (1 - self.rho) / (1 - self.h)) / len(self.h)",
    ),
    (
        "sparsity_kl",
        "SparsityKL.backward",
        "return np.broadcast_to(-self.rho / self.rho_hat / len(self.h), self.h.shape)",
    ),
    ("top_k", "TopK.backward", "return dh"),
    ("top_k", "TopK.backward", "return np.where(self.kept, 0, dh)"),
    (
        "contractive",
        "JacobianPenalty.backward",
        "return 2 * self.slope * self.encoder.activations[0].second_derivative() * self.w / self.n",
    ),
    (
        "contractive",
        "JacobianPenalty.backward",
        "return 2 * self.encoder.activations[0].second_derivative() * self.w",
    ),
    ("contractive", "JacobianPenalty.dW", "return 2 * self.encoder.dense[0].W * np.sum(self.slope**2, axis=0)"),
    ("contractive", "JacobianPenalty.dW", "return np.zeros_like(self.encoder.dense[0].W)"),
    ("contractive", "ContractiveAutoencoder.add_other_paths", "pass"),
    ("contractive", "ContractiveAutoencoder.add_other_paths", "self.encoder.dense[0].dW += self.jacobian.dW()"),
    ("reparameterization", "Reparameterization.backward", "return np.hstack([dz, dz * self.noise])"),
    ("reparameterization", "Reparameterization.backward", "return np.hstack([dz * 0.5 * self.noise, dz])"),
    ("reparameterization", "Reparameterization.backward", "return np.hstack([dz, np.zeros_like(dz)])"),
    (
        "reparameterization",
        "Reparameterization.backward",
        "return np.hstack([dz, dz * 0.5 * np.random.default_rng(0).standard_normal(dz.shape)])",
    ),
    (
        "kl",
        "GaussianKL.backward",
        "mean, log_var = mean_and_log_var(self.a)\nreturn np.hstack([mean, 0.5 * np.expm1(log_var)])",
    ),
    (
        "kl",
        "GaussianKL.backward",
        "mean, log_var = mean_and_log_var(self.a)\nreturn np.hstack([mean, np.expm1(log_var)]) / len(self.a)",
    ),
    (
        "kl",
        "GaussianKL.backward",
        "mean, log_var = mean_and_log_var(self.a)\n"
        "return self.weight * np.hstack([mean, 0.5 * np.expm1(log_var)]) / len(self.a)",
    ),
    (
        "kl",
        "GaussianKL.backward",
        "mean, log_var = mean_and_log_var(self.a)\nreturn np.hstack([0.5 * np.expm1(log_var), mean]) / len(self.a)",
    ),
    (
        "vae",
        "GaussianKL.per_dimension",
        "mean, log_var = mean_and_log_var(a)\nreturn 0.5 * (mean**2 + np.exp(log_var) - log_var)",
    ),
    ("conditional_vae", "ConditionedMLP.forward", "return super().forward(np.hstack([self.c, x]))"),
    ("conditional_vae", "ConditionedMLP.backward", "return super().backward(dy)[:, self.c.shape[1] :]"),
    ("conditional_vae", "ConditionedMLP.backward", "return super().backward(dy)"),
    ("conditional_vae", "ConditionalVAE.unit_vectors", "return np.eye(self.classes, dtype=self.dtype)[labels - 1]"),
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
    ("adam", "gradients**2 - self.v", "abs(gradients) - self.v"),
    ("adam", "self.steps += 1", "self.steps += 1\ngradients *= 0.5"),
    ("adam", "self.steps += 1", "self.steps += 2"),
    ("adam", "rate, t = self.learning_rate", "rate, t = 0.1"),
    ("sgd", "parameters -= self.learning_rate * self.velocity", "parameters -= 0.1 * self.velocity"),
    ("sgd", "parameters -= self.learning_rate * self.velocity", "parameters += self.learning_rate * self.velocity"),
    ("sgd", "self.velocity += gradients", "self.velocity += (1 - self.momentum) * gradients"),
    ("sgd", "self.steps += 1", "pass"),
    ("vae", "np.exp(0.5 * log_var)", "np.exp(log_var)"),
    ("vae", "self.std * self.epsilon\n", "self.std * self.epsilon[:, :1]\n"),
    ("vae", "np.exp(log_var) - 1 - log_var)", "np.exp(log_var) - 1 - log_var) / mean.shape[1]"),
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


def test_a_wrong_slope_is_not_called_a_wrong_forward():
    """Where the trial differentiates `derivative`, that is the loss: forward is as it was."""
    task = TASKS["tanh"]
    said = [*findings(task, filled(task, HINTED["tanh"] | {"Tanh.derivative": "return 1 - self.h"}))]
    losses = [sentence.split("\n")[0].split(": ", 1)[1] for sentence in said if "the loss, which" in sentence]
    assert len(losses) == 3
    assert len(set(losses)) == 1, "the numbers stand in a line of their own: what is said is the same"
    assert losses[0].startswith("the loss, which derivative leads to, is not the right one: ")
    assert "forward" not in " ".join(said)


def test_a_mistake_in_all_of_a_layer_s_trials_is_one_finding_with_its_first_entry():
    task = TASKS["dense"]
    trial = task.trials[1]
    wrong = filled(task, HINTED["dense"] | {"Dense.backward": "self.parameter_gradients(dy)\nreturn -dy @ self.W.T"})
    (finding,) = trial.judge(trial.run(names_in(wrong)))
    cause, first = finding.split("\n")
    assert cause.startswith(f"{trial.title}: input x: ")
    assert first.startswith("First at input x[0, 0]: ")
