"""``python -m benchmarks [core] [dissect] [paint] [scenes]``: tables of speed on this machine, in Markdown.

Beside it: ``python -m benchmarks.objective_cost`` (the lab's loop against a plain one),
``python -m benchmarks.dissection_cost`` (counting, layers, memory of a dissection),
``python -m benchmarks.generation_cost`` (a generation of E-GAN against lean rounds),
``python -m benchmarks.app_load`` (the app with one session and with many),
``python -m benchmarks.inversion`` (how well given pictures are inverted),
``python -m benchmarks.startup`` (the help texts, the app listening) and
``python -m benchmarks.applications`` (what people do with GANs, judged).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
import torch

from benchmarks.parts import run_parts
from core_gans import make, shipped, train
from core_gans.compute import Compute
from core_gans.data import Batches, Examples, scenes
from core_gans.models import load_model
from core_gans.training import start
from dissect import Dissection, EditSession, Stroke, dissect, unit_set
from dissect.segmenters.unet import UNetSegmenter

PRECISIONS = [(bf16, layout) for bf16 in (False, True) for layout in (False, True)]


def main() -> None:
    """Run the benchmarks named on the command line, or all of them."""
    run_parts({"scenes": drawing, "core": rounds, "dissect": dissecting, "paint": painting})


def drawing() -> None:
    """Scenes drawn in a second, on one thread."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    seconds = timed(lambda: scenes.draw_many(300), repeats=3)
    cv2.setNumThreads(before)
    print("| scenes of 64x64, one core | per second |\n|---|---|")
    print(f"| drawn with masks and captions | {300 / seconds:.0f} |")


def rounds() -> None:
    """Rounds of dcgan in a second, by size, precision and layout."""
    print(
        "| dcgan, batch 64, width 64 | fp32 | fp32 channels_last | bf16 | bf16 channels_last |\n|---|---|---|---|---|"
    )
    for size, colours in ((32, 1), (64, 3)):
        game, data = make("dcgan", shape=(colours, size, size)), noise(colours, size)
        cells = []
        for bf16, layout in PRECISIONS:
            rng = torch.Generator().manual_seed(0)
            state = start(game, Batches(data, 64), rng, Compute("cpu", bf16, layout))
            train(game, state.batches, 2, rng=rng, state=state)
            seconds = timed(lambda s=state: train(s.game, s.batches, s.round + 1, rng=s.rng, state=s), repeats=7)
            cells.append(f"{1 / seconds:.2f}")
        print(f"| {size} px, rounds/s | " + " | ".join(cells) + " |")


def dissecting() -> None:
    """Milliseconds an image of a dissection of the shipped generator, generator and segmenter included."""
    model = load_model(shipped.path("scenes-generator"))
    segmenter = UNetSegmenter.load(shipped.path("scenes-segmenter"))
    latents = model.game.latents(512, torch.Generator().manual_seed(0))
    drawn = timed(lambda: segment_all(model.net, latents, segmenter), repeats=3)
    print("| dissection of the scenes generator, 512 images | ms an image |\n|---|---|")
    print(f"| drawing and segmenting alone | {1000 * drawn / 512:.2f} |")
    for layer in ("block8", "block16", "block32"):
        seconds = timed(lambda name=layer: dissect(model.net, name, latents, segmenter), repeats=3)
        print(f"| {layer}, all included | {1000 * seconds / 512:.2f} |")


def painting() -> None:
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
    times = [1000 * timed(lambda: session.paint([stroke]), repeats=1) for _ in range(200)]
    middle, late = np.percentile(times, (50, 99))
    print("| one brush edit at 64 px, from mask to image and table | ms |\n|---|---|")
    print(f"| median of 200 | {middle:.1f} |\n| 99th percentile | {late:.1f} |")


def segment_all(generator: torch.nn.Module, latents: torch.Tensor, segmenter: UNetSegmenter) -> None:
    """Draw and segment every latent, in batches of 32."""
    with torch.no_grad():
        for part in latents.split(32):
            segmenter(generator(part))


def noise(colours: int, size: int) -> Examples:
    """Pictures whose content does not matter."""
    pixels = torch.randint(256, (640, colours, size, size), generator=torch.Generator().manual_seed(0))
    return Examples("noise", pixels.byte())


def timed(work: Callable[[], object], repeats: int) -> float:
    """The median seconds of ``repeats`` runs, after one more that does not count when there are several."""
    if repeats > 1:
        work()
    seconds = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
