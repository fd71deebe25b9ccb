"""Resize-and-convolve in one step equals the two steps."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core_gans.networks.resize_conv import ResizeConv2d


def two_steps(layer: ResizeConv2d, x: Tensor) -> Tensor:
    return F.conv2d(F.interpolate(x, scale_factor=2, mode="nearest"), layer.weight, layer.bias, padding=1)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (1, 3, 5, 7), (2, 3, 1, 1)])
def test_it_equals_upsampling_and_convolving(bias: bool, shape: tuple[int, ...], rng: torch.Generator) -> None:
    layer = ResizeConv2d(3, 5, bias=bias).double()
    x = torch.randn(shape, generator=rng, dtype=torch.float64, requires_grad=True)
    together, apart = layer(x), two_steps(layer, x)
    assert together.shape == (shape[0], 5, 2 * shape[2], 2 * shape[3])
    torch.testing.assert_close(together, apart)
    downstream = torch.randn(together.shape, generator=rng, dtype=torch.float64)
    inputs = [x, *layer.parameters()]
    for one, other in zip(
        torch.autograd.grad(together, inputs, downstream), torch.autograd.grad(apart, inputs, downstream), strict=True
    ):
        torch.testing.assert_close(one, other)


def test_a_planted_kernel_that_only_copies_doubles_the_picture() -> None:
    layer = ResizeConv2d(1, 1, bias=False)
    with torch.no_grad():
        layer.weight.zero_()[0, 0, 1, 1] = 1
    picture = torch.arange(6.0).view(1, 1, 2, 3)
    assert torch.equal(layer(picture), picture.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3))


def test_a_checkpoint_holds_the_plain_3x3_kernel() -> None:
    state = ResizeConv2d(3, 5).state_dict()
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == {"weight": (5, 3, 3, 3), "bias": (5,)}


def test_it_serves_channels_last_and_bf16(rng: torch.Generator) -> None:
    layer = ResizeConv2d(3, 5)
    x = torch.randn(2, 3, 4, 4, generator=rng)
    exact = layer(x)
    layer, x = layer.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    torch.testing.assert_close(layer(x), exact)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(layer(x).float(), exact, atol=0.03, rtol=0.03)
