"""A learner's folder: files are written whole and never over, hints come one by one, checks say what is right."""

import json

import pytest
from standin_tasks import COURSE, TASKS, skeleton, solution, use_a_copy_of_the_package

from scratch_ae.exercises import marking, workbook

NAMES = ["01_dense.py", "02_tied_weights.py", "03_kl.py"]


@pytest.fixture(autouse=True)
def _standin_skeleton(monkeypatch):
    monkeypatch.setattr(marking, "skeleton", skeleton)
    monkeypatch.setattr(workbook, "skeleton", skeleton)


@pytest.fixture
def work(tmp_path):
    workbook.new(tmp_path / "work", TASKS)
    return tmp_path / "work"


def test_new_writes_a_file_for_each_task_and_nothing_else(tmp_path):
    assert workbook.new(tmp_path / "a" / "b", TASKS) == (NAMES, [])
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == NAMES
    assert (tmp_path / "a" / "b" / NAMES[1]).read_text(encoding="utf-8") == skeleton(TASKS[1])


def test_new_never_writes_over_what_is_there(work):
    (work / NAMES[0]).write_text("a night's work")
    (work / NAMES[1]).unlink()
    (work / NAMES[2]).unlink()
    (work / NAMES[2]).symlink_to("nowhere")
    assert workbook.new(work, TASKS) == ([NAMES[1]], [NAMES[0], NAMES[2]])
    assert (work / NAMES[0]).read_text() == "a night's work"
    assert not (work / "nowhere").exists()


def test_new_leaves_no_half_file_when_it_fails(tmp_path, monkeypatch):
    def fail(task):
        raise ValueError("no such method")

    monkeypatch.setattr(workbook, "skeleton", fail)
    with pytest.raises(ValueError, match="no such method"):
        workbook.new(tmp_path, TASKS)
    assert list(tmp_path.iterdir()) == []


def test_hints_come_one_by_one_after_those_given_and_the_third_is_the_last(work):
    said = [workbook.hint(work, TASKS, "dense") for _ in range(5)]
    each = [f"dense, hint {i + 1} of 3: {TASKS[0].hints[i]}" for i in range(3)]
    assert said[:3] == ["\n".join(each[:n]) for n in (1, 2, 3)]
    assert said[3] == said[4] == f"{said[2]} It is the last: there is no other."


def test_hints_of_one_task_are_not_those_of_another_and_a_files_name_does_as_well(work):
    workbook.hint(work, TASKS, "dense")
    assert "hint 1 of 3" in workbook.hint(work, TASKS, "02_tied_weights.py")
    assert "hint 2 of 3" in workbook.hint(work, TASKS, "tied-weights")
    assert json.loads((work / "hints.json").read_text()) == {"dense": 1, "tied-weights": 2}


@pytest.mark.parametrize("name", ["tied-weights", "tied_weights", "02_tied_weights", "02_tied_weights.py"])
def test_a_task_is_found_by_its_name_and_its_file_s_with_either_dash(name):
    assert workbook.find(TASKS, name) is TASKS[1]


def test_a_file_in_the_place_of_a_folder_is_told_with_what_to_say_instead(work):
    with pytest.raises(ValueError, match=r"01_dense.py is a file: name a folder"):
        workbook.new(work / NAMES[0], TASKS)
    with pytest.raises(ValueError, match=r"is a file: give the folder, .*: `check \S+work tied_weights`"):
        workbook.check(work / NAMES[1], COURSE)


def test_a_folder_without_any_of_the_files_is_told_with_what_it_holds(tmp_path):
    (tmp_path / "dense.py").write_text("")
    (tmp_path / "notes").mkdir()
    with pytest.raises(
        ValueError, match=r"No file of the tasks \(01_dense.py and so on\); it holds: dense.py, notes"
    ):
        workbook.check(tmp_path, COURSE)


DAMAGED = ["", "{", "[]", '{"dense": "many"}', '{"dense": null}', '{"dense": -5}', '{"dense": 99}']


@pytest.mark.parametrize("note", DAMAGED)
def test_a_damaged_note_of_hints_is_no_reason_to_give_none(work, note):
    (work / "hints.json").write_text(note)
    assert ": " in workbook.hint(work, TASKS, "dense")


def test_a_hint_to_an_unknown_task_names_those_there_are(work):
    with pytest.raises(ValueError, match=r"NAME='lstm' is not known: choose one of dense, kl, tied-weights\."):
        workbook.hint(work, TASKS, "lstm")


def test_a_hint_makes_no_folder(tmp_path):
    with pytest.raises(ValueError, match="is not a folder"):
        workbook.hint(tmp_path / "nowhere", TASKS, "dense")
    assert list(tmp_path.iterdir()) == []


def test_check_marks_every_file_or_those_asked_for_in_that_order(work, monkeypatch, tmp_path):
    use_a_copy_of_the_package(monkeypatch, tmp_path / "package")
    (work / NAMES[0]).write_text(solution(TASKS[0]))
    (work / NAMES[2]).unlink()
    marks = workbook.check(work, COURSE)
    assert [(name, mark.status) for name, mark in marks] == [
        (NAMES[0], "right"),
        (NAMES[1], "not started"),
        (NAMES[2], "missing"),
    ]
    some = workbook.check(work, COURSE, ["kl", "dense"])
    assert [(name, mark.status) for name, mark in some] == [(NAMES[2], "missing"), (NAMES[0], "right")]
