"""特征: codes as input of a classifier, and a pretrained stack tuned with few labels."""

from __future__ import annotations

from scratch_ae import (
    VAE,
    Autoencoder,
    Dataset,
    DenoisingAutoencoder,
    SparseAutoencoder,
    StackedAutoencoder,
    load_mnist,
)
from scratch_ae.arrays import FloatArray
from scratch_ae.consoles import say
from scratch_ae.evaluation import PCA, SoftmaxClassifier
from scratch_ae.experiments.exhibit import Exhibit

CODE = 150
LABELLED = 1000

Features = dict[str, tuple[FloatArray, FloatArray]]
"""Under its name, what stands for the training images and for the test images."""


def codes_for_a_classifier(epochs: int, seed: int) -> Exhibit:
    """How well a linear classifier reads a code, and what pretraining is worth where labels are few."""
    from scratch_ae import plots

    train, test = load_mnist()
    accuracy = {}
    for name, (x, unseen) in features_of(train, test, epochs, seed).items():
        say(f"a softmax classifier on {name}")
        mean, spread = x.mean(axis=0), x.std() + 1e-6
        classifier = SoftmaxClassifier([x.shape[1], 10], seed=seed)
        classifier.fit((x - mean) / spread, train.labels, epochs=epochs, progress=False)
        accuracy[name] = classifier.accuracy((unseen - mean) / spread, test.labels)
    few = fine_tuned(train, test, epochs, seed)
    return Exhibit(
        "Test accuracy of a softmax classifier on "
        + ", ".join(f"{name} {value:.1%}" for name, value in accuracy.items())
        + f". With {LABELLED:,} labels, a pretrained stack fine-tuned reaches {few['pretrained']:.1%}, the same "
        f"network from a random start {few['random start']:.1%}.",
        {"accuracy": accuracy, "fine_tuned": few},
        {
            "classifiers": plots.bars(
                {name: 100 * value for name, value in accuracy.items()},
                y_label="test accuracy, %",
                title="A linear classifier on pixels, on PCA, and on codes",
            ),
            "fine_tuning": plots.bars(
                {name: 100 * value for name, value in few.items()},
                y_label="test accuracy, %",
                title=f"Tuned with {LABELLED:,} labels: pretrained on all images, or not",
            ),
        },
    )


def features_of(train: Dataset, test: Dataset, epochs: int, seed: int) -> Features:
    """Pixels, PCA, and the codes of four autoencoders, each as large as the other."""
    models: dict[str, Autoencoder] = {
        "plain": Autoencoder([784, 300, CODE], code_activation="identity", seed=seed),
        "denoising": DenoisingAutoencoder([784, 300, CODE], code_activation="identity", seed=seed),
        "sparse": SparseAutoencoder([784, CODE], seed=seed),
        "VAE": VAE([784, 300, CODE], seed=seed),
    }
    pca = PCA(train.images, CODE)
    features: Features = {
        "raw pixels": (train.images, test.images),
        f"PCA, {CODE}": (pca.encode(train.images), pca.encode(test.images)),
    }
    for name, model in models.items():
        say(f"{name}: a code of {CODE} numbers")
        model.fit(train.images, epochs=epochs)
        features[name] = (model.encode(train.images), model.encode(test.images))
    return features


def fine_tuned(train: Dataset, test: Dataset, epochs: int, seed: int) -> dict[str, float]:
    """The test accuracy of two classifiers tuned with the first labels: one pretrained on all images, one not."""
    assert train.labels is not None
    stack, blank = (StackedAutoencoder([784, 300, CODE], seed=seed) for _ in range(2))
    stack.pretrain(train.images, epochs=epochs)
    accuracy = {}
    for name, model in {"pretrained": stack, "random start": blank}.items():
        classifier = SoftmaxClassifier.from_encoder(model, 10)
        classifier.fit(train.images[:LABELLED], train.labels[:LABELLED], epochs=60, progress=False)
        accuracy[name] = classifier.accuracy(test.images, test.labels)
    return accuracy
