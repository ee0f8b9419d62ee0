"""The experiments, on a few images and one epoch: that each runs, says its sentence and leaves its figures."""

import json
from dataclasses import replace

import numpy as np
import pytest

import scratch_ae as ae
from scratch_ae.cli import experiment, main

FIGURES = {
    "data-dependent": {"table.png", "examples.png"},
    "lossy": {"rate_distortion.png"},
    "learned": {"waves.png"},
    "features": {"classifiers.png", "fine_tuning.png"},
    "generative": {
        "samples_plain.png",
        "samples_vae.png",
        "interpolation_plain.png",
        "interpolation_vae.png",
        "neighbours.png",
    },
}


def first(data, n):
    return replace(data, images=data.images[:n], labels=data.labels[:n])


@pytest.fixture(autouse=True)
def few_images(monkeypatch):
    digits = tuple(first(data, n) for data, n in zip(ae.load_mnist(), (1200, 1000), strict=True))
    clothes = tuple(first(data, n) for data, n in zip(ae.load_fashion_mnist(), (400, 200), strict=True))
    monkeypatch.setattr(experiment, "load_mnist", lambda: digits)
    monkeypatch.setattr(experiment, "load_fashion_mnist", lambda: clothes)


@pytest.mark.parametrize("name", experiment.EXPERIMENTS)
def test_an_experiment_leaves_its_numbers_and_every_figure(name, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["experiment", name, "--epochs", "1", "--out", str(out)]) == 0
    assert {path.name for path in out.iterdir()} == FIGURES[name] | {"numbers.json"}
    assert json.loads((out / "numbers.json").read_text())["epochs"] == 1
    assert "numbers.json" in capsys.readouterr().out


def test_the_table_of_errors_is_that_of_the_models_on_both_kinds_of_images(tmp_path):
    out = tmp_path / "out"
    assert main(["experiment", "data-dependent", "--epochs", "3", "--out", str(out)]) == 0
    errors = json.loads((out / "numbers.json").read_text())["squared_error"]
    assert errors["digits"]["digits"] < errors["clothes"]["digits"]
    assert errors["clothes"]["clothes"] < errors["digits"]["clothes"]
    assert np.isfinite([list(row.values()) for row in errors.values()]).all()


def test_an_unknown_experiment_is_refused_in_one_line(capsys):
    with pytest.raises(SystemExit):
        main(["experiment", "alchemy"])
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_said_before_anything_is_trained(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("in the way")
    untrained = {name: one._replace(run=None) for name, one in experiment.EXPERIMENTS.items()}
    monkeypatch.setattr(experiment, "EXPERIMENTS", untrained)
    assert main(["experiment", "lossy", "--out", str(tmp_path / "file" / "out")]) == 1
    assert "file" in capsys.readouterr().err
