"""``egan list``: the mutations, a line each."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console

from core_gans.commands.list import print_names
from egan.mutations import KNOWN


@dataclass(frozen=True)
class List:
    """List the mutations: what makes a child differ from its parent."""

    def run(self, console: Console) -> None:
        """A table of them, and how to bring one of your own."""
        print_names(console, "mutations (--mutations)", [(name, each.about) for name, each in KNOWN.items()])
        console.print("one of your own: --mutations module:name, a Mutation or an objective", highlight=False)
