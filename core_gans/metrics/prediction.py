"""How good a predicted frame is, on all pixels and on those that move, and what needs no learning to predict.

PSNR, SSIM and sharpness as in Mathieu et al. 2016, section 4.2 (equations 10 and 11), of pixels in [0, 1].
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

MOVES = 0.06  # of the range of a pixel: a smaller change is noise or the rounding of a film
_WINDOW, _SIGMA = 11, 1.5  # of SSIM, as Wang et al. 2004
_C1, _C2 = 0.01**2, 0.03**2


def predicted_well(drawn: Tensor, true: Tensor, given: Tensor) -> dict[str, float]:
    """``psnr``, ``ssim`` and ``sharpness`` (dB) of drawn frames (N, C, H, W) in [-1, 1], and ``psnr_moving`` and so on
    of the pixels that move; larger is better. ``edges`` is the energy of the drawn edges (the mean of
    squared steps) beside that of the true ones: 1 as sharp, less is blurred.

    ``given`` (N, C, T, H, W) are the frames before. Each is the mean over frames; frames in which nothing moves do not
    count where it is of moving pixels (NaN where none moves).
    """
    moving = moving_pixels(given, true)
    ours, theirs = ((each.float() + 1) / 2 for each in (drawn, true))
    error = (ours - theirs).square().mean(1)  # (N, H, W)
    blur = _edge_error(ours, theirs)
    alike = ssim(ours, theirs).mean(1)
    everywhere = torch.ones_like(moving)
    found: dict[str, float] = {}
    for suffix, where in (("", everywhere), ("_moving", moving)):
        found[f"psnr{suffix}"] = _mean(_decibels(_within(error, where)))
        found[f"ssim{suffix}"] = _mean(_within(alike, where))
        found[f"sharpness{suffix}"] = _mean(_decibels(_within(blur, where)))
        energies = [(_steps(each, 2) * where).sum().item() for each in (ours, theirs)]
        found[f"edges{suffix}"] = energies[0] / energies[1] if energies[1] else float("nan")
    return found


def tried(given: Tensor) -> dict[str, Tensor]:
    """What needs no learning: the next frame (N, C, H, W) as a copy of the last of ``given`` (N, C, T, H, W), and the
    last two continued in a line, cut off at [-1, 1].
    """
    last = given[:, :, -1]
    before = given[:, :, -2] if given.shape[2] > 1 else last
    return {"copy": last, "linear": (2 * last - before).clamp(-1, 1)}


def moving_pixels(given: Tensor, true: Tensor) -> Tensor:
    """Where something moves, (N, H, W) in 0 and 1: pixels that change by more than 6 % of their range from one frame to
    the next, among the last two given ones and the true next one, and their neighbours.
    """
    frames = torch.cat((given[:, :, -2:], true.unsqueeze(2)), dim=2).float()
    changes = frames.diff(dim=2).abs().mean(1).amax(1) / 2 > MOVES
    return F.max_pool2d(changes.float().unsqueeze(1), 3, stride=1, padding=1)[:, 0]


def ssim(ours: Tensor, theirs: Tensor) -> Tensor:
    """The structural similarity at each pixel of pictures (N, C, H, W) in [0, 1], by a Gaussian window of 11 pixels.

    Wang et al. 2004; at the rims by the pixels that are there, mirrored.
    """
    places = torch.arange(_WINDOW, dtype=ours.dtype, device=ours.device) - _WINDOW // 2
    line = torch.exp(-places.square() / (2 * _SIGMA**2))
    window = torch.outer(line, line) / line.sum() ** 2

    def blurred(pictures: Tensor) -> Tensor:
        padded = F.pad(pictures, [_WINDOW // 2] * 4, mode="reflect")
        return F.conv2d(padded.flatten(0, 1).unsqueeze(1), window[None, None]).reshape(pictures.shape)

    mean, other = blurred(ours), blurred(theirs)
    spread, spread_other = blurred(ours * ours) - mean**2, blurred(theirs * theirs) - other**2
    together = blurred(ours * theirs) - mean * other
    return ((2 * mean * other + _C1) * (2 * together + _C2)) / (
        (mean**2 + other**2 + _C1) * (spread + spread_other + _C2)
    )


def _edge_error(ours: Tensor, theirs: Tensor) -> Tensor:
    """How much the strength of edges differs, (N, H, W) (the denominator of equation 11)."""
    return (_steps(ours) - _steps(theirs)).abs()


def _steps(pictures: Tensor, power: int = 1) -> Tensor:
    """The strength of edges (N, H, W): sizes of the steps from the left and from above, the mean of the channels."""
    padded = F.pad(pictures, (1, 0, 1, 0), mode="replicate")
    across, down = padded[..., 1:, :].diff(dim=-1).abs(), padded[..., :, 1:].diff(dim=-2).abs()
    return (across**power + down**power).mean(1)


def _within(values: Tensor, where: Tensor) -> Tensor:
    """The mean of each of ``values`` (N, H, W) within ``where``, of those that have any: (n,)."""
    counts = where.sum((1, 2))
    kept = counts > 0
    return (values * where).sum((1, 2))[kept] / counts[kept]


def _decibels(errors: Tensor) -> Tensor:
    return -10 * errors.clamp_min(1e-10).log10()


def _mean(values: Tensor) -> float:
    return values.double().mean().item() if len(values) else float("nan")
