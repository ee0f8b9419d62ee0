"""The exercises in the order in which they are done: from one activation to a conditional VAE, a hundred points in
all. Each is cut from the library's own source; a module a theme."""

from scratch_ae.exercises.curriculum import (
    activations,
    autoencoders,
    layers,
    losses,
    optimizers,
    regularizers,
    variational,
)
from scratch_ae.exercises.task import Task

EXERCISES: tuple[Task, ...] = (
    *activations.TASKS,
    *layers.TASKS,
    *losses.TASKS,
    *optimizers.TASKS,
    *autoencoders.TASKS,
    *regularizers.TASKS,
    *variational.TASKS,
)
