"""The watcher through which a page sees an evolution, and tells it to stop."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any, Protocol

from core_gans.data import Examples
from core_gans.game import generate
from core_gans.runs.watchers import WatchedState, Watcher, fixed_latents
from demos.evolve.judgements import Judgements
from demos.evolve.snapshots import CURVE_POINTS, Phase, SampleView, latest_family
from egan.curves import curves
from egan.population import Population

SNAPSHOT_EVERY = 0.7  # seconds between two snapshots
SNAPSHOT_SHARE = 0.1  # of the time, at most, that snapshots may take from evolving
SEED = 1  # of the latents that are shown


class Watched(Protocol):
    """What snapshots are given to."""

    folder: Path

    @property
    def asked_to_end(self) -> bool:
        """Whether the evolution is to end after the generation under way."""

    def change(self, **fields: Any) -> None:
        """Put new values into the snapshot."""


class SnapshotWatcher(Watcher):
    """Looks at the population now and then, in the evolution's own thread."""

    def __init__(self, watched: Watched, seconds_before: float) -> None:
        """``seconds_before`` were spent evolving before this session."""
        self.watched, self.seconds_before = watched, seconds_before

    def begin(self, state: WatchedState, rounds: int | None, seconds: float | None) -> None:
        del rounds, seconds
        state.stop = self.watched.asked_to_end
        assert isinstance(state.batches.data, Examples)
        self.view = SampleView(state.batches.data)
        assert isinstance(state, Population)  # of an evolution alone
        self.latents = fixed_latents(state.game, self.view.count, SEED)
        self.judgements = Judgements(self.watched.folder)
        self.begun = time.monotonic()
        self.snapshot(state, "evolving")

    def after_round(self, state: WatchedState) -> None:
        state.stop = state.stop or self.watched.asked_to_end
        if time.monotonic() >= self.next_snapshot:
            self.snapshot(state, "evolving")

    def end(self, state: WatchedState) -> None:
        self.snapshot(state, "concluding")

    def snapshot(self, state: WatchedState, phase: Phase) -> None:
        """Change what is seen to what there is now."""
        assert isinstance(state, Population)  # of an evolution alone
        before = time.monotonic()
        samples = generate(state.sampling_nets()["generator"], self.latents.to(state.batches.device)).detach().cpu()
        self.watched.change(
            phase=phase,
            generation=state.round,
            seconds=self.seconds_before + before - self.begun,
            curves_shown=curves(state.logbook, most=CURVE_POINTS) if len(state.logbook) > 1 else None,
            wins=Counter(state.logbook.select("winner")),
            tree=latest_family(state.history, [parent.record for parent in state.parents]),
            judged=self.judgements.read(),
            folder=self.watched.folder,
            **self.view.shown(samples),
        )
        now = time.monotonic()
        self.next_snapshot = now + max(SNAPSHOT_EVERY, (now - before) / SNAPSHOT_SHARE)
