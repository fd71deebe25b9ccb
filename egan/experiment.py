"""An evolution as a run folder: made, continued, judged, and told in a short table."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from core_gans import runs
from core_gans.data import Examples
from core_gans.errors import LabError
from core_gans.game import NoiseGame
from core_gans.runs import Run
from core_gans.session import DEFAULT_SECONDS, Options, make_watchers, options_from, restore_watchers, with_data
from core_gans.variants import make
from core_gans.watchers import Watcher
from egan.evolution import evolve
from egan.fitness import Convention, FitnessRule
from egan.mutations import MUTATIONS, mutation
from egan.population import Population, start
from egan.watching import EvolutionPictures

KIND = "evolution"


@dataclass(frozen=True)
class Evolution:
    """The numbers of E-GAN."""

    mutations: tuple[str, ...] = ("minimax", "heuristic", "least_squares")
    """One child of every parent per mutation."""
    parents: int = 1
    """Generators that survive a generation (mu)."""
    gamma: float = 0.01
    """Weight of diversity in the fitness."""
    convention: Convention = "probability"
    """Quality from probabilities (the paper) or raw scores (logit)."""
    evaluation_size: int | None = None
    """Fakes that judge each child; default: as many as the discriminator's steps will use."""

    def __post_init__(self) -> None:
        if self.parents < 1:
            raise LabError(f"expected at least one parent, got --parents {self.parents}.")
        if self.evaluation_size is not None and self.evaluation_size < 1:
            raise LabError(f"expected an --evaluation-size of at least 1, got {self.evaluation_size}.")
        if not self.mutations:
            raise LabError(f"expected at least one of --mutations {' '.join(MUTATIONS)}, got none.")
        if len(set(self.mutations)) < len(self.mutations):
            raise LabError(
                f"expected each mutation once, got --mutations {' '.join(self.mutations)}: siblings of one mutation "
                "would be the same child."
            )


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
    [mutation(given) for given in evolution.mutations]
    examples = options.load(console)
    game = make(variant, **with_data(fields, examples))
    assert isinstance(game, NoiseGame)
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
    with runs.create(runs_folder, name or runs.default_name("egan", options.data), config) as run:
        return _play(run, population, options, evolution, examples, rounds, seconds, console, {}, watchers)


def resume_evolution(
    folder: Path, *, rounds: int | None = None, seconds: float | None = None, console: Console | None = None
) -> Result:
    """Continue the run in ``folder`` exactly where its last checkpoint stands."""
    console = console or Console(markup=False)
    require_bounds(rounds, seconds)
    with runs.open_run(folder) as run:
        config = run.config
        if config["kind"] != KIND:
            raise LabError(f"{folder} is a {config['kind']}: continue it with `core-gans resume {folder}`.")
        if rounds is None and seconds is None:
            rounds, seconds = config["rounds"], config["seconds"]
        options, evolution = options_from(config["options"]), evolution_from(config)
        content = run.load_checkpoint()
        examples = options.load(console)
        game = make(config["variant"], **config["fields"])
        assert isinstance(game, NoiseGame)
        population = start(game, options.batches(examples), options.rng(), evolution.parents, options.compute())
        population.load_state_dict(content["state"])
        if rounds is not None and population.round >= rounds:
            console.print(f"{folder} has its {population.round:,} generations already: ask for more with --rounds.")
        return _play(run, population, options, evolution, examples, rounds, seconds, console, content["watchers"])


def evolution_from(config: Mapping[str, Any]) -> Evolution:
    """The numbers of E-GAN in a run's config.json; LabError when it is no evolution, or of another version."""
    saved = config.get("evolution")
    if config["kind"] != KIND or not isinstance(saved, dict):
        raise LabError(f"expected the run of an evolution, got a {config['kind']} of {config['variant']}.")
    unknown = saved.keys() - {known.name for known in dataclasses.fields(Evolution)}
    if unknown:
        raise LabError(f"the run's evolution holds {', '.join(sorted(unknown))}, which this version does not know.")
    return Evolution(**{**saved, "mutations": tuple(saved["mutations"])})


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
        mutations=[mutation(name) for name in evolution.mutations],
        fitness=FitnessRule(evolution.gamma, evolution.convention),
        evaluation_size=evolution.evaluation_size,
        watchers=[*watchers, *more_watchers],
        state=population,
        seconds=seconds,
    )
    return Result(run.folder, population, before, dict(verdict.judge(population)))
