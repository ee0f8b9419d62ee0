"""A class: every submission marked by itself, and the marks in every form they are wanted in."""

import csv
import io
import json
import os
import sys
import time

import pytest
from hostile_files import HOSTILE, RIGHT
from standin_tasks import COURSE, LARGE_COURSE, MANY, TASKS, skeleton, solution, use_a_copy_of_the_package

from scratch_ae.exercises import marking
from scratch_ae.exercises.classroom import Graded, Student, grade
from scratch_ae.exercises.formats import as_csv, as_json, gradescope, report, table, width
from scratch_ae.exercises.marking import Mark, file_name
from scratch_ae.exercises.process import Limits

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="limits that only Linux keeps")


@pytest.fixture(autouse=True, scope="module")
def _apart(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(marking, "skeleton", skeleton)
        use_a_copy_of_the_package(patch, tmp_path_factory.mktemp("package"))
        yield


def hand_in(folder, student, texts, tasks=TASKS):
    """Writes a submission: a text for each task, None for a missing file."""
    (folder / student).mkdir(parents=True)
    for task, text in zip(tasks, texts, strict=True):
        if text is not None:
            (folder / student / file_name(tasks, task)).write_text(text, encoding="utf-8")


@pytest.fixture
def submissions(tmp_path):
    right = [solution(task) for task in TASKS]
    hand_in(tmp_path, "张伟", right)
    hand_in(tmp_path, "=1+1", [skeleton(TASKS[0]), right[1], None])
    hand_in(tmp_path, "carol", ["exit(0)", right[1].replace("2 * dy", "dy"), right[2]])
    (tmp_path / "notes.txt").write_text("not a submission")
    (tmp_path / ".hidden").mkdir()
    return tmp_path


STATUSES = {
    "=1+1": ["not started", "right", "missing"],
    "carol": ["crashed", "wrong", "right"],
    "张伟": ["right", "right", "right"],
}


def test_every_student_gets_a_mark_for_every_task(submissions):
    graded = grade(submissions, COURSE)
    assert {student.name: [mark.status for mark in student.marks] for student in graded.students} == STATUSES
    assert [student.points for student in graded.students] == [3, 2, 7]
    assert (graded.possible, graded.single) == (7, False)


def test_a_folder_that_is_itself_a_submission_is_marked_as_one(submissions):
    graded = grade(submissions / "carol", COURSE)
    assert ([student.name for student in graded.students], graded.single) == (["carol"], True)
    assert [mark.status for mark in graded.students[0].marks] == STATUSES["carol"]


def test_all_files_are_read_before_the_first_is_run(tmp_path):
    """The first one blanks those of the student after it, by their path."""
    theirs = tmp_path / "bob" / "01_dense.py"
    hand_in(tmp_path, "alice", [RIGHT + f"\nopen({str(theirs)!r}, 'w').write('')\n", None, None])
    hand_in(tmp_path, "bob", [RIGHT, None, None])
    graded = grade(tmp_path, COURSE, jobs=1)
    assert theirs.read_text() == ""
    assert graded.students[1].marks[0].status == "right"


@LINUX
def test_a_student_whose_folder_is_a_link_is_told_so_and_not_followed(tmp_path):
    hand_in(tmp_path, "alice", [solution(task) for task in TASKS])
    (tmp_path / "bob").symlink_to(tmp_path / "alice")
    alice, bob = grade(tmp_path, COURSE).students
    assert alice.points == 7
    assert {mark.status for mark in bob.marks} == {"unreadable"}


def statuses(student):
    return [mark.status for mark in student.marks]


def test_an_archive_s_folder_inside_of_a_student_s_is_looked_into(tmp_path):
    hand_in(tmp_path / "ben", "work", [solution(task) for task in TASKS])
    (tmp_path / "ben" / "__MACOSX").mkdir()
    (tmp_path / "ben" / "__MACOSX" / "01_dense.py").write_text("")
    (tmp_path / "__MACOSX").mkdir()
    (ben,) = grade(tmp_path, COURSE).students
    assert (ben.name, ben.points) == ("ben", 7)


@LINUX
def test_two_folders_that_may_both_be_meant_are_neither_and_a_link_is_not_followed(tmp_path):
    for inner in ("first", "second"):
        hand_in(tmp_path / "class" / "ben", inner, [solution(task) for task in TASKS])
    hand_in(tmp_path, "elsewhere", [solution(task) for task in TASKS])
    (tmp_path / "class" / "cleo").mkdir()
    (tmp_path / "class" / "cleo" / "work").symlink_to(tmp_path / "elsewhere")
    assert [student.points for student in grade(tmp_path / "class", COURSE).students] == [0, 0]


def test_a_student_with_no_file_of_the_tasks_is_an_incident_told_in_one_line(tmp_path):
    hand_in(tmp_path, "ann", [solution(task) for task in TASKS])
    (tmp_path / "ben").mkdir()
    (tmp_path / "ben" / "dense.txt").write_text("")
    graded = grade(tmp_path, COURSE)
    assert statuses(graded.students[1]) == ["unreadable"] * 3
    assert table(graded).split("\n")[-3:] == [
        "Incidents",
        "ben: unreadable. No file of the tasks (01_dense.py and so on); it holds: dense.txt.",
        "",
    ]


@LINUX
def test_students_whose_names_cannot_be_told_apart_in_print_get_a_number(tmp_path):
    for name in ("a\x01", "a\x02", "a? (2)"):
        hand_in(tmp_path, name, [None, solution(TASKS[1]), None])
    assert sorted(student.name for student in grade(tmp_path, COURSE).students) == ["a?", "a? (2)", "a? (3)"]


@pytest.mark.parametrize(("make", "words"), [(False, "is not a folder"), (True, "holds no submissions")])
def test_a_folder_without_submissions_is_an_error_that_says_what_is_expected(tmp_path, make, words):
    if make:
        (tmp_path / "class").mkdir()
    with pytest.raises(ValueError, match=words):
        grade(tmp_path / "class", COURSE)


# The forms.


def marks(*pairs):
    return tuple(Mark(task, status, tuple(findings)) for task, (status, findings) in zip(TASKS, pairs, strict=True))


GRADED = Graded(
    TASKS,
    (
        Student("=1+1", marks(("right", []), ("missing", ["There is no file."]), ("wrong", ["-1 is not 2, twice."]))),
        Student("张伟", marks(("too slow", ["It did not end."]), ("right", []), ("not started", []))),
    ),
    False,
    1.5,
)


def test_the_table_has_a_row_for_each_student_and_tells_each_incident():
    lines = table(GRADED).split("\n")
    assert lines[:4] == [
        "         000",
        "student  123  of 7",
        "=1+1     ✓·✗     2",
        "张伟     !✓·     3",
    ]
    assert lines[-2] == "张伟, 01_dense.py: too slow. It did not end."
    assert "=1+1," not in table(GRADED)


def test_a_class_of_thirty_with_25_tasks_fits_on_a_screen():
    students = [Student(f"student number {i}", tuple(Mark(task, "right") for task in MANY)) for i in range(30)]
    lines = table(Graded(MANY, tuple(students), False, 0.0)).split("\n")
    assert max(map(width, lines[:33])) <= 80
    assert lines[2].split()[3:] == ["✓" * 5] * 5 + ["50"]
    assert lines[-2] == "No incidents."


def test_the_csv_has_a_row_for_each_student_and_task_and_no_formula():
    rows = list(csv.reader(io.StringIO(as_csv(GRADED))))
    assert rows[0] == ["student", "task", "file", "status", "points", "possible", "findings"]
    assert rows[1] == ["'=1+1", "dense", "01_dense.py", "right", "2", "2", ""]
    assert rows[3][-1] == "'-1 is not 2, twice."
    assert len(rows) == 7
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_the_json_tells_everything():
    told = json.loads(as_json(GRADED))
    assert told["seconds"] == 1.5
    assert [(student["name"], student["points"], student["possible"]) for student in told["students"]] == [
        ("=1+1", 2, 7),
        ("张伟", 3, 7),
    ]
    assert told["students"][1]["tasks"][0] == {
        "task": "dense",
        "file": "01_dense.py",
        "status": "too slow",
        "points": 0,
        "possible": 2,
        "findings": ["It did not end."],
        "output": "",
        "seconds": 0.0,
    }


def test_the_gradescope_form_has_the_fields_that_gradescope_documents():
    """Names, types and the values allowed, as its autograder specifications have them."""
    results = json.loads(gradescope(GRADED, GRADED.students[1]))
    shown = {"hidden", "after_due_date", "after_published", "visible"}
    assert results.keys() == {
        "score", "execution_time", "output", "output_format", "visibility", "stdout_visibility", "tests",
    }  # fmt: skip
    assert (results["score"], results["execution_time"]) == (3, 0.0)
    assert {results["visibility"], results["stdout_visibility"]} <= shown
    for test in results["tests"]:
        assert test.keys() == {
            "name", "number", "score", "max_score", "status", "output", "output_format", "visibility",
        }  # fmt: skip
        assert test["status"] in ("passed", "failed")
        assert test["output_format"] == "text"
        assert test["visibility"] in shown
    assert [(test["score"], test["max_score"], test["status"]) for test in results["tests"]] == [
        (0, 2, "failed"),
        (3, 3, "passed"),
        (0, 2, "failed"),
    ]
    assert sum(test["score"] for test in results["tests"]) == results["score"]
    assert results["tests"][0]["output"] == "01_dense.py: too slow\n  It did not end."


def test_a_learners_report_tells_in_full_what_is_wrong_and_what_was_printed():
    shown = Mark(TASKS[0], "wrong", ("First.\nSecond.",), "y is [1]\n")
    text = report(["01_dense.py", "02_tied_weights.py"], [shown, Mark(TASKS[1], "right")])
    assert text.split("\n") == [
        "   file                status        points",
        "✗  01_dense.py         wrong         0 of 2",
        "✓  02_tied_weights.py  right         3 of 3",
        "   total               1 of 2 right  3 of 5",
        "",
        "01_dense.py: wrong",
        "  First.",
        "  Second.",
        "  It printed:",
        "  | y is [1]",
    ]


def test_a_learners_report_tells_three_findings_of_a_file_and_the_json_all():
    many = Mark(TASKS[0], "wrong", ("First.", "Second.", "Third.", "Fourth.", "Fifth."))
    lines = report(["01_dense.py"], [many]).split("\n")
    assert lines[-4:] == ["  First.", "  Second.", "  Third.", "  And 2 more, once these are mended."]
    told = json.loads(as_json(Graded(TASKS[:1], (Student("ann", (many,)),), True, 0.0)))
    assert len(told["students"][0]["tasks"][0]["findings"]) == 5


# Thirty.


@LINUX
@pytest.mark.slow
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="two minutes are meant for two cores")
def test_a_class_of_thirty_with_everything_hostile_in_it_is_graded_in_two_minutes(tmp_path):
    """25 files each; every hostile file once, as the first file of somebody, whose other 24 must not suffer."""
    cases = [*HOSTILE]
    right = [solution(task) + "# mine\n" for task in MANY]
    expected = {}
    for number in range(30):
        texts = [*right]
        for place, name in enumerate(cases[number::30]):
            text, status, _ = HOSTILE[name]
            task = MANY[place]
            texts[place] = text.replace("class Dense", f"class {task.trials[0].name}")
            expected[number, place] = status
        hand_in(tmp_path, f"student-{number:02}", texts, MANY)
    start = time.monotonic()
    graded = grade(tmp_path, LARGE_COURSE, Limits(), jobs=2)
    seconds = time.monotonic() - start
    print(f"{seconds:.1f} s")
    got = {
        (number, place): mark.status
        for number, student in enumerate(graded.students)
        for place, mark in enumerate(student.marks)
        if mark.status != "right"
    }
    assert got.keys() == expected.keys()
    assert seconds < 120
