"""``core-gans data scenes``: drawn images, with their masks and captions, in a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console
from rich.progress import Progress

from core_gans.data import KNOWN, Wanted, scenes
from core_gans.foundation.errors import LabError
from core_gans.foundation.pixels import write_png


@dataclass(frozen=True)
class Data:
    """Draw images with exact masks and captions into an .npz."""

    name: tyro.conf.Positional[str]
    """scenes: the other data sets need no file."""
    count: int = 10_000
    """How many images."""
    size: int | None = None
    """Side in pixels; default: the data set's, 64 for scenes."""
    seed: int = 0
    """Image i depends on (seed, i) alone."""
    out: Path | None = None
    """The file; an existing one is kept. Default: NAME.npz."""
    sheet: Path | None = None
    """Also a contact sheet of the first 64 images, as PNG."""

    def run(self, console: Console) -> None:
        """Draw and write."""
        drawn_here = {each.name: each.with_masks for each in KNOWN.values() if each.with_masks}
        draw = drawn_here.get(self.name)
        if draw is None:
            expected = " or ".join(drawn_here)
            raise LabError(f"expected `data {expected}`, got {self.name!r}: the other data sets need no file.")
        size, out = self.size or KNOWN[self.name].size, self.out or Path(f"{self.name}.npz")
        for path in (out, self.sheet):
            if path is not None and path.exists():
                raise FileExistsError(f"{path} exists already and is kept: choose another name.")
        with Progress(console=console) as bar:
            task = bar.add_task("drawing", total=self.count)
            drawn = draw(
                Wanted(size, self.count, seed=self.seed, progress=lambda done, _: bar.update(task, completed=done))
            )
        scenes.write(out, drawn)
        console.print(f"{self.count} {self.name} of {size}x{size} pixels: {out}", highlight=False, soft_wrap=True)
        if self.sheet is not None:
            first = scenes.SceneSet(drawn.images[:64], drawn.masks[:64], drawn.captions[:64])
            write_png(self.sheet, scenes.contact_sheet(first))
            console.print(f"contact sheet: {self.sheet}", highlight=False, soft_wrap=True)
