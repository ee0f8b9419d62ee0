"""The usual mistakes in whole models: terms, paths and pieces left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from injected_losses import loss_with
from injections import N, batch, broken, case, model, random, times

import scratch_ae as ae
from scratch_ae.autoencoders.conditional import ConditionedMLP
from scratch_ae.nn.activations import ACTIVATIONS
from scratch_ae.nn.mlp import MLP

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

    def backward_to_code(self, right):
        da = self.code.backward(self.decoder.backward(self.likelihood.backward())).copy()
        for penalty in self.penalties:
            da += factor * penalty.weight * penalty.backward()
        return da

    return backward_to_code


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
            lambda m=made, f=factor: loss_with(m, backward_to_code=penalty_times(f)), word,
        )  # fmt: skip
    reconstruction_only = "penalty's part missing"

    def without_reconstruction(self, right):
        da = np.zeros_like(self.code.backward(self.decoder.backward(self.likelihood.backward())))
        for penalty in self.penalties:
            da += penalty.weight * penalty.backward()
        return da

    case(
        f"{title}: reconstruction missing", "penalty's part missing", "term missing",
        lambda m=made: loss_with(m, backward_to_code=without_reconstruction), "reconstruction",
    )  # fmt: skip


def nothing(self, right):
    return None


def overwritten(self, right):
    for dense, tied in zip(self.encoder.dense, reversed(self.tied), strict=True):
        dense.dW[...] = tied.dW_lender


case(
    "Contractive: W's own path",
    "one of two paths",
    "one path",
    lambda: loss_with(PENALIZED["Contractive"][0], add_other_paths=nothing),
)
for activation in ACTIVATIONS:

    def tied(activation=activation, **methods: Any) -> tuple[Any, ...]:
        return broken(model(ae.TiedAutoencoder, (6, 5, 4), activation=activation), **methods), batch()

    one = "one of two paths"
    case(
        f"Tied {activation}: only the encoder's path",
        one,
        "one path",
        lambda t=tied: t(add_other_paths=nothing),
        "decoder",
    )
    case(
        f"Tied {activation}: only the decoder's path",
        one,
        "one path",
        lambda t=tied: t(add_other_paths=overwritten),
        "encoder",
    )


def passing_by(which: int) -> Callable[..., Any]:
    """An MLP whose way back leaves one activation out."""

    def backward(self, right, dy):
        for i in reversed(range(len(self.dense))):
            dy = self.dense[i].backward(dy if i == which else self.activations[i].backward(dy))
        return dy

    return backward


def passing_by_in(network: str, which: int, kind: type, activation: str) -> tuple[Any, ...]:
    made = model(kind, activation=activation)
    broken(
        getattr(made, network),
        backward=passing_by(which),
        parameter_gradients=lambda self, right, dy: self.backward(dy),
    )
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
    def backward(self, right):
        right()
        self.gradients.flat[:] *= factor

    return backward


def added_store(self, right):
    before = self.gradients.flat.copy()
    right()
    self.gradients.flat[:] += before


def only_through_the_network(self, right):
    return self.encoder.backward(self.backward_to_code())


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
        lambda k=kind: (broken(model(k), input_gradient=only_through_the_network), batch()),
        "likelihood",
    )  # fmt: skip


def unsplit(self, right, dy):
    return MLP.backward(self, dy)


def conditioned(**methods: Any) -> tuple[Any, ...]:
    mlp = ConditionedMLP([8, 5, 3], ["tanh", "identity"], rng=np.random.default_rng(1), dtype=np.float64)
    mlp.c = np.eye(3)[np.arange(N) % 3]
    return broken(mlp, **methods), random(N, 5)


case("ConditionedMLP: [dx, dc] not split", "right but misshapen", "shape", lambda: conditioned(backward=unsplit))
case("ConditionedMLP: sign", "sign flipped", "sign", lambda: conditioned(backward=times(-1)))
