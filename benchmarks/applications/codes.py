"""Codes that nobody labelled: what InfoGAN's category knows of the digit, and what its continuous codes move."""

from __future__ import annotations

from dataclasses import replace

import torch
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score
from torch import Tensor, nn

from benchmarks.applications.digits import known, split
from benchmarks.applications.row import Row, trained
from benchmarks.applications.strokes import measured
from core_gans import make
from core_gans.data import as_float
from core_gans.game import generate
from core_gans.variants import InfoGAN

CONTEXTS = 200  # noises and categories, each of them drawn along every code
STEPS = 11  # values of a code, from -1 to 1


def category_found(seed: int, seconds: float) -> Row:
    """How much of a held-out digit InfoGAN's category knows, and how well a code follows slant, width or ink."""
    learnt, held_out = split()
    game = make(
        "infogan",
        shape=learnt.shape,
        width=16,
        latent=4,  # little noise, so that what varies within a class is left to the codes
        codes=2,
        codes_information=2.0,
        rate=1e-3,
        discriminator_rate=5e-4,
    )
    assert isinstance(game, InfoGAN)
    _, averages = trained(
        game, replace(learnt, labels=None), seed, seconds, players=("generator", "discriminator", "recogniser")
    )
    found, _ = game.recognised(averages, as_float(held_out.images))
    pixels = as_float(held_out.images).flatten(1)
    clusters = KMeans(10, n_init=10, random_state=seed).fit(as_float(learnt.images).flatten(1)).predict(pixels)
    nmi = normalized_mutual_info_score
    return Row(
        float(nmi(known(held_out), found.argmax(dim=1))),
        float(nmi(known(held_out), clusters)),
        code_followed(game, averages["generator"], seed),
    )


def code_followed(game: InfoGAN, generator: nn.Module, seed: int) -> dict[str, float]:
    """How a property follows the code that moves it most: |Pearson| within a category and noise, and over all.

    Code and property are chosen on one half of the contexts and judged on the other.
    """
    rng = torch.Generator().manual_seed(seed)
    latents = game.latents(CONTEXTS, rng)
    values = torch.linspace(-1, 1, STEPS)
    choosing, judging = [], []
    for code in range(game.codes):
        along = latents.repeat_interleave(STEPS, dim=0)
        along[:, game.latent + game.categories + code] = values.repeat(CONTEXTS)
        moved = measured(generate(generator, along)).unflatten(0, (CONTEXTS, STEPS))  # (contexts, steps, properties)
        choosing.append(_followed(values, moved[: CONTEXTS // 2]))
        judging.append(_followed(values, moved[CONTEXTS // 2 :]))
    within = torch.stack([each[0] for each in choosing])  # (codes, properties)
    code, chosen = divmod(int(within.abs().argmax()), within.shape[1])
    held_within, held_overall = (part[chosen].abs().item() for part in judging[code])
    return {"code within": held_within, "code overall": held_overall}


def _followed(values: Tensor, moved: Tensor) -> tuple[Tensor, Tensor]:
    """Pearson of the ``values`` (S,) and each property in ``moved`` (N, S, P): the mean within the N, and over all."""
    code = values.double()[None, :, None].expand(len(moved), -1, 1)
    return _pearson(code, moved, dim=1).mean(dim=0), _pearson(code.flatten(0, 1), moved.flatten(0, 1), dim=0)


def _pearson(one: Tensor, other: Tensor, dim: int) -> Tensor:
    one, other = one - one.mean(dim=dim, keepdim=True), other - other.mean(dim=dim, keepdim=True)
    scale = (one.square().sum(dim=dim) * other.square().sum(dim=dim)).sqrt()
    return (one * other).sum(dim=dim) / scale.clamp(min=1e-12)
