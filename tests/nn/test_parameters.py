"""The parameter store: one flat array, named views into it, and layers that hold these views."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scratch_ae.nn.dense import Dense
from scratch_ae.nn.parameters import ParameterStore, Parametrized, gather

SHAPES = {"encoder.W": (2, 3), "encoder.b": (3,), "decoder.W": (3, 2), "scale": ()}
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def layers(dtype=np.float64):
    rng = np.random.default_rng(0)
    parts = {"encoder.0": Dense(4, 3, rng=rng, dtype=dtype), "decoder.0": Dense(3, 4, rng=rng, dtype=dtype)}
    for part in parts.values():
        part.b[:] = rng.standard_normal(len(part.b))
    return parts


# --- the store -----------------------------------------------------------------------------------------


@each_dtype
def test_flat_starts_as_zeros_of_the_dtype(dtype):
    flat = ParameterStore(SHAPES, dtype).flat
    assert flat.dtype == dtype
    np.testing.assert_array_equal(flat, np.zeros(6 + 3 + 6 + 1))


@given(shapes=st.dictionaries(st.text(min_size=1), hnp.array_shapes(min_dims=0, max_dims=3, max_side=4), min_size=1))
@settings(deadline=None, derandomize=True, max_examples=100)
def test_views_cover_the_flat_array_once_and_in_order(shapes):
    store = ParameterStore(shapes, np.float64)
    assert {name: view.shape for name, view in store.items()} == shapes
    store.flat[:] = np.arange(store.flat.size)
    np.testing.assert_array_equal(np.concatenate([view.ravel() for view in store.values()]), store.flat)


def test_what_is_written_to_flat_stands_in_the_view():
    store = ParameterStore(SHAPES, np.float64)
    store.flat[6:9] = [1, 2, 3]
    np.testing.assert_array_equal(store["encoder.b"], [1, 2, 3])


def test_what_is_written_to_a_view_stands_in_flat():
    store = ParameterStore(SHAPES, np.float64)
    store["encoder.W"][1, 2] = 5
    np.testing.assert_array_equal(np.flatnonzero(store.flat), [5])


def test_names_come_in_the_order_they_were_given():
    assert list(ParameterStore(SHAPES, np.float64)) == list(SHAPES)


def test_store_is_a_mapping_of_known_length():
    store = ParameterStore(SHAPES, np.float64)
    assert len(store) == 4
    assert "scale" in store
    with pytest.raises(KeyError):
        store["encoder.c"]


def test_name_cannot_be_bound_to_another_array():
    with pytest.raises(TypeError):
        ParameterStore(SHAPES, np.float64)["scale"] = np.ones(())


def test_repr_lists_every_name_and_shape_and_the_number_of_values():
    text = repr(ParameterStore({"W": (40, 30), "b": (30,)}, np.float32))
    first, *rows = text.splitlines()
    assert first == "ParameterStore of 1,230 float32 values:"
    assert [row.split(maxsplit=1) for row in rows] == [["W", "(40, 30)"], ["b", "(30,)"]]


# --- gather --------------------------------------------------------------------------------------------


def test_gather_names_each_array_after_its_part_in_the_order_of_the_parts():
    names = ["encoder.0.W", "encoder.0.b", "decoder.0.W", "decoder.0.b"]
    assert [list(store) for store in gather(layers(), np.float64)] == [names, names]


def test_gather_keeps_the_values():
    parameters, _ = gather(layers(), np.float64)
    for part, original in layers().items():
        np.testing.assert_array_equal(parameters[f"{part}.W"], original.W)
        np.testing.assert_array_equal(parameters[f"{part}.b"], original.b)


def test_gather_rounds_the_values_to_the_dtype():
    parameters, gradients = gather(layers(), np.float32)
    assert parameters.flat.dtype == gradients.flat.dtype == np.float32
    np.testing.assert_array_equal(parameters["encoder.0.W"], layers()["encoder.0"].W.astype(np.float32))


def test_each_part_holds_the_views_of_parameters_and_gradients():
    parts = layers()
    parameters, gradients = gather(parts, np.float64)
    for name, part in parts.items():
        assert part.W is parameters[f"{name}.W"]
        assert part.b is parameters[f"{name}.b"]
        assert part.dW is gradients[f"{name}.W"]
        assert part.db is gradients[f"{name}.b"]


def test_parameters_and_gradients_lie_apart():
    parameters, gradients = gather(layers(), np.float64)
    assert not np.shares_memory(parameters.flat, gradients.flat)


def test_layer_computes_with_what_is_written_to_flat():
    parts = layers()
    parameters, _ = gather(parts, np.float64)
    parameters.flat[:] = 1
    np.testing.assert_array_equal(parts["encoder.0"].forward(np.ones((1, 4))), [[5, 5, 5]])


def test_backward_of_a_layer_writes_into_the_flat_gradients():
    parts = layers()
    _, gradients = gather(parts, np.float64)
    parts["decoder.0"].forward(np.ones((2, 3)))
    parts["decoder.0"].backward(np.ones((2, 4)))
    np.testing.assert_array_equal(gradients.flat, [0] * 15 + [2] * 16)


def test_gathering_again_leaves_the_first_arrays_behind():
    """A copy in another dtype is made so: what is written to the old array no longer reaches the layers."""
    parts = layers()
    old, _ = gather(parts, np.float32)
    new, _ = gather(parts, np.float64)
    old.flat[:] = 7
    assert not np.any(new.flat == 7)
    assert parts["encoder.0"].W is new["encoder.0.W"]


def test_part_without_parameters_takes_no_place():
    parameters, _ = gather({"code": Parametrized(), **layers()}, np.float64)
    assert next(iter(parameters)) == "encoder.0.W"
