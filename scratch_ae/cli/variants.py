"""What `train NAME` makes of each name: the model, its options, and what shows its point."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

from scratch_ae import (
    VAE,
    Autoencoder,
    ConditionalVAE,
    ContractiveAutoencoder,
    DenoisingAutoencoder,
    SparseAutoencoder,
    StackedAutoencoder,
    TiedAutoencoder,
)
from scratch_ae.cli import arguments
from scratch_ae.experiments.contraction import show_contraction
from scratch_ae.experiments.exhibit import Exhibit
from scratch_ae.experiments.identity import show_beside_pca, show_identity
from scratch_ae.experiments.latent import show_conditional, show_latent
from scratch_ae.experiments.noise import show_denoising
from scratch_ae.experiments.pretraining import show_pretraining
from scratch_ae.experiments.run import Run
from scratch_ae.experiments.sparsity import show_sparsity

Options = argparse.Namespace


class Variant(NamedTuple):
    """`layers` after the input; `make` from the options and all sizes; `options` it has for itself."""

    layers: list[int]
    help: str
    make: Callable[[Options, list[int]], Autoencoder]
    shows: Callable[[Run], Exhibit] | None = None
    options: Callable[[Any], None] | None = None
    activation: str = "relu"
    likelihood: str = "bernoulli"


def shared(options: Options) -> dict[str, Any]:
    """The arguments that every model has from the command line."""
    return {"activation": options.activation, "likelihood": options.likelihood, "seed": options.seed}


# The plain ones.


def make_deep(options: Options, sizes: list[int]) -> Autoencoder:
    """The code is linear: a ReLU there would throw away the half of it that is negative."""
    return Autoencoder(sizes, code_activation="identity", **shared(options))


def make_undercomplete(options: Options, sizes: list[int]) -> Autoencoder:
    if sizes[-1] >= sizes[0]:
        raise ValueError(
            f"--sizes ends with {sizes[-1]}, but an undercomplete code is smaller than the input, {sizes[0]}."
        )
    return make_deep(options, sizes)


def make_overcomplete(options: Options, sizes: list[int]) -> Autoencoder:
    if sizes[-1] <= sizes[0]:
        raise ValueError(
            f"--sizes ends with {sizes[-1]}, but an overcomplete code is larger than the input, {sizes[0]}."
        )
    return make_deep(options, sizes)


def make_tied(options: Options, sizes: list[int]) -> Autoencoder:
    return TiedAutoencoder(sizes, code_activation="identity", **shared(options))


# Stacked.


def make_stacked(options: Options, sizes: list[int]) -> Autoencoder:
    return StackedAutoencoder(sizes, **shared(options))


def stacked_options(group: Any) -> None:
    group.add_argument(
        "--pretrain-epochs",
        type=arguments.whole_number,
        default=3,
        metavar="N",
        help="epochs for each layer alone, before all are trained together (default: 3)",
    )


# Regularized.


def make_sparse(options: Options, sizes: list[int]) -> Autoencoder:
    sparsity = {"sparsity": options.sparsity, "rho": options.rho, "weight": options.weight, "k": options.k}
    return SparseAutoencoder(sizes, **sparsity, **shared(options))


def sparse_options(group: Any) -> None:
    group.add_argument(
        "--sparsity",
        default="kl",
        choices=("kl", "l1", "top-k"),
        metavar="NAME",
        help="kl: each unit active for a share ρ of the images; l1: Σ|h| in the loss; top-k: only the k largest "
        "(default: kl)",
    )
    group.add_argument(
        "--rho", type=arguments.share, default=0.05, metavar="X", help="target activation for kl (default: 0.05)"
    )
    group.add_argument(
        "--weight",
        type=arguments.not_negative,
        metavar="X",
        help="of the penalty in the loss (default: 10 for kl, 0.3 for l1)",
    )
    group.add_argument(
        "--k", type=arguments.whole_number, default=25, metavar="N", help="units active for top-k (default: 25)"
    )


def make_denoising(options: Options, sizes: list[int]) -> Autoencoder:
    return DenoisingAutoencoder(sizes, noise=options.noise, level=options.level, **shared(options))


def denoising_options(group: Any) -> None:
    group.add_argument(
        "--noise",
        default="gaussian",
        choices=("gaussian", "masking", "salt-and-pepper"),
        metavar="NAME",
        help="gaussian, masking or salt-and-pepper (default: gaussian)",
    )
    group.add_argument(
        "--level",
        type=arguments.not_negative,
        default=0.5,
        metavar="X",
        help="σ of gaussian noise, or the share of pixels hit (default: 0.5)",
    )


def make_contractive(options: Options, sizes: list[int]) -> Autoencoder:
    return ContractiveAutoencoder(sizes, weight=options.weight, **shared(options))


def contractive_options(group: Any) -> None:
    group.add_argument(
        "--weight",
        type=arguments.not_negative,
        default=0.3,
        metavar="X",
        help="of the squared Jacobian in the loss (default: 0.3)",
    )


# Variational.


def make_vae(options: Options, sizes: list[int]) -> Autoencoder:
    return VAE(sizes, beta=options.beta, **shared(options))


def beta_option(default: float, why: str) -> Callable[[Any], None]:
    def add(group: Any) -> None:
        group.add_argument(
            "--beta",
            type=arguments.not_negative,
            default=default,
            metavar="X",
            help=f"weight of the KL divergence in the loss; at 1 the loss is the −ELBO (default: {default:g}{why})",
        )

    return add


def make_cvae(options: Options, sizes: list[int]) -> Autoencoder:
    return ConditionalVAE(sizes, classes=options.classes, beta=options.beta, **shared(options))


VARIANTS = {
    "ae": Variant([300, 150], "the deep autoencoder 784-300-150 (堆栈/深度自动编码器)", make_deep, show_beside_pca),
    "undercomplete": Variant(
        [32], "an autoencoder with a code of 32 numbers (欠完备自编码器)", make_undercomplete, show_beside_pca
    ),
    "overcomplete": Variant(
        [1000],
        "a linear autoencoder with a code larger than the input, which learns the identity (过完备)",
        make_overcomplete,
        show_identity,
        activation="identity",
        likelihood="gaussian",
    ),
    "tied": Variant([300, 150], "an autoencoder whose decoder has the encoder's weights, transposed", make_tied),
    "stacked": Variant(
        [300, 150],
        "a stack of layers, each trained alone first (堆栈自动编码器)",
        make_stacked,
        show_pretraining,
        stacked_options,
        activation="sigmoid",
    ),
    "sparse": Variant(
        [1000], "an autoencoder whose code is mostly zero (稀疏自编码器)", make_sparse, show_sparsity, sparse_options
    ),
    "denoising": Variant(
        [1000],
        "an autoencoder that cleans noisy images (降噪自编码器)",
        make_denoising,
        show_denoising,
        denoising_options,
    ),
    "contractive": Variant(
        [1000],
        "an autoencoder whose code hardly moves with the input (表示的小导数)",
        make_contractive,
        show_contraction,
        contractive_options,
        activation="sigmoid",
    ),
    "vae": Variant(
        [400, 20], "the variational autoencoder 784-400-20 (变分自编码器)", make_vae, show_latent, beta_option(1, "")
    ),
    "cvae": Variant(
        [400, 20],
        "a VAE that is told the label (条件变分自编码器)",
        make_cvae,
        show_conditional,
        beta_option(3, ", where samples keep best to their label"),
    ),
}
