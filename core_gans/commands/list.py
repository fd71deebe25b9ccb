"""``core-gans list``: the variants, the data sets, the metrics and the network families, a line each."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from core_gans.data import KNOWN
from core_gans.data.texts.known import TEXTS
from core_gans.losses import f_divergences
from core_gans.metrics.measures import MEASURES
from core_gans.networks import FAMILIES
from core_gans.variants import SEQUENCES, TRANSLATIONS, VARIANTS


@dataclass(frozen=True)
class List:
    """List what there is, a line each: variants with their papers, data sets, metrics, network families."""

    def run(self, console: Console) -> None:
        """A table of variants, then three of names, then where the others are."""
        table = Table("variant", "paper", "what it is")
        for name, kind in {**VARIANTS, **TRANSLATIONS, **SEQUENCES}.items():
            about = (sys.modules[kind.__module__].__doc__ or "").split(": ", 1)[-1].split(". ")[0]
            table.add_row(name, kind.paper, about)
        console.print(table)
        texts = [(each.name, each.about) for each in TEXTS.values()]
        print_names(console, "data (--data)", [*((each.name, each.about) for each in KNOWN.values()), *texts])
        print_names(console, "metrics (--metrics)", [(", ".join(each.metrics), each.about) for each in MEASURES])
        print_names(console, "families (--family)", [(name, each.about) for name, each in FAMILIES.items()])
        for told in (
            f"f-divergences (fgan --divergence ...): {', '.join(f_divergences.NAMES)}",
            f"data sets: {', '.join(KNOWN)}, or a path",
            f"texts: {', '.join(TEXTS)}, or a .txt of sentences, or a .tsv of pairs",
            "mutations: `egan list`; segmenters: `dissect list`",
        ):
            console.print(told, highlight=False)


def print_names(console: Console, title: str, rows: Iterable[tuple[str, str]]) -> None:
    """A table of names, and what each is."""
    table = Table(title, "what it is")
    for row in rows:
        table.add_row(*row)
    console.print(table)
