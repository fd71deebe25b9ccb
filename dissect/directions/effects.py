"""What a direction does: the share of every class against the strength, beside random directions of equal length.

Intervals come from a bootstrap over images; the control stands in ``control.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from dissect.directions.control import RANDOM_TRIALS, Control, random_control
from dissect.directions.moving import Direction
from dissect.directions.walking import STRENGTHS, Shares, ascending, walk
from dissect.sampling import Latents, Progress, batches
from dissect.segmenters.protocol import Segmenter

DRAWS = 1000  # of the bootstrap


@dataclass(frozen=True, eq=False)
class Effect:
    """Shares of ``K`` classes at ``S`` strengths along a direction: means over images with 95% intervals."""

    name: str
    labels: tuple[str, ...]
    strengths: tuple[float, ...]
    images: int
    shares: Shares  # (S, K)
    low: Shares  # (S, K)
    high: Shares  # (S, K)
    change: Shares  # (K,) the shares at the last strength minus those at the first, of the same images
    change_low: Shares  # (K,)
    change_high: Shares  # (K,)
    difference: Shares  # (S,) mean absolute change of the pixels, from 0 to 1
    brightness: Shares  # (S,) mean of the pixels, from 0 black to 1 white
    control: Control

    def beyond(self) -> list[str]:
        """The classes that the direction changes, and changes by more than every random direction does; most first."""
        sure = (self.change_low > 0) | (self.change_high < 0)
        size = np.where(sure, np.abs(self.change), 0)
        order = np.argsort(-size, kind="stable")
        return [self.labels[k] for k in order if size[k] > self.control.largest()[k]]


def effect(
    generator: nn.Module,
    direction: Direction,
    latents: Latents,
    segmenter: Segmenter,
    *,
    strengths: Sequence[float] = STRENGTHS,
    control: Control | None = None,
    random_trials: int = RANDOM_TRIALS,
    batch_size: int = 64,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> Effect:
    """Walk along ``direction`` from each of ``latents`` (N, ...) and count what the segmenter sees.

    Args:
        latents: not those that the direction was found with, for a judgement on unseen ones.
        strengths: ascending; two or more.
        control: of an earlier direction of the same place and length, to spare the work; None walks anew.
        rng: draws the random directions and the bootstrap. On the CPU.
        progress: called with the number of images made so far.

    Raises:
        ValueError: strengths that do not ascend, a control of another place or length, latents that do not fit.
    """
    strengths = ascending(strengths)
    seen = list(batches(latents, batch_size))
    walked = walk(generator, direction, seen, segmenter, strengths, progress)
    count = walked.shares.shape[1]
    if control is None:

        def onward(images: int) -> None:
            if progress is not None:
                progress(len(strengths) * count + images)

        control = random_control(
            generator, direction, seen, segmenter, strengths=strengths, trials=random_trials, rng=rng, progress=onward
        )
    if not control.fits(direction):
        raise ValueError(
            f"the control walked in {control.place} by steps of {control.length:.4g}, the direction "
            f"{direction.name!r} goes in {direction.place} by {float(direction.vector.norm()):.4g}: make one for it"
        )
    if control.strengths != strengths or control.shares.shape[2] != walked.shares.shape[2]:
        raise ValueError("the control was made for other strengths or another segmenter: make one for this walk")
    drawn = torch.randint(count, (DRAWS, count), generator=rng).numpy()
    weight = np.stack([np.bincount(each, minlength=count) for each in drawn]) / count  # (draws, N)
    low, high = np.quantile(np.einsum("dn,snk->dsk", weight, walked.shares, optimize=True), (0.025, 0.975), axis=0)
    change = walked.shares[-1] - walked.shares[0]  # (N, K)
    change_low, change_high = np.quantile(weight @ change, (0.025, 0.975), axis=0)
    return Effect(
        direction.name,
        tuple(segmenter.labels),
        strengths,
        count,
        walked.shares.mean(1),
        low,
        high,
        change.mean(0),
        change_low,
        change_high,
        walked.difference,
        walked.brightness,
        control,
    )
