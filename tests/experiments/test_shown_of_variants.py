"""What each variant's run shows, with models whose answer is known."""

import numpy as np
import pytest

import scratch_ae as ae
from scratch_ae.datasets import Dataset
from scratch_ae.experiments.contraction import show_contraction
from scratch_ae.experiments.identity import show_beside_pca, show_identity
from scratch_ae.experiments.latent import show_conditional, show_latent
from scratch_ae.experiments.noise import show_denoising
from scratch_ae.experiments.overview import figures_of, show_errors
from scratch_ae.experiments.pretraining import show_pretraining
from scratch_ae.experiments.run import Run
from scratch_ae.experiments.sparsity import show_sparsity


def bars(n):
    """Images of 4 x 4 in which a bar stands at the height of the label."""
    labels = np.arange(n) % 4
    images = np.random.default_rng(n).random((n, 4, 4)).astype(np.float32) * 0.2
    images[np.arange(n), labels] += 0.7
    return Dataset(images.reshape(n, 16), labels, (4, 4))


TRAIN, TEST = bars(160), bars(40)


def run_of(model, epochs=1):
    """A run of a model that has been trained on bars."""
    run = Run(model, ae.History(), TRAIN, TEST, epochs, 16, 0.01)
    given = [TRAIN.labels] if isinstance(model, ae.ConditionalVAE) else []
    beside = [TEST.labels] if isinstance(model, ae.ConditionalVAE) else []
    run.history = model.fit(
        TRAIN.images, *given, epochs=epochs, batch_size=16, validation=(TEST.images, *beside), progress=False
    )
    return run


def identity():
    """A run whose model gives back all that it is given."""
    run = run_of(ae.Autoencoder([16, 16], activation="identity", likelihood="gaussian"))
    for name, array in run.model.parameters.items():
        array[...] = np.eye(16) if name.endswith("W") else 0
    return run


def test_the_identity_is_found_out_by_random_images():
    shown = show_identity(identity())
    assert shown.numbers == {"share_reproduced": pytest.approx(1), "share_of_random_reproduced": pytest.approx(1)}
    assert list(shown.figures) == ["random_input"]


@pytest.mark.parametrize(("code", "figure"), [(3, "pca"), (17, "random_input")])
def test_a_code_larger_than_the_image_is_shown_random_images_instead_of_pca(code, figure):
    assert list(show_beside_pca(run_of(ae.Autoencoder([16, code]))).figures) == [figure]


@pytest.mark.parametrize(("sparsity", "told"), [("kl", True), ("l1", False)])
def test_the_target_activation_is_told_only_where_the_penalty_has_one(sparsity, told):
    shown = show_sparsity(run_of(ae.SparseAutoencoder([16, 20], sparsity=sparsity, rho=0.125)))
    assert ("target ρ = 0.125" in shown.sentence) is told
    assert 0 <= shown.numbers["share_active"] <= 1


@pytest.mark.parametrize(
    ("noise", "level", "highest"), [("gaussian", 0.5, 1.0), ("masking", 0.3, 0.6), ("masking", 0.9, 0.9)]
)
def test_noise_is_tried_around_the_level_of_training_and_no_share_above_what_can_be(noise, level, highest):
    numbers = show_denoising(run_of(ae.DenoisingAutoencoder([16, 8], noise=noise, level=level))).numbers
    assert numbers["levels"][0] == pytest.approx(0.6 * level)
    assert numbers["levels"][-1] == pytest.approx(highest)
    assert {name: len(errors) for name, errors in numbers["errors"].items()} == {"denoising": 8, "plain": 8}


def test_the_penalty_makes_the_jacobian_smaller_than_without_it():
    numbers = show_contraction(run_of(ae.ContractiveAutoencoder([16, 8], activation="sigmoid", weight=5), 5)).numbers
    assert numbers["jacobian"] < numbers["jacobian_without_penalty"]


def test_pretraining_is_held_against_as_many_epochs_from_a_random_start():
    numbers = show_pretraining(run_of(ae.StackedAutoencoder([16, 8, 4]), 3)).numbers
    assert len(numbers["validation_loss"]) == len(numbers["validation_loss_from_random"]) == 3


def test_a_latent_dimension_that_says_nothing_counts_as_collapsed():
    run = run_of(ae.VAE([16, 4]))
    run.model.encoder.dense[-1].W[...] = 0
    run.model.encoder.dense[-1].b[...] = 0
    assert show_latent(run).numbers == {"kl_per_dimension": [0, 0, 0, 0], "collapsed": 4}


def test_samples_of_a_conditional_model_are_judged_by_the_label_asked_for():
    shown = show_conditional(run_of(ae.ConditionalVAE([16, 4], classes=4), 30))
    assert shown.numbers["samples_as_asked"] > 0.5  # by chance a quarter
    assert list(shown.figures) == ["samples_by_label", "latent_kl"]


@pytest.mark.parametrize("code", [16, 17])
def test_a_code_as_large_as_the_image_goes_without_the_error_of_pca_which_is_0(code):
    shown = show_errors(run_of(ae.Autoencoder([16, code])).model, TRAIN, TEST)
    assert set(shown.numbers) == {"squared_error", "code"}
    assert "PCA" not in shown.sentence


def test_the_errors_of_the_identity_are_0_and_its_code_is_the_image():
    numbers = show_errors(identity().model, TRAIN, TEST).numbers
    assert numbers == {"squared_error": pytest.approx(0), "code": 16}


@pytest.mark.parametrize(
    ("model", "own"),
    [
        (ae.Autoencoder([16, 2]), set()),
        (ae.VAE([16, 3]), {"samples", "interpolation"}),
        (ae.VAE([16, 2]), {"samples", "interpolation", "manifold"}),
        (ae.ConditionalVAE([16, 2], classes=4), set()),
    ],
    ids=["plain", "VAE", "VAE, 2-d", "conditional"],
)
def test_only_a_vae_is_drawn_from_and_only_a_plane_of_codes_has_a_map(model, own):
    run = run_of(model)
    drawn = dict(figures_of(run.model, run.history, run.test))
    assert set(drawn) == {"learning_curves", "reconstructions", "filters", "code_space"} | own
