"""A soft glass generator, to differentiate through: what each unit causes is planted, and a copy causes nothing.

Scenes of 16x16 are grass with a tree in the left or the right half; units are maps of 8x8. ``TREE`` draws the tree;
``DECOY`` copies its map and is not used; ``SKY`` draws the sky in the upper rows; ``NOISE`` is not used; ``DOOR``,
never on by itself, draws a door, but only where there is a tree.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LABELS = ("grass", "tree", "sky", "door")
TREE, DECOY, SKY, NOISE, DOOR = range(5)
SLOPE = 10.0  # of a logit over what is drawn; 0.5 of it is where the segmenter changes its mind


class Maps(nn.Module):
    """Units (N, 5, 8, 8) of latents (N, 2) in [0, 1]: the tree's place, and the seed of the noise."""

    def forward(self, latents: Tensor) -> Tensor:
        maps = torch.zeros(len(latents), 5, 8, 8)
        for scene, (place, seed) in zip(maps, latents.tolist(), strict=True):
            left = int(place * 5)
            scene[TREE, 3:6, left : left + 3] = 1
            scene[DECOY] = scene[TREE]
            scene[SKY, :2] = 1
            scene[NOISE] = torch.rand(8, 8, generator=torch.Generator().manual_seed(int(seed * 1e6)))
        return maps


class SoftGlass(nn.Module):
    """Its layer is ``maps``; images (N, 3, 16, 16) hold tree, sky and door, one a channel."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = Maps()
        self.strength = nn.Parameter(torch.tensor(1.0))

    def forward(self, latents: Tensor) -> Tensor:
        maps = self.maps(latents) * self.strength
        door = maps[:, DOOR] * maps[:, TREE]
        return F.interpolate(torch.stack((maps[:, TREE], maps[:, SKY], 2 * door), 1), size=(16, 16), mode="nearest")


class SoftSegmenter:
    """Logits that are linear in the image; grass has 0 everywhere."""

    labels: tuple[str, ...] = LABELS

    def logits(self, images: Tensor) -> Tensor:
        return torch.cat((torch.zeros_like(images[:, :1]), SLOPE * (images - 0.5)), 1)

    def __call__(self, images: Tensor) -> Tensor:
        return self.logits(images).argmax(1)


def latents(count: int, seed: int = 0) -> Tensor:
    """``count`` latents (count, 2)."""
    return torch.rand(count, 2, generator=torch.Generator().manual_seed(seed))
