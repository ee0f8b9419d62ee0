"""Runs notebooks from top to bottom in a Jupyter kernel, and holds what comes out against what stands there.

    python tests/notebooks/rerun.py                                  # all, some minutes
    python tests/notebooks/rerun.py notebooks/03_sparse.ipynb        # one
    python tests/notebooks/rerun.py --write                          # and keep the new outputs

Any error fails, any warning, and anything written to stderr. Text must say the same, and its numbers must be the
same within a tolerance, for matrix products are not the same to the last bit with one thread and with two. The
tolerance is 5 % of a number; where a number varies more, the notebook's metadata or a tag of the cell say so:

    "metadata": {"scratch_ae": {"tolerance": 0.1}}                   # the whole notebook
    "metadata": {"tags": ["tolerance=0.3"]}                          # this cell
    "metadata": {"tags": ["varies"]}                                 # of this cell only the kinds of output

Of figures only the number is compared. Needs what `pip install -e ".[notebooks]"` brings along.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
TOLERANCE = 0.05
"""Of a number, relative to the larger of the two; beside it, one unit of its last decimal."""
ROUNDING = 1e-6
"""Numbers below this are rounding errors, as those of a gradient check: any two of them are equal."""
CELL_SECONDS = 300
NUMBER = re.compile(r"(?<![\w.])(?:(?<![)\]])[-+−])?[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?(?:[eE][-+−]?[0-9]+)?")
STRICT = """
import warnings
import scratch_ae

warnings.simplefilter("error")
warnings.filterwarnings("ignore", module="ipykernel|IPython|jupyter_client|tornado|traitlets|zmq")
"""
"""Runs before a notebook's first cell: from here on warnings are errors, but for Jupyter's about Jupyter."""

Notebook = dict[str, Any]
Cell = dict[str, Any]


def notebooks() -> list[Path]:
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def read(path: Path) -> Notebook:
    return json.loads(path.read_text(encoding="utf-8"))


def written(notebook: Notebook) -> str:
    """The notebook's file, as Jupyter writes it: so that only what changed shows as changed."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


# Running.


def executed(path: Path) -> Notebook:
    """A copy of the notebook with new outputs, run in a folder where nothing else is. Raises what a cell raises."""
    import nbformat
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory() as folder:
        notebook = nbformat.read(shutil.copy(path, folder), as_version=4)
        for cell in code_cells(notebook):
            cell["outputs"], cell["execution_count"] = [], None
        notebook["cells"].insert(0, nbformat.v4.new_code_cell(STRICT))
        NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": folder}},
        ).execute()
    notebook["cells"].pop(0)
    return tidied(json.loads(nbformat.writes(notebook)))


def tidied(notebook: Notebook) -> Notebook:
    """Cells numbered from one, prints in one piece, and no word of the machine that ran it."""
    notebook["metadata"] = {
        **{key: value for key, value in notebook["metadata"].items() if key == "scratch_ae"},
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
    }
    for number, cell in enumerate(code_cells(notebook), start=1):
        cell["execution_count"] = number
        joined: list[dict[str, Any]] = []
        for output in cell["outputs"]:
            if "execution_count" in output:
                output["execution_count"] = number
            if joined and output.get("name", "") == joined[-1].get("name") and output["output_type"] == "stream":
                joined[-1]["text"] = "".join([*joined[-1]["text"], *output["text"]]).splitlines(keepends=True)
            else:
                joined.append(output)
        cell["outputs"] = joined
    return notebook


# Comparing.


def code_cells(notebook: Notebook) -> list[Cell]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def shown(cell: Cell) -> list[tuple[str, str]]:
    """What a cell shows, output by output: its kind, and its text, if it is one."""
    outputs = []
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            outputs.append((output["name"], joined(output["text"])))
        elif output["output_type"] == "error":
            outputs.append(("error", f"{output['ename']}: {output['evalue']}"))
        else:
            kinds = [kind for kind in ("image/png", "text/markdown", "text/plain") if kind in output["data"]]
            kind = kinds[0] if kinds else "nothing"
            outputs.append((kind, joined(output["data"][kind]) if kind.startswith("text") else ""))
    return outputs


def joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def failures(notebook: Notebook) -> Iterator[str]:
    """Everything in the outputs that should not be there."""
    for number, cell in enumerate(code_cells(notebook), start=1):
        for kind, text in shown(cell):
            if kind in ("error", "stderr"):
                yield f"cell [{number}] has written an {kind}: {text.strip()[:500]}"


def differences(committed: Notebook, fresh: Notebook) -> Iterator[str]:
    """Every output that is not what was committed, in a sentence."""
    pairs = zip(code_cells(committed), code_cells(fresh), strict=True)
    for number, (before, after) in enumerate(pairs, start=1):
        tolerance = tolerance_of(committed, before)
        old, new = shown(before), shown(after)
        if [kind for kind, _ in old] != [kind for kind, _ in new]:
            yield f"cell [{number}] showed {[kind for kind, _ in old]}, now {[kind for kind, _ in new]}"
        elif tolerance is not None:
            for (_, text), (_, again) in zip(old, new, strict=True):
                yield from (f"cell [{number}] {what}" for what in text_differences(text, again, tolerance))


def tolerance_of(notebook: Notebook, cell: Cell) -> float | None:
    """How far numbers of this cell may be apart; None if it says that they vary."""
    tolerance = notebook["metadata"].get("scratch_ae", {}).get("tolerance", TOLERANCE)
    for tag in cell["metadata"].get("tags", []):
        if tag == "varies":
            return None
        if tag.startswith("tolerance="):
            tolerance = float(tag.removeprefix("tolerance="))
    return tolerance


def text_differences(old: str, new: str, tolerance: float) -> Iterator[str]:
    """In what two texts differ: in their words, how they are spaced aside, or in a number."""
    if words(old) != words(new):
        yield f"said {old.strip()[:500]!r}, now {new.strip()[:500]!r}"
        return
    for before, after in zip(NUMBER.findall(old), NUMBER.findall(new), strict=True):
        if not close(before, after, tolerance):
            yield f"had {before}, now {after}, which is more than {tolerance:.0%} apart"


def words(text: str) -> str:
    """The text without its numbers, for which a # stands, and with single spaces; rules of a table in any length."""
    return " ".join(re.sub(r"([-─=])\1+", r"\1", NUMBER.sub("#", text)).split())


def close(old: str, new: str, tolerance: float) -> bool:
    """Two numbers as they are written."""
    a, b = (float(text.replace(",", "").replace("−", "-")) for text in (old, new))
    size = max(abs(a), abs(b))
    return abs(a - b) <= tolerance * size + 1.01 * max(last_unit(old), last_unit(new)) or size < ROUNDING


def last_unit(text: str) -> float:
    """What the last digit counts: 0.01 in 3.14. Of whole numbers nothing, for they are exact."""
    digits, _, power = text.lower().replace("−", "-").partition("e")
    decimals = len(digits.partition(".")[2])
    return 10.0 ** (int(power or 0) - decimals) if decimals or power else 0.0


def rerun(path: Path, write: bool) -> list[str]:
    """What is wrong with a notebook; with `write` its new outputs take the place of the old."""
    fresh, committed = executed(path), read(path)
    wrong = list(failures(fresh))
    if write and not wrong:
        path.write_text(written(fresh), encoding="utf-8")
        return []
    return [*wrong, *differences(committed, copy.deepcopy(fresh))]


def main() -> None:
    parser = argparse.ArgumentParser(description="Runs notebooks and compares their outputs with the committed ones.")
    parser.add_argument("notebooks", nargs="*", type=Path, help="unless given, all of notebooks/")
    parser.add_argument("--write", action="store_true", help="keep the new outputs, instead of comparing them")
    options = parser.parse_args()
    wrong = 0
    for path in options.notebooks or notebooks():
        started = time.perf_counter()
        found = rerun(path, options.write)
        wrong += len(found)
        print(f"{path.name}: {len(found) or 'no'} differences, {time.perf_counter() - started:.0f} s", flush=True)
        for line in found:
            print(f"  {line}")
    if wrong:
        print("If this is as it should be: python tests/notebooks/rerun.py --write, and look at what changed.")
        sys.exit(1)


if __name__ == "__main__":
    main()
