"""The diagnosis, measured: the right cause is named, no wrong one is, and nothing is said of what is right."""

import re
from collections import Counter, defaultdict
from pathlib import Path

import injected_layers  # noqa: F401
import injected_losses  # noqa: F401
import injected_models  # noqa: F401
import injected_others  # noqa: F401
import numpy as np
import pytest
from injections import CASES

import scratch_ae as ae
from scratch_ae.autoencoders.denoising import NOISES
from scratch_ae.autoencoders.sparse import L1
from scratch_ae.autoencoders.variational import GaussianKL, Reparameterization
from scratch_ae.gradient_check.diagnosis import gradcheck
from scratch_ae.nn.activations import ACTIVATIONS
from scratch_ae.nn.dense import Dense
from scratch_ae.nn.losses import LIKELIHOODS
from scratch_ae.nn.mlp import MLP

PAGE = Path(__file__).parents[2] / "notebooks/reference/gradient_check.md"
OTHERS = "none of these"


def outcome(case):
    """Whether the report fails, names the right cause, and names a wrong one."""
    report = gradcheck(*case.make())
    named = [cause for cause in report.causes if cause.kind != "unknown"]
    right = [cause for cause in named if cause.kind in case.says and case.word in cause.text]
    return not report.ok, bool(right), len(right) < len(named)


@pytest.mark.parametrize("case", CASES[::9], ids=lambda case: case.name)
def test_mistake_is_found_and_its_cause_is_named_and_no_other(case):
    assert outcome(case) == (True, case.kind != OTHERS, False)


@pytest.mark.slow
def test_diagnosis_names_the_right_cause_in_95_percent_and_a_wrong_one_in_at_most_1():
    counts = defaultdict(Counter)
    for case in CASES:
        found, right, wrong = outcome(case)
        counts[case.kind] += Counter(cases=1, found=found, right=right, wrong=wrong)
    cases, found, wrong = (sum(count[what] for count in counts.values()) for what in ("cases", "found", "wrong"))
    usual = {kind: count for kind, count in counts.items() if kind != OTHERS}
    assert sum(count["cases"] for count in usual.values()) >= 200
    assert found == cases
    assert sum(count["right"] for count in usual.values()) >= 0.95 * sum(count["cases"] for count in usual.values())
    assert wrong <= 0.01 * cases
    lines = [
        f"| {kind} | {c['cases']} | {c['right'] if kind in usual else '–'} | {c['wrong']} |"
        for kind, c in counts.items()
    ]
    assert "\n".join(lines) in PAGE.read_text(encoding="utf-8"), "\n".join(
        [f"The table of {PAGE.name} is another:", *lines]
    )


def test_cases_are_named_apart():
    names = Counter(case.name for case in CASES)
    assert [name for name, count in names.items() if count > 1] == []


# --- no complaint about what is right ---------------------------------------------------------------------------


def random_configuration(seed):
    """A layer, a loss, a penalty or a model of any kind, of random sizes, at a random point."""
    rng = np.random.default_rng(seed)
    n, inputs, hidden, code = (int(k) for k in rng.integers(1, 7, 4))
    phi, likelihood = str(rng.choice(list(ACTIVATIONS))), str(rng.choice(list(LIKELIHOODS)))
    x = rng.random((n, inputs))
    settings = dict(activation=phi, likelihood=likelihood, seed=int(seed), dtype=np.float64)
    kinds = {
        "activation": lambda: (ACTIVATIONS[phi](), rng.standard_normal((n, inputs))),
        "dense": lambda: (Dense(inputs, hidden, rng=rng, dtype=np.float64), x),
        "mlp": lambda: (MLP([inputs, hidden, code], [phi, "identity"], rng=rng, dtype=np.float64), x),
        "loss": lambda: (LIKELIHOODS[likelihood](), rng.standard_normal((n, inputs)), x),
        "kl": lambda: (GaussianKL(2.0), rng.standard_normal((n, 2 * code))),
        "l1": lambda: (L1(0.5), rng.standard_normal((n, code))),
        "code": lambda: (Reparameterization(), rng.standard_normal((n, 2 * code))),
        "noise": lambda: (NOISES[str(rng.choice(list(NOISES)))](0.3), x),
        "plain": lambda: (ae.Autoencoder([inputs, hidden, code], **settings), x),
        "tied": lambda: (ae.TiedAutoencoder([inputs, hidden, code], **settings), x),
        "sparse": lambda: (ae.SparseAutoencoder([inputs, code], sparsity="kl", rho=0.2, **settings), x),
        "top-k": lambda: (ae.SparseAutoencoder([inputs, code], sparsity="top-k", k=1, **settings), x),
        "denoising": lambda: (ae.DenoisingAutoencoder([inputs, code], noise="masking", level=0.3, **settings), x),
        "contractive": lambda: (ae.ContractiveAutoencoder([inputs, code], weight=0.3, **settings), x),
        "vae": lambda: (ae.VAE([inputs, hidden, code], beta=float(rng.uniform(0, 4)), **settings), x),
        "cvae": lambda: (ae.ConditionalVAE([inputs, code], classes=3, **settings), x, rng.integers(0, 3, n)),
    }
    made = kinds[list(kinds)[seed % len(kinds)]]()
    if hasattr(made[0], "parameters"):
        for name, array in made[0].parameters.items():
            made[0].parameters[name] = array + 0.3 * rng.standard_normal(array.shape)
    return made


@pytest.mark.parametrize(
    "seeds", [range(96), pytest.param(range(96, 1000), marks=pytest.mark.slow)], ids=["96", "904"]
)
def test_no_complaint_about_random_configurations_that_are_right(seeds):
    complaints = {seed: str(report) for seed in seeds if not (report := gradcheck(*random_configuration(seed))).ok}
    assert complaints == {}


def test_diagnosis_is_said_in_the_report_with_the_first_wrong_entry_and_both_values():
    case = next(case for case in CASES if case.name == "Dense 5-3: dW twice")
    text = str(gradcheck(*case.make()))
    assert "Diagnosis: W: it is 2 times what is right: 2." in text
    written, numerical = map(
        float, re.search(r"First at W\[0, 0\]: (\S+) is written, by differences it is (\S+)\.", text).groups()
    )
    assert written == pytest.approx(2 * numerical, rel=1e-5)


class Forgetful(MLP):
    """Its last activation is not passed on the way back; the last two layers are of one size."""

    def __init__(self):
        super().__init__([3, 4, 4], ["tanh", "tanh"], rng=np.random.default_rng(0), dtype=np.float64)

    def backward(self, dy, to_input=True):
        dy = self.dense[1].backward(dy)
        return self.dense[0].backward(self.activations[0].backward(dy))


class Gate:
    """A layer of two inputs without parameters, whose backward is wrong."""

    def forward(self, x, c):
        self.x, self.c = x, c
        return x * c

    def backward(self, dy):
        return dy * self.c, 3 * dy * self.x


class Flat:
    """y = x w + b is one number an example; db has the shape of the batch."""

    parameter_names = ("w", "b")

    def __init__(self):
        self.w, self.b = np.ones(3), np.zeros(2)
        self.dw, self.db = np.zeros(3), np.zeros(2)

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b.sum()

    def backward(self, dy):
        self.dw, self.db = self.x.T @ dy, dy
        return np.outer(dy, self.w)


class WeightDecay:
    """A piece that asks for no input."""

    def __init__(self, of):
        self.of = of

    def forward(self):
        return float(np.sum(self.of.W**2))

    def backward(self):
        return 2 * self.of.W


class Decayed:
    """A model whose weight decay comes back as no guess would have it."""

    def __init__(self):
        self.dense = Dense(3, 2, rng=np.random.default_rng(0), dtype=np.float64)
        self.decay = WeightDecay(self.dense)
        self.parameters = {"W": self.dense.W}
        self.gradients = {"W": self.dense.dW}

    def loss_and_gradients(self, x, rng=None):
        y = self.dense.forward(x)
        loss = float(np.sum(y**3)) + self.decay.forward()
        self.dense.backward(3 * y**2)
        self.dense.dW += np.sin(self.decay.backward())
        return loss


X = np.random.default_rng(1).normal(size=(5, 3))


@pytest.mark.parametrize(
    "arguments",
    [(Forgetful(), X), (Gate(), X, X + 1), (Flat(), X), (Decayed(), X)],
    ids=lambda a: type(a[0]).__name__,
)
def test_what_no_guess_is_ready_for_is_reported_wrong_and_not_lost_to_an_exception(arguments):
    report = gradcheck(*arguments)
    assert not report.ok
    assert report.causes
    assert "WRONG" in repr(report)


def test_callable_that_holds_layers_and_has_a_wrong_gradient_is_reported():
    class Loss:
        dense = Dense(3, 2, rng=np.random.default_rng(0), dtype=np.float64)

        def __init__(self):
            self.layer = self.dense

        def __call__(self, x):
            return float(np.sum(self.layer.forward(x) ** 2))

    report = gradcheck(Loss(), X, gradient=np.ones_like)
    assert not report.ok
