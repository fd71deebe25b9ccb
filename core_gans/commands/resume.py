"""``core-gans resume``: a training continued."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console

from core_gans.commands.resumption import Resumption
from core_gans.commands.trained import print_result
from core_gans.experiment import resume_training


@dataclass(frozen=True)
class Resume(Resumption):
    """Continue a training exactly where its last checkpoint stands, or from an earlier one, or with changes."""

    def run(self, console: Console) -> None:
        """Train on, then print the judge's numbers before and after."""
        going = self.going()
        result = resume_training(self.folder, rounds=self.rounds, seconds=self.seconds, console=console, going=going)
        print_result(result, console)
