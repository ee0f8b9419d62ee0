"""`experiment`: what an experiment gives back lands in a folder, and wrong calls end in one line."""

import json

import pytest

from scratch_ae import plots
from scratch_ae.cli import experiment, main
from scratch_ae.experiments.exhibit import Exhibit


@pytest.fixture
def asked(monkeypatch):
    """What the experiment "lossy" is called with; it gives back a sentence, a number and a figure."""
    asked = []

    def run(epochs, seed):
        asked.append((epochs, seed))
        return Exhibit("It was seen.", {"seen": 1.5}, {"bars": plots.bars({"a": 1.0}, y_label="y", title="t")})

    stands_in = experiment.EXPERIMENTS["lossy"]._replace(run=run)
    monkeypatch.setitem(experiment.EXPERIMENTS, "lossy", stands_in)
    return asked


def test_the_sentence_is_told_and_numbers_and_figures_are_in_the_folder(asked, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["experiment", "lossy", "--epochs", "2", "--seed", "7", "--out", str(out)]) == 0
    assert asked == [(2, 7)]
    assert json.loads((out / "numbers.json").read_text()) == {"epochs": 2, "seed": 7, "seen": 1.5}
    assert {path.name for path in out.iterdir()} == {"numbers.json", "bars.png"}
    sentence, where, _ = capsys.readouterr().out.splitlines()
    assert sentence == "It was seen."
    assert where == f"In {out}/ are numbers.json and the figures bars.png."


def test_without_options_it_is_five_epochs_seed_0_and_a_new_folder_each_time(asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main(["experiment", "lossy"]) == 0
    assert asked == [(5, 0), (5, 0)]
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {"lossy", "lossy-2"}


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
