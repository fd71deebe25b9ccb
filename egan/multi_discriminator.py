"""Evolution against several discriminators, which evolve too. Chen et al. 2021 (CDE-GAN), algorithm 1.

Four operators in place of those for one discriminator. A generator's child descends its mutation's loss, weighted over
the discriminators (the soft mechanism); it is judged by their mean. At each of the k steps every discriminator has a
child by each of its mutations, and the best survive. Where the authors' code gives every discriminator a batch of its
own, all of them learn from the same one here: siblings and rivals differ by what they are, not by what they saw.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from deap import base
from torch import Tensor

from core_gans.foundation.errors import DivergedError
from core_gans.game import Batch
from egan.buffers import preserved_buffers
from egan.discriminators import Discriminator, DiscriminatorMutation
from egan.fitness import Convention, Judgement, diversity
from egan.individual import Individual
from egan.judging import draw, judge
from egan.mutations import Mutation
from egan.population import Population, found_discriminator, turn_of
from egan.scheme import Scheme
from egan.variation import bear, latents_of_broods, mutations_of


def recruit(population: Population, count: int) -> None:
    """Found discriminators beside those that the population has, until there are ``count``; one stays as it is."""
    if count > 1 and not population.discriminators:
        population.discriminators = [Discriminator(population.discriminator, population.optimizer)]
    while 1 < count > len(population.discriminators):
        founder = found_discriminator(population.game, population.rng, population.compute)
        founder.network.to(population.dtype)
        population.discriminators.append(founder)


def equip(toolbox: base.Toolbox, population: Population, scheme: Scheme) -> None:
    """Register the operators for several discriminators in ``toolbox``.

    Scores of real examples are (D, b) here, one row a discriminator.
    """
    toolbox.register("vary", vary, population, scheme)
    toolbox.register("real_scores", real_scores, population)
    toolbox.register("evaluate", evaluate, population, convention=scheme.fitness.convention)
    toolbox.register("train_discriminator", train_discriminators, population, scheme)


def vary(population: Population, scheme: Scheme, parent: Individual, real: Tensor) -> list[Individual]:
    """The children of ``parent``, in order of birth; ``real`` (D, b) are scores of a real batch."""
    children, real = [], real.detach()
    parameters = list(parent.generator.requires_grad_(True).parameters())
    for latents in latents_of_broods(population, scheme):
        with population.compute.autocast():
            fakes, scores = parent.generator(latents), []
            for discriminator in population.discriminators:
                network = discriminator.network.requires_grad_(False)
                with preserved_buffers(network):
                    scores.append(network(fakes))
        mutations = mutations_of(population, scheme)
        gradients = [soft_gradients(each, scores, real, parameters, scheme.harshness) for each in mutations]
        children += bear(population, mutations, parent, gradients)
    return children


def soft_gradients(
    mutation: Mutation, scores: Sequence[Tensor], real: Tensor, parameters: Sequence[Tensor], harshness: float
) -> tuple[Tensor, ...]:
    """The gradient by each parameter of sum_i w_i L_i, with w = softmax(harshness x L) as constants.

    L_i is the mutation's loss on the scores (b,) of discriminator i, so that the one that is harder to convince weighs
    more. The soft mechanism of Chen et al. 2021, after Durugkar et al. 2017 (GMAN), section 4.2.
    """
    if mutation.loss is None:
        return ()
    asked = zip(scores, real, strict=True) if mutation.relative else zip(scores, strict=True)
    losses = torch.stack([mutation.loss(*each) for each in asked])
    weights = torch.softmax(harshness * losses.detach(), dim=0)
    return torch.autograd.grad((weights * losses).sum(), list(parameters), retain_graph=True)


def real_scores(population: Population, batch: Batch) -> Tensor:
    """The scores (D, b) that the discriminators give a real batch, with their graphs."""
    rows = []
    for discriminator in population.discriminators:
        network = discriminator.network.requires_grad_(True)
        with preserved_buffers(network), population.compute.autocast():
            rows.append(network(batch.real))
    return torch.stack(rows)


def evaluate(
    population: Population, child: Individual, real: Tensor, latents: Tensor, convention: Convention
) -> Judgement:
    """The mean quality and the mean diversity over the discriminators of the fakes of ``latents``.

    The authors' code sums the diversities: its gamma is that of this one, divided by the number of discriminators.
    """
    fakes = draw(population, child, latents)
    pairs = zip(population.discriminators, real, strict=True)
    judgements = [judge(population, each.network, row, fakes, convention) for each, row in pairs]
    return Judgement(
        math.fsum(each.quality for each in judgements) / len(judgements),
        math.fsum(each.diversity for each in judgements) / len(judgements),
        fakes,
    )


def train_discriminators(population: Population, scheme: Scheme, batch: Batch, fakes: Tensor) -> float:
    """k generations of the discriminators; the loss of the best on examples that were held out, without penalties.

    One real batch and as many of the survivors' ``fakes`` are held out to judge by; children learn from the others,
    every fake before any a second time. Nothing of the population's discriminators changes before the end, so that
    DivergedError leaves them as they were: it is raised when fewer children live than are to survive.
    """
    turn = turn_of(population.game, "discriminator")
    discriminators = population.discriminators
    count = population.batches.size
    order = torch.randperm(len(fakes), generator=population.rng, device=population.rng.device).to(fakes.device)
    held_out = (population.draw_batch().real, fakes[order[:count]])
    population.images_seen += count
    order = order[count:]
    for step in range(turn.times):
        if step > 0:
            batch = population.draw_batch()
        chosen = order[torch.arange(step * count, (step + 1) * count, device=fakes.device) % len(order)]
        children = [
            born(population, parent, mutation, batch.real, fakes[chosen])
            for parent in discriminators
            for mutation in scheme.discriminator_mutations
        ]
        for child in children:
            assess(population, child, *held_out, scheme.discriminator_gamma)
        discriminators = survivors(children, len(discriminators), population.round + 1)
        population.images_seen += len(batch.real)
    population.discriminators = discriminators
    population.discriminator, population.optimizer = discriminators[0].network, discriminators[0].optimizer
    return -discriminators[0].quality


def born(
    population: Population, parent: Discriminator, mutation: DiscriminatorMutation, real: Tensor, fake: Tensor
) -> Discriminator:
    """A child of ``parent`` after one step of its optimiser on the mutation's loss; the parent stays as it was."""
    turn = turn_of(population.game, "discriminator")
    child = parent.child(turn.optimizer, mutation.name)
    turn.optimizer.set_rate(child.optimizer, population.round)
    with population.compute.autocast():
        loss = mutation.loss(population.game, child.network, real, fake, population.rng)
    child.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    child.optimizer.step()
    child.optimizer.zero_grad(set_to_none=True)
    turn.after({**population.nets, "discriminator": child.network})
    return child


def assess(population: Population, child: Discriminator, real: Tensor, fake: Tensor, gamma: float) -> None:
    """Give ``child`` its fitness by examples that it did not learn from: quality + gamma x diversity.

    Quality is -L, where L is the game's loss of a discriminator on the scores of ``real`` and ``fake``, penalties
    apart: how well it tells them apart, whatever mutation made it. Diversity is -log |grad L| over its parameters, as
    of generators; by it alone the authors' code selects.
    """
    network = child.network
    with preserved_buffers(network), population.compute.autocast():
        loss = population.game.objective.discriminator(network(real), network(fake))
    gradients = torch.autograd.grad(loss, list(network.parameters()))
    child.quality = -float(loss.detach())
    child.diversity = diversity(gradients)
    child.fitness = child.quality + gamma * child.diversity


def survivors(children: list[Discriminator], count: int, generation: int) -> list[Discriminator]:
    """The ``count`` fittest of those that live, best first; DivergedError when fewer do."""
    alive = [child for child in children if child.alive]
    if len(alive) < count:
        raise DivergedError(
            f"expected {count} living discriminators in generation {generation}, but {len(children) - len(alive)} of "
            f"{len(children)} had NaN or infinity as their fitness or among their weights: continue from the last "
            "checkpoint with a lower learning rate."
        )
    return sorted(alive, key=lambda child: child.fitness, reverse=True)[:count]


def note(population: Population) -> None:
    """Write the best discriminator's marks into ``terms`` and the logbook's last line, where several evolve."""
    if population.discriminators:
        best = population.discriminators[0]
        marks: dict[str, float | str] = {
            "discriminator/winner": best.mutation,
            "discriminator/fitness": best.fitness,
            "discriminator/quality": best.quality,
            "discriminator/diversity": best.diversity,
        }
        population.terms |= marks
        population.logbook[-1].update(marks)
