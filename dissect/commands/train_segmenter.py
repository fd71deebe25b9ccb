"""``dissect train-segmenter``: teach a small U-Net to see the drawn scenes, or what your own masks show."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from core_gans.compute import Compute
from core_gans.data import scenes
from core_gans.foundation.memory import require_memory
from core_gans.foundation.pixels import write_png
from dissect.segmenters.colours import spread_colours
from dissect.segmenters.pairs import Pairs, read_pairs
from dissect.segmenters.pairs.checking import part_of
from dissect.segmenters.scoring import UNJUDGED
from dissect.segmenters.showing import comparison
from dissect.segmenters.training import SegmenterReport, check_numbers, train_segmenter
from dissect.segmenters.unet import WIDTHS, UNet

_SHOWN = 4  # held-out images in the picture
SIDE = 64  # of a scene, unless it is said
PIXEL = 16  # bytes of a scene's pixel: colours, mask, and the mask as it is counted
KEPT = 16  # bytes of a weight: itself, its gradient and its two moments


@dataclass(frozen=True)
class TrainSegmenter:
    """Train the small U-Net that tells the dissection what each pixel shows."""

    data: Path | None = None
    """An .npz with images (N, H, W, 3), masks (N, H, W) and class_names, or with train_images, train_masks, val_... of
    the like; or a folder with images and masks, or train_images, train_masks and so on, and a classes.txt. Default:
    freshly drawn scenes."""
    split: Literal["val", "test"] | None = None
    """The data's own split to hold out and judge by; default: the first that is there."""
    held_out: float = 0.1
    """Of data without a split, the last images, held out to judge by: a share, or a number from 1."""
    ignore: tuple[str, ...] = ()
    """Classes neither learnt nor judged; default: one called unlabelled, void or ignore."""
    size: tuple[int, int] | None = None
    """Height and width to bring the pictures of a folder to, or of drawn scenes, which are squares (64 64)."""
    count: int = 8_000
    """Scenes to draw when no data are given."""
    steps: int = 4_500
    """Batches to learn from, at most."""
    minutes: float | None = None
    """Time to learn, at most."""
    rarity: float = 0.3
    """How much more a rare class counts: 0 every pixel alike, 1 every class alike."""
    widths: tuple[int, ...] = WIDTHS
    """Channels at each scale of the U-Net, from the images' own downwards."""
    device: str = "cpu"
    """Where to compute: cpu, cuda, cuda:N or mps."""
    seed: int = 0
    """Of the weights, the batches and the drawn scenes."""
    out: Path = Path("segmenter.safetensors")
    """The file; beside it, a picture .png of what was seen in held-out images. Existing ones are kept."""

    def run(self, console: Console) -> None:
        """Train, measure on held-out images, save, show."""
        compute = Compute(self.device)
        picture = self.out.with_suffix(".png")
        if picture == self.out:
            raise ValueError(f"{self.out} is where its picture goes: name the file of the segmenter .safetensors.")
        for path in (self.out, picture):
            if path.exists():
                raise FileExistsError(f"{path} exists already and is kept: choose another name with --out.")
        check_numbers(self.steps, self.minutes, 1, self.rarity, self.widths)
        if self.data is None:
            part_of(self.count, self.held_out)
            if self.split or self.ignore:
                word = "--split" if self.split else "--ignore"
                raise ValueError(f"{word} speaks of masks of your own, and scenes are drawn here: give --data, too.")
        with torch.device("meta"):  # takes no memory
            weights = sum(weight.numel() for weight in UNet(1, self.widths).parameters())
        require_memory(
            weights * KEPT, f"a U-Net of {weights:,} weights with what its training keeps", "--widths", compute.device
        )
        pairs = self._read() if self.data is not None else self._draw(console)
        colours = pairs.colours or spread_colours(len(pairs.labels))
        with Progress(console=console) as bar:
            learning = bar.add_task("training", total=1.0)
            segmenter, report = train_segmenter(
                pairs.images,
                pairs.masks,
                pairs.labels,
                steps=self.steps,
                minutes=self.minutes,
                rng=torch.Generator().manual_seed(self.seed),
                colours=colours,
                rarity=self.rarity,
                held_out=pairs.held_out or self.held_out,
                widths=self.widths,
                device=compute.device,
                progress=lambda done: bar.update(learning, completed=done),
            )
        self.out.parent.mkdir(parents=True, exist_ok=True)
        segmenter.save(self.out, report.as_dict() | {"seed": self.seed, "command": _command()})
        chosen = np.linspace(len(pairs.images) - report.held_out, len(pairs.images) - 1, _SHOWN).round().astype(int)
        chosen = np.unique(chosen)
        sheet = comparison(segmenter, pairs.images[chosen], pairs.masks[chosen], colours)
        write_png(picture, sheet)
        console.print(_table(report, pairs))
        console.print(
            f"{report.pixel_accuracy:.2%} of the pixels of {report.held_out} held-out images are right, "
            f"mean IoU {report.mean_iou:.3f}; learnt from {report.trained_on} images in {report.steps} steps, "
            f"{report.seconds / 60:.1f} minutes\nsegmenter: {self.out}\npicture: {picture}",
            highlight=False,
            soft_wrap=True,
        )

    def _read(self) -> Pairs:
        assert self.data is not None
        return read_pairs(self.data, split=self.split, ignore=self.ignore or None, size=self.size)

    def _draw(self, console: Console) -> Pairs:
        side, width = self.size or (SIDE, SIDE)
        if side != width:
            raise ValueError(f"drawn scenes are squares: give one side twice with --size, not {side} {width}.")
        require_memory(
            self.count * side**2 * PIXEL,
            f"{self.count:,} scenes",
            "--count" if self.size is None else "--count or --size",
        )
        with Progress(console=console) as bar:
            drawing = bar.add_task("drawing scenes", total=self.count)
            drawn = scenes.draw_many(
                self.count, side, seed=self.seed, progress=lambda done: bar.update(drawing, completed=done)
            )
        colours = tuple((r, g, b) for r, g, b in drawn.palette.tolist())
        return Pairs(drawn.images, drawn.masks.astype(np.int16), drawn.labels, colours, held_out=0)


def _table(report: SegmenterReport, pairs: Pairs) -> Table:
    """The IoU of every class, beside its share of the held-out pixels."""
    masks = pairs.masks[-report.held_out :]
    judged = masks[masks != UNJUDGED].astype(np.int64)
    share = np.bincount(judged, minlength=len(pairs.labels)) / max(len(judged), 1)
    table = Table("class", "share of pixels", "IoU")
    for (label, iou), part in zip(report.iou.items(), share, strict=True):
        table.add_row(label, f"{part:.2%}", "not there" if iou is None else f"{iou:.3f}")
    return table


def _command() -> str:
    return shlex.join(["dissect", *sys.argv[1:]])
