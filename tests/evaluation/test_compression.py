"""Rate and distortion: 8 bits a number, JPEG on a sheet of whole blocks."""

import numpy as np
import pytest

from scratch_ae.evaluation import PCA, compression


def test_quantized_codes_take_at_most_256_values_a_number_and_move_by_half_a_step_at_most():
    codes = np.random.default_rng(0).normal(size=(5000, 3)) * [1, 10, 0.1]
    rounded = compression.quantized(codes, like=codes)
    step = np.ptp(codes, axis=0) / 255
    assert (np.abs(rounded - codes) <= step / 2 + 1e-12).all()
    assert all(len(np.unique(column.round(9))) <= 256 for column in rounded.T)


def test_codes_beyond_the_training_codes_are_clipped_to_their_range():
    like = np.array([[0.0], [1.0]])
    np.testing.assert_allclose(compression.quantized(np.array([[-3.0], [7.0]]), like), [[0], [1]])


def test_a_number_that_never_varies_is_kept():
    like = np.full((4, 2), 0.3)
    np.testing.assert_allclose(compression.quantized(like, like), like)


def test_more_components_lose_less():
    x = np.random.default_rng(0).random((200, 16)).astype(np.float32)
    errors = [compression.distortion(PCA(x, k), x, x) for k in (2, 6, 12)]
    assert errors[0] > errors[1] > errors[2] > 0


@pytest.mark.parametrize("shape", [(8, 8), (28, 28), (10, 7)])
def test_jpeg_gives_back_smooth_images_and_in_their_order(shape):
    height, width = shape
    ramp = np.linspace(0, 1, height)[:, np.newaxis] * np.ones(width)
    images = np.array([level * ramp for level in np.linspace(0.1, 1, 12)]).reshape(12, -1).astype(np.float32)
    _, (error,) = compression.jpeg(images, shape, [95])
    assert error < 2e-3 * height * width


def test_a_higher_quality_costs_more_bytes_and_loses_less():
    images = np.random.default_rng(0).random((30, 64)).astype(np.float32)
    rates, errors = compression.jpeg(images, (8, 8), [5, 50, 95])
    assert rates == sorted(rates)
    assert errors == sorted(errors, reverse=True)
