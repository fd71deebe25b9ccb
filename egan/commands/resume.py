"""``egan resume``: an evolution continued."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console

from core_gans.commands.resumption import Resumption
from egan.experiment import resume_evolution
from egan.options import Evolution
from egan.summary import print_result


@dataclass(frozen=True)
class Resume(Resumption):
    """Continue an evolution exactly where its last checkpoint stands, or from an earlier one, or with changes."""

    def run(self, console: Console) -> None:
        """Evolve on, then print the summary."""
        going = self.going(Evolution)
        result = resume_evolution(self.folder, rounds=self.rounds, seconds=self.seconds, console=console, going=going)
        print_result(result, console)
