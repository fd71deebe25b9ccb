"""A generator in another precision: its weights, what it takes, and its images as float32 again."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

Precision = Literal["float32", "bfloat16", "float16"]
TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def compute_in(generator: nn.Module, precision: Precision) -> None:
    """Let ``generator`` compute in ``precision``. Latents are given, and images come, as float32.

    What is given passes every other hook first, so that labels that latents carry are read before they are rounded.
    """
    kind = TYPES[precision]
    generator.to(kind)

    def rounded(_generator: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            each.to(kind) if isinstance(each, Tensor) and each.is_floating_point() else each for each in inputs
        )

    def shown(_generator: nn.Module, _inputs: Any, images: Tensor) -> Tensor:
        return images.float()

    generator.register_forward_pre_hook(rounded)
    generator.register_forward_hook(shown, prepend=True)
