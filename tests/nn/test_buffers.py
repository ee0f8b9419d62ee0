"""Buffers: the same memory as long as it fits, other memory as soon as it does not."""

import copy
import pickle

import numpy as np
import pytest

from scratch_ae.nn.buffers import CACHE_LINE, Buffered, aligned

LIKE = np.zeros(1, np.float32)


def address(array):
    return array.__array_interface__["data"][0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("shape", [(), 5, (3, 5), (784, 300)])
def test_aligned_array_starts_at_a_cache_line_and_is_as_asked_for(shape, dtype):
    for _ in range(4):  # NumPy's own do so by chance now and then
        made = aligned(shape, dtype)
        assert address(made) % CACHE_LINE == 0
        assert (made.shape, made.dtype, made.flags.c_contiguous) == (np.zeros(shape).shape, dtype, True)


@pytest.mark.parametrize("shape", [(4, 3), (4,), (2, 3, 5), (0, 3)])
def test_buffer_has_the_shape_asked_for_and_the_dtype_of_like(shape):
    given = Buffered().buffer("y", shape, LIKE)
    assert (given.shape, given.dtype) == (shape, np.float32)


def test_second_call_gives_the_same_memory():
    owner = Buffered()
    assert address(owner.buffer("y", (4, 3), LIKE)) == address(owner.buffer("y", (4, 3), LIKE))


def test_smaller_batch_gets_the_first_rows_and_the_larger_one_after_it_all_of_them_again():
    owner = Buffered()
    large = owner.buffer("y", (4, 3), LIKE)
    small = owner.buffer("y", (2, 3), LIKE)
    assert (address(small), small.shape) == (address(large), (2, 3))
    assert address(owner.buffer("y", (4, 3), LIKE)) == address(large)


@pytest.mark.parametrize(
    ("shape", "like"),
    [
        pytest.param((5, 3), LIKE, id="more rows"),
        pytest.param((4, 2), LIKE, id="narrower"),
        pytest.param((4, 4), LIKE, id="wider"),
        pytest.param((4,), LIKE, id="fewer axes"),
        pytest.param((4, 3), np.zeros(1), id="another dtype"),
    ],
)
def test_what_does_not_fit_gets_other_memory(shape, like):
    owner = Buffered()
    first = owner.buffer("y", (4, 3), LIKE)
    other = owner.buffer("y", shape, like)
    assert (other.shape, other.dtype) == (shape, like.dtype)
    assert not np.shares_memory(first, other)


def test_two_names_never_share_memory():
    owner = Buffered()
    assert not np.shares_memory(owner.buffer("y", (4, 3), LIKE), owner.buffer("dx", (4, 3), LIKE))


def test_two_owners_never_share_memory():
    assert not np.shares_memory(Buffered().buffer("y", (4, 3), LIKE), Buffered().buffer("y", (4, 3), LIKE))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda owner: pickle.loads(pickle.dumps(owner))])
def test_copy_has_buffers_of_its_own_and_carries_none_along(copied):
    owner = Buffered()
    owner.size = 7
    first = owner.buffer("y", (4, 3), LIKE)
    other = copied(owner)
    assert other.size == 7
    assert "_buffers" not in other.__dict__
    assert not np.shares_memory(other.buffer("y", (4, 3), LIKE), first)
    assert address(owner.buffer("y", (4, 3), LIKE)) == address(first)
