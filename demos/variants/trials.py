"""Trials: two to four variants trained side by side in the background, with the same data, seed and processor time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from core_gans.foundation.errors import LabError
from core_gans.foundation.names import unknown_name
from core_gans.metrics import Judge
from core_gans.metrics.measures import CLASSES, MODES
from core_gans.variants import VARIANTS
from demos.variants.settings import DATA, examples, numbers
from demos.variants.training import Lane, Training

Phase = Literal["preparing", "training", "finished", "stopped", "failed"]
MOST = 4  # variants in one trial
SHORTEST, LONGEST, USUAL = 1.0, 60.0, 20.0  # seconds of one core for each variant
SLICE = 0.5  # seconds that one variant trains before the next one does
AT_ONCE = 2  # trials in the whole app


@dataclass(frozen=True)
class TrainingRequest:
    """What a person asks for. Every field is checked: it may come from anywhere."""

    data: str = "ring"
    variants: tuple[str, ...] = ("gan", "wgan_gp")
    seconds: float = USUAL
    seed: int = 0

    def __post_init__(self) -> None:
        if self.data not in DATA:
            raise unknown_name("data set here", str(self.data)[:80], DATA)
        if not 1 <= len(self.variants) <= MOST:
            raise ValueError(f"choose one to {MOST} variants to train side by side, got {len(self.variants)}.")
        for name in self.variants:
            if name not in VARIANTS:
                raise unknown_name("variant that is trained here", str(name)[:80], VARIANTS)
        if not SHORTEST <= self.seconds <= LONGEST:  # NaN is refused, too
            raise ValueError(f"expected {SHORTEST:g} to {LONGEST:g} seconds for each variant, got {self.seconds}.")


def request_from(data: Any, variants: Any, seconds: Any) -> TrainingRequest:
    """A request from what came from the browser. ValueError says what is wrong with it."""
    if not isinstance(data, str):
        raise ValueError(f"expected a data set out of {', '.join(DATA)}.")
    if not isinstance(variants, list) or not all(isinstance(name, str) for name in variants):
        raise ValueError("expected a list of variants.")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ValueError("expected a number of seconds.")
    return TrainingRequest(data, tuple(dict.fromkeys(variants)), float(seconds))


@dataclass(frozen=True, eq=False)
class TrainingSnapshot:
    """What can be seen of a trial at one moment."""

    request: TrainingRequest
    phase: Phase = "preparing"
    lanes: tuple[Lane, ...] = ()
    trouble: str = ""

    @property
    def over(self) -> bool:
        return self.phase in ("finished", "stopped", "failed")


class Trial:
    """One trial in a thread of its own. All methods may be called from any thread."""

    def __init__(self, request: TrainingRequest) -> None:
        self.request = request
        self._lock = threading.Lock()
        self._snapshot = TrainingSnapshot(request, lanes=tuple(Lane(name) for name in request.variants))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"trial on {request.data}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def snapshot(self) -> TrainingSnapshot:
        with self._lock:
            return self._snapshot

    @property
    def running(self) -> bool:
        return not self.snapshot.over

    def stop(self) -> None:
        """End after the round under way; what was reached stays to look at."""
        self._stop.set()

    def join(self, seconds: float | None = None) -> None:
        """Wait until it is over, at most ``seconds``."""
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self._play()
        except (ValueError, OSError, RuntimeError) as error:
            self._change(phase="failed", trouble=str(error))
        finally:
            if not self.snapshot.over:
                self._change(phase="failed", trouble="it broke off: see the messages of the program")

    def _play(self) -> None:
        request = self.request
        data = examples(request.data)
        points = DATA[request.data].points
        metrics: Sequence[str] = (MODES if points else CLASSES).metrics
        metrics = [name for name in metrics if name != "inception_style"]
        judge = Judge(data, count=numbers(points).judged, metrics=metrics)
        trainings = [Training(name, data, judge, request.seconds, request.seed) for name in request.variants]
        self._change(phase="training")
        while not all(training.lane.over for training in trainings):
            for training in trainings:
                if not training.lane.over:
                    training.play(SLICE, self._stop.is_set)
                    self._change(lanes=tuple(each.lane for each in trainings))
        self._change(phase="stopped" if self._stop.is_set() else "finished")

    def _change(self, **fields: Any) -> None:
        with self._lock:
            self._snapshot = replace(self._snapshot, **fields)


class Trials:
    """The trials of all pages. Only ``most`` run at once: they share the processor with everybody's brush."""

    def __init__(self, most: int = AT_ONCE) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._all: list[Trial] = []

    def start(self, request: TrainingRequest) -> Trial:
        """A new trial, under way. LabError when there are too many already."""
        with self._lock:
            self._all = [trial for trial in self._all if trial.running]
            if len(self._all) >= self.most:
                raise LabError(
                    f"{len(self._all)} trainings side by side are running already, and more would slow each other "
                    "down: wait until one is over, or stop yours."
                )
            trial = Trial(request)
            self._all.append(trial)
            trial.start()
            return trial

    @property
    def running(self) -> int:
        """How many are under way."""
        with self._lock:
            return sum(trial.running for trial in self._all)

    def close(self, seconds: float = 30.0) -> None:
        """Stop everything and wait for it."""
        with self._lock:
            for trial in self._all:
                trial.stop()
            for trial in self._all:
                trial.join(seconds)
