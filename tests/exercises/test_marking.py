"""Marks: right is right, everything else is not, and every file of the worst of classes gets a mark that says why."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from hostile_files import HOSTILE, RIGHT, inside
from standin_tasks import COURSE, TASKS, skeleton, use_a_copy_of_the_package

from scratch_ae.exercises import marking
from scratch_ae.exercises.marking import LARGEST, Submitted, file_name, mark, mark_all, submitted
from scratch_ae.exercises.process import Limits
from scratch_ae.exercises.run_outcome import Failure, RunOutcome
from scratch_ae.gradient_check.diagnosis import UNKNOWN

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="limits that only Linux keeps")
LIMITS = Limits(seconds=1, memory=200 << 20)


@pytest.fixture(autouse=True, scope="module")
def _apart(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(marking, "skeleton", skeleton)
        use_a_copy_of_the_package(patch, tmp_path_factory.mktemp("package"))
        yield


def marks(*texts, limits=LIMITS):
    return mark_all(COURSE, [Submitted(TASKS[0], "01_dense.py", text) for text in texts], limits)


@pytest.fixture(scope="module")
def hostile_marks(_apart):
    """All of them at once, a right one behind each, which must not suffer."""
    got = marks(*[text for name in HOSTILE for text in (HOSTILE[name][0], RIGHT)])
    return dict(zip(HOSTILE, zip(got[::2], got[1::2], strict=True), strict=True))


@LINUX
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_nothing_and_is_told_why(name, hostile_marks):
    got, _ = hostile_marks[name]
    _, status, words = HOSTILE[name]
    assert (got.status, got.points) == (status, 0)
    assert words in " ".join(got.findings)


@LINUX
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_nobody_else_anything(name, hostile_marks):
    _, neighbour = hostile_marks[name]
    assert (neighbour.status, neighbour.points, neighbour.findings) == ("right", 2, ())


def test_a_right_file_gets_its_points_and_a_wrong_one_none():
    right, wrong = marks(RIGHT, inside("return 3 * dy"))
    assert (right.status, right.points, right.findings) == ("right", 2, ())
    assert (wrong.status, wrong.points) == ("wrong", 0)
    assert wrong.findings == ("backward does not give twice its argument (in 2 trials).",)


def test_an_untouched_file_is_not_started_and_is_not_run(monkeypatch):
    monkeypatch.setattr(marking, "run_all", lambda course, files, *more: [None] * len(files) if not files else 1 / 0)
    (got,) = marks("\r\n".join(skeleton(TASKS[0]).split("\n")).replace("\r\n", "\n") + "\n\n")
    assert (got.status, got.points) == ("not started", 0)


def test_a_file_whose_bodies_all_raise_is_not_started_and_one_that_has_begun_is_wrong():
    untouched = skeleton(TASKS[0]) + "# a note of mine\n"
    begun = inside("Dense.n = getattr(Dense, 'n', 0) + 1\nif Dense.n == 2:\n    raise NotImplementedError")
    got, other = marks(untouched, begun)
    assert (got.status, got.findings) == ("not started", ("Line 6: this body is still to be written (in 2 trials).",))
    where = "(in the trial: the same again)"
    assert (other.status, other.findings) == ("wrong", (f"Line 8: this body is still to be written {where}.",))


def test_half_right_is_wrong():
    (got,) = marks(inside("Dense.calls = getattr(Dense, 'calls', 0) + 1\nif Dense.calls == 2:\n    return dy"))
    assert (got.status, got.points) == ("wrong", 0)


@pytest.mark.parametrize("slip", ["  x = 1\n", "x = (1\n", "x = dyy\n", "def f():\n    return dyy\nf()\n"])
def test_a_file_that_does_not_load_for_a_slip_is_no_incident_for_the_teacher(slip):
    (got,) = marks(f"{RIGHT}\n{slip}")
    assert (got.status, got.points) == ("does not load", 0)
    assert got.status in marking.QUIET
    assert got.findings[0].startswith("Line ")


def test_an_error_of_every_trial_is_told_once():
    (got,) = marks(inside("return dyy"))
    assert (got.status, got.findings) == ("wrong", ("Line 6: NameError: name 'dyy' is not defined (in 2 trials).",))


def test_a_missing_return_is_guessed_from_what_numpy_says_of_none():
    failure = Failure(0, ("UFuncTypeError", "TypeError", "Exception"), "Cannot cast ufunc from dtype('O')", None)
    other = Failure(1, ("TypeError", "Exception"), "unsupported operand type(s): 'NoneType' and 'float'", 3)
    got = mark(TASKS[0], RunOutcome("done", failures=(failure, other)), LIMITS)
    assert all("is a `return` missing? (in the trial: " in finding for finding in got.findings)


def test_what_is_wrong_far_out_is_told_only_where_nothing_is_at_ordinary_numbers():
    class Says:
        def __init__(self, title, text, beyond):
            self.title, self.text, self.beyond = title, text, beyond

        def judge(self, results):
            return [f"{self.title}: {self.text}"]

    near, far = Says("near", f"input x: {UNKNOWN}", False), Says("far", "slope[0, 0] is 2.", True)
    for trials, told in (([far, near], near), ([far], far)):
        got = mark(replace(TASKS[0], trials=trials), RunOutcome("done"), LIMITS)
        assert got.findings == (f"{told.title}: {told.text}",)


def test_what_no_trial_can_explain_is_left_out_where_another_names_a_cause():
    cause, unknown = "input x: the sign is flipped.", f"input x: {UNKNOWN}"

    class Says:
        def __init__(self, title, text):
            self.title, self.text = title, text

        def judge(self, results):
            return [f"{self.title}: {self.text}\nFirst at {self.title}."]

    told = [Says("a", unknown), Says("b", cause), Says("c", cause)]
    assert mark(replace(TASKS[0], trials=told), RunOutcome("done"), LIMITS).findings == (
        "input x: the sign is flipped (in 2 trials).\nFirst at b.",
    )
    assert mark(replace(TASKS[0], trials=told[:1]), RunOutcome("done"), LIMITS).findings == (
        f"a: {unknown}\nFirst at a.",
    )


def test_tampering_outweighs_right_numbers_and_is_told_first():
    outcome = RunOutcome("done", results={}, tampering=("It did this.",))
    got = mark(TASKS[0], outcome, LIMITS)
    assert (got.status, got.findings[0]) == ("tampered", "It did this.")


def test_a_judge_that_stumbles_over_what_came_back_says_so():
    outcome = RunOutcome("done", results={0: {"y": np.full((2, 2), "a")}, 1: {"y": np.zeros(3)}})
    got = mark(TASKS[0], outcome, LIMITS)
    assert got.status == "wrong"
    assert got.findings[0].startswith("small numbers: the results are not of the form that is expected")


def test_no_results_at_all_are_not_right():
    assert mark(TASKS[0], RunOutcome("done"), LIMITS).status == "wrong"


def test_what_a_submission_names_cannot_move_the_cursor_of_the_teachers_terminal():
    failure = Failure(0, ("E\x1b[2J",), "\x1b[31mred\r", 3)
    got = mark(TASKS[0], RunOutcome("done", output="\x1b[2Jgone", failures=(failure,)), LIMITS)
    assert "\x1b" not in " ".join(got.findings) + got.output
    assert "\r" not in " ".join(got.findings)


def test_a_failure_in_a_trial_that_does_not_exist_is_no_exception():
    assert mark(TASKS[0], RunOutcome("done", failures=(Failure(99, (), "", None),)), LIMITS).points == 0


def test_files_are_named_by_their_position_and_task():
    assert [file_name(TASKS, task) for task in TASKS] == ["01_dense.py", "02_tied_weights.py", "03_kl.py"]


def read(folder):
    return submitted(folder, TASKS[0], "01_dense.py")


def test_a_file_is_read_with_any_line_ends_and_a_byte_order_mark(tmp_path):
    (tmp_path / "01_dense.py").write_bytes(b"\xef\xbb\xbfx = 1\r\ny = 2\r\n")
    assert read(tmp_path).text == "x = 1\ny = 2\n"


def test_no_file_is_missing(tmp_path):
    got = read(tmp_path)
    assert (got.status, got.problem) == ("missing", "There is no 01_dense.py.")


def make_folder(path):
    path.mkdir()


def make_pipe(path):
    import os

    os.mkfifo(path)


def make_link_out(path):
    (path.parent.parent / "theirs.py").write_text("secret = 1")
    path.symlink_to(path.parent.parent / "theirs.py")


def make_circle(path):
    path.symlink_to(path)


def make_device(path):
    path.symlink_to("/dev/zero")


@LINUX
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (make_folder, "is not a file"),
        (make_pipe, "is not a file"),
        (make_link_out, "a link that leads out of its folder"),
        (make_device, "a link that leads out of its folder"),
        (make_circle, "could not be read"),
        (lambda path: path.write_bytes(b"x" * (LARGEST + 1)), "larger than 262,144 bytes"),
        (lambda path: path.write_bytes("é".encode("latin-1")), "not text in UTF-8"),
        (lambda path: path.write_bytes(b"x = 1\0"), "null bytes"),
    ],
)
def test_what_is_no_readable_file_is_unreadable_and_says_why(tmp_path, make, words):
    folder = tmp_path / "student"
    folder.mkdir()
    make(folder / "01_dense.py")
    got = read(folder)
    assert (got.status, got.text) == ("unreadable", "")
    assert words in got.problem


@LINUX
def test_a_link_inside_the_folder_is_followed(tmp_path):
    (tmp_path / "mine.py").write_text("x = 1")
    (tmp_path / "01_dense.py").symlink_to("mine.py")
    assert read(tmp_path).text == "x = 1"


def test_what_a_file_had_a_hand_in_is_told_without_its_escapes_and_in_short():
    told = mark(TASKS[0], RunOutcome("done", tampering=("\x1b[2J" + "x" * 10**6,)), LIMITS).findings[0]
    assert "\x1b" not in told
    assert len(told) <= 1000
