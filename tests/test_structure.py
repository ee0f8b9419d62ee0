"""The house: imports run downwards only, and in no circle, and every file says what it is for.

What is imported inside a function, or for the type checker alone, counts like the rest.
"""

import ast
import re
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import scratch_ae

PACKAGE = Path(scratch_ae.__file__).parent
FLOORS = [
    {"archives", "arrays", "checks", "consoles", "datasets", "files", "models", "nn", "reading"},
    {"gradient_check", "training"},
    {"autoencoders"},
    {"gradient_check.diagnosis"},
    {"bench", "evaluation", "exercises", "experiments", "pages", "plots"},
    {"__main__", "cli"},
]
ROOT = ""
"""`scratch_ae` itself, which may import anything, and is for the workshop to import, not for what it is made of."""


def name_of(path):
    """The name of nn/dense.py is nn.dense, that of nn/__init__.py is nn."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").strip(".")


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(module):
    """All that a module imports, in full: "scratch_ae.nn.dense", "numpy"."""
    names = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                names.add(inner if inner.removeprefix("scratch_ae.") in MODULES else node.module)
    return names


def of_the_package(names):
    return {name.removeprefix("scratch_ae").strip(".") for name in names if name.split(".")[0] == "scratch_ae"}


INSIDE = {module: of_the_package(imported(module)) for module in MODULES if module != ROOT}


def room(module):
    """The room that a module is, or is in: of two, the inner one."""
    rooms = [name for names in FLOORS for name in names if f"{module}.".startswith(f"{name}.")]
    assert rooms, f"{module} is in none of the rooms in FLOORS: put it into one, or add it there."
    return max(rooms, key=len)


def floor(module):
    return next(i for i, rooms in enumerate(FLOORS) if (room(module) if module != ROOT else "plots") in rooms)


def circle(graph):
    """Who imports whom in a circle, if there is one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return " imports ".join(reversed(error.args[1]))
    return ""


@pytest.mark.parametrize("module", INSIDE)
def test_imports_run_downwards_only(module):
    upwards = [name or "scratch_ae itself" for name in sorted(INSIDE[module]) if floor(name) > floor(module)]
    assert not upwards, f"{module} imports {', '.join(upwards)}, which is further up."


def test_no_modules_import_each_other_in_a_circle():
    found = circle({module: names - {ROOT} for module, names in INSIDE.items()})
    assert not found, found


def test_no_rooms_import_each_other_in_a_circle():
    pairs = {(room(module), room(name)) for module, names in INSIDE.items() for name in names - {ROOT}}
    found = circle({one: {other for it, other in pairs if it == one != other} for one, _ in pairs})
    assert not found, found


@pytest.mark.parametrize("module", MODULES)
def test_only_the_standard_library_numpy_and_where_it_draws_matplotlib_are_imported(module):
    allowed = {"numpy", "scratch_ae", *sys.stdlib_module_names}
    if module.split(".")[0] in ("plots", "experiments", "cli"):
        allowed.add("matplotlib")
    if module == "bench.frameworks":
        allowed |= {"torch", "jax"}  # raced against, where they are installed
    if module == "evaluation.compression":
        allowed.add("PIL")  # JPEG, through what matplotlib brings along
    assert {name.split(".")[0] for name in imported(module)} <= allowed


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is_for(module):
    assert ast.get_docstring(ast.parse(MODULES[module].read_text(encoding="utf-8")))


def test_the_readmes_reading_order_names_everything_that_the_named_files_import():
    """A reader who follows it meets no file of the package that was not announced."""
    text = (PACKAGE.parent / "README.md").read_text(encoding="utf-8")
    order = text[text.index("Read in this order") :].split("\n\n## ")[0]
    named = {name_of(PACKAGE / path) for path in re.findall(r"\]\(scratch_ae/([\w/]+\.py)\)", order)}
    assert len(named) > 10
    packages = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    needed = {name for module in named for name in INSIDE[module]} - packages
    assert needed <= named, needed - named
