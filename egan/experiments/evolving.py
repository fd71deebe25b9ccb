"""An evolution that is played round by round: the state of a population with the operators that move it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import torch
from deap import base

from core_gans.data import Batches, Examples
from core_gans.game import Game
from egan import multi_discriminator
from egan.checks import require_fit
from egan.evolution import generation, make_toolbox
from egan.options import Evolution
from egan.population import Population, start
from egan.returning import play_or_return
from egan.scheme import Scheme


@dataclass
class Evolving(Population):
    """A population, and how its next generation is played."""

    scheme: Scheme = field(default_factory=Scheme)
    toolbox: base.Toolbox = field(default_factory=base.Toolbox)


def begin(game: Game, batches: Batches, rng: torch.Generator, evolution: Evolution) -> Evolving:
    """A fresh population of ``game``, ready to be played; ValueError for what could not be played."""
    scheme = evolution.scheme(batches.data if isinstance(batches.data, Examples) else None)
    population = start(game, batches, rng, scheme.parents)
    state = Evolving(**{each.name: getattr(population, each.name) for each in fields(Population)}, scheme=scheme)
    require_fit(state, scheme)
    multi_discriminator.recruit(state, scheme.discriminators)
    state.toolbox = make_toolbox(state, scheme)
    return state


def play(state: Evolving) -> None:
    """One generation."""
    play_or_return(state, lambda: generation(state, state.scheme, state.toolbox))
