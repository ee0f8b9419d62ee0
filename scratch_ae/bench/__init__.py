"""How fast training is: against its own matrix products, and against the frameworks that are installed."""

from scratch_ae.bench.race import Race, race, taken_apart
from scratch_ae.bench.setup import Setup

__all__ = ["Race", "Setup", "race", "taken_apart"]
