"""Principal component analysis: orthonormal directions of the largest variance, and the error that is left."""

import numpy as np
import pytest

from scratch_ae.evaluation import PCA, squared_error


def data(n=200, features=8, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return (5 + rng.standard_normal((n, features)) @ rng.standard_normal((features, features))).astype(dtype)


def variances(x):
    """The eigenvalues of the covariance matrix (1/n) Σ (x − mean)(x − mean)ᵀ, largest first."""
    return np.linalg.eigvalsh(np.cov(x.T, bias=True))[::-1]


@pytest.mark.parametrize("k", [1, 3, 8])
def test_the_components_are_orthonormal_rows(k):
    components = PCA(data(), k).components
    assert components.shape == (k, 8)
    np.testing.assert_allclose(components @ components.T, np.eye(k), atol=1e-12)


@pytest.mark.parametrize("k", [1, 3, 7, 8])
def test_the_error_on_its_own_data_is_the_sum_of_the_discarded_variances(k):
    x = data()
    error = squared_error(x, PCA(x, k).reconstruct(x))
    assert error == pytest.approx(variances(x)[k:].sum(), rel=1e-9, abs=1e-12)


def test_the_code_has_mean_0_and_the_largest_variances_in_order_without_correlation():
    x = data()
    h = PCA(x, 4).encode(x)
    assert h.shape == (200, 4)
    np.testing.assert_allclose(h.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(np.cov(h.T, bias=True), np.diag(variances(x)[:4]), atol=1e-10)


def test_new_data_are_centred_by_the_mean_of_the_old():
    x, new = data(), data(seed=1)
    pca = PCA(x, 3)
    np.testing.assert_allclose(pca.mean, x.mean(axis=0))
    np.testing.assert_allclose(pca.encode(new), (new - x.mean(axis=0)) @ pca.components.T)


def test_reconstruct_is_decode_after_encode():
    x = data()
    pca = PCA(x, 3)
    np.testing.assert_array_equal(pca.reconstruct(x), pca.decode(pca.encode(x)))


def test_reconstructing_twice_changes_nothing_more():
    pca = PCA(data(), 3)
    once = pca.reconstruct(data(seed=1))
    np.testing.assert_allclose(pca.reconstruct(once), once, rtol=1e-12)


def test_fewer_examples_than_components_are_reconstructed_exactly():
    x = data(4)
    np.testing.assert_allclose(PCA(x, 6).reconstruct(x), x, rtol=1e-10)


def test_float32_data_stay_float32():
    x = data(dtype=np.float32)
    pca = PCA(x, 3)
    assert pca.components.dtype == pca.encode(x).dtype == pca.reconstruct(x).dtype == np.float32


def test_the_data_are_not_changed():
    x = data()
    x.flags.writeable = False
    PCA(x, 3).reconstruct(x)
    np.testing.assert_array_equal(x, data())


@pytest.mark.parametrize("k", [0, -1, 2.5, 9])
def test_a_bad_number_of_components_is_refused_by_name(k):
    with pytest.raises((ValueError, TypeError), match=rf"^k={k}"):
        PCA(data(), k)


def test_whole_numbers_are_taken_as_the_numbers_that_they_are():
    x = np.random.default_rng(0).integers(0, 256, (20, 5), dtype=np.uint8)
    np.testing.assert_allclose(PCA(x, 3).reconstruct(x), PCA(x.astype(float), 3).reconstruct(x.astype(float)))
