"""What all tests share: on macOS, false alarms of its products stay silent, as they are in the package."""

from scratch_ae.arrays import FALSE_FLAG, FALSE_FLAGS


def pytest_configure(config):
    if FALSE_FLAGS:
        config.addinivalue_line("filterwarnings", f"ignore:{FALSE_FLAG}:RuntimeWarning")
