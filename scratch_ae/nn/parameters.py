"""All parameters of a model in one flat array, and named views into it.

The optimizer is then one pass over one array, a gradient check one loop, a checkpoint one array; and a layer
still reads and writes its own `W` and `b`, because a view shares its memory with the flat array.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.nn.buffers import Buffered, aligned

Self = TypeVar("Self", bound="Gathered")


class ParameterStore(Mapping[str, FloatArray]):
    """A read-only mapping of dotted names to views into `flat`; the views themselves can be written to.

    >>> store = ParameterStore({"W": (2, 3), "b": (3,)}, np.float32)
    >>> store["b"][:] = 1
    >>> store.flat
    array([0., 0., 0., 0., 0., 0., 1., 1., 1.], dtype=float32)
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]], dtype: Any) -> None:
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()], dtype=int)
        self.flat: FloatArray = aligned(int(ends[-1]) if len(ends) else 0, dtype)
        self.flat[:] = 0
        pieces = np.split(self.flat, ends)  # and an empty one after the last end
        self._views = {name: piece.reshape(shapes[name]) for name, piece in zip(shapes, pieces, strict=False)}

    def __getitem__(self, name: str) -> FloatArray:
        return self._views[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def __repr__(self) -> str:
        lines = [f"  {name:<20} {view.shape}" for name, view in self.items()]
        return "\n".join([f"ParameterStore of {self.flat.size:,} {self.flat.dtype} values:", *lines])


class Parametrized(Buffered):
    """Something with parameters: for every name `W` in `parameter_names` it has an array `W` and, of the same
    shape, the gradient `dW` that its backward writes."""

    parameter_names: tuple[str, ...] = ()


class Gathered:
    """Something whose `parts` have their parameters in one flat array, and in copies and pickles have them so again.

    Nothing shares its parts with a copy: or else the optimizer of one would change arrays that are now the other's.
    """

    dtype: Any
    parameters: ParameterStore
    gradients: ParameterStore

    def parts(self) -> Mapping[str, Parametrized]:
        """Everything that has parameters, by the name they go under in `parameters`."""
        raise NotImplementedError

    def __copy__(self: Self) -> Self:
        return copy.deepcopy(self)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("parameters", "gradients")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.parameters, self.gradients = gather(self.parts(), self.dtype)


def gather(parts: Mapping[str, Parametrized], dtype: Any) -> tuple[ParameterStore, ParameterStore]:
    """Moves the parameters of all parts into one flat array and their gradients into another.

    Values are kept (rounded to `dtype`); every part then holds views. Returns (parameters, gradients), whose
    names are the part's, a dot, the parameter's: "encoder.0.W".
    """
    own = {f"{part}.{name}": getattr(parts[part], name) for part in parts for name in parts[part].parameter_names}
    shapes = {name: value.shape for name, value in own.items()}
    parameters, gradients = ParameterStore(shapes, dtype), ParameterStore(shapes, dtype)
    for name, value in own.items():
        parameters[name][...] = value
    for part, holder in parts.items():
        for name in holder.parameter_names:
            setattr(holder, name, parameters[f"{part}.{name}"])
            setattr(holder, f"d{name}", gradients[f"{part}.{name}"])
    return parameters, gradients
