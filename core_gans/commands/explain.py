"""``core-gans explain``: whether a run converges, in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console

from core_gans.convergence import explain_run


@dataclass(frozen=True)
class Explain:
    """Say in words whether a run converges."""

    folder: tyro.conf.Positional[Path]
    """The run's folder."""

    def run(self, console: Console) -> None:
        """One sentence a line."""
        for sentence in explain_run(self.folder):
            console.print(sentence, highlight=False, soft_wrap=True)
