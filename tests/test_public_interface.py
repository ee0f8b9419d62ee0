"""The house: what `import scratch_ae` gives, and that imports run downwards only."""

import ast
import configparser
import subprocess
import sys
from pathlib import Path

import pytest

import scratch_ae

PACKAGE = Path(scratch_ae.__file__).parent
MODULES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}

DESIGN = {
    "load_mnist", "load_fashion_mnist", "Dataset", "Autoencoder", "load", "StackedAutoencoder", "SparseAutoencoder",
    "DenoisingAutoencoder", "ContractiveAutoencoder", "VAE", "ConditionalVAE", "Adam", "SGD", "gradcheck",
}  # fmt: skip

FLOORS = [
    {"nn", "datasets", "arrays", "checks", "files", "reading"},
    {"training", "gradient_check"},
    {"autoencoders"},
    {"exercises", "plots", "evaluation"},
    {"bench", "cli", "__init__", "__main__"},
]


def imported(path):
    """The modules that a file imports, at its top or further down, in full: "scratch_ae.nn.dense", "numpy"."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            for alias in node.names:
                submodule = PACKAGE.parent.joinpath(*node.module.split("."), alias.name)
                is_module = submodule.is_dir() or submodule.with_suffix(".py").is_file()
                names.add(f"{node.module}.{alias.name}" if is_module else node.module)
    return names


def part(module):
    """The part of the house that "scratch_ae.nn.dense" or "nn/dense.py" belongs to: "nn"."""
    module = module.removesuffix(".py").replace("/", ".")
    return (module.removeprefix("scratch_ae").strip(".") or "__init__").split(".")[0]


def floor(part):
    (number,) = [i for i, parts in enumerate(FLOORS) if part in parts]
    return number


@pytest.mark.parametrize("name", scratch_ae.__all__)
def test_every_public_name_is_there_and_documented(name):
    assert (getattr(scratch_ae, name).__doc__ or "").strip()


def test_every_name_of_the_design_is_public():
    assert set(scratch_ae.__all__) >= DESIGN


@pytest.mark.parametrize("name", ["evaluation", "exercises", "plots"])
def test_what_is_imported_on_demand_can_be_reached_as_an_attribute(name):
    assert getattr(scratch_ae, name).__name__ == f"scratch_ae.{name}"


def test_matplotlib_is_not_loaded_before_something_is_drawn():
    loaded = "import sys, scratch_ae; scratch_ae.exercises; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True).stdout == "False\n"


def test_source_is_shown_by_a_module_that_is_loaded_when_it_is_asked_for():
    loaded = "import sys, scratch_ae; print('scratch_ae.reading' in sys.modules); scratch_ae.show_source"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True).stdout == "False\n"


def test_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'autoencoder'"):
        scratch_ae.autoencoder  # noqa: B018


def test_no_name_is_listed_twice():
    assert len(set(scratch_ae.__all__)) == len(scratch_ae.__all__)


def test_the_version_is_that_of_the_package():
    setup = configparser.ConfigParser()
    setup.read(PACKAGE.parent / "setup.cfg", encoding="utf-8")
    assert setup["metadata"]["version"] == scratch_ae.__version__


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is_for(module):
    assert ast.get_docstring(ast.parse(MODULES[module].read_text(encoding="utf-8")))


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_downwards_only(module):
    own = {part(name) for name in imported(MODULES[module]) if name.split(".")[0] == "scratch_ae"}
    above = {name for name in own if floor(name) > floor(part(module))}
    assert above == set()


@pytest.mark.parametrize("module", MODULES)
def test_only_the_standard_library_numpy_and_where_it_draws_matplotlib_are_imported(module):
    allowed = {"numpy", "scratch_ae", *sys.stdlib_module_names}
    if part(module) in ("plots", "cli"):
        allowed.add("matplotlib")
    if module == "bench/frameworks.py":
        allowed |= {"torch", "jax"}  # raced against, where they are installed
    if module == "evaluation/compression.py":
        allowed.add("PIL")  # JPEG, through what matplotlib brings along
    assert {name.split(".")[0] for name in imported(MODULES[module])} <= allowed
