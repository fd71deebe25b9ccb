"""The evolutions at work in the whole app: only so many at once, for they share the processor with all brushes."""

from __future__ import annotations

import threading
from pathlib import Path

from core_gans.foundation.errors import LabError
from demos.evolve.evolving import Evolving, new
from demos.evolve.requests import EvolutionRequest


class EvolutionQueue:
    """Starts evolutions and lets them go on, ``most`` of them at once, whoever asks."""

    def __init__(self, runs_folder: Path = Path("runs"), most: int = 2) -> None:
        self.runs_folder, self.most = runs_folder, most
        self._lock = threading.Lock()
        self._working: list[Evolving] = []

    def start(self, request: EvolutionRequest) -> Evolving:
        """A new evolution, under way. LabError when there are too many already."""
        evolving = new(request, self.runs_folder)
        self.go_on(evolving)
        return evolving

    def go_on(self, evolving: Evolving, more: float = 0.0) -> None:
        """Let it evolve for the seconds that it has left and ``more``.

        LabError when it is at work already, on whatever page, or too many others are.
        """
        with self._lock:
            self._working = [each for each in self._working if each.running]
            if any(each.folder == evolving.folder for each in self._working):
                raise LabError(f"{evolving.folder.name} is at work already: pause it there first.")
            if len(self._working) >= self.most:
                raise LabError(
                    f"{len(self._working)} evolutions are at work already, and more would slow each other down: "
                    "pause or stop one, or wait until one is over."
                )
            evolving.begin(more)
            self._working.append(evolving)

    def close(self, seconds: float = 60.0) -> None:
        """Pause everything and wait for it, so that all can be continued."""
        with self._lock:
            for evolving in self._working:
                if evolving.running:
                    evolving.pause()
            for evolving in self._working:
                evolving.join(seconds)
