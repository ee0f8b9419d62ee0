"""自编码器: the five stages that every autoencoder here passes through, forwards and then backwards.

    x ──corrupt──▶ x̃ ──encode──▶ a ──code──▶ h ──decode──▶ y ──likelihood──▶ loss (+ penalties Ω on a)
                   ◀───────────────────── gradients, stage by stage, in reverse ─────────────────────

The plain autoencoder corrupts nothing, takes a as its code h and pays no penalty. With a code smaller than the
input it is the undercomplete one (欠完备), with more layers the deep one (堆栈/深度).
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders import checkpoint
from scratch_ae.autoencoders.stages import Code, Corruption, Penalty, Unchanged
from scratch_ae.nn.activations import ACTIVATIONS
from scratch_ae.nn.losses import likelihood as likelihood_named
from scratch_ae.nn.mlp import MLP
from scratch_ae.nn.optimizers import Optimizer
from scratch_ae.nn.parameters import Gathered, Parametrized, gather
from scratch_ae.training import History, fit, recipe

EVALUATION_BATCH = 500
"""Examples at a time where nothing is trained, so that 60,000 images need no more memory than 500."""

Self = TypeVar("Self", bound="Autoencoder")


class Autoencoder(Gathered):
    """h = f(x), r = g(h), trained to make r like x.

    >>> model = Autoencoder([784, 300, 150], seed=0)
    >>> history = model.fit(train.images, epochs=10, validation=test.images)
    >>> codes = model.encode(test.images)                  # (10000, 150)

    sizes             the encoder's: input, hidden layers, code
    activation        of every hidden layer, the code included: a name from `nn.activations.ACTIVATIONS`
    code_activation   of the code alone, where it is to be another
    likelihood        "bernoulli" for data in [0, 1] (loss in nats) or "gaussian" (loss in ½ squared error), or
                      another name from `nn.losses.LIKELIHOODS`
    decoder_sizes     code, hidden layers, output; the encoder's sizes mirrored, unless given
    corruption, code, penalties    the stages that a variant changes; the plain one has none of them (a model with
                      a code or penalties handed in is not one that `save` can describe)
    seed              of the initial weights and of everything random in training
    dtype             float32 to train, float64 to check gradients

    ValueError or TypeError, with the argument's name and range, for anything else.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: str = "relu",
        code_activation: str | None = None,
        likelihood: str = "bernoulli",
        decoder_sizes: Sequence[int] | None = None,
        corruption: Corruption | None = None,
        code: Code | None = None,
        penalties: Sequence[Penalty] = (),
        seed: int = 0,
        dtype: Any = np.float32,
    ) -> None:
        checks.choice("activation", activation, ACTIVATIONS)
        self.sizes = checks.layer_sizes("sizes", sizes)
        mirrored = self.sizes[::-1] if decoder_sizes is None else decoder_sizes
        self.decoder_sizes = checks.layer_sizes("decoder_sizes", mirrored)
        if (self.decoder_sizes[0], self.decoder_sizes[-1]) != (self.sizes[-1], self.sizes[0]):
            raise ValueError(
                f"decoder_sizes={self.decoder_sizes} must lead from the code, {self.sizes[-1]}, "
                f"back to the input, {self.sizes[0]}."
            )
        self.dtype = checks.float_dtype(dtype)
        self.rng = np.random.default_rng(checks.whole("seed", seed, at_least=0))
        self.config: dict[str, Any] = {
            "sizes": self.sizes,
            "activation": activation,
            "code_activation": code_activation,
            "likelihood": likelihood,
            "decoder_sizes": self.decoder_sizes,
            "seed": int(seed),
            "dtype": self.dtype.name,
        }
        stages: dict[str, Any] = {"corruption": corruption, "code": code, "penalties": list(penalties)}
        self.record(**{name: stage for name, stage in stages.items() if stage})

        for name, stage in [("corruption", corruption), ("code", code), *(("penalties", p) for p in penalties)]:
            checks.stage(name, stage)
        self.corrupt = corruption or Unchanged()
        self.code = code or Unchanged()
        *before_code, code_size = self.sizes
        if code_activation is not None:
            checks.choice("code_activation", code_activation, ACTIVATIONS)
        there = [activation] * (len(before_code) - 1) + [code_activation or activation]
        back = [activation] * (len(self.decoder_sizes) - 2) + ["identity"]
        self.encoder = self.network([*before_code, self.code.width(code_size)], there)
        self.decoder = self.network(self.decoder_sizes, back)
        self.likelihood = likelihood_named(likelihood)
        self.penalties = list(penalties)

        self.parameters, self.gradients = gather(self.parts(), self.dtype)
        self.terms: dict[str, float] = {}
        self.steps = 0

    def record(self, *, fixed: Sequence[str] = (), **own: Any) -> None:
        """Notes for `save` how the model was made: a variant has arguments of its `own`, and has `fixed` others."""
        self.config = {name: value for name, value in self.config.items() if name not in fixed} | own

    def network(self, sizes: Sequence[int], activations: Sequence[str]) -> MLP:
        """A new encoder or decoder of these layers."""
        return MLP(sizes, activations, rng=self.rng, dtype=self.dtype)

    def parts(self) -> dict[str, Parametrized]:
        """Everything that has parameters, by the name they go under in `parameters`."""
        networks = {"encoder": self.encoder, "decoder": self.decoder}
        parts: dict[str, Parametrized] = {
            f"{name}.{i}": dense for name, mlp in networks.items() for i, dense in enumerate(mlp.dense)
        }
        if isinstance(self.likelihood, Parametrized):
            parts["likelihood"] = self.likelihood
        return parts

    # The objective, and its gradient under it.

    def forward(self, x: FloatArray, *given: Any, rng: np.random.Generator) -> dict[str, float]:
        """The terms of the loss on one batch: L = −log p(x | g(h)) and each Ω(a), unweighted. `given` is what a
        model is told beside x, here and below: nothing, but for a conditional one."""
        x_tilde = self.corrupt.forward(x, rng)
        a = self.run_encoder(x_tilde, *given)
        h = self.code.forward(a, rng)
        y = self.run_decoder(h, *given)
        terms = {"reconstruction": self.likelihood.forward(y, x)}
        for penalty in self.penalties:
            terms[penalty.name] = penalty.forward(a)
        return terms

    def run_encoder(self, x: FloatArray, *given: Any) -> FloatArray:
        return self.encoder.forward(x)

    def run_decoder(self, h: FloatArray, *given: Any) -> FloatArray:
        return self.decoder.forward(h)

    def backward(self) -> None:
        """∂loss/∂θ of the last forward, for every parameter θ, into `gradients`.

        The picture backwards: from the loss to the encoder's output,
        from there into the encoder's parameters (its input nobody trains), and last what other paths add to them.
        """
        self.encoder.parameter_gradients(self.backward_to_code())
        self.add_other_paths()

    def add_other_paths(self) -> None:
        """Adds to the gradients of weights that the loss uses outside their own layer, too: here none."""

    def backward_to_code(self) -> FloatArray:
        """∂loss/∂a, (batch, width), at the encoder's output; the decoder's gradients are written on the way.

        a goes two ways into the loss: through code and decoder into the likelihood, and into each penalty.
        So ∂loss/∂a = ∂L/∂a + Σ weight · ∂Ω/∂a.
        """
        dy = self.likelihood.backward()
        dh = self.decoder.backward(dy)
        da = self.code.backward(dh)
        for penalty in self.penalties:
            da += penalty.weight * penalty.backward()
        return da

    def input_gradient(self) -> FloatArray:
        """∂loss/∂x of the last forward, (batch, features).

        x goes two ways into the loss: through corruption and encoder, and as the target.
        Both add up. The encoder writes its parameters' gradients anew on the way, so other paths are added anew.
        """
        dx_tilde = self.encoder.backward(self.backward_to_code())
        self.add_other_paths()
        return self.corrupt.backward(dx_tilde) + self.likelihood.target_gradient()

    def loss_of(self, terms: Mapping[str, float]) -> float:
        """L + Σ weight · Ω, from the terms by name."""
        return terms["reconstruction"] + sum(p.weight * terms[p.name] for p in self.penalties)

    def loss_and_gradients(self, x: FloatArray, *given: Any, rng: np.random.Generator | None = None) -> float:
        """The loss on the batch x (batch, features), nats per example; `gradients` is written, `terms` too.

        `rng` is what noise is drawn from; the model's own generator unless given.
        """
        x = checks.matrix("x", x, self.sizes[0], self.dtype)
        given = tuple(self.check_given(len(x), *given))
        self.terms = self.forward(x, *given, rng=self.rng if rng is None else rng)
        self.backward()
        self.steps += 1
        return self.loss_of(self.terms)

    # Looking, without training.

    def losses(self, x: FloatArray, *given: Any, rng: np.random.Generator | None = None) -> dict[str, float]:
        """Every term of the loss by name, unweighted, in nats per example.

        Noise comes from `rng`; unless given, from a generator that starts the same at every call, so that equal
        models get equal losses.
        """
        data = self.check_data(x, *given)
        rng = np.random.default_rng(0) if rng is None else rng
        sums: dict[str, float] = {}
        for batch in batches(*data):
            for name, value in self.forward(*batch, rng=rng).items():
                sums[name] = sums.get(name, 0.0) + value * len(batch[0])
        return {name: total / len(x) for name, total in sums.items()}

    def loss(self, x: FloatArray, *given: Any, rng: np.random.Generator | None = None) -> float:
        """The loss per example: nats, or ½ squared error where the likelihood is Gaussian. A penalty on the mean of a
        batch, as `SparsityKL` is, is that of EVALUATION_BATCH examples at a time."""
        return self.loss_of(self.losses(x, *given, rng=rng))

    def encode(self, x: FloatArray, *given: Any) -> FloatArray:
        """h = f(x), without noise: (n, features) → (n, code)."""

        def code(*batch: Any) -> FloatArray:
            return self.code.without_noise(self.run_encoder(*batch))

        return in_batches(code, self.check_input(x, *given), self.sizes[-1])

    def decode(self, h: FloatArray, *given: Any) -> FloatArray:
        """r = g(h) in data space: (n, code) → (n, features)."""
        h = checks.finite("h", checks.matrix("h", h, self.sizes[-1], self.dtype))
        r = np.empty((len(h), self.sizes[0]), self.dtype)
        for rows, *batch in batches(r, h, *self.check_given(len(h), *given)):
            self.likelihood.mean(self.run_decoder(*batch), out=rows)
        return r

    def reconstruct(self, x: FloatArray, *given: Any) -> FloatArray:
        """r = g(f(x)), without noise: (n, features) → (n, features)."""
        return self.decode(self.encode(x, *given), *given)

    # Training, keeping.

    def fit(
        self,
        x: FloatArray,
        *given: Any,
        epochs: int = 10,
        batch_size: int = 128,
        optimizer: Optimizer | None = None,
        validation: Any = None,
        rng: np.random.Generator | None = None,
        progress: bool = True,
        each_epoch: Callable[[int], None] | None = None,
    ) -> History:
        """Trains on x (n, features) and returns the history; `recipe` gives the optimizer, unless one is handed in.

        `validation` is looked at after every epoch and changes nothing. `each_epoch` is called with 0, 1, … at
        the end of each. FloatingPointError if the loss stops being finite.
        """
        data = self.check_data(x, *given)
        if not isinstance(optimizer, Optimizer | None):
            raise TypeError(f"optimizer={optimizer!r} must be an optimizer, such as Adam(0.001).")
        if validation is not None:
            beside = validation if isinstance(validation, tuple) else (validation,)
            validation = self.check_data(*beside, name="validation")
        return fit(
            self,
            data,
            validation=validation,
            optimizer=optimizer or recipe(len(x), epochs, batch_size),
            epochs=epochs,
            batch_size=batch_size,
            rng=rng or self.rng,
            progress=progress,
            each_epoch=each_epoch,
        )

    def restore(self, parameters: FloatArray, steps: int) -> None:
        """Puts the model where another one of its kind was after so many steps of training."""
        self.parameters.flat[:] = parameters
        self.steps = steps

    def astype(self: Self, dtype: Any) -> Self:
        """A copy of the model in another dtype: float64 to check the gradients of one trained in float32."""
        other = copy.deepcopy(self)
        other.dtype = checks.float_dtype(dtype)
        other.config["dtype"] = other.dtype.name
        other.parameters, other.gradients = gather(other.parts(), other.dtype)
        return other

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model to one file, whole or not at all; `scratch_ae.load` reads it."""
        checkpoint.save(self, path)

    def __repr__(self) -> str:
        way = "-".join(map(str, [*self.sizes, *self.decoder_sizes[1:]]))
        return f"{type(self).__name__}({way}, {self.parameters.flat.size:,} parameters, {self.dtype})"

    def check_input(self, x: FloatArray, *given: Any, name: str = "x") -> list[Any]:
        """x as (n, features) in the model's dtype, and what is given beside it; ValueError if it is anything else."""
        x = checks.finite(name, checks.matrix(name, x, self.sizes[0], self.dtype))
        return [x, *self.check_given(len(x), *given)]

    def check_data(self, x: FloatArray, *given: Any, name: str = "x") -> list[Any]:
        """The same for x that is a target, too: ValueError if the likelihood cannot have produced it."""
        data = self.check_input(x, *given, name=name)
        self.likelihood.check(data[0])
        return data

    def check_given(self, n: int, *given: Any) -> list[Any]:
        """What is given beside n examples; TypeError if it is not what the model asks for."""
        if given:
            raise TypeError(f"{type(self).__name__} learns from x alone, but {len(given)} more arrays were given.")
        return []


def batches(*arrays: Any) -> Iterator[list[Any]]:
    """Views of EVALUATION_BATCH rows at a time of arrays that have as many rows."""
    for i in range(0, len(arrays[0]), EVALUATION_BATCH):
        yield [array[i : i + EVALUATION_BATCH] for array in arrays]


def in_batches(function: Callable[..., FloatArray], arrays: Sequence[Any], width: int) -> FloatArray:
    """function(*batch), (batch, width), for all rows of the arrays: (n, width)."""
    results = np.empty((len(arrays[0]), width), arrays[0].dtype)
    for rows, *batch in batches(results, *arrays):
        rows[...] = function(*batch)
    return results
