"""Files that are there whole, or not at all: whatever happens, the old or the new, and nothing lies about."""

import os
import re
import stat
import subprocess
import sys
import threading
import types
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scratch_ae as ae
from scratch_ae import History, files
from scratch_ae.cli import main
from scratch_ae.files import quoted, safe_names, whole_file

ROOT = Path(ae.__file__).parents[1]


@pytest.fixture(params=["new", "old"])
def path(request, tmp_path):
    """A path at which there is nothing yet, or a file with old content."""
    path = tmp_path / "model.npz"
    if request.param == "old":
        path.write_bytes(b"old content")
    return path


def folder(path):
    """Everything in the folder of `path`, hidden files too, with what is in it."""
    return {entry.name: entry.read_bytes() for entry in path.parent.iterdir()}


def test_block_that_ends_well_leaves_the_new_content_and_no_other_file(path):
    with whole_file(path) as file:
        file.write(b"new")
    assert folder(path) == {"model.npz": b"new"}


@pytest.mark.parametrize("failure", [ValueError, OSError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_block_that_fails_leaves_the_folder_as_it_was_and_its_error_comes_through(path, failure):
    before, error = folder(path), failure("midway")

    def write():
        with whole_file(path) as file:
            file.write(b"half of the n")
            file.flush()
            raise error

    with pytest.raises(failure) as caught:
        write()
    assert caught.value is error
    assert folder(path) == before


def test_old_content_stands_until_the_block_ends(path):
    before = folder(path).get("model.npz")
    with whole_file(path) as file:
        file.write(b"new")
        file.flush()
        assert folder(path).get("model.npz") == before


def test_file_in_the_making_lies_hidden_in_the_same_folder(path):
    """Renaming is one step only inside a file system."""
    before = set(folder(path))
    with whole_file(path):
        (made,) = set(folder(path)) - before
        assert made.startswith(".model.npz.")


def test_rename_that_fails_leaves_no_file_behind(tmp_path):
    in_the_way = tmp_path / "model.npz"
    in_the_way.mkdir()
    with pytest.raises(OSError, match=r"model\.npz"), whole_file(in_the_way) as file:
        file.write(b"new")
    assert list(tmp_path.iterdir()) == [in_the_way]


def test_block_may_close_the_file_itself(path):
    with whole_file(path) as file:
        file.write(b"new")
        file.close()
    assert folder(path) == {"model.npz": b"new"}


def test_of_two_at_once_the_last_to_end_stays_whole(path):
    with whole_file(path) as slow:
        slow.write(b"slow, ")
        with whole_file(path) as quick:
            quick.write(b"quick")
        assert path.read_bytes() == b"quick"
        slow.write(b"but whole")
    assert folder(path) == {"model.npz": b"slow, but whole"}


def test_folder_is_created(tmp_path):
    path = tmp_path / "runs" / "first" / "model.npz"
    with whole_file(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"


def test_path_can_be_a_string_without_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with whole_file("model.npz") as file:
        file.write(b"new")
    assert folder(tmp_path / "model.npz") == {"model.npz": b"new"}


def test_text_is_written_as_utf_8_with_line_ends_as_given(path):
    with whole_file(path, "w") as file:
        file.write("自编码器\nσ\r\n")
    assert path.read_bytes() == "自编码器\nσ\r\n".encode()


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has these permissions")
def test_others_may_read_the_file(path):
    with whole_file(path) as file:
        file.write(b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


# --- What is at the path already -----------------------------------------------------------------------------

posix = pytest.mark.skipif(os.name != "posix", reason="only POSIX has modes, devices and pipes in the file system")
links = pytest.mark.skipif(os.name == "nt", reason="Windows gives links to administrators only")


def write(path, content=b"new"):
    with whole_file(path) as file:
        file.write(content)


@posix
@given(mode=st.integers(0o200, 0o777).map(lambda mode: mode | 0o600))
@settings(deadline=None, max_examples=30)
def test_the_mode_of_an_old_file_stays_and_a_private_one_is_private_all_the_time(tmp_path_factory, mode):
    path = tmp_path_factory.mktemp("modes") / "model.npz"
    path.write_bytes(b"old")
    path.chmod(mode)
    with whole_file(path) as file:
        file.write(b"new")
        (temporary,) = {*path.parent.iterdir()} - {path}
        assert stat.S_IMODE(temporary.stat().st_mode) & ~mode == 0
    assert (stat.S_IMODE(path.stat().st_mode), path.read_bytes()) == (mode, b"new")


@links
@pytest.mark.parametrize("there", [True, False])
def test_a_symbolic_link_still_leads_where_it_led(tmp_path, there):
    target, link = tmp_path / "disk" / "model.npz", tmp_path / "here" / "link.npz"
    target.parent.mkdir()
    link.parent.mkdir()
    link.symlink_to(target)
    if there:
        target.write_bytes(b"old")
    write(link)
    assert link.is_symlink()
    assert folder(target) == {"model.npz": b"new"}
    assert folder(link) == {"link.npz": b"new"}


@links
def test_links_that_go_round_in_a_circle_are_an_error_and_stay(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OSError, match="a"):
        write(tmp_path / "a")
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


@posix
def test_a_pipes_reader_gets_what_is_written_and_it_stays_a_pipe(tmp_path):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    ae.Autoencoder([4, 2]).save(pipe)
    reader.join(10)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert os.listdir(tmp_path) == ["pipe"]
    (tmp_path / "model.npz").write_bytes(got[0])
    assert isinstance(ae.load(tmp_path / "model.npz"), ae.Autoencoder)


@posix
@pytest.mark.parametrize("device", ["/dev/null", "/dev/stdout"])
def test_a_device_stays_one(device):
    before = os.stat(device).st_mode
    History().to_csv(device)
    ae.Autoencoder([4, 2]).save("/dev/null")
    assert os.stat(device).st_mode == before
    assert os.stat("/dev/null").st_rdev == os.makedev(1, 3)


@posix
def test_marks_go_through_dev_stdout_to_wherever_it_leads(tmp_path):
    script = "from scratch_ae.training import History; h = History(); h.append({'epoch': 1}); h.to_csv('/dev/stdout')"
    with open(tmp_path / "out", "wb") as out:
        subprocess.run([sys.executable, "-c", f"{script}; print('end')"], stdout=out, check=True, cwd=ROOT)
    assert (tmp_path / "out").read_bytes() == b"epoch\r\n1\r\nend\n"


def test_a_folder_in_its_place_is_said_to_be_one(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder"):
        write(tmp_path)


@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may write to everything")
def test_a_file_that_is_read_only_is_not_replaced(tmp_path):
    (tmp_path / "model.npz").write_bytes(b"old")
    (tmp_path / "model.npz").chmod(0o400)
    with pytest.raises(PermissionError, match=r"model\.npz"):
        write(tmp_path / "model.npz")
    assert folder(tmp_path / "model.npz") == {"model.npz": b"old"}


@pytest.mark.parametrize("name", ["a" * 255, "猫" * 85, "猫" * 63 + ".npz"])
@pytest.mark.skipif(sys.platform != "linux", reason="how long a name may be, Linux counts in bytes")
def test_the_longest_name_can_be_written(tmp_path, name):
    write(tmp_path / name)
    assert os.listdir(tmp_path) == [name]


# --- A rename that is refused for a moment, simulated ---------------------------------------------------------


class Refusing:
    """os.replace as it is on Windows while a virus scanner has the new file open."""

    def __init__(self, monkeypatch, times):
        self.times, self.replace = times, os.replace
        monkeypatch.setattr(os, "replace", self)

    def __call__(self, old, new):
        self.times -= 1
        if self.times >= 0:
            raise PermissionError(13, "Access is denied", str(old), 5, str(new))
        self.replace(old, new)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_rename_is_tried_again(path, monkeypatch, times):
    Refusing(monkeypatch, times)
    write(path)
    assert folder(path) == {"model.npz": b"new"}


def test_but_not_for_ever_and_nothing_lies_about_afterwards(path, monkeypatch):
    before = folder(path)
    monkeypatch.setattr(files, "PATIENCE", 0.1)
    Refusing(monkeypatch, 10**9)
    with pytest.raises(PermissionError, match="denied"):
        write(path)
    assert folder(path) == before


def test_content_is_on_the_disk_before_the_rename(path, monkeypatch):
    done = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda number: done.append("fsync") or fsync(number))
    monkeypatch.setattr(os, "replace", lambda *paths: done.append("replace") or replace(*paths))
    write(path)
    assert done == ["fsync", "replace"]


# --- Names ---------------------------------------------------------------------------------------------------


def data(path):
    np.save(path, np.linspace(0, 1, 12).reshape(4, 3))


def model(path):
    ae.Autoencoder([3, 2]).save(path)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The user's folder, and another one to be in."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("made", "action"),
    [
        (None, lambda: model("~/x")),
        (None, lambda: model(Path("~/x"))),
        (None, lambda: History().to_csv("~/x")),
        (None, lambda: ae.plots.save(ae.plots.bars({"a": 1.0}, y_label="", title=""), "~/x.png")),
        (model, lambda: ae.load("~/x.npz")),
        (data, lambda: ae.load_arrays("~/x.npy")),
        (None, lambda: main(["exercises", "new", "~/x"])),
        (data, lambda: main(["train", "ae", "--data", "~/x.npy", "--epochs", "1", "--out", "~/x"])),
    ],
)
def test_a_tilde_is_the_users_folder_everywhere(home, made, action):
    if made:
        made(home / f"x.{'npy' if made is data else 'npz'}")
    assert action() != 1
    assert [name for name in os.listdir(home) if name.startswith("x")]
    assert os.listdir(".") == []


@pytest.mark.parametrize("name", ["~nobody_at_all/x.npz", b"x.npz", "x\0.npz", 5, None])
@pytest.mark.parametrize("action", [lambda path: model(path), ae.load, lambda path: ae.load_arrays(path)])
def test_what_is_no_path_is_refused_in_one_sentence(home, name, action):
    with pytest.raises((TypeError, ValueError)) as caught:
        action(name)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    assert os.listdir(".") == []


@given(st.lists(st.text(min_size=1, max_size=70), max_size=8))
@settings(deadline=None, max_examples=300)
def test_safe_names_are_allowed_everywhere_and_no_two_are_the_same(names):
    safe = safe_names(names)
    assert len({unicodedata.normalize("NFD", name).casefold() for name in safe}) == len(names)
    for name in safe:
        assert 0 < len(f"{name}.json".encode()) <= 255
        assert name.isprintable()
        assert not set('<>:"/\\|?*') & set(name)
        assert name == name.rstrip(" .")
        assert not re.fullmatch(r"(?i)(con|prn|aux|nul|(com|lpt)\d)(\..*)?", name)


@pytest.mark.parametrize(
    ("names", "safe"),
    [
        (["ann", "猫 狗", "René"], ["ann", "猫 狗", "René"]),
        (["王\u3000伟", "a?b", "a:b"], ["王_伟", "a_b", "a_b (2)"]),
        (["Ann", "ann", "e\u0301", "é"], ["Ann", "ann (2)", "é", "é (2)"]),
        (["CON", "nul.txt", "end.", " "], ["_CON", "_nul.txt", "end", "_"]),
    ],
)
def test_safe_names_stay_as_they_are_where_they_can(names, safe):
    assert safe_names(names) == safe


@pytest.mark.parametrize(
    ("path", "posix_text", "windows_text"),
    [
        ("runs/vae-2", "runs/vae-2", "runs/vae-2"),
        ("my runs/猫", "'my runs/猫'", '"my runs/猫"'),
        ("猫/x", "猫/x", "猫/x"),
        ("C:\\runs\\vae", "C:\\runs\\vae", "C:\\runs\\vae"),
        ("a&b", "'a&b'", '"a&b"'),
    ],
)
def test_a_path_is_quoted_where_a_shell_would_take_it_apart(path, posix_text, windows_text, monkeypatch):
    assert quoted(path) == (windows_text if os.name == "nt" else posix_text)
    monkeypatch.setattr(files, "os", types.SimpleNamespace(name="nt"))
    assert quoted(path) == windows_text


@pytest.mark.parametrize(("name", "marked"), [("kl", False), ("稀疏", True)])
def test_a_history_opens_in_excel_whatever_a_penalty_is_called(tmp_path, name, marked):
    history = History()
    history.append({"epoch": 1, name: 0.5})
    history.to_csv(tmp_path / "history.csv")
    content = (tmp_path / "history.csv").read_bytes()
    assert content.startswith("\ufeff".encode()) == marked
    assert content.decode("utf-8-sig") == f"epoch,{name}\r\n1,0.5\r\n"
