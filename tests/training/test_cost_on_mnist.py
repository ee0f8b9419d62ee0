"""What training costs on all of MNIST: memory, and digits lost to float32."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import scratch_ae as ae

pytestmark = pytest.mark.slow

STATUS = Path("/proc/self/status")  # where Linux notes the peak; that of getrusage counts the parent's memory, too
PEAK = """
import json
import scratch_ae as ae
train, test = ae.load_mnist()
model = ae.{model}({sizes}, seed=0)
model.fit(train.images, validation=test.images, epochs=1, progress=False)
(peak,) = (line.split()[1] for line in open("{status}") if line.startswith("VmHWM:"))
arrays = [train.images, train.labels, test.images, test.labels]
print(json.dumps({{
    "peak": int(peak) * 1024,
    "data": sum(array.nbytes for array in arrays),
    "parameters": sum(array.nbytes for array in model.parameters.values()),
}}))
"""


@pytest.mark.skipif(not STATUS.exists(), reason="only Linux notes the peak of a process's memory there")
@pytest.mark.parametrize(("model", "sizes"), [("Autoencoder", [784, 300, 150]), ("VAE", [784, 400, 20])])
def test_training_needs_60_mb_and_six_times_the_parameters_beside_the_data(model, sizes):
    code = PEAK.format(model=model, sizes=sizes, status=STATUS)
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "2"},  # each thread has memory of its own
        capture_output=True,
        text=True,
        check=True,
    )
    used = json.loads(run.stdout)
    assert used["peak"] <= used["data"] + 60e6 + 6 * used["parameters"]


@pytest.mark.parametrize(("model", "sizes"), [(ae.Autoencoder, [784, 300, 150]), (ae.VAE, [784, 400, 20])])
def test_ten_epochs_in_float32_end_within_half_a_percent_of_float64(model, sizes):
    images = ae.load_mnist()[0].images[:20_000]
    loss = {
        dtype: model(sizes, seed=0, dtype=dtype).fit(images, epochs=10, progress=False)["loss"][-1]
        for dtype in ("float32", "float64")
    }
    assert loss["float32"] == pytest.approx(loss["float64"], rel=5e-3)
