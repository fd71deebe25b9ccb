"""A small U-Net that names the class of every pixel, and the segmenter made of it (Ronneberger et al. 2015).

Four scales of two convolutions each; the way up repeats pixels and convolves, so that it leaves no checkerboard.
Batch normalisation is there to train with and is folded into the convolutions before use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from core_gans.foundation.sealed import read_sealed, write_sealed
from dissect.segmenters.contract import check_images, checked_colours, checked_labels

WIDTHS = (16, 32, 64, 96)
_KIND, _VERSION = "unet-segmenter", 1
_Answer = Callable[[Tensor], Tensor]
_CHUNK = 64  # images at once: bounds the memory, and larger batches are no faster


class UNet(nn.Module):
    """Scores (N, classes, H, W) of images (N, 3, H, W) in [-1, 1]; any H and W of at least 4."""

    def __init__(self, classes: int, widths: Sequence[int] = WIDTHS, normalise: bool = True) -> None:
        super().__init__()
        self.widths = tuple(widths)
        inputs = (3, *widths[:-1])
        ways_up = zip(widths[-2::-1], widths[:0:-1], strict=True)
        with torch.random.fork_rng(devices=[]):  # the default weights come from the global generator: leave it alone
            self.down = nn.ModuleList(_block(i, o, normalise) for i, o in zip(inputs, widths, strict=True))
            self.up = nn.ModuleList(_block(deep + shallow, shallow, normalise) for shallow, deep in ways_up)
            self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        return self.features(images)[-1]

    def features(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of images (N, 3, H, W): maps (N, C, h, w) of the smallest scale, those of the last but one on the way up, at
        half of the sides, and the scores (N, classes, H, W).
        """
        height, width = images.shape[-2:]
        multiple = 2 ** (len(self.widths) - 1)
        x = F.pad(images, (0, -width % multiple, 0, -height % multiple), mode="replicate")
        skips: list[Tensor] = []
        for i, block in enumerate(self.down):
            x = block(x if i == 0 else F.max_pool2d(x, 2))
            skips.append(x)
        found = [x]
        for block, skip in zip(self.up, skips[-2::-1], strict=True):
            x = block(torch.cat([F.interpolate(x, scale_factor=2, mode="nearest"), skip], 1))
            found.append(x)
        return found[0], found[max(len(found) - 2, 0)], self.head(x)[:, :, :height, :width]


def _block(inputs: int, outputs: int, normalise: bool) -> nn.Sequential:
    """Two convolutions; the places of the normalisation stay even where it is folded away."""

    def norm() -> nn.Module:
        return nn.BatchNorm2d(outputs) if normalise else nn.Identity()

    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=not normalise),
        norm(),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=not normalise),
        norm(),
        nn.ReLU(),
    )


def folded(net: UNet) -> UNet:
    """The same function in evaluation, with each normalisation folded into the convolution before it."""
    plain = UNet(net.head.out_channels, net.widths, normalise=False)
    source = net.eval().cpu()
    for trained, target in zip((*source.down, *source.up), (*plain.down, *plain.up), strict=True):
        for i in (0, 3):
            target[i] = fuse_conv_bn_eval(trained[i], trained[i + 1])
    plain.head.load_state_dict(source.head.state_dict())
    return plain.eval()


class UNetSegmenter:
    """A trained U-Net as a ``Segmenter`` and ``DifferentiableSegmenter``, on any device: it follows the images.

    ``colours`` has an RGB for each label. Where the most probable class is less probable than ``sure``, the
    answer is -1, none of the labels; with the default of 0 every pixel gets one. Pictures whose shorter side is longer
    than ``size`` pixels are brought to that for the network, and its scores back, bilinearly; 0 shows all as they are.
    """

    def __init__(
        self,
        net: UNet,
        labels: Sequence[str],
        colours: Sequence[Sequence[int]] | None = None,
        sure: float = 0.0,
        size: int = 0,
    ) -> None:
        classes = net.head.out_channels
        if len(labels) != classes:
            raise ValueError(f"the network tells {classes} classes apart, but there are {len(labels)} labels")
        if not 0.0 <= sure < 1.0:
            raise ValueError(f"sure is a probability from 0 to below 1, got {sure}")
        self.net = net.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.labels = checked_labels(labels)
        self.colours = checked_colours(colours, self.labels)
        self.sure, self.size = sure, size

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Classes (N, H, W) int64 of images (N, 3, H, W) in [-1, 1]."""
        if not self.sure:
            return self._map(images, lambda scores: scores.argmax(1))

        def choose(scores: Tensor) -> Tensor:
            probability, best = scores.softmax(1).max(1)
            return torch.where(probability < self.sure, -1, best)

        return self._map(images, choose)

    def logits(self, images: Tensor) -> Tensor:
        """Scores (N, classes, H, W) before the softmax, differentiable with respect to the images.

        ValueError for other images.
        """
        return self._map(images, lambda scores: scores)

    @torch.no_grad()
    def probabilities(self, images: Tensor) -> Tensor:
        """The probability of every class at every pixel: (N, classes, H, W), summing to 1 over the classes.

        ValueError for other images.
        """
        return self._map(images, lambda scores: scores.softmax(1))

    def _map(self, images: Tensor, answer: _Answer) -> Tensor:
        check_images(images, smallest=4)
        if self.net.head.weight.device != images.device:  # asking every weight of it takes as long as a layer
            self.net.to(images.device)
        return torch.cat([answer(self._scores(chunk)) for chunk in images.float().split(_CHUNK)])

    def _scores(self, images: Tensor) -> Tensor:
        shape, shorter = images.shape[-2:], min(images.shape[-2:])
        if not 0 < self.size < shorter:
            return self.net(images.contiguous(memory_format=torch.channels_last))
        small = F.interpolate(images, tuple(round(side * self.size / shorter) for side in shape), mode="area")
        scores = self.net(small.contiguous(memory_format=torch.channels_last))
        return F.interpolate(scores, shape, mode="bilinear", align_corners=False)

    def save(self, path: str | Path, facts: Mapping[str, object] | None = None, *, overwrite: bool = False) -> None:
        """Write weights (half precision), labels and colours under a SHA-256; ``facts`` are any JSON-able remarks.

        Raises FileExistsError where there is a file already, unless ``overwrite``.
        """
        weights = {name: value.cpu().contiguous().half().numpy() for name, value in self.net.state_dict().items()}
        told = {
            "kind": _KIND,
            "version": _VERSION,
            "widths": list(self.net.widths),
            "labels": list(self.labels),
            "colours": self.colours,
            "facts": dict(facts or {}),
        }
        write_sealed(path, weights, told, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | Path, sure: float = 0.0, size: int = 0) -> UNetSegmenter:
        """Read what ``save`` wrote; ``sure`` and ``size`` as above.

        Raises FileNotFoundError, or ValueError for a file that is damaged, newer, or no segmenter.
        """
        arrays, told = read_sealed(path)
        if told.get("kind") != _KIND:
            raise ValueError(f"{path} holds {told.get('kind', 'something else')!r}, not a segmenter ({_KIND!r})")
        if told["version"] > _VERSION:
            raise ValueError(f"{path} has version {told['version']}, this program reads up to {_VERSION}: update it")
        net = UNet(len(told["labels"]), told["widths"], normalise=False)
        try:
            net.load_state_dict({name: torch.from_numpy(array.astype(np.float32)) for name, array in arrays.items()})
        except RuntimeError as error:
            raise ValueError(f"{path}: its weights do not fit the network it describes: make it again") from error
        return cls(net, told["labels"], told["colours"], sure, size)
