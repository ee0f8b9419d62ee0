"""The notebooks: they read well as they stand, and what they show comes from the code as it stands.

To run them all in a Jupyter kernel: pytest -m notebooks
"""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rerun import NOTEBOOKS, TOLERANCE, code_cells, differences, failures, joined, notebooks, read, shown, words

RERUN = Path(__file__).with_name("rerun.py")
INDEX = (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
MOST_WORDS, MOST_BYTES = 150, 1_000_000
MACHINE = re.compile(
    r"(?<![\w.~])/(home|root|tmp|work|Users|usr|var|opt|mnt)/|[A-Z]:\\\\?Users|site-packages|\.pyenv"
)

each_notebook = pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)


@pytest.mark.notebooks
@pytest.mark.skipif(
    importlib.util.find_spec("nbclient") is None,
    reason='Jupyter is not installed, which runs the notebooks: pip install -e ".[notebooks]"',
)
@each_notebook
def test_notebook_runs_without_a_warning_and_shows_what_is_committed(path):
    # In a process of its own: Jupyter's warnings about Jupyter are not ours.
    run = subprocess.run([sys.executable, str(RERUN), str(path)], capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stdout + run.stderr


# As they stand.


@each_notebook
def test_first_cell_has_a_title_and_the_question(path):
    first = read(path)["cells"][0]
    text = joined(first["source"])
    assert first["cell_type"] == "markdown"
    assert text.startswith("# ")
    assert "?" in text


@each_notebook
def test_every_cell_was_run_from_top_to_bottom(path):
    counts = [cell["execution_count"] for cell in code_cells(read(path))]
    assert counts == list(range(1, len(counts) + 1))


@each_notebook
def test_outputs_are_there_with_figures_and_without_errors_or_warnings(path):
    notebook = read(path)
    kinds = [kind for cell in code_cells(notebook) for kind, _ in shown(cell)]
    assert list(failures(notebook)) == []
    assert "image/png" in kinds
    assert {"stdout", "text/plain", "text/markdown"} & set(kinds)


@each_notebook
def test_no_cell_is_empty(path):
    assert all(joined(cell["source"]).strip() for cell in read(path)["cells"])


@each_notebook
def test_no_cell_is_a_wall_of_text(path):
    prose = [joined(cell["source"]) for cell in read(path)["cells"] if cell["cell_type"] == "markdown"]
    without_formulas = [re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "x", text, flags=re.DOTALL) for text in prose]
    long = [text[:60] for text in without_formulas if len(text.split()) > MOST_WORDS]
    assert long == []


@each_notebook
def test_file_is_small(path):
    assert path.stat().st_size < MOST_BYTES


@each_notebook
def test_nothing_speaks_of_the_machine_it_was_made_on(path):
    notebook = read(path)
    texts = [joined(cell["source"]) for cell in notebook["cells"]]
    texts += [text for cell in code_cells(notebook) for _, text in shown(cell)]
    texts += [str(notebook["metadata"]), *(str(cell["metadata"]) for cell in notebook["cells"])]
    assert [MACHINE.search(text)[0] for text in texts if MACHINE.search(text)] == []
    assert "execution" not in {key for cell in notebook["cells"] for key in cell["metadata"]}


@each_notebook
def test_it_draws_with_the_library_and_not_with_matplotlib(path):
    assert not any("matplotlib" in joined(cell["source"]) for cell in code_cells(read(path)))


@each_notebook
def test_it_is_listed(path):
    assert f"({path.name})" in INDEX


def test_what_is_listed_is_there():
    assert sorted(re.findall(r"\((\d\d_\w+\.ipynb)\)", INDEX)) == [path.name for path in notebooks()]


def test_they_are_numbered_in_the_order_of_the_document():
    numbers = [int(path.stem[:2]) for path in notebooks()]
    assert numbers == list(range(len(numbers)))


# How outputs are compared.


def notebook(*texts, tags=(), **settings):
    """A notebook of one cell that printed these texts."""
    outputs = [{"output_type": "stream", "name": "stdout", "text": [text]} for text in texts]
    cell = {"cell_type": "code", "outputs": outputs, "metadata": {"tags": list(tags)}}
    return {"cells": [cell], "metadata": {"scratch_ae": settings}}


def found(old, new, **settings):
    return list(differences(notebook(old, **settings), notebook(new, **settings)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("loss 100.0", "loss 104.9"),
        ("loss 0.1", "loss 0.2"),  # the last digit
        ("error 2.1e-09", "error 8.4e-10"),  # rounding, both
        ("difference -3.2e-12", "difference 1.0e-13"),
        ("784-300-150: 10,000 images", "784-300-150:    10,000 images"),
        ("−0.50 nats", "−0.51 nats"),
        ("1e-03", "2e-03"),
    ],
)
def test_numbers_within_the_tolerance_are_the_same(old, new):
    assert found(old, new) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("loss 100.0", "loss 106.0"),
        ("loss 0.1", "loss 0.3"),
        ("9 gradients", "8 gradients"),
        ("784-300-150", "784-300-180"),
        ("−0.5 nats", "0.5 nats"),
        ("error 2e-9", "error 2e-3"),
        ("sizes [784, 300]", "sizes [784]"),
        ("ok", "WRONG"),
        ("loss 3.0", "loss nan"),
        ("float32", "float64"),
    ],
)
def test_what_differs_by_more_is_found(old, new):
    assert len(found(old, new)) == 1


@pytest.mark.parametrize("settings", [dict(tolerance=0.3), dict(tags=["tolerance=0.3"]), dict(tags=["varies"])])
def test_notebook_and_cell_can_ask_for_another_tolerance(settings):
    assert found("loss 100.0", "loss 125.0", **settings) == []
    assert found("loss 100.0", "loss 125.0", tolerance=TOLERANCE) != []


def test_output_too_many_or_too_few_is_found():
    assert len(list(differences(notebook("a", "b"), notebook("a")))) == 1
    assert len(list(differences(notebook(tags=["varies"]), notebook("a")))) == 1


def test_image_counts_and_is_not_compared():
    images = [{"cells": [dict(code_cells(notebook())[0])], "metadata": {}} for _ in range(2)]
    for data, one in zip(("AAAA", "BBBB"), images, strict=True):
        one["cells"][0]["outputs"] = [
            {"output_type": "display_data", "data": {"image/png": data, "text/plain": f"<Figure at {data}>"}}
        ]
    assert list(differences(*images)) == []
    assert len(list(differences(images[0], notebook()))) == 1


def test_stderr_and_errors_are_failures():
    bad = notebook("fine", "UserWarning: not fine")
    bad["cells"][0]["outputs"][1]["name"] = "stderr"
    bad["cells"][0]["outputs"].append({"output_type": "error", "ename": "ValueError", "evalue": "no"})
    assert len(list(failures(bad))) == 2


def test_digits_of_a_name_are_part_of_the_name():
    assert words("float32 x2 = 3.5, W1 (784, 300)") == "float32 x2 = #, W1 (#, #)"
