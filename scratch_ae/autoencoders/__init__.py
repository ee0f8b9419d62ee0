"""The autoencoders: one file a variant, and each says only what it changes in the picture of `autoencoder.py`."""

from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.autoencoders.checkpoint import load
from scratch_ae.autoencoders.conditional import ConditionalVAE
from scratch_ae.autoencoders.contractive import ContractiveAutoencoder
from scratch_ae.autoencoders.denoising import DenoisingAutoencoder
from scratch_ae.autoencoders.sparse import SparseAutoencoder
from scratch_ae.autoencoders.stacked import StackedAutoencoder
from scratch_ae.autoencoders.tied import TiedAutoencoder
from scratch_ae.autoencoders.variational import VAE

__all__ = [
    "VAE",
    "Autoencoder",
    "ConditionalVAE",
    "ContractiveAutoencoder",
    "DenoisingAutoencoder",
    "SparseAutoencoder",
    "StackedAutoencoder",
    "TiedAutoencoder",
    "load",
]
