"""The dense layer, and layers in a row: backpropagation itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.exercises.curriculum.specimens import normal, rewired, small, uniform
from scratch_ae.exercises.task import Names, Part, Task
from scratch_ae.exercises.trials import GradientTrial
from scratch_ae.nn.mlp import MLP

SECTION = "自编码器"


def layer(names: Names, fan_in: int, fan_out: int) -> Any:
    """A Dense of the file, its bias not at 0."""
    dense = names["Dense"](fan_in, fan_out, rng=np.random.default_rng(1), dtype=np.float64)
    dense.b[:] = normal(fan_out, seed=2)
    return dense


def autoencoder_of_layers(names: Names) -> tuple[Any, ...]:
    model = small()
    for mlp in (model.encoder, model.decoder):
        mlp.dense = [layer(names, dense.fan_in, dense.fan_out) for dense in mlp.dense]
    return rewired(model), uniform(5, 4)


DENSE = Task(
    name="dense",
    title="The dense layer",
    section=SECTION,
    points=5,
    goal=(
        "Write the backward pass of y = x W + b, which everything else rests on. parameter_gradients gets ∂L/∂y and "
        "writes ∂L/∂W and ∂L/∂b into the arrays self.dW and self.db that are there already (self.dW[...] = …, "
        "because a model keeps views of them); it overwrites what the last batch has left. backward does the same "
        "and returns ∂L/∂x. forward has kept self.x."
    ),
    hints=(
        "Take a layer of 2 inputs and 3 outputs and a batch of one. In which of the y_k does W_12 occur, and "
        "multiplied by what? In which does x_1? Then: what changes with a second example?",
        "Each gradient is a sum over everything that its variable is used in, and the shapes leave one choice: dW "
        "(fan_in, fan_out) from x (batch, fan_in) and dy (batch, fan_out); dx (batch, fan_in) from dy and W. b is "
        "used once by every example.",
        "dW is xᵀ dy, db is the sum of dy over axis 0, dx is dy Wᵀ. In place: np.matmul(…, out=self.dW) and "
        "np.sum(…, axis=0, out=self.db).",
    ),
    parts=(Part("nn.dense", keep=("Dense",), blanks=("Dense.backward", "Dense.parameter_gradients")),),
    trials=(
        GradientTrial("one example", lambda names: (layer(names, 4, 3), normal(1, 4))),
        GradientTrial("five examples", lambda names: (layer(names, 4, 3), normal(5, 4))),
        GradientTrial("as many inputs as outputs", lambda names: (layer(names, 4, 4), normal(5, 4))),
        GradientTrial("as many examples as inputs and outputs", lambda names: (layer(names, 3, 3), normal(3, 3))),
        GradientTrial("one output", lambda names: (layer(names, 4, 1), normal(5, 4))),
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
    class Model(Autoencoder):
        def network(self, sizes: Any, activations: Any) -> MLP:
            return names["MLP"](sizes, activations, rng=self.rng, dtype=self.dtype)

    return small(Model, sizes), uniform(7, sizes[0])


MLP_TASK = Task(
    name="mlp",
    title="Backpropagation through a network",
    section=SECTION,
    points=4,
    goal=(
        "A network is layers in a row: forward runs through them from first to last. Write backward, which takes "
        "∂L/∂y through them from last to first, so that every layer writes its dW and db, and returns ∂L/∂x; and "
        "parameter_gradients, which writes the same dW and db but leaves out the product for ∂L/∂x that training "
        "never needs. Each dense layer has backward and parameter_gradients, each activation has backward."
    ),
    hints=(
        "x went through the first dense layer, then through φ₁, then through the second dense layer, … Which of all "
        "these saw y last? Its backward has to come first.",
        "One loop over the layers reversed, with one array handed on: it starts as dy, and each step replaces it by "
        "the gradient one step further back. In parameter_gradients, the first layer stands outside of that loop.",
        "In the loop: dy = dense.backward(phi.backward(dy)). In parameter_gradients the loop runs over all but the "
        "first, and then comes dense.parameter_gradients(phi.backward(dy)) with the first dense and phi.",
    ),
    parts=(Part("nn.mlp", keep=("MLP",), blanks=("MLP.backward", "MLP.parameter_gradients")),),
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
        GradientTrial("as encoder and decoder, deep", lambda names: autoencoder_of_networks(names, (5, 4, 3, 2))),
        GradientTrial("as encoder and decoder, shallow", lambda names: autoencoder_of_networks(names, (4, 3))),
    ),
)

TASKS = (DENSE, MLP_TASK)
