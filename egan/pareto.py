"""Quality and diversity as two objectives, and the front of those that no other dominates, as DEAP keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from deap import base, tools

from egan.individual import Record


class Objectives(base.Fitness):
    """Quality and diversity, both to be maximised."""

    weights = (1.0, 1.0)


@dataclass
class Placed:
    """A record among two objectives. Each was judged by the discriminator of its generation."""

    record: Record

    @property
    def fitness(self) -> Objectives:
        return objectives_of(self.record)


def objectives_of(record: Record) -> Objectives:
    """What was measured of an individual, as a fitness that dominates another or does not."""
    return Objectives((record.quality, record.diversity))


def pareto_front() -> tools.ParetoFront:
    """DEAP's front of ``Placed``, which tells them apart by number and values."""
    return tools.ParetoFront(similar=same)


def same(one: Placed, other: Placed) -> bool:
    """Whether two are one individual. A function of its own, so that what holds it can be pickled."""
    return one.record.number == other.record.number
