"""``core-gans data``: drawn images, with their masks and captions, in a file; or what would be read of a path."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro
from rich.console import Console
from rich.progress import Progress

from core_gans.data import KNOWN, DataSet, Examples, Resize, Wanted, as_float, load, scenes
from core_gans.foundation.errors import LabError
from core_gans.foundation.pixels import write_png
from core_gans.foundation.sheets import sheet
from core_gans.foundation.whole_files import whole_file

DRAWN = 10_000  # scenes, unless asked otherwise
SHOWN = 64  # images on a sheet
LISTED = 12  # classes that are told with their counts


@dataclass(frozen=True)
class Data:
    """Look at data before they are learned from: what is read of a path, and what is done to it, in words.

    PATH is a folder of pictures (subfolders are classes), a .zip or .tar of them, an .npz or .npy of arrays, a .csv of
    pixels, a .parquet of Hugging Face, an IDX or CIFAR file. `scenes` draws images with exact masks and captions.
    """

    name: tyro.conf.Positional[str]
    """A path, or scenes; the other data sets need no file."""
    count: int | None = None
    """How many scenes; default: 10,000. Of a path all are read."""
    size: int | str | None = None
    """Side in pixels, or WIDTHxHEIGHT for files; default: 32 for files, 64 for scenes."""
    seed: int = 0
    """Of scenes: image i depends on (seed, i) alone."""
    out: Path | None = None
    """An .npz of what was read or drawn; an existing one is kept. Default: none for a path, scenes.npz for scenes."""
    sheet: Path | None = None
    """Also a contact sheet of the first 64 images, as PNG."""
    colours: int | None = None
    """1 (grey), 3 (RGB) or 4 (RGB and opacity) for files; default: what they have, opacity on white."""
    resize: Resize = "crop"
    """Pictures of other proportions: crop (their centre), pad (all of them, never enlarged) or stretch."""
    skip_broken: bool = False
    """Leave out pictures that cannot be read, and list them."""

    def run(self, console: Console) -> None:
        """Read or draw, tell and write."""
        if self.sheet is not None and self.sheet.suffix.lower() != ".png":
            raise LabError(f"expected --sheet as a .png, got {self.sheet}.")
        known = KNOWN.get(self.name)
        if known is not None and known.with_masks is not None:
            self._draw(known, console)
            return
        if known is not None:
            drawn = " or ".join(each.name for each in KNOWN.values() if each.with_masks)
            raise LabError(f"expected `data {drawn}` or a path, got {self.name!r}: the other data sets need no file.")
        if os.sep not in self.name and "." not in self.name and not Path(self.name).exists():  # else as it is read
            raise FileNotFoundError(f"{self.name} is not there: check the path, or draw `data scenes`.")
        if self.out is not None and self.out.suffix != ".npz":
            raise LabError(f"expected --out as an .npz, got {self.out}.")
        self._require_free(self.out)
        with Progress(console=console) as bar:
            task = bar.add_task("reading", total=None)
            examples = load(
                self.name,
                size=self.size,
                channels=self.colours,
                count=self.count,
                resize=self.resize,
                skip_broken=self.skip_broken,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        for line in told(examples):
            console.print(line, highlight=False, soft_wrap=True)
        if self.out is not None:
            write(self.out, examples)
            console.print(f"written: {self.out}", highlight=False, soft_wrap=True)
        if self.sheet is not None:
            write_png(self.sheet, sheet(as_float(examples.images[:SHOWN])))
            console.print(f"contact sheet: {self.sheet}", highlight=False, soft_wrap=True)

    def _require_free(self, out: Path | None) -> None:
        for path in (out, self.sheet):
            if path is not None and path.exists():
                raise FileExistsError(f"{path} exists already and is kept: choose another name.")

    def _draw(self, known: DataSet, console: Console) -> None:
        assert known.with_masks is not None
        count = DRAWN if self.count is None else self.count
        asked, out = known.wanted(self.size, count), self.out or Path(f"{self.name}.npz")
        self._require_free(out)
        with Progress(console=console) as bar:
            task = bar.add_task("drawing", total=count)
            drawn = known.with_masks(
                Wanted(asked.size, count, seed=self.seed, progress=lambda done, _: bar.update(task, completed=done))
            )
        scenes.write(out, drawn)
        size = asked.size
        console.print(f"{count} {self.name} of {size}x{size} pixels: {out}", highlight=False, soft_wrap=True)
        if self.sheet is not None:
            first = scenes.SceneSet(drawn.images[:SHOWN], drawn.masks[:SHOWN], drawn.captions[:SHOWN])
            write_png(self.sheet, scenes.contact_sheet(first))
            console.print(f"contact sheet: {self.sheet}", highlight=False, soft_wrap=True)


def told(examples: Examples) -> list[str]:
    """What was read, in lines: how many images of which size and colours, their classes, and the notes."""
    colours, height, width = examples.shape
    kind = {1: "grey", 3: "in colour", 4: "in colour, with opacity"}[colours]
    lines = [f"{examples.name}: {len(examples):,} pictures, {width} wide and {height} high, {kind}", *examples.notes]
    if examples.labels is None:
        return [*lines, "no labels"]
    counts = Counter(examples.labels.tolist())
    each = [f"{name} ({counts[label]:,})" for label, name in enumerate(examples.classes[:LISTED])]
    more = f" and {len(examples.classes) - LISTED:,} more" if len(examples.classes) > LISTED else ""
    return [*lines, f"classes: {', '.join(each)}{more}"]


def write(out: Path, examples: Examples) -> None:
    """An .npz that ``data.load`` reads again: ``images`` (N, C, H, W) uint8, ``labels`` and ``class_names``."""
    arrays = {"images": examples.images.numpy()}
    if examples.labels is not None:
        arrays |= {"labels": examples.labels.numpy(), "class_names": np.array(examples.classes)}
    with whole_file(out) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for its options
