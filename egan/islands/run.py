"""An evolution on islands as a run folder: made, continued, judged."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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
from core_gans.runs.watchers import Judged, Watcher
from core_gans.session import Options, make_watchers, options_from, over_the_run, require_taken, with_data
from core_gans.training import run as play_rounds
from core_gans.trusted_code import require_trusted
from core_gans.variants import from_saved, make, name_of
from core_gans.variants import variant as variant_called
from egan.checks import require_fit
from egan.experiment import require_bounds, require_members, tell_what_is_left_out
from egan.islands.archipelago import Archipelago, Island
from egan.islands.engines import engine
from egan.islands.genes import first_genes, spread
from egan.islands.held_out import judge_by, split
from egan.islands.island import Setup
from egan.islands.settings import Islands, islands_from
from egan.islands.watching import IslandTable
from egan.options import KIND, Evolution, evolution_from
from egan.population import require_evolvable, require_latents


@dataclass(frozen=True)
class IslandsRun(RunKind[Archipelago]):
    """An evolution on islands that is about to be played."""

    kind, verb, unit, program, other_program = KIND, "evolving", "generation", "egan", "core-gans"

    game: NoiseGame
    examples: Examples
    evolution: Evolution = field(default_factory=Evolution)
    islands: Islands = field(default_factory=Islands)
    watchers: Sequence[Watcher] = ()

    def start(self) -> Archipelago:
        options, settings = self.options, self.islands
        learned, held_out = split(self.examples, options.seed)
        setup = Setup(name_of(self.game), dataclasses.asdict(self.game), options, self.evolution, learned)
        require_fit(setup.found(0), setup.scheme)
        genes = first_genes(settings.explore, self.game, self.evolution)
        states = []
        for number in range(settings.islands):
            own = spread(genes, options.seed, number)
            states.append(Island(setup.with_genes(own).founded(number), genes=own))
        judge = judge_by(settings.chosen_by, held_out)
        every = (options.samples_every, options.judge_every, options.checkpoint_every)
        told = self._told
        return Archipelago(
            setup, settings, self.game, judge, options.batches(learned), options.rng(), states, every=every, tell=told
        )

    def watch(self, run: Run) -> tuple[list[Watcher], Judged]:
        # Averages belong to the generators here, every rest is logged, and what curves mean is told of one population.
        options = replace(self.options, average=0.0, log_every=1, explain_every=0)
        watchers, verdict = make_watchers(run, self.game, options, self.examples, self.console, self.unit)
        table = IslandTable(run.folder, f"{self.game.name} on {self.examples.name}")
        watchers.insert(1, table)  # written once all is saved
        return watchers, verdict

    def play(self, state: Archipelago, rounds: int | None, seconds: float | None, watchers: list[Watcher]) -> None:
        with engine(state.setup, self.islands, self._told) as state.engine:
            play_rounds(state, lambda: state.play(rounds), rounds, seconds, [*watchers, *self.watchers])

    def _told(self, line: str) -> None:
        self.console.print(line, highlight=False, soft_wrap=True)


def run_islands(
    variant: str,
    fields: dict[str, Any],
    options: Options,
    evolution: Evolution,
    islands: Islands,
    *,
    rounds: int | None = None,
    seconds: float | None = None,
    runs_folder: Path = Path("runs"),
    name: str = "",
    console: Console | None = None,
    watchers: Sequence[Watcher] = (),
    fit: Fit | None = None,
) -> Result[Archipelago]:
    """Evolve ``variant`` on several islands in a new run folder, for a minute when no bound is given.

    ``watchers`` look on whenever all islands rest; ``fit`` may change fields and options when the data have been read.
    LabError for numbers that cannot be played.
    """
    console = console or Console(markup=False)
    require_bounds(rounds, seconds)
    if islands.islands < 2:
        raise LabError(f"expected at least two islands, got {islands.islands}: one is an evolution without.")
    islands.require_parents(evolution.parents)
    evolution.scheme()  # refuses what could not be played before any work
    kind = variant_called(variant)
    require_latents(kind)  # before anything is read
    examples = options.load(console, kind.takes)
    require_taken(kind, examples)
    if fit is not None:
        fields, options = fit(variant, fields, options, examples)
    game = require_evolvable(make(variant, **over_the_run(with_data(fields, examples), rounds)))
    tell_what_is_left_out(game, console)
    default = runs.default_name("egan", "islands", options.data)
    config = {
        "variant": variant,
        "evolution": dataclasses.asdict(evolution),
        "islands": dataclasses.asdict(islands),
    }
    evolving = IslandsRun(game, single_thread(options), examples, console, evolution, islands, watchers)
    return evolving.create(runs_folder, name, default, config, rounds, seconds)


def resume_islands(
    folder: Path,
    *,
    rounds: int | None = None,
    seconds: float | None = None,
    console: Console | None = None,
    watchers: Sequence[Watcher] = (),
    going: Going = STRAIGHT_ON,
) -> Result[Archipelago]:
    """Continue the run in ``folder`` exactly where its last checkpoint stands, with any number of workers."""
    require_bounds(rounds, seconds)

    def rebuild(config: dict[str, Any]) -> IslandsRun:
        options, evolution, islands = options_from(config["options"]), evolution_from(config), islands_from(config)
        require_trusted(folder, config["variant"], *evolution.mutations, *evolution.discriminator_mutations)
        require_members(folder, going.changes, more=False)
        islands.require_parents(evolution.parents)
        for name in (each.rpartition(".")[2] for each in going.changes):
            if name in islands.explore:
                raise LabError(
                    f"{name} is explored by the islands of {folder}: each has its own, so it cannot be changed."
                )
        told = console or Console(markup=False)
        game = require_evolvable(from_saved(config["variant"], config["fields"]))
        examples = options.load(told, game.takes)
        return IslandsRun(game, single_thread(options), examples, told, evolution, islands, watchers)

    return IslandsRun.resume(folder, rebuild, rounds, seconds, going)


def single_thread(options: Options) -> Options:
    """The options with one thread where none are asked for: islands are many, and all must compute alike."""
    return replace(options, threads=options.threads or 1)
