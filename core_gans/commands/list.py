"""``core-gans list``: the variants, the divergences and the data sets."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from core_gans import data as datasets
from core_gans.data.texts.known import TEXTS
from core_gans.losses import f_divergences
from core_gans.variants import SEQUENCES, TRANSLATIONS, VARIANTS


@dataclass(frozen=True)
class List:
    """List the variants with their papers, the f-divergences and the data sets."""

    def run(self, console: Console) -> None:
        """A table of variants, then three lines."""
        table = Table("variant", "paper", "what it is")
        for name, kind in {**VARIANTS, **TRANSLATIONS, **SEQUENCES}.items():
            about = (sys.modules[kind.__module__].__doc__ or "").split(": ", 1)[-1].split(". ")[0]
            table.add_row(name, kind.paper, about)
        console.print(table)
        console.print(f"f-divergences (fgan --divergence ...): {', '.join(f_divergences.NAMES)}", highlight=False)
        console.print(f"data sets: {', '.join(datasets.NAMES)}, or a path", highlight=False)
        console.print(f"texts: {', '.join(TEXTS)}, or a .txt of sentences, or a .tsv of pairs", highlight=False)
