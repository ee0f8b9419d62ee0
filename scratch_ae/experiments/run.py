"""A training that has been done: what a variant's exhibit is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scratch_ae import VAE, Autoencoder, ConditionalVAE, Dataset, History
from scratch_ae.consoles import say
from scratch_ae.training import recipe


@dataclass
class Run:
    """A model, what it was trained and tested on, and how."""

    model: Autoencoder
    history: History
    train: Dataset
    test: Dataset
    epochs: int
    batch_size: int
    learning_rate: float

    @property
    def seed(self) -> int:
        return self.model.seed

    @property
    def shared(self) -> dict[str, Any]:
        """The arguments that a model beside this one has to share with it, for the two to be compared."""
        return {name: getattr(self.model, name) for name in ("activation", "likelihood", "seed")}

    def train_beside(self, other: Autoencoder, what: str) -> History:
        """Trains `other` as the model was, to compare the two."""
        say(f"Beside it, to compare: {what}")
        return other.fit(
            self.train.images,
            epochs=self.epochs,
            batch_size=self.batch_size,
            optimizer=recipe(len(self.train), self.epochs, self.batch_size, self.learning_rate),
            validation=self.test.images,
        )


def labels_for(model: Autoencoder, data: Dataset) -> Any:
    """The labels, if the model is a conditional one."""
    return data.labels if isinstance(model, ConditionalVAE) else None


def unit_of(model: Autoencoder) -> str:
    """What the model's loss is measured in; a VAE's has a KL in it."""
    squared = model.likelihood == "gaussian" and not isinstance(model, VAE)
    return "½ squared error per image" if squared else "nats per image"
