"""Questions put to a trained model: each shows whether a variant does what it is for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders import Autoencoder
from scratch_ae.autoencoders.denoising import NOISES
from scratch_ae.evaluation.reconstruction import squared_error


def random_images(x: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Images (n, features) without any structure: each pixel's values in x, shuffled among the images by
    themselves, so that every pixel is as bright as before but knows nothing of its neighbours."""
    return rng.permuted(x, axis=0)


def share_reproduced(model: Autoencoder, x: FloatArray) -> float:
    """1 − squared error / variance: 1 if x (n, features) comes back as it was, 0 if only its mean does.

    Of random images, a model that has learned the data reproduces little, and one that has learned the identity all.
    """
    return 1 - squared_error(x, model.reconstruct(x)) / squared_error(x, np.broadcast_to(x.mean(axis=0), x.shape))


def cleaned_errors(
    model: Autoencoder, x: FloatArray, noise: str, levels: Sequence[float], rng: np.random.Generator
) -> list[float]:
    """Squared error per image between x (n, features) and what the model makes of x with noise of each level."""
    return [squared_error(x, model.reconstruct(NOISES[noise](level).forward(x, rng))) for level in levels]


def jacobian_singular_values(model: Autoencoder, x: FloatArray) -> FloatArray:
    """Singular values of ∂h/∂x for an encoder of one layer, largest first, the root mean square of each over
    x (n, features): (code,).

    Each is how far the code moves when x moves by one in the direction the code sees best, second best, ….
    J = diag(φ'(a)) Wᵀ, and the eigenvalues of J Jᵀ are their squares.
    """
    W = model.encoder.dense[0].W.astype(np.float64)
    gram = W.T @ W
    slopes = model.encoder.activations[0].derivative(model.encoder.forward(x)).astype(np.float64)
    squares = [np.linalg.eigvalsh(slope[:, np.newaxis] * gram * slope) for slope in slopes]
    return np.sqrt(np.maximum(np.mean(squares, axis=0)[::-1], 0))


def between(model: Autoencoder, x: FloatArray, pairs: int = 6, steps: int = 11) -> FloatArray:
    """What the model decodes on the way from the code of one image to that of the next: (pairs, steps, features), the
    real images at both ends."""
    pairs = min(pairs, len(x) // 2)
    left, right = x[0 : 2 * pairs : 2], x[1 : 2 * pairs : 2]
    t = np.linspace(0, 1, steps)[:, np.newaxis]
    codes = zip(model.encode(left), model.encode(right), strict=True)
    images = np.array([model.decode((1 - t) * a + t * b) for a, b in codes])
    images[:, 0], images[:, -1] = left, right
    return images
