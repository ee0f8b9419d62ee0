"""What the pages tell a reader to type can be typed in every shell, and a clone is the same everywhere."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "notebooks").rglob("*.md"))]
COMMANDS = [
    (page.name, line.strip())
    for page in PAGES
    for line in page.read_text(encoding="utf-8").splitlines()
    if re.match(r" {4}(python|py|pip|pytest|\.venv|jupyter)", line)
]


def test_there_are_commands():
    assert len(COMMANDS) > 10


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_no_comment_stands_behind_a_command(page, command):
    """To cmd, and to zsh as macOS has it, the words of one are arguments."""
    assert "#" not in command


@pytest.mark.parametrize("page", [page for page in PAGES if "python3 -m venv" in page.read_text(encoding="utf-8")])
def test_whoever_is_told_how_to_begin_is_told_so_for_windows(page):
    text = page.read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if re.match(r" {4}(py |\.venv\\)", line)]
    assert lines[0] == "py -m venv .venv"
    assert len(lines) in (3, 4)
    assert not any(word in line for line in lines for word in ("&&", "activate", "python3", "/", "'"))


def test_the_two_lines_that_are_looked_for_by_others_are_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    begin = "\n    python3 -m venv .venv && . .venv/bin/activate && pip install -e "
    assert f"{begin}. && python -m scratch_ae train vae\n" in text
    assert f'{begin}".[test]" && pytest\n' in text


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a clone has its attributes")
def test_git_gives_every_text_file_its_line_ends_and_leaves_the_others_alone():
    listed = subprocess.run(
        ["git", "ls-files", "--eol"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    ).stdout.splitlines()
    for line in listed:
        kind, path = line.split("\t")
        binary = path.endswith((".gz", ".npz", ".png"))
        assert ("attr/-text" in kind) == binary, line
        assert binary or ("eol=lf" in kind and "crlf" not in kind), line
