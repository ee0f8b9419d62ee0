"""`exercises` and `bughunt`: the same commands for two lists of tasks, each from beginning to end."""

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import scratch_ae
from scratch_ae.cli import main
from scratch_ae.exercises import package_guard, process
from scratch_ae.exercises.curriculum import EXERCISES
from scratch_ae.exercises.hunt import BUGS
from scratch_ae.exercises.marking import file_name
from scratch_ae.exercises.source import skeleton, solution

LISTS = {"exercises": EXERCISES, "bughunt": BUGS}
BOTH = pytest.mark.parametrize("command", LISTS)


@pytest.fixture(autouse=True, scope="module")
def _apart(tmp_path_factory):
    """The marker's own files are a copy here: nobody's editor gets its work put back."""
    copy = tmp_path_factory.mktemp("package") / "scratch_ae"
    shutil.copytree(package_guard.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(package_guard, "PACKAGE", copy)
        patch.setattr(process, "PACKAGE", copy)
        yield


def call(capsys, *words):
    """Exit code, standard output and standard error."""
    try:
        code = main([str(word) for word in words])
    except SystemExit as end:
        code = end.code
    return code, *capsys.readouterr()


def solve(folder, tasks, *which):
    """Puts the library's own code into the files of these tasks, by position."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in which:
        (folder / file_name(tasks, tasks[i])).write_text(solution(tasks[i]), encoding="utf-8")


@BOTH
def test_list_names_every_task_its_points_and_its_section(command, capsys):
    code, out, err = call(capsys, command, "list")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    for task, line in zip(LISTS[command], lines[1:-1], strict=True):
        assert line.split()[:3] == [task.name, str(task.points), task.section.split()[0]]
        assert line.endswith(task.title)
    assert lines[-1].split()[:2] == ["total", str(sum(task.points for task in LISTS[command]))]


@BOTH
def test_new_writes_every_file_and_the_second_time_none(command, capsys, tmp_path):
    tasks, work = LISTS[command], tmp_path / "work"
    code, out, _ = call(capsys, command, "new", work)
    assert code == 0
    assert f"Wrote {len(tasks)} files" in out
    assert {path.name for path in work.iterdir()} == {file_name(tasks, task) for task in tasks}
    first = work / file_name(tasks, tasks[0])
    assert first.read_text(encoding="utf-8") == skeleton(tasks[0])
    first.write_text("mine")
    code, out, _ = call(capsys, command, "new", work)
    assert (code, first.read_text()) == (0, "mine")
    assert out.startswith("Left as they were: 01_")
    assert "Wrote" not in out


@BOTH
def test_hint_gives_one_after_the_other(command, capsys, tmp_path):
    task = LISTS[command][0]
    for hint in task.hints:
        code, out, _ = call(capsys, command, "hint", tmp_path, task.name)
        assert code == 0
        assert hint in out


@BOTH
def test_check_tells_right_from_wrong_and_exits_with_0_whatever_the_marks(command, capsys, tmp_path):
    tasks = LISTS[command]
    call(capsys, command, "new", tmp_path)
    solve(tmp_path, tasks, 0)
    (tmp_path / file_name(tasks, tasks[1])).write_text("raise ValueError('no idea')\n")
    (tmp_path / file_name(tasks, tasks[2])).unlink()
    code, out, err = call(capsys, command, "check", tmp_path)
    assert (code, err) == (0, "")
    rows = out.splitlines()[1:]
    assert [rows[i].split()[0] for i in range(4)] == ["✓", "!", "·", "·"]
    assert f"{tasks[0].points} of {sum(task.points for task in tasks)}" in out
    assert "  Line 1: ValueError: no idea." in out
    if tasks[0].lesson:
        assert tasks[0].lesson in out
        assert tasks[1].lesson not in out


def test_check_marks_only_what_is_asked_for(capsys, tmp_path):
    call(capsys, "exercises", "new", tmp_path)
    _, out, _ = call(capsys, "exercises", "check", tmp_path, EXERCISES[3].name)
    assert [line.split()[1] for line in out.splitlines()[1:2]] == [file_name(EXERCISES, EXERCISES[3])]
    assert "of 1 right" in out


@pytest.fixture
def submissions(tmp_path):
    solve(tmp_path / "class" / "ann", EXERCISES, 0, 1)
    solve(tmp_path / "class" / "ben", EXERCISES, 1)
    return tmp_path / "class"


def test_grade_writes_each_form_to_the_terminal_or_to_a_file(capsys, submissions, tmp_path):
    code, out, _ = call(capsys, "exercises", "grade", submissions)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[2:4]] == ["ann", "ben"]
    code, out, _ = call(capsys, "exercises", "grade", submissions, "--format", "csv")
    assert len(list(csv.reader(io.StringIO(out)))) == 1 + 2 * len(EXERCISES)
    code, out, _ = call(
        capsys, "exercises", "grade", submissions, "--format", "json", "--output", tmp_path / "marks.json"
    )
    assert (code, out) == (0, f"Wrote {tmp_path / 'marks.json'}.\n")
    told = json.loads((tmp_path / "marks.json").read_text(encoding="utf-8"))
    assert [student["points"] for student in told["students"]] == [
        EXERCISES[0].points + EXERCISES[1].points,
        EXERCISES[1].points,
    ]


def test_grade_for_gradescope_is_a_file_for_each_student_or_the_one_of_one_submission(capsys, submissions, tmp_path):
    marks = tmp_path / "marks"
    code, _, _ = call(capsys, "exercises", "grade", submissions, "--format", "gradescope", "--output", marks)
    assert code == 0
    assert sorted(path.name for path in marks.iterdir()) == ["ann.json", "ben.json"]
    written = json.loads((marks / "ann.json").read_text(encoding="utf-8"))
    code, out, _ = call(capsys, "exercises", "grade", submissions / "ann", "--format", "gradescope")
    single = json.loads(out)
    assert single["score"] == written["score"] == EXERCISES[0].points + EXERCISES[1].points
    assert [test["status"] for test in single["tests"][:3]] == ["passed", "passed", "failed"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["class", "marks"]


@pytest.mark.skipif(sys.platform == "win32", reason="no folder is called so there")
def test_students_who_are_called_the_same_in_print_do_not_overwrite_each_other(capsys, submissions, tmp_path):
    for name in ("cy\x01", "cy\x02"):
        solve(submissions / name, EXERCISES, 0)
    marks = tmp_path / "marks"
    call(capsys, "exercises", "grade", submissions, "--format", "gradescope", "--output", marks)
    assert sorted(path.name for path in marks.iterdir()) == ["ann.json", "ben.json", "cy_ (2).json", "cy_.json"]


def test_where_marks_cannot_be_written_is_told_before_anything_is_run(capsys, submissions, tmp_path, monkeypatch):
    from scratch_ae.exercises import classroom

    monkeypatch.setattr(classroom, "grade", lambda *anything: 1 / 0)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    grade = ("exercises", "grade", submissions)
    for words, said in (
        (["--format", "gradescope"], "give --output and a folder"),
        (["--format", "gradescope", "--output", tmp_path / "full"], "exists and is not an empty folder"),
        (["--format", "gradescope", "--output", tmp_path / "full" / "file"], "exists and is not an empty folder"),
        (["--output", tmp_path / "full"], "is a folder, but one file is to be written"),
        (["--output", tmp_path / "full" / "file" / "marks.csv"], "is no folder that you may write to"),
    ):
        code, out, err = call(capsys, *grade, *words)
        assert (code, out) == (1, "")
        assert said in err
        assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["exercises"], 2),
        (["bughunt", "grade"], 2),
        (["exercises", "grade", "class", "--format", "xml"], 2),
        (["exercises", "grade", "class", "--jobs", "0"], 2),
        (["exercises", "check", "work", "--time-limit", "-1"], 2),
        (["exercises", "check", "no_such_folder"], 1),
        (["exercises", "hint", "no_such_folder", "dense"], 1),
        (["exercises", "hint", ".", "no_such_task"], 1),
        (["exercises", "new", __file__], 1),
        (["exercises", "check", __file__], 1),
        (["bughunt", "grade", "no_such_folder"], 1),
    ],
)
def test_a_wrong_call_is_told_in_one_line(words, code, capsys):
    got, out, err = call(capsys, *words)
    assert (got, out, err.count("\n")) == (code, "", 1)


def test_help_does_not_wait_for_the_exercises():
    script = (
        "import atexit, sys; atexit.register(lambda: print('scratch_ae.exercises' in sys.modules)); "
        "from scratch_ae.cli import main; main(['exercises', 'grade', '--help'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(scratch_ae.__file__).parents[1],
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "False"
    assert "--time-limit" in done.stdout
