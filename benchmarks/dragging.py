"""``python -m benchmarks.dragging``: how far things of generated scenes go when a point of them is dragged.

A scene counts where the segmenter sees one clear thing; the point is that thing's middle, and it is dragged ``away``
pixels to where there is room: houses and trees to a side, suns and moons also up and down. The judge is the middle of
all pixels that the segmenter gives the thing afterwards, the whole of which the drag never sees: a second house that
grows where the first one should be counts half. A thing of which less than a third is left went nowhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import tyro
from torch import Tensor

from benchmarks.timing import heading
from core_gans import shipped
from core_gans.models import load_model
from dissect.dragging import Handle, drag, drag_layer, near_ways
from dissect.sampling import generate
from dissect.segmenters.unet import UNetSegmenter
from dissect.segmenters.wholes import labels_of

SIDEWAYS = ((-1, 0), (1, 0))
WAYS = {  # by thing
    "house": SIDEWAYS,
    "tree": SIDEWAYS,
    "sun": (*SIDEWAYS, (0, -1), (0, 1)),
    "moon": (*SIDEWAYS, (0, -1), (0, 1)),
}
LEAST = {"house": 0.015, "tree": 0.015, "sun": 0.006, "moon": 0.006}  # of the picture
MOST = 0.2  # of the picture
JOINED = 0.95  # of a thing's pixels that are one figure
LEFT = 1 / 3  # of a thing: with less of it left it went nowhere
FAR = 0.7  # of the way
NEAR = 1.3  # of the way: with more, the thing, or another one like it, went too far
SKY = 30  # of the 64 rows: a sun does not go lower


@dataclass(frozen=True)
class Options:
    """Measure drags on the shipped generator of 64 pixels."""

    each: int = 5
    """Scenes of each thing."""
    seed: int = 20_000
    """The first scene that is looked at."""
    away: int = 9
    """Pixels."""
    steps: int = 150
    """Of the latent, at most."""
    hold: bool = False
    """Hold what is far from the way."""


def main(args: Sequence[str] | None = None) -> None:
    """Print the table."""
    asked = tyro.cli(Options, prog="python -m benchmarks.dragging", args=args)
    torch.set_num_threads(1)
    model = load_model(shipped.path("scenes-generator"))
    segmenter = UNetSegmenter.load(shipped.path("scenes-segmenter"))

    def latent(seed: int) -> Tensor:
        return model.game.latents(1, torch.Generator().manual_seed(seed))

    def seen(latents: Tensor, thing: str) -> np.ndarray:
        with torch.no_grad():
            classes = segmenter(generate(model.net, latents))[0]
        numbers = [segmenter.labels.index(label) for label in labels_of(thing, segmenter.labels)]
        return torch.isin(classes, torch.tensor(numbers)).numpy()

    def scenes(thing: str) -> Iterator[tuple[int, np.ndarray, tuple[int, int]]]:
        seed = asked.seed
        while True:
            mask = seen(latent(seed), thing)
            if _is_clear(mask, thing) and (way := _with_room(mask, thing, asked.away, seed)) is not None:
                yield seed, mask, way
            seed += 1

    layer = drag_layer(model.net, latent(0))
    held = ", the rest held" if asked.hold else ""
    print(f"{heading()}\n{asked.away} pixels, seeds from {asked.seed}, layer {layer}{held}\n")
    print(
        "| thing | scenes | share of the way, median | quartiles | 70 % or more | 70 to 130 % | steps | processor s |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    everything: list[tuple[float, int, float]] = []
    for thing in WAYS:
        found = []
        for _, (seed, mask, way) in zip(range(asked.each), scenes(thing), strict=False):
            first, begun = latent(seed), time.process_time()
            x, y = np.round(_middle(mask))
            handle = Handle((float(x), float(y)), (float(x + asked.away * way[0]), float(y + asked.away * way[1])))
            dragged = drag(
                model.net,
                first,
                [handle],
                layer,
                steps=asked.steps,
                free=near_ways([handle], mask.shape) if asked.hold else None,
                within=_of_length(first.norm()),
            )
            seconds = time.process_time() - begun
            now = seen(dragged.latent, thing)
            gone = float((_middle(now) - _middle(mask)) @ np.array(way)) if now.sum() >= LEFT * mask.sum() else 0.0
            found.append((gone / asked.away, dragged.steps, seconds))
        everything += found
        _tell(thing, found)
    _tell("all", everything)


def _is_clear(mask: np.ndarray, thing: str) -> bool:
    """Whether ``mask`` (H, W) is one figure of a fitting size."""
    _, _, figures, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    largest = figures[1:, cv2.CC_STAT_AREA].max(initial=0)
    return bool(LEAST[thing] <= mask.mean() <= MOST and largest >= JOINED * mask.sum())


def _with_room(mask: np.ndarray, thing: str, away: int, seed: int) -> tuple[int, int] | None:
    """A way (right, down) by chance out of those that have room; None without one."""
    middle, half = _middle(mask), (mask.any(0).sum() / 2, mask.any(1).sum() / 2)
    fitting = []
    for way in WAYS[thing]:
        end = middle + away * np.array(way)
        inside = all(half[axis] - 1 <= end[axis] <= mask.shape[1 - axis] - half[axis] for axis in (0, 1))
        if inside and (way[1] <= 0 or end[1] < SKY):
            fitting.append(way)
    return fitting[np.random.default_rng(seed).integers(len(fitting))] if fitting else None


def _of_length(length: Tensor) -> Callable[[Tensor], Tensor]:
    """Brings a latent back to ``length``, as the app does."""
    return lambda latents: latents * (length / latents.norm())


def _middle(mask: np.ndarray) -> np.ndarray:
    """(x, y) in pixels."""
    return np.flip(np.argwhere(mask).mean(0))


def _tell(thing: str, found: Sequence[tuple[float, int, float]]) -> None:
    shares, steps, seconds = (np.array(each) for each in zip(*found, strict=True))
    low, middle, high = np.percentile(shares, (25, 50, 75))
    print(
        f"| {thing} | {len(found)} | {middle:.2f} | {low:.2f} to {high:.2f} | {(shares >= FAR).mean():.0%} | "
        f"{((shares >= FAR) & (shares <= NEAR)).mean():.0%} | "
        f"{np.median(steps):.0f} | {np.median(seconds):.1f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
