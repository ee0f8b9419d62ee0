"""The autoencoders: one file a variant, and each says only what it changes in the picture of `autoencoder.py`."""

from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.autoencoders.checkpoint import load
from scratch_ae.autoencoders.variational import VAE

__all__ = ["VAE", "Autoencoder", "load"]
