"""The numbers of an evolution that the command line and the Python API write alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Strategy = Literal["comma", "plus"]
Offspring = Literal["each", "bandit", "first_order"]
Crossover = Literal["none", "distillation", "interpolation"]
Engine = Literal["auto", "reference", "fast"]
GAMMA_ON_POINTS = 0.05  # with it the paper's fitness keeps more modes than with its 0.01
# With batch statistics in the discriminator, as the recipe for training has them, one of two evolutions of digits
# stayed at noise (frechet[digits-cnn] 4.6 and 224 with seeds 0 and 1); with a spectral norm 5.3, 5.7 and 5.4 with seeds
# 0, 1, 2 (80 s of one slow core each, 2026-11-30). R1, which training has, was not tried.
UNPENALISED: Mapping[str, Any] = {"r1": 0.0, "penalty_every": 1}
OVER_RECIPES: Mapping[str, Mapping[str, Any]] = {
    "dcgan": {"normalisation": "spectral", **UNPENALISED},
    "gan": {"normalisation": "batch", **UNPENALISED},
}


@dataclass(frozen=True)
class EvolutionSettings:
    """What ``Evolution`` (words) and ``Scheme`` (objects) share. Defaults are those of Wang et al. 2019."""

    mutations: tuple[Any, ...] = ()
    """Of generators: names in ``Evolution``, objects in ``Scheme``."""
    offspring: Offspring = field(default="each", kw_only=True)
    """each: a child of every parent by each mutation; by one mutation alone: bandit, drawn by what paid lately;
    first_order, the one whose step would raise fitness most, by its gradient."""
    parents: int = 1
    """Generators that survive a generation (mu)."""
    children: int = 1
    """Children of each parent by each mutation; those of one mutation see different latents."""
    strategy: Strategy = "comma"
    """comma: only children survive; plus: parents are judged anew and compete with them."""
    crossover: Crossover = "none"
    """One more child of every two parents of neighbouring rank: distillation (of the samples that the discriminator
    prefers) or interpolation (of weights)."""
    inertia: float = 0.0
    """Weight of the parent's fitness in its child's, in [0, 1): a moving average along the lineage."""
    common_latents: bool = False
    """Judge all children of a generation on the same latents (common random numbers): a fairer comparison."""
    recycle: bool = False
    """Vary a survivor on the first latents that it was judged on, instead of on fresh ones; needs common latents."""
    discriminators: int = 1
    """Discriminators that survive a generation. More than one evolve, too (Chen et al. 2021, CDE-GAN): each has a child
    by each of its mutations, and the best survive."""
    discriminator_gamma: float = 0.01
    """Weight of diversity in the fitness of several discriminators."""
    harshness: float = 1.0
    """How much more a discriminator weighs in a generator's step the harder it is to convince (lambda of Chen et al.
    2021): the weights are the softmax of lambda x loss. 0 for the mean."""
    engine: Engine = "auto"
    """reference: one step after the other, as the paper tells it; fast: the same numbers from shared computations;
    auto: fast where it can."""
