"""自编码器: the five stages that every autoencoder here passes through, forwards and then backwards.

    x ──corrupt──▶ x̃ ──encode──▶ s ──code──▶ h ──decode──▶ y ──likelihood──▶ loss (+ penalties Ω on s)
                   ◀───────────────────── gradients, stage by stage, in reverse ─────────────────────

The plain autoencoder corrupts nothing, takes s as its code h and pays no penalty. With a code smaller than the input
it is the undercomplete one (欠完备), with more layers the deep one (堆栈/深度).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray, in_batches
from scratch_ae.autoencoders.stages import Unchanged, Unconditional
from scratch_ae.models import Model
from scratch_ae.nn.activations import ACTIVATIONS
from scratch_ae.nn.layer import Layer
from scratch_ae.nn.losses import LIKELIHOODS
from scratch_ae.nn.mlp import MLP
from scratch_ae.training import Trainable


class Autoencoder(Model, Trainable):
    """h = f(x), r = g(h), trained to make r like x.

    >>> model = Autoencoder([784, 300, 150], seed=0)
    >>> history = model.fit(train.images, epochs=10, validation=test.images)
    >>> codes = model.encode(test.images)                  # (10000, 150)

    sizes             the encoder's: input, hidden layers, code
    activation        of every hidden layer, the code included: a name from `nn.activations.ACTIVATIONS`
    code_activation   of the code alone, where it is to be another
    likelihood        "bernoulli" for data in [0, 1] (loss in nats), "gaussian" (loss in ½ squared error), or another
                      name from `nn.losses.LIKELIHOODS`
    decoder_sizes     code, hidden layers, output; the encoder's sizes mirrored, unless given
    corruption, code, penalties    the stages that a variant changes; the plain one has none of them
    seed              of the initial weights and of everything random in training
    dtype             float32 to train, float64 to check gradients

    ValueError or TypeError, with the argument's name and range, for anything else. Wherever a method takes labels,
    that is for a conditional model. `rng` is a generator or a seed.
    """

    condition: Any = Unconditional()

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: str = "relu",
        code_activation: str | None = None,
        likelihood: str = "bernoulli",
        decoder_sizes: Sequence[int] | None = None,
        corruption: Any = None,
        code: Any = None,
        penalties: Sequence[Any] = (),
        seed: int = 0,
        dtype: Any = np.float32,
    ) -> None:
        self.sizes = checks.layer_sizes("sizes", sizes)
        self.decoder_sizes = checks.decoder_sizes("decoder_sizes", decoder_sizes, self.sizes)
        self.activation = checks.choice("activation", activation, ACTIVATIONS)
        self.code_activation = checks.choice("code_activation", code_activation or activation, ACTIVATIONS)
        self.likelihood = checks.choice("likelihood", likelihood, LIKELIHOODS)
        self.corruption = checks.stage("corruption", corruption) or Unchanged()
        self.code = checks.stage("code", code) or Unchanged()
        self.penalties = checks.penalties("penalties", penalties)
        self.seed = checks.whole("seed", seed, at_least=0)
        self.dtype = checks.float_dtype(dtype)
        self.rng = np.random.default_rng(self.seed)

        (features, *hidden, code_size), (_, *back), told = self.sizes, self.decoder_sizes, self.condition.columns
        there = [*hidden, self.code.width(code_size)]
        activations = [activation] * len(hidden) + [self.code_activation]
        self.encoder = MLP([features + told, *there], activations, rng=self.rng, dtype=self.dtype)
        activations = [activation] * (len(back) - 1) + ["identity"]
        self.decoder = MLP([code_size + told, *back], activations, rng=self.rng, dtype=self.dtype)
        self.nll = LIKELIHOODS[likelihood](self.dtype)

    def layers(self) -> dict[str, Layer]:
        networks = {"encoder": self.encoder, "decoder": self.decoder}
        dense = {f"{name}.{i}": layer for name, mlp in networks.items() for i, layer in enumerate(mlp.dense)}
        return {**dense, "likelihood": self.nll}

    def forward(self, x: FloatArray, labels: Any = None, *, rng: Any) -> dict[str, float]:
        """The terms of the loss on one batch: L = −log p(x | y), and each Ω(s) without its weight."""
        x_tilde = self.corruption.forward(x, rng)
        s = self.run_encoder(x_tilde, labels)
        h = self.code.forward(s, rng)
        y = self.run_decoder(h, labels)
        return {"reconstruction": self.nll.forward(y, x)} | {p.name: p.forward(s) for p in self.penalties}

    def run_encoder(self, x_tilde: FloatArray, labels: Any = None) -> FloatArray:
        return self.encoder.forward(self.condition.forward(x_tilde, labels))

    def run_decoder(self, h: FloatArray, labels: Any = None) -> FloatArray:
        return self.decoder.forward(self.condition.forward(h, labels))

    def backward(self, to_input: bool = True) -> Any:
        """∂loss/∂x (batch, features), of the last forward; every parameter's gradient is written on the way.

        The picture from right to left. Two arrays act on the loss in two ways each, and their gradients add up: s
        through the code and in every penalty, x through the corruption and as the target that y is compared with.
        (`to_input=False`, where the input needs no gradient, saves its product and returns None.)
        ⇒ ∂loss/∂s = ∂L/∂s + Σ weight · ∂Ω/∂s, and ∂loss/∂x = ∂L/∂x through x̃ + ∂L/∂x as the target.
        """
        dy = self.nll.backward()
        dh = self.condition.backward(self.decoder.backward(dy))
        ds = self.code.backward(dh)
        for penalty in self.penalties:
            ds = ds + penalty.weight * penalty.backward()
        dx_tilde = self.encoder.backward(ds, to_input)
        if not to_input:
            return None
        return self.corruption.backward(self.condition.backward(dx_tilde)) + self.nll.target_gradient()

    def loss_of(self, terms: Mapping[str, float]) -> float:
        """L + Σ weight · Ω, from the terms by name."""
        return terms["reconstruction"] + sum(p.weight * terms[p.name] for p in self.penalties)

    def encode(self, x: FloatArray, labels: Any = None) -> FloatArray:
        """h = f(x), without noise: (n, features) → (n, code)."""
        x, labels = self.check_input(x, labels)
        return in_batches(lambda *batch: self.code.without_noise(self.run_encoder(*batch)), x, labels)

    def decode(self, h: FloatArray, labels: Any = None) -> FloatArray:
        """r = g(h) in data space: (n, code) → (n, features)."""
        h = checks.finite("h", checks.matrix("h", h, self.sizes[-1], self.dtype))
        labels = self.condition.check(labels, len(h))
        return in_batches(lambda *batch: self.nll.mean(self.run_decoder(*batch)), h, labels)

    def reconstruct(self, x: FloatArray, labels: Any = None) -> FloatArray:
        """r = g(f(x)), without noise: (n, features) → (n, features)."""
        return self.decode(self.encode(x, labels), labels)

    def check_input(self, x: FloatArray, labels: Any = None, *, name: str = "x") -> tuple[FloatArray, Any]:
        """x as (n, features) in the model's dtype, with its labels; ValueError or TypeError for anything else."""
        x = checks.finite(name, checks.matrix(name, x, self.sizes[0], self.dtype))
        return x, self.condition.check(labels, len(x))

    def check_data(self, x: FloatArray, labels: Any = None, *, name: str = "x") -> tuple[FloatArray, Any]:
        """The same for x as a target: ValueError if the likelihood cannot have produced it."""
        x, labels = self.check_input(x, labels, name=name)
        self.nll.check(name, x)
        return x, labels
