"""The training loop: it knows something with parameters and a loss, and no autoencoder."""

from scratch_ae.training.fit import fit, recipe
from scratch_ae.training.history import History
from scratch_ae.training.trainable import Trainable

__all__ = ["History", "Trainable", "fit", "recipe"]
