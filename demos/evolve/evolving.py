"""Evolutions in the background: started from a page, looked at while they run, stopped, kept or thrown away.

An evolution runs in a thread of its own and writes its run folder where nobody is disturbed by it. Keeping it moves
the folder to where runs are; what is not kept is gone with the page that started it.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.console import Console

from core_gans import runs
from core_gans.errors import LabError, unknown_name
from core_gans.game import generate
from core_gans.images import cloud, sheet
from core_gans.watchers import Watcher, fixed_latents
from demos.evolve.settings import SETTINGS
from egan.curves import Curves, curves
from egan.experiment import Evolution, run_evolution
from egan.mutations import mutation

Phase = Literal["preparing", "evolving", "concluding", "finished", "stopped", "failed"]
OVER: tuple[Phase, ...] = ("finished", "stopped", "failed")
LONGEST = 900.0  # seconds of one evolution
MOST_PARENTS = 4
LARGEST_GAMMA = 10.0
LOOK_EVERY = 0.7  # seconds between two looks
LOOK_SHARE = 0.1  # of the time, at most, that looking may take from evolving
TILES = 36  # images that are shown
DOTS = 1_500  # points that are shown
CURVE_POINTS = 240


@dataclass(frozen=True)
class Wish:
    """What a person asks for. Every field is checked: it may come from anywhere."""

    data: str = "ring"
    mutations: tuple[str, ...] = ("minimax", "heuristic", "least_squares")
    parents: int = 1
    gamma: float = 0.05
    seconds: float = 90.0

    def __post_init__(self) -> None:
        if self.data not in SETTINGS:
            raise unknown_name("data set here", str(self.data), SETTINGS)
        if not self.mutations:
            raise ValueError("choose at least one mutation: without any there are no children")
        for name in self.mutations:
            mutation(name)
        if not 1 <= self.parents <= MOST_PARENTS:  # NaN is refused by these comparisons, too
            raise ValueError(f"expected 1 to {MOST_PARENTS} parents, got {self.parents}")
        if not 0 <= self.gamma <= LARGEST_GAMMA:
            raise ValueError(f"expected a weight of diversity from 0 to {LARGEST_GAMMA:g}, got {self.gamma}")
        if not 1 <= self.seconds <= LONGEST:
            raise ValueError(f"expected 1 to {LONGEST:g} seconds, got {self.seconds}")


@dataclass(frozen=True, eq=False)
class Look:
    """What can be seen of an evolution at one moment."""

    wish: Wish
    phase: Phase = "preparing"
    generation: int = 0
    seconds: float = 0.0  # spent evolving
    picture: np.ndarray | None = None  # (H, W, 3) RGB bytes: samples of the best survivor
    course: Curves | None = None
    wins: Mapping[str, int] = field(default_factory=dict)  # generations that each mutation won
    before: Mapping[str, float] = field(default_factory=dict)  # an independent judge's numbers
    after: Mapping[str, float] = field(default_factory=dict)
    folder: Path | None = None  # where the run is kept, once it is
    trouble: str = ""  # why it failed

    @property
    def over(self) -> bool:
        return self.phase in OVER


class Evolving:
    """One evolution in the background. All methods may be called from any thread."""

    def __init__(self, wish: Wish, runs_folder: Path) -> None:
        self.wish, self.runs_folder = wish, runs_folder
        self._lock = threading.Lock()
        self._look = Look(wish)
        self._stop = self._keep = self._discard = self._ended = False
        self.workplace = Path(tempfile.mkdtemp(prefix="gan-lab-"))
        self._name = f"{runs.default_name('egan', wish.data)}-{secrets.token_hex(2)}"  # unique within a second
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def look(self) -> Look:
        """What can be seen of it now."""
        with self._lock:
            return self._look

    @property
    def running(self) -> bool:
        """Whether it is still at work."""
        return not self._ended

    @property
    def kept(self) -> bool:
        """Whether it is to be kept, or is already."""
        return self._keep

    def stop(self) -> None:
        """End after the generation under way; what is there so far is judged and stays to look at."""
        self._stop = True

    def keep(self) -> Path:
        """Keep the run, at the folder returned: it is there at once if the evolution is over, else when it is."""
        with self._lock:
            self._keep = True
            self._settle()
        return self.runs_folder / self._name

    def discard(self) -> None:
        """Stop, and leave nothing behind unless it is kept."""
        with self._lock:
            self._stop = self._discard = True
            self._settle()

    def join(self, seconds: float | None = None) -> None:
        """Wait until it is over, at most ``seconds``."""
        self._thread.join(seconds)

    def _run(self) -> None:
        setting, wish = SETTINGS[self.wish.data], self.wish
        try:
            result = run_evolution(
                setting.variant,
                dict(setting.fields),
                setting.options,
                Evolution(mutations=wish.mutations, parents=wish.parents, gamma=wish.gamma),
                seconds=wish.seconds,
                runs_folder=self.workplace,
                name=self._name,
                console=Console(quiet=True),
                watchers=[_Looker(self)],
            )
        except (LabError, ValueError, OSError, RuntimeError) as error:
            self._change(phase="failed", trouble=str(error))
        else:
            phase: Phase = "stopped" if self._stop else "finished"
            self._change(phase=phase, before=result.before, after=result.after)
        finally:
            if not self.look.over:
                self._change(phase="failed", trouble="it broke off: see the messages of the program")
            with self._lock:
                self._ended = True
                self._settle()

    def _settle(self) -> None:
        """Once it is over, move the folder to the runs if it is kept, or delete it if it is discarded."""
        source = self.workplace / self._name
        if self._ended and self._keep and source.is_dir():
            self.runs_folder.mkdir(parents=True, exist_ok=True)
            shutil.move(source, self.runs_folder / self._name)
            self._look = replace(self._look, folder=self.runs_folder / self._name)
        if self._ended and (self._keep or self._discard):
            shutil.rmtree(self.workplace, ignore_errors=True)

    def _change(self, **fields: Any) -> None:
        with self._lock:
            self._look = replace(self._look, **fields)


class _Looker(Watcher):
    """Looks at the population now and then, in the evolution's own thread, and passes the wish to stop on to it."""

    def __init__(self, evolving: Evolving) -> None:
        self.evolving = evolving

    def begin(self, state: Any, rounds: int | None, seconds: float | None) -> None:
        del rounds, seconds
        state.stop = self.evolving._stop
        points = len(state.game.shape) == 1
        self.latents = fixed_latents(state.game, DOTS if points else TILES, seed=1)
        self.real = state.batches.data.images[:DOTS] if points else None
        self.next_look = 0.0
        self.look(state, "evolving")

    def after_round(self, state: Any) -> None:
        state.stop = state.stop or self.evolving._stop
        if time.monotonic() >= self.next_look:
            self.look(state, "evolving")

    def end(self, state: Any) -> None:
        self.look(state, "concluding")

    def look(self, state: Any, phase: Phase) -> None:
        begun = time.monotonic()
        samples = generate(state.sampling_nets()["generator"], self.latents)
        self.evolving._change(
            phase=phase,
            generation=state.round,
            seconds=state.seconds,
            picture=cloud(samples, self.real) if samples.dim() == 2 else sheet(samples, scale=2),
            course=curves(state.logbook, most=CURVE_POINTS) if len(state.logbook) > 1 else None,
            wins=Counter(state.logbook.select("winner")),
        )
        now = time.monotonic()
        self.next_look = now + max(LOOK_EVERY, (now - begun) / LOOK_SHARE)


class Workshop:
    """The evolutions of all pages. Only ``most`` run at once: they share the processor with everybody's brush."""

    def __init__(self, runs_folder: Path = Path("runs"), most: int = 2) -> None:
        self.runs_folder, self.most = runs_folder, most
        self._lock = threading.Lock()
        self._all: list[Evolving] = []

    def start(self, wish: Wish) -> Evolving:
        """A new evolution, under way. LabError when there are too many already."""
        with self._lock:
            self._all = [evolving for evolving in self._all if evolving.running]
            if len(self._all) >= self.most:
                raise LabError(
                    f"{len(self._all)} evolutions are running already, and more would slow each other down: stop one, "
                    "or wait until one is over."
                )
            evolving = Evolving(wish, self.runs_folder)
            evolving.start()
            self._all.append(evolving)
            return evolving

    def close(self, seconds: float = 30.0) -> None:
        """Stop everything and wait for it; what was not kept is thrown away."""
        with self._lock:
            for evolving in self._all:
                evolving.discard()
            for evolving in self._all:
                evolving.join(seconds)
