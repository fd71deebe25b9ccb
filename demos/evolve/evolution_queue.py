"""The evolutions that run in the whole app: a few at once, because they share the processor with Paint."""

from __future__ import annotations

from pathlib import Path

from demos.background import JobList
from demos.evolve.evolving import Evolving, new
from demos.evolve.requests import EvolutionRequest


class EvolutionQueue:
    """Starts evolutions and lets them go on, ``most`` of them at once, whoever asks."""

    def __init__(self, runs_folder: Path = Path("runs"), most: int = 2) -> None:
        self.runs_folder = runs_folder
        self._jobs: JobList[Evolving] = JobList(
            most,
            "{about} is at work already: pause it there first.",
            "{count} evolutions are at work already, and more would slow each other down: pause or stop one, or wait "
            "until one is over.",
        )

    def start(self, request: EvolutionRequest) -> Evolving:
        """A new evolution, under way. LabError when there are too many already."""
        evolving = new(request, self.runs_folder)
        self.go_on(evolving)
        return evolving

    def go_on(self, evolving: Evolving, more: float = 0.0) -> None:
        """Let it evolve for the seconds that it has left and ``more``.

        LabError when it is at work already, on whatever page, or too many others are.
        """
        self._jobs.start(evolving, lambda: evolving.begin(more))

    def close(self, seconds: float = 60.0) -> None:
        """Pause everything and wait for it, so that all can be continued."""
        self._jobs.close(Evolving.pause, seconds)
