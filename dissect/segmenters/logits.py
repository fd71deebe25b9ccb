"""Any network that scores every pixel, as a segmenter (Long et al. 2015 and similar ones).

The scores may be smaller than the images, as those of most networks are; they are enlarged bilinearly before the best
is chosen, which keeps borders smooth and lets gradients through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dissect.segmenters.contract import check_images, checked_colours, checked_labels

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class LogitSegmenter:
    """A ``Segmenter`` and ``DifferentiableSegmenter`` made of a module.

    The module is given (n, 3, h, w) and answers with logits (n, K, h', w'), with a mapping that holds them under
    ``"logits"`` or ``"out"`` (torchvision), or with an object that has them as ``.logits``. It is put into eval mode,
    its parameters are frozen, and it follows the images to their device.

    Args:
        labels: a name for each of the K classes, each once.
        size: (height, width) the module wants to see, or one number for both; None shows images as they are.
        mean, std: of the pixels in [0, 1] that the module was trained on, per channel; the defaults leave images in
            [-1, 1], ``IMAGENET_MEAN`` and ``IMAGENET_STD`` are those of most networks that can be had.
        colours: an RGB for each label, for pictures.
        batch_size: images shown to the module at once: bounds the memory.
    """

    def __init__(
        self,
        module: nn.Module,
        labels: Sequence[str],
        *,
        size: int | tuple[int, int] | None = None,
        mean: Sequence[float] = (0.5, 0.5, 0.5),
        std: Sequence[float] = (0.5, 0.5, 0.5),
        colours: Sequence[Sequence[int]] | None = None,
        batch_size: int = 16,
    ) -> None:
        self.size = (size, size) if isinstance(size, int) else size
        if self.size is not None and (len(self.size) != 2 or min(self.size) < 1):
            raise ValueError(f"size is a height and a width of at least 1 pixel, got {size}")
        if len(mean) != 3 or len(std) != 3 or min(std) <= 0:
            raise ValueError(
                f"mean and std have three numbers, std above 0, got mean={tuple(mean)} and std={tuple(std)}"
            )
        if batch_size < 1:
            raise ValueError(f"expected a batch size of at least 1, got {batch_size}")
        self.module = module.eval().requires_grad_(False)
        self.labels = checked_labels(labels)
        self.mean, self.std = tuple(mean), tuple(std)
        self.colours = checked_colours(colours, self.labels)
        self.batch_size = batch_size

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Classes (N, H, W) int64 of images (N, 3, H, W) in [-1, 1]."""
        check_images(images)
        return torch.cat([self._scores(chunk).argmax(1) for chunk in images.split(self.batch_size)])

    def logits(self, images: Tensor) -> Tensor:
        """Scores (N, K, H, W) of images (N, 3, H, W) in [-1, 1], differentiable.

        Raises:
            ValueError: images of another shape, or a module that does not answer with K finite scores a pixel.
        """
        check_images(images)
        return torch.cat([self._scores(chunk) for chunk in images.split(self.batch_size)])

    def _scores(self, images: Tensor) -> Tensor:
        mean, std = (torch.tensor(numbers, device=images.device).view(3, 1, 1) for numbers in (self.mean, self.std))
        shown = ((images.float() + 1) / 2 - mean) / std
        if self.size is not None and self.size != tuple(images.shape[2:]):
            shown = F.interpolate(shown, self.size, mode="bilinear", align_corners=False, antialias=True)
        scores = _unpacked(self.module.to(images.device)(shown))
        if scores.ndim != 4 or len(scores) != len(images):
            raise ValueError(
                f"expected logits ({len(images)}, {len(self.labels)}, h, w) from the network, got {tuple(scores.shape)}"
            )
        if scores.shape[1] != len(self.labels):
            raise ValueError(
                f"the network tells {scores.shape[1]} classes apart, but there are {len(self.labels)} labels"
            )
        if not bool(torch.isfinite(scores).all()):
            raise ValueError("the network's logits hold NaN or infinite numbers: check its weights, and mean and std")
        if scores.shape[2:] == images.shape[2:]:
            return scores.float()
        return F.interpolate(scores.float(), images.shape[2:], mode="bilinear", align_corners=False)


def _unpacked(answer: object) -> Tensor:
    """The logits in what a network returned."""
    found = answer
    if isinstance(answer, Mapping):
        found = next((answer[name] for name in ("logits", "out") if name in answer), None)
    elif not isinstance(answer, Tensor):
        found = getattr(answer, "logits", None)
    if not isinstance(found, Tensor):
        kind = f"a mapping of {', '.join(map(str, answer))}" if isinstance(answer, Mapping) else type(answer).__name__
        raise ValueError(f'expected logits from the network, as a tensor, as "logits", "out" or .logits, got {kind}')
    return found
