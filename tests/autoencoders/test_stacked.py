"""The stack: each layer is trained alone on the codes below it, which stay as they are, and then put in its place."""

import numpy as np
import pytest
from variants import assert_same_arrays, copies, flat

import scratch_ae as ae

SIZES = [8, 6, 4, 3]
LAYERS = len(SIZES) - 1


def data(n=60, features=8, seed=0):
    """Two prototypes and noise, in [0, 1]: something that a small code can learn."""
    rng = np.random.default_rng(seed)
    prototypes = rng.random((3, features))
    return np.clip(prototypes[rng.integers(3, size=n)] + 0.1 * rng.standard_normal((n, features)), 0, 1)


def stack(sizes=SIZES, **arguments):
    return ae.StackedAutoencoder(sizes, **{"dtype": np.float64, **arguments})


def names(model):
    """Of the encoder's activations."""
    return [phi.name for phi in model.encoder.activations]


class Layers:
    """A `layer=` that keeps every one-layer autoencoder it makes, with the codes it was trained on, and the whole
    stack as it was when the layer was made and when it was trained."""

    def __init__(self, model, kind=ae.Autoencoder):
        self.model, self.kind = model, kind
        self.made, self.arguments, self.codes, self.before, self.after = [], [], [], [], []

    def __call__(self, sizes, **arguments):
        single = self.kind(sizes, **arguments)
        train = single.fit

        def fit(codes, **settings):
            self.codes.append(codes.copy())
            self.before.append(self.parameters())
            history = train(codes, **settings)
            self.after.append(self.parameters())
            return history

        single.fit = fit
        self.made.append(single)
        self.arguments.append(arguments)
        return single

    def parameters(self):
        return {name: array.copy() for name, array in self.model.parameters.items()}


def pretrained(kind=ae.Autoencoder, epochs=2, x=None, arguments=None, **settings):
    model = stack(**settings)
    layers = Layers(model, kind)
    model.pretrain(data() if x is None else x, epochs=epochs, layer=layers, progress=False, **(arguments or {}))
    return model, layers


def of_level(level):
    return {f"{part}.{i}.{p}" for part, i in (("encoder", level), ("decoder", LAYERS - 1 - level)) for p in "Wb"}


@pytest.mark.parametrize("level", range(LAYERS))
def test_while_a_layer_is_trained_the_whole_stack_is_frozen_bit_for_bit(level):
    _, layers = pretrained()
    for name, array in layers.before[level].items():
        np.testing.assert_array_equal(array, layers.after[level][name], err_msg=name)


@pytest.mark.parametrize("level", range(LAYERS))
def test_a_trained_layer_changes_its_own_place_in_encoder_and_decoder_and_no_other(level):
    model, layers = pretrained()
    stages = [*layers.before, dict(model.parameters)]
    changed = {n for n in model.parameters if not np.array_equal(stages[level][n], stages[level + 1][n])}
    assert changed == of_level(level)


@pytest.mark.parametrize("level", range(LAYERS))
def test_the_trained_parameters_end_in_the_encoder_at_their_level_and_in_the_decoder_counted_from_the_end(level):
    model, layers = pretrained()
    for part, i in (("encoder", level), ("decoder", LAYERS - 1 - level)):
        for p in "Wb":
            trained = layers.made[level].parameters[f"{part}.0.{p}"]
            assert np.abs(trained).max() > 0
            np.testing.assert_array_equal(model.parameters[f"{part}.{i}.{p}"], trained)


@pytest.mark.parametrize("level", range(LAYERS))
def test_a_layer_learns_from_the_codes_of_the_trained_layers_below_it(level):
    model, layers = pretrained()
    codes = data()
    for dense, phi in zip(model.encoder.dense[:level], model.encoder.activations[:level], strict=True):
        codes = phi.forward(dense.forward(codes)).copy()
    np.testing.assert_allclose(layers.codes[level], codes, rtol=1e-12)


def test_pretraining_gives_a_history_of_every_layer_with_its_epochs():
    histories = stack().pretrain(data(), epochs=3, progress=False)
    assert [len(history["loss"]) for history in histories] == [3] * LAYERS


def test_pretraining_trains_with_the_batch_size_asked_for():
    model, steps = stack(), []

    class Counting(ae.Autoencoder):
        def loss_and_gradients(self, x, *given, rng=None):
            steps.append(len(x))
            return super().loss_and_gradients(x, *given, rng=rng)

    model.pretrain(data(60), epochs=1, batch_size=25, layer=Counting, progress=False)
    assert steps == [25, 25, 10] * LAYERS


def test_pretraining_tells_which_layer_it_is_at(capsys):
    stack().pretrain(data(), epochs=1)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("layer")]
    assert lines == [
        "layer 1 of 3, alone: 8-6-8", "layer 2 of 3, alone: 6-4-6", "layer 3 of 3, alone: 4-3-4"
    ]  # fmt: skip


def test_pretraining_is_silent_without_progress(capsys):
    stack().pretrain(data(), epochs=1, progress=False)
    assert capsys.readouterr().out == ""


def test_sigmoid_layers_are_further_after_pretraining_than_from_random_weights_in_equally_few_epochs():
    rng = np.random.default_rng(0)
    x = rng.integers(2, size=(8, 16))[rng.integers(8, size=1000)]  # one of 8 pictures, 2% of its pixels flipped
    x = np.abs(x - (rng.random(x.shape) < 0.02))
    pretrained, random = stack([16, 14, 12, 10, 8]), stack([16, 14, 12, 10, 8])
    pretrained.pretrain(x, epochs=10, batch_size=10, progress=False)
    assert pretrained.loss(x) < 0.8 * random.loss(x)
    for model in (pretrained, random):
        model.fit(x, epochs=5, batch_size=10, progress=False)
    assert pretrained.loss(x) < 0.8 * random.loss(x)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (ae.DenoisingAutoencoder, dict(noise="masking", level=0.3)),
        (ae.SparseAutoencoder, dict(sparsity="kl", rho=0.1, weight=0.5)),
        (ae.SparseAutoencoder, dict(sparsity="l1", weight=0.1)),
        (ae.ContractiveAutoencoder, dict(weight=0.2)),
        (ae.TiedAutoencoder, {}),
    ],
)
def test_the_layers_can_be_of_another_kind_whose_arguments_are_handed_on(kind, arguments):
    model, layers = pretrained(kind, arguments=arguments)
    assert [type(single) for single in layers.made] == [kind] * LAYERS
    for level, single in enumerate(layers.made):
        assert {name: single.arguments()[name] for name in arguments} == arguments
        np.testing.assert_array_equal(model.encoder.dense[level].W, single.encoder.dense[0].W)


@pytest.mark.parametrize(
    ("activation", "code_activation", "likelihood", "expected"),
    [
        ("sigmoid", "sigmoid", "bernoulli", ["bernoulli", "bernoulli", "bernoulli"]),
        ("sigmoid", "identity", "gaussian", ["gaussian", "bernoulli", "bernoulli"]),
        ("sigmoid", "sigmoid", "learned-gaussian", ["learned-gaussian", "bernoulli", "bernoulli"]),
        ("relu", "sigmoid", "bernoulli", ["bernoulli", "gaussian", "gaussian"]),
        ("tanh", "tanh", "gaussian", ["gaussian", "gaussian", "gaussian"]),
    ],
)
def test_the_first_layer_has_the_likelihood_of_the_data_and_the_others_that_of_the_codes_below(
    activation, code_activation, likelihood, expected
):
    _, layers = pretrained(activation=activation, code_activation=code_activation, likelihood=likelihood, epochs=1)
    assert [single.likelihood for single in layers.made] == expected


def test_every_layer_has_the_stacks_activation_of_its_level_its_dtype_and_a_seed_of_its_own():
    _, layers = pretrained(activation="tanh", code_activation="identity", seed=7, dtype=np.float32)
    assert [names(single) for single in layers.made] == [["tanh"], ["tanh"], ["identity"]]
    assert {single.dtype for single in layers.made} == {np.dtype(np.float32)}
    assert len({single.seed for single in layers.made}) == LAYERS


def test_the_layers_of_a_stack_are_sigmoid_unless_another_is_asked_for():
    assert names(stack()) == ["sigmoid"] * LAYERS
    assert names(stack(activation="relu")) == ["relu"] * LAYERS


def test_decoder_sizes_are_refused_because_each_decoder_layer_undoes_an_encoder_layer():
    with pytest.raises(TypeError, match=r"^decoder_sizes does not apply to a stack: [^.\n]*\.$"):
        stack(decoder_sizes=SIZES[::-1])


def test_x_is_checked_before_anything_is_trained():
    model = stack()
    before = copies(model.parameters)
    with pytest.raises(ValueError, match="needs x in"):
        model.pretrain(2 * data(), progress=False)
    assert_same_arrays(model.parameters, before)


@pytest.mark.parametrize("kind", [ae.Autoencoder, ae.DenoisingAutoencoder])
def test_pretraining_never_changes_x(kind):
    x = data()
    x.flags.writeable = False
    stack().pretrain(x, epochs=1, layer=kind, progress=False)
    np.testing.assert_array_equal(x, data())


@pytest.mark.parametrize("kind", [ae.Autoencoder, ae.DenoisingAutoencoder])
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(kind):
    flats = [flat(pretrained(kind, seed=seed, dtype=np.float32)[0].parameters) for seed in (3, 3, 4)]
    assert flats[0].tobytes() == flats[1].tobytes()
    assert np.mean(flats[0] != flats[2]) > 0.9


def test_a_pretrained_stack_is_loaded_as_it_was_saved(tmp_path):
    model, _ = pretrained()
    model.save(tmp_path / "model.npz")
    loaded = ae.load(tmp_path / "model.npz")
    assert type(loaded) is ae.StackedAutoencoder
    np.testing.assert_array_equal(loaded.reconstruct(data()), model.reconstruct(data()))


def test_layers_whose_code_the_stack_would_not_make_are_refused():
    """A level would learn from k activations at a time, and then be given all of them."""
    with pytest.raises(ValueError, match="don't make their codes by TopK"):
        pretrained(ae.SparseAutoencoder, arguments=dict(sparsity="top-k", k=2))


def test_the_rate_of_pretraining_falls_from_the_one_asked_for():
    x = np.random.default_rng(0).random((40, 6))
    slow, fast = (
        ae.StackedAutoencoder([6, 4, 3]).pretrain(x, epochs=1, learning_rate=rate, progress=False)
        for rate in (0.001, 0.01)
    )
    for a, b in zip(slow, fast, strict=True):
        assert b["learning_rate"][0] == pytest.approx(10 * a["learning_rate"][0])
