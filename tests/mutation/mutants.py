"""Mutants: the library's own formulas, each with one small mistake in it, made from the syntax tree.

What is mutated is found by name: every method that is a backward pass, a derivative or the formula of a stage, in
every class of `nn` and `autoencoders`. A new variant's backward is so among them without being listed.
"""

from __future__ import annotations

import ast
import copy
import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "scratch_ae"

METHODS = {
    # gradients
    *("backward", "derivative", "second_derivative", "target_gradient", "dW"),
    # what they are the gradients of, and what is done with them
    *("value", "forward", "per_example", "standardized", "per_dimension", "mean", "constant", "loss_of"),
    *("largest", "without_noise", "step"),
}
FUNCTIONS = {
    *("sigmoid", "softplus", "log_softmax", "softmax", "mean_and_log_var", "glorot_uniform", "he_normal", "pieces"),
}


@dataclass(frozen=True)
class Mutant:
    """A function with one statement changed.

    module        "nn.dense", below `scratch_ae`
    function      "Dense.backward", in the module
    before, after the statement as it stands and as the mutant has it; of a loop or an `if`, its first line
    tree          a module that holds nothing but the mutated function, inside its class
    """

    module: str
    function: str
    before: str
    after: str
    tree: ast.Module = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        return f"{self.module}.{self.function}"

    def code(self) -> CodeType:
        """The mutated function, compiled where its class is, so that `super()` knows the class."""
        code = compile(ast.fix_missing_locations(self.tree), f"<mutant of {self.name}>", "exec")
        for name in self.function.split("."):
            code = next(inner for inner in code.co_consts if isinstance(inner, CodeType) and inner.co_name == name)
        return code

    def install(self) -> None:
        """Makes the loaded function compute as the mutant does, for whoever holds the function already, too."""
        loaded(self.name).__code__ = self.code()


def loaded(name: str) -> FunctionType:
    """The function in the imported library: "nn.dense.Dense.backward"."""
    package, module, *path = name.split(".")
    found: Any = importlib.import_module(f"scratch_ae.{package}.{module}")
    for part in path:
        found = getattr(found, part)
    return found


def library_mutants() -> list[Mutant]:
    """All mutants of the library, module by module, in the order of the source."""
    files = [file for package in ("nn", "autoencoders") for file in sorted((PACKAGE / package).glob("*.py"))]
    return [
        mutant
        for file in files
        for mutant in mutants(f"{file.parent.name}.{file.stem}", file.read_text(encoding="utf-8"))
    ]


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Every mutant of the formulas in a module's source."""
    for path in formulas(ast.parse(source).body):
        *classes, function = path
        # A function takes no code with fewer free variables, as that of a mutant without its `super()` would be.
        kept = [ast.Expr(ast.Name("__class__", ast.Load()))] if "super()" in ast.unparse(function) else []
        seen = set()
        for before, after, body in changed_bodies(function.body):
            # A minus taken back by a second one is another mutant's dropped sign.
            if (before, after) in seen or before == after or "--" in after:
                continue
            seen.add((before, after))
            tree: Any = replaced(function, "body", [*kept, *body])
            for outer in reversed(classes):
                tree = replaced(outer, "body", [tree])
            name = ".".join(node.name for node in path)
            yield Mutant(module, name, before, after, ast.Module([tree], type_ignores=[]))


def formulas(statements: Iterable[ast.stmt]) -> Iterator[list[Any]]:
    """What is to be mutated of a module: [function] and [class, method] nodes."""
    for node in statements:
        if isinstance(node, ast.FunctionDef) and node.name in FUNCTIONS:
            yield [node]
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and inner.name in METHODS:
                    yield [node, inner]


# One change to one statement.

Changed = tuple[str, str, list[ast.stmt]]
"""The statement's text before and after, and the body it stands in with the change made."""


def changed_bodies(body: list[ast.stmt]) -> Iterator[Changed]:
    """Every way to change one statement of a body. Docstrings, `...` and errors that are raised stay as they are."""
    for i, statement in enumerate(body):
        if isinstance(statement, ast.Raise) or (
            isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        ):
            continue
        for before, after, changed in changed_statements(statement):
            yield before, after, [*body[:i], *changed, *body[i + 1 :]]


def changed_statements(statement: ast.stmt) -> Iterator[Changed]:
    before = first_line(statement)
    for changed in statement_variations(statement):
        yield before, first_line(changed), [changed]
    for name, value in ast.iter_fields(statement):
        if name in ("body", "orelse"):
            for inner_before, inner_after, inner in changed_bodies(value):
                yield inner_before, inner_after, [replaced(statement, name, inner)]
        elif name not in ("target", "targets", "annotation"):
            for changed_value in changed_fields(value):
                changed = replaced(statement, name, changed_value)
                yield before, first_line(changed), [changed]


def statement_variations(statement: ast.stmt) -> Iterator[ast.stmt]:
    """The statement left out, or its value with the other sign, or += for another operator."""
    if isinstance(statement, (ast.Expr, ast.Assign, ast.AugAssign)):
        yield ast.Pass()
    if isinstance(statement, ast.AugAssign):
        yield ast.Assign([statement.target], statement.value)
        for operator in OPERATORS.get(type(statement.op), ()):
            yield replaced(statement, "op", operator())
    scales = isinstance(statement, ast.AugAssign) and isinstance(statement.op, (ast.Mult, ast.Div))
    if isinstance(statement, (ast.Return, ast.Assign)) or scales:
        for value in negations(statement.value):
            yield replaced(statement, "value", value)


def negations(value: Any) -> Iterator[ast.expr]:
    """−value; of a tuple, one element after the other."""
    if isinstance(value, ast.Tuple):
        for i, element in enumerate(value.elts):
            for changed in negations(element):
                yield replaced(value, "elts", [*value.elts[:i], changed, *value.elts[i + 1 :]])
    elif value is not None:
        yield ast.UnaryOp(ast.USub(), value)


# One change to an expression.


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Copies of the expression, each with one change somewhere inside."""
    yield from variations(node)
    if isinstance(node, ast.keyword) and node.arg in ("axis", "strict"):
        return  # of axes there are 0 and 1, and −1 is another name for 1; `strict` is a check, no formula
    for name, value in ast.iter_fields(node):
        for changed in changed_fields(value):
            yield replaced(node, name, changed)


def changed_fields(value: Any) -> Iterator[Any]:
    """Of a node's field: a node, a list of them, or something else, which is left alone."""
    if isinstance(value, ast.AST):
        yield from changes(value)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            for changed in changed_fields(item):
                yield [*value[:i], changed, *value[i + 1 :]]


OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.Sub),
    ast.FloorDiv: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult,),
}
ORDERED = (ast.Sub, ast.Div, ast.MatMult, ast.Pow)
"""Operators for which left and right are not the same."""

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}

CALLS = {
    **{"maximum": ("minimum",), "minimum": ("maximum",), "max": ("min",), "min": ("max",)},
    **{"exp": ("expm1", "positive"), "expm1": ("exp",), "log": ("log1p", "positive"), "log1p": ("log",)},
    **{"add": ("subtract",), "subtract": ("add",), "multiply": ("divide",), "divide": ("multiply",)},
    **{"greater": ("greater_equal", "less"), "sqrt": ("square",), "tanh": ("sinh",), "sign": ("abs",)},
    **{"negative": ("positive",), "abs": ("positive",), "reciprocal": ("positive",)},
    **{"sum": ("mean",), "mean": ("sum",), "zeros_like": ("ones_like",), "ones_like": ("zeros_like",)},
    **{"zeros": ("ones",), "standard_normal": ("random",), "random": ("standard_normal",)},
    **{"normal": ("uniform",), "uniform": ("normal",)},
}
"""Functions and methods that take the same arguments. `positive` is NumPy's x ↦ x."""

SWAPPED = {"where": (1, 2), "matmul": (0, 1), "subtract": (0, 1), "divide": (0, 1)}
"""Arguments that another order would fit as well."""


def variations(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of this very node."""
    match node:
        case ast.BinOp(left, op, right):
            for operator in OPERATORS.get(type(op), ()):
                yield ast.BinOp(left, operator(), right)
            if isinstance(op, ORDERED):
                yield ast.BinOp(right, op, left)
            yield left
            yield right
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.Compare(left, [op], comparators):
            for comparison in COMPARISONS.get(type(op), ()):
                yield ast.Compare(left, [comparison()], comparators)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            yield from values
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            for number in (value + 1, value - 1, 2 * value, -value):
                yield ast.Constant(number)
        case ast.Slice(lower, upper, step):
            yield ast.Slice(moved(lower, 1), upper, step)
            yield ast.Slice(lower, moved(upper, -1), step)
            if lower or upper:
                yield ast.Slice(None, None, step)
        case ast.Attribute(value, "T"):
            yield value
        case ast.keyword("axis", ast.Constant(axis)):
            yield ast.keyword("axis", ast.Constant(1 - axis))
        case ast.List([first, second], ast.Load()):
            yield ast.List([second, first], ast.Load())
        case ast.Tuple([first, second], ast.Load()):
            yield ast.Tuple([second, first], ast.Load())
        case ast.Call(ast.Name("reversed"), [sequence]):
            yield sequence
        case ast.Call(ast.Name("len"), [array]):
            yield ast.Attribute(array, "size", ast.Load())
        case ast.Call(ast.Attribute(owner, name), arguments):
            for other in CALLS.get(name, ()):
                yield replaced(node, "func", ast.Attribute(owner, other, ast.Load()))
            if name in SWAPPED:
                i, j = SWAPPED[name]
                swapped = [*arguments]
                swapped[i], swapped[j] = arguments[j], arguments[i]
                yield replaced(node, "args", swapped)


def moved(bound: ast.expr | None, by: int) -> ast.expr:
    """A slice's bound moved by one: an absent one is the end that `by` leads away from."""
    return ast.Constant(by) if bound is None else ast.BinOp(bound, ast.Add(), ast.Constant(by))


# The tree itself.


def replaced(node: Any, name: str, value: Any) -> Any:
    """A copy of the node with another value in one field; whatever else hangs on it is shared."""
    changed = copy.copy(node)
    setattr(changed, name, value)
    return changed


def first_line(statement: ast.stmt) -> str:
    """A simple statement as text on one line, or the head of a loop or an `if`."""
    return ast.unparse(ast.fix_missing_locations(statement)).splitlines()[0]


def rewritten(line: str) -> str:
    """What `first_line` makes of a line written by hand, or by a Python that sets its parentheses otherwise."""
    return first_line(ast.parse(f"{line} pass" if line.endswith(":") else line).body[0])
