"""Migration: what passes between islands, decided on their states at rest. No chance is used."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deap import tools

from egan.individual import Fitness
from egan.islands.settings import Islands
from egan.islands.topology import LAYOUTS

State = Mapping[str, Any]
COMPETES = -1  # in place of a parent's place: who arrives is judged beside the parents


@dataclass(frozen=True)
class Arrival:
    """A copy of a parent of another island."""

    origin: int  # the island that it comes from
    number: int  # its number there
    place: int  # of the parent that it replaces, or COMPETES
    parent: State
    shadow: State | None  # its weight average


@dataclass(eq=False)
class Seat:
    """A place among the parents of an island, as DEAP's operators see it: with a fitness."""

    island: int
    place: int
    fitness: Fitness


def arrivals(states: Sequence[State], settings: Islands) -> list[list[Arrival]]:
    """Who arrives at each of the islands of ``states``.

    On a ring the best of an island replace the worst of the next (``deap.tools.migRing``). On a grid, and from all to
    all, copies of the best of every source compete with the island's own parents.
    """
    demes = [_seats(island, state) for island, state in enumerate(states)]
    layout = LAYOUTS[settings.topology]
    if layout.replaces:
        tools.migRing(demes, settings.migrants, tools.selBest, tools.selWorst)
        return [
            [
                _arrival(states, seat, place)
                for place, seat in enumerate(deme)
                if (seat.island, seat.place) != (island, place)
            ]
            for island, deme in enumerate(demes)
        ]
    best = [tools.selBest(deme, settings.migrants) for deme in demes]
    return [
        [_arrival(states, seat, COMPETES) for source in each for seat in best[source]]
        for each in layout.sources(len(states))
    ]


def with_discriminators_moved(states: Sequence[State]) -> list[dict[str, Any]]:
    """The states, each with the discriminators of the island after it: against the direction of the ring.

    In its direction a generator would meet the discriminator that it comes from.
    """
    return [taken_over(state, states[(place + 1) % len(states)]) for place, state in enumerate(states)]


def taken_over(state: State, source: State) -> dict[str, Any]:
    """``state`` with the discriminators of ``source``, and their optimisers."""
    return {**state, **{key: source[key] for key in ("discriminator", "optimizer", "discriminators")}}


def everyone_of(source: State, island: int) -> list[Arrival]:
    """All parents of ``source``, which is that of ``island``, in place of those who are there."""
    places = range(len(source["parents"]))
    return [_arrival({island: source}, Seat(island, place, Fitness()), place) for place in places]


def _seats(island: int, state: State) -> list[Seat]:
    seats = []
    for place, parent in enumerate(state["parents"]):
        value = parent["fitness"][0] if parent["fitness"] else -math.inf  # founders were never judged
        seats.append(Seat(island, place, Fitness((value if math.isfinite(value) else -math.inf,))))
    return seats


def _arrival(states: Sequence[State] | Mapping[int, State], seat: Seat, place: int) -> Arrival:
    state = states[seat.island]
    parent = state["parents"][seat.place]
    shadows = state["shadows"]
    return Arrival(
        seat.island, parent["record"]["number"], place, parent, shadows[seat.place] if shadows is not None else None
    )
