"""The door of every model: parameters by name, copies in another dtype, and a file that holds it."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from scratch_ae import checks
from scratch_ae.archives import Archive, ArchiveError
from scratch_ae.arrays import FloatArray
from scratch_ae.files import place, whole_file
from scratch_ae.nn.layer import Layer

Self = TypeVar("Self", bound="Model")

DESCRIPTION = 2**18
"""Bytes of a saved model's description at most, at four a character; a few thousand are usual."""


class CheckpointError(ValueError):
    """Not a saved model."""


class NamedArrays(Mapping[str, FloatArray]):
    """Arrays of several layers by dotted name, "encoder.0.W": always the layers' own, to read and to assign.

    `prefix` "" gives the parameters, "d" their gradients.
    """

    def __init__(self, layers: Mapping[str, Layer], prefix: str = "") -> None:
        self.places = {
            f"{path}.{name}": (layer, prefix + name)
            for path, layer in layers.items()
            for name in layer.parameter_names
        }

    def __getitem__(self, name: str) -> FloatArray:
        return getattr(*self.places[name])

    def __setitem__(self, name: str, value: FloatArray) -> None:
        setattr(*self.places[name], value)

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def __repr__(self) -> str:
        return "\n".join(f"{name:<20} {array.shape}, {array.dtype}" for name, array in self.items())


class Model:
    """Something made of layers, which remembers the arguments it was made with."""

    sizes: Sequence[int]
    decoder_sizes: Sequence[int] = ()
    dtype: np.dtype[Any]
    rng: np.random.Generator
    steps: int
    _made_with: dict[str, Any]

    def __init_subclass__(cls) -> None:
        if "__init__" in vars(cls):
            type.__setattr__(cls, "__init__", remembering(vars(cls)["__init__"]))

    def layers(self) -> dict[str, Layer]:
        """Everything that has parameters, by the name they go under in `parameters`."""
        raise NotImplementedError

    @property
    def parameters(self) -> NamedArrays:
        """The layers' parameters by name, "encoder.0.W"."""
        return NamedArrays(self.layers())

    @property
    def gradients(self) -> NamedArrays:
        """Their gradients under the same names, as the last backward wrote them."""
        return NamedArrays(self.layers(), "d")

    def __repr__(self) -> str:
        way = "-".join(map(str, [*self.sizes, *self.decoder_sizes[1:]]))
        size = sum(array.size for array in self.parameters.values())
        return f"{type(self).__name__}({way}, {size:,} parameters, {self.dtype})"

    def arguments(self) -> dict[str, Any]:
        """What would make such a model again: the constructor's arguments, as handed in or by default."""
        defaults: dict[str, Any] = {}
        for kind in type(self).__mro__:
            own = inspect.signature(vars(kind)["__init__"]).parameters.values() if "__init__" in vars(kind) else []
            defaults = {p.name: p.default for p in own if p.default not in (p.empty, None, ())} | defaults
            if own and not any(p.kind is p.VAR_KEYWORD for p in own):
                break  # no argument is handed on to the classes that follow
        return {**defaults, **self._made_with}

    def astype(self: Self, dtype: Any) -> Self:
        """A copy in another dtype: float64 to check the gradients of a model trained in float32."""
        other = copy.deepcopy(self)
        other.dtype = checks.float_dtype(dtype)
        other._made_with["dtype"] = other.dtype
        for layer in other.layers().values():
            for name in layer.parameter_names:
                for word in (name, f"d{name}"):
                    vars(layer)[word] = vars(layer)[word].astype(other.dtype)
        return other

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model to one file (NumPy's .npz) that lists its arrays by name, whole or not at all;
        `scratch_ae.load` reads it. TypeError for what it could not make again, ValueError for parameters that are
        not finite."""
        kind = type(self)
        if not kind.__module__.startswith("scratch_ae."):
            raise TypeError(
                f"{kind.__name__} is not a class of scratch_ae, and could not be loaded: keep its arrays with "
                f"np.savez(path, **model.parameters)."
            )
        made = {"class": kind.__name__, "arguments": self.arguments(), "steps": self.steps}
        description = json.dumps({**made, "random": self.rng.bit_generator.state}, default=described)
        for name, array in self.parameters.items():
            if not np.isfinite(array).all():
                raise ValueError(
                    f"{name} holds NaN or infinite values: such a model is not saved, for it is of no use."
                )
        with whole_file(path) as file:
            arrays: dict[str, Any] = {"description": np.array(description), **self.parameters}
            np.savez(file, **arrays)


def remembering(init: Callable[..., None]) -> Callable[..., None]:
    """The same constructor; the outermost of a chain notes its arguments in `_made_with`."""
    names = [*inspect.signature(init).parameters][1:]

    @functools.wraps(init)
    def __init__(self: Model, *arguments: Any, **named: Any) -> None:
        if "_made_with" not in vars(self):
            given = {**dict(zip(names, arguments, strict=False)), **named}
            # A list is the caller's, who may go on and change it.
            self._made_with = {name: [*value] if isinstance(value, list) else value for name, value in given.items()}
        init(self, *arguments, **named)

    return __init__


def described(argument: Any) -> Any:
    """An argument that is not plain JSON: NumPy's numbers as Python's, noises and schedules as class and fields."""
    if isinstance(argument, (np.generic, np.ndarray)):
        return argument.tolist()
    if isinstance(argument, (type, np.dtype)):
        return np.dtype(argument).name
    if not dataclasses.is_dataclass(argument) or not type(argument).__module__.startswith("scratch_ae."):
        raise TypeError(
            f"{argument!r} cannot be saved with a model: only this package's noises, penalties and so on can."
        )
    fields = {field.name: getattr(argument, field.name) for field in dataclasses.fields(argument)}
    return {"class": type(argument).__name__, "fields": fields}


def read(path: str | os.PathLike[str], classes: Mapping[str, Callable[..., Any]]) -> Any:
    """The model that `save` wrote, made of these classes: bit for bit, with the random numbers it would have drawn
    next. CheckpointError if the file is missing, damaged or not a saved model.

    Nothing in a file is believed before it is checked: it takes no more memory than a saved model of its length.
    """
    path = place(path)
    if not os.path.isfile(path):
        raise CheckpointError(f"There is no file {path}: give the path of one written by model.save(path).")
    try:
        with open(path, "rb") as file:
            return made_again(Archive(file, ratio=2), classes)
    except PermissionError:
        raise CheckpointError(f"{path} may not be read: ask for permission, or give another file.") from None
    except Exception as error:  # what zipfile, json and NumPy raise over a damaged file is of a dozen kinds
        reason = str(error) if isinstance(error, (ArchiveError, CheckpointError)) else type(error).__name__
        raise CheckpointError(
            f"{path} is damaged or not a saved model ({reason}): save it again with model.save(path)."
        ) from None


def made_again(archive: Archive, classes: Mapping[str, Callable[..., Any]]) -> Model:
    """The model of an archive; an exception of any kind, if it holds none."""
    models = {name: kind for name, kind in classes.items() if isinstance(kind, type) and issubclass(kind, Model)}

    def revived(value: dict[str, Any]) -> Any:
        if value.keys() != {"class", "fields"}:
            return value
        if value["class"] in models:
            raise CheckpointError("a model inside of its arguments")
        return classes[value["class"]](**value["fields"])

    headers = {name: archive.header(name) for name in archive}
    text = headers.pop("description")
    if text.shape != () or text.dtype.itemsize > DESCRIPTION:
        raise CheckpointError("its description is no text, or a book")
    made = json.loads(str(archive["description"]), object_hook=revived)
    values = sum(math.prod(header.shape) for header in headers.values())
    if least_values(made["arguments"], has_decoder="decoder.0.W" in headers) > values:
        raise CheckpointError(f"{values:,} numbers are there, which are too few for its sizes")
    model = models[made["class"]](**made["arguments"])

    arrays: Mapping[str, Any] = archive
    if headers.keys() == {"parameters"}:  # files of older versions: all arrays in one, in this order
        arrays = split(archive["parameters"], model.parameters)
    elif headers.keys() != model.parameters.keys():
        raise CheckpointError("its arrays have other names than such a model's")
    for name in model.parameters:
        array = arrays[name]
        if array.dtype != model.dtype or not np.isfinite(array).all():
            raise CheckpointError(f"{name} is {array.dtype}, or not finite")
        model.parameters[name] = array
    model.steps = checks.whole("steps", made["steps"], at_least=0)
    if "random" in made:  # not in files of older versions
        model.rng.bit_generator.state = made["random"]
    return model


def least_values(arguments: Mapping[str, Any], has_decoder: bool) -> int:
    """As many numbers as the weights of a model with these arguments have at least, reckoned without making it."""
    told = checks.whole("classes", arguments.get("classes", 0), at_least=0)
    sizes = checks.layer_sizes("sizes", arguments["sizes"])
    decoder = checks.decoder_sizes("decoder_sizes", arguments.get("decoder_sizes"), sizes)
    networks = [sizes, decoder] if has_decoder or arguments.get("decoder_sizes") else [sizes]
    return sum((i == 0) * told * way[1] + way[i] * way[i + 1] for way in networks for i in range(len(way) - 1))


def split(flat: Any, like: Mapping[str, Any]) -> dict[str, Any]:
    """One array cut into arrays of these shapes, in their order."""
    pieces = np.split(flat, np.cumsum([array.size for array in like.values()]))
    if len(pieces.pop()):
        raise ValueError
    return {name: piece.reshape(like[name].shape) for name, piece in zip(like, pieces, strict=True)}
