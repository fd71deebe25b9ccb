"""Fitness: quality + gamma x diversity. Wang et al. 2019, equations 6 to 8."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from core_gans.foundation.parsing import require_choices

Convention = Literal["probability", "logit"]

LEAST_NORM = 1e-12  # of the discriminator's gradient: diversity is at most 27.6


@dataclass(frozen=True)
class Judgement:
    """What was measured of a candidate: the discriminator's opinion, and the fakes (e, ...) that it is about."""

    quality: float
    diversity: float
    fakes: Tensor


def quality(scores: Tensor, convention: Convention = "probability") -> float:
    """E D(G(z)) of the fakes' raw scores (N,): how real they look. Equation 6.

    ``probability`` is the paper's D in (0, 1); ``logit`` takes the raw score, which does not saturate.
    """
    scores = scores.detach()
    scores = scores if scores.dtype == torch.float64 else scores.float()
    return float((torch.sigmoid(scores) if convention == "probability" else scores).mean())


def diversity(gradients: Sequence[Tensor]) -> float:
    """-log |grad_D L_D| over all the discriminator's parameters, ``gradients`` of any shape. Equation 7.

    Fakes that collapse onto a point leave the discriminator a steep way to tell them apart, and score low. The norm,
    not its square: the authors' Theano code takes the square, so its gamma is half of this one's. Where a hinge is
    inactive the gradient is exactly 0; smaller norms count as ``LEAST_NORM``, so that fitness stays finite.
    """
    squares = torch.stack([gradient.detach().double().square().sum() for gradient in gradients])
    return -float(squares.sum().sqrt().clamp_min(LEAST_NORM).log())


class Rule(ABC):
    """From what was measured of a candidate to its fitness; a fitness that is not finite is death."""

    @property
    def convention(self) -> Convention:
        """How quality is measured."""
        return "probability"

    @abstractmethod
    def __call__(self, judgement: Judgement) -> float:
        """The fitness of one candidate; higher is better."""

    def among(self, judgements: Sequence[Judgement]) -> Rule:
        """The rule for one generation, whose candidates were judged so."""
        del judgements
        return self


@dataclass(frozen=True)
class FitnessRule(Rule):
    """How quality and diversity become one number. Wang et al. 2019, equation 8."""

    gamma: float = 0.01
    """Weight of diversity; 0 selects by quality alone. The paper's images use 0.01 and less, its points up to 2."""
    convention: Convention = "probability"
    """Quality from probabilities (the paper) or from raw scores."""
    balance: float = 0.0
    """Above 0, gamma is chosen anew in every generation, so that gamma x diversity varies this many times as much
    among its candidates (standard deviation) as quality; where diversity does not vary, gamma stays."""

    def __post_init__(self) -> None:
        require_choices(self)
        if not math.isfinite(self.gamma):
            raise ValueError(f"expected a finite weight of diversity gamma, got {self.gamma}.")
        if not 0 <= self.balance < math.inf:
            raise ValueError(f"expected a balance of diversity and quality of at least 0, got {self.balance}.")

    def __call__(self, judgement: Judgement) -> float:
        return judgement.quality + self.gamma * judgement.diversity

    def among(self, judgements: Sequence[Judgement]) -> FitnessRule:
        pairs = [(each.quality, each.diversity) for each in judgements]
        finite = torch.tensor([pair for pair in pairs if all(map(math.isfinite, pair))], dtype=torch.float64)
        if self.balance == 0 or len(finite) < 2:
            return self
        of_quality, of_diversity = finite.std(dim=0).tolist()
        return replace(self, gamma=self.balance * of_quality / of_diversity) if of_diversity > 0 else self
