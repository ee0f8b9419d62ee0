"""Files that are there whole, or not at all: whatever happens, the old or the new, and nothing lies about."""

import os
import stat

import pytest

from scratch_ae.files import whole_file


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
