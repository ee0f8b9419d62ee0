"""自动编码器是有损的: what a code of so many bytes loses, beside PCA and JPEG at the same rate."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from scratch_ae import checks
from scratch_ae.arrays import FloatArray
from scratch_ae.evaluation.reconstruction import squared_error


class Coder(Protocol):
    """Anything that encodes and decodes: an Autoencoder, or PCA."""

    def encode(self, x: FloatArray) -> FloatArray: ...

    def decode(self, h: FloatArray) -> FloatArray: ...


def quantized(codes: FloatArray, like: FloatArray) -> FloatArray:
    """Codes (n, k) rounded to 8 bits a number: to the nearest of 256 levels between the least and the largest that
    the number takes in `like`, the training codes (m, k)."""
    low, high = like.min(axis=0), like.max(axis=0)
    step = np.where(high > low, (high - low) / 255, 1)
    return (low + step * np.round((codes - low) / step).clip(0, 255)).astype(codes.dtype)


def distortion(coder: Coder, train: FloatArray, test: FloatArray) -> float:
    """Squared error per image of test (n, features), from codes of 8 bits a number."""
    codes = quantized(coder.encode(test), like=coder.encode(train))
    return squared_error(test, coder.decode(codes).clip(0, 1))


def jpeg(images: FloatArray, shape: tuple[int, int], qualities: Sequence[int]) -> tuple[list[float], list[float]]:
    """(bytes per image, squared error per image) of JPEG at each quality (1 … 95).

    A JPEG file has some 600 bytes of tables before the first pixel, more than a digit is worth. To be fair to it, all
    images share one file: on a sheet, each in a frame of whole 8 × 8 blocks, so that none disturbs another.
    """
    from PIL import Image  # brought along by matplotlib; here only, because only this needs it

    n = len(images)
    height, width = shape
    block_height, block_width = (-(-side // 8) * 8 for side in shape)
    columns = int(np.ceil(np.sqrt(n)))
    rows = -(-n // columns)
    sheet = np.zeros((rows * columns, block_height, block_width), np.uint8)
    sheet[:n, :height, :width] = np.round(images.reshape(n, height, width) * 255)
    page = sheet.reshape(rows, columns, block_height, block_width).swapaxes(1, 2)
    page = page.reshape(rows * block_height, columns * block_width)

    rates, errors = [], []
    for quality in qualities:
        file = io.BytesIO()
        Image.fromarray(page).save(file, "JPEG", quality=checks.whole("quality", quality, at_least=1), optimize=True)
        back = np.asarray(Image.open(file), np.float32).reshape(rows, block_height, columns, block_width)
        back = back.swapaxes(1, 2).reshape(-1, block_height, block_width)[:n, :height, :width] / 255
        rates.append(file.getbuffer().nbytes / n)
        errors.append(squared_error(images, back.reshape(n, -1).astype(images.dtype)))
    return rates, errors
