"""The whole picture backwards; noise in front of it; and weights that are used twice."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.autoencoders.conditional import OneHotLabel
from scratch_ae.autoencoders.denoising import GaussianNoise, Masking
from scratch_ae.autoencoders.sparse import L1, SparsityKL, TopK
from scratch_ae.autoencoders.tied import TiedAutoencoder
from scratch_ae.exercises.curriculum.specimens import AskedForInput, Borrower, InTraining, normal, small, uniform
from scratch_ae.exercises.task import Names, Part, Task, Trial
from scratch_ae.exercises.trials import GradientTrial
from scratch_ae.nn.dense import Dense


def plain(title: str, sizes: tuple[int, ...] = (4, 3, 2), batch: int = 5, **arguments: Any) -> Trial:
    return GradientTrial(
        title, lambda names: (small(names["Autoencoder"], sizes, **arguments), uniform(batch, sizes[0]))
    )


def tied_over(names: Names) -> tuple[Any, ...]:
    """A variant with a backward of its own, over the file's class."""
    return small(type("TiedAutoencoder", (TiedAutoencoder, names["Autoencoder"]), {})), uniform(5, 4)


def told(names: Names) -> tuple[Any, ...]:
    """A conditional model: encoder and decoder are given more numbers than x and h have."""
    kind = type("Conditional", (names["Autoencoder"],), {"condition": OneHotLabel(3)})
    return small(kind), uniform(5, 4), np.array([0, 2, 1, 1, 0])


AUTOENCODER = Task(
    name="autoencoder",
    title="The autoencoder, stage by stage in reverse",
    section="自编码器",
    points=8,
    goal=(
        "forward runs through corruption, encoder, code, decoder and likelihood (self.nll), and every penalty looks "
        "at the encoder's output s. All of these have a backward. Put them together: from the loss through every "
        "stage, in reverse, so that each writes its parameters' gradients on the way, and return ∂loss/∂x. "
        "self.condition, with which run_encoder and run_decoder begin, is a stage like the others: the networks of a "
        "conditional model are given the label beside x or h, and its backward gets the gradient of both and returns "
        "that of x or h. Where to_input is False, nobody needs ∂loss/∂x: tell self.encoder.backward so, and return "
        "None."
    ),
    hints=(
        "Follow the arrows of the picture from right to left, and at each stage ask who else used what this stage "
        "put out. At s, who did? And at x?",
        "To s: the likelihood's backward, the decoder's, the condition's, the code's; where two ways meet, their "
        "gradients are added, each penalty's times its weight. To x: encoder, condition and corruption give the one "
        "way, self.nll.target_gradient() the other.",
        "ds = self.code.backward(self.condition.backward(self.decoder.backward(self.nll.backward()))), plus "
        "penalty.weight * penalty.backward() for each penalty; dx_tilde = self.encoder.backward(ds, to_input); None "
        "if not to_input; else self.corruption.backward(self.condition.backward(dx_tilde)) + "
        "self.nll.target_gradient().",
    ),
    parts=(
        Part(
            "autoencoders.autoencoder",
            keep=("Autoencoder",),
            methods=("forward", "run_encoder", "run_decoder", "backward", "loss_of"),
            blanks=("Autoencoder.backward",),
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
        GradientTrial("told the labels, which go beside x and h", told),
        GradientTrial("with tied weights, which have a path of their own", tied_over),
        GradientTrial(
            "the parameters where ∂loss/∂x is asked for",
            lambda names: (AskedForInput(small(names["Autoencoder"], penalties=[L1(0.3)])), uniform(5, 4)),
        ),
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
        "A denoising autoencoder sees x̃ instead of x. Write two backward: GaussianNoise's, and one for both of the "
        "noises that are Masked, which put something else in the place of some entries. Each gets the gradient of "
        "what its forward has returned, and returns that of x, a new array or the same. Which entries were kept, "
        "forward has noted in self.kept, an array of True and False. Draw nothing in backward: the noise of this "
        "step was drawn in forward."
    ),
    hints=(
        "Suppose that x_j grows by a little δ, and the same random numbers come out of the generator. By how much "
        "does x̃_j grow, for each of the three?",
        "By δ where x_j still stands in x̃_j, and by nothing where something else was put in its place. Which "
        "entries of a sum x + σ ε have x in them?",
        "GaussianNoise returns dx_tilde as it is, Masked np.where(self.kept, dy, 0).",
    ),
    parts=(
        Part("autoencoders.stages", keep=("Masked",), blanks=("Masked.backward",)),
        Part(
            "autoencoders.denoising",
            keep=("GaussianNoise", "Masking", "SaltAndPepper"),
            blanks=("GaussianNoise.backward",),
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
        "TransposedDense.backward: it returns ∂L/∂h (None, if it likes, where to_input is False), and keeps ∂L/∂b as "
        "self.db = … and, as self.dW_lender = …, what reaches the lender's W through this layer, in the shape of "
        "that W; self.h is the layer's input. Then write TiedAutoencoder.backward. That of every autoencoder, "
        "super().backward(to_input), has each layer write its own, so that dense.dW of an encoder's layer holds only "
        "what came through the encoder: complete it, and return what super() has returned. self.encoder.dense and "
        "self.decoder.dense hold the layers, each in the order of its own forward."
    ),
    hints=(
        "Write y = h Wᵀ + b out for one entry, y_nj = Σ_k …: where does W_jk stand, and beside what? In an ordinary "
        "dense layer its place in the indices would be another.",
        "The dense layer has dW = xᵀ dy; here the roles are exchanged, as the shape (fan_out, fan_in) of the "
        "lender's W demands, and dh needs no transpose. What is used twice has a gradient of two summands: the "
        "encoder wrote one of them into dense.dW, so add, and take care which decoder layer belongs to which encoder "
        "layer.",
        "self.dW_lender = dy.T @ self.h, self.db = dy.sum(axis=0), and dh = dy @ self.lender.W. Then dx = "
        "super().backward(to_input); for dense, transposed in zip(self.encoder.dense, reversed(self.decoder.dense)): "
        "dense.dW = dense.dW + transposed.dW_lender; and return dx.",
    ),
    parts=(
        Part(
            "autoencoders.tied",
            keep=("TransposedDense", "TiedAutoencoder"),
            blanks=("TransposedDense.backward", "TiedAutoencoder.backward"),
        ),
    ),
    trials=(
        GradientTrial("the layer, one example", lambda names: (borrower(names, 3, 4), normal(1, 3))),
        GradientTrial("the layer, five examples", lambda names: (borrower(names, 3, 4), normal(5, 3))),
        GradientTrial(
            "the layer, with as many inputs as outputs", lambda names: (borrower(names, 4, 4), normal(5, 4))
        ),
        GradientTrial(
            "the layer, with to_input=False", lambda names: (InTraining(borrower(names, 3, 4)), normal(5, 3))
        ),
        tied("an autoencoder of one tied pair", (4, 3)),
        tied("two tied pairs, one example", (4, 3, 2), batch=1),
        tied("three tied pairs of one size", (5, 5, 5, 5), batch=7),
        tied("a sparse one with noise", (4, 3, 2), penalties=[L1(0.4)], corruption=Masking(0.3)),
        GradientTrial(
            "the parameters where ∂loss/∂x is asked for",
            lambda names: (AskedForInput(small(names["TiedAutoencoder"])), uniform(5, 4)),
        ),
    ),
)

TASKS = (AUTOENCODER, DENOISING, TIED)
