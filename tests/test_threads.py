"""One model, asked by two threads at once, as a web page or a notebook does: each gets what it would get alone.

No forward may read back what it keeps for backward, for another thread may have kept its own there meanwhile.
"""

import sys
import threading

import numpy as np
import pytest
from variants import MODELS, examples, takes_labels

import scratch_ae as ae
from scratch_ae.autoencoders.denoising import Masking
from scratch_ae.autoencoders.sparse import SparsityKL, TopK
from scratch_ae.autoencoders.variational import GaussianKL, Reparameterization
from scratch_ae.nn.activations import Activation
from scratch_ae.nn.dense import Dense
from scratch_ae.nn.losses import Bernoulli, SoftmaxCrossEntropy

PACKAGE = ae.__file__.removesuffix("__init__.py")
every_model = pytest.mark.parametrize("name", MODELS)


def questions(model, n, seed):
    """Everything that can be asked of the model without training it, as calls, by name."""
    x, *labels = examples(model, n, seed)
    h = np.random.default_rng(seed).random((n, model.sizes[-1])).astype(model.dtype)
    drawn_for = labels[0] if labels else n
    named = {"labels": labels[0]} if labels else {}
    calls = {
        "encode": lambda: model.encode(x, *labels),
        "decode": lambda: model.decode(h, *labels),
        "reconstruct": lambda: model.reconstruct(x, *labels),
        "loss": lambda: model.loss(x, *labels),
        "losses": lambda: [*model.losses(x, *labels, rng=seed).values()],
        "encode_distribution": lambda: np.hstack(model.encode_distribution(x, *labels)),
        "kl_per_dimension": lambda: model.kl_per_dimension(x, *labels),
        "elbo": lambda: model.elbo(x, *labels, rng=seed),
        "log_likelihood": lambda: model.log_likelihood(x, 3, rng=seed, **named),
        "sample": lambda: model.sample(drawn_for, rng=seed),
        "probabilities": lambda: model.probabilities(x),
        "predict": lambda: model.predict(x),
        "accuracy": lambda: model.accuracy(x, *labels),
    }
    return {name: call for name, call in calls.items() if hasattr(model, name)}


def answers(calls):
    """In bits, so that not even the last one may differ."""
    return {name: np.asarray(call()).tobytes() for name, call in calls.items()}


def trained(name):
    model = MODELS[name]()
    model.fit(*examples(model), epochs=2, batch_size=10, progress=False)
    return model


@pytest.fixture
def quick_switches():
    """Threads take turns every 10 µs, and not every 5 ms, in which a whole question is answered."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@every_model
@pytest.mark.usefixtures("quick_switches")
def test_two_threads_get_bit_for_bit_what_one_gets(name):
    """The two ask about different examples, equally many, so that a mix-up would be no error but another answer."""
    model = trained(name)
    asked = [questions(model, 60, seed) for seed in (1, 2)]
    alone = [answers(calls) for calls in asked]
    found, start = [[], []], threading.Barrier(2)

    def ask(which):
        start.wait()
        found[which] += [answers(asked[which]) for _ in range(15)]

    threads = [threading.Thread(target=ask, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for which in (0, 1):
        assert [*map(differing, found[which], [alone[which]] * 15)] == [[]] * 15


def differing(found, expected):
    """The names of the questions that were answered otherwise."""
    return [name for name in expected if found[name] != expected[name]]


def interrupted(call, interruption):
    """What `call()` returns if before each line that it runs, here or in the package, `interruption()` is run."""
    interrupting = False

    def trace(frame, event, argument):
        nonlocal interrupting
        if not frame.f_code.co_filename.startswith((PACKAGE, __file__)):
            return None
        if event == "line" and not interrupting:
            interrupting = True
            sys.settrace(None)
            interruption()
            sys.settrace(trace)
            interrupting = False
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return call()
    finally:
        sys.settrace(before)


def disturbed(model):
    """The questions that are answered otherwise if other questions interrupt them."""
    asked, other = questions(model, 4, 1), questions(model, 4, 2)
    alone, found = answers(asked), []
    for question in {"losses", "sample", "probabilities"} & {*other}:
        answered = {name: interrupted(call, other[question]) for name, call in asked.items()}
        found += differing({name: np.asarray(answer).tobytes() for name, answer in answered.items()}, alone)
    return found


@every_model
def test_a_question_that_is_interrupted_at_every_line_by_another_is_answered_as_if_alone(name):
    """The worst that two threads can do to each other, and the same at every run. CPython seldom lets a thread take
    over between two lines: the test above finds memory that both write to, but hardly what is read back."""
    assert disturbed(trained(name)) == []


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("plain", Dense),
        ("plain", Activation),
        ("plain", Bernoulli),
        ("classifier", SoftmaxCrossEntropy),
        ("denoising, masking", Masking),
        ("sparse, kl", SparsityKL),
        ("sparse, top-k", TopK),
        ("vae", Reparameterization),
        ("vae", GaussianKL),
    ],
)
def test_a_forward_that_reads_back_what_it_keeps_would_be_found(name, stage, monkeypatch):
    model, forward = trained(name), stage.forward

    def reading_back(self, *arguments):
        self.result = forward(self, *arguments)
        return self.result

    monkeypatch.setattr(stage, "forward", reading_back)
    assert disturbed(model)


@pytest.mark.parametrize("name", [name for name in MODELS if takes_labels(MODELS[name]())])
def test_labels_of_one_thread_are_not_those_of_the_other(name):
    model = trained(name)
    x, _ = examples(model, 4)
    zeros, ones = np.zeros(4, int), np.ones(4, int)
    assert interrupted(lambda: model.loss(x, zeros), lambda: model.loss(x, ones)) == model.loss(x, zeros)
