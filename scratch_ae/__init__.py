"""Autoencoders from scratch in plain NumPy: every gradient written out by hand and proved right.

import scratch_ae as ae

train, test = ae.load_mnist()
vae = ae.VAE([784, 400, 20], seed=0)
vae.fit(train.images, epochs=10, validation=test.images)
print(ae.gradcheck(ae.VAE([784, 400, 20]), test.images[:4], entries=20))
"""

import importlib
from typing import Any

from scratch_ae.autoencoders import (
    VAE,
    Autoencoder,
    ConditionalVAE,
    ContractiveAutoencoder,
    DenoisingAutoencoder,
    SparseAutoencoder,
    StackedAutoencoder,
    TiedAutoencoder,
    load,
)
from scratch_ae.datasets import Dataset, load_arrays, load_fashion_mnist, load_mnist
from scratch_ae.gradient_check import gradcheck
from scratch_ae.nn.optimizers import SGD, Adam
from scratch_ae.training import History

__version__ = "0.1.0"

__all__ = [
    "SGD",
    "VAE",
    "Adam",
    "Autoencoder",
    "ConditionalVAE",
    "ContractiveAutoencoder",
    "Dataset",
    "DenoisingAutoencoder",
    "History",
    "SparseAutoencoder",
    "StackedAutoencoder",
    "TiedAutoencoder",
    "gradcheck",
    "load",
    "load_arrays",
    "load_fashion_mnist",
    "load_mnist",
]

ON_DEMAND = ("evaluation", "exercises", "plots")


def __getattr__(name: str) -> Any:
    """Imports `ae.plots` and its like when they are first asked for: matplotlib takes longer than all the rest."""
    if name in ON_DEMAND:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
