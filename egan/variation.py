"""Variation: a parent's children, one by each mutation. Wang et al. 2019, algorithm 1, line 9."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from torch import Tensor

from egan.buffers import preserved_buffers
from egan.first_order import favourite, judged_pass
from egan.individual import Individual, Record
from egan.mutations import Mutation
from egan.population import Population, turn_of
from egan.scheme import Scheme


def vary(population: Population, scheme: Scheme, parent: Individual, real: Tensor) -> list[Individual]:
    """The children of ``parent``, in order of birth; ``real`` are the discriminator's scores of a real batch.

    All mutations see the same latents, so one graph serves every objective; each further child by the same mutations
    sees others.
    """
    children: list[Individual] = []
    parameters = list(parent.generator.requires_grad_(True).parameters())
    for latents in latents_of_broods(population, scheme):
        mutations = mutations_of(population, scheme)
        if scheme.offspring == "first_order":
            mutations = (favourite(population, scheme, parent, judged_pass(population, parent, latents, real)),)
        population.discriminator.requires_grad_(False)
        with preserved_buffers(population.discriminator), population.compute.autocast():
            scores = population.discriminator(parent.generator(latents))
        gradients = (each.gradients(scores, real.detach(), parameters) for each in mutations)
        children += bear(population, mutations, parent, gradients)
    return children


def latents_of_broods(population: Population, scheme: Scheme) -> Iterator[Tensor]:
    """The latents (b, ...) of a parent's children, one batch for each set of them; recycled ones come first."""
    for brood in range(scheme.children):
        recycled = population.recycled if brood == 0 else None
        yield population.draw_latents(population.batches.size) if recycled is None else recycled


def bear(
    population: Population,
    mutations: Sequence[Mutation],
    parent: Individual,
    gradients: Iterable[Sequence[Tensor]],
) -> list[Individual]:
    """A child of ``parent`` by each of the ``mutations``, given the gradient of each; none for one without a loss."""
    children = []
    for mutation, gradient in zip(mutations, gradients, strict=True):
        child = conceived(population, parent, mutation)
        grow(population, child, gradient)
        children.append(child)
    return children


def mutations_of(population: Population, scheme: Scheme) -> tuple[Mutation, ...]:
    """Those of this generation: all, or the one that a bandit drew; of all, ``egan.first_order`` takes one."""
    if scheme.offspring != "bandit":
        return scheme.mutations
    return tuple(mutation for mutation in scheme.mutations if mutation.name == population.drawn)


def conceived(population: Population, parent: Individual, mutation: Mutation) -> Individual:
    """A copy of ``parent`` with a number of its own and the mutation's change, before its step."""
    record = Record(population.next_number(), parent.number, mutation.name, population.round + 1)
    child = parent.child(turn_of(population.game, "generator").optimizer, record)
    if mutation.change is not None:
        mutation.change(child, population.rng)
    return child


def grow(population: Population, child: Individual, gradient: Sequence[Tensor]) -> None:
    """The child's step along the gradient of its mutation; none where the mutation has no loss."""
    if gradient:
        child.set_rate(turn_of(population.game, "generator").optimizer, population.round)
        child.step(gradient)
