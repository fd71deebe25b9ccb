"""An evolution as a run folder: made, continued, judged."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from core_gans.data import Examples
from core_gans.experiment import Fit
from core_gans.foundation.errors import LabError
from core_gans.game import NoiseGame
from core_gans.run_kind import STRAIGHT_ON, Going, Result, RunKind
from core_gans.runs import folder as runs
from core_gans.runs.folder import Run
from core_gans.runs.playable import COPIES, require_batch, require_playable
from core_gans.runs.watchers import Judged, Watcher
from core_gans.session import Options, make_watchers, options_from, over_the_run, require_taken, with_data
from core_gans.trusted_code import require_trusted
from core_gans.variants import from_saved, make
from core_gans.variants import variant as variant_called
from egan.checks import require_fit
from egan.evolution import evolve
from egan.options import KIND, Evolution, evolution_from
from egan.population import Population, require_evolvable, require_latents, start
from egan.returning import ReturnsTold
from egan.watching import EvolutionPictures


@dataclass(frozen=True)
class EvolutionRun(RunKind[Population]):
    """An evolution that is about to be played; ``watchers`` look on after those that write the folder."""

    kind, verb, unit, program, other_program = KIND, "evolving", "generation", "egan", "core-gans"

    game: NoiseGame
    examples: Examples
    evolution: Evolution = field(default_factory=Evolution)
    watchers: Sequence[Watcher] = ()

    def start(self) -> Population:
        options = self.options
        batches = options.batches(self.examples)
        population = start(self.game, batches, options.rng(), self.evolution.parents, options.compute())
        require_fit(population, self.evolution.scheme())
        return population

    def require_room(self) -> None:
        asked, numbers = self.evolution, self.options
        broods = asked.parents * (1 + asked.children * len(asked.mutations))  # each parent, and its children
        held = COPIES * (broods + asked.discriminators)
        lower = "--width, --parents, --children or --discriminators"
        require_playable(self.game, numbers.batch, numbers.device, copies=held, lower=lower)
        judged = asked.evaluation_size or 0
        require_batch(
            judged,
            getattr(self.game, "shape", ()),
            int(getattr(self.game, "latent", 0)),
            numbers.device,
            "--evaluation-size",
        )

    def watch(self, run: Run) -> tuple[list[Watcher], Judged]:
        watchers, verdict = make_watchers(run, self.game, self.options, self.examples, self.console, self.unit)
        pictures = EvolutionPictures(run.folder, f"{self.game.name} on {self.examples.name}")
        watchers.insert(1, pictures)  # drawn once all is saved
        return watchers, verdict

    def play(self, state: Population, rounds: int | None, seconds: float | None, watchers: list[Watcher]) -> None:
        evolve(
            self.game,
            state.batches,
            rounds,
            rng=state.rng,
            scheme=self.evolution.scheme(self.examples),
            watchers=[*watchers, ReturnsTold(self.console), *self.watchers],
            state=state,
            seconds=seconds,
        )


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
    fit: Fit | None = None,
) -> Result[Population]:
    """Evolve ``variant`` in a new run folder under ``runs_folder``, for a minute when no bound is given.

    ``watchers`` look on after those that write the folder; ``fit`` may change fields and options when the data have
    been read. On several islands: ``egan.islands.run.run_islands``.
    """
    console = console or Console(markup=False)
    require_bounds(rounds, seconds)
    evolution.scheme()  # refuses what could not be played before any work
    kind = variant_called(variant)
    require_latents(kind)  # before anything is read
    examples = options.load(console, kind.takes)
    require_taken(kind, examples)
    if fit is not None:
        fields, options = fit(variant, fields, options, examples)
    game = require_evolvable(make(variant, **over_the_run(with_data(fields, examples), rounds)))
    tell_what_is_left_out(game, console)
    default = runs.default_name("egan", options.data)
    config = {"variant": variant, "evolution": dataclasses.asdict(evolution)}
    evolving = EvolutionRun(game, options, examples, console, evolution, watchers)
    return evolving.create(runs_folder, name, default, config, rounds, seconds)


def resume_evolution(
    folder: Path,
    *,
    rounds: int | None = None,
    seconds: float | None = None,
    console: Console | None = None,
    watchers: Sequence[Watcher] = (),
    going: Going = STRAIGHT_ON,
) -> Result[Population]:
    """Continue the run in ``folder`` exactly where its last checkpoint stands, or as ``going`` asks.

    ``watchers`` look on after those that write the folder.
    """
    require_bounds(rounds, seconds)

    def rebuild(config: dict[str, Any]) -> EvolutionRun:
        if config.get("islands") is not None:
            raise LabError(
                f"{folder} is an evolution on islands: continue it with `egan resume {folder}`; in Python with "
                "egan.islands.run.resume_islands."
            )
        options, evolution = options_from(config["options"]), evolution_from(config)
        require_members(folder, going.changes, more=True)
        require_trusted(folder, config["variant"], *evolution.mutations, *evolution.discriminator_mutations)
        told = console or Console(markup=False)
        game = require_evolvable(from_saved(config["variant"], config["fields"]))
        return EvolutionRun(game, options, options.load(told, game.takes), told, evolution, watchers)

    return EvolutionRun.resume(folder, rebuild, rounds, seconds, going)


def tell_what_is_left_out(game: NoiseGame, console: Console) -> None:
    """Name the terms of the generator's own loss that children do not learn from, where ``game`` weighs any."""
    if left := [name for name in game.beside_scores if getattr(game, name)]:
        told = f"without {' and '.join(left)} of {game.name}: children learn from their mutations alone."
        console.print(told, highlight=False, soft_wrap=True)


def require_members(folder: Path, changes: Mapping[str, Any], *, more: bool) -> None:
    """LabError for another number of parents or discriminators than the run in ``folder`` has.

    Where ``more`` discriminators can be founded, for fewer alone.
    """
    before = runs.read_config(folder)["evolution"] or {}
    for name, value in changes.items():
        member = name.removeprefix("evolution.")
        if member not in ("parents", "discriminators") or value == (there := before.get(member, 1)):
            continue
        if member == "parents" or not more or value < there:
            raise LabError(
                f"{folder} was begun with --{member} {there}, which cannot become {value}: leave it out, or begin anew "
                f"with `egan evolve --{member} {value}`."
            )


def require_bounds(rounds: int | None, seconds: float | None) -> None:
    """LabError for a bound under which nothing could be played."""
    if rounds is not None and rounds < 1:
        raise LabError(f"expected --rounds of at least 1, got {rounds}.")
    if seconds is not None and not seconds > 0:
        raise LabError(f"expected --seconds above 0, got {seconds:g}.")
