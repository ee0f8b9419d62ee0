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
from scratch_ae.gradient_check import gradcheck
from scratch_ae.nn.activations import ACTIVATIONS
from scratch_ae.nn.dense import Dense
from scratch_ae.nn.losses import LIKELIHOODS
from scratch_ae.nn.mlp import MLP

README = Path(__file__).parents[2] / "README.md"
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
    assert "\n".join(lines) in README.read_text(encoding="utf-8"), "\n".join(
        ["The README's table is another:", *lines]
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
        made[0].parameters.flat[:] += 0.3 * rng.standard_normal(made[0].parameters.flat.size)
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
