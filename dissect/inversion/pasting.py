"""What an edit changed, put back into the original picture (Bau et al. 2019, Semantic Photo Manipulation)."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

CHANGED = 2 / 255  # a smaller difference of the renderings, in [-1, 1], is no change: it is one step of 8 bits
FEATHER = 3.0  # pixels of the rendering, outwards from what changed, over which the original comes back


def paste_back(
    original: Tensor, rendering: Tensor, edited: Tensor, *, detail: float = 0.0, feather: float = FEATHER
) -> Tensor:
    """``original`` with the edit in it, (C, H, W) in [-1, 1]; where nothing changed it is the original, to the bit.

    Where the edited rendering differs from the rendering, it takes the place of the original, with ``detail`` of what
    the original has and the rendering lacks: 1 adds the difference of the renderings, so that texture stays, and with
    it the outlines of what was erased; 0 leaves neither. Around that, over ``feather`` pixels, it fades into the
    original.

    Args:
        original: (C, H, W) in [-1, 1]; it may be larger than the renderings, which are then enlarged bilinearly.
        rendering, edited: (C, h, w) in [-1, 1], what the generator draws before and after the edit.

    Raises:
        ValueError: pictures of unlike shapes, an original smaller than the renderings, or numbers out of range.
    """
    if rendering.shape != edited.shape or original.ndim != 3 or rendering.ndim != 3:
        raise ValueError(
            f"expected pictures (C, H, W), the renderings of one shape, got {tuple(original.shape)}, "
            f"{tuple(rendering.shape)} and {tuple(edited.shape)}"
        )
    size = tuple(original.shape[1:])
    if len(original) != len(rendering) or any(wide < own for wide, own in zip(size, rendering.shape[1:], strict=True)):
        raise ValueError(f"expected an original of at least {tuple(rendering.shape)}, got {tuple(original.shape)}")
    if not 0 <= detail <= 1 or not feather >= 0:
        raise ValueError(f"expected detail from 0 to 1 and a feather of at least 0, got {detail} and {feather}")
    shown = changed(rendering, edited, feather)  # (h, w)
    mask, before, after = (_enlarged(part, size) for part in (shown[None], rendering, edited))
    new = after + detail * (original - before)
    return torch.where(mask > 0, (original + mask * (new - original)).clamp(-1, 1), original)


def changed(rendering: Tensor, edited: Tensor, feather: float = FEATHER) -> Tensor:
    """(h, w) in [0, 1]: 1 where two renderings (C, h, w) differ, falling to 0 over ``feather`` pixels around it."""
    apart = ((edited - rendering).abs().amax(0) > CHANGED).cpu().numpy()
    if not apart.any():
        return torch.zeros(apart.shape, device=rendering.device)
    away = cv2.distanceTransform((~apart).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    fading = (1 - torch.from_numpy(away) / (feather + 1)).clamp(0, 1)
    return fading.to(rendering.device)


def _enlarged(part: Tensor, size: tuple[int, ...]) -> Tensor:
    if tuple(part.shape[1:]) == size:
        return part
    return F.interpolate(part[None].float(), size=size, mode="bilinear", align_corners=False)[0]
