"""Every variant and its own figure, on small data of its own kind."""

import json

import numpy as np
import pytest

import scratch_ae as ae
from scratch_ae.cli import main
from scratch_ae.cli.variants import VARIANTS

OWN_FIGURE = {
    "ae": "pca",
    "undercomplete": "pca",
    "overcomplete": "random_input",
    "stacked": "pretraining",
    "sparse": "mean_activations",
    "denoising": "noise_levels",
    "contractive": "singular_values",
    "vae": "latent_kl",
    "cvae": "samples_by_label",
}
SIZES = {
    "ae": "64-12-4",
    "undercomplete": "64-5",
    "tied": "64-12-4",
    "stacked": "64-12-4",
    "vae": "64-12-3",
    "cvae": "64-12-3",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    rng = np.random.default_rng(0)
    labels = np.arange(240) % 4
    images = rng.random((240, 8, 8)) * 0.2
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 2] += 0.7
    path = tmp_path_factory.mktemp("data") / "bars.npz"
    np.savez(path, images=images, labels=labels)
    return path


@pytest.mark.parametrize("name", VARIANTS)
def test_a_run_ends_with_a_model_that_loads_and_the_figure_that_shows_its_point(name, data, tmp_path, capsys):
    out = tmp_path / "run"
    call = ["train", name, "--data", str(data), "--epochs", "1", "--batch-size", "32", "--out", str(out)]
    extra = {"stacked": ["--pretrain-epochs", "1"]}.get(name, [])
    assert main([*call, "--sizes", SIZES.get(name, "64-80"), *extra]) == 0
    assert type(ae.load(out / "model.npz")).__name__ == json.loads((out / "settings.json").read_text())["class"]
    if name in OWN_FIGURE:
        assert (out / f"{OWN_FIGURE[name]}.png").stat().st_size > 1000
    assert "Done in" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("sparse --rho 1.5", "--rho"),
        ("sparse --sparsity top-k --k 100 --sizes 64-80", "k=100"),
        ("sparse --sparsity l3", "--sparsity"),
        ("denoising --noise pink", "--noise"),
        ("denoising --noise masking --level 1.2", "level"),
        ("contractive --weight -1", "--weight"),
        ("contractive --sizes 64-20-10", "sizes"),
        ("stacked --pretrain-epochs 0", "--pretrain-epochs"),
        ("ae --beta 2", "--beta"),
        ("undercomplete --sizes 64-80", "smaller than the input"),
        ("overcomplete --sizes 64-20", "larger than the input"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line_before_any_training(line, word, data, tmp_path, capsys):
    try:
        code = main(["train", *line.split(), "--data", str(data), "--out", str(tmp_path / "run")])
    except SystemExit as stop:
        code = stop.code
    printed = capsys.readouterr()
    assert code != 0
    assert word in printed.err
    assert printed.err.count("\n") == 1
    assert "epoch" not in printed.out


def test_a_conditional_vae_without_labels_is_refused(tmp_path, capsys):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).random((40, 16)))
    assert main(["train", "cvae", "--data", str(tmp_path / "x.npy"), "--out", str(tmp_path / "run")]) == 1
    assert "no labels" in capsys.readouterr().err
