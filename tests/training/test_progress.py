"""The progress line: redrawn in a terminal, a line an epoch anywhere else, and always saying the same."""

import io
import re
import time

import pytest

from scratch_ae.training.progress import REDRAW_SECONDS, Progress

TERMS = {"loss": 105.214, "reconstruction": 79.9, "kl": 25.314}
VALIDATION = {"loss": 104.0, "reconstruction": 78.5, "kl": 25.5}


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    """Time that passes when it is told to."""

    def __init__(self, monkeypatch):
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def width(monkeypatch):
    """Makes the terminal so many columns wide."""
    return lambda columns: monkeypatch.setenv("COLUMNS", str(columns))


def train(progress, clock, epochs=3, images=1000, seconds=5.0, steps=10, validation=None):
    """As `fit` does: `steps` batches an epoch, in so many seconds."""
    for epoch in range(epochs):
        for step in range(1, steps + 1):
            clock.now += seconds / steps
            progress.update(epoch, step * images // steps, TERMS)
        progress.end_epoch(epoch, TERMS, validation or {})


def on_screen(text):
    """The lines that a terminal shows in the end: what follows a \\r overwrites the line from its start."""
    lines = []
    for line in text.split("\n"):
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        lines.append(shown.rstrip())
    return lines


def test_outside_a_terminal_there_is_one_line_an_epoch_and_no_carriage_return(clock):
    stream = io.StringIO()
    train(Progress(3, 1000, stream), clock)
    assert "\r" not in stream.getvalue()
    assert re.findall(r"^epoch \d/3", stream.getvalue(), re.MULTILINE) == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert stream.getvalue().count("\n") == 3


def test_the_stream_is_standard_output_unless_given(clock, capsys):
    train(Progress(2, 1000), clock, epochs=2)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_end_of_an_epoch_tells_epoch_terms_validation_speed_and_time_left(clock):
    stream = io.StringIO()
    train(Progress(3, 1000, stream), clock, epochs=1, seconds=50, validation=VALIDATION)
    assert stream.getvalue() == (
        "epoch 1/3  loss 105.21 (reconstruction 79.90, kl 25.31)  "
        "validation loss 104.00 (reconstruction 78.50, kl 25.50)  20 images/s  1:40 left\n"
    )


def test_the_last_line_tells_how_long_it_took_in_all(clock):
    stream = io.StringIO()
    train(Progress(2, 1000, stream), clock, epochs=2, seconds=4)
    assert stream.getvalue().splitlines()[-1].endswith("8.0 s in all")


def test_it_is_not_all_until_the_last_image_however_little_time_is_left(clock, width):
    width(120)
    stream = Terminal()
    progress = Progress(1, 1000, stream)
    clock.now += 10
    progress.update(0, 990, TERMS)
    assert stream.getvalue().rstrip().endswith("0:00 left")


def test_a_loss_of_one_term_is_told_once(clock):
    stream = io.StringIO()
    Progress(3, 1000, stream).end_epoch(0, {"loss": 1.5, "reconstruction": 1.5}, {})
    assert "loss 1.50  " in stream.getvalue()
    assert "reconstruction" not in stream.getvalue()


def test_a_terminal_is_redrawn_in_place_within_an_epoch(clock, width):
    width(120)
    stream = Terminal()
    progress = Progress(3, 1000, stream)
    clock.now += 25
    progress.update(0, 500, TERMS)
    assert stream.getvalue().startswith("\r")
    assert "\n" not in stream.getvalue()
    assert on_screen(stream.getvalue()) == [
        "epoch 1/3  ██████████░░░░░░░░░░  loss 105.21 (reconstruction 79.90, kl 25.31)  20 images/s  2:05 left"
    ]


def test_the_bar_grows_from_empty_to_full(clock, width):
    width(120)
    stream = Terminal()
    train(Progress(1, 1000, stream), clock, epochs=1)
    filled = [line.count("█") for line in stream.getvalue().split("\r") if "░" in line or "█" in line]
    assert filled == [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]


@pytest.mark.parametrize("columns", [20, 40, 80, 120, 200])
def test_a_redrawn_line_never_reaches_the_terminals_edge(clock, width, columns):
    width(columns)
    stream = Terminal()
    train(Progress(3, 1000, stream), clock)
    redrawn = [line for line in stream.getvalue().split("\r") if "\n" not in line]
    assert redrawn
    assert max(map(len, redrawn)) == columns - 1


@pytest.mark.parametrize("columns", [40, 120])
def test_nothing_of_the_bar_is_left_where_an_epoch_has_ended(clock, width, columns):
    width(columns)
    stream, file = Terminal(), io.StringIO()
    train(Progress(3, 1000, stream), clock)
    clock.now = 1000
    train(Progress(3, 1000, file), clock)
    assert on_screen(stream.getvalue()) == file.getvalue().split("\n")


def test_a_shorter_line_leaves_nothing_of_a_longer_one(clock, width):
    width(120)
    stream = Terminal()
    progress = Progress(3, 1000, stream)
    for loss in (123456.0, 1.0):
        clock.now += 1
        progress.update(0, 500, {"loss": loss})
    assert on_screen(stream.getvalue())[0] == "epoch 1/3  ██████████░░░░░░░░░░  loss 1.00  250 images/s  0:10 left"


def test_redraws_are_at_least_redraw_seconds_apart(clock, width):
    width(120)
    stream = Terminal()
    progress = Progress(1, 1000, stream)
    for step in range(1000):
        clock.now += REDRAW_SECONDS / 50
        progress.update(0, step, TERMS)
    assert 18 <= stream.getvalue().count("\r") <= 20


def redrawn(columns, clock, width):
    """What a terminal of so many columns shows halfway through the first epoch of ten."""
    width(columns)
    stream = Terminal()
    progress = Progress(10, 60_000, stream)
    clock.now += 1
    progress.update(0, 30_000, TERMS)
    return on_screen(stream.getvalue())[0]


def test_where_the_line_would_be_too_long_the_bar_gives_way_and_then_the_terms(clock, width):
    start, pace = "epoch  1/10  ", "  30,000 images/s  0:19 left"
    bar, loss, terms = "█" * 10 + "░" * 10 + "  ", "loss 105.21", " (reconstruction 79.90, kl 25.31)"
    assert redrawn(140, clock, width) == start + bar + loss + terms + pace
    assert redrawn(90, clock, width) == start + loss + terms + pace
    assert redrawn(80, clock, width) == start + loss + pace
