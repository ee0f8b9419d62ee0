"""How fast training is: against its own matrix products, and against the frameworks that are installed."""

from scratch_ae.bench.race import DroppedOut, Race, race, step_parts
from scratch_ae.bench.setup import Setup

__all__ = ["DroppedOut", "Race", "Setup", "race", "step_parts"]
