"""Tasks as small as they can be, whose trials need nothing but NumPy: to put the marking itself to the test."""

import shutil
import tempfile
from dataclasses import dataclass

import numpy as np

import scratch_ae.exercises.trials  # noqa: F401 (as every list of tasks does: a submission may reach for it)
from scratch_ae.exercises import package_guard, process
from scratch_ae.exercises.process import Course
from scratch_ae.exercises.task import Part, Task

FOLDER = __file__.rsplit("/", 1)[0].rsplit("\\", 1)[0]
X = np.array([[1.0, -2.0], [0.5, 3.0]])


@dataclass(frozen=True)
class Doubled:
    """Does the file's class double what it is given?"""

    title: str
    name: str

    def run(self, names):
        return {"y": names[self.name]().backward(X)}

    def judge(self, results):
        if "y" not in results or results["y"].shape != X.shape or not np.allclose(results["y"], 2 * X):
            return ["backward does not give twice its argument."]
        return []


def task(name, points=2):
    kind = name.title().replace("-", "")
    return Task(
        name=name,
        title=f"the backward pass of {kind}",
        section="自编码器",
        points=points,
        goal="Return twice the argument.",
        hints=("Twice.", "Two times.", "return 2 * dy"),
        parts=(Part(module="nn.dense", keep=[kind], blanks=[f"{kind}.backward"]),),
        trials=(Doubled("small numbers", kind), Doubled("the same again", kind)),
        lesson=f"The lesson of {name}.",
    )


TASKS = (task("dense"), task("tied-weights", points=3), task("kl"))
MANY = tuple(task(f"task-{i}") for i in range(1, 26))
COURSE = Course("standin_tasks", "TASKS", FOLDER)
LARGE_COURSE = Course("standin_tasks", "MANY", FOLDER)


def skeleton(task):
    """Stands in for source.skeleton."""
    return f"""import numpy as np


class {task.trials[0].name}:
    def backward(self, dy):
        raise NotImplementedError
"""


def solution(task):
    return skeleton(task).replace("raise NotImplementedError", "return 2 * dy")


def use_a_copy_of_the_package(monkeypatch, folder):
    """So that what the tests do to the marker's own files is done to a copy, and nobody's work is put back."""
    copy = folder / "scratch_ae"
    shutil.copytree(package_guard.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(package_guard, "PACKAGE", copy)
    monkeypatch.setattr(process, "PACKAGE", copy)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))  # what is kept of changed files goes with the rest
    return copy
