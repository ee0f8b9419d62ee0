"""Likelihoods and losses, from what the last layer computes to one number.

Each is summed over the features and averaged over the batch: nats per example. `forward` gives that number,
`backward` the gradient with respect to the network's output, 1/batch included, for nothing else scales it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.nn.activations import sigmoid
from scratch_ae.nn.buffers import Buffered
from scratch_ae.nn.parameters import Parametrized


class Likelihood(Buffered):
    """−log p(x | y) of data x under the network's output y, both (batch, features), and the way back."""

    x: FloatArray
    y: FloatArray

    def per_example(self, y: FloatArray, x: FloatArray) -> FloatArray:
        """−log p(x_n | y_n) without its constant, for every example: (batch,)."""
        raise NotImplementedError

    def forward(self, y: FloatArray, x: FloatArray) -> float:
        """L = (1/N) Σ_n −log p(x_n | y_n), nats per example."""
        self.y, self.x = y, x
        return float(np.mean(self.per_example(y, x)))

    def backward(self) -> FloatArray:
        """∂L/∂y, (batch, features)."""
        raise NotImplementedError

    def target_gradient(self) -> FloatArray:
        """∂L/∂x, (batch, features): not used to train, but x is an input of the loss like any other."""
        raise NotImplementedError

    def mean(self, y: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """E[x | y], in data space; written into `out`, if given."""
        raise NotImplementedError

    def constant(self, features: int) -> float:
        """The part of −log p(x | y) that `per_example` leaves out because no parameter changes it, nats."""
        return 0.0

    def check(self, x: FloatArray) -> None:
        """ValueError if the data are impossible under this likelihood."""


class Bernoulli(Likelihood):
    """Each feature is a coin: p(x_j = 1) = σ(z_j), from the logit z_j.

    From logits and not from probabilities, because log σ(z) is exact where σ(z) has already rounded to 0 or 1.
    Grey values in [0, 1] are taken as probabilities of the coin, as is usual: then L is a cross-entropy.
    """

    def per_example(self, z: FloatArray, x: FloatArray) -> FloatArray:
        """−log p(x | z) = −Σ_j [x_j log σ(z_j) + (1 − x_j) log(1 − σ(z_j))].

        With log σ(z) = z − softplus(z) and log(1 − σ(z)) = −softplus(z) that is Σ_j [softplus(z_j) − x_j z_j],
        and softplus(z) = max(z, 0) + log(1 + e^−|z|) never overflows. The logarithm, which may be tiny, is added
        last: max(z, 0) − xz is exactly 0 where the coin is as sure as x.
        """
        nats = np.maximum(z, 0, out=self.buffer("nats", z.shape, z))
        other = self.buffer("other", z.shape, z)
        nats -= np.multiply(x, z, out=other)
        np.exp(np.negative(np.abs(z, out=other), out=other), out=other)
        nats += np.log1p(other, out=other)
        return np.sum(nats, axis=1)

    def backward(self) -> FloatArray:
        """∂L/∂z, (batch, features).

        L = (1/N) Σ_nj [softplus(z_nj) − x_nj z_nj], from `per_example`:
        ∂L/∂z_nj = (σ(z_nj) − x_nj) / N, because softplus' = σ. The two logarithms' fractions are gone.
        """
        dz = sigmoid(self.y, out=self.buffer("dy", self.y.shape, self.y))
        dz -= self.x
        dz /= len(dz)
        return dz

    def target_gradient(self) -> FloatArray:
        """∂L/∂x, (batch, features).

        L = (1/N) Σ_nj [softplus(z_nj) − x_nj z_nj], from `per_example`, is linear in x:
        ∂L/∂x_nj = −z_nj / N.
        """
        return self.y / -len(self.y)

    def mean(self, z: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """E[x_j | z_j] = σ(z_j)."""
        return sigmoid(z, out=out)

    def check(self, x: FloatArray) -> None:
        if x.min() < 0 or x.max() > 1:
            raise ValueError(
                f"The Bernoulli likelihood needs data in [0, 1], but these range from {x.min():g} to {x.max():g}: "
                f'rescale them, or use likelihood="gaussian".'
            )


class Gaussian(Likelihood):
    """Each feature is normal around the output with variance 1: p(x_j) = N(x_j; y_j, 1), ½ squared error."""

    def per_example(self, y: FloatArray, x: FloatArray) -> FloatArray:
        """−log p(x | y) = Σ_j ½(x_j − y_j)² + ½ D log 2π; the last, the `constant`, is left out."""
        error = np.subtract(y, x, out=self.buffer("error", y.shape, y))
        return 0.5 * np.sum(np.multiply(error, error, out=error), axis=1)

    def backward(self) -> FloatArray:
        """∂L/∂y, (batch, features).

        L = (1/N) Σ_nj ½(y_nj − x_nj)², from `per_example`:
        ∂L/∂y_nj = (y_nj − x_nj) / N, for the 2 of the square cancels the ½.
        """
        dy = np.subtract(self.y, self.x, out=self.buffer("dy", self.y.shape, self.y))
        dy /= len(dy)
        return dy

    def target_gradient(self) -> FloatArray:
        """∂L/∂x, (batch, features).

        L depends on the difference y − x alone,
        so ∂L/∂x = −∂L/∂y.
        """
        return (self.x - self.y) / len(self.y)

    def mean(self, y: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """E[x_j | y_j] = y_j."""
        return np.positive(y, out=out)

    def constant(self, features: int) -> float:
        """½ D log 2π."""
        return 0.5 * features * math.log(2 * math.pi)


class LearnedGaussian(Likelihood, Parametrized):
    """Each feature is normal around the output with one variance for all, learned: p(x_j) = N(x_j; y_j, e^s).

    s = log σ² is a parameter, (1,), and starts at 0. Source: Rybkin, Daniilidis & Levine 2021, section 3.1.
    """

    parameter_names = ("log_var",)

    def __init__(self) -> None:
        self.log_var: FloatArray = np.zeros(1)
        self.dlog_var: FloatArray = np.zeros(1)

    def per_example(self, y: FloatArray, x: FloatArray) -> FloatArray:
        """−log p(x | y) = Σ_j ½[(x_j − y_j)² e^−s + s] + ½ D log 2π; the last, the `constant`, is left out."""
        squared = np.sum((y - x) ** 2, axis=1)
        return 0.5 * (squared * np.exp(-self.log_var) + x.shape[1] * self.log_var)

    def backward(self) -> FloatArray:
        """∂L/∂y, (batch, features); writes ∂L/∂s, (1,), into `dlog_var`.

        L = (1/N) Σ_n ½[Σ_j (y_nj − x_nj)² e^−s + D s], from `per_example`, with D features:
        ∂L/∂y_nj = (y_nj − x_nj) e^−s / N; and ∂L/∂s = (1/N) Σ_n ½[D − Σ_j (y_nj − x_nj)² e^−s], which is zero
        where e^s is the mean squared error per feature.
        """
        error, precision = self.y - self.x, np.exp(-self.log_var)
        n, features = error.shape
        self.dlog_var[...] = 0.5 * (features - np.sum(error**2) / n * precision)
        return error * (precision / n)

    def target_gradient(self) -> FloatArray:
        """∂L/∂x, (batch, features).

        L depends on the difference y − x alone,
        so ∂L/∂x = −∂L/∂y.
        """
        return (self.x - self.y) * (np.exp(-self.log_var) / len(self.y))

    def mean(self, y: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """E[x_j | y_j] = y_j."""
        return np.positive(y, out=out)

    def constant(self, features: int) -> float:
        """½ D log 2π."""
        return 0.5 * features * math.log(2 * math.pi)


class SoftmaxCrossEntropy:
    """−log p(label | z) with p(k | z) = e^z_k / Σ_l e^z_l, for logits z (batch, classes), labels int (batch,)."""

    def forward(self, z: FloatArray, labels: NDArray[np.integer]) -> float:
        """L = (1/N) Σ_n [log Σ_l e^z_nl − z_n,label], nats per example."""
        self.log_p, self.labels = log_softmax(z), labels
        return -float(np.mean(self.log_p[np.arange(len(z)), labels]))

    def backward(self) -> FloatArray:
        """∂L/∂z, (batch, classes).

        L = (1/N) Σ_n [log Σ_l e^z_nl − z_n,label], as in `forward`:
        ∂L/∂z_nk = (p(k | z_n) − [k = label_n]) / N, for the log-sum's derivative is the softmax itself.
        """
        dz = np.exp(self.log_p)
        dz[np.arange(len(dz)), self.labels] -= 1
        dz /= len(dz)
        return dz


def log_softmax(z: FloatArray) -> FloatArray:
    """z_k − log Σ_l e^z_l by row; the largest logit is taken out of the sum first, so that nothing overflows."""
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))


def softmax(z: FloatArray) -> FloatArray:
    """e^z_k / Σ_l e^z_l by row: (n, classes), each row a distribution."""
    return np.exp(log_softmax(z))


LIKELIHOODS: dict[str, type[Likelihood]] = {
    "bernoulli": Bernoulli,
    "gaussian": Gaussian,
    "learned-gaussian": LearnedGaussian,
}


def likelihood(name: str) -> Likelihood:
    """A new likelihood by its name; ValueError that lists the names for any other."""
    return LIKELIHOODS[checks.choice("likelihood", name, LIKELIHOODS)]()
