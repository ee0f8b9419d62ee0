"""The same training in PyTorch and in JAX, where they are installed, written as their documentation advises.

Each starts from this library's initial weights, so that losses can be held against each other, too; and each reads
its loss in every step, as `fit` does, which costs JAX 3%.
"""

from __future__ import annotations

import itertools
from typing import Any

from scratch_ae.bench.setup import LEARNING_RATE, Epoch, Setup


def torch_eager(setup: Setup) -> Epoch:
    """PyTorch, operation by operation, with Adam as it comes."""
    return torch_epoch(setup)


def torch_flushed(setup: Setup) -> Epoch:
    """The same, told to take denormal numbers for zero, which its Adam otherwise makes many of and is slow with."""
    return torch_epoch(setup, flushed=True)


def torch_compiled(setup: Setup) -> Epoch:
    """PyTorch with forward and backward compiled, and the fused Adam."""
    return torch_epoch(setup, compiled=True)


def torch_compiled_flushed(setup: Setup) -> Epoch:
    """The same, told to take denormal numbers for zero: the fastest PyTorch here."""
    return torch_epoch(setup, compiled=True, flushed=True)


def torch_epoch(setup: Setup, *, compiled: bool = False, flushed: bool = False) -> Epoch:
    import torch
    from torch import nn

    if not torch.set_flush_denormal(flushed) and flushed:  # before there are threads, which take it over
        raise RuntimeError("PyTorch can't flush denormal numbers on this processor")
    torch.set_num_threads(setup.threads)
    torch.manual_seed(0)
    *before, code = setup.sizes
    width = 2 * code if setup.kind == "vae" else code

    def network(sizes: list[int], last: bool) -> Any:
        layers: list[Any] = []
        for i, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes)):
            layers.append(nn.Linear(fan_in, fan_out))
            if i < len(sizes) - 2 or last:
                layers.append(nn.ReLU())
        return nn.Sequential(*layers)

    encoder = network([*before, width], last=setup.kind == "ae")
    decoder = network([*setup.sizes[::-1]], last=False)

    def loss_of(x: Any) -> Any:
        a = encoder(x)
        kl = 0.0
        if setup.kind == "vae":
            mean, log_var = a.chunk(2, dim=1)
            a = mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)
            kl = -0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp())
        bits = nn.functional.binary_cross_entropy_with_logits(decoder(a), x, reduction="sum")
        return (bits + kl) / len(x)

    with torch.no_grad():
        ours = iter(setup.model().parameters.values())
        for layer in [*encoder, *decoder]:
            if isinstance(layer, nn.Linear):
                layer.weight.copy_(torch.from_numpy(next(ours).T))  # PyTorch keeps (fan_out, fan_in)
                layer.bias.copy_(torch.from_numpy(next(ours)))

    optimizer = torch.optim.Adam(
        [*encoder.parameters(), *decoder.parameters()], lr=LEARNING_RATE, fused=True if compiled else None
    )
    data = torch.from_numpy(setup.data())
    # Not dynamic: or else the short last batch makes PyTorch go over to one program for all sizes.
    loss_function = torch.compile(loss_of, dynamic=False) if compiled else loss_of

    def epoch() -> float:
        total = 0.0
        for rows in torch.randperm(setup.images).split(setup.batch):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_function(data[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        return total / setup.images

    return epoch


def jax_jitted(setup: Setup) -> Epoch:
    """JAX with the whole step, Adam included, in one compiled function that reuses the buffers it is given."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    arrays = [jnp.asarray(array) for array in setup.model().parameters.values()]
    parameters = list(zip(arrays[::2], arrays[1::2], strict=True))  # W and b of each layer
    half = len(parameters) // 2

    def run(layers: Any, x: Any, last: bool) -> Any:
        for i, (W, b) in enumerate(layers):
            x = x @ W + b
            if i < len(layers) - 1 or last:
                x = jax.nn.relu(x)
        return x

    def loss_of(parameters: Any, x: Any, key: Any) -> Any:
        a = run(parameters[:half], x, setup.kind == "ae")
        kl = 0.0
        if setup.kind == "vae":
            mean, log_var = jnp.split(a, 2, axis=1)
            a = mean + jnp.exp(0.5 * log_var) * jax.random.normal(key, mean.shape)
            kl = -0.5 * jnp.sum(1 + log_var - mean**2 - jnp.exp(log_var))
        z = run(parameters[half:], a, False)
        bits = jnp.sum(jnp.maximum(z, 0) - x * z + jnp.log1p(jnp.exp(-jnp.abs(z))))
        return (bits + kl) / len(x)

    def step(parameters: Any, m: Any, v: Any, t: Any, key: Any, data: Any, rows: Any) -> Any:
        key, noise = jax.random.split(key)
        loss, gradients = jax.value_and_grad(loss_of)(parameters, data[rows], noise)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradients)
        correction = jnp.sqrt(1 - 0.999**t)
        rate, epsilon = LEARNING_RATE * correction / (1 - 0.9**t), 1e-8 * correction
        parameters = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + epsilon), parameters, m, v)
        return parameters, m, v, t, key, loss

    compiled = jax.jit(step, donate_argnums=(0, 1, 2, 3, 4))
    data = jnp.asarray(setup.data())
    zeros = [jax.tree.map(jnp.zeros_like, parameters) for _ in range(2)]
    state: Any = (parameters, *zeros, jnp.zeros((), jnp.float32), jax.random.key(1))
    rng = np.random.default_rng(0)

    def epoch() -> float:
        nonlocal state
        order = rng.permutation(setup.images).astype(np.int32)
        total = 0.0
        for first in range(0, setup.images, setup.batch):
            rows = order[first : first + setup.batch]
            *state, loss = compiled(*state, data, rows)
            total += float(loss) * len(rows)
        return total / setup.images

    return epoch
