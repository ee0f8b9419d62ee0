"""堆栈自动编码器, trained greedily: each layer first learns, alone, to encode what the layer below puts out; then
`fit` tunes all of them together. Sources: Bengio et al. 2007; Hinton & Salakhutdinov 2006.

What it changes in the picture: nothing. What it changes is the order of training, and which layers get a gradient:
while one layer is trained, those below it are frozen.
"""

from collections.abc import Callable, Sequence
from typing import Any

from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.autoencoders.stages import Unchanged
from scratch_ae.autoencoders.tied import TiedAutoencoder
from scratch_ae.consoles import say
from scratch_ae.training import History, recipe


class StackedAutoencoder(Autoencoder):
    """A deep Autoencoder with `pretrain`.

    >>> model = StackedAutoencoder([784, 300, 150], seed=0)
    >>> model.pretrain(train.images)      # or of another kind: layer=DenoisingAutoencoder, noise="masking", level=0.3
    >>> model.fit(train.images)

    The arguments are the Autoencoder's, without `decoder_sizes`: each decoder layer undoes one encoder layer. Sigmoid
    layers are what the method was made for; they learn slowly from a random start.
    """

    def __init__(self, sizes: Sequence[int], *, activation: str = "sigmoid", **arguments: Any) -> None:
        if "decoder_sizes" in arguments:
            raise TypeError("decoder_sizes does not apply to a stack: each decoder layer undoes one encoder layer.")
        super().__init__(sizes, activation=activation, **arguments)

    def pretrain(
        self,
        x: FloatArray,
        *,
        epochs: int = 3,
        batch_size: int = 128,
        learning_rate: float = 3e-3,
        layer: Callable[..., Autoencoder] = Autoencoder,
        progress: bool = True,
        **arguments: Any,
    ) -> list[History]:
        """Trains layer after layer on x (n, features); a history for each.

        `layer` makes the one-layer autoencoder of each level from its two sizes: Autoencoder, or the tied, sparse,
        denoising or contractive one, with `arguments` handed on to it; ValueError if its code is not what the stack's
        layer will put out. A level learns from the codes of the level below, which no longer changes. The rate falls
        as in `training.recipe`, for each layer anew.
        """
        histories = []
        codes, _ = self.check_data(x)
        for level, (fan_in, fan_out) in enumerate(zip(self.sizes, self.sizes[1:], strict=False)):
            if progress:
                say(f"layer {level + 1} of {len(self.encoder.dense)}, alone: {fan_in}-{fan_out}-{fan_in}")
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
        """What the one-layer autoencoder of a level has from the stack. The codes of the level below are data in
        [0, 1] if they come from a sigmoid, and any numbers otherwise."""
        activations = [phi.name for phi in self.encoder.activations]
        likelihood = self.likelihood
        if level > 0:
            likelihood = "bernoulli" if activations[level - 1] == "sigmoid" else "gaussian"
        settings = dict(activation=activations[level], code_activation=activations[level], likelihood=likelihood)
        return {**settings, "seed": self.seed + level, "dtype": self.dtype}

    def adopt(self, single: Autoencoder, level: int) -> None:
        """Copies a trained layer to its two places: encoder layer `level`, and its mirror image in the decoder."""
        there, back = single.encoder.dense[0], single.decoder.dense[0]
        encoder, decoder = self.encoder.dense[level], self.decoder.dense[-1 - level]
        encoder.W, encoder.b = there.W.copy(), there.b.copy()
        decoder.W, decoder.b = (there.W.T if isinstance(single, TiedAutoencoder) else back.W).copy(), back.b.copy()
