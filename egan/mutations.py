"""Mutations: one optimisation step of a generator on one objective. Wang et al. 2019, section III-B."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from core_gans import objectives
from core_gans.errors import unknown_name


@dataclass(frozen=True)
class Mutation:
    """``loss`` maps the discriminator's raw scores (N,) of a parent's fakes to the scalar that its child descends."""

    name: str
    loss: Callable[[Tensor], Tensor]


minimax = Mutation("minimax", objectives.minimax.generator)  # equation 3: E log(1 - D(G(z)))

heuristic = Mutation("heuristic", objectives.heuristic.generator)  # equation 4: -E log D(G(z))

least_squares = Mutation(  # equation 5: E (D(G(z)) - 1)^2, on probabilities
    "least_squares", lambda scores: ((torch.sigmoid(scores.float()) - 1) ** 2).mean()
)

least_squares_logits = Mutation(  # the same on raw scores, as the authors' PyTorch code has it
    "least_squares_logits", lambda scores: ((scores.float() - 1) ** 2).mean()
)

PAPER = (minimax, heuristic, least_squares)

MUTATIONS: dict[str, Mutation] = {m.name: m for m in (*PAPER, least_squares_logits)}


def mutation(name: str) -> Mutation:
    """The mutation called ``name``; a ValueError lists the nearest names."""
    if name not in MUTATIONS:
        raise unknown_name("mutation", name, MUTATIONS)
    return MUTATIONS[name]
