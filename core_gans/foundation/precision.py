"""Which devices compute in bfloat16."""

from __future__ import annotations

import torch


def has_bf16(device: torch.device) -> bool:
    """Whether ``device`` has instructions for bfloat16. A processor without them emulates it, ten times more slowly."""
    return device.type == "cuda" or (device.type == "cpu" and torch.cpu._is_avx512_bf16_supported())
