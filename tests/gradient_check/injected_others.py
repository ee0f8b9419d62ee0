"""Mistakes of no usual kind: here no cause may be named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from injected_layers import MASKS, dense_alone, dense_in_model, in_model, write
from injected_losses import LOSSES, PENALTIES, loss_with
from injections import N, batch, broken, case, model, random

import scratch_ae as ae
from scratch_ae.nn.activations import ACTIVATIONS


def other(name: str, make: Callable[[], tuple[Any, ...]]) -> None:
    case(name, "none of these", "unknown", make)


def formula(change: Callable[..., Any]) -> Callable[..., Any]:
    """A backward that multiplies by another function of the output than φ'."""
    return lambda self, right, dh: dh * change(self.h)


FORMULAS = {
    "sigmoid": (lambda h: h * (1 - h) ** 2, lambda h: 1 - h, lambda h: h),
    "tanh": (lambda h: 1 - h, lambda h: 1 + h**2, lambda h: 1 - 2 * h**2),
    "softplus": (lambda h: np.exp(-h), lambda h: 1 - np.exp(-2 * h), lambda h: h),
    "elu": (lambda h: np.minimum(h, 0) - 1, lambda h: np.maximum(h, 0) + 1, lambda h: np.where(h > 0, h, h + 1)),
    "relu": (lambda h: h, lambda h: h > 0.5, lambda h: np.where(h > 0, 1, 0.3)),
}
for name, changes in FORMULAS.items():
    for i, change in enumerate(changes):
        other(
            f"{name}: formula {i}",
            lambda n=name, c=change: (broken(ACTIVATIONS[n](), backward=formula(c)), random(N, 4)),
        )
        other(
            f"{name} in a VAE: formula {i}",
            lambda n=name, c=change: in_model(ae.VAE)(broken(ACTIVATIONS[n](), backward=formula(c))),
        )


def noisy(amount: float, seed: int) -> Callable[..., Any]:
    """Right but for a little in every entry."""

    def method(self, right, *arguments):
        g = right(*arguments)
        return g + amount * random(*g.shape, seed=seed)

    return method


def one_entry(self, right, *arguments):
    g = right(*arguments).copy()
    g.flat[g.size // 2] += 0.1
    return g


for title, made in (LOSSES | PENALTIES | MASKS).items():
    for i, amount in enumerate((1e-3, 1e-1, 1.0)):
        other(f"{title}: noise {i}", lambda m=made, a=amount, i=i: loss_with(m, backward=noisy(a, i)))
    other(f"{title}: one entry", lambda m=made: loss_with(m, backward=one_entry))
for i, amount in enumerate((1e-3, 1e-1, 1.0)):
    noise = write("dW", lambda g, a=amount, i=i: g + a * random(*g.shape, seed=i))
    other(f"Dense: noise {i}", lambda m=noise: dense_alone(5, 3, backward=m))
    other(f"Autoencoder: noise {i}", lambda m=noise: dense_in_model("encoder", 0, backward=m))
    other(f"Dense: dx noise {i}", lambda a=amount, i=i: dense_alone(4, 4, backward=noisy(a, i)))
for i, wrong in enumerate((lambda g: g**2, np.abs, lambda g: np.roll(g, 1), lambda g: g + 0.1, np.sign)):
    for array in ("dW", "db"):
        for network in ("encoder", "decoder"):
            method = write(array, wrong)
            other(f"{network}: {array} {i}", lambda n=network, m=method: dense_in_model(n, 1, backward=m))


def without_target(self, right):
    return right() + self.x / len(self.x)


def decayed(self, right, *to_input):
    dx = right(*to_input)
    for name, array in self.parameters.items():
        self.gradients[name] = self.gradients[name] + 0.01 * array
    return dx


for title in ("Bernoulli", "Gaussian"):
    other(f"{title}: without the target", lambda t=title: loss_with(LOSSES[t], backward=without_target))
for kind in (ae.Autoencoder, ae.VAE, ae.TiedAutoencoder):
    other(
        f"{kind.__name__}: weight decay that the loss knows nothing of",
        lambda k=kind: (broken(model(k), backward=decayed), batch()),
    )
