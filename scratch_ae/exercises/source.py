"""Cuts the file of a task out of the library's own source, so that no exercise can drift from what it teaches.

`ast` says where a thing stands, the source's own text says how it reads: comments and layout come along. A body that
is taken out leaves its docstring, up to the line that begins with ⇒: from there on it would be the answer.
"""

from __future__ import annotations

import ast
import builtins
import re
import symtable
import sys
import textwrap
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from pathlib import Path
from typing import NamedTuple

from scratch_ae.exercises.task import Part, Task

LIBRARY = Path(__file__).parents[1]
ANSWER = "⇒"
"""Begins the line of a docstring with which a derivation's answer begins."""

FOR_YOU = "  # noqa: F401 (for what you write)"
Definition = ast.ClassDef | ast.FunctionDef


def skeleton(task: Task) -> str:
    """The file as the learner gets it: bodies taken out, mistakes made. ValueError if a part names what the library
    does not have."""
    pieces = [with_mistakes(cut(part, part.blanks), part) for part in task.parts]
    return page(task, pieces, for_you={Import("numpy", "", "np")})


def solution(task: Task) -> str:
    """The same file with nothing taken out and no mistake made."""
    return page(task, [cut(part, ()) for part in task.parts], for_you=set())


def page(task: Task, pieces: Sequence[str], for_you: Set[Import]) -> str:
    """The whole file: what to do, the imports, the pieces of source."""
    head = f"{opening(task)}\n\nfrom __future__ import annotations\n\n{imports(task, pieces, for_you)}"
    return "\n\n\n".join([head.rstrip(), *pieces]) + "\n"


def opening(task: Task) -> str:
    """The file's docstring: what to do, how to check it, how to ask for a hint."""
    steps = {
        "To write": ", ".join(blank for part in task.parts for blank in part.blanks),
        "To check": f"python -m scratch_ae {task.command} check . {task.name}",
        "For a hint": f"python -m scratch_ae {task.command} hint . {task.name}",
        "To read": f"{task.section}, in the course document",
    }
    points = "1 point" if task.points == 1 else f"{task.points} points"
    goal = textwrap.fill(task.goal, 100, break_on_hyphens=False)
    listed = [
        textwrap.fill(f"{step + ':':<13}{text}", 100, subsequent_indent=" " * 13, break_on_hyphens=False)
        for step, text in steps.items()
        if text
    ]
    return "\n".join([f'"""{task.title} ({points}).', "", goal, "", *listed, '"""'])


# From a module to the definitions of it that stand in the file.


def cut(part: Part, blanks: Collection[str]) -> str:
    """The kept definitions of a module, in the order they stand there, with the bodies of `blanks` taken out."""
    text, tree = read(part.module)
    lines: list[str | None] = [*text.split("\n")]
    definitions = {node.name: node for node in tree.body if isinstance(node, Definition)}
    kept = sorted((find(definitions, name, part) for name in part.keep), key=lambda node: node.lineno)
    for name in blanks:
        empty(find(definitions, name, part), name, lines)
    pieces = [
        short_class(node, part, lines) if part.methods and isinstance(node, ast.ClassDef) else segment(node, lines)
        for node in kept
    ]
    for name in blanks:
        if not any(sentence(name) in piece for piece in pieces):
            raise ValueError(f"{name} is to be left blank, but the file does not contain it: keep it, too.")
    return "\n\n\n".join(pieces)


def read(module: str) -> tuple[str, ast.Module]:
    """The source of one of the library's modules, as text and as a tree."""
    text = (LIBRARY / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    return text, ast.parse(text)


def find(definitions: dict[str, Definition], name: str, part: Part) -> Definition:
    """The definition called "function", "Class" or "Class.method"; ValueError if there is none."""
    first, _, method = name.partition(".")
    inside = methods_of(definitions[first]) if first in definitions else []
    found = [node for node in inside if node.name == method] if method else [definitions.get(first)]
    if not found or found[0] is None:
        raise ValueError(f"scratch_ae.{part.module} has no {name}: name one of its classes, functions or methods.")
    return found[0]


def own(part: Part) -> list[str]:
    """What may not come out of the library: the blanks, or the functions and methods in which the mistakes are, which
    a class could inherit if they were deleted."""
    text, tree = read(part.module)
    lines: list[str | None] = [*text.split("\n")]
    definitions = {node.name: node for node in tree.body if isinstance(node, Definition) and node.name in part.keep}
    classes = {name: node for name, node in definitions.items() if isinstance(node, ast.ClassDef)}
    inside = {f"{name}.{child.name}": child for name, node in classes.items() for child in methods_of(node)}
    functions = {name: node for name, node in definitions.items() if name not in classes}
    mistaken = [
        name
        for name, node in {**functions, **inside}.items()
        if any(right in segment(node, lines) + "\n" for right, _ in part.mistakes)
    ]
    return [*part.blanks, *mistaken]


def methods_of(node: Definition) -> list[Definition]:
    return [child for child in node.body if isinstance(child, ast.FunctionDef)]


def empty(node: Definition, name: str, lines: list[str | None]) -> None:
    """Puts the cut docstring and a NotImplementedError in the place of a body. The lines keep their numbers: the
    first one of the body holds all that takes its place, and of the others nothing is left."""
    indent = " " * node.body[0].col_offset
    rest = [f'{indent}raise NotImplementedError("{sentence(name)}")']
    if ast.get_docstring(node, clean=False) is not None:
        rest = [*cut_docstring(span(node.body[0], lines)), *rest]
    first, last = node.body[0].lineno, node.end_lineno or 0
    lines[first - 1 : last] = ["\n".join(rest), *[None] * (last - first)]


def sentence(blank: str) -> str:
    """What a blank says when it is run."""
    return f"{blank} is yours to write."


def cut_docstring(lines: list[str]) -> list[str]:
    """A docstring's lines up to the first that begins with ⇒. Of that only the ⇒ is left, of those after it nothing.
    Without such a line all of them stay: there is nothing to give away."""
    opening = re.match(r"""\s*[rRuU]?("{3}|'{3}|"|')""", lines[0])
    assert opening is not None
    quotes = opening[1]
    starts = [opening[0], *[line[: len(line) - len(line.lstrip())] for line in lines[1:]]]
    for i, (start, line) in enumerate(zip(starts, lines, strict=True)):
        if line.startswith(f"{start}{ANSWER}"):
            last = [lines[-1]] if lines[-1].strip() == quotes else []
            return [*lines[:i], f"{start}{ANSWER} …{'' if last else quotes}", *last]
    return lines


def segment(node: Definition, lines: list[str | None]) -> str:
    """A definition as it is written, with its decorators."""
    first = min([node.lineno, *[decorator.lineno for decorator in node.decorator_list]])
    return "\n".join(line for line in lines[first - 1 : node.end_lineno] if line is not None)


def span(node: ast.stmt, lines: list[str | None]) -> list[str]:
    return [line or "" for line in lines[node.lineno - 1 : node.end_lineno]]


def short_class(node: ast.ClassDef, part: Part, lines: list[str | None]) -> str:
    """A class of the same name with some of its methods only, that inherits the others from the library's."""
    chosen = [child for child in methods_of(node) if child.name in part.methods]
    absent = sorted(set(part.methods) - {child.name for child in chosen})
    if absent:
        raise ValueError(f"{node.name} of scratch_ae.{part.module} has no method {', '.join(absent)}.")
    methods = [segment(child, lines) for child in chosen]
    if any("super()" in method for method in methods):
        raise ValueError(
            f"{node.name} calls super() in one of {', '.join(part.methods)}, which would mean something else in a "
            f"class that inherits from it: keep it whole."
        )
    says = (ast.get_docstring(node) or f"{node.name}.").split("\n\n")[0]
    docstring = f'"""{says}\n\nOnly what belongs to this task stands here: the rest is inherited.\n"""'
    opened = f"class {node.name}(Library{node.name}):\n{textwrap.indent(docstring, ' ' * 4)}"
    return "\n\n".join([opened, *methods])


def with_mistakes(text: str, part: Part) -> str:
    """The source with every `right` replaced by its `wrong`."""
    for right, wrong in part.mistakes:
        if text.count(right) != 1:
            raise ValueError(
                f"{right!r} occurs {text.count(right)} times in what is kept of scratch_ae.{part.module}: "
                f"a mistake replaces what occurs exactly once."
            )
        text = text.replace(right, wrong)
    return text


# What the file imports.


class Import(NamedTuple):
    """`import module`, or `from module import name`; `alias`, if it is called something else then."""

    module: str
    name: str = ""
    alias: str = ""


def imports(task: Task, pieces: Sequence[str], for_you: Set[Import]) -> str:
    """The import statements for these pieces of source: everything they use that does not stand in the file, what the
    missing bodies will use, and what they may use, `for_you`."""
    kept = {name for part in task.parts for name in part.keep}
    used: set[Import] = set()
    whole: set[Import] = {*for_you}
    for part, piece in zip(task.parts, pieces, strict=True):
        known = importable(part.module)
        used |= {resolved(name, known, part) for name in free_names(piece) - kept}
        whole |= {resolved(name, known, part) for name in free_names(cut(part, ())) - kept}
    sections: dict[int, list[str]] = {0: [], 1: [], 2: []}
    for module in sorted({each.module for each in used | whole}):
        sections[section(module)] += statements({each for each in used | whole if each.module == module}, used)
    return "\n\n".join("\n".join(sorted(lines, key=plain_first)) for lines in sections.values() if lines)


def free_names(text: str) -> set[str]:
    """The names that a piece of source takes from outside itself, but for Python's own."""

    def looked_up(table: symtable.SymbolTable) -> Iterator[str]:
        for symbol in table.get_symbols():
            if symbol.is_referenced() and symbol.is_global():
                yield symbol.get_name()
        for inner in table.get_children():
            yield from looked_up(inner)

    table = symtable.symtable(text, "piece", "exec")
    own = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()}
    return set(looked_up(table)) - own - set(vars(builtins))


def resolved(name: str, known: dict[str, Import], part: Part) -> Import:
    if name not in known:
        raise ValueError(f"{name} is used in what is kept of scratch_ae.{part.module}, but is not defined there.")
    return known[name]


def importable(module: str) -> dict[str, Import]:
    """Every name at the top of a module, and how another file imports it; a class under "Library" and its name,
    too."""
    known: dict[str, Import] = {}
    for node in read(module)[1].body:
        if isinstance(node, ast.Import):
            known |= {alias.asname or alias.name: Import(alias.name, "", alias.asname or "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            known |= {a.asname or a.name: Import(node.module or "", a.name, a.asname or "") for a in node.names}
        elif isinstance(node, Definition):
            known[node.name] = Import(f"scratch_ae.{module}", node.name)
            known[f"Library{node.name}"] = Import(f"scratch_ae.{module}", node.name, f"Library{node.name}")
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    known[target.id] = Import(f"scratch_ae.{module}", target.id)
    return known


def section(module: str) -> int:
    """Imports stand in three groups: the standard library, then packages, then this one."""
    top = module.split(".")[0]
    return 0 if top in sys.stdlib_module_names else 2 if top == "scratch_ae" else 1


def statements(imported: Iterable[Import], used: Set[Import]) -> list[str]:
    """The statements that import these names of one module."""
    lines = []
    together = []
    for each in sorted(imported, key=lambda each: (member_order(each.name), each.alias)):
        if not each.name or each.alias:
            origin = f"from {each.module} import {each.name}" if each.name else f"import {each.module}"
            lines.append(origin + (f" as {each.alias}" if each.alias else "") + ("" if each in used else FOR_YOU))
        else:
            together.append(each)
    if together:
        line = f"from {together[0].module} import {', '.join(each.name for each in together)}"
        line += "" if set(together) <= used else FOR_YOU
        lines.insert(0, line)
    return lines


def member_order(name: str) -> tuple[int, str]:
    """CONSTANTS, then Classes, then functions, each by the alphabet."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2), name


def plain_first(line: str) -> bool:
    """`import x` stands above `from x import y`; the order among them is kept."""
    return line.startswith("from ")
