"""Where a command writes: under names that every system allows, and said so that it can be copied."""

import csv
import json
import os
import shlex
from pathlib import Path

import pytest

from scratch_ae.cli import main
from scratch_ae.cli.exercises import write_folder
from scratch_ae.exercises.curriculum import EXERCISES
from scratch_ae.exercises.marking import file_name
from scratch_ae.exercises.source import skeleton


@pytest.fixture
def submissions(tmp_path, monkeypatch):
    """A class whose files are blank, so that nothing has to be run."""
    monkeypatch.chdir(tmp_path)
    for name in ("王\u3000伟", "猫", "a.b"):
        (tmp_path / "all of them" / name).mkdir(parents=True)
        file = tmp_path / "all of them" / name / file_name(EXERCISES, EXERCISES[0])
        file.write_text(skeleton(EXERCISES[0]), encoding="utf-8")
    return "all of them"


def test_marks_for_gradescope_lie_in_files_that_windows_allows(submissions):
    assert main(["exercises", "grade", submissions, "--format", "gradescope", "--output", "marks"]) == 0
    assert sorted(os.listdir("marks")) == ["a.b.json", "猫.json", "王_伟.json"]
    assert json.loads(Path("marks/猫.json").read_text(encoding="utf-8"))["score"] == 0


def test_marks_as_csv_open_in_excel(submissions):
    assert main(["exercises", "grade", submissions, "--format", "csv", "--output", "marks.csv"]) == 0
    content = Path("marks.csv").read_bytes()
    assert content.startswith("\ufeff".encode())
    rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
    assert "猫" in {row["student"] for row in rows}


def test_names_that_windows_takes_for_one_are_two_files(tmp_path):
    write_folder(tmp_path / "marks", {"Ann": "1", "ann": "2", "CON": "3", "x" * 300: "4"})
    made = {path.name: path.read_text() for path in (tmp_path / "marks").iterdir()}
    assert made == {"Ann.json": "1", "ann (2).json": "2", "_CON.json": "3", f"{'x' * 60}.json": "4"}
    assert os.listdir(tmp_path) == ["marks"]


def test_a_rename_of_all_marks_that_is_refused_for_a_moment_is_tried_again(tmp_path, monkeypatch):
    replace, refused = os.replace, []

    def scanned(old, new):
        if str(new).endswith("marks") and len(refused) < 3:
            refused.append(new)
            raise PermissionError(13, "Access is denied")
        replace(old, new)

    monkeypatch.setattr(os, "replace", scanned)
    write_folder(tmp_path / "marks", {"ann": "1"})
    assert (len(refused), os.listdir(tmp_path / "marks")) == (3, ["ann.json"])


@pytest.mark.skipif(os.name == "nt", reason="shlex reads what a POSIX shell reads")
def test_a_folder_with_spaces_can_be_copied_from_what_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["exercises", "new", "my work"]) == 0
    command = capsys.readouterr().out.splitlines()[-1].partition(": ")[2]
    assert shlex.split(command) == ["python", "-m", "scratch_ae", "exercises", "check", "my work"]
