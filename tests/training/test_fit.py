"""The training loop, on a model that only writes down what it is asked, and on real ones for the bits."""

import itertools
import math
import re

import numpy as np
import pytest
from variants import flat

from scratch_ae import SGD, VAE, Autoencoder
from scratch_ae.nn.schedules import Linear
from scratch_ae.training import fit, recipe


class Recorder:
    """A Trainable whose terms are the batch's mean and its largest value, and whose gradient is always 1."""

    def __init__(self):
        self.parameters, self.gradients = {"w": np.zeros(2)}, {"w": np.ones(2)}
        self.terms = {}
        self.batches = []

    def loss_and_gradients(self, *batch, rng):
        self.batches.append([array.copy() for array in batch])
        self.terms = {"mean": float(np.mean(batch[0])), "max": float(np.max(batch[0]))}
        return self.loss_of(self.terms)

    def losses(self, *data, rng=None):
        return {"mean": float(np.mean(data[0])), "max": float(self.parameters["w"][0])}

    def loss_of(self, terms):
        return terms["mean"] + 10 * terms["max"]


def run(*data, model=None, **arguments):
    """Trains a Recorder (or `model`) and returns it and its history."""
    model = model or Recorder()
    defaults = {
        "optimizer": SGD(0.5),
        "epochs": 3,
        "batch_size": 4,
        "rng": np.random.default_rng(0),
        "progress": False,
    }
    history = fit(model, data, **{**defaults, **arguments})
    return model, history


def numbered(n):
    """(n, 1): each example is its own number."""
    return np.arange(n, dtype=float)[:, np.newaxis]


def epochs_of(model, epochs):
    """The examples that a Recorder has seen, first array only, epoch by epoch."""
    steps = len(model.batches) // epochs
    return [np.concatenate([batch[0] for batch in model.batches[i * steps :][:steps]]) for i in range(epochs)]


SIZES = [(12, 4), (10, 4), (9, 4), (3, 4), (4, 4), (5, 1)]


# Batches.


@pytest.mark.parametrize(("n", "batch_size"), SIZES)
def test_every_example_is_visited_exactly_once_an_epoch(n, batch_size):
    model, _ = run(numbered(n), batch_size=batch_size)
    for seen in epochs_of(model, 3):
        np.testing.assert_array_equal(np.sort(seen, axis=0), numbered(n))


@pytest.mark.parametrize(("n", "batch_size"), SIZES)
def test_every_batch_is_full_but_the_last_which_holds_the_rest(n, batch_size):
    model, _ = run(numbered(n), batch_size=batch_size, epochs=1)
    full, rest = divmod(n, batch_size)
    assert [len(batch) for (batch,) in model.batches] == [batch_size] * full + [rest] * (rest > 0)


def test_the_order_is_shuffled_and_another_in_every_epoch():
    first, second, third = (seen.ravel().tolist() for seen in epochs_of(run(numbered(50))[0], 3))
    in_order = list(range(50))
    assert in_order != first != second != third
    assert first != third


def test_rows_of_several_arrays_stay_together():
    images, labels = np.random.default_rng(0).random((10, 3)), np.arange(10)
    model, _ = run(images, labels)
    for image, label in model.batches:
        np.testing.assert_array_equal(image, images[label])
        assert label.dtype == labels.dtype


def test_the_data_are_never_changed():
    x = numbered(10)
    x.flags.writeable = False
    run(x)
    np.testing.assert_array_equal(x, numbered(10))


def test_there_is_one_optimizer_step_a_batch_against_the_models_gradients():
    model, _ = run(numbered(10), epochs=3, batch_size=4)
    np.testing.assert_array_equal(model.parameters["w"], -0.5 * 9)


# The history.


def test_the_history_has_these_columns_in_this_order():
    _, history = run(numbered(10), validation=[numbered(4)])
    assert list(history) == [
        "epoch", "loss", "mean", "max", "validation_loss", "validation_mean", "validation_max",
        "learning_rate", "seconds", "images_per_second",
    ]  # fmt: skip
    assert history["epoch"] == [1, 2, 3]


def test_without_validation_there_are_no_validation_columns():
    assert not [name for name in run(numbered(10))[1] if "validation" in name]


@pytest.mark.parametrize(("n", "batch_size"), SIZES)
def test_the_history_holds_means_over_examples_however_small_the_last_batch(n, batch_size):
    model, history = run(numbered(n), batch_size=batch_size)
    steps = len(model.batches) // 3
    for epoch in range(3):
        batches = [batch for (batch,) in model.batches[epoch * steps :][:steps]]
        mean, maximum = (n - 1) / 2, sum(batch.max() * len(batch) for batch in batches) / n
        assert history["mean"][epoch] == pytest.approx(mean, rel=1e-14)
        assert history["max"][epoch] == pytest.approx(maximum, rel=1e-14)
        assert history["loss"][epoch] == pytest.approx(mean + 10 * maximum, rel=1e-14)


def test_the_history_holds_the_loss_that_was_trained_on_though_its_weights_changed_within_the_epoch():
    """A VAE whose β rises from 0 to 1 in the epoch: β of the last step would give more for all of them."""
    x = np.random.default_rng(0).random((40, 12))
    steps = []

    class Watched(VAE):
        def loss_and_gradients(self, x, *given, rng=None):
            steps.append(super().loss_and_gradients(x, *given, rng=rng))
            return steps[-1]

    model = Watched([12, 8, 2], beta=Linear(0, 1, steps=5), dtype=np.float64)
    history = model.fit(x, epochs=1, batch_size=8, progress=False)
    assert history["loss"] == [pytest.approx(np.mean(steps), rel=1e-12)]
    assert history["loss"][0] < history["reconstruction"][0] + model.kl.weight * history["kl"][0]


def test_arrays_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match=r"\[10, 9\] rows were given"):
        run(numbered(10), np.arange(9))


def test_validation_is_measured_on_its_own_data_after_each_epoch():
    _, history = run(numbered(10), validation=[np.full((4, 1), 7.0)], epochs=2)
    assert history["validation_mean"] == [7, 7]
    assert history["validation_max"] == [-0.5 * 3, -0.5 * 6]  # a Recorder's parameter, after 3 steps and after 6
    assert history["validation_loss"] == [7 - 15, 7 - 30]


def test_learning_rate_is_that_of_the_epochs_last_step():
    _, history = run(numbered(10), optimizer=SGD(lambda step: 1 / (1 + step)), epochs=2)
    assert history["learning_rate"] == [1 / 3, 1 / 6]


def test_images_per_second_are_the_examples_over_the_seconds():
    _, history = run(numbered(10))
    for seconds, rate in zip(history["seconds"], history["images_per_second"], strict=True):
        assert seconds > 0
        assert rate == pytest.approx(10 / seconds)


def test_each_epoch_is_called_with_its_index_once_the_epoch_is_over():
    model, calls = Recorder(), []
    run(numbered(10), model=model, each_epoch=lambda epoch: calls.append((epoch, len(model.batches))))
    assert calls == [(0, 3), (1, 6), (2, 9)]


@pytest.mark.parametrize(("progress", "lines"), [(True, 3), (False, 0)])
def test_progress_is_a_line_an_epoch_or_nothing(progress, lines, capsys):
    run(numbered(10), progress=progress)
    assert len(capsys.readouterr().out.splitlines()) == lines


# Bits.

MODELS = {
    "Autoencoder": lambda: Autoencoder([6, 5, 3], seed=1),
    "VAE": lambda: VAE([6, 5, 2], seed=1),
}


def trained(make, seed=0, **arguments):
    model = make()
    x = np.random.default_rng(seed).random((43, 6)).astype(np.float32)
    model.fit(x, **{"epochs": 3, "batch_size": 10, "progress": False, **arguments})
    return flat(model.parameters).tobytes()


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_the_same_seed_trains_to_the_same_bits_with_a_small_last_batch_too(make):
    assert trained(make) == trained(make)


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_another_generator_trains_to_other_bits(make):
    one, same, other = (trained(make, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one == same != other


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_validation_changes_no_bit_of_the_training(make):
    validation = np.random.default_rng(9).random((17, 6))
    assert trained(make, validation=validation) == trained(make)


# Failure.


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_stops_training_before_the_step_is_taken(value):
    class Failing(Recorder):
        def loss_and_gradients(self, *batch, rng):
            loss = super().loss_and_gradients(*batch, rng=rng)
            return value if len(self.batches) == 5 else loss

    model = Failing()
    with pytest.raises(FloatingPointError, match=rf"^The loss became {value} in epoch 2\b") as error:
        run(numbered(10), model=model)
    assert str(error.value).endswith(".")
    assert not re.search(r"\n|\. ", str(error.value))
    assert len(model.batches) == 5
    np.testing.assert_array_equal(model.parameters["w"], -0.5 * 4)


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_a_learning_rate_far_too_large_ends_in_that_error_and_not_in_warnings(make):
    with pytest.raises(FloatingPointError, match=r"learning rate"):
        trained(make, optimizer=SGD(1e30))


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_a_validation_loss_that_is_not_finite_ends_in_that_error_too(make):
    with pytest.raises(FloatingPointError, match=r"^The loss became (nan|inf) in epoch 1 "):
        trained(make, optimizer=SGD(1e30), validation=np.full((4, 6), 0.5), batch_size=43)


@pytest.mark.parametrize("name", ["epochs", "batch_size"])
@pytest.mark.parametrize("value", [0, -1, 2.5, True, "3", None])
def test_a_bad_number_is_refused_by_name_before_any_step(name, value):
    model = Recorder()
    with pytest.raises((ValueError, TypeError), match=rf"^{name}="):
        run(numbered(10), model=model, **{name: value})
    assert model.batches == []


# The recipe.


@pytest.mark.parametrize(
    ("examples", "epochs", "batch_size"), [(10, 3, 4), (12, 3, 4), (3, 5, 100), (60_000, 10, 128)]
)
def test_the_recipes_rate_falls_from_the_first_step_to_the_last_and_is_0_after_it(examples, epochs, batch_size):
    rate = recipe(examples, epochs, batch_size).schedule
    steps = epochs * math.ceil(examples / batch_size)
    rates = [rate(step) for step in range(steps + 1)]
    assert rates[0] == 3e-3
    assert all(later < earlier for earlier, later in itertools.pairwise(rates))
    assert rates[-2] > 0
    assert rates[-1] == pytest.approx(0, abs=1e-18)


def test_without_an_optimizer_a_model_trains_by_the_recipe_to_a_rate_near_0():
    history = Autoencoder([6, 3]).fit(np.full((50, 6), 0.5), epochs=10, batch_size=5, progress=False)
    expected = recipe(50, 10, 5)
    expected.steps = 99
    assert history["learning_rate"][-1] == expected.learning_rate < 1e-3 * 3e-3


def test_the_recipe_takes_another_rate_to_start_from():
    assert recipe(10, 1, 5, learning_rate=0.1).learning_rate == 0.1


@pytest.mark.parametrize(
    ("arguments", "name"),
    [((10, 0, 4), "epochs"), ((10, 3, 0), "batch_size"), ((10, 3, 4, 0), "learning_rate"),
     ((10, 3, 4, math.nan), "learning_rate")],
)  # fmt: skip
def test_a_bad_argument_of_the_recipe_is_refused_by_name(arguments, name):
    with pytest.raises(ValueError, match=rf"^{name}="):
        recipe(*arguments)


def test_a_loss_that_is_not_finite_before_any_step_is_not_blamed_on_the_rate():
    model = Recorder()
    model.loss_of = lambda terms: math.inf
    with pytest.raises(FloatingPointError, match="before the first step: the data may be too large"):
        run(numbered(4), model=model)
