"""What is recorded of a generation: a line in DEAP's logbook, records in the history, the hall of fame."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor

from egan.individual import Individual
from egan.pareto import Placed
from egan.population import Population


def conclude(
    population: Population,
    survivors: Sequence[Individual],
    children: Sequence[Individual],
    candidates: Sequence[Individual],
    recycled: Tensor | None,
    loss: float,
    by_objectives: bool = False,
) -> None:
    """Make the survivors the parents, best first, and write the generation down.

    ``recycled`` are latents for their next variation, ``loss`` is the discriminator's. The Pareto front is kept where
    selection is ``by_objectives``.
    """
    population.parents = sorted(survivors, key=lambda individual: individual.fitness, reverse=True)
    population.recycled = recycled
    population.hall_of_fame.update(population.parents)
    if by_objectives:
        population.front.update([Placed(replace(each.record)) for each in candidates if each.alive])
    best = population.parents[0]
    line: dict[str, float | str] = {
        "discriminator": loss,
        "fitness": best.fitness.values[0],
        "quality": best.record.quality,
        "diversity": best.record.diversity,
        "winner": best.record.mutation,
        **_family(children, best),
    }
    compiled = population.stats.compile(candidates) if population.stats is not None else {}
    statistics = _plain(compiled)
    taken = ("generation", "returned", *line)
    for name, value in statistics.items():
        if name in taken and not isinstance(value, Mapping):
            raise ValueError(f"expected statistics of other names than {', '.join(taken)}, got {name!r}: rename it.")
    beside = {name: statistics.pop(name) for name in taken if name in statistics}
    now = {"generation": population.round + 1, **line}
    population.logbook.record(**now, **statistics)
    for name, chapter in beside.items():  # a chapter called like a number of the line: both are kept
        population.logbook.chapters[name].record(generation=now["generation"], **chapter)
    population.logbook.header = list(dict.fromkeys([*now, *statistics, *beside]))
    population.terms = line


def _family(children: Sequence[Individual], best: Individual) -> dict[str, float]:
    """The fitness of the children of the winner's parent, or of the winner if it is a parent: the best by mutation."""
    parent = best.record.parent if any(child is best for child in children) else best.number
    found: dict[str, list[float]] = {}
    for child in children:
        if child.record.parent == parent:
            found.setdefault(f"fitness/{child.record.mutation}", []).append(child.fitness.values[0])
    return {name: max(filter(math.isfinite, values), default=math.nan) for name, values in found.items()}


def _plain(compiled: Mapping[str, Any]) -> dict[str, Any]:
    """DEAP's statistics with numpy's numbers as Python's, which checkpoints hold; a chapter is a dictionary."""
    plain: dict[str, Any] = {}
    for name, value in compiled.items():
        if isinstance(value, Mapping):
            plain[name] = _plain(value)
        elif isinstance(value, (np.generic, Tensor)):
            plain[name] = value.item()
        elif isinstance(value, (bool, int, float, str)):
            plain[name] = value
        else:
            raise ValueError(
                f"expected the statistic {name!r} to be one number, got a {type(value).__name__}: let it sum up "
                "single values, such as key=lambda individual: individual.fitness.values[0]."
            )
    return plain
