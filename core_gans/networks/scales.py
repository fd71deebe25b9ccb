"""Next frames drawn from coarse to fine, and a discriminator at each scale. Mathieu, Couprie & LeCun 2016, section 3.2.

At scale k the generator sees the given frames at that size and the prediction of the scale before, enlarged, and draws
what is to be added to it: ``Y_k = u(Y_k-1) + G_k(X_k, u(Y_k-1))``, as in a Laplacian pyramid. It may begin with the
last given frame L in place of nothing; then the same is done with what changes: ``Y_k = L_k + R_k`` and
``R_k = u(R_k-1) + G_k(X_k, L_k + u(R_k-1))``.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.errors import LabError
from core_gans.networks.mlp import SLOPE

SMALLEST = 4  # pixels of the shorter side at the coarsest scale, at least

GENERATORS = (  # kernel sizes of each scale, the coarsest first, and channels: 2 are the width (the paper's 128)
    ((3, 3, 3, 3), (2, 4, 2)),
    ((5, 3, 3, 5), (2, 4, 2)),
    ((5, 3, 3, 3, 5), (2, 4, 8, 4, 2)),
    ((7, 5, 5, 5, 5, 7), (2, 4, 8, 4, 2)),
)
DISCRIMINATORS = (
    (1,),
    (1, 2, 2),
    (2, 4, 4),
    (2, 4, 8, 2),
)  # channels of the convolutions of each scale, in the same unit


def sides(shape: Sequence[int], scales: int) -> list[tuple[int, int]]:
    """Height and width of frames at each scale, the coarsest first, of pictures ``shape`` (..., H, W).

    LabError where they cannot be halved so often.
    """
    height, width = shape[-2:]
    times = 2 ** (scales - 1)
    if height % times or width % times or min(height, width) < SMALLEST * times:
        raise LabError(
            f"frames of {width}x{height} pixels cannot be halved {scales - 1} times down to {SMALLEST} pixels: choose "
            f"fewer --scales, or a --size that is a multiple of {times} and at least {SMALLEST * times}."
        )
    return [(height >> step, width >> step) for step in reversed(range(scales))]


def halved(pictures: Tensor, scales: int) -> list[Tensor]:
    """Pictures (N, C, H, W) at each scale, the coarsest first: the mean of every 2x2, and of these again."""
    found = [pictures]
    for _ in range(scales - 1):
        found.append(F.avg_pool2d(found[-1], 2))
    return found[::-1]


class NextFrame(nn.Module):
    """Given frames, their channels behind each other (N, given C, H, W), to the next one (N, C, H, W) in [-1, 1].

    ``from_last`` begins with the last of them.
    """

    def __init__(self, colours: int, given: int, scales: int, width: int, from_last: bool) -> None:
        super().__init__()
        self.colours, self.from_last = colours, from_last
        nets = []
        for scale, (kernels, channels) in enumerate(GENERATORS[-scales:]):
            widths = [given * colours + (colours if scale else 0), *(width * each // 2 for each in channels), colours]
            layers: list[nn.Module] = []
            for inputs, outputs, kernel in zip(
                widths[:-1], widths[1:], _fitting(kernels, len(widths) - 1), strict=True
            ):
                layers += [nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, padding_mode="replicate"), nn.ReLU()]
            nets.append(nn.Sequential(*layers[:-1]))
        self.scales = nn.ModuleList(nets)

    def forward(self, given: Tensor) -> Tensor:
        return self.at_scales(given)[-1].clamp(-1, 1)

    def at_scales(self, given: Tensor) -> list[Tensor]:
        """The prediction at each scale, the coarsest first, not cut off at [-1, 1]: beyond, nothing would be learned.

        For the same reason the paper's last tanh is left out, whose slope is nothing on black and on white.
        """
        found: list[Tensor] = []
        change: Tensor | None = None
        for net, frames in zip(self.scales, halved(given, len(self.scales)), strict=True):
            last = frames[:, -self.colours :] if self.from_last else frames.new_zeros(())
            if change is None:
                change = net(frames)
            else:
                coarse = F.interpolate(change, size=frames.shape[-2:], mode="bilinear", align_corners=False)
                change = coarse + net(torch.cat((frames, last + coarse), dim=1))
            found.append(last + change)
        return found


class FrameDiscriminator(nn.Module):
    """Given frames with a next one at one scale (N, (given + 1) C, H, W) to scores (N,)."""

    def __init__(self, channels: int, convolutions: Sequence[int], side: tuple[int, int], width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for step, each in enumerate(convolutions):
            filters = max(1, width * each // 2)
            layers += [nn.Conv2d(channels, filters, 3, 2 if step == 1 else 1, padding=1), nn.LeakyReLU(SLOPE)]
            channels = filters
        pooled = tuple(max(1, length // 4) for length in side)
        self.net = nn.Sequential(
            *layers,
            nn.AdaptiveAvgPool2d(pooled),
            nn.Flatten(),
            nn.Linear(channels * pooled[0] * pooled[1], 1),
            nn.Flatten(0),
        )

    def forward(self, frames: Tensor) -> Tensor:
        scores: Tensor = self.net(frames)
        return scores


class FrameDiscriminators(nn.Module):
    """A discriminator for each scale, the coarsest first; none of them sees another scale."""

    def __init__(self, colours: int, given: int, shape: Sequence[int], scales: int, width: int) -> None:
        super().__init__()
        seen = (given + 1) * colours
        pairs = zip(DISCRIMINATORS[-scales:], sides(shape, scales), strict=True)
        self.scales = nn.ModuleList([FrameDiscriminator(seen, widths, side, width) for widths, side in pairs])

    def forward(self, frames: Sequence[Tensor]) -> list[Tensor]:
        """Scores (N,) of frames at each scale."""
        return [scores(each) for scores, each in zip(self.scales, frames, strict=True)]


def _fitting(kernels: tuple[int, ...], layers: int) -> tuple[int, ...]:
    """As many kernel sizes as there are layers: those of the middle are left out or repeated."""
    middle = kernels[1:-1]
    return (kernels[0], *(middle[min(step, len(middle) - 1)] for step in range(layers - 2)), kernels[-1])
