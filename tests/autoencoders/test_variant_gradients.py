"""Every variant's gradient, of every parameter and of x, is that of its whole objective, by central differences."""

import numpy as np
import pytest
from variants import MODELS as REGISTERED
from variants import assert_same_arrays, copies, examples, flat

import scratch_ae as ae
from scratch_ae.autoencoders.denoising import NOISES, GaussianNoise, Masking
from scratch_ae.autoencoders.sparse import L1, SparsityKL, TopK
from scratch_ae.gradient_check import gradcheck
from scratch_ae.nn.activations import ACTIVATIONS
from scratch_ae.nn.losses import LIKELIHOODS
from scratch_ae.nn.schedules import Linear

TOLERANCE = 1e-7
SPARSITIES = {
    "kl": dict(sparsity="kl", rho=0.2, weight=2.0),
    "l1": dict(sparsity="l1", weight=0.5),
    "top-k": dict(sparsity="top-k", k=2),
}
MODELS = {}


def variant(name, kind, sizes=(6, 5, 4), **arguments):
    MODELS[name] = lambda: kind(list(sizes), **{"activation": "tanh", "dtype": np.float64, "seed": 1, **arguments})


for name in ACTIVATIONS:
    variant(f"tied {name}", ae.TiedAutoencoder, activation=name)
    for weight in (0, 0.5):
        variant(f"contractive {name} {weight}", ae.ContractiveAutoencoder, (6, 4), activation=name, weight=weight)
for sparsity, settings in SPARSITIES.items():
    variant(f"sparse {sparsity}", ae.SparseAutoencoder, **settings)
    for noise in NOISES:
        own = NOISES[noise](0.3)
        variant(f"sparse {sparsity} denoising {noise}", ae.SparseAutoencoder, **settings, corruption=own)
for noise in NOISES:
    variant(f"denoising {noise}", ae.DenoisingAutoencoder, noise=noise, level=0.3)
for likelihood in LIKELIHOODS:
    variant(f"vae {likelihood}", ae.VAE, likelihood=likelihood)
    variant(f"conditional {likelihood}", ae.ConditionalVAE, classes=3, likelihood=likelihood)
for beta in (0, 0.5, 4):
    variant(f"vae beta {beta}", ae.VAE, beta=beta)
variant("vae schedule", ae.VAE, beta=Linear(0.1, 1, 24))
variant("deep conditional", ae.ConditionalVAE, (6, 5, 4, 2), classes=3, beta=0.5)
variant("stacked", ae.StackedAutoencoder, activation="sigmoid")
variant("tied of three layers", ae.TiedAutoencoder, (6, 5, 5, 3))
variant("tied learned-gaussian", ae.TiedAutoencoder, likelihood="learned-gaussian")
variant("tied denoising", ae.TiedAutoencoder, corruption=GaussianNoise(0.3))
variant("tied top-k", ae.TiedAutoencoder, code=TopK(2))
variant("tied kl", ae.TiedAutoencoder, code_activation="sigmoid", penalties=[SparsityKL(0.2, 2.0)])
variant("tied l1 denoising", ae.TiedAutoencoder, penalties=[L1(0.5)], corruption=Masking(0.3))
variant("contractive denoising", ae.ContractiveAutoencoder, (6, 4), corruption=GaussianNoise(0.3))
variant("contractive l1", ae.ContractiveAutoencoder, (6, 4), weight=0.5, penalties=[L1(0.5)])
variant("sparse gaussian likelihood", ae.SparseAutoencoder, likelihood="gaussian", rho=0.2, weight=2.0)


def batch(model, n, seed=0):
    """n examples, with labels where the model asks for them."""
    rng = np.random.default_rng(seed)
    x = rng.random((n, 6))
    return (x, rng.integers(model.classes, size=n)) if isinstance(model, ae.ConditionalVAE) else (x,)


def assert_gradients_agree(model):
    report = ae.gradcheck(model, *batch(model, 5))
    assert {row.name for row in report.rows} == {*model.parameters, "input x"}
    assert report.ok, report
    assert report.max_error <= TOLERANCE, report
    kinks = sum(row.kinks for row in report.rows)
    assert kinks == 0, report
    assert sum(row.checked for row in report.rows) == flat(model.parameters).size + 5 * 6


@pytest.mark.parametrize("name", MODELS)
def test_at_the_start_the_gradient_is_that_of_the_objective(name):
    assert_gradients_agree(MODELS[name]())


@pytest.mark.parametrize("name", MODELS)
def test_after_training_the_gradient_is_that_of_the_objective(name):
    model = MODELS[name]()
    model.fit(*batch(model, 40, seed=1), epochs=3, batch_size=10, optimizer=ae.Adam(0.01), progress=False)
    assert_gradients_agree(model)


@pytest.mark.parametrize("epochs", [0, 3])
def test_after_pretraining_and_tuning_of_a_stack_the_gradient_is_that_of_the_objective(epochs):
    model = MODELS["stacked"]()
    model.pretrain(*batch(model, 40, seed=1), epochs=3, batch_size=10, progress=False)
    if epochs:
        model.fit(*batch(model, 40, seed=1), epochs=epochs, batch_size=10, progress=False)
    assert_gradients_agree(model)


@pytest.mark.parametrize("name", MODELS)
def test_asking_for_the_gradient_of_the_input_leaves_those_of_the_parameters_as_they_were(name):
    model = MODELS[name]()
    model.loss_and_gradients(*batch(model, 5))
    before = copies(model.gradients)
    assert model.backward().shape == (5, 6)
    assert_same_arrays(model.gradients, before)


@pytest.mark.parametrize("name", REGISTERED)
def test_the_gradient_of_data_of_zeros_and_ones_is_checked_though_a_step_leads_out_of_0_and_1(name):
    """Most pixels of MNIST are exactly 0, and many exactly 1."""
    model = REGISTERED[name]()
    x, *labels = examples(model, 5)
    for check in (ae.gradcheck, gradcheck):
        report = check(model, np.round(x), *labels)
        assert report.ok, report


@pytest.mark.parametrize("name", REGISTERED)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_without_the_inputs_gradient_backward_gives_none_and_the_same_gradients_of_the_parameters(name, dtype):
    model = REGISTERED[name](dtype=dtype)
    data = examples(model, 5)
    model.loss_and_gradients(*data, rng=0)
    trained_with = copies(model.gradients)
    dx = model.backward()
    assert (dx.shape, dx.dtype) == (data[0].shape, dtype)
    with_input = copies(model.gradients)
    for array in model.gradients.values():
        array[...] = np.nan
    assert model.backward(to_input=False) is None
    assert_same_arrays(model.gradients, with_input)
    assert_same_arrays(model.gradients, trained_with)


def test_both_gradient_checks_take_a_loss_whose_beta_rises_from_step_to_step():
    """A check that counted its evaluations as steps would see another loss at each of them."""
    model = ae.VAE([6, 5, 2], beta=Linear(0, 1, 100), dtype=np.float64)
    model.fit(*examples(model), epochs=2, batch_size=10, progress=False)
    steps = model.steps
    for check in (ae.gradcheck, gradcheck):
        report = check(model, *examples(model, 5))
        assert report.ok, report
    assert model.steps == steps > 0
