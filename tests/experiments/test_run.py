"""What a run hands on to a model that is trained beside its own, and what its loss is measured in."""

import numpy as np
import pytest

import scratch_ae as ae
from scratch_ae.datasets import Dataset
from scratch_ae.experiments.run import Run, labels_for, unit_of

X = np.random.default_rng(0).random((60, 6)).astype(np.float32)
TRAIN, TEST = Dataset(X[:40], np.arange(40) % 2), Dataset(X[40:], np.arange(20) % 2)


def trained(model, **how):
    how = {"epochs": 2, "batch_size": 8, "learning_rate": 0.02} | how
    run = Run(model, ae.History(), TRAIN, TEST, **how)
    run.history = run.train_beside(model, "itself")
    return run


def test_a_model_trained_beside_with_the_same_arguments_ends_as_the_runs_own():
    run = trained(ae.Autoencoder([6, 4], activation="tanh", likelihood="gaussian", seed=3))
    other = ae.Autoencoder([6, 4], **run.shared)
    history = run.train_beside(other, "its twin")
    for name, array in run.model.parameters.items():
        np.testing.assert_array_equal(other.parameters[name], array)
    assert history["validation_loss"] == run.history["validation_loss"]


def test_the_rate_of_what_is_trained_beside_begins_at_the_runs_own_and_falls_to_nearly_0():
    rates = trained(ae.Autoencoder([6, 4]), learning_rate=0.5, epochs=20).history["learning_rate"]
    assert 0.4 < rates[0] < 0.5
    assert rates[-1] < 0.01


def test_only_a_conditional_model_is_told_the_labels():
    assert labels_for(ae.VAE([6, 4]), TEST) is None
    labels = labels_for(ae.ConditionalVAE([6, 4], classes=2), TEST)
    assert labels is TEST.labels


@pytest.mark.parametrize(
    ("model", "unit"),
    [
        (ae.Autoencoder([6, 4], likelihood="gaussian"), "½ squared error per image"),
        (ae.Autoencoder([6, 4], likelihood="learned-gaussian"), "nats per image"),
        (ae.Autoencoder([6, 4]), "nats per image"),
        (ae.VAE([6, 4], likelihood="gaussian"), "nats per image"),
    ],
    ids=["gaussian", "learned-gaussian", "bernoulli", "VAE"],
)
def test_a_loss_is_half_a_squared_error_only_if_nothing_in_it_is_in_nats(model, unit):
    assert unit_of(model) == unit
