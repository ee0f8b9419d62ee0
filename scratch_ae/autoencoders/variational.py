"""变分自编码器: the code is a distribution, q(z | x) = N(μ, diag σ²), and the loss is a bound on −log p(x).

What it changes in the picture: the encoder's output is s = [μ, log σ²], the code stage draws z from it, and a
penalty keeps q near the prior N(0, I). Sources: Kingma & Welling 2014; Rezende, Mohamed & Wierstra 2014.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray, batches, in_batches
from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.nn.schedules import Schedule, value_at


def mean_and_log_var(s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The two halves of the encoder's output: (batch, 2·latent) → μ, log σ², each (batch, latent)."""
    latent = s.shape[1] // 2
    return s[:, :latent], s[:, latent:]


class Reparameterization:
    """z = μ + σ ε with ε ~ N(0, I): a draw from N(μ, σ²) that can be differentiated.

    All randomness is in ε, which depends on nothing, so that z is a plain function of μ and σ. Source: Kingma &
    Welling 2014, section 2.4.
    """

    def width(self, latent: int) -> int:
        """μ and log σ² for every latent dimension."""
        return 2 * latent

    def forward(self, s: FloatArray, rng: Any) -> FloatArray:
        """A draw z (batch, latent) for s = [μ, log σ²], with ε from `rng`:
        ⇒ z = μ + σ ε, with σ = e^(½ log σ²)."""
        mean, log_var = mean_and_log_var(s)
        noise = np.exp(0.5 * log_var) * rng.standard_normal(mean.shape, dtype=s.dtype.type)
        self.noise = noise
        return mean + noise

    def backward(self, dz: FloatArray) -> FloatArray:
        """∂L/∂[μ, log σ²] (batch, 2·latent) from ∂L/∂z (batch, latent), with z = μ + σ ε and the ε of forward:
        ⇒ ∂z/∂μ = 1, and with σ = e^(½ log σ²), ∂z/∂ log σ² = ½ σ ε, half the noise that was added."""
        return np.hstack([dz, dz * 0.5 * self.noise])

    def without_noise(self, s: FloatArray) -> FloatArray:
        """E[z | x] = μ."""
        return mean_and_log_var(s)[0]


class GaussianKL:
    """Ω = KL(N(μ, diag σ²) ‖ N(0, I)), in nats, with weight β. Source: Kingma & Welling 2014, appendix B."""

    name = "kl"

    def __init__(self, beta: float = 1.0) -> None:
        self.weight = checks.number("beta", beta, at_least=0)

    def per_dimension(self, s: FloatArray) -> FloatArray:
        """The KL of every example and latent dimension, never negative: (batch, 2·latent) → (batch, latent).

        E_q[log q(z) − log p(z)] = E_q[½ (z² − ε² − log σ²)], where E[ε²] = 1:
        ⇒ ½ (μ² + σ² − 1 − log σ²), because E[z²] = μ² + σ². (expm1(l) = e^l − 1 keeps the digits that the subtraction
        loses where σ² is about 1.)"""
        mean, log_var = mean_and_log_var(s)
        return 0.5 * (mean**2 + (np.expm1(log_var) - log_var))

    def forward(self, s: FloatArray) -> float:
        """Summed over the latent dimensions, averaged over the batch."""
        self.s = s
        return float(np.sum(self.per_dimension(s))) / len(s)

    def backward(self) -> FloatArray:
        """∂Ω/∂[μ, log σ²] (batch, 2·latent). Each term of a KL holds μ alone, or l = log σ² alone, and σ² = e^l:
        ⇒ with Ω = (1/N) Σ ½ (μ² + e^l − 1 − l), ∂Ω/∂μ = μ / N and ∂Ω/∂l = ½ (e^l − 1) / N. Both vanish where q is
        the prior, μ = 0 and σ = 1."""
        mean, log_var = mean_and_log_var(self.s)
        return np.hstack([mean, 0.5 * np.expm1(log_var)]) / len(self.s)


class VAE(Autoencoder):
    """The variational autoencoder; the last of `sizes` is the latent dimension.

    >>> vae = VAE([784, 400, 20], seed=0)
    >>> vae.fit(train.images, epochs=10)
    >>> images = vae.sample(64)                            # (64, 784)

    The loss is −ELBO = E_q[−log p(x | z)] + KL(q(z | x) ‖ p(z)), nats, with one draw of z for each example.

    beta         weight of the KL: a number of at least 0 (Higgins et al. 2017), or a schedule from `nn.schedules`
    likelihood   "bernoulli", "gaussian" with variance 1, or "learned-gaussian" with a learned one

    The other arguments are the Autoencoder's of the same name.
    """

    def __init__(
        self, sizes: Sequence[int], *, beta: float | Schedule = 1.0, activation: str = "relu", **arguments: Any
    ) -> None:
        self.beta, self.kl = beta, GaussianKL(value_at(beta, 0))
        stages: dict[str, Any] = {"code": Reparameterization(), "penalties": [self.kl]}
        super().__init__(sizes, activation=activation, code_activation="identity", **stages, **arguments)

    def forward(self, x: FloatArray, labels: Any = None, *, rng: Any) -> dict[str, float]:
        """As of every Autoencoder; β is that of the training step to come."""
        self.kl.weight = value_at(self.beta, self.steps)
        return super().forward(x, labels, rng=rng)

    def kl_per_dimension(self, x: FloatArray, labels: Any = None) -> FloatArray:
        """The KL of each latent dimension, nats, averaged over x: (latent,). At 0 it has collapsed to the prior."""
        return self.kl.per_dimension(np.hstack(self.encode_distribution(x, labels))).mean(axis=0)

    def sample(self, n: int, *, rng: Any = None) -> FloatArray:
        """The means of p(x | z) for n draws z ~ N(0, I): (n, features) in data space."""
        rng = checks.generator("rng", rng, self.rng)
        return self.decode(rng.standard_normal((checks.whole("n", n, at_least=1), self.sizes[-1])))

    def encode_distribution(self, x: FloatArray, labels: Any = None) -> tuple[FloatArray, FloatArray]:
        """μ and log σ² of q(z | x), each (n, latent)."""
        return mean_and_log_var(in_batches(self.run_encoder, *self.check_input(x, labels)))

    def elbo(self, x: FloatArray, labels: Any = None, *, rng: Any = None) -> float:
        """The evidence lower bound on log p(x), nats per example, with one draw of z for each: β plays no part."""
        terms = self.losses(x, labels, rng=rng)
        return -terms["reconstruction"] - self.nll.constant(self.sizes[0]) - terms["kl"]

    def log_likelihood(self, x: FloatArray, samples: int = 100, *, labels: Any = None, rng: Any = None) -> float:
        """An estimate of log p(x), nats per example: a tighter bound than the ELBO, and tight as `samples` grows.

        Importance sampling with q as the proposal: p(x) = E_q[p(x | z) p(z) / q(z | x)], so that log p(x) ≈
        log (1/S) Σ_s e^w_s. With z = μ + σ ε the constants of the two normal densities cancel in
        w = log p(x | z) + Σ ½ (ε² − z² + log σ²). Source: Burda, Grosse & Salakhutdinov 2016, eq. 8.
        """
        samples, total = checks.whole("samples", samples, at_least=1), 0.0
        rng, (x, labels) = checks.generator("rng", rng, 0), self.check_data(x, labels)
        for batch, names in batches(x, labels):
            mean, log_var = mean_and_log_var(self.run_encoder(batch, names))
            log_sum = np.full(len(batch), -np.inf)
            for _ in range(samples):
                epsilon = rng.standard_normal(mean.shape, dtype=mean.dtype.type)
                z = mean + np.exp(0.5 * log_var) * epsilon
                log_ratio = 0.5 * np.sum(epsilon**2 - z**2 + log_var, axis=1)
                log_sum = np.logaddexp(log_sum, log_ratio - self.nll.per_example(self.run_decoder(z, names), batch))
            total += float(np.sum(log_sum)) - len(batch) * math.log(samples)
        return total / len(x) - self.nll.constant(self.sizes[0])
