"""``egan resume``: an evolution continued."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console

from egan.experiment import resume_evolution
from egan.summary import print_result


@dataclass(frozen=True)
class Resume:
    """Continue an evolution exactly where its last checkpoint stands."""

    folder: tyro.conf.Positional[Path]
    """The run's folder."""
    rounds: int | None = None
    """Generations in all; default: what the run was first asked for."""
    seconds: float | None = None
    """Seconds of this call; default: what the run was first asked for."""

    def run(self, console: Console) -> None:
        """Evolve on, then print the summary."""
        result = resume_evolution(self.folder, rounds=self.rounds, seconds=self.seconds, console=console)
        print_result(result, console)
