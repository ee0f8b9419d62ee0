"""`bench`: tables for a person, JSON and figures for a folder, and one sentence for a wrong call."""

import json
import re

import pytest

from scratch_ae.bench import Race, Setup
from scratch_ae.bench.contestants import CONTESTANTS
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
    assert "ae 30-20-10, batch 128, 256 images, 1 thread\n" in out
    assert "matrix products" in out
    assert "our epoch takes" in out
    assert all(part in out for part in ("batch", "forward", "loss", "backward", "Adam"))


def test_writes_json_and_figures(alone, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "BATCHES", (32, 64))
    monkeypatch.setattr(bench, "WIDTHS", (10, 20))
    assert main([*QUICK, "--sweep", "--out", str(tmp_path / "bench")]) == 0
    report = json.loads((tmp_path / "bench" / "bench.json").read_text())
    assert [len(row["seconds_an_epoch"][0]["scratch_ae"]) for row in report["races"]] == [1]
    assert len(report["sweep"]) == 4
    assert {path.name for path in (tmp_path / "bench").iterdir()} == {"bench.json", "step-ae.png", "sweep-ae.png"}


def test_table_says_how_many_times_as_fast_as_each_rival_we_are():
    setup = Setup("ae", (30, 20, 10), 128, 1000, 2)
    races = [
        Race(setup, {"scratch_ae": [1.0, 2.0, 1.0], "PyTorch": [2.0, 3.0, 4.0]}),
        Race(setup, {"scratch_ae": [1.0, 1.0, 1.0], "matrix products": [0.5, 0.5, 0.25]}),
    ]
    table = bench.race_table(setup, races, ["JAX dropped out of the race: no reason"], {"step": 1234.5})
    assert re.search(r"PyTorch +333 +1,000 +2\.00 \[1\.50 … 4\.00\]", table)
    assert re.search(r"matrix products +2,000 +1,000 +0\.50 \[0\.25 … 0\.50\]; our epoch takes 2\.00 times", table)
    assert "  JAX dropped out of the race: no reason\n" in table
    assert "step 1,234" in table


def test_rival_that_drops_out_costs_its_own_line_only(alone, monkeypatch, capsys):
    monkeypatch.setitem(CONTESTANTS, "nobody", None)  # in this process only: in its own there is none of that name
    assert main(QUICK) == 0
    out = capsys.readouterr().out
    assert "nobody dropped out of the race: KeyError: 'nobody'" in out
    assert "our epoch takes" in out


def test_limits_add_up_to_the_step(alone, monkeypatch):
    monkeypatch.setattr(bench, "BATCHES", (64,))
    monkeypatch.setattr(bench, "WIDTHS", (200,))
    (row,) = bench.sweep("ae", 256, 1)
    assert sum(row[limit] for limit in bench.LIMITS) == pytest.approx(row["step"])


@pytest.mark.parametrize("wrong", [["--model", "gan"], ["--rounds", "0"], ["--batch", "x"]])
def test_wrong_call_is_answered_in_one_line(wrong, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["bench", *wrong])
    assert capsys.readouterr().err.count("\n") == 1
