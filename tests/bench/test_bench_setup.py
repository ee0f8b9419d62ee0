"""A setup describes the network that its model really is."""

import dataclasses
import json

import numpy as np
import pytest

from scratch_ae.bench import Setup


@pytest.mark.parametrize(("kind", "sizes"), [("ae", (784, 300, 150)), ("vae", (784, 400, 20)), ("ae", (12, 5))])
def test_layers_are_those_of_the_model(kind, sizes):
    setup = Setup(kind, sizes, 32, 100, 1)
    weights = [array.shape for name, array in setup.model().parameters.items() if name.endswith("W")]
    assert weights == [*setup.layers]


@pytest.mark.parametrize("images", [60_000, 60_010])
def test_data_are_as_many_images_as_asked_for(images):
    assert Setup("ae", (784, 10), 32, images, 1).data().shape == (images, 784)


def test_data_of_another_width_are_made():
    assert Setup("ae", (20, 10), 32, 50, 1).data().shape == (50, 20)


def test_numbers_of_numpy_become_pythons_which_json_can_write():
    setup = Setup("ae", [20, np.int64(10)], np.int64(8), np.int64(50), np.int64(1))
    assert json.loads(json.dumps(dataclasses.asdict(setup)))["sizes"] == [20, 10]


@pytest.mark.parametrize(
    "wrong",
    [dict(kind="gan"), dict(sizes=(784,)), dict(batch=0), dict(batch=51), dict(images=0), dict(threads=0)],
)
def test_impossible_setup_is_refused_by_name(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=rf"^{name}"):
        Setup(**{"kind": "ae", "sizes": (20, 10), "batch": 8, "images": 50, "threads": 1} | wrong)
