"""Fitness: quality + gamma x diversity. Wang et al. 2019, equations 6 to 8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Convention = Literal["probability", "logit"]


def quality(scores: Tensor, convention: Convention = "probability") -> float:
    """E D(G(z)) of the fakes' raw scores (N,): how real they look. Equation 6.

    ``probability`` is the paper's D in (0, 1); ``logit`` takes the raw score, which does not saturate.
    """
    scores = scores.detach().float()
    return float((torch.sigmoid(scores) if convention == "probability" else scores).mean())


def diversity(gradients: Sequence[Tensor]) -> float:
    """-log |grad_D L_D| over all the discriminator's parameters. Equation 7.

    Fakes that collapse onto a point leave the discriminator a steep way to tell them apart, and score low. The norm,
    not its square: the authors' Theano code takes the square, so its gamma is half of this one's. Squares of a sure
    discriminator's gradients fall below float32, hence float64.
    """
    squares = torch.stack([gradient.detach().double().square().sum() for gradient in gradients])
    return -float(squares.sum().sqrt().log())


@dataclass(frozen=True)
class FitnessRule:
    """How quality and diversity become one number."""

    gamma: float = 0.01
    """Weight of diversity; 0 selects by quality alone. The paper's images use 0.01 and less, its points up to 2."""
    convention: Convention = "probability"
    """Quality from probabilities (the paper) or from raw scores."""

    def __call__(self, quality: float, diversity: float) -> float:
        return quality + self.gamma * diversity
