"""A model in a file: its parameters, one array, beside the arguments it was made with, one line of JSON."""

from __future__ import annotations

import dataclasses
import json
import os
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

import scratch_ae
from scratch_ae.files import whole_file
from scratch_ae.nn.schedules import SCHEDULES

if TYPE_CHECKING:
    from scratch_ae.autoencoders.autoencoder import Autoencoder


class CheckpointError(ValueError):
    """A file that is no model."""


def save(model: Autoencoder, path: str | os.PathLike[str]) -> None:
    """Writes `model` to `path` (NumPy's .npz), whole or not at all."""
    description = json.dumps({"class": type(model).__name__, "arguments": model.config}, default=described)
    with whole_file(path) as file:
        np.savez(file, description=np.array(description), parameters=model.parameters.flat)


def composed() -> dict[str, Callable[..., Any]]:
    """The classes of arguments that are more than plain values: noises and schedules."""
    from scratch_ae.autoencoders.denoising import NOISES  # late, because it imports Autoencoder, which imports this

    return {**SCHEDULES, **{noise.__name__: noise for noise in NOISES.values()}}


def described(argument: Any) -> dict[str, Any]:
    """Such an argument as its class and fields."""
    if type(argument).__name__ not in composed():
        raise TypeError(f"{argument!r} cannot be saved with a model: only {', '.join(composed())} can.")
    fields = {field.name: getattr(argument, field.name) for field in dataclasses.fields(argument)}
    return {"class": type(argument).__name__, "fields": fields}


def revived(value: dict[str, Any]) -> Any:
    """What `described` took apart, put together again."""
    return composed()[value["class"]](**value["fields"]) if value.keys() == {"class", "fields"} else value


def load(path: str | os.PathLike[str]) -> Autoencoder:
    """The model that `save` wrote, bit for bit; CheckpointError if the file is missing, damaged or another's."""
    try:
        with np.load(path, allow_pickle=False) as file:
            description, flat = json.loads(str(file["description"]), object_hook=revived), file["parameters"]
        model: Autoencoder = getattr(scratch_ae, description["class"])(**description["arguments"])
        if flat.shape != model.parameters.flat.shape:
            raise ValueError(f"it holds {flat.size} parameters, its description needs {model.parameters.flat.size}")
    except FileNotFoundError:
        raise CheckpointError(
            f"{path} does not exist: give the path of a file written by model.save(path)."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path} is not a model written by model.save(path), or is damaged: {error}.") from None
    model.parameters.flat[:] = flat
    return model
