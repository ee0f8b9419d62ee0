"""`bench`: tables for a person, JSON and figures for a folder, and one sentence for a wrong call."""

import json

import pytest

from scratch_ae.cli import bench, main

QUICK = ["bench", "--model", "ae", "--images", "256", "--rounds", "1", "--threads", "1"]


@pytest.fixture
def alone(monkeypatch):
    """No framework is raced, whatever is installed; small networks."""
    monkeypatch.setattr(bench, "is_installed", lambda module: module is None)
    monkeypatch.setattr(bench, "SIZES", {"ae": (30, 20, 10), "vae": (30, 20, 4)})


def test_prints_the_race_and_the_parts_of_a_step(alone, capsys):
    assert main(QUICK) == 0
    out = capsys.readouterr().out
    assert "ae 30-20-10, batch 128, 256 images, 1 threads" in out
    assert "matrix products" in out
    assert "the step takes" in out
    assert all(part in out for part in ("batch", "forward", "loss", "backward", "Adam"))


def test_writes_json_and_figures(alone, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "BATCHES", (32, 64))
    monkeypatch.setattr(bench, "WIDTHS", (10, 20))
    assert main([*QUICK, "--sweep", "--out", str(tmp_path / "bench")]) == 0
    report = json.loads((tmp_path / "bench" / "bench.json").read_text())
    assert [len(row["seconds_an_epoch"][0]["scratch_ae"]) for row in report["races"]] == [1]
    assert len(report["sweep"]) == 4
    assert {path.name for path in (tmp_path / "bench").iterdir()} == {"bench.json", "step-ae.png", "sweep-ae.png"}


@pytest.mark.parametrize("wrong", [["--model", "gan"], ["--rounds", "0"], ["--batch", "x"]])
def test_wrong_call_is_answered_in_one_line(wrong, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["bench", *wrong])
    assert capsys.readouterr().err.count("\n") == 1
