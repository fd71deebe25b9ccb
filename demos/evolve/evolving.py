"""One evolution in the background: started, looked at while it runs, paused, resumed, stopped, thrown away.

It is a run in the folder of runs from its first moment. To pause is to end it at a checkpoint, to resume is to continue
from there in another thread, to the bit; so the command line and a later page can go on with it, too.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from core_gans.foundation.errors import LabError
from core_gans.runs import folder as runs
from core_gans.runs.folder import numbered
from demos.background import BackgroundJob
from demos.evolve.beside import beside
from demos.evolve.requests import EvolutionRequest, RunSummary
from demos.evolve.settings import SETTINGS
from demos.evolve.snapshot_watcher import SnapshotWatcher
from demos.evolve.snapshots import EvolutionSnapshot, Phase

if TYPE_CHECKING:
    from core_gans.run_kind import Result
    from egan.population import Population

Session = Callable[[float, SnapshotWatcher], "Result[Population]"]  # evolves for so many seconds


ENDING: dict[Phase, str] = {"paused": "Pausing", "stopped": "Stopping"}  # said at once, while a generation ends


class Evolving(BackgroundJob[EvolutionSnapshot]):
    """A run, and the thread that plays it while it is at work."""

    def __init__(self, folder: Path, snapshot: EvolutionSnapshot, *, mine: bool, first: Session | None = None) -> None:
        """``mine``: it was begun by this page. ``first`` plays a run that is not there yet."""
        super().__init__(folder.name, snapshot)
        self.folder, self.mine = folder, mine
        self._first = first
        self._end_as: Phase = "finished"
        self._discard = False

    @property
    def can_go_on(self) -> bool:
        """Whether it rests, and has a checkpoint to go on from."""
        if self.running or self._discard or self.snapshot.islands:  # `egan resume` goes on with islands
            return False
        return bool(numbered(self.folder / "checkpoints", "safetensors"))

    def begin(self, more: float = 0.0) -> None:
        """Start it, or go on for the seconds that it has left and ``more``. LabError when it cannot."""
        with self._lock:
            if self.running:
                raise LabError("this evolution is at work already.")
            if self._discard:
                raise LabError("this evolution was thrown away: start another one.")
            if self._first is None and not self.folder.is_dir():
                raise LabError(f"the run {self.folder.name} is not there any more: start another one.")
            snapshot = self.snapshot
            planned = max(snapshot.planned, snapshot.seconds) + more if more else snapshot.planned
            self._end_as = "finished"
            self.change(phase="preparing", planned=planned, trouble="", ending="")
            self.start()

    def pause(self) -> None:
        """End at a checkpoint, to be resumed; the thread is free then."""
        self._end("paused")

    def stop(self) -> None:
        """End after the generation under way, and be over."""
        self._end("stopped")

    def discard(self) -> None:
        """Stop, and delete the run. LabError for a run that another process holds, or that was not begun here."""
        if not self.mine:
            raise LabError("this run was not begun on this page, so it is not thrown away here.")
        with self._lock:
            if not self.running:
                self._delete()
            self._discard = True
            super().stop()

    def change(self, **fields: Any) -> None:
        """Put new values into the snapshot, under its next number."""
        with self._lock:
            super().change(number=self.snapshot.number + 1, **fields)

    def work(self) -> dict[str, Any]:
        snapshot = self.snapshot
        watcher = SnapshotWatcher(self, snapshot.seconds)
        play, self._first = self._first or self._resumed, None
        result = play(max(1.0, snapshot.planned - snapshot.seconds), watcher)
        judged = {"before": self.snapshot.before or result.before, "after": result.after}
        return {"phase": self._end_as, **judged, **beside(self.folder)}

    def rest(self) -> None:
        if self._discard:
            self._delete()

    def _end(self, phase: Phase) -> None:
        with self._lock:
            if self.running:
                self._end_as = phase
                super().stop()
                self.change(ending=ENDING[phase])

    def _resumed(self, seconds: float, watcher: SnapshotWatcher) -> Result[Population]:
        from egan.experiment import resume_evolution  # with all that trains: not before something evolves

        return resume_evolution(self.folder, seconds=seconds, console=Console(quiet=True), watchers=[watcher])

    def _delete(self) -> None:
        if not self.folder.is_dir():
            return
        with runs.open_run(self.folder):  # nobody else may hold it
            going = self.folder.with_name(f".{self.folder.name}.{secrets.token_hex(4)}")
            self.folder.rename(going)  # so that nobody ever sees half of a run
        shutil.rmtree(going)


def new(request: EvolutionRequest, runs_folder: Path) -> Evolving:
    """A new run in ``runs_folder``, not yet at work."""
    setting = SETTINGS[request.data]
    # Unique within a second, too.
    folder = runs_folder / f"{runs.default_name('egan', request.data)}-{secrets.token_hex(2)}"

    def first(seconds: float, watcher: SnapshotWatcher) -> Result[Population]:
        from egan.experiment import run_evolution  # as above

        return run_evolution(
            setting.variant,
            dict(setting.fields),
            replace(setting.options, judge_every=setting.judge_every),
            request.evolution(),
            seconds=seconds,
            runs_folder=folder.parent,
            name=folder.name,
            console=Console(quiet=True),
            watchers=[watcher],
        )

    return Evolving(
        folder, EvolutionSnapshot(RunSummary.of_request(request), planned=request.seconds), mine=True, first=first
    )
