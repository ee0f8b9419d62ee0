"""Broken objectives: each of these files computes a clean gradient of the wrong number, or reports the wrong number.
What tells is a case whose right answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.denoising import GaussianNoise
from scratch_ae.autoencoders.variational import VAE, GaussianKL, Reparameterization
from scratch_ae.exercises.hunt.bug import Bug, furthest_off, off
from scratch_ae.exercises.task import Names, Part, Results, Task
from scratch_ae.exercises.trials import GradientTrial, MeasuredTrial, read_only

X = read_only(np.random.default_rng(1).random((4, 5)))


# The loss is a sum of costs.


def variational(names: Names) -> Any:
    return names["Autoencoder"](
        [5, 3],
        code=Reparameterization(),
        penalties=[GaussianKL(2.0)],
        code_activation="identity",
        likelihood="gaussian",
        dtype=np.float64,
    )


def weighted_sum(names: Names) -> dict[str, FloatArray]:
    return {"loss": np.array(variational(names).loss_of({"reconstruction": 10.0, "kl": 3.0}))}


BOTTOMLESS = Bug(
    Task(
        name="bottomless-loss",
        title="The objective of an autoencoder and its way back",
        section="变分自编码器",
        points=2,
        goal="As a VAE, trained on 6,000 digits for five epochs, this model brings its loss down to −81 million "
        "nats. Reconstruction gets worse all the while, up to 498 nats, and the reported KL grows to 81 million.",
        hints=(
            "A negative log-likelihood of pixels between 0 and 1 and a divergence are both at least 0 here: how can "
            "their sum be negative?",
            "The bound is log-likelihood minus KL, and is to be raised. Training lowers the loss.",
            "One sign in the sum of the terms, and the same sign where the gradients of the terms join.",
        ),
        parts=(
            Part(
                "autoencoders.autoencoder",
                keep=["Autoencoder"],
                methods=["backward", "loss_of"],
                mistakes=[
                    (
                        "ds = ds + penalty.weight * penalty.backward()",
                        "ds = ds - penalty.weight * penalty.backward()",
                    ),
                    ('return terms["reconstruction"] + sum(', 'return terms["reconstruction"] - sum('),
                ],
            ),
        ),
        trials=(
            MeasuredTrial(
                "The loss from its terms",
                weighted_sum,
                lambda results: off("L with 10 nats of reconstruction, 3 of KL and β = 2", results["loss"], 16, 1e-9),
            ),
            GradientTrial("The gradient", lambda names: (variational(names), X)),
        ),
        lesson="The ELBO is maximized, the loss minimized, and a sign gets lost between the two: EderSantana/gumbel "
        "issue 3 has cross-entropy minus KL, minimized, under the name of ELBO. The gradient is that of the loss, so "
        "the check is content: it is the objective that has no least value. A term that can only be a cost must "
        "raise the loss, and that takes one line to test.",
    ),
    mistake="KL subtracted from the loss instead of added",
    made_in="EderSantana/gumbel issue 3",
    gradient_check=False,
    seen_by="the loss of two known terms",
)


# The likelihood is a mean of probabilities.


def vae_of_one_dimension(names: Names) -> Any:
    return names["VAE"]([5, 8, 1], likelihood="gaussian", seed=6, dtype=np.float64)


def estimated_likelihood(names: Names) -> dict[str, FloatArray]:
    vae = vae_of_one_dimension(names)
    estimates = [vae.log_likelihood(X, samples, rng=np.random.default_rng(0)) for samples in (1, 5000)]
    return {"log_likelihood": np.array(estimates)}


def likelihood_by_quadrature(results: Results) -> list[str]:
    """log p(x) = log ∫ p(x | z) N(z; 0, 1) dz, which is exact on a fine grid where z has one dimension."""
    vae = vae_of_one_dimension({"VAE": VAE})
    z = np.linspace(-10, 10, 2001)[:, None]
    log_prior = -0.5 * z[:, 0] ** 2 - 0.5 * np.log(2 * np.pi) + np.log(z[1, 0] - z[0, 0])
    y = vae.decoder.forward(z)
    log_p = [np.logaddexp.reduce(log_prior - vae.nll.per_example(y, np.tile(x, (len(z), 1)))) for x in X]
    exact = float(np.mean(log_p)) - vae.nll.constant(5)
    return off("log p(x), estimated with 5,000 draws for each x,", results["log_likelihood"][1], exact, 0.05)


DRAWS_DO_NOT_HELP = Bug(
    Task(
        name="draws-do-not-help",
        title="The VAE's log-likelihood by importance sampling, tighter than the ELBO as draws are added",
        section="变分自编码器",
        points=4,
        goal="The estimate of log p(x) should rise towards the truth as draws are added. This one is the same with "
        "1, 100 and 5,000 draws, but for noise, and looks very much like the ELBO.",
        hints=(
            "With one draw the estimate is right. What is averaged over the draws when there are more?",
            "p(x) is an expectation. Is the logarithm of a mean the mean of the logarithms?",
            "Add up the weights themselves, staying in logarithms: there is a NumPy function that adds in them, and "
            "the sum starts at the logarithm of 0. Divide by the number of draws at the end.",
        ),
        parts=(
            Part(
                "autoencoders.variational",
                keep=["VAE"],
                methods=["log_likelihood"],
                mistakes=[
                    ("log_sum = np.full(len(batch), -np.inf)", "log_mean = np.zeros(len(batch))"),
                    (
                        "log_sum = np.logaddexp(log_sum, log_ratio - "
                        "self.nll.per_example(self.run_decoder(z, names), batch))",
                        "log_mean += (log_ratio - self.nll.per_example(self.run_decoder(z, names), batch)) / samples",
                    ),
                    (
                        "total += float(np.sum(log_sum)) - len(batch) * math.log(samples)",
                        "total += float(np.sum(log_mean))",
                    ),
                ],
            ),
        ),
        trials=(
            MeasuredTrial(
                "log p(x) against quadrature, in one latent dimension", estimated_likelihood, likelihood_by_quadrature
            ),
        ),
        lesson="The mean of the log weights estimates the ELBO, however many draws there are; the logarithm of the "
        "mean weight is what tightens (Burda, Grosse & Salakhutdinov 2016, eq. 8). Asked about in "
        "arahuja/generative-tf issue 1, whose objective is a weighted mean of the log weights. Nothing is trained on "
        "this number, so no gradient is wrong; every paper's table is made of it. A model small enough to integrate "
        "tells.",
    ),
    mistake="mean of the log weights instead of the log of their mean",
    made_in="arahuja/generative-tf issue 1",
    gradient_check=False,
    seen_by="log p(x) by quadrature in one dimension",
)


# What comes out is held against the clean x.


def denoising(names: Names, level: float) -> Any:
    noise = GaussianNoise(level)
    return names["Autoencoder"]([5, 3], activation="tanh", likelihood="gaussian", corruption=noise, dtype=np.float64)


def reconstruction_of_nothing(names: Names) -> dict[str, FloatArray]:
    model = denoising(names, 2.0)
    for array in model.parameters.values():
        array[...] = 0
    return {"loss": np.array(model.forward(X, rng=np.random.default_rng(0))["reconstruction"])}


def half_of_x_squared(results: Results) -> list[str]:
    """With all weights zero the output is zero, whatever noise the encoder saw."""
    right = 0.5 * float(np.mean(np.sum(X**2, axis=1)))
    return off("The loss of an output that is 0 everywhere, which is ½ Σ x²,", results["loss"], right, 1e-9)


KEEPS_NOISE = Bug(
    Task(
        name="keeps-the-noise",
        title="The forward pass of an autoencoder, corruption and all",
        section="常见的自编码器",
        points=2,
        goal="A denoising autoencoder (Gaussian noise, σ = 0.5) should clean digits to a squared error of 19. This "
        "one leaves 26, and what it gives back is grainy. Its training loss stays high, too.",
        hints=(
            "Follow x and its damaged copy through the five stages: who gets which?",
            "What is the model paid for giving back?",
            "The likelihood's second argument is the target.",
        ),
        parts=(
            Part(
                "autoencoders.autoencoder",
                keep=["Autoencoder"],
                methods=["forward"],
                mistakes=[("self.nll.forward(y, x)", "self.nll.forward(y, x_tilde)")],
            ),
        ),
        trials=(
            MeasuredTrial("The loss of an output of zeros", reconstruction_of_nothing, half_of_x_squared),
            GradientTrial("The gradient", lambda names: (denoising(names, 0.3), X)),
        ),
        lesson="A denoising autoencoder whose target is the noisy input learns the identity like any other. The cost "
        "was taken so in a tutorial of pkmital/tensorflow_tutorials (issue 21), and in a book's notebook, "
        "aapatel09/handson-unsupervised-learning (issue 6). The bottleneck cleans a little all the same, which is "
        "why it goes unnoticed. With added noise even the gradient for x agrees; only a loss known beforehand tells.",
    ),
    mistake="loss taken against the noisy x̃ instead of the clean x",
    made_in="pkmital/tensorflow_tutorials issue 21; aapatel09/handson-unsupervised-learning issue 6",
    gradient_check=False,
    seen_by="the loss of an output that is zero",
)


# Logits turn into probabilities once.


def range_of_outputs(names: Names) -> dict[str, FloatArray]:
    model = names["Autoencoder"]([5, 3], seed=1, dtype=np.float64)
    return {"decoded": model.decode(1000 * np.random.default_rng(0).standard_normal((50, 3)))}


def reaches_black_and_white(results: Results) -> list[str]:
    """The last layer is linear, so that large codes of random signs give logits of any size."""
    low, high = float(results["decoded"].min()), float(results["decoded"].max())
    if low < 0.01 and high > 0.99:
        return []
    return [
        f"Decoded pixels, even of enormous codes, lie between {low:.3g} and {high:.3g}: 0 to 1 should be in reach."
    ]


GREY = Bug(
    Task(
        name="grey-images",
        title="The autoencoder, put together from its stages",
        section="自编码器",
        points=3,
        goal="Whatever this model reconstructs is grey: no pixel is ever darker than 0.5 or brighter than 0.73. On "
        "digits the squared error is 181 where 19 is usual. The gradient check finds nothing.",
        hints=(
            "0.73 is σ(1), and 0.5 is σ(0).",
            "The Bernoulli likelihood takes logits. What does it get?",
            "Which activation does the decoder's last layer have?",
        ),
        parts=(
            Part(
                "autoencoders.autoencoder",
                keep=["Autoencoder"],
                methods=["__init__"],
                mistakes=[
                    ('(len(back) - 1) + ["identity"]', '(len(back) - 1) + ["sigmoid"]'),
                ],
            ),
        ),
        trials=(
            MeasuredTrial("The range of what is decoded", range_of_outputs, reaches_black_and_white),
            GradientTrial(
                "The gradient",
                lambda names: (names["Autoencoder"]([5, 4, 3], activation="tanh", dtype=np.float64), X),
            ),
        ),
        lesson="A sigmoid in the last layer, and another one in a loss that takes logits: mended so in "
        "jrzaurin/pytorch-widedeep (issue 13) and in an example of Lightning-AI/pytorch-lightning (pull request "
        "7096). Two sigmoids in a row are a function like any other, with a right gradient and a loss that falls. "
        "The range of the outputs tells.",
    ),
    mistake="sigmoid applied twice: the loss takes logits and gets probabilities",
    made_in="jrzaurin/pytorch-widedeep issue 13; Lightning-AI/pytorch-lightning PR 7096",
    gradient_check=False,
    seen_by="the range of decoded pixels",
)


# A softmax is a distribution over the classes.

LOGITS = read_only(np.random.default_rng(4).standard_normal((5, 3)))
LABELS = read_only(np.array([0, 2, 2, 1, 0]))


def softmax_rows(names: Names) -> dict[str, FloatArray]:
    log_softmax = names["log_softmax"]
    return {"sums": np.sum(np.exp(log_softmax(LOGITS)), axis=1), "alone": log_softmax(LOGITS[:1])[0]}


def rows_are_distributions(results: Results) -> list[str]:
    alone = LOGITS[0] - np.log(np.sum(np.exp(LOGITS[0])))
    return [
        *furthest_off([f"Σ_k p(k) of example {n}" for n in range(5)], results["sums"], np.ones(5), 1e-9),
        *furthest_off([f"log p({k}) in a batch of one" for k in range(3)], results["alone"], alone, 1e-9),
    ]


OTHERS_MATTER = Bug(
    Task(
        name="neighbours-matter",
        title="The softmax cross-entropy of logits and labels",
        section="自编码器",
        points=3,
        goal="What a classifier says of one image depends on the other images of the batch, and in a batch of one it "
        "is sure of every class. Learning works to a degree. The gradient check fails.",
        hints=(
            "Of what do the probabilities sum to 1 here, and of what should they?",
            "Which axis of y are the examples, and which the classes?",
            "Two of the reductions in one function run over the wrong axis.",
        ),
        parts=(
            Part(
                "nn.losses",
                keep=["SoftmaxCrossEntropy", "log_softmax"],
                mistakes=[
                    ("y.max(axis=1, keepdims=True)", "y.max(axis=0, keepdims=True)"),
                    (
                        "np.sum(np.exp(shifted), axis=1, keepdims=True)",
                        "np.sum(np.exp(shifted), axis=0, keepdims=True)",
                    ),
                ],
            ),
        ),
        trials=(
            MeasuredTrial("The sums of the probabilities", softmax_rows, rows_are_distributions),
            GradientTrial("The gradient", lambda names: (names["SoftmaxCrossEntropy"](), LOGITS, LABELS)),
        ),
        lesson="A softmax over the batch: mended in the models of perone/euclidesdb (issue 2), and in a chapter of "
        "the book Dive into Deep Learning (d2l-ai/d2l-en pull request 2274). With automatic differentiation nothing "
        "would be seen but bad results: the gradient is that of the wrong function. Written by hand, p − [label] is "
        "the gradient of the right one, and the check sees that they have parted, unless each class occurs just once "
        "in its batch.",
    ),
    mistake="softmax over the batch instead of the classes",
    made_in="perone/euclidesdb issue 2; d2l-ai/d2l-en PR 2274",
    gradient_check=True,
    seen_by="the gradient check; the sum over the classes",
)
