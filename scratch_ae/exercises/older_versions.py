"""Files of an older version of the course: what they use that the library no longer has, and what to use instead."""

from __future__ import annotations

import dis
import re
from collections.abc import Collection, Iterable
from types import CodeType, FunctionType

from scratch_ae.exercises.task import Task

REPLACED = {
    "parameter_gradients": "is part of backward now: write self.dW = …, self.db = … in backward",
    "backward_to_code": "is part of backward now: write the whole way from the loss to the parameters there",
    "add_other_paths": "is part of backward now: call super().backward(to_input) there, and then add to a weight's "
    "gradient what comes by its other path",
    "input_gradient": "is part of backward now: let backward return ∂loss/∂x",
    "unit_vectors": "is part of OneHotLabel.forward now: put the unit vector beside x there",
    "Masking.backward": "is Masked.backward now, which SaltAndPepper has, too: write that one",
    "TopK.backward": "is Masked.backward now: write that one",
    "derivative()": "is given h now: write derivative(h), second_derivative(h)",
    "corrupt": "is called corruption now: write self.corruption",
    "parameters.flat": 'is gone, for each layer has arrays of its own: use parameters["encoder.0.W"], by name',
    "gather": "is gone, for each layer keeps arrays of its own: leave the call out",
    "ParameterStore": "is gone, for each layer keeps arrays of its own: use a dict of arrays by name",
    "Likelihood": "is called NegativeLogLikelihood now: inherit from that",
    "Buffered": "is gone, for NumPy makes every array anew: leave it out where the class inherits from it",
    "buffer": "is gone, for NumPy makes every array anew: leave out=self.buffer(…) out",
}
"""By the name as it stands in a file, what a learner is told. The first that a file uses is the one told, so what had
to be written, which says most about what has changed, comes first."""

DERIVATIVES = ("derivative", "second_derivative")
CALLS = ("PRECALL", "CALL", "CALL_METHOD", "CALL_FUNCTION")
USES = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR", "IMPORT_FROM")
"""What Python, from 3.10 on, compiles object.name and `from module import name` to."""

NOT_FOUND = re.compile(r"(cannot import name '\w+' from 'scratch_ae[\w.]*'|No module named 'scratch_ae[\w.]*')")


def what_to_use_instead(task: Task, used: Collection[str], import_error: str = "") -> str:
    """A sentence for a file that uses a name of an older version, or that fails with an ImportError because it asks
    the library for what it does not have; "" for any other."""
    new = f"`python -m scratch_ae {task.command} new` gives the new file, in a new folder."
    for name, instead in REPLACED.items():
        if name in used:
            return f"{name} {instead}; {new}"
    missing = NOT_FOUND.match(import_error)
    return f"{missing[1]}: is this a file of an older version? If so, {new}" if missing else ""


def used_by_classes(written: Iterable[type | FunctionType]) -> list[str]:
    """The names of `REPLACED` that classes and functions use which were written in a notebook."""
    codes, methods = [], []
    for thing in written:
        for name, member in vars(thing).items() if isinstance(thing, type) else [("", thing)]:
            function = getattr(member, "fget", None) or getattr(member, "__func__", member)  # of a property, a static
            if isinstance(function, FunctionType):
                codes.append(function.__code__)
                methods += [name, f"{thing.__name__.removeprefix('My')}.{name}"]
    return used_names(codes, methods)


def used_names(codes: Iterable[CodeType], methods: Iterable[str] = ()) -> list[str]:
    """The names of `REPLACED` that are read from an object or imported, or that a method is defined by, which nothing
    calls any more. Read from compiled code, where comments, strings and variables cannot be taken for them; what a
    file itself sets, self.buffer = …, is its own."""
    codes = [*codes]
    used, own = {*methods}, set()
    for code in codes:
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
        if code.co_name in DERIVATIVES and code.co_argcount == 1:
            used.add("derivative()")
        before = ""
        for step in dis.get_instructions(code):
            if step.opname in USES:
                used |= {step.argval, f"{before}.{step.argval}"}
            elif step.opname in CALLS and step.arg == 0 and before in DERIVATIVES:
                used.add("derivative()")
            elif step.opname == "STORE_ATTR":
                own.add(step.argval)
            elif step.opname == "STORE_NAME" and code.co_name != "<module>":
                used |= {step.argval, f"{code.co_name}.{step.argval}"}
            before = step.argval if step.opname in USES else ""
    return [name for name in REPLACED if name in used - own]
