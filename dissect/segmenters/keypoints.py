"""Keypoints as concepts: the heat maps of a network that finds eyes, hands or corners."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from dissect.segmenters.contract import check_images, checked_labels


class KeypointSegmenter:
    """Heat maps as a ``Segmenter``: a pixel has the label that is hottest there, or none below ``warm``.

    ``heat`` takes images (N, 3, H, W) in [-1, 1] and gives maps (N, K, h, w), of any size and in any unit, one for each
    of ``labels``; they are brought to the images' size bilinearly. ``warm`` is in the maps' unit.
    """

    def __init__(self, heat: Callable[[Tensor], Tensor], labels: Sequence[str], *, warm: float = 0.5) -> None:
        self.heat, self.labels, self.warm = heat, checked_labels(labels), warm

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Classes (N, H, W) int64, -1 where no keypoint is; a ValueError for maps of another number than labels."""
        check_images(images)
        maps = self.heat(images)
        if maps.ndim != 4 or maps.shape[:2] != (len(images), len(self.labels)):
            raise ValueError(
                f"expected heat maps ({len(images)}, {len(self.labels)}, h, w), one for each image and label, got "
                f"{tuple(maps.shape)}"
            )
        hottest = F.interpolate(maps.float(), images.shape[2:], mode="bilinear", align_corners=False).max(1)
        return torch.where(hottest.values >= self.warm, hottest.indices, -1)
