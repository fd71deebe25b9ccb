"""What a run on islands draws from: the island nearest to examples held out, or a mixture with evolved shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core_gans.game import NoiseGame, generate
from core_gans.training import fresh_players
from egan.islands.held_out import HeldOut
from egan.islands.mixing import evolved_shares
from egan.islands.settings import Islands

LEAST_SHARE = 0.01  # of a generator in a mixture; smaller ones are left out


@dataclass(frozen=True)
class Chosen:
    """Every island's distance to the examples held out, the nearest, and where a mixture is wanted, its shares."""

    distances: list[float]
    best: int
    shares: list[float]  # of all islands, of sum 1
    mixed: list[int]  # the islands that have a share; none where one island alone is drawn from


@torch.no_grad()
def choose(
    game: NoiseGame, judge: HeldOut, weights: Sequence[Mapping[str, Tensor]], settings: Islands, seed: int
) -> Chosen:
    """Judge the generators with ``weights`` on the same latents, which come from ``seed`` and serve nothing else."""
    latents = game.latents(judge.count, torch.Generator().manual_seed(seed + 3))
    generator = fresh_players(game, torch.Generator().manual_seed(0))["generator"]
    features = []
    for each in weights:
        generator.load_state_dict(dict(each))
        features.append(judge.of(generate(generator, latents)))
    distances = [judge.distance(each) for each in features]
    best = min(range(len(distances)), key=distances.__getitem__)
    shares = [float(number == best) for number in range(len(distances))]
    sound = [number for number, distance in enumerate(distances) if distance < float("inf")]
    if settings.outcome != "mixture" or len(sound) < 2:
        return Chosen(distances, best, shares, [])
    matrix, towards, _ = judge.kernels([features[number] for number in sound])
    evolved = evolved_shares(matrix, towards, torch.Generator().manual_seed(seed + 4))
    kept = {number: share for number, share in zip(sound, evolved, strict=True) if share >= LEAST_SHARE}
    if len(kept) < 2:
        return Chosen(distances, best, shares, [])
    total = sum(kept.values())
    shares = [kept.get(number, 0.0) / total for number in range(len(distances))]
    return Chosen(distances, best, shares, sorted(kept))
