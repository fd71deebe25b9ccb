"""Crossover: one child of two parents.

By distillation (Li et al. 2021, "Improved evolutionary generative adversarial networks"): for each latent the child
learns the sample of the parent that the discriminator prefers. By interpolation: its weights lie between theirs.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from egan.buffers import preserved_buffers
from egan.individual import Individual, Record
from egan.population import Population, turn_of

MUTATION = "crossover"  # how the records call it


def distillation(population: Population, better: Individual, worse: Individual) -> Individual:
    """A child of ``better`` after one step of its optimiser on the squared distance to the preferred samples."""
    optimizer = turn_of(population.game, "generator").optimizer
    discriminator = population.discriminator
    child = _child(population, better, worse)
    latents = population.draw_latents(population.batches.size)
    with torch.no_grad(), preserved_buffers(discriminator), population.compute.autocast():
        with preserved_buffers(better.generator), preserved_buffers(worse.generator):
            ones, others = better.generator(latents), worse.generator(latents)
        prefers = discriminator(ones) >= discriminator(others)  # (N,)
        target = torch.where(prefers.view(-1, *[1] * (ones.dim() - 1)), ones, others)
    with population.compute.autocast():
        loss = F.mse_loss(child.generator(latents), target)
    child.set_rate(optimizer, population.round)
    child.step(torch.autograd.grad(loss, list(child.generator.parameters())))
    return child


@torch.no_grad()
def interpolation(population: Population, better: Individual, worse: Individual) -> Individual:
    """A child whose weights and statistics are a share s ~ U(0, 1) of the way from ``better`` to ``worse``."""
    child = _child(population, better, worse)
    share = float(torch.rand((), generator=population.rng, device=population.rng.device))
    theirs = worse.generator.state_dict()
    for name, weight in child.generator.state_dict().items():
        if weight.is_floating_point():
            weight.lerp_(theirs[name], share)
    return child


def _child(population: Population, better: Individual, worse: Individual) -> Individual:
    record = Record(population.next_number(), better.number, MUTATION, population.round + 1, other=worse.number)
    return better.child(turn_of(population.game, "generator").optimizer, record)
