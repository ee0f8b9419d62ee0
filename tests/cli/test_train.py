"""`train`: a folder with the model, its settings, its history and its figures; one sentence where that cannot be."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import scratch_ae as ae
from scratch_ae import Adam
from scratch_ae.cli import main, train
from scratch_ae.cli.variants import VARIANTS
from scratch_ae.evaluation import PCA, squared_error
from scratch_ae.training import recipe

ROOT = Path(ae.__file__).parents[1]

FIGURES = {"learning_curves.png", "reconstructions.png", "filters.png", "code_space.png"}
VAE_FIGURES = FIGURES | {"samples.png", "interpolation.png"}

COLUMNS = ["epoch", "loss", "reconstruction", "validation_loss", "validation_reconstruction"]
COLUMNS += ["learning_rate", "seconds", "images_per_second"]
VAE_COLUMNS = [
    "epoch",
    "loss",
    "reconstruction",
    "kl",
    "validation_loss",
    "validation_reconstruction",
    "validation_kl",
]
VAE_COLUMNS += ["learning_rate", "seconds", "images_per_second"]

RUNS = {
    "ae": ("ae --data images.npz --sizes 64-10-3 --epochs 2 --batch-size 30", FIGURES | {"pca.png"}),
    "ae, plain numbers": ("ae --data numbers.npy --sizes 5-4-2 --epochs 2 --likelihood gaussian", FIGURES),
    "vae": ("vae --data images.npz --sizes 64,10,3 --epochs 2 --seed 5 --beta 0.5 --activation tanh",
            VAE_FIGURES | {"latent_kl.png"}),
    "vae, 2-d": ("vae --data images.npz --sizes 64-10-2 --epochs 2 --lr 0.01",
                 VAE_FIGURES | {"latent_kl.png", "manifold.png"}),
    "vae, plain numbers": ("vae --data numbers.npy --sizes 5-4-2 --epochs 2", VAE_FIGURES | {"manifold.png"}),
}  # fmt: skip


def write_data(folder):
    """120 images of 8 x 8 with labels, and 40 rows of 5 numbers that are no images and have none."""
    rng = np.random.default_rng(0)
    np.savez(folder / "images.npz", images=rng.random((120, 8, 8)), labels=np.arange(120) % 3)
    np.save(folder / "numbers.npy", rng.random((40, 5)))


def run(line):
    """`train` with the words of `line`, its exit code."""
    try:
        return main(["train", *line.split()])
    except SystemExit as end:
        return end.code


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current folder, but for the data."""
    write_data(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def no_figures(monkeypatch):
    """Drawing takes most of the time of a small run."""
    monkeypatch.setattr(train, "figures_of", lambda *anything: [])
    monkeypatch.setattr(train, "VARIANTS", {name: variant._replace(shows=None) for name, variant in VARIANTS.items()})


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The folder that each of RUNS has written."""
    home = tmp_path_factory.mktemp("home")
    write_data(home)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(home)
        for name, (line, _) in RUNS.items():
            assert run(f"{line} --out {name.replace(' ', '-')}") == 0
    return {name: home / name.replace(" ", "-") for name in RUNS}


# What is in the folder.


@pytest.mark.parametrize("name", RUNS)
def test_the_folder_holds_model_settings_history_and_every_figure_that_fits_and_nothing_else(folders, name):
    files = {file.name for file in folders[name].iterdir()}
    assert files == {"model.npz", "settings.json", "history.csv"} | RUNS[name][1]


@pytest.mark.parametrize("name", RUNS)
def test_every_figure_is_a_png(folders, name):
    for figure in RUNS[name][1]:
        assert (folders[name] / figure).read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize("name", RUNS)
def test_the_history_has_a_line_an_epoch_under_its_header(folders, name):
    with open(folders[name] / "history.csv", newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == (VAE_COLUMNS if name.startswith("vae") else COLUMNS)
    assert [row[0] for row in rows] == ["1", "2"]


@pytest.mark.parametrize("name", RUNS)
def test_the_settings_are_the_options_and_the_models_arguments(folders, name):
    settings = json.loads((folders[name] / "settings.json").read_text(encoding="utf-8"))
    words = RUNS[name][0].split()
    options = dict(zip(words[1::2], words[2::2], strict=True))
    assert {option: settings[option] for option in ("variant", "data", "epochs", "batch_size", "lr")} == {
        "variant": words[0],
        "data": options["--data"],
        "epochs": 2,
        "batch_size": int(options.get("--batch-size", 128)),
        "lr": float(options.get("--lr", 3e-3)),
    }
    model = settings["model"]
    assert model["sizes"] == [int(size) for size in options["--sizes"].replace(",", "-").split("-")]
    assert model["likelihood"] == options.get("--likelihood", "bernoulli")
    assert model["activation"] == options.get("--activation", "relu")
    assert model["seed"] == int(options.get("--seed", 0))
    if words[0] == "vae":
        assert model["beta"] == float(options.get("--beta", 1))


@pytest.mark.parametrize("name", RUNS)
def test_the_saved_model_is_the_one_that_the_settings_describe(folders, name):
    model = ae.load(folders[name] / "model.npz")
    settings = json.loads((folders[name] / "settings.json").read_text(encoding="utf-8"))
    assert type(model) is (ae.VAE if settings["variant"] == "vae" else ae.Autoencoder)
    assert model.arguments() == settings["model"]


@pytest.mark.parametrize("name", RUNS)
def test_the_numbers_in_the_settings_are_those_of_the_saved_model_on_the_test_examples(folders, name):
    folder = folders[name]
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    training, test = ae.load_arrays(folder.parent / settings["data"])
    model, code = ae.load(folder / "model.npz"), settings["model"]["sizes"][-1]
    expected = {
        "squared_error": squared_error(test.images, model.reconstruct(test.images)),
        "code": code,
        "pca_squared_error": squared_error(test.images, PCA(training.images, code).reconstruct(test.images)),
    }
    if settings["variant"] == "vae":
        expected |= {"negative_elbo": -model.elbo(test.images), "kl": model.losses(test.images)["kl"]}
    assert {name: settings["test"][name] for name in expected} == pytest.approx(expected, rel=1e-6)


def test_without_sizes_the_layers_are_those_of_the_variant_after_the_size_of_the_data(here, no_figures):
    for variant, layers in (("ae", [300, 150]), ("vae", [400, 20])):
        assert run(f"{variant} --data images.npz --epochs 1") == 0
        assert ae.load(f"runs/{variant}/model.npz").sizes == [64, *layers]


@pytest.mark.parametrize("code", [5, 7])
def test_a_code_as_large_as_the_data_goes_without_the_number_of_pca_which_is_0(code, here, no_figures):
    assert run(f"ae --data numbers.npy --sizes 5-{code} --epochs 1 --out wide") == 0
    assert "pca_squared_error" not in json.loads(Path("wide/settings.json").read_text(encoding="utf-8"))["test"]


def test_the_rate_falls_from_lr_along_the_recipe_one_step_a_batch(here, no_figures):
    assert run("ae --data images.npz --sizes 64-3 --epochs 3 --batch-size 30 --lr 0.02 --out run") == 0
    with open("run/history.csv", newline="", encoding="utf-8") as file:
        rates = [float(row["learning_rate"]) for row in csv.DictReader(file)]
    expected = recipe(100, 3, 30, 0.02).schedule
    assert rates == [expected(3), expected(7), expected(11)]


# What it says.


def test_it_says_what_it_trains_each_epoch_the_numbers_and_where_they_are(here, capsys):
    assert run("vae --data numbers.npy --sizes 5-4-2 --epochs 2 --out run") == 0
    out, err = capsys.readouterr()
    what, first, second, elbo, error, where, done = out.splitlines()
    assert what.startswith("VAE(5-4-2-4-5, ")
    assert what.endswith("33 examples of numbers.npy to train on, 7 to test")
    assert (first[:9], second[:9]) == ("epoch 1/2", "epoch 2/2")
    assert elbo.startswith("Test −ELBO: ")
    assert "PCA with 2 components: " in error
    assert where.startswith("In run/ are model.npz, settings.json, history.csv and the figures ")
    assert all(figure in where for figure in RUNS["vae, plain numbers"][1])
    assert done.startswith("Done in ")
    assert err == ""


def test_the_numbers_that_it_tells_are_those_of_the_settings(here, no_figures, capsys):
    assert run("vae --data images.npz --sizes 64-10-2 --epochs 2 --out run") == 0
    test = json.loads(Path("run/settings.json").read_text(encoding="utf-8"))["test"]
    elbo, kl = test["negative_elbo"], test["kl"]
    out = capsys.readouterr().out
    assert f"Test −ELBO: {elbo:.2f} nats per image = reconstruction {elbo - kl:.2f} + KL {kl:.2f}.\n" in out
    assert f"Test squared error: {test['squared_error']:.2f} per image, summed over pixels; " in out
    assert f"PCA with 2 components: {test['pca_squared_error']:.2f}.\n" in out


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_trains_draws_and_saves_a_model_of_its_settings(variant, here, capsys):
    code = 80 if variant == "overcomplete" else 30
    assert run(f"{variant} --data images.npz --sizes 64-{code} --epochs 1") == 0
    out, err = capsys.readouterr()
    folder = Path("runs") / variant
    assert err == ""
    assert all(f"{name}" in out for name in os.listdir(folder))
    assert {file.name for file in folder.iterdir()} >= {"model.npz", "settings.json", "history.csv"} | FIGURES
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    model = ae.load(folder / "model.npz")
    model.save("again.npz")
    assert settings["variant"] == variant
    assert model.arguments()["sizes"] == settings["model"]["sizes"] == [64, code]


# Bits.


@pytest.mark.parametrize("variant", ["ae", "vae"])
def test_the_same_seed_gives_the_same_model_to_the_last_bit_and_another_one_another(variant, here, no_figures):
    for seed, folder in ((3, "one"), (3, "same"), (4, "other")):
        line = f"{variant} --data images.npz --sizes 64-10-2 --epochs 2 --batch-size 30 --seed {seed} --out {folder}"
        assert run(line) == 0
    models = [ae.load(f"{folder}/model.npz").parameters for folder in ("one", "same", "other")]
    one, same, other = ([array.tobytes() for array in arrays.values()] for arrays in models)
    assert one == same
    assert one != other


# The folder itself.


def test_the_default_folder_counts_up_and_earlier_runs_stay_as_they_are(here, no_figures):
    for _ in range(3):
        assert run("vae --data images.npz --sizes 64-2 --epochs 1 --seed 0") == 0
    assert sorted(folder.name for folder in Path("runs").iterdir()) == ["vae", "vae-2", "vae-3"]
    assert {len(list(folder.iterdir())) for folder in Path("runs").iterdir()} == {3}


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_that_is_new_or_empty_is_taken(exists, here, no_figures):
    if exists:
        os.makedirs("my/run")
    assert run("ae --data images.npz --sizes 64-2 --epochs 1 --out my/run") == 0
    assert Path("my/run/model.npz").exists()


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_there_already_is_refused_and_left_untouched(kind, here, capsys):
    kept = here / "mine" / "kept.txt" if kind == "folder" else here / "mine"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("kept")
    assert run("ae --data images.npz --sizes 64-2 --epochs 1 --out mine") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("scratch-ae: --out mine exists")
    assert kept.read_text() == "kept"
    assert kind == "file" or list(Path("mine").iterdir()) == [kept.relative_to(here)]


def test_the_model_is_on_disk_after_every_epoch_so_that_an_interrupt_loses_one(here, capsys, monkeypatch):
    save, calls = ae.VAE.save, []

    def interrupted_in_the_second_epoch(model, path):
        calls.append(path)
        if len(calls) == 2:
            raise KeyboardInterrupt
        save(model, path)

    monkeypatch.setattr(ae.VAE, "save", interrupted_in_the_second_epoch)
    assert run("vae --data images.npz --sizes 64-2 --epochs 5") == 130
    assert capsys.readouterr().err.split("\n") == ["", "scratch-ae: interrupted.", ""]
    assert isinstance(ae.load("runs/vae/model.npz"), ae.VAE)


# Wrong calls.

WRONG = [
    "",
    "gan",
    "ae extra",
    "ae --unknown 3",
    "ae --beta 1",
    "ae --data",
    "ae --data nosuch",
    "ae --data missing.npz",
    "ae --data text.npz",
    "ae --data images.npz --sizes 63-5",
    *(f"ae --data images.npz --sizes {sizes}" for sizes in ("64", "64-0", "64--5", "a-b", "64-", "64-2.5", "[64,5]")),
    *(f"ae --data images.npz --epochs {epochs}" for epochs in ("0", "-1", "1.5", "many", "1e3")),
    *(f"ae --data images.npz --batch-size {size}" for size in ("0", "-1", "1.5", "all")),
    *(f"ae --data images.npz --lr {rate}" for rate in ("0", "-1", "nan", "inf", "fast")),
    *(f"ae --data images.npz --seed {seed}" for seed in ("-1", "1.5", "now")),
    *(f"vae --data images.npz --beta {beta}" for beta in ("-1", "nan", "inf", "some")),
    "sparse --data images.npz --sparsity l2",
    "sparse --data images.npz --rho 1",
    "sparse --data images.npz --weight -1",
    "sparse --data images.npz --k 0",
    "sparse --data images.npz --sparsity top-k --sizes 64-9 --k 10",
    "denoising --data images.npz --noise rain",
    "denoising --data images.npz --level -1",
    "denoising --data images.npz --noise masking --level 2",
    "contractive --data images.npz --weight nan",
    "stacked --data images.npz --pretrain-epochs 0",
    "overcomplete --data images.npz --sizes 64-30",
    "cvae --data numbers.npy",
    "ae --data images.npz --activation relo",
    "ae --data images.npz --likelihood poisson",
    "ae --data images.npz --out images.npz/folder",
]


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_call_ends_in_one_line_on_stderr_and_writes_nothing(line, here, capsys):
    Path("text.npz").write_text("no archive")
    before = sorted(here.iterdir())
    assert run(line) in (1, 2)
    err = capsys.readouterr().err
    assert err.startswith("scratch-ae")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert sorted(here.iterdir()) == before


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_a_training_that_diverges_ends_in_one_line_on_stderr(likelihood, here):
    line = f"vae --data images.npz --sizes 64-10-2 --epochs 3 --lr 1e30 --likelihood {likelihood}"
    done = subprocess.run(
        [sys.executable, "-m", "scratch_ae", "train", *line.split()],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("scratch-ae: The loss became ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("variant", ["stacked", "denoising", "contractive"])
def test_what_is_trained_before_and_beside_the_model_has_its_rate(variant, here, monkeypatch):
    """Else a comparison would be one of rates."""
    started = []
    monkeypatch.setattr(Adam, "__init__", with_rate_noted(Adam.__init__, started))
    assert run(f"{variant} --data images.npz --sizes 64-6 --epochs 1 --lr 0.0123") == 0
    assert len(started) > 1
    assert set(started) == {0.0123}


def with_rate_noted(init, started):
    def noted(self, learning_rate, *arguments, **named):
        started.append(learning_rate(0))
        init(self, learning_rate, *arguments, **named)

    return noted


def test_the_settings_are_there_as_soon_as_the_training_begins(here, monkeypatch):
    def fails(*arguments):
        raise FloatingPointError("on the way")

    monkeypatch.setattr(train, "fit", fails)
    assert run("stacked --data images.npz --sizes 64-6 --pretrain-epochs 3 --out out") == 1
    settings = json.loads(Path("out/settings.json").read_text())
    assert (settings["variant"], settings["pretrain_epochs"]) == ("stacked", 3)
