"""The command line as a whole: help, version, exit codes, and how little it takes to start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import scratch_ae
from scratch_ae.cli import main, train
from scratch_ae.cli.experiment import EXPERIMENTS
from scratch_ae.cli.variants import VARIANTS

ROOT = Path(scratch_ae.__file__).parents[1]

OPTIONS = ["--data", "--sizes", "--activation", "--likelihood", "--epochs", "--batch-size", "--lr", "--seed", "--out"]
OWN = {
    "ae": [],
    "undercomplete": [],
    "overcomplete": [],
    "tied": [],
    "stacked": ["--pretrain-epochs"],
    "sparse": ["--sparsity", "--rho", "--weight", "--k"],
    "denoising": ["--noise", "--level"],
    "contractive": ["--weight"],
    "vae": ["--beta"],
    "cvae": ["--beta"],
}
HELP = {
    "": ["--version", "train", "experiment"],
    "train": list(OWN),
    **{f"train {variant}": [*OPTIONS, *own] for variant, own in OWN.items()},
    "experiment": list(EXPERIMENTS),
    "exercises": ["list", "new", "hint", "check", "grade"],
    "bughunt": ["list", "new", "hint", "check", "grade"],
    **{f"experiment {name}": ["--epochs", "--seed", "--out"] for name in EXPERIMENTS},
}


def python(*arguments, **environment):
    """Another Python process that finds this scratch_ae."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def call(line, capsys):
    """Exit code, standard output and standard error."""
    try:
        code = main(line.split())
    except SystemExit as end:
        code = end.code
    return code, *capsys.readouterr()


@pytest.mark.parametrize("command", HELP)
def test_help_names_every_option_and_exits_with_0(command, capsys):
    code, out, err = call(f"{command} --help", capsys)
    assert (code, err) == (0, "")
    words = out.replace(",", " ").split()
    assert [name for name in ["--help", *HELP[command]] if name not in words] == []


def test_every_variant_is_listed_here():
    assert list(OWN) == list(VARIANTS)


@pytest.mark.parametrize("variant", OWN)
def test_a_variant_has_no_option_of_another(variant, capsys):
    words = call(f"train {variant} --help", capsys)[1].split()
    options = {word for word in words if word.startswith("--") and word.strip("-")}
    assert options == {"--help", *OPTIONS, *OWN[variant]}


@pytest.mark.parametrize("line", ["", "train", "unknown", "--unknown", "train ae --epochs 0"])
def test_a_wrong_call_exits_with_2_and_one_line_that_tells_where_to_read_on(line, capsys):
    code, out, err = call(line, capsys)
    assert (code, out) == (2, "")
    assert err.startswith("scratch-ae")
    assert err.endswith("--help).\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("sizes=0 is wrong."), "scratch-ae: sizes=0 is wrong.\n"),
        (OSError("no space left on device"), "scratch-ae: no space left on device\n"),
        (FloatingPointError("The loss became nan."), "scratch-ae: The loss became nan.\n"),
        (MemoryError(), "scratch-ae: MemoryError\n"),
    ],
)
def test_what_cannot_be_done_exits_with_1_and_its_sentence(error, message, capsys, monkeypatch):
    def fail(*anything):
        raise error

    monkeypatch.setattr(train, "free_folder", fail)
    assert call("train ae", capsys) == (1, "", message)


def test_an_interrupt_exits_with_130_and_no_traceback(capsys, monkeypatch):
    def interrupt(*anything):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "free_folder", interrupt)
    assert call("train ae", capsys) == (130, "", "\nscratch-ae: interrupted.\n")


def test_python_m_scratch_ae_tells_its_version():
    done = python("-m", "scratch_ae", "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{scratch_ae.__version__}\n", "")


def test_python_m_scratch_ae_hands_the_exit_code_on():
    assert python("-m", "scratch_ae", "unknown").returncode == 2


def test_a_terminal_without_chinese_still_gets_help():
    done = python("-m", "scratch_ae", "train", "vae", "--help", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--beta" in done.stdout


@pytest.mark.parametrize(
    "statement", ["import scratch_ae", "from scratch_ae.cli import main; main(['train', 'vae', '--help'])"]
)
def test_neither_the_import_nor_help_waits_for_matplotlib(statement):
    done = python(
        "-c", f"import atexit, sys; atexit.register(lambda: print('matplotlib' in sys.modules)); {statement}"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "False"
