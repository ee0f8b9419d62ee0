"""The mutation driver: it makes the mistakes it should, tells killed from surviving, and keeps its list honest."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from mutants import formulas, library_mutants, loaded, mutants
from mutation import SURVIVORS, key_of, listed, out_of_date, unexplained

HERE = Path(__file__).parent


def run(*arguments):
    return subprocess.run(
        [sys.executable, str(HERE / "mutation.py"), *map(str, arguments)], capture_output=True, encoding="utf-8"
    )


def mistakes(*statements, name="backward"):
    """What becomes of the statements of a method."""
    body = "\n".join(f"        {line}" for line in statements)
    return {(m.before, m.after) for m in mutants("nn.new", f"class New:\n    def {name}(self, dy):\n{body}\n")}


# Making mutants.


def test_of_a_class_never_seen_before_every_statement_of_the_backward_is_changed_in_every_way():
    assert mistakes("dx = dy * 2", "dx += self.x", "return dx") == {
        ("dx = dy * 2", "pass"),
        ("dx = dy * 2", "dx = -(dy * 2)"),
        ("dx = dy * 2", "dx = dy / 2"),
        ("dx = dy * 2", "dx = dy + 2"),
        ("dx = dy * 2", "dx = dy"),
        ("dx = dy * 2", "dx = 2"),
        *(("dx = dy * 2", f"dx = dy * {number}") for number in (3, 1, 4, -2)),
        ("dx += self.x", "pass"),
        ("dx += self.x", "dx = self.x"),
        ("dx += self.x", "dx -= self.x"),
        ("dx += self.x", "dx *= self.x"),
        ("return dx", "return -dx"),
    }


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("return np.matmul(a, b.T)", ["-np.matmul(a, b.T)", "np.matmul(b.T, a)", "np.matmul(a, b)"]),
        ("return np.sum(a, axis=0)", ["-np.sum(a, axis=0)", "np.mean(a, axis=0)", "np.sum(a, axis=1)"]),
        ("return -a", ["a"]),
        ("return a - b", ["-(a - b)", "a + b", "a * b", "b - a", "a", "b"]),
        ("return a[:, :n]", [
            "-a[:, :n]", "a[1:, :n]", "a[:-1, :n]", "a[:, 1:n]", "a[:, :n + -1]", "a[:, :]", "a[:n, :]",
        ]),
        ("return np.where(a > 0, b, c)", [
            "-np.where(a > 0, b, c)", "np.where(a >= 0, b, c)", "np.where(a < 0, b, c)", "np.where(a > 1, b, c)",
            "np.where(a > -1, b, c)", "np.where(a > 0, c, b)",
        ]),
        ("return np.hstack([a, b])", ["-np.hstack([a, b])", "np.hstack([b, a])"]),
        ("return a, b", ["(-a, b)", "(a, -b)", "(b, a)"]),
        ("return a / len(b)", [
            "-(a / len(b))", "a * len(b)", "a - len(b)", "len(b) / a", "a", "len(b)", "a / b.size",
        ]),
    ],
)  # fmt: skip
def test_an_expression_is_changed_in_one_operator_sign_index_constant_function_or_argument(right, wrong):
    assert {after for _, after in mistakes(right)} == {f"return {expression}" for expression in wrong}


def test_what_stands_in_a_loop_or_an_if_is_changed_and_so_is_its_head():
    assert mistakes("for a in reversed(b):", "    if a == 0:", "        return a") == {
        ("for a in reversed(b):", "for a in b:"),
        ("if a == 0:", "if a != 0:"),
        *(("if a == 0:", f"if a == {number}:") for number in (1, -1)),
        ("return a", "return -a"),
    }


def test_docstrings_annotations_names_of_buffers_and_errors_stay_as_they_are():
    assert not mistakes('"""1 + 1."""', "raise ValueError(f'{1 + 1}')")
    assert not mistakes("...", name="forward")
    assert not mistakes("return a + b", name="__init__")
    assert {after for _, after in mistakes("a: float = self.buffer('b')")} == set()


def test_every_mutant_of_the_library_compiles_to_something_else_than_the_library():
    def computes(code):
        return code.co_code, code.co_names, repr(code.co_consts)

    for mutant in library_mutants():
        assert computes(mutant.code()) != computes(loaded(mutant.name).__code__), mutant


def test_mutants_reach_every_kind_of_formula_there_is():
    names = {mutant.name for mutant in library_mutants()}
    assert {
        *("nn.dense.Dense.backward", "nn.losses.SoftmaxCrossEntropy.backward", "nn.optimizers.Adam.step"),
        *("nn.activations.Tanh.second_derivative", "nn.activations.softplus", "nn.initializers.he_normal"),
        *("autoencoders.tied.TiedAutoencoder.backward", "autoencoders.contractive.JacobianPenalty.dW"),
        *("autoencoders.variational.GaussianKL.per_dimension", "autoencoders.denoising.Masking.forward"),
    } <= names


@pytest.mark.parametrize("module", sorted({mutant.module for mutant in library_mutants()}))
def test_no_formula_has_the_same_line_twice_so_that_a_line_names_its_mutants(module):
    """If one has to, `mutants` must tell the two apart."""
    source = Path(HERE.parents[1], "scratch_ae", *module.split(".")).with_suffix(".py").read_text("utf-8")
    for *_, function in formulas(ast.parse(source).body):
        lines = [ast.unparse(node) for node in ast.walk(function) if isinstance(node, ast.stmt)]
        assert len(lines) == len(set(lines)), function.name


# The list of survivors.

ENTRY = "nn.new.New.backward\n- return 1 * dy\n+ return 1.0 * dy\n"


def test_an_entry_is_a_function_a_statement_before_and_after_and_a_reason():
    reasons = listed(f"# A comment.\n\n{ENTRY}1 is\n1.0.\n\n\n{ENTRY.replace('1.0', '+1')}So is +1.\n")
    assert reasons == {
        ("nn.new.New.backward", "return 1 * dy", "return 1.0 * dy"): "1 is 1.0.",
        ("nn.new.New.backward", "return 1 * dy", "return +1 * dy"): "So is +1.",
    }


def test_parentheses_and_spaces_are_no_difference():
    [key] = listed("f\n- for (a, b) in c :\n+ a,b = ((1),2)\nBecause.")
    assert key == listed("f\n- for a, b in c:\n+ (a, b) = (1, 2)\nBecause.").popitem()[0]


def test_an_entry_without_a_reason_is_refused():
    with pytest.raises(ValueError, match=r"^survivors\.txt: .* the reason why .*\nnn\.new\.New\.backward"):
        listed(ENTRY)


def test_an_entry_that_stands_there_twice_is_refused():
    with pytest.raises(ValueError, match=r"^survivors\.txt: .* twice"):
        listed(f"{ENTRY}Because.\n\n{ENTRY}Because of something else.\n")


def test_every_entry_of_the_list_is_still_a_mutant_of_the_library():
    assert set(listed(SURVIVORS.read_text("utf-8"))) <= {key_of(mutant) for mutant in library_mutants()}


A, B, C = (("f", "return a", f"return {name}") for name in "xyz")


def test_a_survivor_is_complained_of_unless_the_list_has_it():
    [complaint] = unexplained({A: "test_a", B: None, C: None}, {C: "Because."})
    assert complaint.endswith("\nf\n- return a\n+ return y")


def test_an_entry_is_complained_of_if_its_mutant_is_killed_or_gone():
    killed, gone = out_of_date({A: "test_a", B: None}, dict.fromkeys((A, B, C), "Because."))
    assert "but test_a notices" in killed
    assert killed.endswith("x")
    assert "no mutant" in gone
    assert gone.endswith("z")


# Running.


def test_every_mistake_in_the_gradients_of_a_dense_layers_parameters_is_killed_by_its_own_tests():
    done = run("--only", "nn.dense.Dense.backward", "--tests", "nn/test_dense.py", "--verbose")
    assert done.returncode == 0, done
    assert done.stdout.count("tests/nn/test_dense.py::test_") == done.stdout.count("\n+ ") > 6


def test_mutants_survive_tests_that_ask_for_something_else():
    done = run("--only", "nn.dense.Dense.backward", "--tests", "nn/test_initializers.py")
    assert done.returncode == 1
    assert done.stdout.count("No test notices this mistake") == done.stdout.count("\n+ ") > 6


def test_tests_that_fail_by_themselves_kill_nothing(tmp_path):
    failing = tmp_path / "test_that_fails.py"
    failing.write_text("def test_one(): assert 1 == 2")
    done = run("--only", "nn.dense", "--tests", failing)
    assert done.returncode == 1
    assert done.stderr.startswith("These fail without any mutant, make them pass first: ")
    assert "test_that_fails.py::test_one" in done.stderr


def test_a_name_that_nothing_is_mutated_under_is_refused():
    done = run("--only", "nn.den")
    assert done.returncode == 2
    assert done.stderr.endswith("--only=nn.den names nothing that is mutated.\n")


def test_a_mutant_that_never_ends_and_one_that_crashes_are_killed_and_a_failing_driver_is_not_hidden():
    script = """
import os, signal, trials
die = lambda signal: lambda: os.kill(os.getpid(), signal)
endings = [("ends", lambda: None), ("hangs", die(signal.SIGALRM)), ("crashes", die(signal.SIGSEGV))]
print(dict(trials.in_processes(endings, jobs=2)))
list(trials.in_processes([("fails", lambda: 1 / 0)], jobs=1))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=HERE, capture_output=True, encoding="utf-8")
    found = ast.literal_eval(done.stdout)
    assert found == {"ends": None, "hangs": "no end after 60 s", "crashes": "a crash (SIGSEGV)"}
    assert "ZeroDivisionError" in done.stderr
    assert done.stderr.endswith("RuntimeError: The process for fails failed, as printed above.\n")


@pytest.mark.slow
def test_every_mistake_in_the_library_is_killed_but_for_those_that_are_none():
    """Three minutes on two quiet cores."""
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
