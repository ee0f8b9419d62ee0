"""The door: what is let in, in which form, and the one sentence with which the rest is refused."""

import math

import numpy as np
import pytest

from scratch_ae import checks

LONG_DOUBLE = pytest.param(
    np.longdouble,
    marks=pytest.mark.skipif(
        np.dtype(np.longdouble).itemsize == 8, reason="a long double is a double here, as on Windows"
    ),
)


def refusal(error, check, *arguments, **bounds):
    """The message of the error that the check must raise: one sentence, on one line."""
    with pytest.raises(error) as caught:
        check(*arguments, **bounds)
    text = str(caught.value)
    assert text.endswith(".")
    assert ". " not in text
    assert "\n" not in text
    return text


# --- choice --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [["tanh", "relu"], {"tanh": 1, "relu": 2}, {"tanh", "relu"}])
def test_choice_lets_in_each_option(options):
    assert [checks.choice("activation", option, options) for option in ("tanh", "relu")] == ["tanh", "relu"]


@pytest.mark.parametrize("bad", ["swish", "ReLU", "rel", "", None, 3])
def test_choice_refuses_what_is_no_option_and_lists_them_in_order(bad):
    text = refusal(ValueError, checks.choice, "activation", bad, ["tanh", "relu"])
    assert text == f"activation={bad!r} is not known: choose one of relu, tanh."


# --- whole ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("good", [2, 3, 10**30, np.int64(7), np.uint8(2)])
def test_whole_gives_an_int(good):
    checked = checks.whole("epochs", good, at_least=2)
    assert type(checked) is int
    assert checked == good


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        *((small, ValueError) for small in (1, 0, -5, np.int64(1))),
        *((truth, ValueError) for truth in (True, False)),
        *((other, TypeError) for other in (2.5, 3.0, np.float64(3), "3", None, [3], 3j, np.True_)),
    ],
)
def test_whole_refuses_what_is_too_small_or_no_whole_number(bad, error):
    text = refusal(error, checks.whole, "epochs", bad, at_least=2)
    assert text == f"epochs={bad!r} must be a whole number of at least 2."


def test_whole_refuses_true_where_1_would_do():
    assert "epochs=True" in refusal(ValueError, checks.whole, "epochs", True, at_least=0)


# --- number --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("good", "bounds"),
    [
        (0.5, {}),
        (-1e300, {}),
        (0, {"at_least": 0}),
        (1, {"at_most": 1}),
        (1e-300, {"above": 0}),
        (0.999, {"at_least": 0, "below": 1}),
        (np.float32(0.5), {"above": 0, "at_most": 1}),
        (np.int64(3), {}),
    ],
)
def test_number_inside_its_bounds_is_given_as_a_float(good, bounds):
    checked = checks.number("rate", good, **bounds)
    assert type(checked) is float
    assert checked == good


@pytest.mark.parametrize(
    ("bad", "bounds", "words"),
    [
        (-0.1, {"at_least": 0}, "at least 0"),
        (1.1, {"at_most": 1}, "at most 1"),
        (0, {"above": 0}, "above 0"),
        (1, {"below": 1}, "below 1"),
        (1, {"at_least": 0, "below": 1}, "at least 0 and below 1"),
        (2, {"above": 0.5, "at_most": 1.5}, "above 0.5 and at most 1.5"),
    ],
)
def test_number_outside_a_bound_is_refused_and_all_bounds_are_named(bad, bounds, words):
    assert refusal(ValueError, checks.number, "rate", bad, **bounds) == f"rate={bad!r} must be a number {words}."


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, np.float32("nan"), "0.5", None, [0.5], 1j])
@pytest.mark.parametrize(
    ("bounds", "words"),
    [({}, ""), ({"at_least": 0}, " at least 0"), ({"above": 0, "below": 1}, " above 0 and below 1")],
)
def test_number_that_is_none_or_not_finite_is_refused(bad, bounds, words):
    assert refusal(ValueError, checks.number, "rate", bad, **bounds) == f"rate={bad!r} must be a number{words}."


# --- layer_sizes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("good", [[6, 3], (6, 3), np.array([6, 3]), range(6, 0, -3), [np.int64(6), np.int32(3)]])
def test_layer_sizes_gives_a_list_of_ints(good):
    checked = checks.layer_sizes("sizes", good)
    assert checked == [6, 3]
    assert [type(size) for size in checked] == [int, int]


def test_layer_sizes_gives_a_list_of_its_own():
    sizes = [6, 3]
    checks.layer_sizes("sizes", sizes).append(1)
    assert sizes == [6, 3]


@pytest.mark.parametrize("bad", ["784", b"784", 784, None, {6, 3}, {6: 3}, (size for size in (6, 3))])
def test_layer_sizes_refuses_what_is_no_list(bad):
    text = refusal(TypeError, checks.layer_sizes, "sizes", bad)
    assert text == f"sizes={bad!r} must be a list of layer sizes such as [784, 300, 150]."


@pytest.mark.parametrize(("short", "at_least"), [([], 1), ([], 2), ([6], 2), ((6, 3), 3)])
def test_layer_sizes_refuses_too_few(short, at_least):
    text = refusal(ValueError, checks.layer_sizes, "sizes", short, at_least=at_least)
    assert text.startswith(f"sizes={list(short)!r} has {len(short)} entries, but needs at least {at_least}:")


def test_layer_sizes_lets_in_as_many_as_are_needed():
    assert checks.layer_sizes("sizes", [6], at_least=1) == [6]


@pytest.mark.parametrize(
    ("bad", "error"), [(0, ValueError), (-3, ValueError), (True, ValueError), (2.5, TypeError), ("3", TypeError)]
)
def test_layer_sizes_names_the_entry_that_is_no_size(bad, error):
    text = refusal(error, checks.layer_sizes, "sizes", [6, bad, 6])
    assert text == f"sizes[1]={bad!r} must be a whole number of at least 1."


# --- float_dtype ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("good", [np.float32, "float32", np.dtype("float32"), np.float64, "float64", float])
def test_float_dtype_is_given_as_a_dtype(good):
    checked = checks.float_dtype(good)
    assert isinstance(checked, np.dtype)
    assert checked == np.dtype(good)


@pytest.mark.parametrize("bad", [int, np.float16, LONG_DOUBLE, complex, bool, object, "U5"])
def test_float_dtype_refuses_every_other_dtype(bad):
    text = refusal(ValueError, checks.float_dtype, bad)
    assert text.startswith(f"dtype={np.dtype(bad)} is not supported:")


# --- matrix --------------------------------------------------------------------------------------------


def test_matrix_that_is_right_already_is_given_back_itself():
    x = np.ones((2, 3), np.float32)
    assert checks.matrix("x", x, 3, np.float32) is x


@pytest.mark.parametrize(
    "good",
    [
        pytest.param([[0, 1, 2], [3, 4, 5]], id="list"),
        pytest.param(np.arange(6).reshape(2, 3), id="ints"),
        pytest.param(np.arange(6.0).reshape(2, 3), id="float64"),
        pytest.param(np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)), id="columns first"),
        pytest.param(np.arange(12, dtype=np.float32).reshape(2, 6)[:, ::2] / 2, id="every other"),
        pytest.param(np.arange(6, dtype=">f4").reshape(2, 3), id="other byte order"),
    ],
)
def test_matrix_is_given_with_rows_one_after_the_other_in_the_dtype_asked_for(good):
    checked = checks.matrix("x", good, 3, np.float32)
    assert checked.flags.c_contiguous
    assert checked.dtype == np.float32
    np.testing.assert_array_equal(checked, [[0, 1, 2], [3, 4, 5]])


def test_matrix_is_converted_into_a_copy_and_the_original_is_never_changed():
    x = np.ones((2, 3))
    checks.matrix("x", x, 3, np.float32)[:] = 7
    np.testing.assert_array_equal(x, np.ones((2, 3)))
    assert x.dtype == np.float64


@pytest.mark.parametrize("shape", [(2, 4), (2, 2), (3, 2), (0, 3), (2,), (1, 2, 3), (2, 3, 1), (3, 1), ()])
def test_matrix_of_another_shape_is_refused_and_both_shapes_are_named(shape):
    text = refusal(ValueError, checks.matrix, "x", np.ones(shape), 3, np.float32)
    assert text == f"x has shape {shape}, but (examples, 3) is expected."


def test_matrix_that_is_a_single_example_is_refused_with_a_hint():
    text = refusal(ValueError, checks.matrix, "x", np.ones(3), 3, np.float32)
    assert text == "x has shape (3,), but (examples, 3) is expected (one example is a batch of one: x[np.newaxis])."


# --- labels --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("good", [[0, 9, 3], (0, 9, 3), np.array([0, 9, 3]), np.array([0, 9, 3], np.uint8)])
def test_labels_are_given_as_an_array_of_integers(good):
    checked = checks.labels("y", good, 3, 10)
    assert checked.dtype.kind in "iu"
    np.testing.assert_array_equal(checked, [0, 9, 3])


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param([0, 1], id="too few"),
        pytest.param([0, 1, 2, 3], id="too many"),
        pytest.param([[0], [1], [2]], id="column"),
        pytest.param([0.0, 1.0, 2.0], id="floats"),
        pytest.param([True, False, True], id="truths"),
        pytest.param(["0", "1", "2"], id="strings"),
        pytest.param(3, id="number"),
    ],
)
def test_labels_that_are_not_one_integer_for_each_example_are_refused(bad):
    text = refusal(ValueError, checks.labels, "y", bad, 3, 10)
    shape, dtype = np.shape(bad), np.array(bad).dtype
    assert text.startswith(f"y has shape {shape} and dtype {dtype}, but an integer for each example is expected")


@pytest.mark.parametrize("bad", [[-1, 0, 1], [0, 1, 10], [-5, 0, 20]])
def test_labels_out_of_range_are_refused_and_both_ranges_are_named(bad):
    text = refusal(ValueError, checks.labels, "y", bad, 3, 10)
    assert text.startswith(f"y runs from {min(bad)} to {max(bad)}, but must lie in 0 … 9:")


# --- finite --------------------------------------------------------------------------------------------


def test_finite_gives_back_the_array_itself():
    x = np.array([[0.0, -1e300, 1e300]])
    assert checks.finite("x", x) is x


def test_finite_entries_pass_where_their_sum_overflows():
    x = np.full((2, 3), 3e38, np.float32) * np.float32([[1], [-1]])
    assert checks.finite("x", x) is x


def test_finite_refuses_infinities_that_would_cancel():
    text = refusal(ValueError, checks.finite, "x", np.array([[math.inf, -math.inf]]))
    assert text.startswith("x holds NaN or infinite values:")


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_finite_refuses_a_single_entry_that_is_not(bad):
    text = refusal(ValueError, checks.finite, "x", np.array([[0.0, 1.0], [2.0, bad]]))
    assert text.startswith("x holds NaN or infinite values:")


# --- generator -----------------------------------------------------------------------------------------


def test_generator_that_is_one_already_is_given_back_itself():
    rng = np.random.default_rng(3)
    assert checks.generator("rng", rng, 0) is rng


@pytest.mark.parametrize("seed", [0, 7, np.int64(7), np.uint8(7)])
def test_generator_is_made_of_a_seed(seed):
    assert checks.generator("rng", seed, 99).random() == np.random.default_rng(int(seed)).random()


@pytest.mark.parametrize("otherwise", [5, np.random.default_rng(5)])
def test_generator_for_none_is_the_other_one(otherwise):
    assert checks.generator("rng", None, otherwise).random() == np.random.default_rng(5).random()


@pytest.mark.parametrize("bad", ["7", 0.5, [1], np.random.RandomState(0)])
def test_generator_of_anything_else_is_refused_and_says_what_would_do(bad):
    text = refusal(TypeError, checks.generator, "rng", bad, 0)
    assert text == f"rng={bad!r} must be a seed or a generator, np.random.default_rng(seed)."


@pytest.mark.parametrize("bad", [-1, True])
def test_generator_of_what_is_no_seed_is_refused_as_such(bad):
    assert (
        refusal(ValueError, checks.generator, "rng", bad, 0) == f"rng={bad!r} must be a whole number of at least 0."
    )


# --- decoder_sizes -------------------------------------------------------------------------------------


def test_decoder_sizes_mirror_the_encoders_unless_given():
    assert checks.decoder_sizes("sizes", None, [6, 5, 3]) == [3, 5, 6]
    assert checks.decoder_sizes("sizes", (3, 4, 4, 6), [6, 5, 3]) == [3, 4, 4, 6]


@pytest.mark.parametrize("bad", [[6, 5, 3], [3, 5], [5, 6], [2, 6]])
def test_decoder_sizes_that_do_not_lead_back_are_refused(bad):
    text = refusal(ValueError, checks.decoder_sizes, "decoder_sizes", bad, [6, 5, 3])
    assert text == f"decoder_sizes={bad} must lead from the code, 3, back to the input, 6."


# --- instance, stage, penalties ------------------------------------------------------------------------


class Stage:
    def forward(self, x):
        return x

    def backward(self, dx):
        return dx


class Penalty(Stage):
    name, weight = "l1", 0.3


class Forward:
    def forward(self, x):
        return x


def test_instance_lets_in_the_class_and_what_derives_from_it():
    class Derived(Stage):
        pass

    for good in (Stage(), Derived()):
        assert checks.instance("optimizer", good, Stage) is good


@pytest.mark.parametrize("bad", [None, "adam", Stage, Forward()])
def test_instance_refuses_everything_else_by_name(bad):
    text = refusal(TypeError, checks.instance, "optimizer", bad, Stage)
    assert text == f"optimizer={bad!r} must be an object of the class Stage or of one derived from it."


def test_stage_lets_in_none_and_what_has_both_ways():
    stage = Stage()
    assert checks.stage("code", stage) is stage
    assert checks.stage("code", None) is None


@pytest.mark.parametrize("bad", ["masking", 0.3, Forward(), Stage, np.tanh])
def test_stage_refuses_a_class_and_what_lacks_a_way(bad):
    text = refusal(TypeError, checks.stage, "code", bad)
    assert text.startswith(f"code={bad!r} must be an object with a forward and a backward")


def test_penalties_are_given_as_a_list_of_its_own():
    given = (Penalty(),)
    checked = checks.penalties("penalties", given)
    assert checked == [*given]
    checked.append(Penalty())
    assert len(given) == 1


def test_penalties_of_one_name_are_refused_with_what_to_do():
    text = refusal(ValueError, checks.penalties, "penalties", [Penalty(), Penalty()])
    assert text.startswith("penalties has two of one name, ['l1', 'l1']: give each a name of its own")


def test_penalties_name_the_one_that_is_none():
    assert refusal(TypeError, checks.penalties, "penalties", [Penalty(), 3]).startswith("penalties[1]=3 must be")


@pytest.mark.parametrize("bad", [Penalty(), 3, None, "l1", Penalty])
def test_penalties_that_are_no_list_are_refused(bad):
    text = refusal(TypeError, checks.penalties, "penalties", bad)
    assert text == f"penalties={bad!r} must be a list of penalties, such as [L1(0.3)]."


@pytest.mark.parametrize("bad", [None, Stage()])
def test_penalties_without_a_name_or_a_weight_are_refused(bad):
    text = refusal(TypeError, checks.penalties, "penalties", [Penalty(), bad])
    assert text.startswith(f"penalties[1]={bad!r} must be a penalty, with a name and a weight")


# --- matrix and labels, what is no array ---------------------------------------------------------------


@pytest.mark.parametrize("bad", ["x", [["a", "b", "c"]], [[1, 2], [3]], None, [[1j, 2, 3]], np.ones((2, 3), complex)])
def test_matrix_of_no_real_numbers_is_refused(bad):
    text = refusal(ValueError, checks.matrix, "x", bad, 3, np.float32)
    assert text.startswith("x ")
    assert "(examples, 3) is expected" in text


@pytest.mark.parametrize("bad", [[[1, 2], [3]], {0: 1}])
def test_labels_that_are_no_array_are_refused(bad):
    assert refusal(ValueError, checks.labels, "y", bad, 3, 10).startswith("y ")


def test_labels_that_are_missing_are_asked_for():
    text = refusal(TypeError, checks.labels, "y", None, 3, 10)
    assert text == "y are missing: give an integer in 0 … 9 for each example."


def test_floats_leaves_floats_alone_and_makes_whole_numbers_floats():
    single = np.ones(3, np.float32)
    assert checks.floats(single) is single
    assert checks.floats(np.array([250, 251], np.uint8)).dtype == np.float64
    assert checks.floats([1, 2]).dtype == np.float64
