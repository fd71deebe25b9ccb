"""One evolution in the background: started, looked at while it runs, paused, resumed, stopped, thrown away.

It is a run in the folder of runs from its first moment. To pause is to end it at a checkpoint, to resume is to continue
from there in another thread, to the bit; so the command line and a later page can go on with it, too.
"""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from core_gans.foundation.errors import LabError
from core_gans.run_kind import Result
from core_gans.runs import folder as runs
from core_gans.runs.folder import numbered
from demos.evolve.requests import EvolutionRequest, RunSummary
from demos.evolve.settings import SETTINGS
from demos.evolve.snapshot_watcher import SnapshotWatcher
from demos.evolve.snapshots import EvolutionSnapshot, Phase
from egan.experiment import resume_evolution, run_evolution
from egan.population import Population

Session = Callable[[float, SnapshotWatcher], Result[Population]]  # evolves for so many seconds


class Evolving:
    """A run, and the thread that plays it while it is at work. All methods may be called from any thread."""

    def __init__(self, folder: Path, snapshot: EvolutionSnapshot, *, mine: bool, first: Session | None = None) -> None:
        """``mine``: it was begun by this page. ``first`` plays a run that is not there yet."""
        self.folder, self.mine = folder, mine
        self._first = first
        self._lock = threading.Lock()
        self._snapshot = snapshot
        self._end_as: Phase = "finished"
        self._asked = self._discard = self._working = False
        self._thread: threading.Thread | None = None

    @property
    def snapshot(self) -> EvolutionSnapshot:
        """What can be seen of it now."""
        with self._lock:
            return self._snapshot

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._working

    @property
    def asked_to_end(self) -> bool:
        """Whether it is to end after the generation under way."""
        return self._asked

    @property
    def can_go_on(self) -> bool:
        """Whether it rests, and has a checkpoint to go on from."""
        return not self._working and not self._discard and bool(numbered(self.folder / "checkpoints", "safetensors"))

    def begin(self, more: float = 0.0) -> None:
        """Start it, or go on for the seconds that it has left and ``more``. LabError when it cannot."""
        with self._lock:
            if self._working:
                raise LabError("this evolution is at work already.")
            if self._discard:
                raise LabError("this evolution was thrown away: start another one.")
            if self._first is None and not self.folder.is_dir():
                raise LabError(f"the run {self.folder.name} is not there any more: start another one.")
            snapshot = self._snapshot
            planned = max(snapshot.planned, snapshot.seconds) + more if more else snapshot.planned
            seconds = max(1.0, planned - snapshot.seconds)
            self._asked, self._end_as, self._working = False, "finished", True
            self._snapshot = replace(
                snapshot, phase="preparing", planned=planned, trouble="", number=snapshot.number + 1
            )
            self._thread = threading.Thread(target=self._run, args=(seconds,), name=self.folder.name, daemon=True)
            self._thread.start()

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
            if not self._working:
                self._delete()
            self._asked = self._discard = True

    def join(self, seconds: float | None = None) -> None:
        """Wait until it rests, at most ``seconds``."""
        if self._thread is not None:
            self._thread.join(seconds)

    def change(self, **fields: Any) -> None:
        """Put new values into the snapshot."""
        with self._lock:
            self._snapshot = replace(self._snapshot, number=self._snapshot.number + 1, **fields)

    def _end(self, phase: Phase) -> None:
        with self._lock:
            if self._working:
                self._asked, self._end_as = True, phase
                self._snapshot = replace(self._snapshot, number=self._snapshot.number + 1)

    def _run(self, seconds: float) -> None:
        ended: dict[str, Any] = {"phase": "failed", "trouble": "it broke off: see the messages of the program"}
        watcher = SnapshotWatcher(self, self.snapshot.seconds)
        play, self._first = self._first or self._resumed, None
        try:
            result = play(seconds, watcher)
        except (ValueError, OSError, RuntimeError) as error:
            ended["trouble"] = str(error)
        else:
            ended = {"phase": self._end_as, "before": self.snapshot.before or result.before, "after": result.after}
        finally:
            with self._lock:
                self._snapshot = replace(self._snapshot, number=self._snapshot.number + 1, **ended)
                self._working = False
                if self._discard:
                    self._delete()

    def _resumed(self, seconds: float, watcher: SnapshotWatcher) -> Result[Population]:
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
