"""The squared error of reconstructions."""

import numpy as np
import pytest

from scratch_ae.evaluation import squared_error

X = np.array([[1.0, 2.0, 0.0], [3.0, 4.0, 1.0]])
R = np.array([[1.0, 0.0, 1.0], [0.0, 4.0, 3.0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_squared_error_is_summed_over_features_and_averaged_over_examples(dtype):
    assert squared_error(X.astype(dtype), R.astype(dtype)) == ((4 + 1) + (9 + 4)) / 2


def test_a_perfect_reconstruction_has_no_error():
    assert squared_error(X, X.copy()) == 0


@pytest.mark.parametrize("r", [R[:, :2], R[:1], R[:, :1], R[0], R.T])
def test_a_reconstruction_of_another_shape_is_refused_also_if_it_would_broadcast(r):
    with pytest.raises(ValueError, match=r"^x has shape \(2, 3\) and r "):
        squared_error(X, r)


def test_neither_array_is_changed():
    x, r = X.copy(), R.copy()
    squared_error(x, r)
    np.testing.assert_array_equal([x, r], [X, R])
