"""The report of a gradient check: its verdict, its largest error and the printed table say the same."""

import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch_ae.gradient_check import ArrayCheck, Report

drawn = settings(deadline=None, derandomize=True, max_examples=100)
errors = st.lists(st.floats(0, 2) | st.just(0.0) | st.just(1e-7) | st.just(math.nan), min_size=1, max_size=6)


def row(name="encoder.0.W", error=1e-9, *, shape=(6, 5), checked=30, kinks=0, tolerance=1e-7):
    return ArrayCheck(name, shape, error, checked, kinks, False, tolerance)


def report_of(errors):
    return Report(tuple(row(f"array{i}", error) for i, error in enumerate(errors)))


@pytest.mark.parametrize(
    ("error", "ok"),
    [(0.0, True), (1e-9, True), (1e-7, True), (1.0001e-7, False), (1.0, False), (math.inf, False), (math.nan, False)],
)
def test_row_is_ok_up_to_its_tolerance_and_not_if_nan(error, ok):
    assert row(error=error).ok is ok


@given(errors)
@drawn
def test_report_is_ok_if_every_row_is(errors):
    assert report_of(errors).ok == all(error <= 1e-7 for error in errors)


@given(errors)
@drawn
def test_max_error_is_the_largest_of_the_rows_or_nan_if_one_is(errors):
    expected = math.nan if any(map(math.isnan, errors)) else max(errors)
    assert report_of(errors).max_error == pytest.approx(expected, abs=0, nan_ok=True)


@given(errors)
@drawn
def test_ok_and_max_error_agree(errors):
    report = report_of(errors)
    assert report.ok == (report.max_error <= 1e-7)


@given(errors)
@drawn
def test_table_has_a_line_for_every_array_with_its_shape_error_and_verdict(errors):
    _, *lines = str(report_of(errors)).splitlines()
    for i, error in enumerate(errors):
        verdict = "ok" if error <= 1e-7 else "WRONG"
        assert lines[i].split() == [f"array{i}", "(6,", "5)", f"{error:.1e}", verdict]


@given(errors)
@drawn
def test_last_line_says_how_many_are_wrong_and_which_or_that_all_agree(errors):
    report = report_of(errors)
    wrong = [row.name for row in report.rows if not row.ok]
    last = str(report).splitlines()[-1]
    if wrong:
        assert last == f"{len(wrong)} of {len(errors)} gradients are wrong: {', '.join(wrong)} (tolerance 1e-07)."
    else:
        assert last == (
            f"All {len(errors)} gradients agree with central differences to {max(errors):.1e} (tolerance 1e-07)."
        )


def test_columns_stand_under_their_headings_whatever_the_length_of_the_names():
    rows = (row("W"), row("a.very.long.name.of.a.parameter", shape=(784, 300), checked=235_200), row("b", shape=(5,)))
    head, *lines = str(Report(rows)).splitlines()[:4]
    for heading, right in (("shape", True), ("relative error", True), ("verdict", False)):
        edge = head.index(heading) + (len(heading) if right else 0)
        for line in lines:
            assert (line[edge - 1] != " " and line[edge] == " ") if right else line[edge : edge + 2] == "ok"


def test_row_of_which_only_some_entries_were_checked_says_how_many():
    lines = str(Report((row("some", shape=(784, 300), checked=1_000), row("all")))).splitlines()
    assert lines[1].endswith("ok  (1,000 of 235,200 entries)")
    assert lines[2].endswith("ok")


def test_row_with_entries_at_a_kink_says_how_many_were_left_out():
    lines = str(Report((row("some", kinks=3), row("both", checked=20, kinks=1_000), row("none")))).splitlines()
    assert lines[1].endswith("ok  (3 at a kink left out)")
    assert lines[2].endswith("ok  (20 of 30 entries)  (1,000 at a kink left out)")
    assert lines[3].endswith("ok")


def test_notes_come_last():
    assert str(Report((row(),), ("First.", "Second."))).splitlines()[-2:] == ["First.", "Second."]


def test_report_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        row().error = 0.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        Report((row(),)).rows = ()
