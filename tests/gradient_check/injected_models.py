"""The usual mistakes in whole models: terms, paths and pieces left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from injected_losses import loss_with
from injections import N, batch, broken, case, model, random, times

import scratch_ae as ae
from scratch_ae.autoencoders.conditional import OneHotLabel
from scratch_ae.nn.activations import ACTIVATIONS

PENALIZED = {
    "VAE": (lambda: (model(ae.VAE, beta=3.0), batch()), "kl", 3.0),
    "ConditionalVAE": (lambda: (model(ae.ConditionalVAE, classes=3, beta=0.4), batch(), np.arange(N) % 3), "kl", 0.4),
    "sparse KL": (
        lambda: (model(ae.SparseAutoencoder, sparsity="kl", rho=0.2, weight=3.0), batch()),
        "sparsity",
        3.0,
    ),
    "sparse L1": (
        lambda: (model(ae.SparseAutoencoder, sparsity="l1", weight=0.4, code_activation="softplus"), batch()),
        "l1",
        0.4,
    ),
    "Contractive": (
        lambda: (model(ae.ContractiveAutoencoder, (6, 4), activation="sigmoid", weight=0.4), batch()),
        "jacobian",
        0.4,
    ),
}


def penalty_times(factor: float) -> Callable[..., Any]:
    """A whole backward pass in which the penalties count another number of times."""

    def backward(self, right, *to_input):
        weights = {id(penalty): penalty.weight for penalty in self.penalties}
        for penalty in self.penalties:
            penalty.weight *= factor
        dx = right(*to_input)
        for penalty in self.penalties:
            penalty.weight = weights[id(penalty)]
        return dx

    return backward


for title, (made, term, weight) in PENALIZED.items():
    if title == "Contractive":
        continue
    for name, kind, says, factor, word in (
        ("missing", "penalty's part missing", "term missing", 0.0, term),
        ("sign", "sign flipped", "term sign", -1.0, term),
        ("unweighted", "constant factor", "term factor", 1 / weight, f"the weight of {term}"),
        ("weighted twice", "constant factor", "term factor", weight, f"the weight of {term}"),
        ("over the batch again", "constant factor", "term factor", 1 / N, "batch"),
    ):
        case(
            f"{title}: {term} {name}", kind, says,
            lambda m=made, f=factor: loss_with(m, backward=penalty_times(f)), word,
        )  # fmt: skip
    reconstruction_only = "penalty's part missing"

    def without_reconstruction(self, right, *to_input):
        own = self.code.backward
        self.code.backward = lambda dh: np.zeros_like(own(dh))
        dx = right(*to_input)
        del self.code.backward
        return dx

    case(
        f"{title}: reconstruction missing", "penalty's part missing", "term missing",
        lambda m=made: loss_with(m, backward=without_reconstruction), "reconstruction",
    )  # fmt: skip


def nothing(self, right, *to_input):
    return None


def one_path_only(self, right, *to_input):
    return ae.Autoencoder.backward(self, *to_input)


def overwritten(self, right, *to_input):
    dx = right(*to_input)
    for dense, tied in zip(self.encoder.dense, reversed(self.decoder.dense), strict=True):
        dense.dW = tied.dW_lender
    return dx


case(
    "Contractive: W's own path",
    "one of two paths",
    "one path",
    lambda: loss_with(PENALIZED["Contractive"][0], backward=one_path_only),
)
for activation in ACTIVATIONS:

    def tied(activation=activation, **methods: Any) -> tuple[Any, ...]:
        return broken(model(ae.TiedAutoencoder, (6, 5, 4), activation=activation), **methods), batch()

    one = "one of two paths"
    case(
        f"Tied {activation}: only the encoder's path",
        one,
        "one path",
        lambda t=tied: t(backward=one_path_only),
        "decoder",
    )
    case(
        f"Tied {activation}: only the decoder's path",
        one,
        "one path",
        lambda t=tied: t(backward=overwritten),
        "encoder",
    )


def passing_by(which: int) -> Callable[..., Any]:
    """An MLP whose way back leaves one activation out."""

    def backward(self, right, dy, to_input=True):
        for i in reversed(range(len(self.dense))):
            dy = self.dense[i].backward(dy if i == which else self.activations[i].backward(dy))
        return dy

    return backward


def passing_by_in(network: str, which: int, kind: type, activation: str) -> tuple[Any, ...]:
    made = model(kind, activation=activation)
    broken(getattr(made, network), backward=passing_by(which))
    return made, batch()


for activation in ("sigmoid", "tanh", "softplus", "elu"):
    for kind in (ae.Autoencoder, ae.VAE):
        case(
            f"{kind.__name__} {activation}: decoder passes by it", "derivative missing", "derivative missing",
            lambda a=activation, k=kind: passing_by_in("decoder", 0, k, a),
        )  # fmt: skip
    case(
        f"Autoencoder {activation}: encoder passes by it", "derivative missing", "derivative missing",
        lambda a=activation: passing_by_in("encoder", 0, ae.Autoencoder, a),
    )  # fmt: skip


def scaled_store(factor: float) -> Callable[..., Any]:
    def backward(self, right, *to_input):
        dx = right(*to_input)
        for name, array in self.gradients.items():
            self.gradients[name] = factor * array
        return dx

    return backward


def added_store(self, right, *to_input):
    before = {name: array.copy() for name, array in self.gradients.items()}
    dx = right(*to_input)
    for name, array in before.items():
        self.gradients[name] = self.gradients[name] + array
    return dx


def only_through_the_network(self, right, to_input=True):
    dx = right(to_input)
    return dx - self.nll.target_gradient() if to_input else dx


for kind in (ae.Autoencoder, ae.VAE, ae.TiedAutoencoder):
    for name, label, says, method, word in (
        ("sign", "sign flipped", "sign", scaled_store(-1), ""),
        ("not over the batch", "constant factor", "factor", scaled_store(N), "batch"),
        ("zero", "zero", "zero", scaled_store(0), ""),
        ("on top", "accumulated", "accumulated", added_store, ""),
        ("never", "never written", "never written", nothing, ""),
    ):
        case(
            f"{kind.__name__} as a whole: {name}", label, says,
            lambda k=kind, m=method: (broken(model(k), backward=m), batch()), word,
        )  # fmt: skip
    case(
        f"{kind.__name__}: x is the target, too", "one of two paths", "one path",
        lambda k=kind: (broken(model(k), backward=only_through_the_network), batch()),
        "nll",
    )  # fmt: skip


def unsplit(self, right, dx_and_dc):
    return dx_and_dc


def told(**methods: Any) -> tuple[Any, ...]:
    return broken(OneHotLabel(3), **methods), random(N, 5), np.arange(N) % 3


case("OneHotLabel: [dx, dc] not split", "right but misshapen", "shape", lambda: told(backward=unsplit))
case("OneHotLabel: sign", "sign flipped", "sign", lambda: told(backward=times(-1)))
