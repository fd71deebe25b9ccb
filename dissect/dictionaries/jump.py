"""JumpReLU, and its straight-through gradients (Rajamanoharan et al. 2024, "Jumping ahead", equations 4, 11 and 12).

JumpReLU(z) = z where z > t, else 0. Neither it nor the number of features that are on has a slope in the threshold t,
but their means over data have: a window of width ``WIDTH`` around t estimates these from a batch (a kernel estimate of
the density at t).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

WIDTH = 0.4  # of the window, beside cells of length about 1


class Jump(torch.autograd.Function):
    """Codes (M, K) of numbers (M, K) and thresholds (K,): numbers above theirs, else 0."""

    @staticmethod
    def forward(context: Any, numbers: Tensor, threshold: Tensor) -> Tensor:
        """The codes."""
        context.save_for_backward(numbers, threshold)
        return jump(numbers, threshold)

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor, Tensor]:
        """Of numbers 1 where they are on; of a threshold -t / WIDTH for each number in its window."""
        numbers, threshold = context.saved_tensors
        near = -threshold / WIDTH * _window(numbers, threshold)
        return slopes[0] * (numbers > threshold), (slopes[0] * near).sum(0)


class Active(torch.autograd.Function):
    """How many of the numbers (M, K) of each row are above the thresholds (K,): (M,)."""

    @staticmethod
    def forward(context: Any, numbers: Tensor, threshold: Tensor) -> Tensor:
        """The counts, as floats."""
        context.save_for_backward(numbers, threshold)
        return (numbers > threshold).sum(1).to(numbers)

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> tuple[None, Tensor]:
        """Of numbers none; of a threshold -1 / WIDTH for each number in its window."""
        numbers, threshold = context.saved_tensors
        return None, -(slopes[0] @ _window(numbers, threshold)) / WIDTH


def jump(numbers: Tensor, threshold: Tensor) -> Tensor:
    """``numbers`` (M, K) that are above their ``threshold`` (K,); the others are 0."""
    return torch.where(numbers > threshold, numbers, 0.0)


def _window(numbers: Tensor, threshold: Tensor) -> Tensor:
    """1 where a number lies within half a ``WIDTH`` of its threshold, else 0."""
    return ((numbers - threshold).abs() < WIDTH / 2).to(numbers)
