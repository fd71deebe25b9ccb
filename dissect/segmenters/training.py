"""Training the U-Net segmenter on images and masks, and measuring it on images it has not seen."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from core_gans.foundation.precision import has_bf16
from dissect.segmenters.disturbance import Disturbance
from dissect.segmenters.pairs.checking import check_pairs, held_out_count
from dissect.segmenters.scoring import UNJUDGED, as_tensors, class_iou, confusion, mean_iou, pixel_accuracy
from dissect.segmenters.unet import WIDTHS, UNet, UNetSegmenter, folded

WARM = 0.05  # of the training: the learning rate rises
_SHARE_FLOOR = 1e-4  # a class rarer than this gets no more weight


@dataclass(frozen=True)
class SegmenterReport:
    """How good a segmenter is on images held out of its training.

    ``iou`` is None for a class that the held-out masks do not show. What begins with ``disturbed`` is of the same
    images after blur, noise and colour shifts.
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
    minutes: float | None = None,
    rng: torch.Generator,
    colours: Sequence[Sequence[int]] | None = None,
    batch_size: int = 8,
    learning_rate: float = 0.008,
    rarity: float = 0.3,
    held_out: float = 0.1,
    widths: Sequence[int] = WIDTHS,
    disturbance: Disturbance | None = None,
    device: torch.device | str = "cpu",
    bf16: bool | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[UNetSegmenter, SegmenterReport]:
    """Train a U-Net to say which of ``labels`` each pixel shows.

    Args:
        images: (N, H, W, 3), uint8 RGB, or float in [-1, 1]; any height and width from 8.
        masks: (N, H, W), integers in [0, len(labels)), or -1 where a pixel is not labelled: such pixels are
            neither learnt from nor judged.
        steps: batches to learn from at most.
        minutes: stop after so long, whatever the steps; the learning rate falls to its end by then. With it, the
            result depends on the machine's speed.
        rng: draws the weights, the batches and the disturbances; a CPU generator.
        learning_rate: Adam's largest; it falls to 0.
        rarity: a class counts in the loss by its share of the pixels to minus this power, so that lamps count
            beside skies: 0 counts every pixel alike, 1 every class.
        held_out: the last images, which only the report sees: a share of them all, or, from 1, their number.
        disturbance: how training images are changed; ``Disturbance()`` when None.
        bf16: compute in bfloat16 (autocast); the weights stay in float32. None: where the device has instructions for
            it. A processor without them emulates it, ten times more slowly than float32.
        progress: called with the part of the training that is done, from 0 to 1, after every step.

    Raises:
        ValueError: arrays that do not fit each other, labels out of range, NaN, or too few images.
        FloatingPointError: the loss became NaN; a lower learning rate helps.
    """
    check_pairs(images, masks, labels)
    check_numbers(steps, minutes, batch_size, rarity, widths)
    tested = held_out_count(held_out, masks)
    trained = len(images) - tested
    begin = time.perf_counter()
    device = torch.device(device)
    bf16 = has_bf16(device) if bf16 is None else bf16
    disturbance = Disturbance() if disturbance is None else disturbance
    net = _fresh(len(labels), widths, rng).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    weight = _weights(masks[:trained], len(labels), rarity).to(device)
    optimizer = torch.optim.AdamW(net.parameters(), lr=learning_rate, weight_decay=1e-3)
    net.train()
    step, done = 0, 0.0
    while done < 1.0:
        optimizer.param_groups[0]["lr"] = learning_rate * _warm_then_fall(max(done, (step + 0.5) / steps))
        chosen = torch.randint(trained, (batch_size,), generator=rng).numpy()
        shown, truth = _mirrored(*as_tensors(images[chosen], masks[chosen], device), rng)
        shown = disturbance(shown, rng).contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16):
            scores = net(shown)
        loss = _loss(scores.float(), truth, weight)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(f"the loss became {loss.item()} at step {step}: try a lower learning rate")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        step += 1
        spent = 0.0 if minutes is None else (time.perf_counter() - begin) / (60 * minutes)
        done = min(max(step / steps, spent), 1.0)
        if progress is not None:
            progress(done)
    segmenter = UNetSegmenter(folded(net), labels, colours)
    segmenter.net.to(device)
    images, masks = images[trained:], masks[trained:]
    clean = confusion(segmenter, images, masks, device=device)
    rough = confusion(segmenter, images, masks, device=device, change=lambda batch: disturbance(batch, rng))
    report = SegmenterReport(
        pixel_accuracy=pixel_accuracy(clean),
        mean_iou=mean_iou(clean),
        iou={label: None if math.isnan(iou) else iou for label, iou in zip(labels, class_iou(clean), strict=True)},
        disturbed_pixel_accuracy=pixel_accuracy(rough),
        disturbed_mean_iou=mean_iou(rough),
        held_out=tested,
        trained_on=trained,
        steps=step,
        batch_size=batch_size,
        parameters=sum(parameter.numel() for parameter in segmenter.net.parameters()),
        seconds=time.perf_counter() - begin,
    )
    return segmenter, report


def _fresh(classes: int, widths: Sequence[int], rng: torch.Generator) -> UNet:
    """A U-Net with He-initialised weights drawn from ``rng`` alone."""
    net = UNet(classes, widths)
    for name, parameter in net.named_parameters():
        if parameter.ndim == 4:
            torch.nn.init.kaiming_normal_(parameter, nonlinearity="relu", generator=rng)
        elif name == "head.bias":
            torch.nn.init.zeros_(parameter)
    return net


def _mirrored(images: Tensor, masks: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Every other image (N, C, H, W), by chance, and its mask (N, H, W) with left and right exchanged."""
    turned = (torch.rand(len(images), generator=rng) < 0.5).to(images.device)
    return (
        torch.where(turned[:, None, None, None], images.flip(3), images),
        torch.where(turned[:, None, None], masks.flip(2), masks),
    )


def _weights(masks: np.ndarray, classes: int, rarity: float) -> Tensor:
    """The loss weight of each class; their mean over the judged pixels is 1."""
    judged = masks[masks != UNJUDGED].astype(np.int64)
    share = np.bincount(judged, minlength=classes) / len(judged)
    weight = np.maximum(share, _SHARE_FLOOR) ** -rarity
    return torch.from_numpy(weight / (weight * share).sum()).float()


def _warm_then_fall(done: float) -> float:
    """The learning rate's part when ``done`` of the training is over: up in a line, then down a half cosine."""
    return done / WARM if done < WARM else 0.5 * (1 + math.cos(math.pi * (done - WARM) / (1 - WARM)))


def _loss(scores: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Weighted cross-entropy over the judged pixels; 0 for a batch without one."""
    if bool((truth == UNJUDGED).all()):
        return scores.sum() * 0.0
    return F.cross_entropy(scores, truth, weight, ignore_index=UNJUDGED)


def check_numbers(steps: int, minutes: float | None, batch_size: int, rarity: float, widths: Sequence[int]) -> None:
    """ValueError for what :func:`train_segmenter` takes no training by: ``minutes`` above 0, ``rarity`` in [0, 1]."""
    if steps < 1 or batch_size < 1:
        raise ValueError(f"steps and batch size must be at least 1, got {steps} and {batch_size}")
    if minutes is not None and not minutes > 0:
        raise ValueError(f"minutes must be more than 0, got {minutes}")
    if not 0.0 <= rarity <= 1.0:
        raise ValueError(f"rarity is a power from 0 to 1, got {rarity}")
    if min(widths, default=0) < 1:
        raise ValueError(f"expected a width of at least 1 for each scale, got {tuple(widths)}")
