"""Images in [0, 1] brought to [-1, 1], which is what segmenters and reports take."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle


def stretch_images(generator: nn.Module) -> RemovableHandle:
    """Let ``generator`` put out its images, in [0, 1], as [-1, 1]; ``remove()`` takes that back."""
    return generator.register_forward_hook(_stretched)


def _stretched(_generator: nn.Module, _inputs: Any, images: Tensor) -> Tensor:
    return images * 2 - 1
