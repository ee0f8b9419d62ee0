"""变分自编码器: the code is a distribution, q(z | x) = N(μ, diag σ²), and the loss is a bound on −log p(x).

What it changes in the picture: the encoder's output is a = [μ, log σ²], the code stage draws z from it, and a
penalty keeps q near the prior N(0, I). Sources: Kingma & Welling 2014; Rezende, Mohamed & Wierstra 2014.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.autoencoder import Autoencoder, batches, in_batches
from scratch_ae.nn.schedules import Constant, Schedule


def mean_and_log_var(a: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The two halves of the encoder's output, as views: (batch, 2·latent) → μ, log σ², each (batch, latent)."""
    latent = a.shape[1] // 2
    return a[:, :latent], a[:, latent:]


class Reparameterization:
    """z = μ + σ ε with ε ~ N(0, I): a draw from N(μ, σ²) that can be differentiated.

    The randomness stands apart in ε, which depends on nothing, so that z is a plain function of μ and σ.
    Source: Kingma & Welling 2014, section 2.4.
    """

    def width(self, latent: int) -> int:
        """μ and log σ² for every latent dimension."""
        return 2 * latent

    def forward(self, a: FloatArray, rng: np.random.Generator) -> FloatArray:
        """A draw z (batch, latent) for a = [μ, log σ²] (batch, 2·latent), with ε from `rng`.

        z = μ + σ ε, where σ has to be had from log σ²:
        σ = e^(½ log σ²), half, because the logarithm is the variance's.
        """
        mean, log_var = mean_and_log_var(a)
        std = np.exp(0.5 * log_var)
        self.noise = std * rng.standard_normal(mean.shape, dtype=a.dtype.type)
        return mean + self.noise

    def backward(self, dz: FloatArray) -> FloatArray:
        """∂L/∂[μ, log σ²] (batch, 2·latent) from ∂L/∂z (batch, latent).

        z = μ + σ ε, with the ε that forward drew:
        ∂z/∂μ = 1, and ∂z/∂ log σ² = ε · ∂e^(½ log σ²)/∂ log σ² = ½ σ ε, half the noise that was added.
        """
        return np.hstack([dz, dz * 0.5 * self.noise])

    def without_noise(self, a: FloatArray) -> FloatArray:
        """E[z | x] = μ."""
        return mean_and_log_var(a)[0]


class GaussianKL:
    """Ω = KL(N(μ, diag σ²) ‖ N(0, I)), in nats; it weighs β. Source: Kingma & Welling 2014, appendix B."""

    name = "kl"

    def __init__(self, beta: float = 1.0) -> None:
        self.weight = checks.number("beta", beta, at_least=0)

    def per_dimension(self, a: FloatArray) -> FloatArray:
        """The KL of every example and latent dimension, never negative: (batch, 2·latent) → (batch, latent).

        With ε = (z − μ)/σ, E_q[log q(z) − log p(z)] = E_q[½ (z² − ε² − log σ²)]
        = ½ (μ² + σ² − 1 − log σ²), because E[z²] = μ² + σ² and E[ε²] = 1.

        expm1(l) = e^l − 1 keeps the digits that the subtraction would lose near the prior, where σ² is about 1.
        """
        mean, log_var = mean_and_log_var(a)
        return 0.5 * (mean**2 + (np.expm1(log_var) - log_var))

    def forward(self, a: FloatArray) -> float:
        """Summed over the latent dimensions, averaged over the batch."""
        self.a = a
        return float(np.sum(self.per_dimension(a))) / len(a)

    def backward(self) -> FloatArray:
        """∂Ω/∂[μ, log σ²], (batch, 2·latent), without β.

        Every μ and every l = log σ² stands in one dimension's KL, and σ² in it is e^l:
        ∂Ω/∂μ = μ / N and ∂Ω/∂l = ½ (e^l − 1) / N. Both vanish where q is the prior, μ = 0 and σ = 1.
        """
        mean, log_var = mean_and_log_var(self.a)
        return np.hstack([mean, 0.5 * np.expm1(log_var)]) / len(self.a)


class VAE(Autoencoder):
    """The variational autoencoder; the last of `sizes` is the latent dimension.

    >>> vae = VAE([784, 400, 20], seed=0)
    >>> vae.fit(train.images, epochs=10)
    >>> images = vae.sample(64)                            # (64, 784)

    The loss is −ELBO = E_q[−log p(x | z)] + KL(q(z | x) ‖ p(z)), nats, with one z drawn for each example.

    beta         weight of the KL: a number of at least 0 (Higgins et al. 2017), or a schedule from `nn.schedules`,
                 which is asked at every training step
    likelihood   "bernoulli", "gaussian" with variance 1, or "learned-gaussian" with a learned one

    The other arguments are the Autoencoder's of the same name.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        beta: float | Schedule = 1.0,
        activation: str = "relu",
        likelihood: str = "bernoulli",
        decoder_sizes: Sequence[int] | None = None,
        seed: int = 0,
        dtype: Any = np.float32,
    ) -> None:
        self.beta = beta if callable(beta) else Constant(checks.number("beta", beta, at_least=0))
        self.kl = GaussianKL(self.beta(0))
        super().__init__(
            sizes,
            activation=activation,
            code_activation="identity",
            likelihood=likelihood,
            decoder_sizes=decoder_sizes,
            code=Reparameterization(),
            penalties=[self.kl],
            seed=seed,
            dtype=dtype,
        )
        self.record(fixed=("code_activation", "code", "penalties"), beta=beta)

    def loss_and_gradients(self, x: FloatArray, *given: Any, rng: np.random.Generator | None = None) -> float:
        """As of every Autoencoder; β is that of the training step."""
        self.kl.weight = self.beta(self.steps)
        return super().loss_and_gradients(x, *given, rng=rng)

    def restore(self, parameters: FloatArray, steps: int) -> None:
        super().restore(parameters, steps)
        self.kl.weight = self.beta(max(steps - 1, 0))

    def kl_per_dimension(self, x: FloatArray, *given: Any) -> FloatArray:
        """The KL of each latent dimension, nats, averaged over x: (latent,). Where it is 0, the dimension carries
        nothing about x: it has collapsed to the prior."""
        a = np.hstack(self.encode_distribution(x, *given))
        return self.kl.per_dimension(a).mean(axis=0)

    def sample(self, n: int, *, rng: np.random.Generator | None = None) -> FloatArray:
        """The means of p(x | z) for n draws z ~ N(0, I): (n, features) in data space."""
        rng = self.rng if rng is None else rng
        return self.decode(rng.standard_normal((checks.whole("n", n, at_least=1), self.sizes[-1])))

    def encode_distribution(self, x: FloatArray, *given: Any) -> tuple[FloatArray, FloatArray]:
        """μ and log σ² of q(z | x), each (n, latent)."""
        return mean_and_log_var(in_batches(self.run_encoder, self.check_input(x, *given), 2 * self.sizes[-1]))

    def elbo(self, x: FloatArray, *given: Any, rng: np.random.Generator | None = None) -> float:
        """The evidence lower bound on log p(x), nats per example, with one draw of z for each: β plays no part."""
        terms = self.losses(x, *given, rng=rng)
        return -terms["reconstruction"] - self.likelihood.constant(self.sizes[0]) - terms["kl"]

    def log_likelihood(
        self, x: FloatArray, samples: int = 100, *, labels: Any = None, rng: np.random.Generator | None = None
    ) -> float:
        """An estimate of log p(x), nats per example: a tighter bound than the ELBO, and tight as `samples` grows.

        Importance sampling with q as the proposal: p(x) = E_q[p(x | z) p(z) / q(z | x)], so that
        log p(x) ≈ log (1/S) Σ_s e^w_s. With z = μ + σ ε the constants of the two normal densities cancel in
        w = log p(x | z) + Σ ½ (ε² − z² + log σ²). Source: Burda, Grosse & Salakhutdinov 2016, eq. 8.
        """
        samples = checks.whole("samples", samples, at_least=1)
        rng = np.random.default_rng(0) if rng is None else rng
        data = self.check_data(x) if labels is None else self.check_data(x, labels)
        total = 0.0
        for batch, *given in batches(*data):
            mean, log_var = mean_and_log_var(self.run_encoder(batch, *given))
            log_sum = np.full(len(batch), -np.inf)
            for _ in range(samples):
                epsilon = rng.standard_normal(mean.shape, dtype=mean.dtype.type)
                z = mean + np.exp(0.5 * log_var) * epsilon
                log_ratio = 0.5 * np.sum(epsilon**2 - z**2 + log_var, axis=1)
                log_weight = log_ratio - self.likelihood.per_example(self.run_decoder(z, *given), batch)
                log_sum = np.logaddexp(log_sum, log_weight)
            total += float(np.sum(log_sum)) - len(batch) * math.log(samples)
        return total / len(x) - self.likelihood.constant(self.sizes[0])
