"""A model in a file: its parameters, one array, beside the arguments it was made with, one line of JSON."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from scratch_ae.files import whole_file
from scratch_ae.nn.schedules import SCHEDULES

if TYPE_CHECKING:
    from scratch_ae.autoencoders.autoencoder import Autoencoder


class CheckpointError(ValueError):
    """A file that is no model."""


def save(model: Autoencoder, path: str | os.PathLike[str]) -> None:
    """Writes `model` to `path` (NumPy's .npz), whole or not at all; TypeError for what `load` could not make."""
    from scratch_ae import autoencoders

    kind = type(model)
    if vars(autoencoders).get(kind.__name__) is not kind:
        raise TypeError(
            f"{kind.__name__} is no class of scratch_ae, and could not be loaded: "
            f"keep its parameters with np.save(path, model.parameters.flat)."
        )
    random = model.rng.bit_generator.state
    made = {"class": kind.__name__, "arguments": model.config, "steps": model.steps, "random": random}
    description = json.dumps(made, default=described)
    with whole_file(path) as file:
        np.savez(file, description=np.array(description), parameters=model.parameters.flat)


def described(argument: Any) -> Any:
    """An argument that is no plain value: NumPy's numbers as Python's, noises and schedules as class and fields."""
    if isinstance(argument, np.generic):
        return argument.item()
    if type(argument).__name__ not in composed():
        raise TypeError(f"{argument!r} cannot be saved with a model: only {', '.join(composed())} can.")
    fields = {field.name: getattr(argument, field.name) for field in dataclasses.fields(argument)}
    return {"class": type(argument).__name__, "fields": fields}


def revived(value: dict[str, Any]) -> Any:
    """What `described` took apart, put together again."""
    return composed()[value["class"]](**value["fields"]) if value.keys() == {"class", "fields"} else value


def composed() -> dict[str, Callable[..., Any]]:
    """The classes of arguments that are more than plain values."""
    from scratch_ae.autoencoders.denoising import NOISES  # late, because it imports Autoencoder, which imports this

    return {**SCHEDULES, **{noise.__name__: noise for noise in NOISES.values()}}


def load(path: str | os.PathLike[str]) -> Autoencoder:
    """The model that `save` wrote, bit for bit, and the next random numbers that it would have drawn; CheckpointError
    if the file is missing, damaged or another's."""
    from scratch_ae import autoencoders

    if not os.path.isfile(path):
        raise CheckpointError(f"{path} is no file: give the path of one written by model.save(path).")
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            made, parameters = json.loads(str(file["description"]), object_hook=revived), file["parameters"]
        kind = vars(autoencoders)[made["class"]]
        model = kind(**made["arguments"])
        if not isinstance(model, autoencoders.Autoencoder) or parameters.dtype != model.dtype:
            raise TypeError
        model.restore(parameters.reshape(model.parameters.flat.shape), made["steps"])
        if "random" in made:  # in files of older versions it is not
            model.rng.bit_generator.state = made["random"]
    except Exception as error:  # what zipfile, json and NumPy raise over a damaged file is of a dozen kinds
        raise CheckpointError(
            f"{path} is damaged or not from model.save(path) ({type(error).__name__}): save the model again."
        ) from None
    return model
