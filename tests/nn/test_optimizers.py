"""Optimizers: step by step against the algorithms as their papers print them."""

import numpy as np
import pytest

from scratch_ae.nn.optimizers import PIECE, SGD, Adam, pieces
from scratch_ae.nn.schedules import Cosine

each_optimizer = pytest.mark.parametrize("optimizer", [SGD, Adam])
each_size = pytest.mark.parametrize("size", [1, 5, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 7])


def step(optimizer, theta, g):
    """One update of a single array of parameters."""
    optimizer.step({"w": theta}, {"w": g})


def random_gradients(size, steps, seed=0):
    """Of all magnitudes from 1e-9 to 1, so that Adam's ε matters in some entries, and zero in others."""
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.uniform(-9, 0, size) * (rng.random(size) < 0.9)
    return [scale * rng.standard_normal(size) for _ in range(steps)]


def kingma_and_ba(theta, gradients, alpha=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Algorithm 1 of the paper, line by line."""
    m = np.zeros_like(theta)
    v = np.zeros_like(theta)
    t = 0
    for g in gradients:
        t = t + 1
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        theta = theta - alpha * m_hat / (np.sqrt(v_hat) + epsilon)
        yield theta


def momentum(theta, gradients, alpha=0.1, mu=0.0):
    velocity = np.zeros_like(theta)
    for g in gradients:
        velocity = mu * velocity + g
        theta = theta - alpha * velocity
        yield theta


def assert_same_path(optimizer, reference, size, steps=50):
    """All parameters after each step, to 1e-12 of their size."""
    start, gradients = np.random.default_rng(1).standard_normal(size), random_gradients(size, steps)
    theta = start.copy()
    for g, expected in zip(gradients, reference(start, gradients), strict=True):
        step(optimizer, theta, g)
        np.testing.assert_allclose(theta, expected, rtol=1e-12, atol=1e-14)


@each_size
def test_adam_takes_the_steps_of_algorithm_1(size):
    assert_same_path(Adam(), kingma_and_ba, size)


@pytest.mark.parametrize(
    "settings",
    [
        {"alpha": 0.03},
        {"beta1": 0.0},
        {"beta2": 0.0},
        {"beta1": 0.5, "beta2": 0.9},
        {"epsilon": 1e-3},
    ],
)
def test_adam_takes_the_steps_of_algorithm_1_with_other_settings(settings):
    ours = {"learning_rate" if name == "alpha" else name: value for name, value in settings.items()}
    assert_same_path(Adam(**ours), lambda *given: kingma_and_ba(*given, **settings), 100)


@each_size
@pytest.mark.parametrize("mu", [0.0, 0.9])
def test_sgd_takes_the_steps_of_gradient_descent_with_momentum(size, mu):
    assert_same_path(SGD(0.05, momentum=mu), lambda *given: momentum(*given, alpha=0.05, mu=mu), size)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_first_step_of_adam_is_the_learning_rate_against_the_sign_of_the_gradient(scale):
    """m̂ = g and v̂ = g²: without the correction of both for starting at 0 it would be 3.2 times as much."""
    g = scale * np.array([-2.0, 0.5, 1.0, -0.1])
    theta = np.zeros(4)
    step(Adam(0.01), theta, g)
    np.testing.assert_allclose(theta, -0.01 * np.sign(g), rtol=1e-3)


def test_entry_without_gradient_stays_where_it_is_under_adam():
    theta = np.array([1.0, 2.0])
    optimizer = Adam(0.1)
    for _ in range(5):
        step(optimizer, theta, np.array([0.0, 1.0]))
    assert theta[0] == 1.0


@each_optimizer
def test_step_changes_the_parameters_in_place_and_nothing_beside_them(optimizer):
    memory = np.ones(9)
    step(optimizer(0.1), memory[2:7], np.ones(5))
    np.testing.assert_array_equal(memory[[0, 1, 7, 8]], 1)
    assert np.all(memory[2:7] < 1)


SHAPES = {"encoder.0.W": (300, 200), "encoder.0.b": (200,), "decoder.0.W": (1, 2 * PIECE), "likelihood.log_var": (1,)}


def arrays(seed):
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(shape) for name, shape in SHAPES.items()}


@pytest.mark.parametrize("made", [lambda: SGD(0.1, momentum=0.9), Adam], ids=["sgd", "adam"])
def test_every_array_takes_the_steps_it_would_take_alone(made):
    """Several arrays, of several pieces and of one, share no running mean."""
    together, theta = made(), arrays(0)
    alone = {name: (made(), array.copy()) for name, array in theta.items()}
    for seed in (1, 2, 3):
        g = arrays(seed)
        together.step(theta, g)
        for name, (optimizer, array) in alone.items():
            step(optimizer, array, g[name])
    for name, (_, array) in alone.items():
        np.testing.assert_array_equal(theta[name], array)


@pytest.mark.parametrize("made", [lambda: SGD(0.1, momentum=0.9), Adam], ids=["sgd", "adam"])
def test_an_array_of_columns_is_updated_as_one_of_rows_is(made):
    rows, columns = np.ones((300, 200)), np.asfortranarray(np.ones((300, 200)))
    for theta in (rows, columns):
        optimizer = made()
        for seed in (1, 2):
            step(optimizer, theta, arrays(seed)["encoder.0.W"])
    np.testing.assert_array_equal(columns, rows)
    assert (rows != 1).all()


@pytest.mark.parametrize("made", [lambda: SGD(0.1, momentum=0.9), Adam], ids=["sgd", "adam"])
def test_running_means_go_by_the_name_and_stay_when_the_array_is_replaced(made):
    kept, replaced, optimizers = np.ones(5), np.ones(5), (made(), made())
    for seed in range(3):
        g = np.random.default_rng(seed).standard_normal(5)
        step(optimizers[0], kept, g)
        replaced = replaced.copy()
        step(optimizers[1], replaced, g)
    np.testing.assert_array_equal(replaced, kept)


@each_optimizer
def test_gradients_are_never_changed(optimizer):
    theta, g = np.zeros(3), np.array([1.0, -2.0, 3.0])
    g.flags.writeable = False  # from here on a change raises
    made = optimizer(0.1)
    for _ in range(3):
        step(made, theta, g)
    np.testing.assert_array_equal(g, [1, -2, 3])


def means_of(optimizer):
    """The running means: momentum's velocity, or Adam's sums of gradients and of their squares."""
    return [mean for by_name in optimizer.means.values() for mean in by_name.values()]


@pytest.mark.parametrize("made", [lambda: SGD(0.1, momentum=0.9), Adam])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parameters_and_all_that_is_kept_for_them_stay_in_their_dtype(made, dtype):
    optimizer, theta = made(), np.ones(5, dtype)
    for _ in range(2):
        step(optimizer, theta, np.ones(5, dtype))
    assert {array.dtype for array in (theta, *means_of(optimizer))} == {np.dtype(dtype)}


@each_optimizer
def test_float32_takes_the_same_steps_as_float64_but_for_rounding(optimizer):
    gradients = random_gradients(100, 50)
    single, double = np.ones(100, np.float32), np.ones(100)
    for dtype, theta in ((np.float32, single), (float, double)):
        made = optimizer(0.01)
        for g in gradients:
            step(made, theta, g.astype(dtype))
    np.testing.assert_allclose(single, double, rtol=1e-4)


@each_optimizer
def test_schedule_is_asked_with_0_1_2_and_its_answer_scales_the_step(optimizer):
    asked = []

    def schedule(step):
        asked.append(step)
        return [0.1, 0.0, 0.2][step]

    made, theta, path = optimizer(schedule), np.zeros(1), [0.0]
    for _ in range(3):
        step(made, theta, np.ones(1))
        path.append(float(theta[0]))
    assert asked == [0, 1, 2]
    np.testing.assert_allclose(np.diff(path), [-0.1, 0.0, -0.2], atol=1e-8)


@each_optimizer
def test_learning_rate_is_that_of_the_step_to_come(optimizer):
    made = optimizer(lambda step: 10.0 - step)
    assert made.learning_rate == 10
    step(made, np.zeros(1), np.ones(1))
    assert (made.steps, made.learning_rate) == (1, 9)


@pytest.mark.parametrize("made", [Adam(Cosine(0.1, 500)), SGD(0.3, momentum=0.5)], ids=["adam", "sgd"])
def test_quadratic_is_minimised(made):
    """f(θ) = ½ Σ c (θ − θ*)², with curvatures c from 0.1 to 3."""
    curvature, best = np.linspace(0.1, 3, 20), np.linspace(-2, 2, 20)
    theta = np.zeros(20)
    for _ in range(500):
        step(made, theta, curvature * (theta - best))
    np.testing.assert_allclose(theta, best, atol=1e-3)


PIECEWISE = [(0,), (1,), (PIECE,), (PIECE + 1,), (3 * PIECE - 1,), (784, 400), (3, 2 * PIECE), (1, PIECE + 1), (0, 5)]


@pytest.mark.parametrize("shape", PIECEWISE)
def test_pieces_cover_every_row_once_in_order(shape):
    covered = [i for piece in pieces(np.empty(shape)) for i in range(shape[0])[piece]]
    assert covered == list(range(shape[0]))


@pytest.mark.parametrize("shape", PIECEWISE)
def test_a_piece_has_at_most_piece_numbers_unless_a_single_row_has_more(shape):
    array = np.empty(shape)
    sizes = [array[piece].size for piece in pieces(array)]
    assert max(sizes, default=0) <= max(PIECE, *shape[1:], 0)


@each_optimizer
def test_a_parameter_that_is_a_single_number_takes_the_steps_of_a_row_of_one(optimizer):
    """As a scale or a temperature in a layer of one's own may be: an array of shape ()."""
    number, row, optimizers = np.array(1.0), np.array([1.0]), (optimizer(0.1), optimizer(0.1))
    for g in (0.5, -2.0, 0.25):
        step(optimizers[0], number, np.array(g))
        step(optimizers[1], row, np.array([g]))
    assert (number.shape, float(number)) == ((), row[0])
    assert number != 1


def test_pieces_are_as_large_as_they_may_be():
    """Else there would be many, and each costs some microseconds."""
    assert len([*pieces(np.empty((784, 400)))]) == 10
    assert len([*pieces(np.empty(5 * PIECE))]) == 5


@pytest.mark.parametrize(
    ("optimizer", "setting", "value"),
    [
        *((kind, "learning_rate", bad) for kind in (SGD, Adam) for bad in (-0.1, np.nan, np.inf, "fast", None)),
        *((SGD, "momentum", bad) for bad in (-0.1, 1, 1.5, np.nan)),
        *((Adam, beta, bad) for beta in ("beta1", "beta2") for bad in (-0.1, 1, 1.5, np.nan)),
        *((Adam, "epsilon", bad) for bad in (0, 1e-13, -1e-8, np.nan)),
    ],
)
def test_impossible_setting_is_refused_by_name(optimizer, setting, value):
    with pytest.raises(ValueError, match=f"^{setting}="):
        optimizer(**{setting: value})


@pytest.mark.parametrize(
    ("optimizer", "edge"),
    [
        (SGD, {"learning_rate": 0}),
        (SGD, {"momentum": 0}),
        (Adam, {"beta1": 0, "beta2": 0}),
        (Adam, {"epsilon": 1e-12}),
    ],
)
def test_settings_at_the_edge_are_accepted(optimizer, edge):
    made, theta = optimizer(**edge), np.zeros(3, np.float32)
    for _ in range(3):
        step(made, theta, np.float32([0, 1, 2]))
    assert np.isfinite(theta).all()
    assert theta[0] == 0


@pytest.mark.parametrize("made", [lambda: SGD(0.1, momentum=0.9), lambda: Adam(beta1=0.9, beta2=0.95)])
def test_means_of_gradients_that_stay_zero_become_zero_and_never_denormal(made):
    """Denormal numbers make a processor many times slower: 0.9¹⁰⁰⁰ is 1e-46, less than a float32 can hold."""
    optimizer, theta = made(), np.ones(40, np.float32)
    step(optimizer, theta, np.linspace(-1, 1, 40, dtype=np.float32))
    nothing = np.zeros(40, np.float32)
    for _ in range(2500):
        step(optimizer, theta, nothing)
        for mean in means_of(optimizer):
            assert not np.any((mean != 0) & (np.abs(mean) < np.finfo(np.float32).tiny))
    assert not means_of(optimizer)[0].any()


@pytest.mark.parametrize("made", [lambda: SGD(0.1, momentum=0.9), lambda: Adam(beta1=0.9, beta2=0.95)])
def test_means_that_are_only_small_are_kept(made):
    """Gradients of 1e-12 have squares of 1e-24, far from 1e-30, where float32 means are taken for vanishing."""
    optimizer, theta = made(), np.ones(40, np.float32)
    for _ in range(1000):
        step(optimizer, theta, np.full(40, 1e-12, np.float32))
        for mean in means_of(optimizer):
            assert mean.all()
