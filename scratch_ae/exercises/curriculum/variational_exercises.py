"""变分自编码器: a draw that can be differentiated, the distance from the prior, both together, and with labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.variational import GaussianKL, Reparameterization
from scratch_ae.exercises.curriculum.specimens import normal, small, uniform
from scratch_ae.exercises.task import Names, Part, Results, Task, Trial
from scratch_ae.exercises.trials import GradientTrial, MeasuredTrial, read_only, value_trial

SECTION = "变分自编码器"
DRAWS = 100_000
S = read_only(np.array([[0.5, -2.0, 0.0, 1.5, -1.0, -3.0], [-1.0, 3.0, 0.3, 0.0, 0.7, 1.2]]))
"""Two examples of [μ, log σ²] with three latent dimensions; no σ² but one is 1, for there σ = σ² hides a mistake."""


FAR_OUT = read_only(np.array([[50.0, -50.0, 0.0, -30.0, -9.0, 9.0], [-8.0, 8.0, 0.1, 30.0, 0.0, 20.0]]))


def draws_far_out(names: Names) -> dict[str, FloatArray]:
    stage = names["Reparameterization"]()
    z = stage.forward(FAR_OUT, np.random.default_rng(103))
    return {"z": np.asarray(z, np.float64), "ds": np.asarray(stage.backward(normal(2, 3)), np.float64)}


def kl_far_out(names: Names) -> dict[str, FloatArray]:
    kl = names["GaussianKL"](0.7)
    kl.forward(FAR_OUT)
    return {"ds": np.asarray(kl.backward(), np.float64), "KL": np.asarray(kl.per_dimension(FAR_OUT), np.float64)}


DRAWS_FAR_OUT = value_trial("a draw with log σ² from −30 to 30", draws_far_out)
KL_FAR_OUT = value_trial("the KL with log σ² from −30 to 30", kl_far_out)


def variational(title: str, sizes: tuple[int, ...], make: Any, batch: int = 5, **arguments: Any) -> Trial:
    """An autoencoder with the two stages of a VAE: `make` gives code and penalty from the file's names."""

    def build(names: Names) -> tuple[Any, ...]:
        code, penalty = make(names)
        model = small(
            sizes=sizes,
            code_activation="identity",
            decoder_sizes=sizes[::-1],
            code=code,
            penalties=[penalty],
            **arguments,
        )
        return model, uniform(batch, sizes[0])

    return GradientTrial(title, build)


REPARAMETERIZATION = Task(
    name="reparameterization",
    title="Through a random draw",
    section=SECTION,
    points=4,
    goal=(
        "z is drawn from N(μ, σ²), and yet it has a gradient: once ε is drawn, z = μ + σ ε is a plain function of μ "
        "and log σ². Write backward: from ∂L/∂z (batch, latent) to ∂L/∂s for s = [μ, log σ²], (batch, 2·latent). "
        "forward has kept self.noise, which is σ ε. Draw nothing in backward."
    ),
    hints=(
        "ε is only a number now. By how much does z change, if μ grows by δ? And σ = e^(½ log σ²), if log σ² does?",
        "The half for μ is ∂L/∂z as it is. The half for log σ² is ∂L/∂z times something that forward has kept, times "
        "a constant that comes down from the exponent.",
        "np.hstack([dz, dz * 0.5 * self.noise]).",
    ),
    parts=(Part("autoencoders.variational", keep=("Reparameterization",), blanks=("Reparameterization.backward",)),),
    trials=(
        GradientTrial("one example", lambda names: (names["Reparameterization"](), normal(1, 6))),
        GradientTrial("five examples", lambda names: (names["Reparameterization"](), normal(5, 4))),
        GradientTrial("one latent dimension", lambda names: (names["Reparameterization"](), normal(4, 2))),
        DRAWS_FAR_OUT,
        variational("in an autoencoder", (4, 3, 2), lambda names: (names["Reparameterization"](), GaussianKL(0.7))),
    ),
)

KL = Task(
    name="kl",
    title="The distance from the prior",
    section=SECTION,
    points=4,
    goal=(
        "Ω = KL(N(μ, diag σ²) ‖ N(0, I)) keeps the codes where samples will be drawn. Write backward: ∂Ω/∂s for "
        "s = [μ, log σ²], (batch, 2·latent), which forward has kept as self.s. forward sums over the latent "
        "dimensions and averages over the batch. β is not its business: the autoencoder multiplies by it."
    ),
    hints=(
        "Write l for log σ² in ½ (μ² + σ² − 1 − log σ²). What is left of each of the four terms, once by μ and once "
        "by l?",
        "The half for μ is proportional to μ, the half for log σ² is ½ (an exponential − 1). Where would each be 0? "
        "And what does the average over the batch add?",
        "With mean, log_var = mean_and_log_var(self.s): np.hstack([mean, 0.5 * np.expm1(log_var)]) / len(self.s).",
    ),
    parts=(Part("autoencoders.variational", keep=("GaussianKL",), blanks=("GaussianKL.backward",)),),
    trials=(
        GradientTrial("one example", lambda names: (names["GaussianKL"](0.7), normal(1, 6))),
        GradientTrial("five examples, β = 0.7", lambda names: (names["GaussianKL"](0.7), normal(5, 4))),
        GradientTrial("as many examples as numbers", lambda names: (names["GaussianKL"](), normal(4, 4))),
        KL_FAR_OUT,
        variational(
            "in an autoencoder, β = 1.7", (4, 3, 2), lambda names: (Reparameterization(), names["GaussianKL"](1.7))
        ),
    ),
)


def moments(names: Names) -> dict[str, FloatArray]:
    """Mean and variance of many draws of z for the two examples, (2, 3)."""
    z = names["Reparameterization"]().forward(np.tile(S, (DRAWS, 1)), np.random.default_rng(5))
    draws = np.reshape(z, (DRAWS, 2, 3))
    return {"mean": draws.mean(axis=0), "variance": draws.var(axis=0)}


def moments_verdict(results: Results) -> list[str]:
    mean, log_var = S[:, :3], S[:, 3:]
    variance = np.exp(log_var)
    wrong = []
    for word, came_out, expected, error in (
        ("mean", results["mean"], mean, np.sqrt(variance / DRAWS)),
        ("variance", results["variance"], variance, variance * np.sqrt(2 / DRAWS)),
    ):
        off = np.abs(came_out - expected) > 5 * error
        if off.any():
            n, j = np.argwhere(off)[0]
            wrong.append(
                f"{DRAWS:,} draws of z with μ = {mean[n, j]:g} and log σ² = {log_var[n, j]:g} have the {word} "
                f"{came_out[n, j]:.4g}, and should have {expected[n, j]:.4g} ± {error[n, j]:.1g}."
            )
    return wrong


def divergence(names: Names) -> dict[str, FloatArray]:
    kl = names["GaussianKL"](0.7)
    return {
        "per dimension": np.asarray(kl.per_dimension(S), dtype=np.float64),
        "one example": np.array([kl.forward(S[:1])]),
        "both": np.array([kl.forward(S)]),
    }


def divergence_verdict(results: Results) -> list[str]:
    """The KL by Monte Carlo: the mean of log q(z) − log p(z) over draws of z from q."""
    mean, std = S[:, :3], np.exp(0.5 * S[:, 3:])
    epsilon = np.random.default_rng(6).standard_normal((DRAWS, *mean.shape))
    log_ratio = 0.5 * ((mean + std * epsilon) ** 2 - epsilon**2) - np.log(std)
    estimate, error = log_ratio.mean(axis=0), log_ratio.std(axis=0) / np.sqrt(DRAWS)
    wrong = []
    off = np.abs(results["per dimension"] - estimate) > 5 * error
    if off.any():
        n, j = np.argwhere(off)[0]
        came_out = results["per dimension"][n, j]
        wrong.append(
            f"The KL of a dimension with μ = {mean[n, j]:g} and log σ² = {S[n, 3 + j]:g} came out as {came_out:.4g} "
            f"nats; {DRAWS:,} draws say {estimate[n, j]:.4g} ± {error[n, j]:.1g}."
        )
    for name, examples in (("one example", 1), ("both", 2)):
        total = estimate[:examples].sum() / examples
        within = 5 * float(np.sqrt((error[:examples] ** 2).sum())) / examples
        if abs(results[name][0] - total) > within:
            wrong.append(
                f"The KL of a batch of {examples} came out as {results[name][0]:.4g} nats an example, summed over "
                f"dimensions and averaged over the batch; {DRAWS:,} draws say {total:.4g} ± {within / 5:.1g}."
            )
    return wrong


VAE_TASK = Task(
    name="vae",
    title="A whole VAE: its two stages, forwards and backwards",
    section=SECTION,
    points=8,
    goal=(
        "What makes an autoencoder variational are two stages of a page: Reparameterization draws the code, "
        "GaussianKL keeps it near the prior. Write both, there and back. In forward draw ε by one call, "
        "rng.standard_normal(mean.shape), from the rng that is handed in, and keep what backward will need; "
        "per_dimension returns the KL of every latent dimension, (batch, latent), which forward then sums and "
        "averages. The gradient check cannot see whether z has the distribution that it should, or whether the KL "
        "has the right value: the draws are counted, too."
    ),
    hints=(
        "The encoder gives log σ², and z needs σ: what has to be done to a logarithm of a square to get the number "
        "itself? For the KL: how large is it, where q is the prior itself?",
        "σ is an exponential of a multiple of log σ². The KL of a dimension is ½ times a sum of four terms, one with "
        "μ², two with σ² and its logarithm, and a constant that makes it 0 for μ = 0, σ = 1. Differentiate both by "
        "[μ, log σ²], and do not forget the batch's average in the second.",
        "std = np.exp(0.5 * log_var), z = mean + std * ε; back: np.hstack([dz, dz * 0.5 * std * ε]). "
        "KL: 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var); back: np.hstack([mean, 0.5 * (np.exp(log_var) - 1)]) "
        "/ len(self.s).",
    ),
    parts=(
        Part(
            "autoencoders.variational",
            keep=("mean_and_log_var", "Reparameterization", "GaussianKL"),
            blanks=(
                "Reparameterization.forward",
                "Reparameterization.backward",
                "GaussianKL.per_dimension",
                "GaussianKL.backward",
            ),
        ),
    ),
    trials=(
        MeasuredTrial("the distribution of z", moments, moments_verdict),
        MeasuredTrial("the KL by Monte Carlo", divergence, divergence_verdict),
        GradientTrial("a draw, one example", lambda names: (names["Reparameterization"](), normal(1, 6))),
        GradientTrial("a draw, five examples", lambda names: (names["Reparameterization"](), normal(5, 4))),
        GradientTrial("the KL, one example", lambda names: (names["GaussianKL"](0.7), normal(1, 6))),
        GradientTrial("the KL, five examples", lambda names: (names["GaussianKL"](0.7), normal(5, 4))),
        DRAWS_FAR_OUT,
        KL_FAR_OUT,
        *(
            variational(
                f"the VAE, {likelihood} likelihood, β = {beta:g}",
                (4, 3, 2),
                lambda names, beta=beta: (names["Reparameterization"](), names["GaussianKL"](beta)),
                likelihood=likelihood,
            )
            for likelihood, beta in (("bernoulli", 1.0), ("gaussian", 0.7), ("learned-gaussian", 1.7))
        ),
    ),
)


class Beside:
    """An OneHotLabel as a layer: x → [x, c], told the labels of its batch."""

    def __init__(self, condition: Any, labels: Any) -> None:
        self.condition, self.labels = condition, labels

    def forward(self, x: FloatArray) -> FloatArray:
        return self.condition.forward(x, self.labels)

    def backward(self, dy: FloatArray) -> FloatArray:
        return self.condition.backward(dy)


def labels(batch: int, classes: int) -> Any:
    return np.arange(batch) * 2 % classes


def beside(title: str, features: int, classes: int, batch: int) -> Trial:
    def build(names: Names) -> tuple[Any, ...]:
        return Beside(names["OneHotLabel"](classes), labels(batch, classes)), normal(batch, features)

    return GradientTrial(title, build)


def conditional(title: str, sizes: tuple[int, ...], classes: int, batch: int = 5, **arguments: Any) -> Trial:
    def build(names: Names) -> tuple[Any, ...]:
        model = small(names["ConditionalVAE"], sizes, classes=classes, **arguments)
        return model, uniform(batch, sizes[0]), labels(batch, classes)

    return GradientTrial(title, build)


def bits(names: Names) -> dict[str, FloatArray]:
    """How many bits a number has that comes out for numbers of 32 and of 64."""
    condition = names["OneHotLabel"](3)
    given = (np.ones((2, 4), dtype) for dtype in (np.float32, np.float64))
    came_out = [np.asarray(condition.forward(x, np.array([2, 0]))).dtype.itemsize * 8.0 for x in given]
    return {"bits": np.array(came_out)}


def as_many_bits(results: Results) -> list[str]:
    return [
        f"[x, c] is float{came_out:g} for an x of float{given:g}: with it, all that follows is, at half of the speed."
        if given == 32
        else f"[x, c] is float{came_out:g} for an x of float{given:g}."
        for given, came_out in zip((32, 64), results["bits"], strict=True)
        if given != came_out
    ]


CONDITIONAL_VAE = Task(
    name="conditional_vae",
    title="The conditional VAE: a concatenation splits the gradient",
    section=SECTION,
    points=5,
    goal=(
        "Encoder and decoder are told the label, as a unit vector c that stands beside what they are given anyway. "
        "Write OneHotLabel.forward, which makes [x, c], x first, of x (batch, features) and integer labels (batch,), "
        "in the dtype of x, so that a float32 model stays one; self.columns is the number of classes. And write "
        "OneHotLabel.backward, which gets ∂L/∂[x, c] and returns ∂L/∂x alone."
    ),
    hints=(
        "A matrix put together from two, side by side, has a gradient of the same shape. Which of its columns belong "
        "to x, and who would want the others?",
        "A unit vector is a row of the unit matrix, np.eye, which takes a dtype. On the way there columns are added "
        "at the end; on the way back, as many are cut off there.",
        "np.hstack([x, np.eye(self.columns, dtype=x.dtype)[labels]]), and dx_and_dc[:, : -self.columns].",
    ),
    parts=(
        Part(
            "autoencoders.conditional",
            keep=("OneHotLabel", "ConditionalVAE"),
            blanks=("OneHotLabel.forward", "OneHotLabel.backward"),
        ),
    ),
    trials=(
        beside("the stage, one example", 4, 3, 1),
        beside("the stage, five examples", 4, 3, 5),
        beside("the stage, as many classes as features", 4, 4, 4),
        MeasuredTrial("the dtype of [x, c]", bits, as_many_bits),
        conditional("the model, three classes, one example", (4, 3, 2), 3, batch=1),
        conditional("the model, three classes, β = 0.7", (4, 3, 2), 3, beta=0.7),
        conditional("the model, deeper, two classes", (5, 4, 3, 2), 2, batch=7, likelihood="gaussian"),
    ),
)

TASKS = (REPARAMETERIZATION, KL, VAE_TASK, CONDITIONAL_VAE)
