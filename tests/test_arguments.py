"""What every method of every model takes: a generator or a seed as `rng`, and labels where they have a meaning."""

import re

import numpy as np
import pytest
from variants import MODELS, assert_same_arrays, copies, examples, flat, takes_labels

import scratch_ae as ae

DRAWING = {
    "loss_and_gradients": lambda model, data, **rng: model.loss_and_gradients(*data, **rng),
    "losses": lambda model, data, **rng: [*model.losses(*data, **rng).values()],
    "loss": lambda model, data, **rng: model.loss(*data, **rng),
    "elbo": lambda model, data, **rng: model.elbo(*data, **rng),
    "log_likelihood": lambda model, data, **rng: model.log_likelihood(
        data[0], 2, **({"labels": data[1]} if data[1:] else {}), **rng
    ),
    "sample": lambda model, data, **rng: model.sample(data[1] if data[1:] else 5, **rng),
    "fit": lambda model, data, **rng: model.fit(*data, epochs=1, batch_size=4, progress=False, **rng)["loss"],
}
CASES = [
    pytest.param(name, call, id=f"{name}, {method}")
    for name, made in MODELS.items()
    for method, call in DRAWING.items()
    if hasattr(made(), method)
]
PLAIN = [name for name, made in MODELS.items() if not takes_labels(made())]
TOLD = [name for name, made in MODELS.items() if takes_labels(made())]


def one_sentence(message):
    return message.endswith(".") and not re.search(r"\n|\. ", message)


def answer(name, call, **rng):
    """Of a new model, in bits: what the call returned, and the parameters and gradients that it left."""
    model = MODELS[name]()
    result = np.asarray(call(model, examples(model, 10), **rng))
    return result.tobytes(), flat(model.parameters).tobytes(), flat(model.gradients).tobytes()


@pytest.mark.parametrize(("name", "call"), CASES)
def test_a_seed_is_the_generator_that_it_starts(name, call):
    of_seed, of_generator = (answer(name, call, rng=rng) for rng in (7, np.random.default_rng(7)))
    assert of_seed == of_generator == answer(name, call, rng=np.int64(7))


@pytest.mark.parametrize(("name", "call"), CASES)
def test_a_generator_is_drawn_from_and_a_seed_leaves_the_models_own_alone(name, call):
    model, generator = MODELS[name](), np.random.default_rng(0)
    before, own = generator.bit_generator.state, model.rng.bit_generator.state
    call(model, examples(model, 10), rng=7)
    assert model.rng.bit_generator.state == own
    drew = answer(name, call, rng=0) != answer(name, call, rng=1)
    call(model, examples(model, 10), rng=generator)
    assert (generator.bit_generator.state != before) or not drew


@pytest.mark.parametrize(("name", "call"), CASES)
def test_what_is_neither_a_generator_nor_a_seed_is_refused_by_name_in_one_sentence(name, call):
    model = MODELS[name]()
    before = copies(model.parameters)
    for wrong in ("7", 0.5, -1, True, [1], np.random.RandomState(0), np.random.default_rng, {"seed": 1}):
        with pytest.raises((TypeError, ValueError), match=r"^rng=") as error:
            call(model, examples(model, 10), rng=wrong)
        assert one_sentence(str(error.value))
    assert_same_arrays(model.parameters, before)


# Labels.

TAKING_DATA = {
    "encode": lambda model, x, *labels: model.encode(x, *labels),
    "decode": lambda model, x, *labels: model.decode(np.full((len(x), model.sizes[-1]), 0.5), *labels),
    "reconstruct": lambda model, x, *labels: model.reconstruct(x, *labels),
    "losses": lambda model, x, *labels: model.losses(x, *labels),
    "loss": lambda model, x, *labels: model.loss(x, *labels),
    "loss_and_gradients": lambda model, x, *labels: model.loss_and_gradients(x, *labels),
    "fit": lambda model, x, *labels: model.fit(x, *labels, epochs=1, progress=False),
    "validation": lambda model, x, *labels: model.fit(
        *examples(model), validation=(x, *labels), epochs=1, progress=False
    ),
    "encode_distribution": lambda model, x, *labels: model.encode_distribution(x, *labels),
    "kl_per_dimension": lambda model, x, *labels: model.kl_per_dimension(x, *labels),
    "elbo": lambda model, x, *labels: model.elbo(x, *labels),
    "log_likelihood": lambda model, x, *labels: model.log_likelihood(x, 2, labels=labels[0] if labels else None),
}


def cases(names):
    return [
        pytest.param(name, call, id=f"{name}, {method}")
        for name in names
        for method, call in TAKING_DATA.items()
        if hasattr(MODELS[name](), "fit" if method == "validation" else method)
    ]


def data(n=6):
    return np.random.default_rng(0).random((n, 6)).astype(np.float32)


@pytest.mark.parametrize(("name", "call"), cases(PLAIN))
def test_labels_are_refused_by_a_model_that_has_no_use_for_them(name, call):
    model = MODELS[name]()
    before = copies(model.parameters)
    sentence = r"^labels were given, but this model learns from x alone: leave them out\.$"
    with pytest.raises(TypeError, match=sentence):
        call(model, data(), np.zeros(6, int))
    assert_same_arrays(model.parameters, before)


@pytest.mark.parametrize(("name", "call"), cases(TOLD))
def test_labels_that_are_missing_are_asked_for(name, call):
    model = MODELS[name]()
    before = copies(model.parameters)
    sentence = r"^labels are missing: give an integer in 0 … 2 for each example\.$"
    with pytest.raises(TypeError, match=sentence):
        call(model, data())
    assert_same_arrays(model.parameters, before)


@pytest.mark.parametrize("wrong", [[0, 1], [0] * 7, [0, 1, 2, 3, 0, 1], [-1] * 6, [0.0] * 6, "labels"])
@pytest.mark.parametrize(("name", "call"), cases(TOLD))
def test_labels_that_do_not_fit_are_refused_by_name_in_one_sentence(name, call, wrong):
    with pytest.raises(ValueError, match=r"^labels ") as error:
        call(MODELS[name](), data(), wrong)
    assert one_sentence(str(error.value))


def test_a_name_given_to_the_labels_is_the_same_everywhere():
    """A student who has learned `labels=` for one method can write it for all of them."""
    model = ae.ConditionalVAE([6, 5, 2], classes=3)
    labels = np.zeros(6, int)
    for method in ("encode", "reconstruct", "losses", "loss", "loss_and_gradients", "elbo", "kl_per_dimension"):
        getattr(model, method)(data(), labels=labels)
    model.decode(data()[:, :2], labels=labels)
    model.log_likelihood(data(), 2, labels=labels)
    model.sample(labels=labels)
    model.fit(data(), labels=labels, epochs=1, progress=False)
