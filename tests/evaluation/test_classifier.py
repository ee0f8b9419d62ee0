"""The classifier: its gradient is right, it learns, it starts from an encoder without touching it."""

import copy
import pickle

import numpy as np
import pytest
from variants import assert_same_arrays, copies

import scratch_ae as ae
from scratch_ae.evaluation import SoftmaxClassifier
from scratch_ae.gradient_check.differences import central_differences, relative_error


def blobs(n=300, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    return rng.normal(np.eye(3)[labels] * 4, 1.0).astype(np.float32), labels


def test_every_gradient_agrees_with_central_differences():
    x, labels = blobs(7)
    classifier = SoftmaxClassifier([3, 5, 3], activation="tanh", dtype=np.float64)
    x = x.astype(np.float64)
    classifier.loss_and_gradients(x, labels)
    for name, array in classifier.parameters.items():
        analytic = classifier.gradients[name].ravel().copy()
        numerical = central_differences(lambda: classifier.losses(x, labels)["cross_entropy"], array)
        assert relative_error(analytic, numerical) <= 1e-7, name


def test_it_learns_to_tell_three_blobs_apart():
    classifier = SoftmaxClassifier([3, 3])
    classifier.fit(*blobs(), epochs=20, batch_size=32, progress=False)
    assert classifier.accuracy(*blobs(seed=1)) > 0.9


def test_probabilities_are_distributions_and_predict_takes_the_likeliest():
    classifier = SoftmaxClassifier([3, 4, 3])
    x, _ = blobs(20)
    p = classifier.probabilities(x)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(classifier.predict(x), p.argmax(axis=1))


def test_accuracy_is_the_share_of_right_answers():
    classifier = SoftmaxClassifier([3, 3])
    x, _ = blobs(40)
    right = classifier.predict(x)
    wrong = (right + 1) % 3
    assert classifier.accuracy(x, right) == 1
    assert classifier.accuracy(x, np.concatenate([right[:10], wrong[10:]])) == 0.25


def test_fine_tuning_starts_from_the_encoder_and_leaves_the_model_as_it_was():
    model = ae.StackedAutoencoder([6, 5, 4], seed=3)
    before = copies(model.parameters)
    classifier = SoftmaxClassifier.from_encoder(model, classes=3)
    x = np.random.default_rng(0).random((30, 6), dtype=np.float32)
    hidden = x
    for dense, phi in zip(classifier.network.dense[:-1], classifier.network.activations[:-1], strict=True):
        hidden = phi.forward(dense.forward(hidden))
    np.testing.assert_array_equal(hidden, model.encode(x))
    classifier.fit(x, np.arange(30) % 3, epochs=2, progress=False)
    assert_same_arrays(model.parameters, before)


def test_an_encoder_of_mixed_activations_is_refused():
    model = ae.Autoencoder([6, 5, 4], code_activation="identity")
    with pytest.raises(ValueError, match="activations"):
        SoftmaxClassifier.from_encoder(model, 3)


@pytest.mark.parametrize("labels", [[0, 1], [0, 3, 1], [0.0, 1.0, 2.0], [-1, 0, 1]])
def test_labels_that_do_not_fit_are_refused_by_name(labels):
    with pytest.raises(ValueError, match="^labels"):
        SoftmaxClassifier([3, 3]).fit(np.zeros((3, 3)), labels, progress=False)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_learns_and_the_original_stays(copied):
    x, labels = blobs()
    classifier = SoftmaxClassifier([3, 3])
    other = copied(classifier)
    before = classifier.losses(x, labels)
    other.fit(x, labels, epochs=5, batch_size=32, progress=False)
    assert other.losses(x, labels)["cross_entropy"] < 0.8 * before["cross_entropy"]
    assert classifier.losses(x, labels) == before


@pytest.mark.parametrize(
    "model", [ae.VAE([6, 4, 2]), ae.VAE([6, 2]), ae.SparseAutoencoder([6, 4], sparsity="top-k", k=2)], ids=repr
)
def test_a_code_that_is_not_the_encoders_output_is_refused(model):
    with pytest.raises(ValueError, match="which a classifier has not"):
        SoftmaxClassifier.from_encoder(model, 3)
