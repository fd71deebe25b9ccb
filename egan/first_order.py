"""One child a generation, by the mutation whose step would raise fitness most, to first order.

A mutation m moves the weights by -P g, where g is the gradient of its loss L_m, and P what the optimiser makes of
gradients (``preconditioned``). To first order that changes the fitness F by -g . P f, where f is the gradient of F. As
P is diagonal, this is -d L_m / de at e = 0 along the weights + e P f: how fast the mutation's own loss falls where the
generator moves as fitness would have it. So one further pass, at a small e, serves all mutations, whatever their
number, and only the one that is played needs a backward pass through the generator.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

from core_gans.foundation.errors import LabError
from egan.buffers import preserved_buffers
from egan.fitness import LEAST_NORM, FitnessRule
from egan.individual import Individual
from egan.mutations import Mutation, exact
from egan.population import Population, turn_of
from egan.scheme import Scheme


@dataclass(frozen=True)
class Pass:
    """What the discriminator says of a parent's fakes."""

    latents: Tensor  # (b, ...)
    fakes: Tensor  # (b, ...), with the generator's graph
    seen: Tensor  # the same values, from which the graph of the scores begins
    scores: Tensor  # (b,)
    real: Tensor  # scores of a real batch, with their graph, but where ``real_gradients`` are known
    real_gradients: tuple[Tensor, ...] | None = None
    """Of the discriminator's loss of the real batch, by its parameters, where the objective takes it apart."""


def require_rankable(population: Population, scheme: Scheme) -> None:
    """LabError where the fitness, a mutation or the precision leaves nothing to rank by."""
    if not isinstance(scheme.fitness, FitnessRule):
        raise LabError("offspring first_order follows the gradient of the paper's fitness: take --fitness paper.")
    for mutation in scheme.mutations:
        if mutation.loss is None or mutation.change is not None:
            raise LabError(f"offspring first_order ranks steps on losses, and {mutation.name} is something else.")
    if scheme.discriminators > 1:
        raise LabError("offspring first_order asks one discriminator: leave --discriminators at 1.")
    if population.compute.bf16:
        raise LabError("offspring first_order compares scores too close for bfloat16: leave --bf16 out.")


def judged_pass(population: Population, parent: Individual, latents: Tensor, real: Tensor) -> Pass:
    """The parent's fakes of ``latents`` and their scores; both networks are left as they were, statistics included."""
    generator, discriminator = parent.generator.requires_grad_(True), population.discriminator.requires_grad_(True)
    with preserved_buffers(generator), preserved_buffers(discriminator):
        fakes = generator(latents)
        seen = fakes.detach().requires_grad_()
        return Pass(latents, fakes, seen, discriminator(seen), real)


def favourite(population: Population, scheme: Scheme, parent: Individual, judged: Pass) -> Mutation:
    """The mutation with the highest prediction; the first of equals, and where none is finite."""
    values = predictions(population, scheme, parent, judged)
    finite = [value if math.isfinite(value) else -math.inf for value in values]
    return scheme.mutations[max(range(len(finite)), key=finite.__getitem__)]


def predictions(population: Population, scheme: Scheme, parent: Individual, judged: Pass) -> list[float]:
    """By how much a step of each mutation would change the parent's fitness on the pass's latents, to first order.

    Momentum, which all of them have alike, is left out.
    """
    generator, discriminator = parent.generator, population.discriminator
    named = dict(generator.named_parameters())
    ascent = torch.autograd.grad(
        judged.fakes, list(named.values()), fitness_pull(population, scheme, judged), retain_graph=True
    )
    parent.set_rate(turn_of(population.game, "generator").optimizer, population.round)
    moves = preconditioned(parent, ascent)
    length = math.sqrt(sum(float(move.double().square().sum()) for move in moves))
    size = math.sqrt(sum(float(weight.detach().double().square().sum()) for weight in named.values()))
    small = 3 * math.sqrt(torch.finfo(judged.fakes.dtype).eps) * size / length if length > 0 else 1.0
    with torch.no_grad(), preserved_buffers(generator), preserved_buffers(discriminator):
        moved = {name: weight + small * move for (name, weight), move in zip(named.items(), moves, strict=True)}
        fakes = functional_call(generator, moved, (judged.latents,))
        slopes = (discriminator(fakes).double() - judged.scores.double()) / small  # of each score by e
    asked, real = judged.scores.detach().requires_grad_(), judged.real.detach()
    wanted = [mutation.gradients(asked, real, [asked])[0] for mutation in scheme.mutations]
    return [-float((each.double() * slopes).sum()) for each in wanted]


def fitness_pull(population: Population, scheme: Scheme, judged: Pass) -> Tensor:
    """The gradient of the fitness of ``judged.fakes`` by them; without diversity where its weight is 0."""
    assert isinstance(scheme.fitness, FitnessRule)
    scores = exact(judged.scores)
    fitness = (torch.sigmoid(scores) if scheme.fitness.convention == "probability" else scores).mean()
    if scheme.fitness.gamma:
        norm = gradient_norm(population.discriminator, population.game.objective.discriminator, judged)
        fitness = fitness - scheme.fitness.gamma * norm.clamp_min(LEAST_NORM).log()
    return torch.autograd.grad(fitness, judged.seen, retain_graph=True)[0]


def gradient_norm(discriminator: nn.Module, loss: Callable[..., Tensor], judged: Pass) -> Tensor:
    """|grad_D L_D| over all the discriminator's parameters, as a function of the fakes."""
    parameters = list(discriminator.parameters())
    known = judged.real_gradients
    real = judged.real if known is None else torch.zeros_like(judged.scores)
    whole = torch.autograd.grad(loss(real, judged.scores), parameters, create_graph=True)
    parts = whole if known is None else [one + other for one, other in zip(whole, known, strict=True)]
    return torch.stack([part.double().square().sum() for part in parts]).sum().sqrt()


def preconditioned(parent: Individual, gradients: tuple[Tensor, ...]) -> list[Tensor]:
    """What the parent's optimiser makes of ``gradients`` in its next step, with the second moments that it has.

    Adam's and RMSProp's; others, and those without a past, multiply by the learning rate.
    """
    found = []
    groups = [(group, parameter) for group in parent.optimizer.param_groups for parameter in group["params"]]
    for (group, parameter), gradient in zip(groups, gradients, strict=True):
        past, rate = parent.optimizer.state.get(parameter, {}), group["lr"]
        if "exp_avg_sq" in past:
            (first, second), step = group["betas"], float(past["step"])
            scale = (past["exp_avg_sq"] / (1 - second**step)).sqrt_().add_(group["eps"])
            found.append(rate * (1 - first) / (1 - first ** (step + 1)) * gradient / scale)
        elif "square_avg" in past:
            found.append(rate * gradient / (past["square_avg"].sqrt() + group["eps"]))
        else:
            found.append(rate * gradient)
    return found
