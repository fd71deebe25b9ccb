"""A training as a run folder: made, continued, judged."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from torch.utils.data import Dataset

from core_gans.data import Examples
from core_gans.game import Game, NoiseGame, TranslationGame
from core_gans.runs import folder as runs
from core_gans.runs.folder import Run
from core_gans.session import (
    DEFAULT_SECONDS,
    Options,
    make_watchers,
    options_from,
    over_the_run,
    restore_watchers,
    told_of_fallen_rates,
    with_data,
)
from core_gans.training import TrainingState, start, train
from core_gans.translation import Lesson, read_lesson
from core_gans.translation.watching import translation_watchers
from core_gans.trusted_code import require_trusted
from core_gans.variants import make
from core_gans.variants import variant as variant_called

KIND = "training"


@dataclass(frozen=True)
class Result:
    """What a training left behind: its folder, its state, and the judge's numbers before and after."""

    folder: Path
    state: TrainingState
    before: dict[str, float]
    after: dict[str, float]


def run_training(
    variant: str,
    fields: dict[str, Any],
    options: Options,
    *,
    rounds: int | None = None,
    seconds: float | None = None,
    runs_folder: Path = Path("runs"),
    name: str = "",
    console: Console | None = None,
) -> Result:
    """Train ``variant`` in a new run folder under ``runs_folder``, for a minute when no bound is given."""
    console = console or Console(markup=False)
    if rounds is None and seconds is None:
        seconds = DEFAULT_SECONDS
    examples = _examples(variant, options, console)
    fitting = examples.fields(fields) if isinstance(examples, Lesson) else with_data(fields, examples)
    game = make(variant, **over_the_run(fitting, rounds))
    config = {
        "kind": KIND,
        "variant": variant,
        "fields": dataclasses.asdict(game),
        "options": dataclasses.asdict(options),
        "rounds": rounds,
        "seconds": seconds,
    }
    state = start(game, options.batches(_learned(examples)), options.rng(), options.compute())
    with runs.create(runs_folder, name or runs.default_name(variant, options.data), config) as run:
        return _play(run, state, options, examples, rounds, seconds, console, {})


def resume_training(
    folder: Path, *, rounds: int | None = None, seconds: float | None = None, console: Console | None = None
) -> Result:
    """Continue the run in ``folder`` exactly where its last checkpoint stands."""
    console = console or Console(markup=False)
    with runs.open_run(folder) as run:
        config = run.config
        if config["kind"] != KIND:
            raise ValueError(f"{folder} is an {config['kind']}: continue it with `egan resume {folder}`.")
        require_trusted(folder, config["variant"])
        if rounds is None and seconds is None:
            rounds, seconds = config["rounds"], config["seconds"]
        options = options_from(config["options"])
        content = run.load_checkpoint()
        examples = _examples(config["variant"], options, console)
        game = make(config["variant"], **config["fields"])
        state = start(game, options.batches(_learned(examples)), options.rng(), options.compute())
        state.load_state_dict(content["state"])
        if told := told_of_fallen_rates(game, rounds):
            console.print(told, soft_wrap=True, highlight=False)
        return _play(run, state, options, examples, rounds, seconds, console, content["watchers"])


def _play(
    run: Run,
    state: TrainingState,
    options: Options,
    examples: Examples | Lesson,
    rounds: int | None,
    seconds: float | None,
    console: Console,
    saved: dict[str, Any],
) -> Result:
    game = state.game
    if isinstance(examples, Lesson):
        assert isinstance(game, TranslationGame)
        watchers, verdict = translation_watchers(run, game, options, examples, console)
    else:
        watchers, verdict = make_watchers(run, _noise_game(game), options, examples, console, "round")
    restore_watchers(watchers, saved)
    console.print(f"training {game.name} on {examples.name}: {len(examples):,} examples of shape {examples.shape}")
    console.print(f"run folder {run.folder}", soft_wrap=True)
    before = dict(verdict.judge(state))
    train(game, state.batches, rounds, rng=state.rng, watchers=watchers, state=state, seconds=seconds)
    return Result(run.folder, state, before, dict(verdict.judge(state)))


def _examples(variant: str, options: Options, console: Console) -> Examples | Lesson:
    """What the game called ``variant`` learns from."""
    kind = variant_called(variant)
    if not issubclass(kind, TranslationGame):
        return options.load(console)
    with console.status(f"reading {options.data}"):
        return read_lesson(
            kind.learns_from,
            options.data,
            size=options.size,
            channels=options.colours,
            count=options.count,
            seed=options.seed,
        )


def _learned(examples: Examples | Lesson) -> Dataset:
    return examples.learned if isinstance(examples, Lesson) else examples


def _noise_game(game: Game) -> NoiseGame:
    if not isinstance(game, NoiseGame):
        raise ValueError(f"{game.name} draws from no latents, so it has no samples to watch: train it from Python.")
    return game
