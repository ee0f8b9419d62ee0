"""堆栈自动编码器, trained greedily: each layer first learns to encode what the layer below it puts out, alone; then
`fit` tunes all of them together. Sources: Bengio et al. 2007; Hinton & Salakhutdinov 2006.

What it changes in the picture: nothing. What it changes is the order of training, and which layers get a gradient:
while one layer is trained, those below it are frozen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.autoencoders.stages import Unchanged
from scratch_ae.training import History, recipe


class StackedAutoencoder(Autoencoder):
    """A deep Autoencoder with `pretrain`.

    >>> model = StackedAutoencoder([784, 300, 150], seed=0)
    >>> model.pretrain(train.images, epochs=5)
    >>> model.fit(train.images, epochs=5)
    >>> model.pretrain(train.images, layer=DenoisingAutoencoder, noise="masking", level=0.3)     # or of another kind

    The arguments are the Autoencoder's, without `decoder_sizes`: each decoder layer undoes one encoder layer.
    Sigmoid layers are what the method was made for; they learn slowly from a random start.
    """

    def __init__(self, sizes: Sequence[int], *, activation: str = "sigmoid", **arguments: Any) -> None:
        if "decoder_sizes" in arguments:
            raise TypeError("decoder_sizes does not apply to a stack: each decoder layer undoes one encoder layer.")
        super().__init__(sizes, activation=activation, **arguments)
        self.record(fixed=["decoder_sizes"])

    def pretrain(
        self,
        x: FloatArray,
        *,
        epochs: int = 5,
        batch_size: int = 128,
        learning_rate: float = 3e-3,
        layer: Callable[..., Autoencoder] = Autoencoder,
        progress: bool = True,
        **arguments: Any,
    ) -> list[History]:
        """Trains layer after layer on x (n, features); a history for each.

        `layer` makes the one-layer autoencoder of each level from its two sizes: Autoencoder, or the tied, sparse,
        denoising or contractive one, with `arguments` handed on to it; ValueError if it makes its code otherwise than
        the stack's layer will. A level learns from the codes of the level below, which no longer changes. The rate
        falls as in `training.recipe`, for each layer anew.
        """
        histories = []
        codes = self.check_data(x)[0]
        for level, (fan_in, fan_out) in enumerate(zip(self.sizes, self.sizes[1:], strict=False)):
            if progress:
                print(f"layer {level + 1} of {len(self.encoder.dense)}, alone: {fan_in}-{fan_out}-{fan_in}")
            single = layer([fan_in, fan_out], **self.settings(level), **arguments)
            if not isinstance(single.code, Unchanged):
                raise ValueError(f"The stack's layers don't make their codes by {type(single.code).__name__}.")
            optimizer = recipe(len(codes), epochs, batch_size, learning_rate)
            histories.append(
                single.fit(codes, epochs=epochs, batch_size=batch_size, optimizer=optimizer, progress=progress)
            )
            self.adopt(single, level)
            codes = single.encode(codes)
        return histories

    def settings(self, level: int) -> dict[str, Any]:
        """What the one-layer autoencoder of a level has from the stack. Codes of a level below are data in [0, 1]
        if they come from a sigmoid, and any numbers otherwise."""
        activation = self.encoder.activation_names[level]
        likelihood = self.config["likelihood"]
        if level > 0:
            likelihood = "bernoulli" if self.encoder.activation_names[level - 1] == "sigmoid" else "gaussian"
        return {
            "activation": activation,
            "code_activation": activation,
            "likelihood": likelihood,
            "seed": self.config["seed"] + level,
            "dtype": self.dtype,
        }

    def adopt(self, single: Autoencoder, level: int) -> None:
        """Copies a trained layer to its two places in the stack: encoder layer `level`, and the decoder's, counted
        from the end."""
        for mine, trained in (
            (self.encoder.dense[level], single.encoder.dense[0]),
            (self.decoder.dense[-1 - level], single.decoder.dense[0]),
        ):
            mine.W[...] = trained.W
            mine.b[...] = trained.b
