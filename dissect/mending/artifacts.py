"""Artifact units: the units that cause the bad images, or the bad places in images.

Bau et al. 2019, GAN Dissection, section 4.2: the images that light a unit up most are held against real ones by their
Frechet distance, and the units with the largest distance are the suspects. A person may mark bad images or places
instead. What a unit is suspected of it need not cause: ``rank_by_ablation`` tries each one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from dissect.hooks import Edit, at_rest, intervene, record
from dissect.mending.folding import replaced
from dissect.mending.frechet import FrechetScorer
from dissect.sampling import Progress, batches, features, generate

SHARE = 0.1  # of the sample: the images that light a unit up most. The paper takes 10,000 of 200,000
FEWEST = 20  # such images
BATCH = 32  # images that are made at once


@dataclass(frozen=True, eq=False)
class Ranking:
    """The units of a layer, each with a score: the higher, the more artifacts it causes.

    A dead unit, the same in every image, has the score -inf and is in no order.
    """

    layer: str
    by: str  # what the score is, in words
    scores: NDArray[np.float64]  # (U,)
    lit: NDArray[np.int64]  # (U, T) the images that light it up most, by their place in the sample, strongest first

    def order(self) -> list[int]:
        """The units, worst first; of equals, the one with the lower number."""
        alive = np.flatnonzero(np.isfinite(self.scores))
        return [int(unit) for unit in alive[np.argsort(-self.scores[alive], kind="stable")]]


def rank_by_frechet(
    generator: nn.Module,
    layer: str,
    latents: Tensor,
    scorer: FrechetScorer,
    *,
    share: float = SHARE,
    progress: Progress | None = None,
) -> Ranking:
    """Score each unit of ``layer`` by the Frechet distance from real images of the images that light it up most.

    An image lights a unit up by the unit's largest activation in it. ``share`` of the images of ``latents`` (N, ...)
    are taken for each unit, at least twenty, so distances compare among units, and with nothing else.

    Raises:
        ValueError: no such layer, a layer that is no map of units, fewer than forty latents, or a ``share`` outside
            (0, 0.5], beyond which units can hardly be told apart.
    """
    if not 0 < share <= 0.5:
        raise ValueError(f"expected a share of the images above 0 and at most 0.5, got {share}")
    if len(latents) < 2 * FEWEST:
        raise ValueError(f"expected at least {2 * FEWEST} latents to find what lights a unit up, got {len(latents)}")
    peaks, seen = _looked_through(generator, layer, latents, scorer, progress)
    lit = _lit(peaks, max(FEWEST, round(share * len(latents))))
    scores = np.array([scorer.distance(seen[images]) for images in lit])
    return Ranking(layer, f"frechet[{scorer.name}] of the images it lights up in", _alive(scores, peaks), lit.numpy())


def rank_by_ablation(
    generator: nn.Module,
    layer: str,
    latents: Tensor,
    scorer: FrechetScorer,
    *,
    values: Tensor | None = None,
    strength: float = 1.0,
    progress: Progress | None = None,
) -> Ranking:
    """Score each unit by how much nearer to real images the generator comes when that unit alone is ablated.

    The distance before less the distance after, over all of ``latents`` (N, ...): every unit costs a pass over them.
    ``values`` (U,) are what units are replaced by, zeros by default, and ``strength`` says how much of them, from above
    0 to 1. ``progress`` hears of the units done. ValueError as ``sampling``, and for a strength out of range.
    """
    peaks, before = _looked_through(generator, layer, latents, scorer, None)
    values = torch.zeros(peaks.shape[1]) if values is None else values
    reference = scorer.distance(before)
    scores = np.full(peaks.shape[1], -np.inf)
    for unit in range(peaks.shape[1]):
        if peaks[:, unit].min() < peaks[:, unit].max():
            edits = {layer: replaced([unit], values[[unit]], strength)}
            after = edited_features(generator, edits, latents, scorer)
            scores[unit] = reference - scorer.distance(after)
        if progress is not None:
            progress(unit + 1)
    lit = _lit(peaks, min(len(latents), max(FEWEST, round(SHARE * len(latents)))))
    return Ranking(layer, f"frechet[{scorer.name}] gained by ablating it alone", scores, lit.numpy())


def rank_by_marks(generator: nn.Module, layer: str, latents: Tensor, marks: Tensor, batch_size: int = BATCH) -> Ranking:
    """Score each unit by how much more it fires in what a person marked than elsewhere: the AUC, from 0 to 1.

    A half is chance. ``marks`` are one truth value an image, (N,), or masks (N, H, W) in [0, 1] of the bad places at
    any resolution; then cells of the layer are compared, a cell that is half marked being half bad.

    Raises:
        ValueError: ``marks`` of another shape or range, or nothing marked, or everything.
    """
    count = len(latents)
    if marks.shape[:1] != (count,) or marks.ndim not in (1, 3):
        raise ValueError(f"expected marks of shape ({count},) or ({count}, H, W), got {tuple(marks.shape)}")
    marks = marks.double().cpu()
    if not bool(((marks >= 0) & (marks <= 1)).all()):
        raise ValueError("marks are from 0 (good) to 1 (bad)")
    if not 0 < float(marks.mean()) < 1:
        raise ValueError("expected something marked as bad, and something left as good")
    fired, peaks = [], []
    with at_rest(generator), record(generator, [layer]) as seen:
        for batch in batches(latents, batch_size):
            generate(generator, batch)
            found = features(seen, layer).cpu()
            peaks.append(found.amax((2, 3)))
            fired.append(found.flatten(2).mT.flatten(0, 1) if marks.ndim == 3 else peaks[-1])  # (cells, U) or (N, U)
            size = found.shape[2:]
    heights, values = torch.cat(peaks), torch.cat(fired)
    bad = F.interpolate(marks[:, None], size=size, mode="area").flatten() if marks.ndim == 3 else marks
    scores = np.array([_auc(column, bad) for column in values.T])
    return Ranking(layer, "AUC of the marks", _alive(scores, heights), _lit(heights, min(FEWEST, count)).numpy())


def unit_means(generator: nn.Module, layer: str, latents: Tensor, batch_size: int = BATCH) -> Tensor:
    """The mean activation (U,) of each unit of ``layer`` over images and places, float32 on the CPU.

    ValueError as ``sampling``.
    """
    total = torch.zeros(())
    with at_rest(generator), record(generator, [layer]) as seen:
        for batch in batches(latents, batch_size):
            generate(generator, batch)
            total = total + features(seen, layer).double().mean((2, 3)).sum(0).cpu()
    return (total / len(latents)).float()


def edited_features(generator: nn.Module, edits: Mapping[str, Edit], latents: Tensor, scorer: FrechetScorer) -> Tensor:
    """The features (N, F), float64, of the images of ``latents`` with the layers' ``edits``; none change nothing.

    ValueError as ``sampling``.
    """
    with at_rest(generator), intervene(generator, edits):
        looks = batches(latents, scorer.batch_size)
        return torch.cat([scorer.features(generate(generator, batch)) for batch in looks])


def _looked_through(
    generator: nn.Module, layer: str, latents: Tensor, scorer: FrechetScorer, progress: Progress | None
) -> tuple[Tensor, Tensor]:
    """Each unit's largest activation in each image (N, U), and the images' features (N, F)."""
    peaks, seen = [], []
    with at_rest(generator), record(generator, [layer]) as recording:
        for batch in batches(latents, scorer.batch_size, progress):
            seen.append(scorer.features(generate(generator, batch)))
            peaks.append(features(recording, layer).amax((2, 3)).cpu())
    return torch.cat(peaks), torch.cat(seen)


def _lit(peaks: Tensor, count: int) -> Tensor:
    """The ``count`` images with the largest peaks of each unit, (U, count), strongest first."""
    return peaks.T.argsort(dim=1, descending=True, stable=True)[:, :count]


def _alive(scores: NDArray[np.float64], peaks: Tensor) -> NDArray[np.float64]:
    return np.where((peaks.amin(0) < peaks.amax(0)).numpy(), scores, -np.inf)


def _auc(values: Tensor, bad: Tensor) -> float:
    """The chance that a bad value is above a good one, ties counting half; ``bad`` are weights in [0, 1]."""
    _, place = torch.unique(values, return_inverse=True)
    size = int(place.max()) + 1
    worse = torch.zeros(size, dtype=torch.float64).index_add_(0, place, bad)
    better = torch.zeros(size, dtype=torch.float64).index_add_(0, place, 1 - bad)
    below = better.cumsum(0) - better / 2
    return float((worse * below).sum() / (worse.sum() * better.sum()))
