"""What `import scratch_ae` gives, and what it does not load before it is asked for."""

import argparse
import configparser
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import scratch_ae
from scratch_ae import training
from scratch_ae.cli import train
from scratch_ae.cli.variants import VARIANTS

PACKAGE = Path(scratch_ae.__file__).parent

DESIGN = {
    "load_mnist", "load_fashion_mnist", "Dataset", "Autoencoder", "load", "StackedAutoencoder", "SparseAutoencoder",
    "DenoisingAutoencoder", "ContractiveAutoencoder", "VAE", "ConditionalVAE", "Adam", "SGD", "gradcheck",
}  # fmt: skip


@pytest.mark.parametrize("name", scratch_ae.__all__)
def test_every_public_name_is_there_and_documented(name):
    assert (getattr(scratch_ae, name).__doc__ or "").strip()


def test_every_name_of_the_design_is_public():
    assert set(scratch_ae.__all__) >= DESIGN


@pytest.mark.parametrize("name", ["evaluation", "exercises", "plots"])
def test_what_is_imported_on_demand_can_be_reached_as_an_attribute(name):
    assert getattr(scratch_ae, name).__name__ == f"scratch_ae.{name}"


def test_matplotlib_is_not_loaded_before_something_is_drawn():
    loaded = "import sys, scratch_ae; scratch_ae.exercises; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True).stdout == "False\n"


def test_source_is_shown_by_a_module_that_is_loaded_when_it_is_asked_for():
    loaded = "import sys, scratch_ae; print('scratch_ae.reading' in sys.modules); scratch_ae.show_source"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True).stdout == "False\n"


def test_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'autoencoder'"):
        scratch_ae.autoencoder  # noqa: B018


def test_no_name_is_listed_twice():
    assert len(set(scratch_ae.__all__)) == len(scratch_ae.__all__)


def test_the_version_is_that_of_the_package():
    setup = configparser.ConfigParser()
    setup.read(PACKAGE.parent / "setup.cfg", encoding="utf-8")
    assert setup["metadata"]["version"] == scratch_ae.__version__


# Whoever writes `train contractive` and whoever writes ContractiveAutoencoder([784, 1000]) trains the same model.

OWN = {
    "sparse": scratch_ae.SparseAutoencoder,
    "denoising": scratch_ae.DenoisingAutoencoder,
    "contractive": scratch_ae.ContractiveAutoencoder,
    "vae": scratch_ae.VAE,
    "cvae": scratch_ae.ConditionalVAE,
    "stacked": scratch_ae.StackedAutoencoder.pretrain,
}


def options_of(variant):
    """The options that it has for itself, with their defaults."""
    parser = argparse.ArgumentParser(add_help=False)
    if VARIANTS[variant].options:
        VARIANTS[variant].options(parser)
    return vars(parser.parse_args([]))


def defaults_of(function):
    return {p.name: p.default for p in inspect.signature(function).parameters.values() if p.default is not p.empty}


def test_these_are_the_variants_with_options_of_their_own():
    assert {variant for variant in VARIANTS if options_of(variant)} == {*OWN}


@pytest.mark.parametrize("variant", OWN)
def test_the_command_lines_defaults_are_those_of_the_class(variant):
    own = defaults_of(OWN[variant])
    for option, value in options_of(variant).items():
        name = option.removeprefix("pretrain_")
        assert own[name] == value, f"{option}: {value} on the command line, {own[name]} in the class"


@pytest.mark.parametrize("variant", ["ae", "undercomplete", "tied", *OWN])
def test_the_command_lines_activation_and_likelihood_are_those_of_the_class(variant):
    kinds = {**OWN, "tied": scratch_ae.TiedAutoencoder, "stacked": scratch_ae.StackedAutoencoder}
    arguments = {"cvae": {"classes": 2}, "sparse": {"k": 2}}.get(variant, {})
    model = kinds.get(variant, scratch_ae.Autoencoder)([6, 5], **arguments)
    assert (VARIANTS[variant].activation, VARIANTS[variant].likelihood) == (model.activation, model.likelihood)


def test_the_command_lines_training_is_that_of_fit():
    parser = argparse.ArgumentParser()
    train.add_to(parser.add_subparsers())
    options, own = vars(parser.parse_args(["train", "ae"])), defaults_of(scratch_ae.Autoencoder.fit)
    assert (options["epochs"], options["batch_size"]) == (own["epochs"], own["batch_size"])
    assert options["lr"] == defaults_of(training.recipe)["learning_rate"]
    assert options["seed"] == defaults_of(scratch_ae.Autoencoder)["seed"]
