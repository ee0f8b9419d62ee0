"""Nearest neighbours, against all distances written out."""

import numpy as np
import pytest

from scratch_ae.evaluation import nearest


def test_the_nearest_are_those_of_all_distances_written_out_nearest_first():
    rng = np.random.default_rng(0)
    queries, among = rng.normal(size=(7, 4)), rng.normal(size=(50, 4))
    distances = np.linalg.norm(queries[:, np.newaxis] - among, axis=2)
    np.testing.assert_array_equal(nearest(queries, among, 5), np.argsort(distances, axis=1)[:, :5])


def test_a_point_is_its_own_nearest():
    points = np.random.default_rng(0).normal(size=(20, 3))
    np.testing.assert_array_equal(nearest(points, points)[:, 0], np.arange(20))


def test_more_neighbours_than_points_are_refused():
    with pytest.raises(ValueError, match="only 3 points"):
        nearest(np.zeros((1, 2)), np.zeros((3, 2)), 4)


def test_bytes_do_not_wrap_around():
    among = np.array([[0], [16], [250]], np.uint8)  # 16² is 0 in a byte
    np.testing.assert_array_equal(nearest(np.array([[251]], np.uint8), among, k=3), [[2, 1, 0]])
