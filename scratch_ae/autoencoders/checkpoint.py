"""A model in a file: its parameters, one array, beside the arguments it was made with, one line of JSON."""

from __future__ import annotations

import json
import os
import zipfile
from typing import TYPE_CHECKING

import numpy as np

import scratch_ae
from scratch_ae.files import whole_file

if TYPE_CHECKING:
    from scratch_ae.autoencoders.autoencoder import Autoencoder


class CheckpointError(ValueError):
    """A file that is no model."""


def save(model: Autoencoder, path: str | os.PathLike[str]) -> None:
    """Writes `model` to `path` (NumPy's .npz), whole or not at all."""
    description = json.dumps({"class": type(model).__name__, "arguments": model.config})
    with whole_file(path) as file:
        np.savez(file, description=np.array(description), parameters=model.parameters.flat)


def load(path: str | os.PathLike[str]) -> Autoencoder:
    """The model that `save` wrote, bit for bit; CheckpointError if the file is missing, damaged or another's."""
    try:
        with np.load(path, allow_pickle=False) as file:
            description, flat = json.loads(str(file["description"])), file["parameters"]
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
