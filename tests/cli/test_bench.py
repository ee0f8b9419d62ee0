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
    head, columns, race, step = capsys.readouterr().out.rstrip().split("\n")
    assert head == "ae 30-20-10, batch 128, 256 images, 1 thread"
    assert re.fullmatch(r"  in turn with +its images/s +ours +ours : its, median \[lowest … highest\]", columns)
    assert re.fullmatch(
        r"  matrix products +[\d,]+ +[\d,]+ +0\.\d\d \[.*\]; our epoch takes \d+\.\d\d times as long", race
    )
    assert re.fullmatch(
        r"  a step takes [\d,]+ µs: batch \d+, forward \d+, loss \d+, backward \d+, Adam \d+, else \d+; "
        r"its matrix products, which are in forward and backward, take \d+ alone",
        step,
    )


def test_writes_json_and_figures(alone, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "BATCHES", (32, 64))
    monkeypatch.setattr(bench, "WIDTHS", (10, 20))
    assert main([*QUICK, "--sweep", "--out", str(tmp_path / "bench")]) == 0
    report = json.loads((tmp_path / "bench" / "bench.json").read_text())
    assert [len(row["seconds_an_epoch"][0]["scratch_ae"]) for row in report["races"]] == [1]
    assert len(report["sweep"]) == 4
    assert {path.name for path in (tmp_path / "bench").iterdir()} == {"bench.json", "step-ae.png", "sweep-ae.png"}


def test_what_is_known_is_kept_though_the_next_thing_fails(alone, tmp_path, monkeypatch, capsys):
    def interrupted(kind, threads):
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "sweep", interrupted)
    assert main([*QUICK, "--sweep", "--out", str(tmp_path / "bench")]) == 130
    report = json.loads((tmp_path / "bench" / "bench.json").read_text())
    assert report["races"][0]["microseconds_of_a_step"]["step"] > 0
    assert "our epoch takes" in capsys.readouterr().out


def test_a_folder_that_cannot_be_made_is_said_before_anything_is_timed(alone, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(bench, "measure", None)
    assert main([*QUICK, "--out", str(tmp_path / "file" / "bench")]) == 1
    assert "file" in capsys.readouterr().err


def test_line_says_how_many_times_as_fast_as_the_rival_we_are():
    setup = Setup("ae", (30, 20, 10), 128, 1000, 2)
    torch = Race(setup, {"scratch_ae": [1.0, 2.0, 1.0], "PyTorch": [2.0, 3.0, 4.0]})
    floor = Race(setup, {"scratch_ae": [1.0, 1.0, 1.0], "matrix products": [0.5, 0.5, 0.25]})
    assert re.fullmatch(r"  PyTorch +333 +1,000 +2\.00 \[1\.50 … 4\.00\]", bench.race_line(torch, "PyTorch"))
    assert re.fullmatch(
        r"  matrix products +2,000 +1,000 +0\.50 \[0\.25 … 0\.50\]; our epoch takes 2\.00 times as long",
        bench.race_line(floor, "matrix products"),
    )


def test_rival_that_drops_out_costs_its_own_line_only(alone, monkeypatch, capsys):
    monkeypatch.setitem(CONTESTANTS, "nobody", None)  # in this process only: in its own there is none of that name
    assert main(QUICK) == 0
    out = capsys.readouterr().out
    assert "  nobody dropped out of the race: KeyError: 'nobody'\n" in out
    assert "our epoch takes" in out


def test_our_own_failure_is_not_booked_as_a_rivals(alone, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "SIZES", {"ae": (784, 20, 10)})
    monkeypatch.setenv("SCRATCH_AE_DATA", str(tmp_path))
    assert main(QUICK) == 1
    said = capsys.readouterr()
    assert re.fullmatch(r"scratch-ae: scratch_ae dropped out of the race: .*\n", said.err)
    assert str(tmp_path) in said.err
    assert "dropped out" not in said.out


def test_limits_of_the_sweep_are_what_else_explains_and_then_passes_over_memory(monkeypatch):
    """Of a step of 100: products 40, Adam 20, calls 5 (all of a step on single numbers but its own products and Adam,
    10 - 2 - 3), and the rest is passes."""
    monkeypatch.setattr(bench, "BATCHES", (50,))
    monkeypatch.setattr(bench, "WIDTHS", (200,))
    on_numbers = {"step": 10.0, "matrix products": 2.0, "Adam": 3.0}

    def step_parts(setup):
        return on_numbers if setup.sizes == (1, 1, 1) else {"step": step, "matrix products": 40.0, "Adam": 20.0}

    monkeypatch.setattr("scratch_ae.bench.step_parts", step_parts)
    for step, passes in ((100.0, 35.0), (62.0, 0.0)):
        (row,) = bench.sweep("vae", threads=1)
        shares = {"step": step, "matrix products": 40.0, "Adam": 20.0, "other passes": passes, "Python calls": 5.0}
        an_image = {name: value / 50 for name, value in shares.items()}
        assert row == {"kind": "vae", "sizes": (784, 200, 20), "batch": 50, **an_image}


def test_table_of_the_sweep_has_times_and_shares():
    row = {"step": 3.0, "matrix products": 1.5, "Adam": 0.75, "other passes": 0.5, "Python calls": 0.25}
    table = bench.sweep_table([{"kind": "ae", "sizes": (784, 200, 100), "batch": 32, **row}])
    assert re.search(r"\n     32  784-200-100 +3\.0   2\.00 +1\.5 +0\.8 +0\.5 +0\.2\n", table)


@pytest.mark.parametrize("wrong", [["--model", "gan"], ["--rounds", "0"], ["--batch", "x"]])
def test_wrong_call_is_answered_in_one_line(wrong, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["bench", *wrong])
    assert capsys.readouterr().err.count("\n") == 1
