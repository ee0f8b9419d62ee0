"""Who runs: each makes, from a setup, a function that trains for one epoch and returns the epoch's mean loss.

Whoever has a loss looks at it in every step, as `fit` does to stop at the first that is not finite.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from scratch_ae.bench import frameworks
from scratch_ae.bench.setup import LEARNING_RATE, Epoch, Setup
from scratch_ae.nn.optimizers import Adam
from scratch_ae.training import fit


def scratch_ae(setup: Setup) -> Epoch:
    """This library's training loop with its history, without the line of progress. (A model's own `fit` looks at all
    images once before it.)"""
    model, data, optimizer = setup.model(), setup.data(), Adam(LEARNING_RATE)
    rng = np.random.default_rng(0)

    def epoch() -> float:
        history = fit(model, [data], optimizer=optimizer, epochs=1, batch_size=setup.batch, rng=rng, progress=False)
        return float(history["loss"][0])

    return epoch


def matrix_products(setup: Setup) -> Epoch:
    """The floor: an epoch's matrix products alone, which have no loss."""
    steps, left = divmod(setup.images, setup.batch)
    step = product_step(setup, setup.batch)
    last = product_step(setup, left) if left else None

    def epoch() -> float:
        for _ in range(steps):
            step()
        if last:
            last()
        return math.nan

    return epoch


def product_step(setup: Setup, batch: int) -> Callable[[], None]:
    """The matrix products of one step, each into an array that is there already: y = x W and dW = xᵀ dy for every
    layer, dx = dy Wᵀ for every layer but the first."""
    rng = np.random.default_rng(0)

    def numbers(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, dtype=np.float32)

    layers = [
        (numbers(batch, a), numbers(a, b), numbers(batch, b), numbers(a, b), numbers(batch, a))
        for a, b in setup.layers
    ]

    def step() -> None:
        for x, W, y, _, _ in layers:
            np.matmul(x, W, out=y)
        for i, (x, W, y, dW, dx) in reversed([*enumerate(layers)]):
            np.matmul(x.T, y, out=dW)
            if i > 0:
                np.matmul(y, W.T, out=dx)

    return step


OURS, FLOOR = "scratch_ae", "matrix products"

CONTESTANTS: dict[str, Callable[[Setup], Epoch]] = {
    OURS: scratch_ae,
    FLOOR: matrix_products,
    "PyTorch": frameworks.torch_eager,
    "PyTorch, flushed": frameworks.torch_flushed,
    "PyTorch, compiled": frameworks.torch_compiled,
    "PyTorch, compiled and flushed": frameworks.torch_compiled_flushed,
    "JAX": frameworks.jax_jitted,
}
"""By the name they have in the table."""

NEEDS = {name: "torch" for name in CONTESTANTS if name.startswith("PyTorch")} | {"JAX": "jax"}
"""What has to be installed for whom."""
