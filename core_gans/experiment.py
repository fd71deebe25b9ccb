"""A training as a run folder: made, continued, judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from core_gans.data import Examples
from core_gans.foundation.errors import LabError
from core_gans.game import HeldOutGame, NoiseGame, TranslationGame
from core_gans.games.texts import TextGame
from core_gans.games.translators import Translator
from core_gans.held_out import Held, held_out_watchers
from core_gans.parallel import joined, team
from core_gans.run_kind import STRAIGHT_ON, Going, Result, RunKind, threads
from core_gans.runs import folder as runs
from core_gans.runs.fine_tuning import TrainedPlayers
from core_gans.runs.folder import Run
from core_gans.runs.playable import require_playable
from core_gans.runs.progress import counted
from core_gans.runs.watchers import Judged, Watcher
from core_gans.session import (
    DEFAULT_SECONDS,
    Options,
    make_watchers,
    options_from,
    over_the_run,
    require_taken,
    with_data,
)
from core_gans.texts import TextLesson, read_texts
from core_gans.texts.watching import text_watchers
from core_gans.training import TrainingState, start, train
from core_gans.translation import Lesson, read_lesson
from core_gans.translation.extent import (
    ENOUGH,
    LONGEST,
    Choice,
    largest_extent,
    seconds_of_round,
    told_of_extent,
)
from core_gans.translation.watching import translation_watchers
from core_gans.trusted_code import require_trusted
from core_gans.variants import from_saved, make
from core_gans.variants import variant as variant_called

READING = ("level", "longest", "least_often")  # fields of a game of texts
Fit = Callable[[str, dict[str, Any], Options, Examples], tuple[dict[str, Any], Options]]
"""From a variant's name, its fields, the options and the data to fields and options."""


@dataclass(frozen=True)
class Training(RunKind[TrainingState]):
    """A training that is about to be played."""

    kind, verb, unit, program, other_program = "training", "training", "round", "core-gans", "egan"

    trained: TrainedPlayers | None = None
    """The networks of another run that it begins with."""

    def start(self) -> TrainingState:
        learned = self.examples.learned if isinstance(self.examples, Lesson | Held | TextLesson) else self.examples
        state = start(self.game, self.options.batches(learned), self.options.rng(), self.options.compute())
        if self.trained is not None:
            told = str(self.trained.copy_into(self.game, state.nets))
            self.console.print(told, highlight=False, soft_wrap=True)
        return state

    def watch(self, run: Run) -> tuple[list[Watcher], Judged]:
        game, examples = self.game, self.examples
        if isinstance(examples, Lesson):
            assert isinstance(game, TranslationGame)
            return translation_watchers(run, game, self.options, examples, self.console)
        if isinstance(examples, Held):
            assert isinstance(game, HeldOutGame)
            return held_out_watchers(run, game, self.options, examples, self.console)
        if isinstance(examples, TextLesson):
            assert isinstance(game, TextGame)
            return text_watchers(run, game, self.options, examples, self.console)
        if not isinstance(game, NoiseGame):
            raise ValueError(f"{game.name} draws from no latents, so it has no samples to watch: train it from Python.")
        return make_watchers(run, game, self.options, examples, self.console, self.unit)

    def play(self, state: TrainingState, rounds: int | None, seconds: float | None, watchers: list[Watcher]) -> None:
        train(self.game, state.batches, rounds, rng=state.rng, watchers=watchers, state=state, seconds=seconds)

    def of_measured_extent(self, free: Sequence[Choice], rounds: int | None, seconds: float | None) -> Training:
        """The same with the width and the batch, where ``free``, of which this machine plays rounds enough; tells it.

        None of the run's own random numbers are drawn: a run made with the numbers that are told equals this one.
        """
        assert isinstance(self.game, Translator)
        budget = seconds if seconds is not None else DEFAULT_SECONDS if rounds is None else LONGEST

        def measured(game: Translator, batch: int) -> float:
            require_playable(game, batch, self.options.device)
            tried = replace(self, game=game, options=replace(self.options, batch=batch), trained=None)
            return seconds_of_round(tried.start(), budget / ENOUGH)

        with threads(self.options, self.examples), self.console.status("measuring how fast this machine is"):
            search = partial(largest_extent, self.game, self.options.batch, free, budget, measured)
            extent = team().led(search)
        self.console.print(told_of_extent(extent, free, budget), highlight=False, soft_wrap=True)
        game = replace(self.game, width=extent.width)
        return replace(self, game=game, options=replace(self.options, batch=extent.batch))


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
    measured: Sequence[Choice] = (),
    start_from: TrainedPlayers | None = None,
    fit: Fit | None = None,
) -> Result[TrainingState]:
    """Train ``variant`` in a new run folder under ``runs_folder``, for a minute when no bound is given.

    Of a game of translation, ``measured`` names what a few rounds on this machine choose: width, batch or both. Of
    others, ``fit`` may change fields and options when the data have been read. It begins with the networks of
    ``start_from``, as far as they fit; config.json tells of them. Processes that torchrun started play it together.
    """
    console = console or Console(markup=False)
    with joined(options.device, console) as together:
        examples = _examples(variant, fields, options, console)
        if fit is not None and isinstance(examples, Examples):
            fields, options = together.led(partial(fit, variant, fields, options, examples))
        if isinstance(examples, Lesson | TextLesson):
            fitting = examples.fields(fields)
        else:
            fitting = with_data(fields, examples.learned if isinstance(examples, Held) else examples)
        training = Training(make(variant, **over_the_run(fitting, rounds)), options, examples, console, start_from)
        if measured:
            training = training.of_measured_extent(measured, rounds, seconds)
        default = runs.default_name(variant, options.data)
        begun = {} if start_from is None else {"begun_from": {"run": start_from.run, "round": start_from.round}}
        return training.create(runs_folder, name, default, {"variant": variant, **begun}, rounds, seconds)


def resume_training(
    folder: Path,
    *,
    rounds: int | None = None,
    seconds: float | None = None,
    console: Console | None = None,
    going: Going = STRAIGHT_ON,
) -> Result[TrainingState]:
    """Continue the run in ``folder`` exactly where its last checkpoint stands, or as ``going`` asks."""

    told = console or Console(markup=False)

    def rebuild(config: dict[str, Any]) -> Training:
        require_trusted(folder, config["variant"])
        options = options_from(config["options"])
        game = from_saved(config["variant"], config["fields"])
        examples = _examples(config["variant"], config["fields"], options, told)
        if isinstance(game, TextGame) and isinstance(examples, TextLesson):
            _require_same_words(going, folder)
            examples = examples.suiting(game)
        return Training(game, options, examples, told)

    device = going.changes.get("device") or runs.read_config(folder)["options"]["device"]
    with joined(device, told):
        return Training.resume(folder, rebuild, rounds, seconds, going)


def _require_same_words(going: Going, folder: Path) -> None:
    for name in ("level", "least_often"):
        if name in going.changes or f"fields.{name}" in going.changes:
            raise LabError(
                f"{name} decides which words there are, and the networks of {folder} know theirs: begin a new run."
            )


def _examples(
    variant: str, fields: dict[str, Any], options: Options, console: Console
) -> Examples | Lesson | Held | TextLesson:
    """What the game called ``variant`` learns from; ``fields`` say how texts are read."""
    kind = variant_called(variant)
    if issubclass(kind, TextGame):
        checked = from_saved(variant, {name: fields[name] for name in READING if name in fields})
        assert isinstance(checked, TextGame)
        with console.status(f"reading {options.data}"):
            return read_texts(
                kind.learns_from,
                options.data,
                level=checked.level,
                longest=checked.longest,
                least=checked.least_often,
                count=options.count,
                seed=options.seed,
                skip_broken=options.skip_broken,
            )
    if not issubclass(kind, TranslationGame):
        examples = options.load(console, kind.takes)
        require_taken(kind, examples)
        return Held.of(examples) if issubclass(kind, HeldOutGame) else examples
    with counted(f"reading {options.data}", console) as progress:
        return read_lesson(
            kind.learns_from,
            options.data,
            size=options.size,
            channels=options.colours,
            count=options.count,
            seed=options.seed,
            resize=options.resize,
            skip_broken=options.skip_broken,
            told=partial(console.print, highlight=False, soft_wrap=True),
            progress=progress,
        )
