"""``egan resume``: an evolution continued."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rich.console import Console

from core_gans.commands.resumption import Resumption
from core_gans.foundation.errors import LabError
from core_gans.runs.folder import read_config
from egan.experiment import resume_evolution
from egan.islands.run import resume_islands
from egan.options import Evolution
from egan.summary import print_islands, print_result


@dataclass(frozen=True)
class Resume(Resumption):
    """Continue an evolution exactly where its last checkpoint stands, or from an earlier one, or with changes."""

    workers: int | None = None
    """Of islands: processes in which they go on; the numbers stay the same."""
    address: str | None = None
    """Of islands: a Ray cluster on which they go on; "" for none."""

    def run(self, console: Console) -> None:
        """Evolve on, then print the summary."""
        on_islands = read_config(self.folder).get("islands") is not None
        going = self.going(Evolution)
        bounds: Any = {"rounds": self.rounds, "seconds": self.seconds}
        asked = {"workers": self.workers, "address": self.address}
        where = {name: value for name, value in asked.items() if value is not None}
        if on_islands:
            going = replace(going, changes={**going.changes, **where})
            print_islands(resume_islands(self.folder, console=console, going=going, **bounds), console)
        elif where:
            raise LabError(f"{self.folder} is an evolution without islands: leave --{' and --'.join(where)} out.")
        else:
            print_result(resume_evolution(self.folder, console=console, going=going, **bounds), console)
