"""What every kind of run has in common, a training and an evolution: made in a folder, continued, judged."""

from __future__ import annotations

import dataclasses
import shlex
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import torch
from rich.console import Console

from core_gans.data import Examples
from core_gans.data.places import from_anywhere
from core_gans.foundation.errors import LabError
from core_gans.foundation.notebook import shown
from core_gans.game import Game
from core_gans.held_out import Held
from core_gans.other_data import require_suited, with_absolute_paths, with_batches_of
from core_gans.parallel import require_joined, team
from core_gans.runs import folder as runs
from core_gans.runs.changes import changed, differences, digest, told_of_settings_since
from core_gans.runs.fitting import fitting, require_counts
from core_gans.runs.folder import Run
from core_gans.runs.interrupt import Interrupt, require_not_terminated
from core_gans.runs.playable import require_playable
from core_gans.runs.showing import png_of, samples_of
from core_gans.runs.watchers import Judged, WatchedState, Watcher
from core_gans.session import DEFAULT_SECONDS, Options, options_from, restore_watchers, told_of_fallen_rates
from core_gans.texts import TextLesson
from core_gans.translation import Lesson


class RunState(WatchedState, Protocol):
    """The state of a run, which a checkpoint can bring back."""

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        """Take the place of what was saved."""
        ...


State = TypeVar("State", bound=RunState)
Prepared = tuple[list[Watcher], Judged, dict[str, float]]


@dataclass(frozen=True)
class Going:
    """How a run is to go on, where not straight on from its newest checkpoint with all that it was made with."""

    start: int | None = None
    """The round of the checkpoint to start from; what came after it is set aside, not lost."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Settings to change, by name or section.name: options, fields of the game, numbers of the evolution."""

    @property
    def of_data(self) -> bool:
        """Whether the data are to be others."""
        return self._changes(DATA)

    @property
    def of_batches(self) -> bool:
        """Whether the stream of batches is to be another one: of other data, of another seed, or of another size."""
        return self._changes((*DATA, "batch"))

    def _changes(self, options: Sequence[str]) -> bool:
        return any(
            name.removeprefix("options.") in options or name.removeprefix("fields.") == "longest"  # of texts
            for name in self.changes
        )


DATA = ("data", "size", "colours", "count", "seed", "frames", "resize", "skip_broken")
STRAIGHT_ON = Going()


@dataclass(frozen=True, repr=False)
class Result(Generic[State]):
    """What a run left behind: its folder, its state, and the judge's numbers before and after."""

    folder: Path
    state: State
    before: dict[str, float]
    after: dict[str, float]

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name} {self.before[name]:.4g} -> {value:.4g}" for name, value in self.after.items())
        return f"Result({self.folder}, {self.state!r}, {numbers})"

    def _repr_html_(self) -> str:
        numbers = {name: (self.before[name], value) for name, value in self.after.items()}
        return shown(f"{self.folder}: {self.state!r}", samples_of(self.state.game, self.state.sampling_nets()), numbers)

    def _repr_png_(self) -> bytes | None:
        return png_of(self.state.game, self.state.sampling_nets())


@contextmanager
def threads(options: Options, examples: Examples | Lesson | Held | TextLesson) -> Iterator[None]:
    """As many threads as are asked for; by default, one for points, whose networks are too small for two."""
    before = torch.get_num_threads()
    torch.set_num_threads(options.threads or (1 if len(examples.shape) == 1 else before))
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True)
class RunKind(ABC, Generic[State]):
    """A run that is about to be played: a game, what it learns from, and the options of the session."""

    kind: ClassVar[str]
    """In config.json and in every checkpoint."""
    verb: ClassVar[str]
    """Said when it begins."""
    unit: ClassVar[str]
    """What is counted: a round, a generation."""
    program: ClassVar[str]
    """What continues it."""
    other_program: ClassVar[str]
    """What continues a run of the other kind."""

    game: Game
    options: Options
    examples: Examples | Lesson | Held | TextLesson
    console: Console

    @abstractmethod
    def start(self) -> State:
        """A fresh state."""

    @abstractmethod
    def watch(self, run: Run) -> tuple[list[Watcher], Judged]:
        """The watchers of the folder, in the order in which they look, and the judge among them."""

    @abstractmethod
    def play(self, state: State, rounds: int | None, seconds: float | None, watchers: list[Watcher]) -> None:
        """Play until ``state`` has ``rounds`` rounds in all, or for ``seconds``."""

    def create(
        self,
        runs_folder: Path,
        name: str,
        default: str,
        config: Mapping[str, Any],
        rounds: int | None,
        seconds: float | None,
    ) -> Result[State]:
        """Play in the new run ``name`` of ``runs_folder``, for a minute when no bound is given.

        Without a name it is called ``default``, with a number behind where that is taken. ``config`` is what
        config.json holds beside kind, fields, options and bounds.
        """
        require_joined()
        if rounds is None and seconds is None:
            seconds = DEFAULT_SECONDS
        whole = {
            "kind": self.kind,
            "fields": dataclasses.asdict(self.game),
            "options": {**dataclasses.asdict(self.options), "data": from_anywhere(self.options.data)},
            **config,
            "rounds": rounds,
            "seconds": seconds,
        }
        self.require_room()
        with threads(self.options, self.examples):
            state = self.start()
            if not team().leads:
                return self._followed(runs_folder / (name or default), state, rounds, seconds)
            made = runs.create(runs_folder, name or default, whole, or_numbered=not name)
            with made as run, runs.kept_once_begun(run, lambda: state.round):
                return self._judged(run, state, rounds, seconds, self._prepared(run, state, {}))

    @classmethod
    def resume(
        cls,
        folder: Path,
        rebuild: Callable[[dict[str, Any]], RunKind[State]],
        rounds: int | None,
        seconds: float | None,
        going: Going = STRAIGHT_ON,
    ) -> Result[State]:
        """Continue the run in ``folder`` exactly where its last checkpoint stands, or as ``going`` asks.

        ``rebuild`` makes the kind of run of its config.json. Without a bound the run's own bounds hold. LabError where
        config.json, the checkpoint and the data do not belong together.
        """
        require_joined()
        with runs.open_run(folder) if team().leads else nullcontext(Run.reading(folder)) as run:
            config = run.config
            if config["kind"] != cls.kind:
                raise ValueError(
                    f"{folder} is of the kind {config['kind']}, not {cls.kind}: continue it with "
                    f"`{cls.other_program} resume {folder}`."
                )
            if rounds is None and seconds is None:
                rounds, seconds = config["rounds"], config["seconds"]
            content = run.load_checkpoint(going.start)
            with fitting(run.checkpoint_of(going.start)):
                round = int(content["state"]["round"])
            if going.changes:  # of all options, those too that are younger than the run
                going = replace(going, changes=with_absolute_paths(going.changes))
                options = dataclasses.asdict(options_from(config["options"]))
                config = changed({**config, "options": options}, going.changes, round)
            # with what was changed before and is in no checkpoint yet: the run was stopped at once
            altered = Going(changes={**differences(content, config), **going.changes})
            rebuilt = rebuild(config)
            if altered.of_data:
                require_suited(rebuilt.game, rebuilt.examples, folder)
            elif "data" in content and content["data"] != digest(rebuilt.examples):
                raise LabError(
                    f"{config['options']['data']} does not hold what {folder} learned from: other examples have come "
                    "into its place. Put the old ones back, or name the data to go on with: --data."
                )
            rebuilt.require_room()
            state = rebuilt.start()
            with fitting(run.checkpoint_of(going.start)):
                fresh, saved = state.state_dict(), content["state"]
                if altered.of_batches:
                    saved = with_batches_of(fresh, saved)
                require_counts(saved, fresh)
                state.load_state_dict(saved)
            team().wait()  # until all have read what may be moved now
            if not team().leads:
                with threads(rebuilt.options, rebuilt.examples):
                    return rebuilt._followed(folder, state, rounds, seconds)
            run.config = config
            prepared = rebuilt._prepared(run, state, content["watchers"])
            if (aside := run.set_aside_after(round)) is not None:
                rebuilt.console.print(f"going on from round {round:,}; what came after it is kept in {aside}")
            if going.changes:
                run.write_config(config)
            if told := told_of_settings_since(content, config, going.changes):
                rebuilt.console.print(told, highlight=False, soft_wrap=True)
            if altered.of_batches:
                told = "the data, the seed or the batch size were changed: a fresh stream of batches begins"
                rebuilt.console.print(told, highlight=False, soft_wrap=True)
            if told := told_of_fallen_rates(rebuilt.game, rounds):
                rebuilt.console.print(told, soft_wrap=True, highlight=False)
            if rounds is not None and state.round >= rounds:
                done = f"{folder} has its {state.round:,} {cls.unit}s already: ask for more with --rounds."
                rebuilt.console.print(done)
            with threads(rebuilt.options, rebuilt.examples):
                return rebuilt._judged(run, state, rounds, seconds, prepared)

    def require_room(self) -> None:
        """LabError unless memory holds what is played."""
        require_playable(self.game, self.options.batch, self.options.device)

    def _prepared(self, run: Run, state: State, saved: dict[str, Any]) -> Prepared:
        """The watchers, the judge among them, and its numbers before anything is played; refuses what cannot be."""
        run.data = digest(self.examples)
        watchers, verdict = self.watch(run)
        with fitting(run.checkpoints):
            restore_watchers(watchers, saved)
        for watcher in watchers:
            watcher.attach(state)
        return watchers, verdict, dict(verdict.judge(state))

    def _followed(self, folder: Path, state: State, rounds: int | None, seconds: float | None) -> Result[State]:
        """Play in a process that does not lead: it writes nothing, judges nothing, and stops when all stop."""
        self.play(state, rounds, seconds, [Interrupt(Console(quiet=True))])
        return Result(folder, state, {}, {})

    def _judged(
        self, run: Run, state: State, rounds: int | None, seconds: float | None, prepared: Prepared
    ) -> Result[State]:
        watchers, verdict, before = prepared
        examples = self.examples
        told = f"{self.verb} {self.game.name} on {examples.name}: {len(examples):,} examples of shape {examples.shape}"
        self.console.print(told)
        if team().size > 1:
            share = self.options.batch // team().size
            self.console.print(f"{team().size} processes, each with {share} examples of a batch", highlight=False)
        self.console.print(f"run folder {run.folder}", soft_wrap=True)
        self.play(state, rounds, seconds, watchers)
        require_not_terminated(watchers, f"{self.program} resume {shlex.quote(str(run.folder))}", self.console)
        return Result(run.folder, state, before, dict(verdict.judge(state)))
