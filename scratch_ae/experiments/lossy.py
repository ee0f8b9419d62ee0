"""有损: rate against distortion, beside PCA and JPEG."""

from __future__ import annotations

from scratch_ae import Autoencoder, load_mnist
from scratch_ae.consoles import say
from scratch_ae.evaluation import PCA, compression
from scratch_ae.experiments.exhibit import Exhibit

SIZES = [4, 8, 16, 32, 64, 128]
QUALITIES = [1, 3, 5, 8, 12, 20, 30, 45, 60]


def rate_and_distortion(epochs: int, seed: int) -> Exhibit:
    """Codes of 8 bits a number, so that a code of as many numbers has as many bytes."""
    from scratch_ae import plots

    train, test = load_mnist()
    x = train.images[:10_000]  # enough to know the range of each number of the code
    deep, linear = [], []
    for size in SIZES:
        say(f"a code of {size} bytes")
        model = Autoencoder([784, 300, size], code_activation="identity", seed=seed)
        model.fit(train.images, epochs=epochs)
        deep.append(compression.distortion(model, x, test.images))
        linear.append(compression.distortion(PCA(train.images, size), x, test.images))
    rates, jpeg_errors = compression.jpeg(test.images, (28, 28), QUALITIES)
    figure = plots.lines(
        SIZES,
        {"autoencoder": deep, "PCA": linear, "JPEG": (rates, jpeg_errors)},
        x_label="bytes per image",
        y_label="squared error per image",
        title="What is lost at which rate",
        logx=True,
        logy=True,
    )
    at_32 = SIZES.index(32)
    return Exhibit(
        f"With 32 bytes an image the autoencoder has a squared error of {deep[at_32]:.1f}, PCA of "
        f"{linear[at_32]:.1f}; JPEG needs {rates[0]:.0f} bytes at the least, and has {jpeg_errors[0]:.1f} there.",
        {"bytes": SIZES, "autoencoder": deep, "pca": linear, "jpeg_bytes": rates, "jpeg": jpeg_errors},
        {"rate_distortion": figure},
    )
