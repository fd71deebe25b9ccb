"""What a run on islands leaves beside its checkpoints: a table of the islands, and the chosen one's pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from core_gans.runs.watchers import WatchedState, Watcher
from egan.islands.archipelago import Archipelago
from egan.watching import EvolutionPictures, write_json

TABLE = "islands.json"


class IslandTable(Watcher):
    """Writes islands.json, and evolution.png and family_tree.png of the chosen island, at the end of a session."""

    def __init__(self, folder: Path, subject: str) -> None:
        self.folder, self.subject = folder, subject

    def end(self, state: WatchedState) -> None:
        assert isinstance(state, Archipelago)  # of islands alone
        if state.mid_round:  # the engine failed, or was told to stop at once: the last rest is saved
            return
        best = state.chosen.best
        table = {"distance": state.judge.rule.name, "islands": rows(state), "migrations": state.migrations}
        write_json(self.folder / TABLE, table)
        EvolutionPictures(self.folder, f"{self.subject}, island {best + 1}").draw(state.population(best))


def rows(state: Archipelago) -> list[dict[str, Any]]:
    """Each island's number, generations, distance, share of what is drawn, and why it diverged; None for infinity."""
    chosen = state.chosen
    return [
        {
            "island": number + 1,
            "generations": island.round,
            "distance": chosen.distances[number] if chosen.distances[number] < float("inf") else None,
            "share": chosen.shares[number],
            "came": sum(each["to"] == number for each in state.migrations),
            "diverged": island.diverged,
            "genes": island.genes,
        }
        for number, island in enumerate(state.islands)
    ]


def island_table(state: Archipelago) -> Table:
    """The same for people; the first heading names the distance."""
    table = Table(box=box.SIMPLE_HEAD)
    headings = ("island", "generations", state.judge.rule.name, "share of samples", "came", "")
    for index, heading in enumerate(headings):
        table.add_column(Text(heading), justify="right" if 0 < index < 5 else "left")
    for row in rows(state):
        distance = "" if row["distance"] is None else f"{row['distance']:.4g}"
        told = "diverged" if row["diverged"] else _words(row["genes"])
        table.add_row(
            str(row["island"]), f"{row['generations']:,}", distance, f"{row['share']:.0%}", str(row["came"]), told
        )
    return table


def _words(genes: Mapping[str, Any]) -> str:
    """Genes in a cell: ``rate 0.002 gamma 0.05``."""
    words = {name: "+".join(value) if isinstance(value, tuple) else f"{value:.3g}" for name, value in genes.items()}
    return " ".join(f"{name} {word}" for name, word in words.items())
