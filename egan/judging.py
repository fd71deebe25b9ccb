"""Evaluation: the discriminator's scores of a candidate's samples. Wang et al. 2019, section III-C."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from core_gans.compute import Compute
from core_gans.game import Batch, NoiseGame
from egan.buffers import preserved_buffers
from egan.fitness import Convention, Judgement, diversity, quality
from egan.individual import Individual


class Judging(Protocol):
    """What judging needs of a population."""

    discriminator: nn.Module

    @property
    def game(self) -> NoiseGame:
        """What is played."""

    @property
    def compute(self) -> Compute:
        """In which precision."""


def real_scores(population: Judging, batch: Batch) -> Tensor:
    """The discriminator's scores of a real batch, with their graph: one serves the diversity of every child."""
    population.discriminator.requires_grad_(True)
    with preserved_buffers(population.discriminator), population.compute.autocast():
        return population.discriminator(batch.real)


def evaluate(
    population: Judging, child: Individual, real: Tensor, latents: Tensor, convention: Convention
) -> Judgement:
    """Quality and diversity of the fakes of ``latents``; both networks are left as they were, statistics included."""
    return judge(population, population.discriminator, real, draw(population, child, latents), convention)


@torch.no_grad()
def draw(population: Judging, child: Individual, latents: Tensor) -> Tensor:
    """The child's fakes of ``latents``, its statistics left as they were."""
    with preserved_buffers(child.generator), population.compute.autocast():
        return child.generator(latents)


def judge(
    population: Judging, discriminator: nn.Module, real: Tensor, fakes: Tensor, convention: Convention
) -> Judgement:
    """What ``discriminator`` says of ``fakes``, given its scores of a real batch."""
    discriminator.requires_grad_(True)
    with preserved_buffers(discriminator), population.compute.autocast():
        scores = discriminator(fakes)
        loss = population.game.objective.discriminator(real, scores)
    gradients = torch.autograd.grad(loss, list(discriminator.parameters()), retain_graph=True)
    return Judgement(quality(scores, convention), diversity(gradients), fakes)
