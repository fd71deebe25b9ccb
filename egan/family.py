"""Descent of individuals: lineages, common ancestors, and the layout of a family tree without crossings.

Every child but that of a crossover has one parent, and that one counts as a child of the better one, so descent is a
tree. A record is an individual without its weights (``Record``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields

from deap import tools

from egan.individual import Record


@dataclass
class Relative(Record):
    """A record with the index that DEAP's history gave it; DEAP takes those without one for founders."""

    history_index: int = field(init=False)


def deap_history(records: Sequence[Record]) -> tools.History:
    """The records as DEAP's History, for its users' tools: ``genealogy_tree``, ``genealogy_history``, ``getGenealogy``.

    ``genealogy_tree[index]`` is a tuple: the parent's index, both parents' after a crossover, or nothing for a founder.
    ``genealogy_history[index]`` is the record, with its ``history_index``; indices count from 1 in order of birth. A
    child whose parent is not among the records stands as a founder. DEAP's ``getGenealogy`` recurses: give it a
    ``max_depth`` below about 900.
    """
    history = tools.History()
    index: dict[int, int] = {}
    for record in sorted(records, key=lambda record: record.number):
        relative = Relative(**{mark.name: getattr(record, mark.name) for mark in fields(Record)})
        if record.parent in index:
            relative.history_index = index[record.parent]  # DEAP reads the parent here, then writes the child's own
        history.update([relative])
        if record.other in index:
            history.genealogy_tree[relative.history_index] += (index[record.other],)
        index[record.number] = relative.history_index
    return history


def lineage(records: Iterable[Record], number: int) -> list[Record]:
    """The ancestors of individual ``number``, oldest first, and itself; ValueError when the records lack it."""
    known = {record.number: record for record in records}
    if number not in known:
        raise ValueError(f"expected the number of an individual in these {len(known)} records, got {number}.")
    line = []
    while number in known:
        line.append(known[number])
        number = known[number].parent
    return line[::-1]


def living(records: Sequence[Record]) -> list[Record]:
    """The survivors of the last generation that had any, the parents of the next one."""
    last = max((record.alive_in for record in records), default=-1)
    return [record for record in records if record.alive_in == last >= 0]


def common_ancestor(records: Sequence[Record]) -> Record | None:
    """The latest individual from whom all the living descend; None when they have different founders.

    With one parent it is the living one itself.
    """
    known = {record.number: record for record in records}
    line = {record.number: record for record in living(records)}
    while len(line) > 1:
        youngest = max(line.values(), key=lambda record: record.number)
        del line[youngest.number]
        if youngest.parent not in known:
            return None
        line[youngest.parent] = known[youngest.parent]
    return next(iter(line.values()), None)


@dataclass(frozen=True)
class Place:
    """Where an individual stands in the tree."""

    record: Record
    generation: int  # of its birth, or the first that is shown
    lane: float  # across the tree, 0 in the middle, 1 apart; in a generation no two share one
    enduring: bool  # it is alive, or has living descendants


def family_tree(records: Sequence[Record], generations: int = 40) -> dict[int, Place]:
    """The places of everyone born in the last ``generations``, and of those who lived just before, by number.

    Siblings stand in the order of their mutations' first appearance, families in the order of their parents, so the
    lines from parents to children never cross. ValueError for fewer than one of the ``generations``.
    """
    if generations < 1:
        raise ValueError(f"expected at least one generation, got {generations}.")
    last = max((record.generation for record in records), default=0)
    first = max(0, last - generations)
    shown = [record for record in records if record.generation > first or record.alive_in >= first]
    order = {mutation: rank for rank, mutation in enumerate(dict.fromkeys(record.mutation for record in records))}
    enduring = _enduring(shown)
    places: dict[int, Place] = {}
    for generation in range(first, last + 1):
        family = sorted(
            (record for record in shown if max(record.generation, first) == generation),
            key=lambda record: (
                places[record.parent].lane if record.parent in places else -math.inf,
                order[record.mutation],
                record.number,
            ),
        )
        for rank, record in enumerate(family):
            places[record.number] = Place(record, generation, rank - (len(family) - 1) / 2, record.number in enduring)
    return places


def _enduring(records: Sequence[Record]) -> set[int]:
    """The numbers of the living and of their ancestors."""
    known = {record.number: record for record in records}
    found: set[int] = set()
    for survivor in living(records):
        number = survivor.number
        while number in known and number not in found:
            found.add(number)
            number = known[number].parent
    return found
