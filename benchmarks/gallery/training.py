"""One row of the gallery: a variant trained with its recipe for seconds of one core's time, judged and drawn."""

from __future__ import annotations

import dataclasses
import platform
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from benchmarks.gallery.sets import GallerySet
from core_gans.data import Batches, Examples
from core_gans.game import NoiseGame
from core_gans.metrics import Judge
from core_gans.recipes import Measured, Recipe, choosing, kind_of, points_fields, recipe_for
from core_gans.runs.averaging import Average
from core_gans.runs.watchers import fixed_latents
from core_gans.session import with_data
from core_gans.training import TrainingState, play_round, start
from core_gans.variants import make
from core_gans.variants import variant as variant_called

SHOWN = 16  # samples of a row
SURE = 1 / 3  # share of samples that are recognised, from which on a variant shows something
LOOKS, RARER = 100, 1.35  # rounds before the first look, and how much longer it takes to each further one


@dataclasses.dataclass(frozen=True, eq=False)
class Trained:
    """``measured`` as the table of recipes keeps it, and ``samples`` (16, C, H, W), or (N, 2)."""

    measured: Measured
    samples: Tensor


def train_row(
    row: str, of: GallerySet, examples: Examples, judge: Judge, glance: Judge | None, seconds: float, seed: int
) -> Trained:
    """Train ``row`` for ``seconds``. ValueError where losses or samples become NaN or infinite."""
    variant, chosen = choosing(row)
    recipe = recipe_for(variant, kind_of(examples.shape), chosen, len(examples))
    assert recipe is not None
    game = game_of(recipe, examples)
    rng = torch.Generator().manual_seed(seed)
    state = start(game, Batches(examples, recipe.batch, seed), rng)
    average = Average(decay=recipe.average)
    average.attach(state)

    chance = torch.Generator().manual_seed(seed + 2)

    def sampler(count: int) -> Tensor:
        return game.sample(state.sampling_nets(), count, chance)

    shown_after = _play(state, average, seconds, glance, sampler)
    figures = of.figures(judge, sampler)
    if figures.get(of.recognised, 1.0) < SURE:
        shown_after = None  # what was recognised for a moment is gone again
    count = SHOWN if len(examples.shape) > 1 else 2_000
    latents = fixed_latents(game, count, seed + 1)
    with torch.no_grad():
        samples = state.sampling_nets()["generator"].eval()(latents)
    measured = Measured(
        row,
        recipe.kind,
        of.name,
        recipe.settings,
        time.strftime("%Y-%m-%d"),
        f"{platform.machine()}, one thread",
        seed,
        seconds,
        state.round,
        shown_after,
        {name: float(f"{value:.4g}") for name, value in figures.items()},
    )
    return Trained(measured, samples)


def game_of(recipe: Recipe, examples: Examples) -> NoiseGame:
    """The game of a recipe for ``examples``; rates that fall over a run stay where nobody knows its rounds."""
    variant, chosen = choosing(recipe.row)
    known = {field.name for field in dataclasses.fields(variant_called(variant))}
    fields: dict[str, Any] = dict(recipe.fields)
    if recipe.kind == "points":
        fields |= points_fields(variant, {"fall_to": 0.0}) | {"fall_rounds": 0}
    fields = {name: value for name, value in fields.items() if name in known} | chosen
    game = make(variant, **with_data({**dataclasses.asdict(variant_called(variant)()), **fields}, examples))
    assert isinstance(game, NoiseGame)
    return game


def _play(
    state: TrainingState, average: Average, seconds: float, glance: Judge | None, sampler: Callable[[int], Tensor]
) -> int | None:
    """Play for ``seconds`` of this process, looks apart; the rounds after which samples are recognised, if they are."""
    spent, look, shown_after = 0.0, float(LOOKS), None
    while spent < seconds:
        begun = time.process_time()
        state.game.begin_round(state.nets, 0.0)  # as in a run that is bounded by time
        state.terms = play_round(state)
        state.round += 1
        average.after_round(state)
        spent += time.process_time() - begun
        if glance is not None and shown_after is None and state.round >= look:
            look *= RARER
            (share,) = glance(sampler).values()
            shown_after = state.round if share >= SURE else None
    return shown_after
