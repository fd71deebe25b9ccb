"""Images of another range brought to [-1, 1], which is what segmenters and reports take."""

from __future__ import annotations

from typing import Any, Literal

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

Range = Literal["-1..1", "0..1", "0..255"]
HALF = {"0..1": 0.5, "0..255": 127.5}


def stretch_images(generator: nn.Module, given: Range = "0..1") -> RemovableHandle:
    """Let ``generator`` put out its images, in the range ``given``, as [-1, 1]; ``remove()`` takes that back."""
    half = HALF.get(given)

    def stretched(_generator: nn.Module, _inputs: Any, images: Tensor) -> Tensor:
        return images if half is None else images / half - 1

    return generator.register_forward_hook(stretched)
