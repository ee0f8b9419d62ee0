"""数据相关: an autoencoder trained on digits, fed clothes, and the other way round."""

from __future__ import annotations

import numpy as np

from scratch_ae import Autoencoder, load_fashion_mnist, load_mnist
from scratch_ae.arrays import FloatArray
from scratch_ae.evaluation import squared_error
from scratch_ae.experiments.exhibit import Exhibit


def digits_and_clothes(epochs: int, seed: int) -> Exhibit:
    """The error of each of two models on each of two kinds of images."""
    from scratch_ae import plots

    digits, clothes = load_mnist(), load_fashion_mnist()
    n = len(clothes[0])  # as many of each, so that only the kind differs
    models = {
        "digits": trained(digits[0].images[:n], epochs, seed),
        "clothes": trained(clothes[0].images, epochs, seed),
    }
    tests = {"digits": digits[1].images[: len(clothes[1])], "clothes": clothes[1].images}
    errors = {a: {b: squared_error(x, model.reconstruct(x)) for b, x in tests.items()} for a, model in models.items()}
    rows: dict[str, FloatArray] = {}
    for fed, x in tests.items():
        rows[f"{fed} x"] = x[:10]
        rows |= {f"trained on {kind}" + " " * (fed == "clothes"): m.reconstruct(x[:10]) for kind, m in models.items()}
    names = list(models)
    table = plots.error_table(
        np.array([[errors[a][b] for b in names] for a in names]),
        names,
        names,
        row_title="trained on",
        column_title="fed",
        title="Squared error per image: small only for what it was trained on",
    )
    examples = plots.reconstructions(rows, title="Digits and clothes, each from either model")
    own = {kind: errors[kind][kind] for kind in names}
    return Exhibit(
        f"Trained on {n:,} of each: digits come back with error {own['digits']:.1f} from their own model, "
        f"{errors['clothes']['digits'] / own['digits']:.1f} times as much from the other; clothes with "
        f"{own['clothes']:.1f}, {errors['digits']['clothes'] / own['clothes']:.1f} times as much from the other.",
        {"squared_error": errors},
        {"table": table, "examples": examples},
    )


def trained(x: FloatArray, epochs: int, seed: int) -> Autoencoder:
    """A plain autoencoder of 784-300-50, which suits a few thousand images."""
    model = Autoencoder([784, 300, 50], code_activation="identity", seed=seed)
    model.fit(x, epochs=2 * epochs)
    return model
