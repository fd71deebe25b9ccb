"""Walking along a direction: what a segmenter sees in the images at each strength, and how the pixels change."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dissect.directions.moving import Direction
from dissect.sampling import Progress, segment
from dissect.segmenters.protocol import Segmenter

STRENGTHS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
Shares = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Walk:
    """What was met at ``S`` strengths from ``N`` latents, of ``K`` classes."""

    shares: Shares  # (S, N, K) of the pixels of every image
    difference: Shares  # (S,) mean absolute change of the pixels, from 0 to 1
    brightness: Shares  # (S,) mean of the pixels, from 0 black to 1 white


def walk(
    generator: nn.Module,
    direction: Direction,
    latents: Sequence[Tensor],
    segmenter: Segmenter,
    strengths: Sequence[float],
    progress: Progress | None = None,
) -> Walk:
    """Make and segment the images of the batches of ``latents`` (N, ...) at each of ``strengths``.

    ``progress`` is called with the number of images made so far. ValueError as ``sampling.segment``.
    """
    labels = torch.arange(len(segmenter.labels))
    shares: list[Tensor] = []
    difference, brightness = torch.zeros(2, len(strengths), dtype=torch.float64)
    done = 0
    for batch in latents:
        still = direction.images(generator, batch, 0.0)
        here = []
        for place, strength in enumerate(strengths):
            images = direction.images(generator, batch, strength)
            classes = segment(segmenter, images)
            here.append(torch.stack([(classes == k).double().mean((1, 2)) for k in labels.to(classes)], dim=1).cpu())
            difference[place] += ((images - still).abs().double().mean((1, 2, 3)) / 2).sum().cpu()
            brightness[place] += ((images.double().mean((1, 2, 3)) + 1) / 2).sum().cpu()
            done += len(batch)
            if progress is not None:
                progress(done)
        shares.append(torch.stack(here))
    count = sum(map(len, latents))
    return Walk(torch.cat(shares, dim=1).numpy(), (difference / count).numpy(), (brightness / count).numpy())


def ascending(strengths: Sequence[float]) -> tuple[float, ...]:
    """``strengths`` as floats; a ValueError when there are fewer than two, or they do not ascend."""
    given = tuple(float(strength) for strength in strengths)
    if len(given) < 2 or any(after <= before for before, after in pairwise(given)):
        raise ValueError(f"expected two or more ascending strengths, got {', '.join(map(str, given)) or 'none'}")
    return given
