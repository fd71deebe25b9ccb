"""``dissect invert``: what a generator draws a picture of yours from, so that it can be edited."""

from __future__ import annotations

import json
import math
import shlex
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import torch
import tyro
from PIL import Image
from rich.console import Console
from rich.progress import Progress
from torch import Tensor

from core_gans.data import as_float
from core_gans.data.frame import Frame
from core_gans.data.pictures import decode
from core_gans.data.stacking import stack
from core_gans.foundation.pixels import Picture, write_png
from core_gans.foundation.seeds import require_seed
from core_gans.foundation.sheets import labelled_rows, sheet
from core_gans.foundation.whole_files import write_whole
from core_gans.runs.folder import new_folder
from dissect.commands.encoder_choice import chosen_encoder
from dissect.commands.opening import Opened, Source
from dissect.commands.sample_memory import require_sample
from dissect.commands.segmenter_choice import chosen_segmenter
from dissect.inversion.inversion import Inversion
from dissect.inversion.inverting import STRANGE, InversionSettings, invert
from dissect.inversion.middle import middle_layer
from dissect.inversion.perceptual import eyes_of
from dissect.segmenters.protocol import Segmenter

SMALLEST = 8  # pixels on the shorter side of a picture: fewer show nothing
POOR_L1, POOR_AGREEMENT = 0.1, 0.85  # a rendering beyond these is another picture
SHOWN = 256  # pixels on a side of each tile, or nearly so


@dataclass(frozen=True)
class Invert:
    """Find what a generator draws a picture from; writes the picture beside the rendering, and what it is drawn from.

    All edits of dissect act on the rendering; what they change goes back into the picture by dissect.paste_back.
    """

    image: tyro.conf.Positional[Path]
    """A picture: JPEG, PNG, WebP, BMP, GIF or TIFF, of any size; its centre is taken, of the images' proportions."""
    source: Annotated[Source, tyro.conf.OmitArgPrefixes] = field(default_factory=Source)
    encoder: Path | None = None
    """A file of train-encoder for this generator; default: the one that comes with the lab, where it fits; without one
    the search begins from the best of the samples, and takes longer."""
    layer: str | None = None
    """Whose features are sought after the latent; default: the encoder's, else the first of at least 8x8 cells."""
    segmenter: str | None = None
    """Judges whether both show the same, and sees features for the loss if train-segmenter made it; default: as run."""
    concepts: str | None = None
    """Words to look for, 'red car, lamp post', for a --segmenter that is a CLIPSeg, or DETECTOR+SAM."""
    samples: int = 128
    """Latents drawn at first, at least 2."""
    seconds: float = 20.0
    """Time to search, at most."""
    steps: int | None = None
    """Steps in all, instead of --seconds: then the same command gives the same result."""
    batch: int = 32
    """Samples that are made at once; it does not change what is found."""
    seed: int = 0
    """Of the samples."""
    out: Path | None = None
    """The folder; default: runs/inversion-DATE. Existing inversions are kept."""

    def run(self, console: Console) -> None:
        """Search, write, and say how well it fits."""
        folder = self._checked()
        found = self.source.open()
        shape = found.shape()
        image, notes = read_picture(self.image, shape)
        require_sample(found, {"samples": self.samples}, kept=math.prod(shape))  # with their images
        encoder = chosen_encoder(self.encoder, found.net)
        name, segmenter = self._segmenter(found, shape)
        rng = torch.Generator().manual_seed(self.seed)
        samples = found.latents(self.samples, rng)
        begun = time.perf_counter()
        with Progress(console=console) as bar:
            task = bar.add_task("inverting", total=1.0)
            outcome = invert(
                found.net,
                image.to(samples.device),
                samples,
                encoder=encoder,
                layer=self.layer or (encoder.layer if encoder else None) or middle_layer(found.net, samples[:1]),
                perceptual=eyes_of(segmenter, image[None].to(samples.device)),
                segmenter=segmenter,
                settings=self._settings(),
                batch_size=self.batch,
                progress=lambda done: bar.update(task, completed=done),
            )
        warnings = fit_warnings(outcome, "--seconds" if self.steps is None else "--steps")
        facts = {
            **figures(outcome),
            "seconds": round(time.perf_counter() - begun, 1),
            "picture": self.image.name,
            "generator": found.name,
            "segmenter": name,
            "seed": self.seed,
            "command": shlex.join(["dissect", *sys.argv[1:]]),
            "notes": [*found.notes, *notes, *warnings],
        }
        folder.mkdir(parents=True, exist_ok=True)
        outcome.save(folder / "inversion.safetensors", facts)
        write_png(folder / "inversion.png", comparison([(self.image.stem, outcome)]))
        write_whole(folder / "inversion.json", json.dumps(facts, indent=2, ensure_ascii=False))
        for note in (*found.notes, *notes, *warnings):
            console.print(f"note: {note}", highlight=False, soft_wrap=True)
        console.print(f"{in_words(outcome)}\nwritten to {folder}", highlight=False, soft_wrap=True)

    def _checked(self) -> Path:
        require_seed(self.seed)
        if self.samples < 2:
            raise ValueError(f"expected at least 2 samples, got --samples {self.samples}.")
        if self.steps is not None and self.steps < 1:
            raise ValueError(f"expected at least 1 step, got --steps {self.steps}.")
        folder = self.out or new_folder("inversion")
        if (folder / "inversion.safetensors").exists():
            raise FileExistsError(f"{folder} holds an inversion already, which is kept: choose another --out.")
        if folder.exists() and not folder.is_dir():
            raise FileExistsError(f"{folder} is a file: choose another --out.")
        self._settings()
        return folder

    def _settings(self) -> InversionSettings:
        if self.steps is None:
            return InversionSettings(latent_steps=10**6, feature_steps=10**6, seconds=self.seconds)
        latent = round(InversionSettings.latent_part * self.steps)
        return InversionSettings(latent_steps=latent, feature_steps=self.steps - latent)

    def _segmenter(self, found: Opened, shape: tuple[int, ...]) -> tuple[str | None, Segmenter | None]:
        if self.segmenter is None and self.source.generator is not None and shape[0] != 1:
            return None, None  # nothing is known of what its pictures show
        return chosen_segmenter(self.segmenter, self.source, found, self.concepts)


def read_picture(path: Path, shape: tuple[int, ...]) -> tuple[Tensor, tuple[str, ...]]:
    """A picture file as an image of ``shape`` (C, H, W) in [-1, 1], and what was done to it.

    Raises:
        FileNotFoundError, ValueError: there is no such file, or it is a folder, damaged, of another format, too large
            or smaller than ``SMALLEST`` pixels.
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder: give one picture")
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: give the path of a picture")
    notes = []
    with path.open("rb") as file:
        picture = decode(file, str(path))
        file.seek(0)
        with Image.open(file) as header:
            if getattr(header, "n_frames", 1) > 1:
                notes.append("the picture is an animation: its first frame is taken")
    height, width = picture.shape[:2]
    if min(height, width) < SMALLEST:
        raise ValueError(f"{path} has {width} x {height} pixels: expected at least {SMALLEST} x {SMALLEST}")
    frame = Frame(shape[1], shape[2], shape[0])
    if frame.cuts(height, width):
        notes.append(f"the picture has {width} x {height} pixels: its centre is taken, of the proportions of {frame}")
    if (height, width) != shape[1:]:
        notes.append(f"it is brought to {frame} pixels")
    if picture.ndim == 3 and shape[0] == 1:
        notes.append("the generator draws in grey: the colours are left out")
    return as_float(stack([picture], 1, frame))[0], tuple(notes)


def figures(found: Inversion) -> dict[str, object]:
    """How well it fits, as JSON takes it."""
    return {
        "pixel_l1": round(found.pixel_l1, 4),
        "latent_pixel_l1": round(found.latent_pixel_l1, 4),
        "agreement": None if found.agreement is None else round(found.agreement, 4),
        "strangeness": round(found.strangeness, 3),
        "start": found.start,
        "layer": found.layer,
        "steps": len(found.curve),
    }


def in_words(found: Inversion) -> str:
    """How well it fits, in a line."""
    same = "" if found.agreement is None else f", {found.agreement:.0%} of the pixels show the same class"
    where = "" if found.layer is None else f" ({found.latent_pixel_l1:.3f} by the latent alone)"
    return f"pixel L1 {found.pixel_l1:.3f} of 2{where}{same}"


def fit_warnings(found: Inversion, limit: str) -> tuple[str, ...]:
    """What to know before the rendering is edited; nothing where it fits. ``limit`` is the option that ended it."""
    told = []
    if found.strangeness > STRANGE:
        told.append(
            f"this picture is not like what the generator draws: from the nearest sample it is {found.strangeness:.1f} "
            "times as far as samples are from each other, so edits may do odd things"
        )
    poor = found.agreement is not None and found.agreement < POOR_AGREEMENT
    if found.pixel_l1 > POOR_L1 or poor:
        told.append(f"the rendering is not quite the picture: more {limit} may help")
    return tuple(told)


def comparison(rows: list[tuple[str, Inversion]]) -> Picture:
    """Picture, rendering, and their difference on grey, a row for each (words, inversion)."""
    return labelled_rows(
        [(f"{words}\n{in_words(found)}", _tiles(found)) for words, found in rows],
        heads=("picture", "rendering", "difference"),
    )


def _tiles(found: Inversion) -> list[Picture]:
    parts = (found.image, found.rendering, (found.rendering - found.image) / 2)
    return [sheet(part[None].cpu(), 1, max(1, SHOWN // part.shape[-1])) for part in parts]
