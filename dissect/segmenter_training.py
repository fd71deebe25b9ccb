"""Training the U-Net segmenter on images and exact masks, and measuring it on images it has not seen."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from dissect.disturbance import Disturbance
from dissect.unet import WIDTHS, UNet, UNetSegmenter, folded

_RARITY = 0.3  # loss weight of a class: its share of the pixels to minus this power, so that lamps count beside skies
_SHARE_FLOOR = 1e-4  # a class rarer than this gets no more weight


@dataclass(frozen=True)
class SegmenterReport:
    """How good a segmenter is on images held out of its training.

    ``iou`` is None for a class that the held-out masks do not show. ``disturbed`` is the pixel accuracy on the
    same images after blur, noise and colour shifts.
    """

    pixel_accuracy: float
    mean_iou: float
    iou: dict[str, float | None]
    disturbed_pixel_accuracy: float
    disturbed_mean_iou: float
    held_out: int
    trained_on: int
    steps: int
    batch_size: int
    parameters: int
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """All of it, as JSON takes it."""
        return asdict(self)


def train_segmenter(
    images: np.ndarray,
    masks: np.ndarray,
    labels: Sequence[str],
    *,
    steps: int = 3000,
    rng: torch.Generator,
    colours: Sequence[Sequence[int]] | None = None,
    batch_size: int = 8,
    learning_rate: float = 0.008,
    held_out: float = 0.1,
    widths: Sequence[int] = WIDTHS,
    disturbance: Disturbance | None = None,
    device: torch.device | str = "cpu",
    bf16: bool = True,
    progress: Callable[[int], None] | None = None,
) -> tuple[UNetSegmenter, SegmenterReport]:
    """Train a U-Net to say which of ``labels`` each pixel shows.

    Args:
        images: (N, H, W, 3), uint8 RGB, or float in [-1, 1].
        masks: (N, H, W), integers in [0, len(labels)).
        steps: batches to learn from.
        rng: draws the weights, the batches and the disturbances; a CPU generator.
        held_out: the share of the images, the last ones, that only the report sees.
        disturbance: how training images are changed; ``Disturbance()`` when None.
        bf16: compute in bfloat16 (autocast); the weights stay in float32.
        progress: called with the number of steps done so far.

    Raises:
        ValueError: arrays that do not fit each other, labels out of range, NaN, or too few images.
        FloatingPointError: the loss became NaN; a lower learning rate helps.
    """
    _check(images, masks, labels, steps, batch_size, held_out)
    begin = time.perf_counter()
    device = torch.device(device)
    disturbance = Disturbance() if disturbance is None else disturbance
    tested = max(1, round(held_out * len(images)))
    trained = len(images) - tested
    net = _fresh(len(labels), widths, rng).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    weight = _weights(masks[:trained], len(labels)).to(device)
    optimizer = torch.optim.AdamW(net.parameters(), lr=learning_rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _warm_then_fall(step, steps))
    net.train()
    for step in range(steps):
        chosen = torch.randint(trained, (batch_size,), generator=rng).numpy()
        shown, truth = _tensors(images[chosen], masks[chosen], device)
        mirrored = (torch.rand(batch_size, generator=rng) < 0.5).to(device)
        shown = torch.where(mirrored[:, None, None, None], shown.flip(3), shown)
        truth = torch.where(mirrored[:, None, None], truth.flip(2), truth)
        shown = disturbance(shown, rng).contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16):
            scores = net(shown)
        loss = F.cross_entropy(scores.float(), truth, weight)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(f"the loss became {loss.item()} at step {step}: try a lower learning rate")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        if progress is not None:
            progress(step + 1)
    segmenter = UNetSegmenter(folded(net), labels, colours)
    segmenter.net.to(device)
    clean = _measure(segmenter, images[trained:], masks[trained:], device)
    rough = _measure(segmenter, images[trained:], masks[trained:], device, lambda batch: disturbance(batch, rng))
    report = SegmenterReport(
        pixel_accuracy=_accuracy(clean),
        mean_iou=_mean_iou(clean),
        iou={label: None if math.isnan(iou) else iou for label, iou in zip(labels, _iou(clean), strict=True)},
        disturbed_pixel_accuracy=_accuracy(rough),
        disturbed_mean_iou=_mean_iou(rough),
        held_out=tested,
        trained_on=trained,
        steps=steps,
        batch_size=batch_size,
        parameters=sum(parameter.numel() for parameter in segmenter.net.parameters()),
        seconds=time.perf_counter() - begin,
    )
    return segmenter, report


def confusion(segmenter: UNetSegmenter, images: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """How many pixels of each class (row) are taken for each class (column): (classes, classes) int64."""
    return _measure(segmenter, images, masks, torch.device("cpu"))


def _fresh(classes: int, widths: Sequence[int], rng: torch.Generator) -> UNet:
    """A U-Net with He-initialised weights drawn from ``rng`` alone."""
    net = UNet(classes, widths)
    for name, parameter in net.named_parameters():
        if parameter.ndim == 4:
            torch.nn.init.kaiming_normal_(parameter, nonlinearity="relu", generator=rng)
        elif name == "head.bias":
            torch.nn.init.zeros_(parameter)
    return net


def _weights(masks: np.ndarray, classes: int) -> Tensor:
    """The loss weight of each class; their mean over the pixels is 1."""
    share = np.bincount(masks.ravel().astype(np.int64), minlength=classes) / masks.size
    weight = np.maximum(share, _SHARE_FLOOR) ** -_RARITY
    return torch.from_numpy(weight / (weight * share).sum()).float()


def _warm_then_fall(step: int, steps: int) -> float:
    """Up over the first twentieth of the steps, then down a half cosine to nothing."""
    warm = max(steps // 20, 1)
    return (step + 1) / warm if step < warm else 0.5 * (1 + math.cos(math.pi * (step - warm) / max(steps - warm, 1)))


def _tensors(images: np.ndarray, masks: np.ndarray, device: torch.device) -> tuple[Tensor, Tensor]:
    """Images (N, 3, H, W) in [-1, 1] and masks (N, H, W) int64, on the device."""
    shown = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float()
    shown = shown / 127.5 - 1.0 if images.dtype == np.uint8 else shown
    return shown, torch.from_numpy(masks.astype(np.int64)).to(device)


def _measure(
    segmenter: UNetSegmenter,
    images: np.ndarray,
    masks: np.ndarray,
    device: torch.device,
    change: Callable[[Tensor], Tensor] = lambda batch: batch,
) -> np.ndarray:
    classes = len(segmenter.labels)
    counts = torch.zeros(classes * classes, dtype=torch.int64)
    for begin in range(0, len(images), 64):
        shown, truth = _tensors(images[begin : begin + 64], masks[begin : begin + 64], device)
        pairs = truth * classes + segmenter(change(shown))
        counts += torch.bincount(pairs.flatten(), minlength=classes * classes).cpu()
    return counts.reshape(classes, classes).numpy()


def _accuracy(counts: np.ndarray) -> float:
    return float(np.trace(counts) / counts.sum())


def _iou(counts: np.ndarray) -> list[float]:
    """Intersection over union of each class; NaN for one that is not there."""
    there = counts.sum(1)
    union = there + counts.sum(0) - np.diag(counts)
    return [float(np.diag(counts)[i] / union[i]) if there[i] else math.nan for i in range(len(counts))]


def _mean_iou(counts: np.ndarray) -> float:
    return float(np.nanmean(_iou(counts)))


def _check(
    images: np.ndarray, masks: np.ndarray, labels: Sequence[str], steps: int, batch_size: int, held_out: float
) -> None:
    """Raise ValueError, in one line, for anything that training would trip over later."""
    if images.ndim != 4 or images.shape[3] != 3:
        raise ValueError(f"images must be (N, H, W, 3), got {images.shape}")
    if masks.shape != images.shape[:3]:
        raise ValueError(f"masks must be {images.shape[:3]} like the images, got {masks.shape}")
    if not np.issubdtype(masks.dtype, np.integer):
        raise ValueError(f"masks must hold integers, indices of the labels, got {masks.dtype}")
    if len(images) < 2:
        raise ValueError(f"at least 2 images are needed, one to learn from and one to test on, got {len(images)}")
    if min(images.shape[1:3]) < 8:
        raise ValueError(f"images must be at least 8 x 8 pixels, got {images.shape[1]} x {images.shape[2]}")
    if images.dtype != np.uint8:
        if not np.issubdtype(images.dtype, np.floating):
            raise ValueError(f"images must be uint8 in [0, 255] or float in [-1, 1], got {images.dtype}")
        if not np.isfinite(images).all():
            raise ValueError("images hold NaN or infinite values: clean them first")
        if np.abs(images).max() > 1.0:
            raise ValueError(f"float images must be in [-1, 1], got {images.min():g} to {images.max():g}")
    if len(labels) < 2 or len(set(labels)) != len(labels):
        raise ValueError(f"at least 2 labels are needed, each once, got {', '.join(labels) or 'none'}")
    low, high = int(masks.min()), int(masks.max())
    if low < 0 or high >= len(labels):
        raise ValueError(f"masks must hold 0 to {len(labels) - 1} for {len(labels)} labels, got {low} to {high}")
    if steps < 1 or batch_size < 1:
        raise ValueError(f"steps and batch size must be at least 1, got {steps} and {batch_size}")
    if not 0.0 < held_out < 1.0:
        raise ValueError(f"held_out is a share between 0 and 1, got {held_out}")
