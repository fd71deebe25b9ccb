"""E-GAN: a population of generators evolves against one discriminator. Wang et al. 2019, algorithm 1.

A generation: every parent has children by each mutation, a step of the parent's own optimiser with the discriminator
frozen; every child is judged on latents; the best survive; the discriminator takes k steps on real batches and
the fakes that the survivors were judged by.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any

import torch
from deap import base, tools
from torch import Tensor

from core_gans.compute import Compute
from core_gans.data.batches import Batches
from core_gans.foundation.errors import DivergedError, LabError
from core_gans.foundation.names import unknown_name
from core_gans.foundation.seeds import as_generator
from core_gans.game import Batch, Game
from core_gans.runs.attending import attended
from core_gans.runs.watchers import Watcher
from core_gans.training import require_given, run
from egan import bandit, engine, first_order, mapping, multi_discriminator
from egan.checks import require_fit
from egan.crossover import distillation, interpolation
from egan.fitness import Judgement, Rule
from egan.individual import Individual
from egan.judging import evaluate, real_scores
from egan.options import PAPERS, as_objects
from egan.population import Population, start, turn_of
from egan.record_generation import conclude
from egan.returning import play_or_return
from egan.scheme import Scheme
from egan.selection import chance_from, nsga2, nsga3
from egan.train_discriminator import require_sound, train_discriminator
from egan.variation import vary

OPERATORS = ("vary", "mate", "real_scores", "latents", "evaluate", "fitness", "select", "train_discriminator")


def evolve(
    game: Game,
    batches: Batches,
    generations: int | None,
    *,
    rng: torch.Generator | int,
    scheme: Scheme | None = None,
    watchers: Sequence[Watcher] = (),
    state: Population | None = None,
    compute: Compute | None = None,
    seconds: float | None = None,
    toolbox: base.Toolbox | None = None,
    stats: tools.Statistics | tools.MultiStatistics | None = None,
    progress: bool | None = None,
    **changes: Any,
) -> Population:
    """Evolve ``game``'s generator until ``generations`` in all have passed, or ``seconds`` in this call.

    ``changes`` are fields of the ``scheme`` in place of its own, as objects or by the names that the command line takes
    (``mutations=("minimax", "hinge"), selection="nsga2", fitness="kernel"``). ``rng`` may be a seed. A ``state``
    continues where it stands, with the parents that it has. Operators of one's own in ``toolbox`` take the place of
    those of ``make_toolbox``; DEAP's ``stats`` of each generation's candidates go into the logbook.

    ``progress`` shows a bar, or none; by default there is one in a terminal and in a notebook. Ctrl-C and a notebook's
    Stop end the evolution after the generation, and the population is returned.

    A candidate whose fitness is not finite dies. When fewer than mu live, the population returns to the last good
    generation; DivergedError at the third return in a row. What could not be played is refused before the first one.
    """
    require_given(game, batches, generations, seconds)
    scheme = changed(scheme or Scheme(), changes, state, batches)
    population = state or start(game, batches, as_generator(rng, batches.device), scheme.parents, compute)
    population.stats = stats
    require_fit(population, scheme)
    multi_discriminator.recruit(population, scheme.discriminators)
    operators = make_toolbox(population, scheme, toolbox)

    def play() -> None:
        play_or_return(population, lambda: generation(population, scheme, operators))

    def watched(by: Sequence[Watcher]) -> None:
        run(population, play, generations, seconds, by)

    attended(population, watched, watchers, "generation", progress)
    return population


def changed(scheme: Scheme, changes: dict[str, Any], state: Population | None, batches: Batches) -> Scheme:
    """The scheme with the fields given (None stands for none), and as many parents as ``state`` has.

    Discriminators are as many as it has at least. ValueError for an unknown field.
    """
    for name in changes:
        if name not in (known := [*(each.name for each in fields(Scheme)), *PAPERS]):
            raise unknown_name("field of the scheme", name, known)
    wanted = {name: value for name, value in changes.items() if value is not None}
    given = as_objects(wanted, batches.data, scheme.mutations)
    scheme = replace(scheme, **(given | ({"parents": len(state.parents)} if state else {})))
    there = len(state.discriminators) if state else 0
    return replace(scheme, discriminators=there) if there > scheme.discriminators else scheme


def make_toolbox(population: Population, scheme: Scheme, own: base.Toolbox | None = None) -> base.Toolbox:
    """DEAP's toolbox, with the operators of ``own`` in place of these.

    - ``vary(parent, real)``: a list of children, given the discriminator's scores of a real batch
    - ``mate(better, worse)``: a child of two parents
    - ``real_scores(batch)``: the discriminator's scores of a real batch, with their graph
    - ``latents()``: latents (e, ...) to judge candidates on
    - ``evaluate(individual, real, latents)``: a ``Judgement``
    - ``fitness(judgements)``: a number for each
    - ``select(individuals, count)``: the survivors
    - ``train_discriminator(batch, fakes)``: the discriminator's steps, and its last loss
    - ``map(function, items)``: Python's; one of your own, such as that of a pool, does the variation of each parent and
      the evaluation of each candidate (``egan.mapping``)

    LabError where the fast engine is asked for and cannot be had, and for a map with several discriminators.
    """
    size = scheme.judged_on(population.batches.size, turn_of(population.game, "discriminator").times)
    toolbox = base.Toolbox()
    toolbox.register("vary", vary, population, scheme)
    toolbox.register("mate", interpolation if scheme.crossover == "interpolation" else distillation, population)
    toolbox.register("real_scores", real_scores, population)
    toolbox.register("latents", population.draw_latents, size)
    toolbox.register("evaluate", evaluate, population, convention=scheme.fitness.convention)
    toolbox.register("fitness", rate, scheme.fitness, without_condition=population.game.without_condition)
    toolbox.register("select", scheme.selection)
    toolbox.register("train_discriminator", train_discriminator, population)
    if scheme.offspring == "first_order":
        first_order.require_rankable(population, scheme)
    if scheme.discriminators > 1 or scheme.offspring == "first_order":
        mapping.require_pythons(own)
    if scheme.discriminators > 1:
        multi_discriminator.equip(toolbox, population, scheme)
    if scheme.engine != "reference":
        obstacle = engine.obstacle(population, scheme) or mapping.obstacle(own)
        if not obstacle:
            engine.equip(toolbox, population, scheme)
        elif scheme.engine == "fast":
            raise LabError(obstacle)
    for name, operator in registered(own).items() if own is not None else ():
        setattr(toolbox, name, operator)
    return toolbox


def registered(own: base.Toolbox) -> dict[str, Callable[..., Any]]:
    """The operators in a user's toolbox; a ValueError for a name that no generation calls. ``clone`` is DEAP's own."""
    found = {}
    for name, operator in vars(own).items():
        if name in (*OPERATORS, "map"):
            found[name] = operator
        elif name != "clone":
            raise unknown_name("operator of a generation", name, (*OPERATORS, "map"))
    return found


def generation(population: Population, scheme: Scheme, toolbox: base.Toolbox) -> None:
    """One generation: variation, evaluation, selection, and the discriminator's steps.

    DivergedError when fewer than mu candidates live, or the discriminator's loss or weights are not finite.
    """
    born = bear(population, scheme, toolbox)
    if mapping.is_own_map(toolbox):
        judgements = mapping.judged(population, scheme, toolbox, born.batch, born.real, born.candidates, born.latents)
    else:
        asked = zip(born.candidates, born.latents, strict=True)
        judgements = [toolbox.evaluate(candidate, born.real, latents) for candidate, latents in asked]
    survive(population, scheme, toolbox, born, judgements)


@dataclass(frozen=True)
class Born:
    """A generation before anyone is judged."""

    batch: Batch  # the real examples
    real: Tensor  # the discriminator's scores of them
    children: list[Individual]
    candidates: list[Individual]  # the children, and with the strategy "plus" their parents
    latents: list[Tensor]  # on which each candidate is judged
    common: Tensor | None  # those of all, where they are the same


def bear(population: Population, scheme: Scheme, toolbox: base.Toolbox) -> Born:
    """Variation: the children of a generation, and the latents on which the candidates are to be judged."""
    batch = population.draw_batch()
    real = toolbox.real_scores(batch)
    if scheme.offspring == "bandit":
        population.drawn = bandit.draw(population, scheme)
    if mapping.is_own_map(toolbox) and mapping.is_ours(toolbox.vary, vary):
        children = mapping.varied(population, scheme, toolbox, real)
    else:
        children = [child for parent in population.parents for child in toolbox.vary(parent, real)]
    if scheme.crossover != "none":
        children += [toolbox.mate(better, worse) for better, worse in pairwise(population.parents)]
    candidates = [*children, *population.parents] if scheme.strategy == "plus" else children
    common = toolbox.latents() if scheme.common_latents else None
    latents = [toolbox.latents() if common is None else common for _ in candidates]
    return Born(batch, real, children, candidates, latents, common)


def survive(
    population: Population, scheme: Scheme, toolbox: base.Toolbox, born: Born, judgements: Sequence[Judgement]
) -> None:
    """Selection among the candidates by ``judgements``, and the discriminator's steps. DivergedError as ``choose``."""
    by_number = {candidate.number: one for candidate, one in zip(born.candidates, judgements, strict=True)}
    survivors = choose(population, scheme, toolbox, born.children, born.candidates, by_number)
    fakes = torch.cat([by_number[survivor.number].fakes for survivor in survivors])
    loss = toolbox.train_discriminator(born.batch, fakes)
    require_sound(population)
    again = recycled(population, scheme, born.common)
    by_objectives = scheme.selection in (nsga2, nsga3)
    conclude(population, survivors, born.children, born.candidates, again, loss, by_objectives)
    multi_discriminator.note(population)


def choose(
    population: Population,
    scheme: Scheme,
    toolbox: base.Toolbox,
    children: Sequence[Individual],
    candidates: Sequence[Individual],
    judgements: dict[int, Judgement],
) -> list[Individual]:
    """Give the candidates their fitness, and select mu different survivors among the living.

    ``judgements`` are by the candidates' numbers. DivergedError where fewer than that live.
    """
    lineage = {parent.number: parent.fitness.values for parent in population.parents}
    numbers = toolbox.fitness([judgements[candidate.number] for candidate in candidates])
    for candidate, value in zip(candidates, numbers, strict=True):
        judgement, record = judgements[candidate.number], candidate.record
        record.quality, record.diversity = judgement.quality, judgement.diversity
        inherited = lineage.get(record.number) or lineage.get(record.parent) or ()
        candidate.fitness.values = (blended(value, inherited, scheme.inertia),)
    if scheme.offspring == "bandit":
        bandit.learn(population, children)
    population.history += [child.record for child in children]
    alive = [candidate for candidate in candidates if candidate.alive]
    count = len(population.parents)
    with chance_from(population.rng):
        survivors = toolbox.select(alive, count) if len(alive) >= count else []
    if len(survivors) < count:
        dead = len(candidates) - len(alive)
        slower = "continue from the last checkpoint with a lower learning rate"
        remedy = slower if dead else "choose a selection that finds as many as it is asked for"
        raise DivergedError(
            f"expected {count} living children in generation {population.round + 1}, but {dead} of {len(candidates)} "
            f"had a fitness of NaN or infinity and {len(survivors)} were selected: {remedy}."
        )
    if len({survivor.number for survivor in survivors}) != count:
        raise ValueError(
            f"expected the selection to return {count} different individuals, got the numbers "
            f"{[survivor.number for survivor in survivors]}: select without replacement."
        )
    for survivor in survivors:
        survivor.record.survived, survivor.record.until = True, population.round + 1
    return survivors


def rate(
    rule: Rule, judgements: Sequence[Judgement], without_condition: Callable[[Tensor], Tensor] = lambda fakes: fakes
) -> list[float]:
    """The fitness of the candidates of a generation by ``rule``, which sees their fakes (N, ...) without the class."""
    judgements = [replace(judgement, fakes=without_condition(judgement.fakes)) for judgement in judgements]
    rule = rule.among(judgements)
    return [rule(judgement) for judgement in judgements]


def blended(value: float, inherited: tuple[float, ...], inertia: float) -> float:
    """``value`` mixed with what was ``inherited``, by ``inertia`` in [0, 1): moving average of fitness in a lineage.

    Founders were never judged and leave nothing to inherit.
    """
    if not inherited or inertia == 0 or not math.isfinite(value):
        return value
    return (1 - inertia) * value + inertia * inherited[0]


def recycled(population: Population, scheme: Scheme, common: Tensor | None) -> Tensor | None:
    """The latents of the survivors' next variation, if asked for: the first b of ``common`` (N, ...), their judges'."""
    return common[: population.batches.size] if scheme.recycle and common is not None else None
