"""Broken noise, batches and averages: what goes into a model, and what is said of it. No gradient is wrong here. What
tells are properties: noise is new, rows stay together, order does not matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scratch_ae.arrays import FloatArray
from scratch_ae.autoencoders.autoencoder import Autoencoder
from scratch_ae.exercises.hunt.bug import Bug, off
from scratch_ae.exercises.task import Names, Part, Results, Task
from scratch_ae.exercises.trials import MeasuredTrial
from scratch_ae.nn.optimizers import SGD

SECTION = "自编码器"


# Noise is new at every step.


def noise_of_two_steps(names: Names) -> dict[str, FloatArray]:
    """Of two steps, and of the first once more, from a generator that stands where that one stood."""
    corruption, rng, x = names["GaussianNoise"](0.5), np.random.default_rng(7), np.full((100, 100), 0.5)
    generators = (rng, rng, np.random.default_rng(7))
    return {"noise": np.array([(corruption.forward(x, each) - x).ravel() for each in generators])}


def independent_noise(results: Results) -> list[str]:
    first, second, repeated = results["noise"]
    n = first.size
    strange = [] if np.array_equal(first, repeated) else ["Two generators of one seed give different noise."]
    return [
        *strange,
        *off("The covariance of the noise of two steps", np.mean(first * second), 0, 5 * 0.5**2 / np.sqrt(n)),
        *off("The standard deviation of noise with σ = 0.5", np.std(first), 0.5, 5 * 0.5 / np.sqrt(2 * n)),
    ]


SAME_NOISE = Bug(
    Task(
        name="learned-by-heart",
        title="Gaussian noise on the input of a denoising autoencoder",
        section="常见的自编码器",
        points=3,
        goal="The training loss is better than ever, but noisy test images are cleaned badly: squared error 29 where "
        "19 is usual. On images with just the noise of the training batches it is 13.",
        hints=(
            "Damage the same image at two steps and compare.",
            "Where does the noise come from, and who is to say so?",
            "A generator with a fixed seed begins again at every call.",
        ),
        parts=(
            Part(
                "autoencoders.denoising",
                keep=["GaussianNoise"],
                mistakes=[("* rng.standard_normal(x.shape", "* np.random.default_rng(0).standard_normal(x.shape")],
            ),
        ),
        trials=(MeasuredTrial("The noise of two steps", noise_of_two_steps, independent_noise),),
        lesson="Random numbers that repeat. PyTorch's data loaders gave each worker the same copy of NumPy's "
        "generator (pytorch/pytorch issue 5059), the same again in every epoch (xingyizhou/CenterNet issue 233), and "
        "with it the same augmentations. A model learns such noise by heart. With noise held still, a gradient check "
        "is even easier to pass; the covariance of two steps tells.",
    ),
    mistake="the same noise in every batch",
    made_in="pytorch/pytorch issue 5059; xingyizhou/CenterNet issue 233",
    gradient_check=False,
    seen_by="the covariance of the noise of two steps",
)


# Rows that belong together stay together.


class Recorder:
    """A model that learns nothing, and notes which rows it was shown together."""

    def __init__(self) -> None:
        self.parameters, self.gradients = {"w": np.zeros(1)}, {"w": np.zeros(1)}
        self.terms = {"nothing": 0.0}
        self.shown: list[FloatArray] = []

    def loss_and_gradients(self, x: FloatArray, labels: Any, **rng: Any) -> float:
        self.shown.append(np.stack([x[:, 0], labels]).astype(float))
        return 0.0

    def losses(self, *data: Any, **rng: Any) -> dict[str, float]:
        return self.terms

    def loss_of(self, terms: Mapping[str, float]) -> float:
        return terms["nothing"]


def rows_shown(names: Names) -> dict[str, FloatArray]:
    model, n, rng = Recorder(), 25, np.random.default_rng(0)
    data = [np.arange(n, dtype=float)[:, None], np.arange(n)]
    names["fit"](model, data, optimizer=SGD(0.1), epochs=2, batch_size=10, rng=rng, progress=False)
    return {"shown": np.concatenate(model.shown, axis=1)}


def rows_belong_together(results: Results) -> list[str]:
    x, labels = results["shown"]
    wrong = int(np.sum(x != labels))
    findings = [f"Of {x.size} rows of x shown in training, {wrong} came with another row's label."] if wrong else []
    epochs = x.reshape(2, -1)
    if not all(np.array_equal(np.sort(epoch), np.arange(25)) for epoch in epochs):
        findings.append("An epoch does not show each of the 25 rows just once.")
    if np.array_equal(epochs[0], epochs[1]):
        findings.append("Both epochs have the same order.")
    return findings


STRANGERS = Bug(
    Task(
        name="labels-are-ignored",
        title="Minibatch gradient descent over data that are shuffled in every epoch",
        section=SECTION,
        points=3,
        goal="A linear classifier of digits comes to 12% instead of 87%, and a conditional VAE's samples have "
        "nothing to do with the label asked for. Models without labels train as ever, and every gradient check "
        "passes.",
        hints=(
            "Let it train something on rows whose label is their own number, and look at what is shown together.",
            "How many random orders are there in an epoch, and how many should there be?",
            "One permutation, used for all the arrays.",
        ),
        parts=(
            Part(
                "training.fit",
                keep=["fit"],
                mistakes=[
                    (
                        "order = rng.permutation(examples)",
                        "orders = [rng.permutation(examples) for _ in arrays]",
                    ),
                    (
                        "rows = order[first : first + batch_size]",
                        "rows, *others = (order[first : first + batch_size] for order in orders)",
                    ),
                    (
                        "loss = model.loss_and_gradients(*(array[rows] for array in arrays), rng=rng)",
                        "batch = [array[i] for array, i in zip(arrays, [rows, *others], strict=True)]\n"
                        "            loss = model.loss_and_gradients(*batch, rng=rng)",
                    ),
                ],
            ),
        ),
        trials=(MeasuredTrial("Which rows are shown together", rows_shown, rows_belong_together),),
        lesson="Data and labels shuffled apart: mlcommons/GaNDLF pull request 870, DrexelChatbotGroup/DrexelChatbot "
        "issue 15. The loss still falls a little, to that of guessing by frequency, and reads like a hard problem. "
        "No gradient is wrong. Data whose label can be read off the input tell at once.",
    ),
    mistake="data and labels shuffled in different orders",
    made_in="mlcommons/GaNDLF PR 870; DrexelChatbotGroup/DrexelChatbot issue 15",
    gradient_check=False,
    seen_by="rows that carry their own label",
)


# A mean over examples does not depend on how they are put into batches.


def losses_in_two_orders(names: Names) -> dict[str, FloatArray]:
    """Of 500 unit vectors and (10, …, 10), from a model whose weights, and so whose output, are all 0."""
    kind = type("Model", (Autoencoder,), {"losses": names["Trainable"].losses})
    model = kind([5, 3], likelihood="gaussian", dtype=np.float64)
    for array in model.parameters.values():
        array[...] = 0
    x = np.vstack([np.tile(np.eye(5), (100, 1)), np.full((1, 5), 10.0)])
    return {"losses": np.array([model.losses(data)["reconstruction"] for data in (x, x[::-1])])}


def order_is_no_matter(results: Results) -> list[str]:
    """½ Σ x² is ½ for each of the 500 and 250 for the last."""
    forwards, backwards = results["losses"]
    right = (500 * 0.5 + 250) / 501
    return [
        *off("The mean loss of 501 examples, of which the last is an odd one,", forwards, right, 1e-9),
        *off("The mean loss of the same examples in reverse order", backwards, right, 1e-9),
    ]


ORDER_MATTERS = Bug(
    Task(
        name="order-matters",
        title="The losses of a whole data set, batch by batch",
        section=SECTION,
        points=2,
        goal="The validation loss changes when the data are put into another order, and a single odd example in 501 "
        "counts as much as 500 others if it is the last one. On 10,000 images all is well.",
        hints=(
            "Why 501? Look at how the rows are put into batches.",
            "What is averaged over a batch, and what over the batches?",
            "A smaller batch has to count for less: give each its number of rows, and divide by all rows.",
        ),
        parts=(
            Part(
                "training.trainable",
                keep=["Trainable"],
                methods=["losses"],
                mistakes=[
                    (
                        "sums[term] = sums.get(term, 0.0) + value * len(batch)",
                        "sums[term] = sums.get(term, 0.0) + value",
                    ),
                    (
                        "return {term: total / len(x) for term, total in sums.items()}",
                        "return {term: total / len(list(batches(x))) for term, total in sums.items()}",
                    ),
                ],
            ),
        ),
        trials=(MeasuredTrial("The mean loss of 501 examples", losses_in_two_orders, order_is_no_matter),),
        lesson="A mean of the batches' means gives the last batch's few examples too much weight. Reported in "
        "dnouri/nolearn issue 247 and catalyst-team/catalyst issue 799, for the numbers that models are chosen by. "
        "It shows only if the batch size does not divide the data and the last batch is unlike the others; no "
        "gradient is touched. A property tells without any reference: order must not matter.",
    ),
    mistake="mean of batch means, though the last batch is smaller",
    made_in="dnouri/nolearn issue 247; catalyst-team/catalyst issue 799",
    gradient_check=False,
    seen_by="the same data in another order",
)
