"""The whole picture backwards; noise in front of it; and weights that are used twice."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.autoencoders.denoising import GaussianNoise, Masking
from scratch_ae.autoencoders.sparse import L1, SparsityKL, TopK
from scratch_ae.autoencoders.tied import TiedAutoencoder
from scratch_ae.exercises.curriculum.specimens import Borrower, normal, small, uniform
from scratch_ae.exercises.task import Names, Part, Task, Trial
from scratch_ae.exercises.trials import GradientTrial
from scratch_ae.nn.dense import Dense


def plain(title: str, sizes: tuple[int, ...] = (4, 3, 2), batch: int = 5, **arguments: Any) -> Trial:
    return GradientTrial(
        title, lambda names: (small(names["Autoencoder"], sizes, **arguments), uniform(batch, sizes[0]))
    )


def tied_over(names: Names) -> tuple[Any, ...]:
    """A variant with an add_other_paths of its own, over the file's class."""

    tied_one = type("TiedAutoencoder", (TiedAutoencoder, names["Autoencoder"]), {})
    return small(tied_one), uniform(5, 4)


AUTOENCODER = Task(
    name="autoencoder",
    title="The autoencoder, stage by stage in reverse",
    section="自编码器",
    points=6,
    goal=(
        "forward runs through corruption, encoder, code, decoder and likelihood, and every penalty looks at the "
        "encoder's output a. All of these have a backward. Put them together: backward_to_code leads from the loss "
        "to ∂loss/∂a, backward from there to all parameters, input_gradient from there to x. self.encoder and "
        "self.decoder are networks, self.encoder.parameter_gradients(da) trains without asking for the input's "
        "gradient, and self.add_other_paths() has to be called when the encoder's gradients are written: variants "
        "that use weights twice add to them there."
    ),
    hints=(
        "Follow the arrows of the picture from right to left, and at each stage ask who else used what this stage "
        "put out. At a, who did? And at x?",
        "To the code: the likelihood's backward, the decoder's, the code's; where two ways meet, their gradients are "
        "added, each penalty's times its weight. The input: encoder and corruption give the one way, the "
        "likelihood's target_gradient the other.",
        "da = self.code.backward(self.decoder.backward(self.likelihood.backward())), plus penalty.weight * "
        "penalty.backward() for each; backward gives da to self.encoder.parameter_gradients and then adds the other "
        "paths; input_gradient is self.corrupt.backward(self.encoder.backward(da)) + self.likelihood"
        ".target_gradient(), with the other paths added in between, as the encoder has written anew.",
    ),
    parts=(
        Part(
            "autoencoders.autoencoder",
            keep=("Autoencoder",),
            methods=("forward", "backward", "add_other_paths", "backward_to_code", "input_gradient", "loss_of"),
            blanks=("Autoencoder.backward", "Autoencoder.backward_to_code", "Autoencoder.input_gradient"),
        ),
    ),
    trials=(
        plain("one hidden layer", (4, 2)),
        plain("three hidden layers, one example", batch=1),
        plain("with a Gaussian likelihood", likelihood="gaussian"),
        plain(
            "with two penalties of different weights",
            code_activation="sigmoid",
            penalties=[L1(0.3), SparsityKL(0.2, weight=1.7)],
        ),
        plain("with noise that is added", corruption=GaussianNoise(0.5)),
        plain("with missing entries and a top-k code", corruption=Masking(0.4), code=TopK(1)),
        GradientTrial("with tied weights, which have a path of their own", tied_over),
    ),
)


def noise_trials(kind: str, level: float) -> tuple[Trial, ...]:
    def in_a_model(names: Names) -> tuple[Any, ...]:
        return small(corruption=names[kind](level)), uniform(5, 4)

    return (
        GradientTrial(f"{kind}, one example", lambda names: (names[kind](level), normal(1, 6))),
        GradientTrial(f"{kind}, five examples", lambda names: (names[kind](level), normal(5, 4))),
        GradientTrial(f"{kind} in front of an autoencoder", in_a_model),
    )


DENOISING = Task(
    name="denoising",
    title="Three kinds of noise, on the way back",
    section="常见的自编码器",
    points=3,
    goal=(
        "A denoising autoencoder sees x̃ instead of x. Write backward for each kind of noise: it gets ∂L/∂x̃ and "
        "returns ∂L/∂x. Which entries were kept, forward has noted in self.kept, an array of True and False, where "
        "that matters. Draw nothing in backward: the noise of this step was drawn in forward."
    ),
    hints=(
        "Suppose that x_j grows by a little δ, and the same random numbers come out of the generator. By how much "
        "does x̃_j grow, for each of the three?",
        "By δ where x_j still stands in x̃_j, and by nothing where something else was put in its place. Which entries "
        "of a sum x + σ ε have x in them?",
        "GaussianNoise returns dx_tilde as it is; the other two np.where(self.kept, dx_tilde, 0).",
    ),
    parts=(
        Part(
            "autoencoders.denoising",
            keep=("GaussianNoise", "Masking", "SaltAndPepper"),
            blanks=("GaussianNoise.backward", "Masking.backward", "SaltAndPepper.backward"),
        ),
    ),
    trials=(
        *noise_trials("GaussianNoise", 0.7),
        *noise_trials("Masking", 0.4),
        *noise_trials("SaltAndPepper", 0.6),
    ),
)


def borrower(names: Names, fan_in: int, fan_out: int) -> Borrower:
    """A TransposedDense of the file, from fan_in to fan_out: what it borrows leads the other way."""
    lender = Dense(fan_out, fan_in, rng=np.random.default_rng(1), dtype=np.float64)
    layer = names["TransposedDense"](lender)
    layer.b[:] = normal(fan_out, seed=2)
    return Borrower(layer)


def tied(title: str, sizes: tuple[int, ...], batch: int = 5, **arguments: Any) -> Trial:
    return GradientTrial(
        title, lambda names: (small(names["TiedAutoencoder"], sizes, **arguments), uniform(batch, sizes[0]))
    )


TIED = Task(
    name="tied",
    title="Tied weights: two paths into one parameter",
    section="常见的自编码器",
    points=5,
    goal=(
        "The decoder's layers have no weights of their own: they use the encoder's, transposed. Write "
        "TransposedDense.parameter_gradients, which writes ∂L/∂b into self.db (in place) and leaves in "
        "self.dW_lender what reaches the lender's W through this layer, in the shape of that W; self.x is the "
        "layer's input. Then write TiedAutoencoder.add_other_paths, which is called when the encoder has written its "
        "own dW, and completes them. self.tied holds the decoder's layers in the decoder's order."
    ),
    hints=(
        "Write y = h Wᵀ out for one entry, y_nj = Σ_k …: where does W_jk stand, and beside what? In an ordinary "
        "dense layer its place in the indices would be another.",
        "The dense layer has dW = xᵀ dy; here the roles are exchanged, as the shape (fan_out, fan_in) of the "
        "lender's W demands. What is used twice has a gradient of two summands: the encoder wrote one of them into "
        "dense.dW, so add, and take care which decoder layer belongs to which encoder layer.",
        "self.dW_lender = dy.T @ self.x, and db the sum of dy over axis 0. Then for dense, tied in "
        "zip(self.encoder.dense, reversed(self.tied)): dense.dW += tied.dW_lender.",
    ),
    parts=(
        Part(
            "autoencoders.tied",
            keep=("TransposedDense", "TiedAutoencoder"),
            blanks=("TransposedDense.parameter_gradients", "TiedAutoencoder.add_other_paths"),
        ),
    ),
    trials=(
        GradientTrial("the layer, one example", lambda names: (borrower(names, 3, 4), normal(1, 3))),
        GradientTrial("the layer, five examples", lambda names: (borrower(names, 3, 4), normal(5, 3))),
        GradientTrial(
            "the layer, with as many inputs as outputs", lambda names: (borrower(names, 4, 4), normal(5, 4))
        ),
        tied("an autoencoder of one tied pair", (4, 3)),
        tied("two tied pairs, one example", (4, 3, 2), batch=1),
        tied("three tied pairs of one size", (5, 5, 5, 5), batch=7),
        tied("a sparse one with noise", (4, 3, 2), penalties=[L1(0.4)], corruption=Masking(0.3)),
    ),
)

TASKS = (AUTOENCODER, DENOISING, TIED)
