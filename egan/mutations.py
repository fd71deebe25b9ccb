"""Mutations: what makes a child differ from its parent. Wang et al. 2019, section III-B.

The paper's mutations are one optimisation step of the generator on one objective. Any objective of the survey can
be one, ``module:name`` names one's own, and two more change the child itself: its weights by noise, or its
learning rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from core_gans.foundation.names import require_known
from core_gans.losses import objectives
from core_gans.losses.f_divergences import NAMES
from core_gans.losses.objectives import Objective
from core_gans.trusted_code import is_own
from core_gans.user_code import load_object, own_objective
from egan.individual import Individual

Change = Callable[[Individual, torch.Generator], None]


@dataclass(frozen=True)
class Mutation:
    """``change`` is done to a child, which then descends ``loss`` by one step of its optimiser; either may be absent.

    ``loss`` maps the discriminator's raw scores (N,) of the parent's fakes to a scalar; a ``relative`` loss takes the
    scores of a real batch, too: (fake, real).
    """

    name: str
    loss: Callable[..., Tensor] | None = None
    relative: bool = False
    change: Change | None = None
    about: str = ""
    """One line for `egan list`."""

    def __post_init__(self) -> None:
        if self.loss is None and self.change is None:
            raise ValueError(f"expected the mutation {self.name!r} to have a loss, a change, or both.")

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Pickled by the name that ``mutation`` knows it by, if any: losses are functions without names."""
        named = KNOWN.get(self.name) is self or is_own(self.name)
        return (mutation, (self.name,)) if named else super().__reduce_ex__(protocol)

    def gradients(self, fake: Tensor, real: Tensor, parameters: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The gradient of the loss by each parameter, from scores (N,); their graph stays. No loss, no gradients."""
        if self.loss is None:
            return ()
        loss = self.loss(fake, real) if self.relative else self.loss(fake)
        return torch.autograd.grad(loss, list(parameters), retain_graph=True)


def from_objective(objective: Objective, name: str = "") -> Mutation:
    """A step on the generator's part of ``objective``."""
    about = f"a step on the generator's part of {objective.name}"
    return Mutation(name or objective.name, objective.generator, objective.relative, about=about)


def exact(scores: Tensor) -> Tensor:
    """Scores of any shape in float32 at least."""
    return scores if scores.dtype == torch.float64 else scores.float()


minimax = from_objective(objectives.minimax)  # equation 3: E log(1 - D(G(z)))

heuristic = from_objective(objectives.heuristic)  # equation 4: -E log D(G(z))

least_squares = Mutation(  # equation 5: E (D(G(z)) - 1)^2, on probabilities
    "least_squares",
    lambda scores: ((torch.sigmoid(exact(scores)) - 1) ** 2).mean(),
    about="a step on the squared distance of the probability to 1",
)

least_squares_logits = Mutation(  # the same on raw scores, as the authors' PyTorch code has it
    "least_squares_logits",
    lambda scores: ((exact(scores) - 1) ** 2).mean(),
    about="the same on raw scores, as in the authors' code",
)


def noise_of(scale: float) -> Change:
    """Add N(0, (scale x root mean square)^2) to every weight, with the root mean square of its tensor."""

    @torch.no_grad()
    def change(child: Individual, rng: torch.Generator) -> None:
        for weight in child.generator.parameters():
            noise = torch.randn(weight.shape, generator=rng, device=rng.device).to(weight)
            weight.add_(noise * (scale * weight.square().mean().sqrt()))

    return change


def rate_of(spread: float) -> Change:
    """Multiply the learning rate by e^(spread x N(0, 1)); children inherit it."""

    def change(child: Individual, rng: torch.Generator) -> None:
        child.rate *= math.exp(spread * float(torch.randn((), generator=rng, device=rng.device)))

    return change


noise = Mutation(
    "noise", change=noise_of(0.02), about="a little noise on every weight, and no step"
)  # no step: the discriminator is not asked

rate = Mutation(
    "rate", heuristic.loss, change=rate_of(0.2), about="another learning rate, and a heuristic step"
)  # self-adaptation, Schwefel 1981

PAPER = (minimax, heuristic, least_squares)

MUTATIONS: dict[str, Mutation] = {each.name: each for each in (*PAPER, least_squares_logits)}

SURVEY: dict[str, Mutation] = {
    each.name: each
    for each in (
        from_objective(objectives.least_squares_pearson, "least_squares_pearson"),
        from_objective(objectives.wasserstein),
        from_objective(objectives.hinge),  # the generator's part is that of wasserstein
        from_objective(objectives.relativistic_average),
        from_objective(objectives.relativistic_paired),
        *(from_objective(objectives.f_divergence(row)) for row in NAMES),
    )
}
"""Objectives of the survey; those of f-GAN are the bounds themselves (Nowozin et al. 2016, equation 6)."""

KNOWN: dict[str, Mutation] = {each.name: each for each in (*MUTATIONS.values(), *SURVEY.values(), noise, rate)}
"""All of them by name: what commands and pages offer."""


def mutation(name: str) -> Mutation:
    """The mutation called ``name``, or one's own, ``module:name``: a ``Mutation``, or an objective for a step on it.

    A ValueError lists the nearest names.
    """
    if is_own(name):
        found = load_object(name)
        return replace(found, name=name) if isinstance(found, Mutation) else from_objective(own_objective(name), name)
    return KNOWN[require_known("mutation", name, KNOWN)]
