"""``python -m benchmarks.drawn_scenes JUDGE [MODELS]``: how near do generated scenes come to drawn ones?

Scenes that nobody trained on are the measure: by pca-pixels, and through JUDGE, a segmenter that no generator learned
from or through:

    dissect train-segmenter --count 6000 --steps 2500 --seed 77 --widths 20 40 80 --out judge.safetensors

*Perfect* are further drawn scenes. The judge's features are the means of its deepest maps and how much of each class is
in each quarter of the picture; it sees all pictures at 64 pixels.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
import tyro
from torch import Tensor

from benchmarks.timing import heading
from core_gans import Examples, Model, shipped
from core_gans.data import scenes
from core_gans.foundation.errors import LabError
from core_gans.foundation.frechet import FeatureStatistics
from core_gans.foundation.pixels import quantised
from core_gans.game import generate
from core_gans.metrics import Judge
from core_gans.metrics.neighbours import compare_neighbours
from core_gans.models import open_model
from dissect.segmenters.unet import UNetSegmenter

UNSEEN = 987_654  # seed of the scenes that judge
SIDE = 64  # pixels at which the judge sees pictures
COUNT = 2_000  # samples
DIGITS = 4  # behind the point
Row = tuple[float | None, ...]


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    judge: tyro.conf.Positional[Path]
    """The segmenter that judges."""
    models: tyro.conf.Positional[tuple[str, ...]] = ("scenes-128-generator", "scenes-generator")
    """Shipped generators by their names, model files and runs."""
    count: int = COUNT
    """Samples of each, against as many drawn scenes through the judge, and twice as many by pca-pixels."""


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    plan = tyro.cli(Plan, args=arguments, prog="python -m benchmarks.drawn_scenes", description=__doc__)
    torch.set_num_threads(1)
    try:
        judge = UNetSegmenter.load(plan.judge, size=SIDE)
        models = [open_model(shipped.placed(name)) for name in plan.models]
    except (OSError, LabError) as error:
        raise SystemExit(f"error: {error}") from error
    print(f"{heading()}\n")
    names = [Path(name).stem for name in plan.models]
    print("\n".join(table(names, judged(models, judge, plan.count), plan.count)))


def judged(models: Sequence[Model[Any]], judge: UNetSegmenter, count: int = COUNT) -> dict[str, Row]:
    """Measures by name: of each of ``models``, and of drawn scenes, the last.

    None where a model draws smaller pictures than those that are compared.
    """
    side = max(SIDE, *(model.game.shape[-1] for model in models))
    drawn = scenes.draw_many(2 * count, side, seed=UNSEEN).images
    real = torch.from_numpy(drawn).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1
    rows: dict[str, Row] = {}
    for size in sorted({SIDE, *(model.game.shape[-1] for model in models)}):
        compared = Judge(
            Examples("scenes", quantised(resized(real, size))), metrics=("frechet", "precision", "recall"), count=count
        )
        found = [compared(sampler(each, size)) if each.game.shape[-1] >= size else {} for each in models]
        found.append(compared.of_real(torch.Generator().manual_seed(3)))
        rows |= {f"{name} at {size} px": tuple(each.get(name) for each in found) for name in found[-1]}
    pictures = [*(generate(each.net, latents(each, count, 4)) for each in models), real[count:]]
    truth, seen = features(judge, real[:count]), [features(judge, each) for each in pictures]
    near = [compare_neighbours(truth, each) for each in seen]
    classes = [torch.cat([judge(part) for part in each.split(100)]) for each in pictures]
    suns = tuple(two_suns(each, judge.labels.index("sun")) for each in classes)
    statistics = FeatureStatistics.of(truth)
    rows |= {
        "frechet[segmenter]": tuple(statistics.distance(FeatureStatistics.of(each)) for each in seen),
        "precision[segmenter]": tuple(each.precision for each in near),
        "recall[segmenter]": tuple(each.recall for each in near),
        "scenes with two suns, a share": suns,
    }
    return rows | {
        f"{label}, a share of the pixels": tuple(float((each == number).double().mean()) for each in classes)
        for number, label in enumerate(judge.labels)
    }


@torch.no_grad()
def features(judge: UNetSegmenter, images: Tensor) -> Tensor:
    """(N, F) of images (N, 3, H, W) in [-1, 1]: what is compared."""
    found = []
    for part in resized(images, SIDE).split(100):
        deep, _, scores = judge.net.features(part)
        found.append(torch.cat([deep.mean((2, 3)), F.adaptive_avg_pool2d(scores.softmax(1), 2).flatten(1)], 1))
    return torch.cat(found)


def resized(images: Tensor, side: int) -> Tensor:
    return F.interpolate(images, (side, side), mode="area")


def latents(model: Model[Any], count: int, seed: int) -> Tensor:
    return model.game.latents(count, torch.Generator().manual_seed(seed))


def sampler(model: Model[Any], side: int) -> Callable[[int], Tensor]:
    rng = torch.Generator().manual_seed(2)
    return lambda count: resized(model.game.sample({"generator": model.net}, count, rng), side)


def two_suns(classes: Tensor, sun: int) -> float:
    """The share of class maps (N, H, W) with two pieces of sun, each of a thousandth of the picture or more."""
    found = [cv2.connectedComponentsWithStats((each == sun).numpy().astype(np.uint8))[2][1:, 4] for each in classes]
    return float(np.mean([(areas >= classes[0].numel() / 1_000).sum() > 1 for areas in found]))


def table(names: Sequence[str], rows: dict[str, Row], count: int) -> Iterator[str]:
    """In Markdown."""
    yield f"| {count:,} samples against unseen scenes (seed {UNSEEN}) | {' | '.join((*names, 'perfect'))} |"
    yield "|---" * (len(names) + 2) + "|"
    for row, values in rows.items():
        yield f"| {row} | {' | '.join('' if value is None else f'{value:.{DIGITS}f}' for value in values)} |"


if __name__ == "__main__":
    main(sys.argv[1:])
