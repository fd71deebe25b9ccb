"""Settings as genes of an island: exploit and explore. Jaderberg et al. 2017, "Population based training", section 3.

At a migration the islands are ranked by their distance to examples held out, never by a discriminator. The last ones
become copies of one of the first, discriminator and optimisers included, and go on with its genes changed by chance.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from core_gans.foundation.errors import LabError
from core_gans.foundation.names import require_known
from core_gans.game import Game
from egan.options import Evolution

Genes = dict[str, Any]
FACTORS = (0.8, 1.25)  # of a number that is explored; Jaderberg et al. have 0.8 and 1.2
OF_GAME = ("rate", "beta1", "beta2", "r1", "r2", "gradient_penalty")
OF_EVOLUTION = ("gamma", "mutations")
LEAST = 1e-6  # of 1 - beta


def first_genes(names: Sequence[str], game: Game, evolution: Evolution) -> Genes:
    """The genes that all islands begin with: the settings of the run. LabError for a name that is no gene of it."""
    known = [name for name in OF_GAME if name in {each.name for each in fields(game)}]
    found: Genes = {}
    for name in names:
        require_known("setting to explore", name, (*known, *OF_EVOLUTION))
        found[name] = getattr(game if name in known else evolution, name)
        if found[name] == 0 and not _is_decay(name):
            raise LabError(f"{name} is 0, and times anything it stays so: give it a value to begin with.")
    return found


def spread(genes: Genes, seed: int, island: int) -> Genes:
    """The genes of an island at its beginning: the first one has the run's own, the others have them changed."""
    return dict(genes) if island == 0 else explored(genes, random.Random(f"{seed}/{island}"))


def explored(genes: Mapping[str, Any], chance: random.Random) -> Genes:
    """Each number times 0.8 or 1.25, and of a beta its distance from 1; of mutations one leaves, or another returns."""
    found: Genes = {}
    for name, value in genes.items():
        if name == "mutations":
            found[name] = _other(tuple(value), chance)
            continue
        factor = chance.choice(FACTORS)
        found[name] = max(0.0, 1 - max(LEAST, (1 - value) * factor)) if _is_decay(name) else value * factor
    return found


def _is_decay(name: str) -> bool:
    """Whether it is one of Adam's betas, of which the distance from 1 is explored: they may begin at 0."""
    return name.startswith("beta")


def _other(mutations: tuple[str, ...], chance: random.Random) -> tuple[str, ...]:
    """One of the paper's mutations less or more; never none."""
    turned = chance.choice(Evolution().mutations)
    left = tuple(name for name in mutations if name != turned)
    return left or mutations if turned in mutations else (*mutations, turned)


def exploited(distances: Mapping[int, float], share: float, chance: random.Random) -> dict[int, int]:
    """Which of the islands, the last ``share`` by their ``distances``, becomes a copy of which of the first.

    At least one of several does; whose distance is infinite is among the last.
    """
    order = sorted(distances, key=lambda island: (distances[island], island))
    count = min(max(1, int(share * len(order))), len(order) // 2)
    winners = [island for island in order[:count] if distances[island] < float("inf")]
    return {loser: chance.choice(winners) for loser in order[len(order) - count :]} if winners else {}
