"""Elementary functions with right values and gradients where the textbook's formula overflows or cancels.

All take and return tensors of one floating dtype, elementwise. ``exp`` and ``expm1`` are exact up to ``EDGE`` and
continue with their tangent above it, because float32 ends at e^88.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

EDGE = 40.0  # e^40 squared, as Adam's second moment has it, still is a float32; e^89 itself is none


def exp(x: Tensor) -> Tensor:
    """e^x up to x = EDGE, its tangent above."""
    below = x.clamp(max=EDGE)
    return below.exp() * (1 + (x - below))


def expm1(x: Tensor) -> Tensor:
    """e^x - 1, likewise."""
    # torch's gradient of expm1 is its value + 1, which loses every digit far below zero
    near = torch.expm1(x.clamp(-0.5, EDGE)) + x.clamp(-0.5, EDGE).exp() * (x - x.clamp(max=EDGE))
    return torch.where(x < -0.5, x.clamp(max=0.0).exp() - 1, near)


def softplus(x: Tensor) -> Tensor:
    """ln(1 + e^x)."""
    return F.softplus(x, threshold=40.0)  # the default threshold of 20 costs 2e-9, which float64 sees


def log_softplus(x: Tensor) -> Tensor:
    """ln ln(1 + e^x)."""
    # far below zero by its series, whose next term is below float64's last digit
    return torch.where(x < -18, x - x.clamp(max=-18.0).exp() / 2, softplus(x.clamp(min=-18.0)).log())


def log1mexp(a: Tensor) -> Tensor:
    """ln(1 - e^-a) for a > 0, after Mächler 2012, equation 7."""
    middle = math.log(2)
    return torch.where(
        a > middle, torch.log1p(-(-a.clamp(min=middle)).exp()), (-torch.expm1(-a.clamp(max=middle))).log()
    )


def half_tanh(x: Tensor) -> Tensor:
    """tanh(x) / 2, with a gradient that does not vanish before float32 does."""
    # torch's gradient of the sigmoid is exact on its lower side only
    return torch.where(x > 0, 0.5 - torch.sigmoid(-2 * x), torch.sigmoid(2 * x) - 0.5)


def log_omega(x: Tensor) -> Tensor:
    """The logarithm L of the Wright omega function: the solution of L + e^L = x. Corless & Jeffrey 2002.

    Equals ln W(e^x) with Lambert's W, whose argument would overflow. Differentiable twice and more.
    """
    return _LogOmega.apply(x)


class _LogOmega(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        # Both starts lie above the root of a convex function: Newton's steps come down to it and never pass it.
        root = torch.where(x > 1, x.clamp(min=1.0).log(), x)
        for _ in range(7):
            omega = root.exp()
            root = root - (root + omega - x) / (1 + omega)
        ctx.save_for_backward(root)
        return root

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (root,) = ctx.saved_tensors
        return grad * torch.sigmoid(-root)
