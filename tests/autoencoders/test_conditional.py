"""The conditional VAE: a label has its part in encoding and decoding, stays with its image, and can be asked for.

Beside it what it has from the VAE: the KL of each dimension, and a β that changes from step to step.
"""

import re

import numpy as np
import pytest
from variants import assert_same_arrays, flat

import scratch_ae as ae
from scratch_ae import arrays
from scratch_ae.nn.schedules import Linear

CLASSES = 3


def data(n=9, features=6, seed=0):
    return np.random.default_rng(seed).random((n, features))


def labels(n=9):
    return np.arange(n) % CLASSES


def cvae(sizes=(6, 5, 2), **arguments):
    settings = {"activation": "tanh", "dtype": np.float64, "classes": CLASSES}
    return ae.ConditionalVAE(list(sizes), **{**settings, **arguments})


def vae(sizes=(6, 5, 2), **arguments):
    return ae.VAE(list(sizes), **{"activation": "tanh", "dtype": np.float64, **arguments})


def vae_of(label, model):
    """The plain VAE that a conditional one is for one label: [x, c] W + b is x W' + (b + the label's row of W)."""
    plain = vae(likelihood=model.likelihood, beta=model.beta)
    for name, array in plain.parameters.items():
        array[...] = model.parameters[name][: len(array)]
    for part in ("encoder", "decoder"):
        x_rows = len(plain.parameters[f"{part}.0.W"])
        plain.parameters[f"{part}.0.b"][:] += model.parameters[f"{part}.0.W"][x_rows + label]
    return plain


def seeded(seed=0):
    return {"rng": np.random.default_rng(seed)}


# Whatever is asked of a model about x, with labels or, where it is a plain VAE, without.
QUESTIONS = {
    "encode": lambda model, x, *given: model.encode(x, *given),
    "decode": lambda model, x, *given: model.decode(4 * x[:, :2], *given),
    "reconstruct": lambda model, x, *given: model.reconstruct(x, *given),
    "encode_distribution": lambda model, x, *given: np.hstack(model.encode_distribution(x, *given)),
    "loss": lambda model, x, *given: model.loss(x, *given, **seeded()),
    "losses": lambda model, x, *given: [*model.losses(x, *given, **seeded()).values()],
    "elbo": lambda model, x, *given: model.elbo(x, *given, **seeded()),
    "kl_per_dimension": lambda model, x, *given: model.kl_per_dimension(x, *given),
    "log_likelihood": lambda model, x, *given: model.log_likelihood(
        x, 1, **seeded(), **({"labels": given[0]} if given else {})
    ),
    "loss_and_gradients": lambda model, x, *given: model.loss_and_gradients(x, *given, **seeded()),
}
OF_EVERY_ROW = ["encode", "decode", "reconstruct", "encode_distribution"]
TRAINING = {
    "fit": lambda model, x, *given: model.fit(x, *given, epochs=1, progress=False),
    "validation": lambda model, x, *given: model.fit(x, labels(), validation=(x, *given), epochs=1, progress=False),
}
CHECKED = {name: call for name, call in (QUESTIONS | TRAINING).items() if name != "loss_and_gradients"}


# What a label does.


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "learned-gaussian"])
@pytest.mark.parametrize("label", range(CLASSES))
@pytest.mark.parametrize("name", QUESTIONS)
def test_with_one_label_every_answer_is_that_of_the_vae_whose_first_biases_it_moves(name, label, likelihood):
    model, x = cvae(likelihood=likelihood), data()
    expected = QUESTIONS[name](vae_of(label, model), x)
    np.testing.assert_allclose(QUESTIONS[name](model, x, np.full(len(x), label)), expected, rtol=1e-12)


@pytest.mark.parametrize("name", OF_EVERY_ROW)
@pytest.mark.parametrize("n", [9, 501, 1200])
def test_every_row_is_answered_with_its_own_label(n, name):
    model, x, y = cvae(), data(n), labels(n)
    together = QUESTIONS[name](model, x, y)
    for label in range(CLASSES):
        alone = QUESTIONS[name](model, x[y == label], y[y == label])
        np.testing.assert_allclose(together[y == label], alone, rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in QUESTIONS if name not in OF_EVERY_ROW])
def test_batches_keep_labels_and_examples_together(name, monkeypatch):
    model, x, y = cvae(), data(20), labels(20)
    at_once = QUESTIONS[name](model, x, y)
    monkeypatch.setattr(arrays, "EVALUATION_BATCH", 7)
    np.testing.assert_allclose(QUESTIONS[name](model, x, y), at_once, rtol=1e-9)


@pytest.mark.parametrize("name", QUESTIONS)
def test_another_label_gives_another_answer(name):
    model, x = cvae(), data()
    answers = [QUESTIONS[name](model, x, np.full(len(x), label)) for label in range(CLASSES)]
    for i, j in [(0, 1), (1, 2), (0, 2)]:
        assert np.min(np.abs(np.subtract(answers[i], answers[j]))) > 0


@pytest.mark.parametrize("kind", [list, tuple, np.uint8, np.int32, np.int64])
def test_labels_may_be_a_list_or_an_array_of_any_integers(kind):
    model = cvae()
    given = kind(labels().tolist()) if kind in (list, tuple) else labels().astype(kind)
    np.testing.assert_array_equal(model.encode(data(), given), model.encode(data(), labels()))


@pytest.mark.parametrize("call", (QUESTIONS | TRAINING).values(), ids=QUESTIONS | TRAINING)
def test_labels_are_never_changed(call):
    y = labels()
    y.flags.writeable = False
    call(cvae(), data(), y)
    np.testing.assert_array_equal(y, labels())


# Samples.


@pytest.mark.parametrize("n", [1, 9, 501])
def test_samples_are_one_a_label_in_the_shape_and_range_of_data(n):
    samples = cvae().sample(labels(n))
    assert samples.shape == (n, 6)
    assert samples.min() >= 0
    assert samples.max() <= 1


def test_samples_are_decoded_from_the_prior_with_the_labels_asked_for(monkeypatch):
    model, y = cvae(), labels(20_000)
    asked = []
    decode = model.decode
    monkeypatch.setattr(model, "decode", lambda z, given: asked.append((z, given)) or decode(z, given))
    model.sample(y)
    [(z, given)] = asked
    np.testing.assert_array_equal(given, y)
    assert np.abs(z.mean(axis=0)).max() < 4.5 / np.sqrt(len(y))
    assert np.abs(np.cov(z.T) - np.eye(2)).max() < 4.5 * np.sqrt(2 / len(y))


def test_the_same_generator_gives_the_same_samples_and_another_others():
    model = cvae()
    first, again, other = (model.sample(labels(), rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_every_call_gives_other_samples():
    model = cvae()
    assert (model.sample(labels()) != model.sample(labels())).all()


def test_another_label_gives_another_sample_from_the_same_z():
    model = cvae()
    zeros, ones = (model.sample(np.full(9, label), **seeded()) for label in (0, 1))
    assert (zeros != ones).all()


# Training.


@pytest.fixture(scope="module")
def trained():
    """A model trained on pictures that their label decides, but for a little noise, and those pictures."""
    rng = np.random.default_rng(0)
    pictures = np.clip(rng.integers(2, size=(4, 12)), 0.1, 0.9)
    y = rng.integers(4, size=800)
    x = np.clip(pictures[y] + 0.05 * rng.standard_normal((len(y), 12)), 0, 1)
    model = cvae([12, 16, 2], classes=4, dtype=np.float32)
    history = model.fit(x, y, epochs=25, batch_size=50, validation=(x[:100], y[:100]), progress=False)
    return model, pictures, history


def test_what_is_sampled_for_a_label_is_near_its_picture(trained):
    model, pictures, _ = trained
    for label, picture in enumerate(pictures):
        assert np.abs(model.sample(np.full(50, label), **seeded()) - picture).max() < 0.15


def test_validation_takes_labels_and_sees_the_same_loss_go_down(trained):
    history = trained[2]
    assert history["validation_loss"][-1] < history["validation_loss"][0] - 1
    assert history["validation_loss"][-1] == pytest.approx(history["loss"][-1], rel=0.03)


def test_a_trained_model_is_loaded_as_it_was_saved(trained, tmp_path):
    model = trained[0]
    model.save(tmp_path / "model.npz")
    loaded = ae.load(tmp_path / "model.npz")
    assert type(loaded) is ae.ConditionalVAE
    assert loaded.classes == 4
    np.testing.assert_array_equal(loaded.sample([3, 0, 1], **seeded()), model.sample([3, 0, 1], **seeded()))


# The door.

BAD_LABELS = {
    "too large": ([0, 1, 2, 0, 1, 2, 0, 1, 3], r"0 to 3, but must lie in 0 … 2"),
    "negative": ([0, 1, 2, 0, 1, 2, 0, 1, -1], r"-1 to 2, but must lie in 0 … 2"),
    "too few": ([0, 1, 2], r"shape \(3,\).* shape \(9,\)"),
    "too many": ([0] * 10, r"shape \(10,\).* shape \(9,\)"),
    "none": ([], r"shape \(0,\).* shape \(9,\)"),
    "one": (0, r"shape \(\).* shape \(9,\)"),
    "unit vectors": (np.eye(9, 3, dtype=int), r"shape \(9, 3\).* shape \(9,\)"),
    "floats": (np.zeros(9), r"dtype float64.* integer"),
    "truths": (np.zeros(9, bool), r"dtype bool.* integer"),
    "words": (["0"] * 9, r"dtype <U1.* integer"),
}


@pytest.mark.parametrize("call", CHECKED.values(), ids=CHECKED)
@pytest.mark.parametrize(("bad", "words"), BAD_LABELS.values(), ids=BAD_LABELS)
def test_labels_that_are_no_class_for_each_example_are_refused_by_name_in_a_sentence(bad, words, call):
    with pytest.raises(ValueError, match=rf"^labels\b.*{words}.*(?<!\.)\.$"):
        call(cvae(), data(), bad)


@pytest.mark.parametrize(
    "bad",
    [
        [0, 3],
        [-1],
        [0.5],
        [[0, 1]],
        4,
        [],
    ],
)
def test_labels_that_cannot_be_sampled_are_refused_by_name(bad):
    with pytest.raises(ValueError, match=r"^labels\b"):
        cvae().sample(bad)


@pytest.mark.parametrize("call", CHECKED.values(), ids=CHECKED)
def test_a_conditional_model_asks_for_the_labels_that_are_missing(call):
    with pytest.raises(TypeError, match=r"^labels are missing: give an integer in 0 … 2 for each example\.$"):
        call(cvae(), data())


@pytest.mark.parametrize("name", [name for name in CHECKED if name != "validation"])
def test_a_plain_vae_refuses_labels(name):
    with pytest.raises(TypeError, match=r"^labels were given, but this model learns from x alone: leave them out\.$"):
        CHECKED[name](vae(), data(), labels())


@pytest.mark.parametrize("classes", [1, 0, -3, 2.5, "10", None])
def test_a_number_of_classes_below_2_is_refused_in_a_sentence_with_the_range(classes):
    sentence = rf"^classes={re.escape(repr(classes))} must be a whole number of at least 2\.$"
    with pytest.raises((ValueError, TypeError), match=sentence):
        cvae(classes=classes)


# What every VAE has.

BOTH = pytest.mark.parametrize(("model", "given"), [(vae, ()), (cvae, (labels(),))], ids=["VAE", "ConditionalVAE"])


@BOTH
def test_the_kl_of_all_dimensions_sums_to_the_kl_term(model, given):
    model = model(sizes=[6, 5, 4])
    per_dimension = model.kl_per_dimension(data(), *given)
    assert per_dimension.shape == (4,)
    assert per_dimension.min() > 0
    assert per_dimension.sum() == pytest.approx(model.losses(data(), *given)["kl"], rel=1e-12)


@BOTH
def test_the_kl_of_a_dimension_that_is_the_prior_is_0_and_the_others_are_not(model, given):
    model = model(sizes=[6, 5, 4])
    for parameter in "Wb":
        model.parameters[f"encoder.1.{parameter}"][..., [1, 4 + 1]] = 0
    assert [*(model.kl_per_dimension(data(), *given) > 1e-9)] == [True, False, True, True]


@BOTH
def test_training_takes_beta_from_the_schedule_step_by_step(model, given):
    schedule = Linear(0.5, 2, 7)
    model = model(beta=schedule)
    # One batch an epoch, and from each epoch's loss the β with which it was trained.
    history = model.fit(data(), *given, epochs=10, batch_size=9, progress=False)
    terms = zip(history["loss"], history["reconstruction"], history["kl"], strict=True)
    betas = [(loss - reconstruction) / kl for loss, reconstruction, kl in terms]
    assert betas == pytest.approx([schedule(step) for step in range(10)], rel=1e-9)


@BOTH
def test_the_gradient_of_a_step_has_the_beta_of_that_step(model, given):
    scheduled = model(beta=Linear(0, 2, 4))
    for step in range(6):
        constant = model(beta=min(0.5 * step, 2))
        for one in (scheduled, constant):
            one.loss_and_gradients(data(), *given, **seeded(step))
        np.testing.assert_allclose(flat(scheduled.gradients), flat(constant.gradients), rtol=1e-12, atol=1e-15)


@BOTH
def test_looking_at_the_loss_is_no_step_of_the_schedule(model, given):
    looked, blind = (model(beta=Linear(0, 2, 4)) for _ in range(2))
    for step in range(4):
        looked.loss(data(), *given)
        looked.elbo(data(), *given)
        for one in (looked, blind):
            one.loss_and_gradients(data(), *given, **seeded(step))
        assert_same_arrays(looked.gradients, blind.gradients)
