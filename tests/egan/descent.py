"""Planted evolutions: logbooks and family records whose right answers are known."""

from __future__ import annotations

import random
from collections.abc import Sequence

from deap import tools

from egan.individual import Record

MUTATIONS = ("minimax", "heuristic", "least_squares")


def logbook(winners: Sequence[str], above: dict[str, float] | None = None) -> tools.Logbook:
    """A generation for each winner. A child's fitness is the generation's number plus what it is ``above`` that."""
    book = tools.Logbook()
    above = above or dict.fromkeys(MUTATIONS, 0.0)
    for generation, winner in enumerate(winners, start=1):
        fitness = {f"fitness/{mutation}": generation + more for mutation, more in above.items()}
        book.record(
            generation=generation,
            discriminator=0.5,
            fitness=fitness.get(f"fitness/{winner}", 0.0),
            quality=generation / 10,
            diversity=-1.0,
            winner=winner,
            **fitness,
        )
    return book


def family(generations: int, parents: int = 1, seed: int = 0, mutations: Sequence[str] = MUTATIONS) -> list[Record]:
    """Records of an evolution in which chance chooses the survivors."""
    chance = random.Random(seed)
    records = [Record(number, -1, "founder", 0, survived=True) for number in range(parents)]
    alive = [record.number for record in records]
    for generation in range(1, generations + 1):
        children = [(parent, mutation) for parent in alive for mutation in mutations]
        born = [Record(len(records) + i, *child, generation, 0.5, 0.1) for i, child in enumerate(children)]
        for survivor in chance.sample(born, parents):
            survivor.survived = True
        alive = [child.number for child in born if child.survived]
        records += born
    return records
