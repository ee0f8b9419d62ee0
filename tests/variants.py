"""Every model there is, small: what the tests of all of them go through. A new variant joins here, in one line."""

from functools import partial

import numpy as np

import scratch_ae as ae
from scratch_ae.autoencoders.denoising import Masking
from scratch_ae.autoencoders.sparse import L1, SparsityKL, TopK
from scratch_ae.evaluation import SoftmaxClassifier
from scratch_ae.nn.schedules import Linear

FEATURES, CLASSES = 6, 3

AUTOENCODERS = {
    "plain": partial(ae.Autoencoder, [6, 5, 3], activation="tanh"),
    "learned variance": partial(ae.Autoencoder, [6, 5, 3], likelihood="learned-gaussian"),
    "composed": partial(
        ae.Autoencoder,
        [6, 8],
        activation="sigmoid",
        corruption=Masking(0.3),
        code=TopK(5),
        penalties=[SparsityKL(0.2, 0.5), L1(0.1)],
    ),
    "tied": partial(ae.TiedAutoencoder, [6, 5, 3]),
    "tied, learned variance": partial(ae.TiedAutoencoder, [6, 3], activation="tanh", likelihood="learned-gaussian"),
    "stacked": partial(ae.StackedAutoencoder, [6, 5, 3]),
    "sparse, kl": partial(ae.SparseAutoencoder, [6, 5, 4], sparsity="kl", rho=0.2, weight=0.5),
    "sparse, l1": partial(ae.SparseAutoencoder, [6, 8], sparsity="l1"),
    "sparse, top-k": partial(ae.SparseAutoencoder, [6, 8], sparsity="top-k", k=3),
    "denoising, gaussian": partial(ae.DenoisingAutoencoder, [6, 5], noise="gaussian", level=0.3),
    "denoising, masking": partial(ae.DenoisingAutoencoder, [6, 5], noise="masking", level=0.3),
    "denoising, salt-and-pepper": partial(ae.DenoisingAutoencoder, [6, 5], noise="salt-and-pepper", level=0.3),
    "contractive": partial(ae.ContractiveAutoencoder, [6, 4]),
    "vae": partial(ae.VAE, [6, 5, 2]),
    "vae, warming up": partial(ae.VAE, [6, 5, 2], beta=Linear(0.1, 1.0, 9), likelihood="learned-gaussian"),
    "conditional vae": partial(ae.ConditionalVAE, [6, 5, 2], classes=CLASSES),
}
"""By name, each made by calling it, with more arguments or none."""

MODELS = {**AUTOENCODERS, "classifier": partial(SoftmaxClassifier, [6, 5, CLASSES])}


def takes_labels(model):
    return isinstance(model, (ae.ConditionalVAE, SoftmaxClassifier))


def examples(model, n=40, seed=0):
    """What the model learns from: x, and labels where it takes them. Three pictures with noise on them, in [0, 1]."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(CLASSES, size=n)
    pictures = np.random.default_rng(0).random((CLASSES, FEATURES))
    x = np.clip(pictures[labels] + 0.1 * rng.standard_normal((n, FEATURES)), 0, 1).astype(model.dtype)
    return (x, labels) if takes_labels(model) else (x,)


def flat(arrays):
    """All numbers of parameters or gradients, in one row."""
    return np.concatenate([array.ravel() for array in arrays.values()])


def copies(arrays):
    return {name: array.copy() for name, array in arrays.items()}


def assert_same_arrays(found, expected):
    """The same names, shapes, dtypes and bits."""
    assert [*found] == [*expected]
    for name, array in expected.items():
        assert (found[name].shape, found[name].dtype) == (array.shape, array.dtype), name
        assert found[name].tobytes() == array.tobytes(), name
