"""What an experiment keeps of a run besides its scores: who won when, how smooth its paths are, and some of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core_gans.game import NoiseGame
from egan.experiments.evolving import Evolving
from egan.experiments.plain import Plain
from egan.experiments.smoothness import path_length, paths

BINS = 40  # parts of a run in which winners are counted
PATHS = {True: (12, 240), False: (4, 11)}  # paths and steps on each: of points, of images


def keep(state: Evolving | Plain, rng: torch.Generator) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The facts ``path_length`` and ``winners``, and the tensor ``paths`` (P, S, ...), of the averaged generator."""
    generator, game = state.sampling_nets()["generator"], state.game
    assert isinstance(game, NoiseGame)  # every contender's is one
    winners = state.winners if isinstance(state, Plain) else state.logbook.select("winner")
    facts = {"path_length": path_length(generator, game, rng), "winners": winning_shares(winners)}
    points = game.sample(state.nets, 1, rng).dim() == 2
    return facts, {"paths": paths(generator, game, rng, *PATHS[points])}


def winning_shares(winners: Sequence[str], bins: int = BINS) -> dict[str, list[float]]:
    """Of each mutation, the share of the generations that it won in each of ``bins`` equal parts of the run.

    Fewer parts where there are fewer generations.
    """
    parts = np.array_split(np.array(winners), min(bins, len(winners)) or 1)
    return {name: [float((part == name).mean()) for part in parts] for name in sorted(set(winners))}
