"""The marker's own files: what is changed or gone is put back, and what stood there is kept."""

import shutil

from standin_tasks import use_a_copy_of_the_package

from scratch_ae.exercises.package_guard import Guard


def test_the_guard_keeps_what_it_takes_away_and_brings_back_what_is_gone(monkeypatch, tmp_path):
    package = use_a_copy_of_the_package(monkeypatch, tmp_path)
    watch = Guard()
    changed, gone = package / "exercises" / "task.py", package / "files.py"
    before = {path: path.read_bytes() for path in (changed, gone)}
    changed.write_text("an editor's work")
    gone.unlink()
    assert watch.check() == 1
    assert {path: path.read_bytes() for path in before} == before
    assert (watch.kept / "exercises" / "task.py").read_text() == "an editor's work"
    assert watch.check() == 1
    shutil.rmtree(watch.kept)
