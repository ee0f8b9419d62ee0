"""Whatever `gradcheck` takes, brought into the form of a Subject, on a float64 copy."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any

import numpy as np

from scratch_ae.gradient_check.check import filling
from scratch_ae.gradient_check.diagnosis.pieces import Record, is_piece, kept, parameters_of, pieces, recording
from scratch_ae.gradient_check.diagnosis.subject import (
    Seed,
    Subject,
    Watch,
    Written,
    copies,
    generator,
    takes_rng,
    unwatched,
)


def subject(
    thing: Any, *inputs: Any, gradient: Callable[..., Any] | None = None, seed: Seed = 0, incoming: Any = None
) -> Subject:
    """Whatever `gradcheck` takes as a Subject, on a float64 copy; TypeError in one sentence for anything else."""
    if not inputs:
        raise TypeError(
            "There is nothing to check it at: give gradcheck the inputs, too, such as gradcheck(layer, x)."
        )
    inputs = (as_input(inputs[0], whole=True), *map(as_input, inputs[1:]))
    if gradient is not None:
        return of_function(thing, inputs, gradient)
    if isinstance(thing, type):
        raise TypeError(f"{thing.__name__} is a class: give gradcheck an instance of it, {thing.__name__}(…).")
    if hasattr(thing, "loss_and_gradients") and hasattr(thing, "parameters") and hasattr(thing, "gradients"):
        return of_model(thing, inputs, seed)
    if not is_piece(thing):
        raise TypeError(
            f"{type(thing).__name__} has no forward and backward: give gradcheck a model, a layer, a loss or a "
            f"penalty, or a function with the one that gives its gradient, gradcheck(function, x, gradient=…)."
        )
    result = run_forward(copy.deepcopy(thing), inputs, seed)
    if result is None:
        raise TypeError(f"forward of {type(thing).__name__} returned nothing: is a `return` missing?")
    if np.ndim(result) == 0:
        return of_loss(thing, inputs, seed)
    return of_layer(thing, inputs, seed, incoming)


def of_function(function: Callable[..., Any], inputs: tuple[Any, ...], gradient: Callable[..., Any]) -> Subject:
    """L = function(*inputs) and gradient(*inputs): an array, or one for each input."""
    try:
        names = [f"{name}" for name in inspect.signature(function).parameters][: len(inputs)]
    except (TypeError, ValueError):
        names = []
    names += [f"input {i}" for i in range(len(names), len(inputs))]
    arrays = {name: value for name, value in zip(names, inputs, strict=True) if isinstance(value, np.ndarray)}
    if np.ndim(function(*copies(inputs))) != 0:
        raise TypeError(
            "gradcheck needs a function whose result is one number: sum what it returns, or give a layer."
        )

    def gradients(call: int, watch: Watch = unwatched) -> Written:
        result = gradient(*copies(inputs))
        results = result if isinstance(result, (tuple, list)) and len(arrays) > 1 else (result,)
        if len(results) > len(inputs):
            raise TypeError(f"gradient= returns {len(results)} arrays for {len(inputs)} inputs: return one for each.")
        return {name: value for name, value in zip_longest(names, results) if name in arrays}

    return Subject(
        thing=function,
        arrays=arrays,
        terms=lambda: {"loss": float(function(*copies(inputs)))},
        weights={"loss": 1.0},
        gradients=gradients,
        stored=frozenset(),
        scales=batch_scales(inputs[0]),
    )


def of_model(model: Any, inputs: tuple[Any, ...], seed: Seed) -> Subject:
    """A model with `parameters`, `gradients` (mappings of name to array) and `loss_and_gradients(x, …)`; where it
    also has `forward` and `loss_of`, the terms of its loss are known apart."""
    notes = []
    narrow = {str(array.dtype) for array in model.parameters.values() if array.dtype != np.float64}
    if narrow and hasattr(model, "astype"):
        notes.append(f"The model is {', '.join(narrow)}; a float64 copy of it was checked.")
    model = model.astype(np.float64) if hasattr(model, "astype") else copy.deepcopy(model)
    x, *labels = inputs
    to_input = hasattr(model, "backward") and "to_input" in inspect.signature(model.backward).parameters

    def run(method: Callable[..., Any]) -> Any:
        return method(x, *labels, rng=generator(seed)) if takes_rng(method) else method(x, *labels)

    def gradients(call: int, watch: Watch = unwatched) -> Written:
        fresh = copy.deepcopy(model)  # a step of training may change more than the gradients: a schedule's count
        for array in fresh.gradients.values():
            array[...] = filling(array.shape, call)
        with watch(fresh):
            run(fresh.loss_and_gradients)
            written = {name: kept(fresh.gradients.get(name)) for name in fresh.parameters}
            if to_input:
                written["input x"] = kept(fresh.backward())
        return written

    def terms() -> Mapping[str, float]:
        return run(model.forward) if in_terms else {"loss": run(model.loss_and_gradients)}

    in_terms = hasattr(model, "forward") and hasattr(model, "loss_of")
    weights = {"loss": 1.0}
    stepped = copy.deepcopy(model)
    if np.ndim(loss := run(stepped.loss_and_gradients)) != 0 or not isinstance(loss, (int, float, np.number)):
        raise TypeError(f"loss_and_gradients returned {type(loss).__name__}: it has to return the loss, one number.")
    notes += [
        f"{name} has a gradient, but is no parameter." for name in model.gradients if name not in model.parameters
    ]
    if in_terms:
        names = list(terms())
        weights = {name: stepped.loss_of({other: float(other == name) for other in names}) for name in names}
    return Subject(
        thing=model,
        arrays={**model.parameters, **({"input x": x} if to_input else {})},
        terms=terms,
        weights=weights,
        gradients=gradients,
        stored=frozenset(model.parameters),
        scales=batch_scales(x) | {f"the weight of {name}": weight for name, weight in weights.items()},
        notes=notes,
    )


def of_layer(layer: Any, inputs: tuple[Any, ...], seed: Seed, incoming: Any) -> Subject:
    """`forward(x[, rng])` → array and `backward(dy)` → dx, with the parameters of the layer and of those inside."""
    layer, notes = in_float64(layer)
    probe = copy.deepcopy(layer)
    used: dict[str, Record] = {}
    with recording(probe, used):
        y = run_forward(probe, inputs, seed)
    inner = [path for path, record in used.items() if record.given is not None]
    incoming = np.random.default_rng(1).standard_normal(np.shape(y)) if incoming is None else incoming

    def parameters(thing: Any) -> dict[str, tuple[Any, str]]:
        parts = pieces(thing)
        return parameters_of(thing, {path: parts[path] for path in inner})

    def gradients(call: int, watch: Watch = unwatched) -> Written:
        fresh = copy.deepcopy(layer)
        own = parameters(fresh)
        fill(own, call)
        with watch(fresh):
            run_forward(fresh, inputs, seed)
            dx = kept(fresh.backward(incoming.copy()))
        return {"input x": dx} | stored_gradients(own)

    x = inputs[0]
    own = parameters(layer)
    notes += [
        f"{name} has a d{name}, but is not in parameter_names: it was not checked."
        for name, value in vars(layer).items()
        if isinstance(value, np.ndarray) and hasattr(layer, f"d{name}") and name not in own
    ]
    return Subject(
        thing=layer,
        arrays={name: getattr(part, word) for name, (part, word) in own.items()} | {"input x": x},
        terms=lambda: {"loss": float(np.sum(incoming * run_forward(layer, inputs, seed)))},
        weights={"loss": 1.0},
        gradients=gradients,
        stored=frozenset(own),
        scales=batch_scales(x),
        incoming=incoming,
        single=np.asarray(y).dtype in (np.float32, np.float16),
        notes=notes,
    )


def of_loss(loss: Any, inputs: tuple[Any, ...], seed: Seed) -> Subject:
    """`forward(y[, target])` → number and `backward()` → dy: a loss or a penalty."""
    loss, notes = in_float64(loss)
    if any(p.default is p.empty for p in inspect.signature(loss.backward).parameters.values() if p.kind in (0, 1)):
        raise TypeError("backward of a loss takes no arguments: let forward keep what backward needs of them.")
    own = parameters_of(loss, {})
    names = ["output y", "target x"] if hasattr(loss, "target_gradient") else ["output y"]
    inputs = (*(as_input(value, whole=True) for value in inputs[: len(names)]), *inputs[len(names) :])
    targets = dict(zip(names, inputs, strict=False))

    def gradients(call: int, watch: Watch = unwatched) -> Written:
        fresh = copy.deepcopy(loss)
        stored = parameters_of(fresh, {})
        with watch(fresh):
            fill(stored, call)
            run_forward(fresh, inputs, seed)
            written = {"output y": kept(fresh.backward())} | stored_gradients(stored)
            if "target x" in targets:
                written["target x"] = kept(fresh.target_gradient())
        return written

    scales = batch_scales(inputs[0])
    if isinstance(getattr(loss, "weight", None), (int, float)):
        scales["the weight"] = float(loss.weight)
    return Subject(
        thing=loss,
        arrays={name: getattr(part, word) for name, (part, word) in own.items()} | targets,
        terms=lambda: {"loss": float(run_forward(loss, inputs, seed))},
        weights={"loss": 1.0},
        gradients=gradients,
        stored=frozenset(own),
        scales=scales,
        notes=notes,
    )


def run_forward(thing: Any, inputs: tuple[Any, ...], seed: Seed) -> Any:
    """Every call with the same noise, and on copies: code that writes into its arguments changes nothing here."""
    rng = {"rng": generator(seed)} if takes_rng(thing.forward) else {}
    return thing.forward(*copies(inputs), **rng)


def in_float64(piece: Any) -> tuple[Any, list[str]]:
    """A copy of it with all parameters in float64, and a note if they were not."""
    piece, notes = copy.deepcopy(piece), []
    for part, word in parameters_of(piece, pieces(piece)).values():
        value = np.asarray(getattr(part, word))
        if value.dtype == np.float64 and not value.flags.c_contiguous:
            put(part, word, np.ascontiguousarray(value))
        if value.dtype != np.float64:
            notes = [f"The {type(piece).__name__} is {value.dtype}; a float64 copy of it was checked."]
            put(part, word, value.astype(np.float64))
            put(part, f"d{word}", np.zeros(value.shape))
    return piece, notes


def put(part: Any, word: str, value: Any) -> None:
    """Sets an attribute as it is: a layer of this package would keep a parameter in the dtype it had."""
    if word in getattr(part, "__dict__", {}):
        vars(part)[word] = value
    else:
        setattr(part, word, value)


def stored_gradients(parameters: dict[str, tuple[Any, str]]) -> Written:
    return {name: kept(getattr(part, f"d{word}", None)) for name, (part, word) in parameters.items()}


def fill(parameters: dict[str, tuple[Any, str]], call: int) -> None:
    for part, word in parameters.values():
        array = getattr(part, f"d{word}", None)
        if isinstance(array, np.ndarray):
            array[...] = filling(array.shape, call)


def as_input(value: Any, whole: bool = False) -> Any:
    """A float64 copy of an array, or of a list, of real numbers; of `whole` ones only if asked, for labels stay."""
    array = np.asarray(value)
    return np.array(array, np.float64, order="C") if array.dtype.kind in ("fiub" if whole else "f") else value


def batch_scales(x: Any) -> dict[str, float]:
    """The numbers that a mean or a sum too many brings in."""
    shape = np.shape(x)
    if len(shape) != 2:
        return {"the number of entries": float(np.size(x))}
    return {"the batch size": float(shape[0]), "the number of features": float(shape[1])}
