"""False alarms of Apple's products, simulated: silent in this package, and nothing else is."""

import types
import warnings

import numpy as np
import pytest

from scratch_ae.arrays import has_false_flags, silence_false_flags
from scratch_ae.nn.dense import Dense

FALSE = ["divide by zero encountered in matmul", "overflow encountered in matmul", "invalid value encountered in dot"]
TRUE = ["divide by zero encountered in divide", "overflow encountered in exp", "invalid value encountered in log"]


def reported(module, message):
    """What a reader sees of NumPy's warning about a line of this module, after the package has been imported."""
    place = types.ModuleType(module)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        silence_false_flags()
        exec("import warnings\ndef product(text): warnings.warn(text, RuntimeWarning)", vars(place))
        place.product(message)
    return [str(warning.message) for warning in caught]


@pytest.mark.parametrize("message", FALSE)
@pytest.mark.parametrize("module", ["scratch_ae.nn.dense", "scratch_ae.autoencoders.tied", "scratch_ae"])
def test_products_of_the_package_report_nothing(module, message):
    assert reported(module, message) == []


@pytest.mark.parametrize(
    ("module", "message"),
    [*((module, text) for module in ("__main__", "numpy", "scratch_ae_of_mine") for text in FALSE),
     *(("scratch_ae.nn.dense", text) for text in TRUE)],
)  # fmt: skip
def test_all_else_is_reported_as_before(module, message):
    assert reported(module, message) == [message]


@pytest.mark.parametrize(
    ("system", "machine", "blas", "expected"),
    [
        ("darwin", "arm64", "accelerate", True),
        ("darwin", "arm64", "Accelerate", True),
        ("darwin", "arm64", "scipy-openblas", False),
        ("darwin", "x86_64", "accelerate", False),
        ("linux", "aarch64", "scipy-openblas", False),
        ("win32", "ARM64", "", False),
    ],
)
def test_only_accelerate_on_arm_is_known_for_it(system, machine, blas, expected):
    assert has_false_flags(system, machine, blas) == expected


@pytest.mark.parametrize("silenced", [True, False])
def test_numpys_own_reports_of_a_layers_product_are_silenced_as_simulated(silenced):
    """Here the overflow is a true one, which every machine can make."""
    layer = Dense(2, 2, rng=np.random.default_rng(0))
    layer.W = np.full((2, 2), 1e38)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if silenced:
            silence_false_flags()
        layer.forward(np.full((20, 2), 1e38, np.float32))
    assert bool(caught) != silenced
