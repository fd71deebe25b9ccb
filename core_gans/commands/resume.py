"""``core-gans resume``: a training continued."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console

from core_gans.commands.trained import print_result
from core_gans.experiment import resume_training


@dataclass(frozen=True)
class Resume:
    """Continue a training exactly where its last checkpoint stands."""

    folder: tyro.conf.Positional[Path]
    """The run's folder."""
    rounds: int | None = None
    """Rounds in all; default: what the run was first asked for."""
    seconds: float | None = None
    """Seconds of this call; default: what the run was first asked for."""

    def run(self, console: Console) -> None:
        """Train on, then print the judge's numbers before and after."""
        result = resume_training(self.folder, rounds=self.rounds, seconds=self.seconds, console=console)
        print_result(result, console)
