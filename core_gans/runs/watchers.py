"""Watchers look at the state after each round: logs, sample sheets, judges, checkpoints.

Watchers see any ``WatchedState``, of a training and of an evolution alike. None of them draws from the state's rng,
so watching changes nothing.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from rich.console import Console
from torch import Tensor, nn

from core_gans.data.batches import Batches
from core_gans.foundation.pixels import write_png
from core_gans.foundation.sheets import picture, write_gif
from core_gans.foundation.whole_files import naming, write_whole
from core_gans.game import Game, NoiseGame
from core_gans.runs import checkpoints
from core_gans.runs.folder import numbered
from core_gans.runs.log_lines import read_lines


class WatchedState(Protocol):
    """What a run is at one moment, as watchers see it: ``training.TrainingState`` and ``egan``'s ``Population``."""

    batches: Batches
    rng: torch.Generator
    """The run's own chance: a watcher reads its device and never draws from it."""
    round: int
    """Rounds or generations played."""
    seconds: float
    """Spent playing, over all sessions."""
    images_seen: int
    """Real examples drawn."""
    terms: dict[str, float | str]
    """What the last round is logged with: its losses by name."""
    averages: dict[str, nn.Module]
    """Averaged players, put here by the watcher that keeps them."""
    watchers: Sequence[Watcher]
    """All that look on, in their order."""
    stop: bool
    """A watcher sets this to end the run after the round."""
    mid_round: bool
    """Whether a round is being played: no moment to save."""

    @property
    def game(self) -> Game:
        """What is played."""

    @property
    def nets(self) -> Mapping[str, nn.Module]:
        """The players by name; of an evolution, the best parent and the discriminator."""

    def sampling_nets(self) -> dict[str, nn.Module]:
        """The players, with the averaged ones in place of the raw ones where there are any."""

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on exactly."""


FIRST = 1.0  # seconds until the first checkpoint of a run: who stops it early has something to go on from


class Watcher:
    """Looks on; does nothing unless a subclass says so. ``name`` keys its state in a checkpoint."""

    name = ""

    def attach(self, state: WatchedState) -> None:
        """Put into the state what others read of it; called once its own state is back, before anyone reads there."""

    def begin(self, state: WatchedState, rounds: int | None, seconds: float | None) -> None:
        """Called before the first round of a session."""

    def after_round(self, state: WatchedState) -> None:
        """Called after each round."""

    def end(self, state: WatchedState) -> None:
        """Called once at the end of a session, also after an error; the last watcher to begin ends first."""

    def state_dict(self) -> dict[str, Any]:
        """What must survive a restart."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what ``state_dict`` gave."""


class Log(Watcher):
    """Appends the round's losses to metrics.jsonl and to TensorBoard every ``every`` rounds.

    Continuing a run first drops the lines after the state's round: they will be played again.
    """

    def __init__(self, folder: Path, every: int = 10, console: Console | None = None) -> None:
        self.path, self.events, self.every = folder / "metrics.jsonl", folder / "events", every
        self.console = console or Console(markup=False)

    def begin(self, state: WatchedState, rounds: int | None, seconds: float | None) -> None:
        from torch.utils.tensorboard import SummaryWriter  # its import takes a second

        if (kept := drop_lines_after(self.path, state.round)) is not None:
            self.console.print(f"warning: {self.path.name} was damaged; its good lines go on, the original is {kept}")
        self.file = self.path.open("a", encoding="utf-8")
        self.writer = SummaryWriter(str(self.events), purge_step=state.round + 1 if state.round else None)

    def after_round(self, state: WatchedState) -> None:
        if state.round % self.every == 0 or state.round == 1:
            self.write(state, state.terms)

    def write(self, state: WatchedState, values: Mapping[str, float | str]) -> None:
        """One line: the round, the seconds, the images seen and ``values``."""
        line = {"round": state.round, "seconds": round(state.seconds, 3), "images_seen": state.images_seen, **values}
        with naming(self.path):
            self.file.write(json.dumps(line) + "\n")
            self.file.flush()
        with naming(self.events):
            for name, value in values.items():
                if isinstance(value, int | float):
                    self.writer.add_scalar(name, value, state.round)

    def end(self, state: WatchedState) -> None:
        with naming(self.path):
            self.file.close()
        with naming(self.events):
            self.writer.close()


class Samples(Watcher):
    """Draws the same latents every ``every`` rounds (more often in the beginning) into samples/, and a film of them.

    ``columns`` of a sheet are chosen by its number of images where they are not given.
    """

    def __init__(
        self,
        folder: Path,
        draw: Callable[[WatchedState], Tensor],
        every: int,
        real: Tensor | None = None,
        columns: int | None = None,
    ) -> None:
        self.folder, self.draw, self.every, self.real, self.columns = folder, draw, every, real, columns
        self._last = -1

    def begin(self, state: WatchedState, rounds: int | None, seconds: float | None) -> None:
        if state.round == 0:
            self._write(state)

    def after_round(self, state: WatchedState) -> None:
        if state.round % self.every == 0 or state.round in (1, 2, 5, 10, 20, 50, 100, 200):
            self._write(state)

    def end(self, state: WatchedState) -> None:
        if state.round != self._last:
            self._write(state)
        write_gif(self.folder / "training.gif", numbered(self.folder / "samples", "png"))

    def _write(self, state: WatchedState) -> None:
        self._last = state.round
        page = picture(self.draw(state), self.real, self.columns)
        write_png(self.folder / "samples" / f"round-{state.round:07d}.png", page)


class Judged(Watcher):
    """Asks an independent judge every ``every`` rounds (0: never); its numbers go into the log and into ``latest``."""

    def __init__(self, judge: Callable[[WatchedState], Mapping[str, float]], log: Log, every: int) -> None:
        self.judge, self.log, self.every = judge, log, every
        self.latest: dict[str, float] = {}
        self.round = -1
        """Of the latest judgement."""

    def after_round(self, state: WatchedState) -> None:
        if self.every and state.round % self.every == 0:
            self.latest, self.round = dict(self.judge(state)), state.round
            self.log.write(state, self.latest)


class Checkpoint(Watcher):
    """Saves the state in the first seconds, every ``every`` rounds or ``seconds`` seconds, and at the end.

    The last ``keep`` files stay. ``describe`` says what is stored beside the state (variant, fields, data). Of the
    rounds that ``judged`` judged, the best by ``merit`` (of its numbers, high is better) stays as ``best-ROUND``, too;
    one that was judged by other data gives way to the first of these: their merits do not compare.
    """

    def __init__(
        self,
        folder: Path,
        describe: Mapping[str, Any],
        every: int = 500,
        seconds: float = 60.0,
        keep: int = 2,
        judged: Judged | None = None,
        merit: Callable[[Mapping[str, float]], float] | None = None,
    ) -> None:
        self.folder, self.describe, self.every, self.seconds, self.keep = folder, describe, every, seconds, keep
        self.judged, self.merit = judged, merit
        self._saved_at = time.monotonic()
        self._saved_round = -1

    def begin(self, state: WatchedState, rounds: int | None, seconds: float | None) -> None:
        self._saved_at, self._saved_round = time.monotonic(), state.round if state.round else -1
        for unfinished in self.folder.glob(".round-*.tmp"):  # of a process that was killed while it wrote
            unfinished.unlink()

    def after_round(self, state: WatchedState) -> None:
        due = min(FIRST, self.seconds) if self._saved_round < 0 else self.seconds
        if state.round % self.every == 0 or time.monotonic() - self._saved_at >= due:
            self.write(state)
        if self.judged is not None and self.merit is not None and self.judged.round == state.round:
            self._keep_if_best(state, self.merit(self.judged.latest))

    def end(self, state: WatchedState) -> None:
        if state.round != self._saved_round and not state.mid_round:
            self.write(state)

    def _keep_if_best(self, state: WatchedState, merit: float) -> None:
        if merit != merit:
            return
        before = list(self.folder.glob("best-*.safetensors"))
        bests = [checkpoints.load(path) for path in before]
        data = self.describe.get("data")
        if any(merit <= each["merit"] for each in bests if each.get("data", data) == data):
            return
        best = self.folder / f"best-{state.round:07d}.safetensors"
        checkpoints.save(best, {**self._content(state), "merit": merit}, overwrite=True)
        for path in before:
            if path != best:
                path.unlink()

    def _content(self, state: WatchedState) -> dict[str, Any]:
        watchers = {watcher.name: watcher.state_dict() for watcher in state.watchers if watcher.name}
        return {**self.describe, "state": state.state_dict(), "watchers": watchers}

    def write(self, state: WatchedState) -> Path:
        path = self.folder / f"round-{state.round:07d}.safetensors"
        checkpoints.save(path, self._content(state), overwrite=True)
        self._saved_at, self._saved_round = time.monotonic(), state.round
        for old in numbered(self.folder, "safetensors")[: -self.keep]:
            old.unlink()
        return path


def drop_lines_after(path: Path, last: int) -> Path | None:
    """Keep the lines of a metrics file up to round ``last``. Where it was damaged, the original is kept: the path."""
    if not path.exists():
        return None
    found = read_lines(path)
    original = None
    if found.damaged:
        original = path.with_name(f"{path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
        shutil.copy2(path, original)
    write_whole(path, "".join(f"{text}\n" for text, values in zip(*found[:2], strict=True) if values["round"] <= last))
    return original


def fixed_latents(game: NoiseGame, count: int, seed: int) -> Tensor:
    """The latents (count, ...) of a run's sample sheets, on the CPU."""
    return game.latents(count, torch.Generator().manual_seed(seed))
