"""One island for some generations: a pure function of its state, so that it may be played anywhere, and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import torch
from deap import tools

from core_gans.data import Examples
from core_gans.foundation.errors import DivergedError
from core_gans.session import Options
from core_gans.variants import from_saved
from egan import multi_discriminator
from egan.evolution import generation, make_toolbox
from egan.individual import Individual, Record
from egan.islands.lineage_average import LineageAverage
from egan.islands.migration import COMPETES, Arrival
from egan.islands.seeds import island_seed
from egan.islands.transport import packed, unpacked
from egan.options import Evolution
from egan.past import pack
from egan.population import MARKS, Population, require_evolvable, start, turn_of
from egan.returning import play_or_return
from egan.scheme import Scheme

MIGRANT = "migrant"  # how the records call the coming of one
PAST = ("logbook", "chapters", "history")  # what stays where the islands are kept: it grows with every generation


@dataclass(frozen=True)
class Setup:
    """All that islands have in common, in words and arrays: what a process needs to play any of them."""

    variant: str
    fields: Mapping[str, Any]
    options: Options
    evolution: Evolution
    examples: Examples  # what is learned from; what is held out stays at home

    @cached_property
    def scheme(self) -> Scheme:
        return self.evolution.scheme(self.examples)

    def __getstate__(self) -> dict[str, Any]:
        """Words and arrays: a scheme holds functions, which cannot be pickled, and torch's tensors travel slowly."""
        kept = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**kept, "examples": packed(vars(self.examples))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        examples = unpacked(state["examples"])
        vars(self).update(state | {"examples": Examples(**examples)})

    def with_genes(self, genes: Mapping[str, Any]) -> Setup:
        """The same with an island's own settings."""
        if not genes:
            return self
        of_game = {name: value for name, value in genes.items() if name in self.fields}
        of_evolution = {name: value for name, value in genes.items() if name not in self.fields}
        return replace(self, fields={**self.fields, **of_game}, evolution=replace(self.evolution, **of_evolution))

    def found(self, island: int) -> Population:
        """The founders of an island, with chance and an order of the data of its own."""
        options = replace(self.options, seed=island_seed(self.options.seed, island))
        game = require_evolvable(from_saved(self.variant, dict(self.fields)))
        population = start(
            game, options.batches(self.examples), options.rng(), self.evolution.parents, options.compute()
        )
        multi_discriminator.recruit(population, self.scheme.discriminators)
        return population

    def founded(self, island: int) -> dict[str, Any]:
        """The state of an island before its first generation."""
        population = self.found(island)
        average = LineageAverage(self.options.average, self.options.average_rises)
        average.begin(population.parents)
        return rested(population, average)


@dataclass(frozen=True)
class Leg:
    """The generations of one island between two moments at which all islands rest."""

    island: int
    state: Mapping[str, Any]
    arrivals: Sequence[Arrival]
    generations: int
    genes: Mapping[str, Any] = field(default_factory=dict)  # settings of its own


@dataclass(frozen=True)
class Played:
    """What a leg led to: the new state, and what it adds to the island's past."""

    state: dict[str, Any]
    lines: list[dict[str, Any]]  # of the logbook
    records: list[dict[str, Any]]  # of parents at its beginning and of all who were born or came
    came: list[tuple[int, int, int]]  # origin, number there, number here: of who came and stayed
    diverged: str = ""  # why no more could be played; the state is that of the last good generation


def play(setup: Setup, leg: Leg) -> Played:
    """The leg, in one thread or as many as the options say; nothing outside the answer changes."""
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, setup.options.threads))
    try:
        return _play(setup, leg)
    finally:
        torch.set_num_threads(threads)


def _play(setup: Setup, leg: Leg) -> Played:
    setup = setup.with_genes(leg.genes)
    population = setup.found(leg.island)
    average = LineageAverage(setup.options.average, setup.options.average_rises)
    wake(population, average, leg.state)
    came = welcome(population, average, setup.scheme, leg.arrivals) if leg.arrivals else []
    toolbox = make_toolbox(population, setup.scheme)
    diverged = ""
    try:
        for _ in range(leg.generations):
            play_or_return(population, lambda: generation(population, setup.scheme, toolbox))
            population.round += 1
            if average.decay:
                average.follow(population.parents, population.round)
    except DivergedError as error:
        diverged = str(error)
    records = [{mark: getattr(record, mark) for mark in MARKS} for record in population.history]
    return Played(rested(population, average), list(population.logbook), records, came, diverged)


def rested(population: Population, average: LineageAverage) -> dict[str, Any]:
    """The state of an island at rest, in arrays: its population without its past, and the parents' shadows."""
    state = {name: value for name, value in population.state_dict().items() if name not in PAST}
    shadows = [average.shadows[parent.number] for parent in population.parents] if average.decay else None
    return packed({**state, "shadows": shadows})


def wake(population: Population, average: LineageAverage, state: Mapping[str, Any]) -> None:
    """Bring a population that was just founded to ``state``; of its past it knows its parents' records."""
    tensors = unpacked(state)
    records = [Record(**parent["record"]) for parent in tensors["parents"]]
    marks = [{mark: getattr(record, mark) for mark in MARKS} for record in records]
    population.load_state_dict({**tensors, "logbook": pack([]), "chapters": {}, "history": pack(marks)})
    if tensors["shadows"] is not None:
        average.shadows = {
            parent.number: shadow for parent, shadow in zip(population.parents, tensors["shadows"], strict=True)
        }


def welcome(
    population: Population, average: LineageAverage, scheme: Scheme, coming: Sequence[Arrival]
) -> list[tuple[int, int, int]]:
    """Let who comes replace parents, or compete with them before the island's own discriminator.

    Who comes has a number and a record of the island, without a parent there.
    """
    guests: dict[int, tuple[Arrival, Individual]] = {}
    for arrival in coming:
        guest = _guest(population, arrival)
        guests[guest.number] = (arrival, guest)
        if arrival.shadow is not None:
            average.shadows[guest.number] = unpacked(arrival.shadow)
        if arrival.place != COMPETES:
            population.parents[arrival.place] = guest
    if any(arrival.place == COMPETES for arrival in coming):
        candidates = [*population.parents, *(guest for _, guest in guests.values())]
        population.parents = fittest(population, scheme, candidates)
    population.recycled = None  # latents of parents that may have gone
    stayed = [parent.number for parent in population.parents if parent.number in guests]
    for number, (_, guest) in guests.items():
        guest.record.survived = number in stayed
        guest.record.until = population.round if number in stayed else -1
        population.history.append(guest.record)
    return [(guests[number][0].origin, guests[number][0].number, number) for number in stayed]


def fittest(population: Population, scheme: Scheme, candidates: Sequence[Individual]) -> list[Individual]:
    """The best of ``candidates``, as many as there are parents, judged on the same latents, best first.

    The parents, where fewer live.
    """
    toolbox = make_toolbox(population, replace(scheme, engine="reference"))
    real, latents = toolbox.real_scores(population.draw_batch()), toolbox.latents()
    judgements = [toolbox.evaluate(candidate, real, latents) for candidate in candidates]
    for candidate, judgement, value in zip(candidates, judgements, toolbox.fitness(judgements), strict=True):
        candidate.record.quality, candidate.record.diversity = judgement.quality, judgement.diversity
        candidate.fitness.values = (value,)
    count, alive = len(population.parents), [candidate for candidate in candidates if candidate.alive]
    best: list[Individual] = tools.selBest(alive, count)
    return best if len(best) == count else population.parents


def _guest(population: Population, arrival: Arrival) -> Individual:
    guest = population.parents[0].child(turn_of(population.game, "generator").optimizer, Record(0, -1, "", 0))
    guest.load_state_dict(unpacked(arrival.parent))
    number, there = population.next_number(), guest.record
    guest.record = Record(
        number, -1, MIGRANT, population.round, quality=there.quality, diversity=there.diversity, survived=True
    )
    return guest
