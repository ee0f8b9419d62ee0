"""Autoencoders from scratch in plain NumPy: every gradient written out by hand and proved right.

import scratch_ae as ae

train, test = ae.load_mnist()
vae = ae.VAE([784, 400, 20], seed=0)
vae.fit(train.images, epochs=10, validation=test.images)
print(ae.gradcheck(ae.VAE([784, 400, 20]), test.images[:4], entries=20))
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

from scratch_ae import consoles
from scratch_ae.autoencoders import (
    VAE,
    Autoencoder,
    ConditionalVAE,
    ContractiveAutoencoder,
    DenoisingAutoencoder,
    SparseAutoencoder,
    StackedAutoencoder,
    TiedAutoencoder,
)
from scratch_ae.autoencoders.denoising import NOISES
from scratch_ae.autoencoders.sparse import L1, SparsityKL, TopK
from scratch_ae.datasets import Dataset, load_arrays, load_fashion_mnist, load_mnist
from scratch_ae.models import read
from scratch_ae.nn.optimizers import SGD, Adam
from scratch_ae.nn.schedules import SCHEDULES
from scratch_ae.training import History

if TYPE_CHECKING:
    from scratch_ae.gradient_check.diagnosis import gradcheck
    from scratch_ae.reading import show_source

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
    "show_source",
]

AUTOENCODERS = (
    Autoencoder,
    ConditionalVAE,
    ContractiveAutoencoder,
    DenoisingAutoencoder,
    SparseAutoencoder,
    StackedAutoencoder,
    TiedAutoencoder,
    VAE,
)


def load(path: str | os.PathLike[str]) -> Any:
    """The model that `model.save(path)` wrote, bit for bit, and with the random numbers it would have drawn next;
    ValueError if the file is missing, damaged or not a saved model."""
    from scratch_ae.evaluation import SoftmaxClassifier

    stages = (*NOISES.values(), *SCHEDULES.values(), L1, SparsityKL, TopK)
    return read(path, {kind.__name__: kind for kind in (*AUTOENCODERS, SoftmaxClassifier, *stages)})


consoles.forgiving()


ON_DEMAND = {
    "evaluation": "evaluation",
    "exercises": "exercises",
    "gradcheck": "gradient_check.diagnosis",
    "plots": "plots",
    "show_source": "reading",
}
"""Names that are imported when they are first asked for, and the module each is, or is in: matplotlib alone takes
longer than all the rest."""


def __getattr__(name: str) -> Any:
    if name not in ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{ON_DEMAND[name]}")
    return module if name == ON_DEMAND[name] else getattr(module, name)
