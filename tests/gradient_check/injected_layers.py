"""The usual mistakes in layers that act on each entry, and in the dense layer, alone and in models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from injections import N, batch, broken, case, model, random, times

import scratch_ae as ae
from scratch_ae.autoencoders.denoising import GaussianNoise, Masking, SaltAndPepper
from scratch_ae.autoencoders.sparse import TopK
from scratch_ae.nn.activations import ACTIVATIONS
from scratch_ae.nn.dense import Dense


def activation_cases(where: str, place: Callable[[Any], tuple[Any, ...]], names: list[str]) -> None:
    """`place` puts an activation where it is to be checked: alone, or into a model."""
    for name in names:

        def make(name=name, **methods: Any) -> tuple[Any, ...]:
            return place(broken(ACTIVATIONS[name](), **methods))

        label = f"{name} {where}"
        case(f"{label}: sign", "sign flipped", "sign", lambda m=make: m(backward=times(-1)))
        case(f"{label}: zero", "zero", "zero", lambda m=make: m(backward=times(0)))
        case(f"{label}: twice", "constant factor", "factor", lambda m=make: m(backward=times(2)), "2")
        case(
            f"{label}: over the batch", "constant factor", "factor", lambda m=make: m(backward=times(1 / N)), "batch"
        )
        if name != "identity":
            passed_on = dict(backward=lambda self, right, dh: dh.copy())
            missing = "derivative missing"
            case(f"{label}: no derivative", missing, missing, lambda m=make, p=passed_on: m(**p))
        if name in ("sigmoid", "tanh", "softplus", "elu"):

            def at_output(self, right, dh):
                h = self.h.copy()
                self.forward(h)
                return right(dh).copy()

            kind = "derivative at the output"
            case(f"{label}: at output", kind, "derivative at output", lambda m=make, a=at_output: m(backward=a))


activation_cases("alone", lambda phi: (phi, random(N, 4)), list(ACTIVATIONS))


def in_model(
    kind: type, *, path: str = "encoder.activations[0]", **arguments: Any
) -> Callable[[Any], tuple[Any, ...]]:
    def place(phi: Any) -> tuple[Any, ...]:
        made = model(kind, activation=phi.__class__.__base__.__name__, **arguments)
        made.encoder.activations[0] = phi
        return made, batch()

    return place


activation_cases("in an Autoencoder", in_model(ae.Autoencoder), list(ACTIVATIONS))
activation_cases("in a VAE", in_model(ae.VAE), ["sigmoid", "tanh", "relu", "elu"])

MASKS = {
    "TopK": lambda: (TopK(2), random(N, 4)),
    "Masking": lambda: (Masking(0.4), random(N, 4)),
    "SaltAndPepper": lambda: (SaltAndPepper(0.4), random(N, 4)),
}
for name, made in MASKS.items():
    for label, kind, says, method, word in (
        ("no mask", "derivative missing", "derivative missing", lambda self, right, dh: dh.copy(), ""),
        ("sign", "sign flipped", "sign", times(-1), ""),
        ("over the batch", "constant factor", "factor", times(1 / N), "batch"),
        ("zero", "zero", "zero", times(0), ""),
    ):

        def make(made=made, method=method) -> tuple[Any, ...]:
            layer, x = made()
            return broken(layer, backward=method), x

        case(f"{name}: {label}", kind, says, make, word)
case(
    "GaussianNoise: times σ", "constant factor", "factor",
    lambda: (broken(GaussianNoise(0.3), backward=times(0.3)), random(N, 4)),
)  # fmt: skip


# --- the dense layer ----------------------------------------------------------------------------------------


def write(name: str, change: Callable[[Any], Any]) -> Callable[..., Any]:
    """A `backward` that leaves `change(right gradient)` in the array."""

    def backward(self, right, *dy):
        dx = right(*dy)
        array = getattr(self, name)
        array[...] = change(array.copy())
        return dx

    return backward


def leave(name: str) -> Callable[..., Any]:
    """One that never writes it."""

    def backward(self, right, *dy):
        before = getattr(self, name)
        dx = right(*dy)
        setattr(self, name, before)
        return dx

    return backward


def add(name: str) -> Callable[..., Any]:
    """One that adds to it."""

    def backward(self, right, *dy):
        before = getattr(self, name)
        dx = right(*dy)
        setattr(self, name, getattr(self, name) + before)
        return dx

    return backward


def rebind(name: str, change: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """One that puts a new array in its place."""

    def backward(self, right, dy, *to_input):
        dx = right(dy, *to_input)
        setattr(self, name, change(self, dy))
        return dx

    return backward


def bias_from(change: Callable[[Any], Any]) -> Callable[..., Any]:
    def backward(self, right, dy, *to_input):
        dx = right(dy, *to_input)
        self.db = change(dy)
        return dx

    return backward


DENSE = {
    "sign of dW": ("sign flipped", "sign", write("dW", lambda g: -g), ""),
    "sign of db": ("sign flipped", "sign", write("db", lambda g: -g), ""),
    "dW over the batch": ("constant factor", "factor", write("dW", lambda g: g / N), "batch"),
    "dW twice": ("constant factor", "factor", write("dW", lambda g: 2 * g), "2"),
    "db mean": ("constant factor", "factor", bias_from(lambda dy: dy.mean(axis=0)), "batch"),
    "dW zero": ("zero", "zero", write("dW", lambda g: 0), ""),
    "db zero": ("zero", "zero", write("db", lambda g: 0), ""),
    "dW never written": ("never written", "never written", leave("dW"), ""),
    "db never written": ("never written", "never written", leave("db"), ""),
    "dW on top": ("accumulated", "accumulated", add("dW"), ""),
    "db on top": ("accumulated", "accumulated", add("db"), ""),
    "db over both axes": ("bias sum", "bias axis", bias_from(lambda dy: np.full(dy.shape[1], dy.sum())), ""),
    "db of one example": ("bias sum", "not summed", bias_from(lambda dy: dy[0]), ""),
}
ALONE = {
    "db not summed": ("bias sum", "not summed", rebind("db", lambda self, dy: dy.copy()), ""),
    "db over the units": ("bias sum", "bias axis", rebind("db", lambda self, dy: dy.sum(axis=1)), ""),
    "db kept dimension": (
        "right but misshapen",
        "shape",
        rebind("db", lambda self, dy: dy.sum(0, keepdims=True)),
        "",
    ),
    "dW transposed": ("transposed", "transposed", rebind("dW", lambda self, dy: dy.T @ self.x), ""),
}
INPUT = {
    "sign of dx": ("sign flipped", "sign", times(-1), ""),
    "dx twice": ("constant factor", "factor", times(2), "2"),
    "dx zero": ("zero", "zero", times(0), ""),
    "dx never returned": ("never written", "never written", lambda self, right, *dy: (right(*dy), None)[1], ""),
}
SQUARE = {
    "dW transposed": ("transposed", "transposed", {"backward": write("dW", lambda g: g.T)}, ""),
    "W not transposed": (
        "transposed",
        "transposed",
        {"backward": lambda self, right, dy, *to_input: (right(dy), dy @ self.W)[1]},
        "",
    ),
    "db over the units": ("bias sum", "bias axis", {"backward": bias_from(lambda dy: dy.sum(axis=1))}, ""),
}


def dense_alone(fan_in: int, fan_out: int, n: int = N, **methods: Any) -> tuple[Any, ...]:
    layer = Dense(fan_in, fan_out, rng=np.random.default_rng(1), dtype=np.float64)
    return broken(layer, **methods), random(n, fan_in)


def dense_in_model(network: str, i: int, kind: type = ae.Autoencoder, **methods: Any) -> tuple[Any, ...]:
    made = model(kind)
    broken(getattr(made, network).dense[i], **methods)
    return made, batch()


for fan_in, fan_out in ((5, 3), (3, 6)):
    for name, (kind, says, change, word) in (DENSE | ALONE | INPUT).items():
        case(
            f"Dense {fan_in}-{fan_out}: {name}", kind, says,
            lambda a=fan_in, b=fan_out, c=change: dense_alone(a, b, backward=c), word,
        )  # fmt: skip
for name, (kind, says, methods, word) in SQUARE.items():
    case(f"Dense 5-5: {name}", kind, says, lambda m=methods: dense_alone(5, 5, 5, **m), word)
for network, i in (("encoder", 0), ("encoder", 1), ("decoder", 0), ("decoder", 1)):
    for name, (kind, says, change, word) in DENSE.items():
        case(
            f"{network}.{i} of an Autoencoder: {name}", kind, says,
            lambda n=network, i=i, c=change: dense_in_model(n, i, backward=c), word,
        )  # fmt: skip
    if (network, i) != ("encoder", 0):
        for name in ("sign of dx", "dx twice", "dx zero"):
            kind, says, change, word = INPUT[name]
            case(
                f"{network}.{i} of a VAE: {name}", kind, says,
                lambda n=network, i=i, c=change: dense_in_model(n, i, ae.VAE, backward=c), word,
            )  # fmt: skip
for kind in (ae.Autoencoder, ae.VAE):
    for name in ("dW transposed", "W not transposed"):

        def make(kind: type = kind, name: str = name) -> tuple[Any, ...]:
            made = model(kind, (6, 6, 6))
            broken(made.decoder.dense[0], **SQUARE[name][2])
            return made, batch()

        case(f"decoder.0 of a square {kind.__name__}: {name}", "transposed", "transposed", make)
