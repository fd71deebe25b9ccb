"""Variation: a parent's children, one by each mutation. Wang et al. 2019, algorithm 1, line 9."""

from __future__ import annotations

from torch import Tensor

from egan.buffers import preserved_buffers
from egan.individual import Individual, Record
from egan.population import Population, turn_of
from egan.scheme import Scheme


def vary(population: Population, scheme: Scheme, parent: Individual, real: Tensor) -> list[Individual]:
    """The children of ``parent``, in order of birth; ``real`` are the discriminator's scores of a real batch.

    All mutations see the same latents, so one graph serves every objective; each further child by the same mutations
    sees others.
    """
    children = []
    for brood in range(scheme.children):
        fresh = population.recycled is None or brood > 0
        latents = population.draw_latents(population.batches.size) if fresh else population.recycled
        children += _brood(population, scheme, parent, real.detach(), latents)
    return children


def _brood(
    population: Population, scheme: Scheme, parent: Individual, real: Tensor, latents: Tensor | None
) -> list[Individual]:
    optimizer = turn_of(population.game, "generator").optimizer
    population.discriminator.requires_grad_(False)
    parent.generator.requires_grad_(True)
    with preserved_buffers(population.discriminator), population.compute.autocast():
        scores = population.discriminator(parent.generator(latents))
    children = []
    for mutation in scheme.mutations:
        gradients = mutation.gradients(scores, real, list(parent.generator.parameters()))
        child = parent.child(
            optimizer, Record(population.next_number(), parent.number, mutation.name, population.round + 1)
        )
        if mutation.change is not None:
            mutation.change(child, population.rng)
        if gradients:
            child.set_rate(optimizer, population.round)
            child.step(gradients)
        children.append(child)
    return children
