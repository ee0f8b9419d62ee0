"""Arrays that live from one training step to the next."""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray

CACHE_LINE = 64


def aligned(shape: int | tuple[int, ...], dtype: Any) -> FloatArray:
    """An uninitialized array that starts where a cache line of the processor does, every 64 bytes.

    NumPy's own begin anywhere, and then each vector instruction reads from two lines: an operation on three arrays
    that fit into the cache takes up to twice as long.
    """
    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    memory = np.empty(size + CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    return memory[start : start + size].view(dtype).reshape(shape)


class Buffered:
    """Hands out arrays by name and keeps them, so that no training step has to allocate its large ones anew.

    What `forward` and `backward` return lies in such an array: it holds until the next call of the same method.
    Whoever keeps a result longer copies it, as the models' public methods do.
    """

    def buffer(self, name: str, shape: tuple[int, ...], like: FloatArray) -> FloatArray:
        """An uninitialized array of `shape` in the dtype of `like`: the one given out under `name` before, if it has
        that dtype, rows of that shape, and enough of them (a smaller last batch gets the first ones)."""
        buffers: dict[str, FloatArray] = self.__dict__.setdefault("_buffers", {})
        kept = buffers.get(name)
        if kept is None or kept.dtype != like.dtype or kept.shape[1:] != shape[1:] or len(kept) < shape[0]:
            kept = buffers[name] = aligned(shape, like.dtype)
        return kept[: shape[0]]

    def __getstate__(self) -> dict[str, Any]:
        """For copies and pickles, which get buffers of their own when they need them."""
        return {name: value for name, value in self.__dict__.items() if name != "_buffers"}
