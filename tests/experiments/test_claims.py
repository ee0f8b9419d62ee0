"""The experiments on a few images and one epoch: each runs, and what it gives back can be read, kept and drawn."""

import json
from dataclasses import replace

import numpy as np
import pytest

import scratch_ae as ae
from scratch_ae.experiments import data_dependent, features, generative, learned, lossy

FIGURES = {
    data_dependent.digits_and_clothes: {"table", "examples"},
    lossy.rate_and_distortion: {"rate_distortion"},
    learned.unheard_of: {"waves"},
    features.codes_for_a_classifier: {"classifiers", "fine_tuning"},
    generative.random_codes: {
        "samples_plain",
        "samples_vae",
        "interpolation_plain",
        "interpolation_vae",
        "neighbours",
    },
}


def first(data, n):
    return replace(data, images=data.images[:n], labels=data.labels[:n])


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Few images, few labels, few sizes."""
    digits = tuple(first(data, n) for data, n in zip(ae.load_mnist(), (600, 300), strict=True))
    clothes = tuple(first(data, n) for data, n in zip(ae.load_fashion_mnist(), (400, 200), strict=True))
    for module in (data_dependent, lossy, features, generative):
        monkeypatch.setattr(module, "load_mnist", lambda: digits)
    monkeypatch.setattr(data_dependent, "load_fashion_mnist", lambda: clothes)
    monkeypatch.setattr(features, "LABELLED", 200)
    monkeypatch.setattr(lossy, "SIZES", [8, 32])


@pytest.mark.parametrize("experiment", FIGURES, ids=lambda experiment: experiment.__module__.split(".")[-1])
def test_an_experiment_has_a_sentence_its_figures_and_numbers_that_json_can_hold(experiment):
    shown = experiment(1, 0)
    assert shown.sentence
    assert "nan" not in shown.sentence
    assert set(shown.figures) == FIGURES[experiment]
    assert json.loads(json.dumps(shown.numbers, allow_nan=False)) == shown.numbers


def test_each_model_gives_back_what_it_was_trained_on_better_than_the_other_does():
    errors = data_dependent.digits_and_clothes(3, 0).numbers["squared_error"]
    assert errors["digits"]["digits"] < errors["clothes"]["digits"]
    assert errors["clothes"]["clothes"] < errors["digits"]["clothes"]
    assert np.isfinite([list(row.values()) for row in errors.values()]).all()


def test_an_experiment_gives_the_same_numbers_for_the_same_seed_and_others_for_another():
    one, same, other = (data_dependent.digits_and_clothes(1, seed).numbers for seed in (3, 3, 4))
    assert one == same
    assert one != other


def test_waves_differ_and_stay_within_what_pixels_may_be():
    made = learned.waves(50, np.random.default_rng(0))
    assert made.shape == (50, 64)
    assert made.dtype == np.float32
    assert 0.1 <= made.min() < made.max() <= 0.9 + 1e-6
    assert len(np.unique(made, axis=0)) == 50


def test_a_judge_is_sure_of_the_rows_to_which_it_gives_more_than_nine_tenths():
    class Judge:
        def probabilities(self, x):
            return np.array([[0.95, 0.05], [0.5, 0.5], [0.05, 0.95], [0.89, 0.11]])

    assert generative.share_sure(Judge(), np.zeros((4, 2))) == 0.5
