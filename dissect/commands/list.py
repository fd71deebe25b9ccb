"""``dissect list``: the segmenters that have a name, a line each."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console

from core_gans.commands.list import print_names
from dissect.segmenters.named import SEGMENTERS


@dataclass(frozen=True)
class List:
    """List the segmenters: what says of each pixel what it shows."""

    def run(self, console: Console) -> None:
        """A table of them, and how to bring one of your own."""
        print_names(console, "segmenters (--segmenter)", [(name, each.about) for name, each in SEGMENTERS.items()])
        console.print("others: a file of `dissect train-segmenter`, or hf:NAME of transformers", highlight=False)
