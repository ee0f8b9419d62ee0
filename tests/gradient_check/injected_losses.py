"""The usual mistakes in losses and penalties, and in what holds mean and log-variance side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from injections import N, batch, broken, case, model, random, times

import scratch_ae as ae
from scratch_ae.autoencoders.sparse import L1, SparsityKL
from scratch_ae.autoencoders.variational import GaussianKL, Reparameterization
from scratch_ae.nn.losses import Bernoulli, Gaussian, LearnedGaussian, SoftmaxCrossEntropy

LOSSES = {
    "Bernoulli": lambda: (Bernoulli(), random(N, 5), batch()[:, :5]),
    "Gaussian": lambda: (Gaussian(), random(N, 5), random(N, 5, seed=4)),
    "LearnedGaussian": lambda: (LearnedGaussian(), random(N, 5), random(N, 5, seed=4)),
    "SoftmaxCrossEntropy": lambda: (SoftmaxCrossEntropy(), random(N, 5), np.arange(N) % 5),
}
PENALTIES = {
    "L1": lambda: (L1(0.3), random(N, 5)),
    "SparsityKL": lambda: (SparsityKL(0.2, 3.0), 0.1 + 0.8 * np.random.default_rng(5).random((N, 5))),
    "GaussianKL": lambda: (GaussianKL(4.0), random(N, 6)),
}
SCALED = {
    "sign": ("sign flipped", "sign", -1.0, ""),
    "zero": ("zero", "zero", 0.0, ""),
    "not over the batch": ("constant factor", "factor", N, "batch"),
    "twice over the batch": ("constant factor", "factor", 1 / N, "batch"),
    "twice": ("constant factor", "factor", 2.0, "2"),
    "half": ("constant factor", "factor", 0.5, "1/2"),
}


def loss_with(made: Callable[[], tuple[Any, ...]], **methods: Any) -> tuple[Any, ...]:
    loss, *inputs = made()
    return broken(loss, **methods), *inputs


for title, made in (LOSSES | PENALTIES).items():
    for name, (kind, says, factor, word) in SCALED.items():
        case(f"{title}: {name}", kind, says, lambda m=made, f=factor: loss_with(m, backward=times(f)), word)
        if title in LOSSES and title != "SoftmaxCrossEntropy":
            case(
                f"{title}: target {name}", kind, says,
                lambda m=made, f=factor: loss_with(m, target_gradient=times(f)), word,
            )  # fmt: skip
    features = 6 if title == "GaussianKL" else 5
    case(
        f"{title}: mean over the features", "constant factor", "factor",
        lambda m=made, f=features: loss_with(m, backward=times(1 / f)), "features",
    )  # fmt: skip


def log_var_sign(self, right):
    dy = right()
    self.dlog_var[...] *= -1
    return dy


case(
    "LearnedGaussian: sign of log σ²",
    "sign flipped",
    "sign",
    lambda: loss_with(LOSSES["LearnedGaussian"], backward=log_var_sign),
)
for name, factor, word in (("weight in", 4.0, "weight"), ("weight out", 0.25, "weight")):
    case(
        f"GaussianKL: {name}",
        "constant factor",
        "factor",
        lambda f=factor: loss_with(PENALTIES["GaussianKL"], backward=times(f)),
        word,
    )


# --- mean and log-variance ------------------------------------------------------------------------------------


def swapped(self, right, *arguments):
    g = right(*arguments)
    return np.hstack([g[:, g.shape[1] // 2 :], g[:, : g.shape[1] // 2]])


def second_half(factor: float) -> Callable[..., Any]:
    def method(self, right, *arguments):
        g = right(*arguments).copy()
        g[:, g.shape[1] // 2 :] *= factor
        return g

    return method


def stage_alone(kind: str, **methods: Any) -> tuple[Any, ...]:
    stage = Reparameterization() if kind == "code" else GaussianKL(4.0)
    return broken(stage, **methods), random(N, 6)


def stage_in_vae(kind: str, of: type = ae.VAE, **methods: Any) -> tuple[Any, ...]:
    arguments = dict(classes=3) if of is ae.ConditionalVAE else {}
    made = model(of, beta=3.0, **arguments)
    broken(made.code if kind == "code" else made.kl, **methods)
    return (made, batch(), np.arange(N) % 3) if arguments else (made, batch())


for stage in ("code", "kl"):
    for where, put in (
        ("alone", stage_alone),
        ("in a VAE", stage_in_vae),
        ("in a ConditionalVAE", lambda kind, **m: stage_in_vae(kind, ae.ConditionalVAE, **m)),
    ):
        halves = "mean and log-variance swapped"
        case(f"{stage} {where}: swapped", halves, "halves swapped", lambda p=put, s=stage: p(s, backward=swapped))
        for name, kind, says, factor, word in (
            ("½ forgotten", "constant factor", "factor", 2.0, "2"),
            ("sign of log σ²", "sign flipped", "sign", -1.0, "second half"),
            ("log σ² zero", "zero", "zero", 0.0, "second half"),
        ):
            case(
                f"{stage} {where}: {name}", kind, says,
                lambda p=put, s=stage, f=factor: p(s, backward=second_half(f)), word,
            )  # fmt: skip
