"""Broken variational autoencoders. Forward and backward often agree here, and both are wrong: what tells is the
distribution of z, the KL by Monte Carlo, a likelihood known by quadrature."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.variational import mean_and_log_var
from scratch_ae.exercises.hunt.bug import Bug, furthest_off, off
from scratch_ae.exercises.task import Names, Part, Results, Task
from scratch_ae.exercises.trials import GradientTrial, MeasuredTrial, read_only

SECTION = "变分自编码器"
CODES = read_only(np.array([[0.5, -1.0, 0.0, -1.5, 0.8, 0.3], [-2.0, 0.3, 1.2, 0.4, -0.7, -1.1]]))
"""[μ, log σ²] of two examples, three latent dimensions each."""

DRAWS = 100_000


# z is to have the mean μ and the variance σ².


def distribution_of_z(names: Names) -> dict[str, FloatArray]:
    z = names["Reparameterization"]().forward(np.repeat(CODES[:1], DRAWS, axis=0), np.random.default_rng(103))
    return {"mean": np.mean(z, axis=0), "covariance": np.cov(z.T)}


def z_is_normal(results: Results) -> list[str]:
    """Five standard errors: σ/√n of a mean, σ²√(2/n) of a variance, σσ'/√n of a covariance."""
    (mean,), (log_var,) = mean_and_log_var(CODES[:1])
    wrong = []
    for i, (mu, variance) in enumerate(zip(mean, np.exp(log_var), strict=True)):
        at = f"of {DRAWS:,} draws of z at μ = {mu:g}, σ² = {variance:.3f}"
        wrong += off(f"The mean {at}", results["mean"][i], mu, 5 * np.sqrt(variance / DRAWS))
        wrong += off(f"The variance {at}", results["covariance"][i, i], variance, 5 * variance * np.sqrt(2 / DRAWS))
    tolerance = 5 * np.exp(0.5 * (log_var[0] + log_var[1])) / np.sqrt(DRAWS)
    return wrong + off("The covariance of the first two dimensions of z", results["covariance"][0, 1], 0, tolerance)


def reparameterization(names: Names) -> tuple[Any, ...]:
    return names["Reparameterization"](), CODES


DISTRIBUTION = MeasuredTrial("The distribution of z", distribution_of_z, z_is_normal)

TOO_GOOD = Bug(
    Task(
        name="bound-too-good",
        title="The reparameterization: a draw z from N(μ, σ²) that can be differentiated",
        section=SECTION,
        points=4,
        goal="With this stage a VAE's −ELBO on test digits is 133.3 nats after five epochs, where the same network "
        "usually has 139.5. But its estimated likelihood is no better, so that the bound seems to leave a gap of 0.3 "
        "nats only where 6 are usual. The gradient check is content.",
        hints=(
            "If training, the gradient check and the loss look fine, look at z itself: draw many at one known q.",
            "Which of variance, standard deviation and logarithm does the network put out, and which one does the "
            "noise have to be multiplied with?",
            "The noise is too narrow where log σ² is negative and too wide where it is positive. Mend `forward`; "
            "`backward` differentiates what `forward` does, and has to follow.",
        ),
        parts=(
            Part(
                "autoencoders.variational",
                keep=["Reparameterization"],
                mistakes=[
                    ("np.exp(0.5 * log_var) * rng", "np.exp(log_var) * rng"),
                    ("return np.hstack([dz, dz * 0.5 * self.noise])", "return np.hstack([dz, dz * self.noise])"),
                ],
            ),
        ),
        trials=(DISTRIBUTION, GradientTrial("The gradient", reparameterization)),
        lesson="z = μ + exp(log σ²)·ε multiplies the noise with the variance. A mistake of the kind reported for the "
        "Keras example (keras-team/keras issue 3283; pull request 9972 was answered that the layer's scale is "
        "irrelevant) and mended in PyTorch Geometric (pyg-team/pytorch_geometric pull request 1368). Forward and "
        "backward agree, the network adapts to any width, and so nothing complains: but the KL is then that of "
        "another distribution than the one z comes from, and the ELBO is no bound any more. Only z's own variance "
        "tells.",
    ),
    mistake="noise multiplied with the variance: z = μ + exp(log σ²)·ε",
    made_in="keras-team/keras issue 3283; pyg-team/pytorch_geometric PR 1368",
    gradient_check=False,
    seen_by="mean and variance of 100,000 draws of z",
)


# The KL is what its definition says, and a sum over dimensions.


def values_of_kl(names: Names) -> dict[str, FloatArray]:
    mean, log_var = mean_and_log_var(CODES)
    twice = np.hstack([mean, mean, log_var, log_var])
    values = [names["GaussianKL"]().forward(s) for s in (CODES, np.vstack([CODES, CODES]), twice)]
    return {"kl": np.array(values)}


def kl_is_monte_carlo(results: Results) -> list[str]:
    """E_q[log q(z) − log p(z)] with z = μ + σ ε; the two constants ½ log 2π cancel."""
    mean, log_var = mean_and_log_var(CODES)
    epsilon = np.random.default_rng(0).standard_normal((DRAWS, *mean.shape))
    z = mean + np.exp(0.5 * log_var) * epsilon
    log_ratio = np.sum(0.5 * (z**2 - epsilon**2 - log_var), axis=2).mean(axis=1)
    expected, error = float(np.mean(log_ratio)), float(np.std(log_ratio)) / np.sqrt(DRAWS)
    once, more_examples, more_dimensions = results["kl"]
    return [
        *off(f"The KL of two examples, by {DRAWS:,} draws of log q(z) − log p(z),", once, expected, 5 * error),
        *off("The KL of a batch that holds each example twice", more_examples, once, 1e-9),
        *off("The KL of a code that has each dimension twice", more_dimensions, 2 * once, 1e-9),
    ]


def kl(names: Names) -> tuple[Any, ...]:
    return names["GaussianKL"](1.0), CODES


KL_TRIALS = (
    MeasuredTrial("The KL by Monte Carlo", values_of_kl, kl_is_monte_carlo),
    GradientTrial("The gradient of the KL", kl),
)

POOR_SAMPLES = Bug(
    Task(
        name="poor-samples",
        title="The KL of the code's distribution to the prior, and its gradient",
        section=SECTION,
        points=3,
        goal="A VAE with 10 latent dimensions reports a KL of 3.6 nats and reconstructs well, but its samples are "
        "poor. Its ELBO of −118 nats a digit lies above its estimated log-likelihood of −145, which no lower bound "
        "can. With β = 10 all is as it should be with β = 1.",
        hints=(
            "Nothing is wrong with the shape of the formula. Ask what it should be when the code has twice as many "
            "dimensions.",
            "The reconstruction is summed over the pixels and averaged over the batch. So must every other term be.",
            "`forward` divides by the number of examples times the number of latent dimensions; `backward` follows "
            "it.",
        ),
        parts=(
            Part(
                "autoencoders.variational",
                keep=["GaussianKL"],
                mistakes=[
                    (
                        "return float(np.sum(self.per_dimension(s))) / len(s)",
                        "return float(np.mean(self.per_dimension(s)))",
                    ),
                    ("0.5 * np.expm1(log_var)]) / len(self.s)", "0.5 * np.expm1(log_var)]) / mean.size"),
                ],
            ),
        ),
        trials=KL_TRIALS,
        lesson="A mean over the latent dimensions, where the reconstruction is a sum over pixels, is a hidden β of "
        "one over their number. Reported in maxhodak/keras-molecules issue 59 and mkusner/grammarVAE issue 2, whose "
        "author found that the sum hurts training a lot: of course, with that much more KL to pay. The gradient is "
        "right, for another objective; what tells is the scale: twice the dimensions, twice the KL.",
    ),
    mistake="KL averaged over the latent dimensions, reconstruction summed",
    made_in="maxhodak/keras-molecules issue 59; mkusner/grammarVAE issue 2",
    gradient_check=False,
    seen_by="the KL by Monte Carlo; its scale with the number of dimensions",
)

COSTLY_CODE = Bug(
    Task(
        name="costly-code",
        title="The KL of the code's distribution to the prior, and its gradient",
        section=SECTION,
        points=3,
        goal="A VAE trained with this penalty reports a KL of 16.0 nats a digit; that of the normal distributions it "
        "draws from is 11.8. Its posteriors are wider than usual and its −ELBO is 11 nats worse.",
        hints=(
            "Estimate the KL by drawing z and averaging log q(z) − log p(z), and hold it against `forward`, first at "
            "μ ≠ 0 and σ = 1, then at μ = 0 and σ ≠ 1.",
            "Only the part that depends on σ is wrong. What would its letter have to stand for to make it right?",
            "The formula is right for a network that puts out log σ; this one puts out log σ². Mend the derivative, "
            "too.",
        ),
        parts=(
            Part(
                "autoencoders.variational",
                keep=["GaussianKL"],
                mistakes=[
                    ("(np.expm1(log_var) - log_var)", "(np.expm1(2 * log_var) - 2 * log_var)"),
                    ("np.hstack([mean, 0.5 * np.expm1(log_var)])", "np.hstack([mean, np.expm1(2 * log_var)])"),
                ],
            ),
        ),
        trials=KL_TRIALS,
        lesson="The logarithm of the variance taken for that of the standard deviation. It stood so in one of two "
        "layers of KarenUllrich/Tutorial_BayesianCompressionForDL (issue 1): the authors had tested the other one. "
        "The penalty is a smooth function with its least value where it belongs, at the prior, and its gradient is "
        "its own: only a second way to the same number, such as Monte Carlo, sees it.",
    ),
    mistake="log σ² taken for log σ in the KL",
    made_in="KarenUllrich/Tutorial_BayesianCompressionForDL issue 1",
    gradient_check=False,
    seen_by="the KL by Monte Carlo",
)


# The gradient is taken at the noise that z was made with.


def noise_forward_and_backward(names: Names) -> dict[str, FloatArray]:
    stage, rng = names["Reparameterization"](), np.random.default_rng(104)
    mean = mean_and_log_var(CODES)[0]
    noise = stage.forward(CODES, rng) - mean
    return {"noise": noise, "gradient": mean_and_log_var(stage.backward(np.ones_like(mean)))[1]}


def noise_is_the_same(results: Results) -> list[str]:
    """∂z/∂ log σ² is half of what was added to μ, and nothing else."""
    noise = results["noise"]
    names = [f"∂z/∂ log σ² where z has {added:.4g} of noise" for added in noise.flat]
    return furthest_off(names, results["gradient"], 0.5 * noise, 1e-9)


STAYS_ONE = Bug(
    Task(
        name="variance-stays-one",
        title="The reparameterization, keeping less: what backward can compute again, forward does not store",
        section=SECTION,
        points=4,
        goal="A VAE with this stage trains, but its posteriors hardly get narrower than the prior: after five epochs "
        "the mean of log σ² is −0.07 where −2.3 is usual, and −ELBO is 159 nats instead of 139. μ learns as it "
        "should.",
        hints=(
            "The gradient for μ is right, the one for log σ² is not, and it is another one at every call.",
            "Which quantities in `backward` have to be the very numbers that `forward` used?",
            "A draw cannot be computed again from a generator that has moved on. Keep the noise itself.",
        ),
        parts=(
            Part(
                "autoencoders.variational",
                keep=["Reparameterization"],
                mistakes=[
                    ("self.noise = noise", "self.std, self.rng = np.exp(0.5 * log_var), rng"),
                    (
                        "return np.hstack([dz, dz * 0.5 * self.noise])",
                        "noise = self.std * self.rng.standard_normal(dz.shape, dtype=dz.dtype.type)\n"
                        "        return np.hstack([dz, dz * 0.5 * noise])",
                    ),
                ],
            ),
        ),
        trials=(
            MeasuredTrial(
                "The noise of the way there on the way back", noise_forward_and_backward, noise_is_the_same
            ),
            DISTRIBUTION,
            GradientTrial("The gradient", reparameterization),
        ),
        lesson="Saving memory by computing again what forward did not keep is sound, but for random numbers. Such a "
        "helper, whose second pass draws other dropout masks, is reported for openai/guided-diffusion (issue 167), "
        "and allenai/OLMo-core (pull request 828) noticed it when a switch that should be neutral moved the loss. "
        "Averaged over the noise, the wrong gradient of log σ² is zero, so training runs on, only without that "
        "gradient. The gradient check sees it at once, provided it repeats forward with the same noise.",
    ),
    mistake="noise drawn anew in backward",
    made_in="openai/guided-diffusion issue 167; allenai/OLMo-core PR 828",
    gradient_check=True,
    seen_by="the gradient check",
)


# μ and log σ² may be any numbers.


def small_vae(names: Names) -> Any:
    return names["VAE"]([6, 8, 5], likelihood="gaussian", seed=1, dtype=np.float64)


def codes_of_noise(names: Names) -> dict[str, FloatArray]:
    mean, log_var = small_vae(names).encode_distribution(np.random.default_rng(0).standard_normal((500, 6)))
    return {"mean": mean, "log_var": log_var}


def both_signs(results: Results) -> list[str]:
    """At random weights each half of the encoder's output is negative about half of the time."""
    wrong = []
    for word, values in (("μ", results["mean"]), ("log σ²", results["log_var"])):
        share = float(np.mean(values < 0))
        if not 0.05 < share < 0.95:
            wrong.append(
                f"{word} is negative for {share:.0%} of the codes of random inputs; about half are expected."
            )
    return wrong


ONE_SIDED = Bug(
    Task(
        name="one-sided-code",
        title="The variational autoencoder, put together from its stages",
        section=SECTION,
        points=3,
        goal="This VAE trains without a complaint, but its −ELBO ends at 178 nats where 139 are usual, 4 of its 10 "
        "latent dimensions carry nothing, and whatever the input, no posterior is ever narrower than the prior.",
        hints=(
            "Look at the encoder's output for random inputs: which values does it take, and which should it?",
            "What turns the last layer's numbers into μ and log σ²? Both may be negative.",
            "Every hidden layer has an activation. The last layer of this encoder is not a hidden one.",
        ),
        parts=(
            Part(
                "autoencoders.variational",
                keep=["VAE"],
                mistakes=[('code_activation="identity",', "code_activation=activation,")],
            ),
        ),
        trials=(
            MeasuredTrial("μ and log σ² of random inputs", codes_of_noise, both_signs),
            GradientTrial("The gradient", lambda names: (small_vae(names), np.random.default_rng(2).random((4, 6)))),
        ),
        lesson="A ReLU on μ and log σ², as in shekkizh/TensorflowProjects (pull request 1: the author calls it a "
        "mistake on retrospect) and on the log-variance in alexlee-gk/video_prediction (issue 3). Each layer is "
        "right and so is the gradient: the model is simply a smaller one than the text says, with means of one sign "
        "and σ ≥ 1. What tells is the range of what comes out.",
    ),
    mistake="the hidden layers' ReLU on μ and log σ², too",
    made_in="shekkizh/TensorflowProjects PR 1; alexlee-gk/video_prediction issue 3",
    gradient_check=False,
    seen_by="the signs of μ and log σ² for random inputs",
)
