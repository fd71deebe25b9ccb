"""``core-gans theory``: the picture of data, model and optimal discriminator, and the families of GANs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from core_gans.theory import taxonomy


@dataclass(frozen=True)
class Theory:
    """Draw data, model and optimal discriminator while they meet (Goodfellow et al. 2014, figure 1)."""

    out: Path = Path("theory")
    """Folder of theory.png and theory.gif; existing ones are kept."""

    def run(self, console: Console) -> None:
        """Draw the picture and the film, and print the table of the families."""
        from core_gans.theory.pictures import write_theory  # draws with matplotlib, which the help does not need

        with console.status("the model meets the data"):
            for path in write_theory(self.out):
                console.print(str(path), highlight=False, soft_wrap=True)
        console.print(taxonomy.as_markdown(), highlight=False, soft_wrap=True)
