"""Convolutions at the two ends of image networks, as matrix products.

A transposed convolution of one pixel, with which generators begin, and a convolution with a kernel as large as its
input, with which discriminators end, are linear layers. Where a picture has few colours, laying down kernels on it is
one product and a fold: a generator's last layer, and the gradient of a discriminator's first one by the picture.
General kernels compute all four several times slower on a processor. The numbers are the same up to the order of sums.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.grad import conv2d_weight
from torch.overrides import TorchFunctionMode

FEW = 4  # colours at most
Pair = tuple[int, int]


def quick_ends(*networks: nn.Module) -> AbstractContextManager[object]:
    """While open, such convolutions are computed so; it does nothing for networks without convolutions."""
    modules = [module for network in networks for module in network.modules()]
    return QuickEnds() if any(isinstance(each, (nn.Conv2d, nn.ConvTranspose2d)) for each in modules) else nullcontext()


class QuickEnds(TorchFunctionMode):
    """Takes the convolutions that it can serve, and passes everything else on."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        answer = None
        if func is torch.conv_transpose2d and not kwargs and len(args) == 8:
            answer = _transposed(*args)
        elif func is torch.conv2d and not kwargs and len(args) == 7:
            answer = _convolved(*args)
        return func(*args, **(kwargs or {})) if answer is None else answer


def _transposed(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: Any, padding: Any, more: Any, groups: int, dilation: Any
) -> Tensor | None:
    if not _plain(x, groups, dilation):
        return None
    stride, padding, more, kernel = _pair(stride), _pair(padding), _pair(more), weight.shape[2:]
    if x.shape[2:] == (1, 1) and padding == (0, 0) and more == (0, 0):
        return _with(bias, _unrolled(x.flatten(1) @ _rolled(weight), kernel))
    if weight.shape[1] <= FEW:
        sides = zip(x.shape[2:], stride, padding, kernel, more, strict=True)
        size = tuple((side - 1) * s - 2 * p + k + m for side, s, p, k, m in sides)
        return _with(bias, lay_down(x, weight, size, stride, padding))
    return None


def _convolved(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: Any, padding: Any, dilation: Any, groups: int
) -> Tensor | None:
    if not _plain(x, groups, dilation) or isinstance(padding, str):
        return None
    stride, padding = _pair(stride), _pair(padding)
    if x.shape[2:] == weight.shape[2:] and padding == (0, 0):
        return _with(bias, _unrolled(_rolled(x) @ _rolled(weight).t(), (1, 1)))
    if weight.shape[1] <= FEW and x.requires_grad:
        return _with(bias, OfFewColours.apply(x, weight, stride, padding))
    return None


class OfFewColours(torch.autograd.Function):
    """The convolution of pictures (N, C, H, W), C small, with ``weight`` (O, C, k, k); without a bias."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: Pair, padding: Pair) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return torch.conv2d(x, weight, None, stride, padding)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (gradient,) = gradients
        x, weight = ctx.saved_tensors
        kernel = weight.to(gradient.dtype)  # autocast is over
        by_x = by_weight = None
        if ctx.needs_input_grad[0]:
            by_x = lay_down(gradient, kernel, tuple(x.shape[2:]), ctx.stride, ctx.padding).to(x.dtype)
        if ctx.needs_input_grad[1]:
            x = x.to(gradient.dtype)
            by_weight = conv2d_weight(x, kernel.shape, gradient, ctx.stride, ctx.padding)
            by_weight = by_weight.to(weight.dtype)
        return by_x, by_weight, None, None


def lay_down(features: Tensor, weight: Tensor, size: tuple[int, ...], stride: Pair, padding: Pair) -> Tensor:
    """Features (N, O, h, w) to pictures (N, C, *size): every position lays down its kernel (O, C, k, k)."""
    count, channels, *inner = features.shape
    rows = features.permute(0, 2, 3, 1).reshape(-1, channels) @ weight.reshape(channels, -1)
    patches = rows.view(count, inner[0] * inner[1], -1).transpose(1, 2)  # (N, C * k * k, h * w)
    return F.fold(patches, size, weight.shape[2:], padding=padding, stride=stride)


def _rolled(values: Tensor) -> Tensor:
    """(A, B, H, W) to (A, H * W * B): no copy where channels are stored last."""
    return values.permute(0, 2, 3, 1).flatten(1)


def _unrolled(rows: Tensor, size: tuple[int, ...]) -> Tensor:
    """(N, H * W * B) to (N, B, H, W) with its channels stored last."""
    return rows.view(len(rows), *size, -1).permute(0, 3, 1, 2)


def _with(bias: Tensor | None, maps: Tensor) -> Tensor:
    return maps if bias is None else maps + bias.to(maps.dtype).view(-1, 1, 1)


def _plain(x: Tensor, groups: int, dilation: Any) -> bool:
    return x.dim() == 4 and x.device.type == "cpu" and groups == 1 and _pair(dilation) == (1, 1)


def _pair(value: Any) -> Pair:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])
