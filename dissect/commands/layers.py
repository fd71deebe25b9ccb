"""``dissect layers``: the layers of a generator, with their shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import tyro
from rich.console import Console

from dissect.commands.opening import Source
from dissect.generators import default_layers
from dissect.generators.places import shape_in_words
from dissect.hooks import layers as layers_of


@dataclass(frozen=True)
class Layers:
    """List a generator's layers with their shapes; a star marks those that are dissected by default."""

    source: Annotated[Source, tyro.conf.OmitArgPrefixes] = field(default_factory=Source)

    def run(self, console: Console) -> None:
        """One line a layer."""
        found = self.source.open()
        latents = found.example()
        shapes, starred = layers_of(found.net, latents), default_layers(found.net, latents)
        width = max(map(len, shapes), default=0)
        for name, shape in shapes.items():
            line = f"{name:{width}}  {shape_in_words(shape)}{' *' if name in starred else ''}"
            console.print(line, highlight=False, soft_wrap=True)
        for note in found.notes:
            console.print(f"note: {note}", highlight=False, soft_wrap=True)
