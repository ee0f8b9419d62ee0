"""The dense layer, and layers in a row: backpropagation itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.exercises.curriculum.specimens import InTraining, normal, small, stirred, uniform
from scratch_ae.exercises.task import Names, Part, Task
from scratch_ae.exercises.trials import GradientTrial

SECTION = "自编码器"


def layer(names: Names, fan_in: int, fan_out: int) -> Any:
    """A Dense of the file, its bias not at 0."""
    dense = names["Dense"](fan_in, fan_out, rng=np.random.default_rng(1), dtype=np.float64)
    dense.b[:] = normal(fan_out, seed=2)
    return dense


def autoencoder_of_layers(names: Names) -> tuple[Any, ...]:
    model = small()
    for mlp in (model.encoder, model.decoder):
        mlp.dense = [layer(names, *dense.W.shape) for dense in mlp.dense]
    return stirred(model), uniform(5, 4)


DENSE = Task(
    name="dense",
    title="The dense layer",
    section=SECTION,
    points=5,
    goal=(
        "Write the backward pass of y = x W + b, which everything else rests on. It gets ∂L/∂y, keeps ∂L/∂W and "
        "∂L/∂b as self.dW = … and self.db = …, and returns ∂L/∂x; forward has kept self.x. In training nobody asks "
        "the first layer for ∂L/∂x: where to_input is False, None may be returned instead, which saves a product."
    ),
    hints=(
        "Take a layer of 2 inputs and 3 outputs and a batch of one. In which of the y_k does W_12 occur, and "
        "multiplied by what? In which does x_1? Then: what changes with a second example?",
        "Each gradient is a sum over everything that its variable is used in, and the shapes leave one choice: dW "
        "(fan_in, fan_out) from x (batch, fan_in) and dy (batch, fan_out); dx (batch, fan_in) from dy and W. b is "
        "used once by every example.",
        "self.dW = self.x.T @ dy and self.db = dy.sum(axis=0); ∂L/∂x is dy @ self.W.T.",
    ),
    parts=(Part("nn.dense", keep=("Dense",), blanks=("Dense.backward",)),),
    trials=(
        GradientTrial("one example", lambda names: (layer(names, 4, 3), normal(1, 4))),
        GradientTrial("five examples", lambda names: (layer(names, 4, 3), normal(5, 4))),
        GradientTrial("as many inputs as outputs", lambda names: (layer(names, 4, 4), normal(5, 4))),
        GradientTrial("as many examples as inputs and outputs", lambda names: (layer(names, 3, 3), normal(3, 3))),
        GradientTrial("one output", lambda names: (layer(names, 4, 1), normal(5, 4))),
        GradientTrial("with to_input=False", lambda names: (InTraining(layer(names, 4, 3)), normal(5, 4))),
        GradientTrial("in an autoencoder of four layers", autoencoder_of_layers),
    ),
)


def network(names: Names, sizes: list[int], activations: list[str]) -> Any:
    """An MLP of the file, its biases not at 0."""
    mlp = names["MLP"](sizes, activations, rng=np.random.default_rng(1), dtype=np.float64)
    for i, dense in enumerate(mlp.dense):
        dense.b[:] = normal(len(dense.b), seed=i)
    return mlp


def autoencoder_of_networks(names: Names, sizes: tuple[int, ...]) -> tuple[Any, ...]:
    model, hidden = small(sizes=sizes), ["tanh"] * (len(sizes) - 2)
    model.encoder = network(names, [*sizes], [*hidden, "tanh"])
    model.decoder = network(names, [*sizes[::-1]], [*hidden, "identity"])
    return stirred(model), uniform(7, sizes[0])


MLP_TASK = Task(
    name="mlp",
    title="Backpropagation through a network",
    section=SECTION,
    points=5,
    goal=(
        "A network is layers in a row: forward runs through them from first to last. Write backward, which takes "
        "∂L/∂y through them from last to first, so that every layer writes its dW and db, and returns ∂L/∂x. "
        "self.activations[i] follows self.dense[i]; each of them has a backward. That of a dense layer takes "
        "to_input, too: where it is False, the first layer, and no other, is to be told so."
    ),
    hints=(
        "x went through the first dense layer, then through φ₁, then through the second dense layer, … Which of all "
        "these saw y last? Its backward has to come first.",
        "One loop over the layers reversed, with one array handed on: it starts as dy, and each step replaces it by "
        "the gradient one step further back. All layers but the first need the gradient of their input, whatever "
        "to_input is.",
        "for i in reversed(range(len(self.dense))): first da = self.activations[i].backward(dy), then dy = "
        "self.dense[i].backward(da, to_input or i > 0). At the end return dy.",
    ),
    parts=(Part("nn.mlp", keep=("MLP",), blanks=("MLP.backward",)),),
    trials=(
        GradientTrial("one layer", lambda names: (network(names, [4, 3], ["tanh"]), normal(5, 4))),
        GradientTrial(
            "two layers, one example", lambda names: (network(names, [4, 5, 3], ["tanh", "sigmoid"]), normal(1, 4))
        ),
        GradientTrial(
            "three layers, five examples",
            lambda names: (network(names, [4, 5, 3, 2], ["tanh", "softplus", "identity"]), normal(5, 4)),
        ),
        GradientTrial(
            "three layers of one size",
            lambda names: (network(names, [4, 4, 4, 4], ["sigmoid", "tanh", "elu"]), normal(4, 4)),
        ),
        GradientTrial(
            "with to_input=False", lambda names: (InTraining(network(names, [4, 3, 2], ["tanh"] * 2)), normal(5, 4))
        ),
        GradientTrial("as encoder and decoder, deep", lambda names: autoencoder_of_networks(names, (5, 4, 3, 2))),
        GradientTrial("as encoder and decoder, shallow", lambda names: autoencoder_of_networks(names, (4, 3))),
    ),
)

TASKS = (DENSE, MLP_TASK)
