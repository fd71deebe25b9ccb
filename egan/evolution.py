"""E-GAN: a population of generators evolves against one discriminator. Wang et al. 2019, algorithm 1.

A generation: every parent has one child per mutation, a step of the parent's own optimiser with the discriminator
held still; every child is judged on fresh latents; the best children survive; the discriminator takes k steps on
real batches and the fakes that the survivors were judged by.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from deap import base, tools
from torch import Tensor, nn

from core_gans.compute import Compute
from core_gans.data.batches import Batches
from core_gans.errors import DivergedError
from core_gans.game import Batch, NoiseGame
from core_gans.training import require_finite, run
from core_gans.watchers import Watcher
from egan.fitness import Convention, FitnessRule, diversity, quality
from egan.individual import Individual, Record
from egan.mutations import PAPER, Mutation
from egan.population import Population, start, turn_of

Selection = Callable[[Sequence[Individual], int], list[Individual]]


@dataclass(frozen=True)
class Judgement:
    """What the discriminator said of a child."""

    quality: float
    diversity: float
    fakes: Tensor


def evolve(
    game: NoiseGame,
    batches: Batches,
    generations: int | None,
    *,
    rng: torch.Generator,
    mutations: Sequence[Mutation] = PAPER,
    fitness: FitnessRule | None = None,
    selection: Selection = tools.selBest,
    parents: int = 1,
    evaluation_size: int | None = None,
    watchers: Sequence[Watcher] = (),
    state: Population | None = None,
    compute: Compute | None = None,
    seconds: float | None = None,
) -> Population:
    """Evolve ``game``'s generator until ``generations`` in all have passed, or ``seconds`` in this call.

    ``evaluation_size`` fakes judge each child (default: as many as the discriminator's steps will use). A ``state``
    continues where it stands. A child whose fitness is not finite dies; DivergedError when all of them do.
    """
    if not mutations:
        raise ValueError("expected at least one mutation, got none.")
    population = state or start(game, batches, rng, parents, compute)
    toolbox = make_toolbox(population, mutations, fitness or FitnessRule(), selection, evaluation_size)
    run(population, lambda: generation(population, toolbox), generations, seconds, watchers)
    return population


def make_toolbox(
    population: Population,
    mutations: Sequence[Mutation],
    fitness: FitnessRule,
    selection: Selection,
    evaluation_size: int | None,
) -> base.Toolbox:
    """DEAP's toolbox: ``vary``, ``real_scores``, ``evaluate``, ``fitness``, ``select`` and ``teach``."""
    steps = turn_of(population.game, "discriminator").times
    size = evaluation_size or max(1, math.ceil(steps * population.batches.size / len(population.parents)))
    toolbox = base.Toolbox()
    toolbox.register("vary", vary, population, mutations=mutations)
    toolbox.register("real_scores", real_scores, population)
    toolbox.register("evaluate", evaluate, population, convention=fitness.convention, size=size)
    toolbox.register("fitness", fitness)
    toolbox.register("select", selection)
    toolbox.register("teach", teach, population)
    return toolbox


def generation(population: Population, toolbox: base.Toolbox) -> None:
    """One generation: variation, evaluation, selection, and the discriminator's steps."""
    batch = next(population.batches)
    children = [child for parent in population.parents for child in toolbox.vary(parent)]
    judgements: dict[int, Judgement] = {}
    real = toolbox.real_scores(batch)
    for child in children:
        judgement = toolbox.evaluate(child, real)
        child.record.quality, child.record.diversity = judgement.quality, judgement.diversity
        child.fitness.values = (toolbox.fitness(judgement.quality, judgement.diversity),)
        judgements[child.number] = judgement
    alive = [child for child in children if math.isfinite(child.fitness.values[0])]
    if len(alive) < len(population.parents):
        raise DivergedError(
            f"expected {len(population.parents)} living children in generation {population.round + 1}, but "
            f"{len(children) - len(alive)} of {len(children)} had a fitness of NaN or infinity: continue from the last "
            "checkpoint with a lower learning rate."
        )
    survivors = toolbox.select(alive, len(population.parents))
    if len({survivor.number for survivor in survivors}) != len(population.parents):
        raise ValueError(
            f"expected the selection to return {len(population.parents)} different individuals, got the numbers "
            f"{[survivor.number for survivor in survivors]}: select without replacement."
        )
    for survivor in survivors:
        survivor.record.survived = True
    fakes = torch.cat([judgements[survivor.number].fakes for survivor in survivors])
    loss = toolbox.teach(batch, fakes)
    population.parents = sorted(survivors, key=lambda individual: individual.fitness, reverse=True)
    population.history += [child.record for child in children]
    population.hall_of_fame.update(population.parents)
    remember(population, children, loss)


def vary(population: Population, parent: Individual, mutations: Sequence[Mutation]) -> list[Individual]:
    """One child of ``parent`` per mutation. All see the same latents, so one graph serves every objective."""
    optimizer = turn_of(population.game, "generator").optimizer
    population.discriminator.requires_grad_(False)
    parent.generator.requires_grad_(True)
    with preserved_buffers(population.discriminator), population.compute.autocast():
        latents = population.game.latents(population.batches.size, population.rng)
        scores = population.discriminator(parent.generator(latents))
    children = []
    for mutation in mutations:
        gradients = torch.autograd.grad(mutation.loss(scores), list(parent.generator.parameters()), retain_graph=True)
        record = Record(population.born, parent.number, mutation.name, population.round + 1)
        child = parent.child(optimizer, record)
        child.step(gradients)
        children.append(child)
        population.born += 1
    return children


def real_scores(population: Population, batch: Batch) -> Tensor:
    """The discriminator's scores of a real batch, with their graph: one serves the diversity of every child."""
    population.discriminator.requires_grad_(True)
    with preserved_buffers(population.discriminator), population.compute.autocast():
        return population.discriminator(batch.real)


def evaluate(population: Population, child: Individual, real: Tensor, convention: Convention, size: int) -> Judgement:
    """Quality and diversity of ``size`` fresh fakes; both networks are left as they were, statistics included."""
    discriminator = population.discriminator
    with preserved_buffers(discriminator), preserved_buffers(child.generator), population.compute.autocast():
        with torch.no_grad():
            fakes = child.generator(population.game.latents(size, population.rng))
        scores = discriminator(fakes)
        loss = population.game.objective.discriminator(real, scores)
    gradients = torch.autograd.grad(loss, list(discriminator.parameters()), retain_graph=True)
    return Judgement(quality(scores, convention), diversity(gradients), fakes)


def teach(population: Population, batch: Batch, fakes: Tensor) -> float:
    """The discriminator's k steps: real batches against the survivors' fakes, every fake before any a second time."""
    turn = turn_of(population.game, "discriminator")
    game = population.game
    population.discriminator.requires_grad_(True)
    order = torch.randperm(len(fakes), generator=population.rng, device=population.rng.device).to(fakes.device)
    loss = torch.tensor(0.0)
    for step in range(turn.times):
        if step > 0:
            batch = next(population.batches)
        count = len(batch.real)
        chosen = order[torch.arange(step * count, (step + 1) * count, device=fakes.device) % len(fakes)]
        with population.compute.autocast():
            terms = game.score_loss(population.discriminator, batch.real, fakes[chosen], population.rng)
        loss = torch.stack(list(terms.values())).sum()
        require_finite(loss, "the loss of the discriminator")
        population.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        population.optimizer.step()
        turn.after(population.nets)
        population.images_seen += count
    return float(loss.detach())


def remember(population: Population, children: Sequence[Individual], loss: float) -> None:
    """Write the generation into DEAP's logbook and into the terms that watchers see."""
    best = population.parents[0].record
    line: dict[str, float | str] = {
        "discriminator": loss,
        "fitness": population.parents[0].fitness.values[0],
        "quality": best.quality,
        "diversity": best.diversity,
        "winner": best.mutation,
    }
    for child in children:
        if child.record.parent == best.parent:
            line[f"fitness/{child.record.mutation}"] = child.fitness.values[0]
    population.logbook.record(generation=population.round + 1, **line)
    population.terms = line


@contextmanager
def preserved_buffers(network: nn.Module) -> Iterator[None]:
    """Leave statistics of normalisation and power iterations as they were, whatever is computed meanwhile.

    The network works on copies; the originals are put back untouched, so graphs made inside stay valid outside.
    """
    originals = [(module, dict(module.named_buffers(recurse=False))) for module in network.modules()]
    for module, buffers in originals:
        for name, buffer in buffers.items():
            setattr(module, name, buffer.clone())
    try:
        yield
    finally:
        for module, buffers in originals:
            for name, buffer in buffers.items():
                setattr(module, name, buffer)
