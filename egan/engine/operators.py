"""The generation's costly operators, computing each thing once.

What the reference computes and these do not, for one parent, three mutations, e = b and k = 1, where g and d are one
forward pass of a batch through the generator and the discriminator:

- the fitness gradient of the winner is the discriminator's step: 6 d
- the real half of the fitness gradients once, and not with every child: 3 x 2 d
- with recycled latents, the winner's evaluation is its next variation's forward pass: 1 g
- where no layer of the discriminator couples samples, its slopes at the fakes serve all mutations: 2 d
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from core_gans.game import Batch
from core_gans.training import require_finite
from egan.buffers import preserved_buffers
from egan.engine import adam
from egan.engine.ends import quick_ends
from egan.engine.passes import Buffers, Drawn, caught_buffers, draw, grant
from egan.engine.sharing import moves_statistics_only, per_sample, sample_by_sample, scores_alone, splits
from egan.first_order import Pass, favourite
from egan.fitness import Judgement, diversity, quality
from egan.individual import Individual, Record
from egan.population import Population, turn_of
from egan.scheme import Scheme
from egan.train_discriminator import train_discriminator
from egan.variation import mutations_of


@dataclass
class RealHalf:
    """What the discriminator makes of a generation's real batch."""

    scores: Tensor
    gradients: tuple[Tensor, ...]
    moved: Buffers


@dataclass
class Lesson:
    """What the discriminator would learn from the fakes of one candidate and the real batch."""

    fakes: Tensor
    loss: Tensor
    gradients: list[Tensor]
    moved: Buffers


class Operators:
    """``vary``, ``real_scores``, ``evaluate``, ``train_discriminator`` as the toolbox calls them, with shared results.

    Nothing that they remember is part of the population's state: what is not there is computed.
    """

    def __init__(self, population: Population, scheme: Scheme) -> None:
        game, discriminator = population.game, population.discriminator
        self.population, self.scheme = population, scheme
        self.splits = splits(game.objective)
        self.uncoupled = sample_by_sample(discriminator)
        steps = turn_of(game, "discriminator").times
        self.merges = self.splits and steps == 1 and scores_alone(game) and moves_statistics_only(discriminator)
        self.real: RealHalf | None = None
        self.lessons: list[Lesson] = []
        self.drawn: WeakKeyDictionary[nn.Module, Drawn] = WeakKeyDictionary()

    def vary(self, parent: Individual, real: Tensor) -> list[Individual]:
        """The children of ``parent``, as ``egan.variation.vary`` has them."""
        population, children = self.population, []
        for brood in range(self.scheme.children):
            recycled = population.recycled if brood == 0 else None
            latents = population.draw_latents(population.batches.size) if recycled is None else recycled
            children += self._brood(parent, real, latents)
        return children

    def _brood(self, parent: Individual, real: Tensor, latents: Tensor) -> list[Individual]:
        population, generator = self.population, parent.generator.requires_grad_(True)
        ranked = self.scheme.offspring == "first_order"
        discriminator = population.discriminator.requires_grad_(ranked)
        optimizer = turn_of(population.game, "generator").optimizer
        with quick_ends(generator, discriminator), population.compute.autocast():
            fakes = self._forward(generator, latents)
            seen = fakes.detach().requires_grad_()
            with preserved_buffers(discriminator):
                scores = discriminator(seen)
        asked = scores.detach().requires_grad_()
        mutations = mutations_of(population, self.scheme)
        if ranked:
            known = self.real.gradients if self.real is not None and self.real.scores is real else None
            with quick_ends(generator, discriminator):
                judged = Pass(latents, fakes, seen, scores, real, known)
                mutations = (favourite(population, self.scheme, parent, judged),)
        slopes = torch.autograd.grad(scores.sum(), seen)[0] if self.uncoupled else None
        parameters, children, real = list(generator.parameters()), [], real.detach()
        for mutation in mutations:
            record = Record(population.next_number(), parent.number, mutation.name, population.round + 1)
            child = parent.child(optimizer, record)
            wanted = mutation.gradients(asked, real, [asked])
            if mutation.change is not None:
                mutation.change(child, population.rng)
            if wanted:
                if slopes is None:
                    (pull,) = torch.autograd.grad(scores, seen, wanted, retain_graph=True)
                else:
                    pull = per_sample(wanted[0], slopes)
                child.set_rate(optimizer, population.round)
                adam.step(child.optimizer, torch.autograd.grad(fakes, parameters, pull, retain_graph=True))
            children.append(child)
        return children

    def _forward(self, generator: nn.Module, latents: Tensor) -> Tensor:
        """Fakes with their graph; the generator's buffers move as in any pass."""
        drawn = self.drawn.pop(generator, None)
        if drawn is None or not drawn.still_holds(generator, latents):
            return generator(latents)
        grant(generator, drawn.moved)
        return drawn.fakes

    def real_scores(self, batch: Batch) -> Tensor:
        """The discriminator's scores of a real batch, without a graph where their gradient can be taken apart."""
        population, discriminator = self.population, self.population.discriminator.requires_grad_(True)
        self.real, self.lessons = None, []
        with quick_ends(discriminator), population.compute.autocast(), caught_buffers(discriminator) as moved:
            scores = discriminator(batch.real)
            if not self.splits:
                return scores
            loss = population.game.objective.discriminator(scores, torch.zeros_like(scores))
        gradients = torch.autograd.grad(loss, list(discriminator.parameters()))
        self.real = RealHalf(scores.detach(), gradients, moved)
        return self.real.scores

    def evaluate(self, child: Individual, real: Tensor, latents: Tensor) -> Judgement:
        """A ``Judgement`` of ``child``; both networks are left as they were."""
        population = self.population
        discriminator = population.discriminator.requires_grad_(True)
        half = self.real if self.real is not None and self.real.scores is real else None
        merges = self.merges and half is not None and len(latents) == population.batches.size
        begin = half.moved if half is not None and merges else None
        with quick_ends(child.generator, discriminator), population.compute.autocast():
            fakes = self._fakes(child.generator, latents)
            with caught_buffers(discriminator, begin) as moved:
                scores = discriminator(fakes)
                loss = population.game.objective.discriminator(real, scores)
        gradients = torch.autograd.grad(loss, list(discriminator.parameters()), retain_graph=half is None)
        whole = [one + other for one, other in zip(gradients, half.gradients, strict=True)] if half else [*gradients]
        if merges:
            self.lessons.append(Lesson(fakes, loss.detach(), whole, moved))
        return Judgement(quality(scores, self.scheme.fitness.convention), diversity(whole), fakes)

    def _fakes(self, generator: nn.Module, latents: Tensor) -> Tensor:
        if self.scheme.recycle and len(latents) == self.population.batches.size:
            self.drawn[generator] = draw(generator.requires_grad_(True), latents)
            return self.drawn[generator].fakes.detach()
        with torch.no_grad(), preserved_buffers(generator):
            return generator(latents)

    def train_discriminator(self, batch: Batch, fakes: Tensor) -> float:
        """The discriminator's steps; its only step is a lesson already computed, where these are a candidate's fakes.

        The order of the fakes, which the reference draws, changes nothing then but the order of sums.
        """
        population = self.population
        lessons, self.lessons, self.real = self.lessons, [], None
        known = [lesson for lesson in lessons if lesson.fakes.shape == fakes.shape and torch.equal(lesson.fakes, fakes)]
        if not known or len(fakes) != len(batch.real):
            return train_discriminator(population, batch, fakes)
        lesson, turn = known[0], turn_of(population.game, "discriminator")
        turn.optimizer.set_rate(population.optimizer, population.round)
        torch.randperm(len(fakes), generator=population.rng, device=population.rng.device)
        require_finite(lesson.loss, "the loss of the discriminator")
        adam.step(population.optimizer, lesson.gradients)
        grant(population.discriminator, lesson.moved)
        turn.after(population.nets)
        population.images_seen += len(batch.real)
        return float(lesson.loss)
