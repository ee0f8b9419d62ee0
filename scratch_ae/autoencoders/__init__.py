"""The autoencoders: one file a variant, and each says only what it changes in the picture of `autoencoder.py`."""

from scratch_ae.autoencoders.autoencoder import Autoencoder as Autoencoder
from scratch_ae.autoencoders.conditional import ConditionalVAE as ConditionalVAE
from scratch_ae.autoencoders.contractive import ContractiveAutoencoder as ContractiveAutoencoder
from scratch_ae.autoencoders.denoising import DenoisingAutoencoder as DenoisingAutoencoder
from scratch_ae.autoencoders.sparse import SparseAutoencoder as SparseAutoencoder
from scratch_ae.autoencoders.stacked import StackedAutoencoder as StackedAutoencoder
from scratch_ae.autoencoders.tied import TiedAutoencoder as TiedAutoencoder
from scratch_ae.autoencoders.variational import VAE as VAE
