"""An evolution as a run folder: made, continued, judged, and told in a short table."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from core_gans.data import Examples
from core_gans.foundation.errors import LabError
from core_gans.runs import folder as runs
from core_gans.runs.folder import Run
from core_gans.runs.watchers import Watcher
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
from core_gans.trusted_code import require_trusted
from core_gans.variants import make
from egan.checks import require_fit
from egan.evolution import evolve
from egan.options import KIND, Evolution, evolution_from
from egan.population import Population, require_evolvable, start
from egan.returning import ReturnsTold
from egan.watching import EvolutionPictures


@dataclass(frozen=True)
class Result:
    """What an evolution left behind: its folder, its population, and the judge's numbers before and after."""

    folder: Path
    population: Population
    before: dict[str, float]
    after: dict[str, float]


def run_evolution(
    variant: str,
    fields: dict[str, Any],
    options: Options,
    evolution: Evolution,
    *,
    rounds: int | None = None,
    seconds: float | None = None,
    runs_folder: Path = Path("runs"),
    name: str = "",
    console: Console | None = None,
    watchers: Sequence[Watcher] = (),
) -> Result:
    """Evolve ``variant`` in a new run folder under ``runs_folder``, for a minute when no bound is given.

    ``watchers`` look on after those that write the folder.
    """
    console = console or Console(markup=False)
    require_bounds(rounds, seconds)
    if rounds is None and seconds is None:
        seconds = DEFAULT_SECONDS
    evolution.scheme()  # refuses what could not be played before any work
    examples = options.load(console)
    game = require_evolvable(make(variant, **over_the_run(with_data(fields, examples), rounds)))
    config = {
        "kind": KIND,
        "variant": variant,
        "fields": dataclasses.asdict(game),
        "options": dataclasses.asdict(options),
        "evolution": dataclasses.asdict(evolution),
        "rounds": rounds,
        "seconds": seconds,
    }
    population = start(game, options.batches(examples), options.rng(), evolution.parents, options.compute())
    require_fit(population, evolution.scheme())
    with runs.create(runs_folder, name or runs.default_name("egan", options.data), config) as run:
        return _play(run, population, options, evolution, examples, rounds, seconds, console, {}, watchers)


def resume_evolution(
    folder: Path,
    *,
    rounds: int | None = None,
    seconds: float | None = None,
    console: Console | None = None,
    watchers: Sequence[Watcher] = (),
) -> Result:
    """Continue the run in ``folder`` exactly where its last checkpoint stands.

    ``watchers`` look on after those that write the folder.
    """
    console = console or Console(markup=False)
    require_bounds(rounds, seconds)
    with runs.open_run(folder) as run:
        config = run.config
        if config["kind"] != KIND:
            raise LabError(f"{folder} is a {config['kind']}: continue it with `core-gans resume {folder}`.")
        if rounds is None and seconds is None:
            rounds, seconds = config["rounds"], config["seconds"]
        options, evolution = options_from(config["options"]), evolution_from(config)
        require_trusted(folder, config["variant"], *evolution.mutations, *evolution.discriminator_mutations)
        content = run.load_checkpoint()
        examples = options.load(console)
        game = require_evolvable(make(config["variant"], **config["fields"]))
        population = start(game, options.batches(examples), options.rng(), evolution.parents, options.compute())
        population.load_state_dict(content["state"])
        if told := told_of_fallen_rates(game, rounds):
            console.print(told, soft_wrap=True, highlight=False)
        if rounds is not None and population.round >= rounds:
            console.print(f"{folder} has its {population.round:,} generations already: ask for more with --rounds.")
        saved = content["watchers"]
        return _play(run, population, options, evolution, examples, rounds, seconds, console, saved, watchers)


def require_bounds(rounds: int | None, seconds: float | None) -> None:
    """LabError for a bound under which nothing could be played."""
    if rounds is not None and rounds < 1:
        raise LabError(f"expected --rounds of at least 1, got {rounds}.")
    if seconds is not None and not seconds > 0:
        raise LabError(f"expected --seconds above 0, got {seconds:g}.")


def _play(
    run: Run,
    population: Population,
    options: Options,
    evolution: Evolution,
    examples: Examples,
    rounds: int | None,
    seconds: float | None,
    console: Console,
    saved: dict[str, Any],
    more_watchers: Sequence[Watcher] = (),
) -> Result:
    game = population.game
    watchers, verdict = make_watchers(run, game, options, examples, console, "generation")
    watchers.insert(1, EvolutionPictures(run.folder, f"{game.name} on {examples.name}"))  # drawn once all is saved
    restore_watchers(watchers, saved)
    console.print(f"evolving {game.name} on {examples.name}: {len(examples):,} examples of shape {examples.shape}")
    console.print(f"run folder {run.folder}", soft_wrap=True)
    before = dict(verdict.judge(population))
    evolve(
        game,
        population.batches,
        rounds,
        rng=population.rng,
        scheme=evolution.scheme(examples),
        watchers=[*watchers, ReturnsTold(console), *more_watchers],
        state=population,
        seconds=seconds,
    )
    return Result(run.folder, population, before, dict(verdict.judge(population)))
