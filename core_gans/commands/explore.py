"""``core-gans explore``: what a run or a model has learned, as pictures and numbers in a folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro
from PIL import Image
from rich.console import Console
from rich.table import Table
from torch import Tensor

from core_gans import models
from core_gans.data import Examples, Resize, load, size_of
from core_gans.data.examples import as_float
from core_gans.exploring.arithmetic import AT_LEAST, EXEMPLARS, concept
from core_gans.exploring.nearest import memorisation, nearest_real
from core_gans.exploring.paths import lerp, slerp
from core_gans.foundation.errors import LabError
from core_gans.foundation.memory import require_memory
from core_gans.foundation.pixels import to_bytes, write_png
from core_gans.foundation.seeds import require_seed
from core_gans.foundation.sheets import image_rows
from core_gans.foundation.whole_files import whole_file, write_whole
from core_gans.game import generate
from core_gans.metrics.choosing import classifier_for, extractor_for, features_of
from core_gans.runs import folder as runs
from core_gans.runs.configuration import reading_of
from core_gans.variants import TextToImage

FRAMES = 48  # of the film, there and back
SHOWN = 8
DRAWN = 2_000  # samples that are compared with the real examples
MOST = DRAWN // 2  # paths, which have their ends among these; and steps of one


@dataclass(frozen=True)
class Explore:
    """Write paths between latents, nearest real examples and arithmetic of latents into a folder."""

    source: tyro.conf.Positional[Path]
    """A run's folder or a model file."""
    data: str = ""
    """digits, scenes, or a path; default: what the run was trained on."""
    paths: int = 6
    """Paths between latents."""
    steps: int = 9
    """Images on a path in the picture."""
    seed: int = 0
    """Of the latents."""
    resize: Resize | None = None
    """Pictures of other proportions: crop, pad or stretch; default: as the run did, else crop."""
    skip_broken: bool = False
    """Leave out pictures that cannot be read."""
    out: Path | None = None
    """The folder; default: runs/exploration-DATE."""

    def run(self, console: Console) -> None:
        """Write pictures and numbers, and print the numbers."""
        if not (2 <= self.paths <= MOST and 2 <= self.steps <= MOST):
            raise ValueError(f"expected 2 to {MOST:,} paths of 2 to {MOST:,} steps, got {self.paths} of {self.steps}.")
        require_seed(self.seed)
        folder = self.out or runs.new_folder("exploration")
        if folder.exists():
            raise FileExistsError(f"{folder} exists already and is kept: choose another name with --out.")
        model = models.open_model(self.source)
        if model.player != "generator":
            raise LabError(f"{self.source} holds a {model.player}, which draws nothing: give a generator or a run.")
        if isinstance(model.game, TextToImage):
            raise LabError(
                f"{self.source} draws what captions ask for, and captions do not mix: draw from it with "
                "`core-gans sample --text`."
            )
        rng = torch.Generator().manual_seed(self.seed)
        latents = model.game.latents(DRAWN, rng)
        one = generate(model.net, latents[:1])
        if one.dim() != 4:
            raise LabError("expected a generator of images: points and films are shown by `core-gans sample`.")
        shown = 2 * self.paths * self.steps  # straight and on the sphere
        side = max(64, *one.shape[2:])  # of an image on paper, in bytes of three colours
        wanted = shown * (4 * (latents[0].numel() + one.numel()) + 3 * side**2)
        require_memory(wanted, f"{shown:,} images on paths", "--steps or --paths")
        with console.status("reading the data"):
            examples = _examples(self, one.shape[1:])
        with console.status("drawing"):
            samples = generate(model.net, latents)
        found: dict[str, Any] = {"samples": DRAWN, "seed": self.seed}
        folder.mkdir(parents=True)
        walk(model, latents, self, folder)
        found |= beside_real(samples, examples, folder)
        found |= added(model, latents, samples, examples, folder)
        write_whole(folder / "exploration.json", json.dumps(found, indent=2) + "\n")
        table = Table("what", "value")
        for name, value in found.items():
            table.add_row(name, f"{value:.3f}" if isinstance(value, float) else str(value))
        console.print(table)
        if told := models.hardly_learned(model):
            console.print(told, highlight=False, soft_wrap=True)
        for path in sorted(folder.iterdir()):
            console.print(str(path), highlight=False, soft_wrap=True)


def walk(model: models.Model, latents: Tensor, command: Explore, folder: Path) -> None:
    """paths.png, straight and on the sphere, and paths.gif from each latent to the next and back to the first."""
    begin, end = latents[: command.paths], latents[command.paths : 2 * command.paths]
    ways = [each for pair in zip(lerp(begin, end, command.steps), slerp(begin, end, command.steps), strict=True)
            for each in pair]  # fmt: skip
    drawn = generate(model.net, torch.cat(ways)).unflatten(0, (len(ways), command.steps))
    write_png(folder / "paths.png", image_rows(zip(["straight", "on the sphere"] * command.paths, drawn, strict=True)))
    each = max(2, FRAMES // command.paths)
    tour = slerp(begin, begin.roll(-1, 0), each + 1)[:, :-1].flatten(0, 1)
    frames = [
        Image.fromarray(page).resize((256, 256), Image.Resampling.BICUBIC)
        for page in to_bytes(generate(model.net, tour))
    ]
    with whole_file(folder / "paths.gif") as file:
        frames[0].save(file, format="GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)


def beside_real(samples: Tensor, examples: Examples, folder: Path) -> dict[str, float]:
    """neighbours.png, samples with the real examples nearest to them, and how near they are."""
    real = as_float(examples.images)
    extractor = extractor_for(examples, classifier_for(examples, None))
    seen, known = (features_of(extractor, each) for each in (samples, real))
    near = nearest_real(seen[:SHOWN], known, 5)
    beside = [torch.cat((sample[None], real[index])) for sample, index in zip(samples[:SHOWN], near.index, strict=True)]
    named = ((f"sample {place}", images) for place, images in enumerate(beside, start=1))
    write_png(folder / "neighbours.png", image_rows(named, "Samples, each with the nearest real examples"))
    return {f"memorisation[{extractor.name}]": memorisation(seen, known)}


def added(model: models.Model, latents: Tensor, samples: Tensor, examples: Examples, folder: Path) -> dict[str, float]:
    """arithmetic.png: class b from samples of class a, by taking a's mean latent away and adding b's; its success."""
    classifier = classifier_for(examples, None)
    if classifier is None:
        return {}
    said = classifier.logits(classifier(samples)).softmax(dim=1)
    means: dict[int, Tensor] = {}
    for label in range(said.shape[1]):
        if int((said[:, label] >= AT_LEAST).sum()) >= EXEMPLARS:
            means[label] = concept(latents, said, label)
    reached: list[float] = []
    shown: list[Tensor] = []
    words: list[str] = []
    pairs = [(a, b) for a in means for b in means if a != b]
    for a, b in pairs:
        begin = latents[said[:, a].topk(SHOWN).indices]
        moved = generate(model.net, begin - means[a] + means[b])
        now = classifier.logits(classifier(moved)).argmax(dim=1)
        reached.append(float((now == b).float().mean()))
        if len(shown) < 2 * SHOWN and a == b - 1:
            shown += [generate(model.net, begin), moved]
            words += [
                f"of class {classifier.classes[a]}",
                f"less {classifier.classes[a]}, plus {classifier.classes[b]}",
            ]
    if shown:
        write_png(folder / "arithmetic.png", image_rows(zip(words, shown, strict=True)))
    return {"arithmetic reaches the class": float(np.mean(reached)), "pairs of classes": len(pairs)} if pairs else {}


def _examples(command: Explore, shape: torch.Size) -> Examples:
    """The data to compare with, of images of this shape (C, H, W)."""
    source = models.file_at(command.source)
    config = runs.read_config(source) if source.is_dir() else None
    if not command.data and config is None:
        raise LabError(f"{command.source} does not say what it was trained on: give --data.")
    data = command.data
    reading = reading_of(source, command.resize, command.skip_broken, own=not data)
    if config and not data:
        data = str(config["options"]["data"])
    examples = load(data, size=size_of(tuple(shape)), channels=shape[0], **reading)
    if examples.shape != shape:
        raise ValueError(f"samples have the shape {tuple(shape)}, the examples of {data} {examples.shape}.")
    return examples
