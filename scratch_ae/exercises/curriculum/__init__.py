"""The exercises in the order in which they are done: from one activation to a conditional VAE, a hundred points in
all. Each is cut from the library's own source; a module a theme."""

from scratch_ae.exercises.curriculum import (
    activation_exercises,
    autoencoder_exercises,
    layer_exercises,
    loss_exercises,
    optimizer_exercises,
    regularizer_exercises,
    variational_exercises,
)
from scratch_ae.exercises.task import Task

EXERCISES: tuple[Task, ...] = (
    *activation_exercises.TASKS,
    *layer_exercises.TASKS,
    *loss_exercises.TASKS,
    *optimizer_exercises.TASKS,
    *autoencoder_exercises.TASKS,
    *regularizer_exercises.TASKS,
    *variational_exercises.TASKS,
)
