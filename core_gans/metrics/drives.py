"""How good a dreamt drive is: in pixels, and in where the driver seems to be, beside a picture that stands still.

The place on the road is read off the pictures by geometry (``data.road.reading``), of the true ones, too: no network
judges.
"""

from __future__ import annotations

import torch
from torch import Tensor

from core_gans.data.road.car import FARTHEST
from core_gans.data.road.reading import DREAMT, offsets


def psnr(answer: Tensor, truth: Tensor) -> float:
    """The peak signal-to-noise ratio in decibels of clips or pictures (N, C, ...) in [-1, 1], of all pixels together:
    10 log10(4 / mean squared error).
    """
    return float(10 * torch.log10(4 / (answer - truth).square().mean()))


def lane(clips: Tensor, noise: float = 0.0) -> Tensor:
    """The drivers' offsets (N, T) from the middle of the road in m, in all frames of ``clips`` (N, 3, T, H, W) in
    [-1, 1]; NaN where no road can be read. ``noise`` as ``offsets`` takes it. ValueError for clips without colours.
    """
    return offsets(clips.transpose(1, 2).flatten(0, 1), noise).view(len(clips), clips.shape[2])


def lane_error(found: Tensor, truth: Tensor) -> float:
    """The mean distance of offsets (N, T) from true ones in m; what cannot be read is as wrong as the farthest."""
    known = ~truth.isnan()
    return float((found - truth).abs().nan_to_num(FARTHEST)[known].mean())


def correlation(found: Tensor, truth: Tensor) -> float:
    """Pearson's correlation of two (N, ...) of one shape, over all their numbers; 0 where one of them is constant."""
    one, other = (each.flatten().double() - each.double().mean() for each in (found, truth))
    size = one.norm() * other.norm()
    return float(one @ other / size) if size > 0 else 0.0


def drive_figures(truth: Tensor, dreamt: Tensor, last: Tensor) -> dict[str, float]:
    """Figures of ``dreamt`` clips (N, 3, T, H, W) in [-1, 1], beside ``last`` (N, 3, 1, H, W), which stands still.

    ``truth`` (N, 3, T + 1, H, W) begins with the frame that ``last`` is a picture of. ``steering`` is the correlation
    of dreamt and true sideways motion, each from its own beginning; what cannot be read counts as none. ValueError for
    clips without colours.
    """
    begun, real = lane(truth[:, :, :1]), lane(truth[:, :, 1:])
    own, stays = lane(dreamt, DREAMT), lane(last, DREAMT)
    still = last.expand_as(dreamt)
    return {
        "psnr": psnr(dreamt, truth[:, :, 1:]),
        "psnr[last code]": psnr(still, truth[:, :, 1:]),
        "lane_error": lane_error(own, real),
        "lane_error[last code]": lane_error(stays.expand_as(real), real),
        "steering": correlation((own - stays).nan_to_num(0.0), (real - begun).nan_to_num(0.0)),
    }
