"""The families of SNGAN and R3GAN: shapes, counts of parameters by hand, first weights, what resampling computes."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.errors import LabError
from core_gans.networks import Architecture, family, r3gan
from core_gans.networks.r3gan import GAIN, Basis, Rectified, Resampled, Residual, convolution
from core_gans.networks.resnet import FallingBlock, RisingBlock, SumPool
from core_gans.techniques.virtual_batch_norm import VirtualBatchNorm


def built(kind: str, **fields: Any) -> tuple[nn.Module, nn.Module]:
    architecture = Architecture(**{"latent": 5, "width": 4, "normalisation": "none", **fields})
    return family(kind).generator(architecture), family(kind).discriminator(architecture)


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("kind", ["resnet", "r3gan"])
@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 64, 64), (4, 28, 56)])
def test_images_and_scores_of_every_shape(kind: str, shape: tuple[int, ...]) -> None:
    generator, discriminator = built(kind, shape=shape, width=2)
    images = generator.eval()(torch.randn(3, 5))
    assert images.shape == (3, *shape)
    assert images.abs().max() <= 1
    assert discriminator(images).shape == (3,)
    smallest = min(shape[1:])
    while smallest >= 8:
        assert f"block{smallest}" in dict(generator.named_children())
        smallest //= 2
    assert f"block{smallest}" in dict(generator.named_children())


@pytest.mark.parametrize("kind", ["resnet", "r3gan"])
def test_scores_do_not_depend_on_the_others_of_a_batch(kind: str) -> None:
    _, discriminator = built(kind, shape=(1, 16, 16))
    images = torch.randn(3, 1, 16, 16)
    torch.testing.assert_close(discriminator(images)[1:2], discriminator(images[1:2]))


class TestR3GAN:
    def test_counts_of_parameters_are_those_of_the_formula(self) -> None:
        """1x1, 3x3 in groups of 16, 1x1, two biases a block; two blocks at each of four sizes of w channels."""
        w, wide = 48, (48,) * 4
        generator, discriminator = built("r3gan", shape=(3, 32, 32), channels=wide, discriminator_channels=wide)
        block = w * 2 * w * 2 + 2 * w * 16 * 9 + 2 * 2 * w
        assert count(generator) == 8 * block + w * 16 + 5 * w + w * 3
        assert count(discriminator) == 8 * block + w * 16 + w + w * 3

    @pytest.mark.parametrize(
        ("side", "width", "papers"),
        [
            (32, 768, (768, 768, 768, 768)),  # CIFAR-10
            (64, 384, (768, 768, 768, 768, 384)),  # FFHQ
            (256, 96, (768, 768, 768, 768, 384, 192, 96)),
        ],
    )
    def test_widths_are_the_papers(self, side: int, width: int, papers: tuple[int, ...]) -> None:
        assert r3gan.channels_of(Architecture(shape=(3, side, side), width=width), "channels") == papers

    def test_a_fresh_block_is_the_identity_and_its_weights_have_the_scale_of_the_paper(self) -> None:
        torch.manual_seed(0)
        block, x = Residual(64, blocks=16), torch.randn(2, 64, 5, 5)
        assert torch.equal(block(x), x)
        for place, fan_in in ((0, 64), (2, 16 * 9)):
            layer = block.change[place]
            assert isinstance(layer, nn.Conv2d)
            truth = math.sqrt(2 / 1.04) * 16 ** (-1 / 4) / math.sqrt(fan_in)
            assert layer.weight.std().item() == pytest.approx(truth, rel=0.05)
        assert isinstance(block.change[2], nn.Conv2d)
        assert block.change[2].groups == 128 // 16

    def test_a_block_is_its_formula(self) -> None:
        block, x = Residual(8, blocks=2).double(), torch.randn(2, 8, 4, 4, dtype=torch.float64)
        first, one, second, two, third = block.change
        for layer in (one, two):
            assert isinstance(layer, Rectified)
            nn.init.normal_(layer.bias)
        nn.init.normal_(third.weight)
        inner = F.leaky_relu(F.conv2d(x, first.weight) + one.bias[:, None, None], 0.2)
        inner = F.leaky_relu(F.conv2d(inner, second.weight, padding=1) + two.bias[:, None, None], 0.2)
        torch.testing.assert_close(block(x), x + F.conv2d(inner, third.weight))

    def test_the_rectifier_keeps_the_size_of_a_signal_with_its_gain(self) -> None:
        signal = GAIN * torch.randn(200_000)
        assert float(F.leaky_relu(signal, 0.2).square().mean()) == pytest.approx(1, rel=0.02)

    def test_resampling_is_bilinear_but_at_the_edge_and_halving_is_its_transpose(self) -> None:
        x, y = torch.randn(2, 3, 6, 6).double(), torch.randn(2, 3, 12, 12).double()
        up, down = Resampled(up=True), Resampled(up=False)
        truth = F.interpolate(x, scale_factor=2.0, mode="bilinear")
        torch.testing.assert_close(up(x)[:, :, 1:-1, 1:-1], truth[:, :, 1:-1, 1:-1])
        torch.testing.assert_close((up(x) * y).sum(), 4 * (x * down(y)).sum())
        torch.testing.assert_close(down(torch.ones(1, 1, 8, 8))[0, 0, 1:-1, 1:-1], torch.ones(2, 2))

    def test_the_start_is_learned_maps_times_a_linear_function(self) -> None:
        start, z = Basis(5, 3, (4, 4)), torch.randn(2, 5)
        truth = torch.einsum("nl,cl,chw->nchw", z, start.weights.weight, start.maps)
        torch.testing.assert_close(start(z), truth)

    def test_it_has_no_normalisation_and_says_so(self) -> None:
        networks = built("r3gan", shape=(1, 16, 16))
        assert not any("Norm" in type(each).__name__ for network in networks for each in network.modules())
        with pytest.raises(LabError, match="--normalisation none"):
            built("r3gan", shape=(1, 16, 16), normalisation="spectral")

    def test_its_penalties_can_be_learned_from(self) -> None:
        """Second derivatives pass through every layer."""
        _, discriminator = built("r3gan", shape=(1, 16, 16))
        x = torch.randn(2, 1, 16, 16, requires_grad=True)
        (slope,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
        slope.square().sum().backward()
        slopes = [each.grad for each in discriminator.parameters() if each.grad is not None]
        assert any(bool(each.any()) for each in slopes)

    def test_a_convolution_without_gain_is_zero(self) -> None:
        assert not bool(convolution(3, 4, 1, 0.0).weight.any())


class TestResnet:
    def test_the_papers_networks_for_32_pixels(self) -> None:
        """Table 4: a dense layer, three rising blocks; two halving blocks, two that keep 8x8, a sum over places."""
        generator, discriminator = built(
            "resnet", shape=(3, 32, 32), latent=128, channels=(256,) * 4, discriminator_channels=(128,) * 4
        )
        dense, rising = 128 * 4096 + 4096, 3 * (2 * 9 * 256 * 256 + 256 + 256 * 256 + 256 + 2 * 2 * 256)
        assert count(generator) == dense + rising + 2 * 256 + 9 * 256 * 3 + 3
        wide = 9 * 128 * 128 + 128
        first, second = 9 * 3 * 128 + 128 + wide + 3 * 128 + 128, 2 * wide + 128 * 128 + 128
        assert count(discriminator) == first + second + 2 * 2 * wide + 128 + 1
        sides = []
        x = torch.randn(1, 3, 32, 32)
        for layer in list(discriminator.children())[:4]:
            x = layer(x)
            sides.append(x.shape[-1])
        assert sides == [16, 8, 8, 8]

    def test_a_falling_block_is_its_formula(self) -> None:
        block, x = FallingBlock(3, 5, "none", halves=True).double(), torch.randn(2, 3, 8, 8, dtype=torch.float64)
        _, one, _, two = block.change
        inner = F.relu(F.conv2d(F.relu(x), one.weight, one.bias, padding=1))
        whole = F.conv2d(inner, two.weight, two.bias, padding=1)
        assert isinstance(block.shortcut, nn.Conv2d)
        whole = whole + F.conv2d(x, block.shortcut.weight, block.shortcut.bias)
        torch.testing.assert_close(block(x), F.avg_pool2d(whole, 2))

    def test_a_block_that_keeps_side_and_width_adds_to_what_it_sees(self) -> None:
        block, x = FallingBlock(4, 4, "none", halves=False), torch.randn(2, 4, 6, 6)
        torch.testing.assert_close(block(x), x + block.change(x))

    def test_a_rising_block_is_its_formula(self) -> None:
        block, x = RisingBlock(3, 5, "none").double(), torch.randn(2, 3, 4, 4, dtype=torch.float64)
        one, three = block.second[0], block.third
        assert isinstance(one, nn.Conv2d)

        def twice(maps: Tensor) -> Tensor:
            return maps.repeat_interleave(2, 2).repeat_interleave(2, 3)

        inner = F.relu(F.conv2d(twice(F.relu(x)), one.weight, one.bias, padding=1))
        truth = F.conv2d(inner, three.weight, three.bias, padding=1)
        truth = truth + twice(F.conv2d(x, block.shortcut.weight, block.shortcut.bias))
        torch.testing.assert_close(block(x), truth)

    def test_spectral_normalisation_bounds_every_layer(self) -> None:
        _, discriminator = built("resnet", shape=(1, 16, 16), normalisation="spectral")
        layers = [each for each in discriminator.modules() if isinstance(each, nn.Conv2d | nn.Linear)]
        for _ in range(30):
            discriminator(torch.randn(1, 1, 16, 16))
        for layer in layers:
            assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, abs=0.02)

    def test_sum_pooling_sums(self) -> None:
        x = torch.randn(2, 3, 4, 4)
        torch.testing.assert_close(SumPool()(x), 16 * x.mean(dim=(2, 3)))

    def test_the_generator_takes_virtual_batch_normalisation(self) -> None:
        generator, _ = built("resnet", shape=(1, 16, 16), generator_normalisation="virtual")
        assert any(isinstance(each, VirtualBatchNorm) for each in generator.modules())
