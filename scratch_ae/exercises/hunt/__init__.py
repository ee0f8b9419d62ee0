"""The bug hunt: the library's own code with one mistake in each file, of a kind that was made in public.

In the order of the table: first what a gradient belongs to, layer by layer, then the objectives, then what has none.
"""

from scratch_ae.exercises.hunt.bug import Bug
from scratch_ae.exercises.hunt.data_bugs import ORDER_MATTERS, SAME_NOISE, STRANGERS
from scratch_ae.exercises.hunt.layer_bugs import DEAD_ANYWAY, LOWER_LAYERS, OVERFLOW, SAME_BIASES, SLOW_SIGMOID
from scratch_ae.exercises.hunt.objective_bugs import BOTTOMLESS, DRAWS_DO_NOT_HELP, GREY, KEEPS_NOISE, OTHERS_MATTER
from scratch_ae.exercises.hunt.optimizer_bugs import FADING, GIANT_STEPS, NO_MOMENTUM, SMALL_GRADIENTS
from scratch_ae.exercises.hunt.penalty_bugs import ALL_ALIKE, BATCH_MATTERS, CHEAP, ONE_PATH, WRONG_NORM
from scratch_ae.exercises.hunt.variational_bugs import COSTLY_CODE, ONE_SIDED, POOR_SAMPLES, STAYS_ONE, TOO_GOOD
from scratch_ae.exercises.task import Task

HUNT: tuple[Bug, ...] = (
    SLOW_SIGMOID, DEAD_ANYWAY, OVERFLOW, SAME_BIASES, LOWER_LAYERS,
    OTHERS_MATTER, GREY, KEEPS_NOISE, BOTTOMLESS,
    ONE_PATH, WRONG_NORM, BATCH_MATTERS, ALL_ALIKE, CHEAP,
    TOO_GOOD, STAYS_ONE, POOR_SAMPLES, COSTLY_CODE, ONE_SIDED, DRAWS_DO_NOT_HELP,
    FADING, NO_MOMENTUM, GIANT_STEPS, SMALL_GRADIENTS,
    SAME_NOISE, STRANGERS, ORDER_MATTERS,
)  # fmt: skip

BUGS: tuple[Task, ...] = tuple(bug.task for bug in HUNT)

GRADIENT_CHECK_SEES: dict[str, bool] = {bug.task.name: bug.gradient_check for bug in HUNT}
"""By the task's name: does `gradcheck`, on the file's own forward and backward, find something wrong?"""


def table() -> str:
    """What was wrong, where it was made, and which check sees it, in Markdown: for the README. In the order of the
    alphabet and without the files' names, so that it gives no file's mistake away."""
    head = ["mistake", "where it was made", "gradient check alone", "what sees it"]
    rows = [head, ["---"] * len(head)]
    for bug in sorted(HUNT, key=lambda bug: bug.mistake.lower()):
        rows.append([bug.mistake, bug.made_in, "sees it" if bug.gradient_check else "–", bug.seen_by])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
