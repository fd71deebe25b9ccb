"""Codes without labels: what InfoGAN's category knows of the digit, and what its continuous codes move."""

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
        latent=16,
        codes=1,
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
    """Pearson of the code and the property that it moves most, on drawings of other noises than those that chose them.

    ``in a category``: the mean over categories and noises, each of them held, a sign for each category being chosen
    with the property, as nothing in the game ties a code's direction in one category to that in another.
    ``one sign``: the same with one sign for all. ``overall``: over all drawings at once, absolute.
    """
    rng = torch.Generator().manual_seed(seed)
    category = torch.arange(CONTEXTS) % game.categories
    latents = game.latents(CONTEXTS, rng, category)
    values = torch.linspace(-1, 1, STEPS, dtype=torch.float64)[:, None]  # (S, 1)
    chooses = torch.arange(CONTEXTS) < CONTEXTS // 2
    best, found = -1.0, dict[str, float]()
    for code in range(game.codes):
        along = latents.repeat_interleave(STEPS, dim=0)
        along[:, game.latent + game.categories + code] = values.squeeze(1).float().repeat(CONTEXTS)
        moved = measured(generate(generator, along)).unflatten(0, (CONTEXTS, STEPS))  # (contexts, S, properties)
        within = _pearson(values[None], moved, dim=1)  # (contexts, properties)
        means = [within[chooses & (category == each)].mean(dim=0) for each in range(game.categories)]
        aligned = within * torch.stack(means).sign()[category]
        chosen = int(aligned[chooses].mean(dim=0).argmax())
        strength = aligned[chooses, chosen].mean().item()
        if strength > best:
            judged = moved[~chooses, :, chosen].flatten()
            best, found = (
                strength,
                {
                    "code in a category": aligned[~chooses, chosen].mean().item(),
                    "one sign": within[~chooses, chosen].mean().abs().item(),
                    "overall": _pearson(values.squeeze(1).repeat(int((~chooses).sum())), judged, dim=0).abs().item(),
                },
            )
    return found


def _pearson(one: Tensor, other: Tensor, dim: int) -> Tensor:
    one, other = one - one.mean(dim=dim, keepdim=True), other - other.mean(dim=dim, keepdim=True)
    scale = (one.square().sum(dim=dim) * other.square().sum(dim=dim)).sqrt()
    return (one * other).sum(dim=dim) / scale.clamp(min=1e-12)
