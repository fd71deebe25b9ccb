"""``python -m benchmarks [core] [dissect] [paint] [scenes]``: tables of speed on this machine, in Markdown.

Beside it: ``python -m benchmarks.objective_cost`` (the lab's loop against a plain one),
``python -m benchmarks.dissection_cost`` (counting, layers, memory of a dissection),
``python -m benchmarks.generation_cost`` (a generation of E-GAN against lean rounds),
``python -m benchmarks.app_load`` (the app with one session and with many),
``python -m benchmarks.soak`` (the app for an hour, at people's pace), ``python -m benchmarks.first_paint`` (its page),
``python -m benchmarks.first_minute`` (a tree erased and one added by a newcomer's mouse),
``python -m benchmarks.drawn_scenes`` (generated scenes against drawn ones, by a segmenter),
``python -m benchmarks.startup`` (the help texts, the app listening),
``python -m benchmarks.dragging`` (points dragged in generated scenes) and
``python -m benchmarks.applications`` (what people do with GANs, judged).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import tyro

from benchmarks.timing import chosen, heading, timed
from core_gans import make, shipped, train
from core_gans.compute import Compute
from core_gans.data import Batches, Examples, scenes
from core_gans.models import load_model
from core_gans.training import start
from dissect import Dissection, EditSession, Stroke, dissect, unit_set
from dissect.segmenters.unet import UNetSegmenter

PRECISIONS = [(bf16, layout) for bf16 in (False, True) for layout in (False, True)]


@dataclass(frozen=True)
class Options:
    """Measure this machine."""

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """Which tables; default: all."""
    drawn: int = 300
    """Scenes to draw."""
    width: int = 64
    """Of dcgan."""
    batch: int = 64
    """Images a step of dcgan."""
    images: int = 512
    """To dissect."""
    edits: int = 200
    """Strokes to paint."""
    repeats: int = 7
    """Of each round of dcgan; of what takes longer, half as many."""


def main(args: Sequence[str] | None = None) -> None:
    """Print the tables named on the command line, or all of them."""
    asked = tyro.cli(Options, prog="python -m benchmarks", args=args)
    names = chosen(asked.names, list(PARTS), "benchmark")
    print(f"{heading()}\n")
    for name in names:
        PARTS[name](asked)
        print(flush=True)


def drawing(asked: Options) -> None:
    """Scenes drawn in a second, on one thread."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    seconds = timed(lambda: scenes.draw_many(asked.drawn), repeats=few(asked))
    cv2.setNumThreads(before)
    print("| scenes of 64x64, one core | per second |\n|---|---|")
    print(f"| drawn with masks and captions | {asked.drawn / seconds:.0f} |")


def rounds(asked: Options) -> None:
    """Rounds of dcgan in a second, by size, precision and layout."""
    print(
        f"| dcgan, batch {asked.batch}, width {asked.width} | fp32 | fp32 channels_last | bf16 | bf16 channels_last |"
    )
    print("|---|---|---|---|---|")
    for size, colours in ((32, 1), (64, 3)):
        game, data = make("dcgan", shape=(colours, size, size), width=asked.width), noise(colours, size)
        cells = []
        for bf16, layout in PRECISIONS:
            rng = torch.Generator().manual_seed(0)
            state = start(game, Batches(data, asked.batch), rng, Compute("cpu", bf16, layout))
            train(game, state.batches, 2, rng=rng, state=state)
            seconds = timed(lambda s=state: train(s.game, s.batches, s.round + 1, rng=s.rng, state=s), asked.repeats)
            cells.append(f"{1 / seconds:.2f}")
        print(f"| {size} px, rounds/s | " + " | ".join(cells) + " |")


def dissecting(asked: Options) -> None:
    """Milliseconds an image of a dissection of the shipped generator, generator and segmenter included."""
    model = load_model(shipped.path("scenes-generator"))
    segmenter = UNetSegmenter.load(shipped.path("scenes-segmenter"))
    latents = model.game.latents(asked.images, torch.Generator().manual_seed(0))
    drawn = timed(lambda: segment_all(model.net, latents, segmenter), few(asked))
    print(f"| dissection of the scenes generator, {asked.images} images | ms an image |\n|---|---|")
    print(f"| drawing and segmenting alone | {1000 * drawn / asked.images:.2f} |")
    for layer in ("block8", "block16", "block32"):
        seconds = timed(lambda name=layer: dissect(model.net, name, latents, segmenter), few(asked))
        print(f"| {layer}, all included | {1000 * seconds / asked.images:.2f} |")


def painting(asked: Options) -> None:
    """From a stroke to the new image and its table, on the shipped generator."""
    model = load_model(shipped.path("scenes-generator"))
    segmenter = UNetSegmenter.load(shipped.path("scenes-segmenter"))
    dissection = Dissection.load(shipped.path("scenes-dissection"))
    session = EditSession(
        model.net, dissection.layer, model.game.latents(1, torch.Generator().manual_seed(0)), segmenter
    )
    mask = torch.zeros(64, 64)
    mask[20:44, 20:44] = 1
    stroke = Stroke("erase", unit_set(dissection, "tree"), mask)
    times = [1000 * timed(lambda: session.paint([stroke]), repeats=1) for _ in range(asked.edits)]
    middle, late = np.percentile(times, (50, 99))
    print("| one brush edit at 64 px, from mask to image and table | ms |\n|---|---|")
    print(f"| median of {asked.edits} | {middle:.1f} |\n| 99th percentile | {late:.1f} |")


def few(asked: Options) -> int:
    """How often something that takes long is repeated."""
    return max(1, asked.repeats // 2)


def segment_all(generator: torch.nn.Module, latents: torch.Tensor, segmenter: UNetSegmenter) -> None:
    """Draw and segment every latent, in batches of 32."""
    with torch.no_grad():
        for part in latents.split(32):
            segmenter(generator(part))


def noise(colours: int, size: int) -> Examples:
    """Pictures whose content does not matter."""
    pixels = torch.randint(256, (640, colours, size, size), generator=torch.Generator().manual_seed(0))
    return Examples("noise", pixels.byte())


PARTS: dict[str, Callable[[Options], None]] = {
    "scenes": drawing,
    "core": rounds,
    "dissect": dissecting,
    "paint": painting,
}


if __name__ == "__main__":
    main()
