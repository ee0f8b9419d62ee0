"""What a class hands in at its worst: most of these files would be right, were it not for what they also do."""

import os

from standin_tasks import TASKS, solution

RIGHT = solution(TASKS[0])
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
LEFT = ("tampered", "left processes running") if ROOT else ("crashed", "BlockingIOError")
"""Whom the system trusts may start processes, which are found; others may not, which is an exception."""

FOREVER = "\nwhile True:\n    pass\n"


def inside(body):
    """The right file, with statements at the beginning of backward."""
    indented = "".join(f"        {line}\n" for line in body.strip().split("\n"))
    return RIGHT.replace("        return", f"{indented}        return")


HOSTILE = {
    # name: (text, status, words of the report)
    "endless loop at import": (RIGHT + FOREVER, "too slow", "did not end within 1 s"),
    "endless loop in backward": (inside("while True:\n    pass"), "too slow", "did not end within 1 s"),
    "sleep": (RIGHT + "\nimport time\ntime.sleep(60)\n", "too slow", "did not end within 1 s"),
    "loop that ignores signals": (
        RIGHT + "\nimport signal\n[signal.signal(s, signal.SIG_IGN) for s in (2, 15, 24)]" + FOREVER,
        "too slow",
        "did not end within 1 s",
    ),
    "exit at import": (RIGHT + "\nexit(0)\n", "crashed", "Line 8: it calls exit"),
    "exit in backward": (inside("import sys; sys.exit(0)"), "crashed", "Line 6: it calls exit"),
    "os._exit at import": (RIGHT + "\nimport os; os._exit(0)\n", "crashed", "before the trials were over"),
    "os._exit in backward": (inside("import os; os._exit(0)"), "crashed", "before the trials were over"),
    "another exit code": (RIGHT + "\nimport os; os._exit(7)\n", "crashed", "exit code 7"),
    "exception at import": (
        RIGHT + "\nraise RuntimeError('as it likes')\n",
        "crashed",
        "Line 8: RuntimeError: as it",
    ),
    "exception in backward": (inside("1 / 0"), "wrong", "Line 6: ZeroDivisionError: division by zero"),
    "keyboard interrupt": (inside("raise KeyboardInterrupt"), "crashed", "KeyboardInterrupt"),
    "exception without a message": (
        inside("class E(Exception):\n    def __str__(self): return 1 / 0\nraise E()"),
        "wrong",
        "Line 8: E (in 2 trials)",
    ),
    "syntax error": ("def backward(:\n", "does not load", "Line 1: SyntaxError"),
    "segmentation fault": (RIGHT + "\nimport ctypes; ctypes.string_at(0)\n", "crashed", "segmentation fault"),
    "abort": (RIGHT + "\nimport os; os.abort()\n", "crashed", "abort"),
    "endless recursion": (inside("return self.backward(dy)"), "wrong", "RecursionError"),
    "noise": (
        RIGHT
        + "\nfor _ in range(100):\n    try:\n        print('x' * 1_000_000)\n    except OSError:\n        pass\n",
        "too much output",
        "printed more than",
    ),
    "memory at once": (RIGHT + "\nx = bytearray(10**12)\n", "too much memory", "MemoryError"),
    "memory bit by bit": (
        RIGHT + "\nkept = []\nwhile True:\n    kept.append(bytearray(10**7))\n",
        "too much memory",
        "MemoryError",
    ),
    "process left behind": (
        RIGHT + "\nimport os, time\nif os.fork() == 0:\n    time.sleep(60)\n",
        *LEFT,
    ),
    "daemon": (
        RIGHT
        + "\nimport os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(60)\n"
        "    os._exit(0)\n",
        *LEFT,
    ),
    "killed by its own hand": (RIGHT + "\nimport os; os.kill(os.getpid(), 9)\n", "crashed", "killed"),
    "killed with its group": (RIGHT + "\nimport os; os.killpg(0, 9)\n", "crashed", "killed"),
    "killing the one who watches": (
        RIGHT + "\nimport os, time\nos.kill(os.getppid(), 9)\ntime.sleep(60)\n",
        "tampered",
        "ended the process that watches it",
    ),
    "another NumPy": (
        RIGHT + "\nimport numpy as np\nnp.allclose = lambda *anything, **more: True\n",
        "tampered",
        "numpy.allclose",
    ),
    "another gradient check": (
        RIGHT + "\nfrom scratch_ae import gradient_check\ngradient_check.gradcheck = lambda *anything: None\n",
        "tampered",
        "scratch_ae.gradient_check.gradcheck",
    ),
    "another trial": (
        RIGHT + "\nfrom scratch_ae.exercises import trials\n"
        "trials.GradientTrial.judge = lambda self, results: []\ntrials.MeasuredTrial.judge = lambda self, r: []\n",
        "tampered",
        "scratch_ae.exercises.trials.GradientTrial.judge",
    ),
    "other code in a trial": (
        RIGHT + "\nfrom scratch_ae.exercises import trials\n"
        "trials.GradientTrial.judge.__code__ = (lambda self, results: []).__code__\n",
        "tampered",
        "scratch_ae.exercises.trials.GradientTrial.judge",
    ),
    "the checker's files": (
        RIGHT + "\nimport pathlib, scratch_ae\n"
        "for path in pathlib.Path(scratch_ae.__file__).parent.rglob('*.py'):\n    path.write_text('broken = True')\n",
        "tampered",
        "changed the checker's files",
    ),
    "a module where Python looks first": (
        RIGHT + "\nimport pathlib, scratch_ae\n"
        "pathlib.Path(scratch_ae.__file__).parents[1].joinpath('statistics.py').write_text('spoilt = True')\n",
        "tampered",
        "put files beside the checker's (statistics.py)",
    ),
    "the checker's files gone": (
        RIGHT + "\nimport os, shutil, scratch_ae\nshutil.rmtree(os.path.dirname(scratch_ae.__file__))\n",
        "tampered",
        "changed the checker's files",
    ),
    "a pipe for a file of the checker": (
        RIGHT + "\nimport os, scratch_ae\nos.remove(scratch_ae.__file__)\nos.mkfifo(scratch_ae.__file__)\n",
        "tampered",
        "changed the checker's files",
    ),
    "garbage for results": (
        RIGHT + "\nimport os\nfor fd in range(3, 50):\n    try:\n        os.write(fd, b'garbage')\n"
        "    except OSError:\n        pass\n",
        "tampered",
        "where the results of the trials belong",
    ),
    "a pickle for results": (
        RIGHT + "\nimport os, pickle\nfor fd in range(3, 50):\n    try:\n"
        "        os.write(fd, b'{}\\n' + pickle.dumps({'0.y': 1}))\n    except OSError:\n        pass\nos._exit(0)\n",
        "tampered",
        "where the results of the trials belong",
    ),
    "its folder gone": (
        RIGHT + "\nimport os, shutil\nshutil.rmtree(os.getcwd())\n",
        "tampered",
        "deleted its own file",
    ),
    "objects for numbers": (inside("return [object()]"), "wrong", "array of numbers is expected"),
    "NaN for numbers": (inside("return dy * float('nan')"), "wrong", "twice its argument"),
    "far too many numbers": (inside("return np.zeros(10**6)"), "wrong", "y holds 1,000,000 numbers"),
    "the library's class": (
        "from scratch_ae.nn.dense import Dense\n",
        "wrong",
        "Dense is not in the file any more",
    ),
    "the library's method": (
        RIGHT + "\nfrom scratch_ae.nn.dense import Dense as Theirs\nDense.backward = Theirs.backward\n",
        "wrong",
        "Dense.backward is not written in the file",
    ),
    "nothing": ("# Later.\n", "wrong", "Dense is not in the file any more"),
}
