"""A discriminator that looks at pictures through a frozen segmenter. Sauer et al. 2021, section 3."""

from __future__ import annotations

import copy
import itertools
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.networks.mlp import SLOPE
from dissect.segmenters.unet import UNet

WIDTHS = 32, 128  # channels of a look's first convolution, doubled at each half up to the second
GLOBAL = 192, 96  # of its two layers that see all of the picture
COARSE = 16  # pixels a side of the look at colours alone
SMALLEST = 7  # maps of so many cells a side are seen as a whole
COUNTED = 64  # batches whose features say what is usual

Looks = dict[str, Tensor]


class ThroughSegmenter(nn.Module):
    """Pictures (N, 3, H, W) in [-1, 1] to scores (N, 6), one for each way to look at them.

    Three looks go through ``segmenter``, which sees pictures at ``seen`` pixels a side and never learns: its deepest
    features, those at half of its size, and how probable each class is where. Three do without it: the picture, what
    of each pixel differs from the mean around it (a weave in the sky is lost beside the sky's colours), and the picture
    of 16 pixels a side. Each has convolutions of its own. They end in two layers that see all of the picture:
    one layer could only add up what it finds, and so could not tell two suns from one beside a scene without any.

    Features are brought to a mean of 0 and a spread of 1 in each channel, over the first 64 batches of real pictures
    (``count``).
    """

    def __init__(self, segmenter: UNet, side: int, seen: int) -> None:
        super().__init__()
        if min(side, seen) < COARSE:
            raise LabError(f"pictures are looked at from {COARSE} pixels a side on, got {min(side, seen)}.")
        self.seen = seen
        self.segmenter = _frozen(segmenter)
        with torch.no_grad():
            shown = self.features(torch.zeros(1, 3, side, side, device="cpu"))
        self.looks = nn.ModuleDict({name: _look(*maps.shape[1:3]) for name, maps in shown.items()})
        for name, maps in shown.items():
            for number in ("mean", "square"):
                self.register_buffer(f"{name}_{number}", torch.zeros(1, maps.shape[1], 1, 1))
        self.register_buffer("counted", torch.zeros((), dtype=torch.int64))

    def forward(self, images: Tensor) -> Tensor:
        return self.scores(self.usual(self.features(images)))

    def scores(self, looks: Looks) -> Tensor:
        """(N, 6) of features (``usual``)."""
        return torch.cat([self.looks[name](maps).flatten(1) for name, maps in looks.items()], 1)

    def features(self, images: Tensor) -> Looks:
        """What each look sees of ``images``: maps (N, C, h, w)."""
        shown = images if images.shape[-1] <= self.seen else F.interpolate(images, (self.seen, self.seen), mode="area")
        deep, middle, scores = self.segmenter.features(shown)
        return {
            "deep": deep,
            "middle": middle,
            "classes": F.avg_pool2d(scores.float().softmax(1), 2),
            "picture": images,
            "fine": images - F.avg_pool2d(images, 5, 1, 2, count_include_pad=False),
            "coarse": F.adaptive_avg_pool2d(images, COARSE),
        }

    def usual(self, looks: Looks) -> Looks:
        """``looks`` less the mean of real ones, in units of their spread; as they are before any were counted."""
        if not int(self.get_buffer("counted")):
            return looks
        found = {}
        for name, maps in looks.items():
            mean, square = self.get_buffer(f"{name}_mean"), self.get_buffer(f"{name}_square")
            found[name] = (maps - mean) / (square - mean**2).clamp_min(1e-6).sqrt()
        return found

    @torch.no_grad()
    def count(self, images: Tensor) -> None:
        """Let a batch of real ``images`` say which features are usual; later batches than the 64th say nothing."""
        batches = self.get_buffer("counted")
        if int(batches) >= COUNTED:
            return
        batches.add_(1)
        for name, maps in self.features(images).items():
            for number, value in (("mean", maps), ("square", maps**2)):
                kept = self.get_buffer(f"{name}_{number}")
                kept.lerp_(value.float().mean((0, 2, 3), keepdim=True), 1 / int(batches))

    def slope(self, images: Tensor) -> Tensor:
        """1/2 E |grad D|^2 where D is a look's score and the gradient is by its features of ``images``; their mean.

        R1 (Mescheder et al. 2018, equation 9) behind the frozen network, not through it: in float32.
        """
        with torch.autocast(images.device.type, enabled=False), torch.no_grad():
            looks = self.usual(self.features(images.float()))
        with torch.autocast(images.device.type, enabled=False), torch.enable_grad():
            leaves = {name: maps.detach().requires_grad_() for name, maps in looks.items()}
            slopes = torch.autograd.grad(self.scores(leaves).sum(), list(leaves.values()), create_graph=True)
        return torch.stack([slope.flatten(1).square().sum(1).mean() / 2 for slope in slopes]).mean()


def _frozen(segmenter: UNet) -> UNet:
    """A copy with buffers in place of parameters: no optimiser knows them, and no gradient reaches them."""
    segmenter = copy.deepcopy(segmenter).eval()
    for module in segmenter.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            delattr(module, name)
            module.register_buffer(name, parameter.detach().clone())
    return segmenter


def _look(channels: int, side: int) -> nn.Module:
    """Maps (N, channels, side, side) to scores (N, 1, 1, 1)."""
    halvings = max(0, math.ceil(math.log2(side / SMALLEST)))
    first, most = WIDTHS
    widths = [min(first * 2**step, most) for step in range(halvings)] or [most]
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise((channels, *widths)):
        kernel, stride = (4, 2) if halvings else (3, 1)
        layers += [nn.Conv2d(inputs, outputs, kernel, stride, 1), nn.LeakyReLU(SLOPE)]
        side //= stride
    for inputs, outputs, kernel in zip((widths[-1], *GLOBAL), (*GLOBAL, 1), (side, 1, 1), strict=True):
        layers += [nn.Conv2d(inputs, outputs, kernel), nn.LeakyReLU(SLOPE)]
    return nn.Sequential(*layers[:-1])
