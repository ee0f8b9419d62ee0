"""Nothing that is printed can raise, whatever the console, and what it cannot encode it shows in words."""

import contextlib
import io
import os
import subprocess
import sys
import types
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scratch_ae as ae
from scratch_ae import consoles
from scratch_ae.autoencoders import Autoencoder
from scratch_ae.cli import main
from scratch_ae.training.progress import Progress

ROOT = Path(ae.__file__).parents[1]
ENCODINGS = ["utf-8", "gbk", "gb18030", "cp936", "cp1252", "latin-1", "ascii", "cp437", "cp932", "utf-16", "koi8-r"]
TERMS = {"loss": 105.2, "reconstruction": 79.9, "kl": 25.3}
TASK = "dense"

letters = st.characters()  # surrogates too: file names on Linux may have them


def console(encoding, terminal=False):
    """A strict one, as Python opens it."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    stream.isatty = lambda: terminal
    return stream


def shown(stream):
    stream.flush()
    return stream.buffer.getvalue().decode(stream.encoding)


class Bare:
    """A stream with a `write`, and nothing else."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text


# --- Any text, any console -----------------------------------------------------------------------------------


@settings(deadline=None, max_examples=300)
@given(st.text(letters, max_size=30), st.sampled_from(ENCODINGS))
def test_any_text_can_be_said_to_any_console_and_is_unchanged_where_it_can_be_encoded(text, encoding):
    stream = console(encoding)
    consoles.say(text, stream=stream)
    try:
        expected = text.encode(encoding).decode(encoding)
    except UnicodeEncodeError:
        assert shown(stream).endswith("\n")
    else:
        assert shown(stream) == f"{expected}\n"


@settings(deadline=None, max_examples=300)
@given(st.text(letters, max_size=30), st.sampled_from(ENCODINGS))
def test_print_itself_does_not_raise_once_a_console_is_forgiving(text, encoding):
    stream = console(encoding)
    with contextlib.redirect_stdout(stream):
        consoles.forgiving()
        print(text)
    stream.flush()


def is_greek(letter):
    return "GREEK" in unicodedata.name(letter, "")


names = st.text(st.characters(categories=["Lo", "Lu", "Ll"], exclude_characters="µ"), min_size=1, max_size=8)
two_names = st.lists(names.filter(lambda name: not any(map(is_greek, name))), min_size=2, max_size=2, unique=True)


@settings(deadline=None, max_examples=300)
@given(two_names, st.sampled_from(ENCODINGS))
def test_two_names_that_differ_are_still_two(names, encoding):
    one, other = (consoles.encodable(name, console(encoding)) for name in names)
    assert one != other


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("✓ right ✗ wrong", "ok right wrong wrong"),
        ("−ELBO 1.5·10⁻³", "-ELBO 1.5-10^-^3"),
        ("σ² = 0.1, Σ x̂", "sigma^2 = 0.1, Sigma x^"),
        ("a → b ≤ ½", "a -> b <= 1/2"),
        ("猫", "\\u732b"),
        ("René", "Ren\\xe9"),
        ("😀", "\\U0001f600"),
    ],
)
def test_in_ascii_symbols_are_words_and_letters_keep_apart(text, words):
    assert consoles.encodable(text, console("ascii")) == words


def test_every_symbol_that_the_package_writes_has_words():
    """Else a formula in a hint would read "\\u2211" on a console that lacks it."""
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "scratch_ae").rglob("*.py"))
    symbols = {letter for letter in text if not letter.isascii() and unicodedata.category(letter)[0] not in "LC"}
    assert {letter for letter in symbols if consoles.spelled(letter).startswith("\\")} == set()


# --- Streams that lack something -----------------------------------------------------------------------------


def test_a_stream_needs_no_more_than_a_write():
    stream = Bare()
    consoles.say("a", stream=stream)
    assert stream.text == "a\n"
    assert not consoles.is_terminal(stream)


@pytest.mark.parametrize("stream", [None, "closed"])
def test_to_no_stream_nothing_is_said(stream, monkeypatch):
    closed = console("utf-8")
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed if stream else None)
    consoles.forgiving()
    consoles.say("a")
    assert not consoles.is_terminal(sys.stdout)


@pytest.mark.parametrize("encoding", ["no such", None, 3])
def test_an_encoding_that_nobody_knows_is_no_obstacle(encoding):
    stream = Bare()
    stream.encoding = encoding
    consoles.say("a ✓", stream=stream)
    assert stream.text in ("a ok\n", "a ✓\n")


def test_that_a_disk_is_full_is_an_error_of_what_is_printed_and_not_of_a_training():
    class Full(Bare):
        def write(self, text):
            raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        consoles.say("a", stream=Full())
    Progress(1, 10, Full()).end_epoch(0, TERMS, {})


# --- What prints ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_line_of_a_training_is_drawn_on_every_terminal_with_a_plain_bar_where_need_be(encoding, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    stream = console(encoding, terminal=True)
    progress = Progress(1, 1000, stream)
    progress.drawn -= 1
    progress.update(0, 500, TERMS)
    progress.end_epoch(0, TERMS, {})
    bar = (
        "#" * 10 + "." * 10
        if encoding in ("gbk", "cp936", "cp1252", "latin-1", "ascii", "cp932")
        else "█" * 10 + "░" * 10
    )
    assert bar in shown(stream)


@pytest.mark.parametrize("columns", ["0", "1", "2"])
def test_the_narrowest_terminal_will_do(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    progress = Progress(1, 1000, console("utf-8", terminal=True))
    progress.drawn -= 1
    progress.update(0, 500, TERMS)
    progress.end_epoch(0, TERMS, {})


@pytest.mark.parametrize("stream", [None, Bare(), console("ascii", terminal=True), console("latin-1", terminal=True)])
def test_a_training_goes_on_whatever_standard_output_is(stream, monkeypatch):
    monkeypatch.setattr(sys, "stdout", stream)
    model = Autoencoder([4, 2])
    assert model.fit([[0.0, 0.5, 1.0, 0.5]] * 6, epochs=2, batch_size=2)["epoch"] == [1, 2]


def test_a_clock_that_does_not_move_is_no_obstacle_to_a_training(monkeypatch):
    from scratch_ae.training import fit, progress

    still = types.SimpleNamespace(monotonic=lambda: 5.0, perf_counter=lambda: 5.0)
    for module in (sys.modules[fit.__module__], progress):
        monkeypatch.setattr(module, "time", still)
    assert Autoencoder([4, 2]).fit([[0.0, 0.5, 1.0, 0.5]] * 6, epochs=2)["seconds"][0] >= 0


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_show_prints_an_exercise_on_every_console(encoding, monkeypatch):
    stream = console(encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    ae.exercises.show(TASK)
    assert "class Dense" in shown(stream)


@pytest.mark.parametrize(
    "command", ["", "train vae --help", "exercises list", "exercises hint work dense", "train nosuch"]
)
@pytest.mark.parametrize("stream", ["ascii", "gbk", "bare", "none"])
def test_a_command_ends_as_it_should_whatever_its_streams(command, stream, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir("work")
    made = {"bare": Bare, "none": lambda: None}.get(stream, lambda: console(stream))
    monkeypatch.setattr(sys, "stdout", made())
    monkeypatch.setattr(sys, "stderr", made())
    try:
        code = main(command.split())
    except SystemExit as end:
        code = end.code
    assert code == (2 if command in ("", "train nosuch") else 0)


SCRIPT = """
import scratch_ae as ae, numpy as np
from scratch_ae.nn.losses import SoftmaxCrossEntropy
print(ae.exercises.hint("vae", 3))
print(ae.show_source(ae.VAE, SoftmaxCrossEntropy))
print(ae.gradcheck(ae.VAE([4, 3, 2], dtype=np.float64), np.random.default_rng(0).random((3, 4))))
ae.exercises.show("dense")
print("\\u2713 \\u2717 \\u732b " + chr(0xDC80))
ae.Autoencoder([4, 2]).fit(np.full((6, 4), 0.5), epochs=1)
"""


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "gbk"},
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONUTF8": "0", "LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "latin-1:strict"},
    ],
)
def test_what_a_reader_prints_himself_does_not_raise_either(environment):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"wrong" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="only a POSIX shell closes a stream this way")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_command_runs_with_its_streams_closed(closed):
    line = f'"{sys.executable}" -m scratch_ae exercises list {closed}'
    assert subprocess.run(line, shell=True, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode == 0
