"""Losses: from what the last layer puts out, y, to one number.

Each is summed over the features and averaged over the batch: nats per example. `forward` gives that number,
`backward` its gradient with respect to y, with the 1/batch of the average in it.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratch_ae.arrays import FloatArray
from scratch_ae.nn.activations import sigmoid
from scratch_ae.nn.layer import Layer


class NegativeLogLikelihood(Layer):
    """−log p(x | y), for data x and the decoder's output y, both (batch, features).

    A likelihood has `per_example(y, x)` (batch,), without its constant; `backward()`, ∂L/∂y; `target_gradient()`,
    ∂L/∂x, for which training has no use, though x is an input of the loss, too; and `mean(y)`, E[x | y].
    """

    def __init__(self, dtype: Any = np.float64) -> None:
        self.dtype = dtype

    def forward(self, y: FloatArray, x: FloatArray) -> float:
        """L = (1/N) Σ_n −log p(x_n | y_n), nats per example."""
        self.y, self.x = y, x
        return float(np.mean(self.per_example(y, x)))

    def per_example(self, y: FloatArray, x: FloatArray) -> FloatArray:
        raise NotImplementedError

    def constant(self, features: int) -> float:
        """The part of −log p(x | y) that `per_example` leaves out because it never changes, nats."""
        return 0.0

    def check(self, name: str, x: FloatArray) -> None:
        """ValueError if p(x | y) is zero for every y."""


class Bernoulli(NegativeLogLikelihood):
    """Each feature is a coin, p(x_j = 1) = σ(y_j), and y_j its logit.

    From logits and not from probabilities, because log σ(y) is exact where σ(y) has already rounded to 0 or 1. A grey
    value in [0, 1] is taken as the probability of the coin, as is usual: then L is a cross-entropy.
    """

    def per_example(self, y: FloatArray, x: FloatArray) -> FloatArray:
        """−log p(x | y) = −Σ_j [x_j log σ(y_j) + (1 − x_j) log(1 − σ(y_j))].

        With log σ(y) = y − softplus(y) and log(1 − σ(y)) = −softplus(y) this is Σ_j [softplus(y_j) − x_j y_j], where
        softplus(y) = max(y, 0) + log(1 + e^−|y|). The logarithm, which may be tiny, is added last: max(y, 0) − x y is
        exactly 0 where the coin is sure of x.
        """
        return np.sum(np.maximum(y, 0) - x * y + np.log1p(np.exp(-np.abs(y))), axis=1)

    def backward(self) -> FloatArray:
        """∂L/∂y. In L = (1/N) Σ_nj [softplus(y_nj) − x_nj y_nj], softplus' = σ:
        ⇒ ∂L/∂y_nj = (σ(y_nj) − x_nj) / N. The fractions of the two logarithms' derivatives cancel."""
        return (sigmoid(self.y) - self.x) / len(self.x)

    def target_gradient(self) -> FloatArray:
        """∂L/∂x. L = (1/N) Σ_nj [softplus(y_nj) − x_nj y_nj] is linear in x:
        ⇒ ∂L/∂x_nj = −y_nj / N."""
        return -self.y / len(self.y)

    def mean(self, y: FloatArray) -> FloatArray:
        """E[x_j | y_j] = σ(y_j)."""
        return sigmoid(y)

    def check(self, name: str, x: FloatArray) -> None:
        if x.min() < 0 or x.max() > 1:
            raise ValueError(
                f"The Bernoulli likelihood needs {name} in [0, 1], but it runs from {x.min():.9g} to {x.max():.9g}: "
                f'rescale it (bytes: divide by 255), or use likelihood="gaussian".'
            )


class Gaussian(NegativeLogLikelihood):
    """Each feature is normal around the output with variance 1, p(x_j | y_j) = N(x_j; y_j, 1): ½ squared error."""

    def per_example(self, y: FloatArray, x: FloatArray) -> FloatArray:
        """−log p(x | y) = Σ_j ½ (x_j − y_j)² + ½ D log 2π for D features; `constant` has the last term."""
        return 0.5 * np.sum((y - x) ** 2, axis=1)

    def backward(self) -> FloatArray:
        """∂L/∂y. L = (1/N) Σ_nj ½ (y_nj − x_nj)²:
        ⇒ ∂L/∂y_nj = (y_nj − x_nj) / N. The 2 of the square and the ½ cancel."""
        return (self.y - self.x) / len(self.y)

    def target_gradient(self) -> FloatArray:
        """∂L/∂x. L depends on x and y through y − x alone:
        ⇒ ∂L/∂x = −∂L/∂y."""
        return -self.backward()

    def mean(self, y: FloatArray) -> FloatArray:
        """E[x_j | y_j] = y_j."""
        return y

    def constant(self, features: int) -> float:
        """½ D log 2π."""
        return 0.5 * features * math.log(2 * math.pi)


class LearnedGaussian(Gaussian):
    """Each feature is normal around the output, with one learned variance: p(x_j | y_j) = N(x_j; y_j, σ²).

    log σ² is a parameter, (1,), and starts at 0. Source: Rybkin, Daniilidis & Levine 2021, section 3.1.
    """

    parameter_names = ("log_var",)

    def __init__(self, dtype: Any = np.float64) -> None:
        self.log_var: FloatArray = np.zeros(1, dtype)
        self.dlog_var: FloatArray = np.zeros(1, dtype)

    def standardized(self, y: FloatArray, x: FloatArray) -> FloatArray:
        """u = (y − x) / σ, with 1/σ = e^(−½ log σ²)."""
        return (y - x) * np.exp(-0.5 * self.log_var)

    def per_example(self, y: FloatArray, x: FloatArray) -> FloatArray:
        """−log p(x | y) = Σ_j ½ (u_j² + log σ²) + ½ D log 2π, with u = (y − x) / σ; `constant` has the last term."""
        return 0.5 * np.sum(self.standardized(y, x) ** 2 + self.log_var, axis=1)

    def backward(self) -> FloatArray:
        """∂L/∂y; writes ∂L/∂ log σ², (1,), as `dlog_var`.

        L = (1/N) Σ_nj ½ (u_nj² + log σ²) with u = (y − x) e^(−½ log σ²), so that ∂u/∂y = 1/σ and ∂u/∂ log σ² = −½ u.
        ⇒ ∂L/∂y_nj = u_nj / (σ N), and ∂L/∂ log σ² = (1/N) Σ_nj ½ (1 − u_nj²), which is zero where σ² is the mean
        squared error of a feature.
        """
        u = self.standardized(self.y, self.x)
        self.dlog_var = np.full(1, np.sum(0.5 * (1 - u**2)) / len(u))
        return u * np.exp(-0.5 * self.log_var) / len(u)


class SoftmaxCrossEntropy:
    """−log p(label | y) with p(k | y) = e^y_k / Σ_l e^y_l, for logits y (batch, classes), integer labels (batch,)."""

    def forward(self, y: FloatArray, labels: NDArray[np.integer]) -> float:
        """L = (1/N) Σ_n [log Σ_l e^y_nl − y_n,label], nats per example."""
        log_p = log_softmax(y)
        self.log_p, self.labels = log_p, labels
        return -float(np.mean(log_p[np.arange(len(y)), labels]))

    def backward(self) -> FloatArray:
        """∂L/∂y. In L = (1/N) Σ_n [log Σ_l e^y_nl − y_n,label], the derivative of the log-sum is the softmax:
        ⇒ ∂L/∂y_nk = (p(k | y_n) − [k = label_n]) / N."""
        dy = np.exp(self.log_p)
        dy[np.arange(len(dy)), self.labels] -= 1
        return dy / len(dy)


def log_softmax(y: FloatArray) -> FloatArray:
    """y_k − log Σ_l e^y_l by row; with the largest logit taken out of the sum, nothing overflows."""
    shifted = y - y.max(axis=1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))


def softmax(y: FloatArray) -> FloatArray:
    """e^y_k / Σ_l e^y_l by row: (n, classes), each row a distribution."""
    return np.exp(log_softmax(y))


LIKELIHOODS: dict[str, Any] = {"bernoulli": Bernoulli, "gaussian": Gaussian, "learned-gaussian": LearnedGaussian}
