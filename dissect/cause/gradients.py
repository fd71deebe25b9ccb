"""Gradients of a segmenter's answer by the units of a generator."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from dissect.hooks import at_rest
from dissect.segmenters.protocol import DifferentiableSegmenter, Segmenter


def differentiable(segmenter: Segmenter) -> DifferentiableSegmenter:
    """The segmenter itself, or a ValueError where it has no logits to differentiate through."""
    if not isinstance(segmenter, DifferentiableSegmenter):
        raise ValueError(
            f"this differentiates through the segmenter, but {type(segmenter).__name__} has no logits(images): give "
            'one that has, such as UNetSegmenter, or choose units by "score"'
        )
    return segmenter


def scores(segmenter: DifferentiableSegmenter, images: Tensor) -> Tensor:
    """Its logits (N, K, H, W) of ``images``; grey images are shown as RGB. ValueError for another shape."""
    shown = images.float()
    logits = segmenter.logits(shown.expand(-1, 3, -1, -1) if shown.shape[1] == 1 else shown)
    expected = (len(images), len(segmenter.labels), *images.shape[2:])
    if tuple(logits.shape) != expected:
        raise ValueError(f"expected logits of the shape {expected} from the segmenter, got {tuple(logits.shape)}")
    return logits


@contextmanager
def differentiating(generator: nn.Module) -> Iterator[None]:
    """The generator in eval mode, with gradients for activations but not for its parameters; restored on leaving."""
    learning = [parameter for parameter in generator.parameters() if parameter.requires_grad]
    with at_rest(generator), torch.enable_grad():
        for parameter in learning:
            parameter.requires_grad_(False)
        try:
            yield
        finally:
            for parameter in learning:
                parameter.requires_grad_(True)
