"""The numbers that notebooks/reference/variants.md promises, from the commands that it gives: all of MNIST, every
setting its default."""

import json

import pytest

import scratch_ae as ae
from scratch_ae.cli import main
from scratch_ae.evaluation import PCA, squared_error

pytestmark = pytest.mark.slow


def trained(variant, tmp_path_factory):
    """`python -m scratch_ae train VARIANT`: the model that it saved, and the numbers that it wrote down."""
    folder = tmp_path_factory.mktemp(variant) / "run"
    assert main(["train", variant, "--out", str(folder)]) == 0
    return ae.load(folder / "model.npz"), json.loads((folder / "settings.json").read_text(encoding="utf-8"))["test"]


@pytest.fixture(scope="module")
def mnist():
    return ae.load_mnist()


@pytest.fixture(scope="module")
def vae(tmp_path_factory):
    return trained("vae", tmp_path_factory)


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    return trained("ae", tmp_path_factory)


def test_the_vae_needs_at_most_105_2_nats_for_a_test_image(vae):
    _, numbers = vae
    assert 0 < numbers["kl"] < numbers["negative_elbo"] <= 105.2


def test_the_autoencoder_leaves_a_squared_error_of_at_most_1_9(deep):
    _, numbers = deep
    assert 0 < numbers["squared_error"] <= 1.9


def test_pca_with_a_code_as_small_leaves_2_7(deep):
    _, numbers = deep
    assert numbers["code"] == 150
    assert 2.6 < numbers["pca_squared_error"] < 2.8


def test_the_saved_vae_gives_its_numbers_again(vae, mnist):
    model, numbers = vae
    x = mnist[1].images
    assert numbers["negative_elbo"] == -model.elbo(x)
    assert numbers["kl"] == model.losses(x)["kl"]
    assert numbers["squared_error"] == squared_error(x, model.reconstruct(x))


def test_the_saved_autoencoder_gives_its_numbers_again(deep, mnist):
    model, numbers = deep
    training, test = (part.images for part in mnist)
    assert numbers["squared_error"] == squared_error(test, model.reconstruct(test))
    assert numbers["pca_squared_error"] == squared_error(test, PCA(training, 150).reconstruct(test))
