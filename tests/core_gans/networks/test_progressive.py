"""The progressive family: its layers by their closed forms, its stages by what they must equal."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.errors import LabError
from core_gans.networks import Architecture, family
from core_gans.networks.equalised import EqualisedConv2d, EqualisedLinear
from core_gans.networks.growth import Growth
from core_gans.networks.minibatch import MinibatchDeviation, deviation
from core_gans.networks.pixel_norm import PixelNorm
from core_gans.networks.progressive import ProgressiveFeatures, ProgressiveGenerator, enlarged
from tests.tiny import chance


def generator(stages: int = 3) -> ProgressiveGenerator:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ProgressiveGenerator(8, (12, 8, 6)[:stages], 1)


def features() -> ProgressiveFeatures:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return ProgressiveFeatures(1, (6, 8, 12), "none")


def twice(maps: Tensor) -> Tensor:
    return maps.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


class TestEqualisedLayers:
    def test_weights_have_unit_variance_and_are_scaled_by_he_s_constant_in_use(self) -> None:
        for layer, fan_in in ((EqualisedConv2d(50, 40, 3), 50 * 9), (EqualisedLinear(300, 200), 300)):
            assert layer.weight.std().item() == pytest.approx(1, abs=0.02)
            assert layer.scale == pytest.approx(math.sqrt(2 / fan_in))
            assert layer.bias is not None
            assert not layer.bias.any()

    def test_a_layer_is_the_plain_one_with_scaled_weights_and_its_own_bias(self, rng: torch.Generator) -> None:
        x = torch.randn(2, 5, 6, 6, generator=rng)
        convolution, linear = EqualisedConv2d(5, 4, 3, padding=1), EqualisedLinear(6, 3, gain=1)
        with torch.no_grad():
            convolution.bias.copy_(torch.arange(4.0))  # type: ignore[union-attr]
        plain = F.conv2d(x, convolution.weight * math.sqrt(2 / 45), convolution.bias, padding=1)
        torch.testing.assert_close(convolution(x), plain)
        torch.testing.assert_close(linear(x), x @ linear.weight.T / math.sqrt(6))

    def test_first_steps_of_adam_are_a_share_of_the_weight_that_no_fan_in_changes(self) -> None:
        shares = []
        for inputs in (4, 400):
            layer = EqualisedLinear(inputs, 50)
            before = layer.weight.detach() * layer.scale
            optimizer = torch.optim.Adam(layer.parameters(), 1e-3)
            layer(torch.randn(64, inputs, generator=chance())).square().mean().backward()
            optimizer.step()
            shares.append(((layer.weight * layer.scale - before).norm() / before.norm()).item())
        assert shares == pytest.approx([1e-3, 1e-3], rel=0.1)


def test_pixel_norm_gives_every_vector_a_mean_square_of_one() -> None:
    for x in (torch.randn(3, 7, 4, 5, generator=chance()), 1e3 * torch.rand(5, 9, generator=chance())):
        normed = PixelNorm()(x)
        torch.testing.assert_close(normed.square().mean(dim=1), torch.ones(x[:, 0].shape))
        torch.testing.assert_close(F.cosine_similarity(normed, x), torch.ones(x[:, 0].shape))


class TestMinibatchDeviation:
    def test_examples_that_are_the_same_have_none_and_no_gradient(self, rng: torch.Generator) -> None:
        x = torch.randn(1, 3, 4, 4, generator=rng).expand(6, -1, -1, -1).clone().requires_grad_()
        found = deviation(x)
        found.backward()
        assert found.item() == 0
        assert x.grad is not None
        assert not x.grad.any()

    def test_a_planted_batch_has_the_closed_form(self) -> None:
        x = torch.zeros(4, 2, 3, 3)
        x[:, 0] = torch.tensor([1.0, 1.0, -1.0, -1.0])[:, None, None]  # deviation 1
        x[:, 1, 0] = torch.tensor([0.0, 4.0, 8.0, 12.0])[:, None]  # deviation sqrt(20) in a third of the places
        assert deviation(x).item() == pytest.approx((1 + math.sqrt(20) / 3) / 2)

    def test_it_is_a_plane_beside_the_features(self, rng: torch.Generator) -> None:
        x = torch.randn(5, 3, 4, 4, generator=rng)
        seen = MinibatchDeviation()(x)
        assert seen.shape == (5, 4, 4, 4)
        assert torch.equal(seen[:, :3], x)
        torch.testing.assert_close(seen[:, 3], x.std(dim=0, correction=0).mean().expand(5, 4, 4))


class TestFading:
    """Alpha 0 is the stage before, enlarged; alpha 1 is the new stage; between them lies a straight line."""

    @pytest.mark.parametrize("stage", [1, 2])
    def test_the_generator_s_image(self, stage: int, rng: torch.Generator) -> None:
        network, latents = generator(), torch.randn(5, 8, generator=rng)
        seen = {}
        for each, alpha in ((stage - 1, 1.0), (stage, 0.0), (stage, 0.25), (stage, 1.0)):
            network.growth.set(each, alpha)
            seen[each, alpha] = network(latents)
            assert seen[each, alpha].shape == (5, 1, 16, 16)
        before, new = seen[stage - 1, 1.0], seen[stage, 1.0]
        torch.testing.assert_close(seen[stage, 0.0], before, rtol=0, atol=1e-6)
        torch.testing.assert_close(seen[stage, 0.25], 0.75 * before + 0.25 * new)
        assert (before - new).abs().mean() > 0.1

    def test_the_new_stage_is_a_plain_chain_of_its_blocks(self, rng: torch.Generator) -> None:
        network, latents = generator(), torch.randn(5, 8, generator=rng)
        chain = nn.Sequential(*(network.get_submodule(name) for name in ("block4", "block8", "block16", "image16")))
        torch.testing.assert_close(network(latents), chain(latents), rtol=0, atol=1e-6)
        network.growth.set(1, 1.0)
        chain = nn.Sequential(*(network.get_submodule(name) for name in ("block4", "block8", "image8")))
        torch.testing.assert_close(network(latents), twice(chain(latents)), rtol=0, atol=1e-6)

    def test_an_image_has_pixels_of_its_stage(self, rng: torch.Generator) -> None:
        network, latents = generator(), torch.randn(4, 8, generator=rng)
        for stage, pixel in enumerate((4, 2, 1)):
            network.growth.set(stage, 1.0)
            image = network(latents)
            assert torch.equal(image, enlarged(image[:, :, ::pixel, ::pixel], pixel))
            assert not torch.equal(image, enlarged(image[:, :, :: 2 * pixel, :: 2 * pixel], 2 * pixel))

    @pytest.mark.parametrize("stage", [1, 2])
    def test_the_discriminator_s_features(self, stage: int, rng: torch.Generator) -> None:
        network, images = features(), torch.randn(5, 1, 16, 16, generator=rng)
        maps = {}
        for each, alpha in ((stage - 1, 1.0), (stage, 0.0), (stage, 1.0)):
            network.growth.set(each, alpha)
            maps[each, alpha] = network(images)
            assert maps[each, alpha].shape == (5, 12, 4, 4)
        torch.testing.assert_close(maps[stage, 0.0], maps[stage - 1, 1.0], rtol=0, atol=1e-6)
        assert (maps[stage, 0.0] - maps[stage, 1.0]).abs().mean() > 0.01

    def test_a_small_stage_is_blind_to_what_its_pixels_cannot_hold(self, rng: torch.Generator) -> None:
        network, images = features(), torch.randn(5, 1, 16, 16, generator=rng)
        network.growth.set(1, 1.0)
        torch.testing.assert_close(network(images), network(twice(F.avg_pool2d(images, 2))))
        network.growth.set(2, 1.0)
        assert (network(images) - network(twice(F.avg_pool2d(images, 2)))).abs().mean() > 0.01

    def test_stages_to_come_learn_nothing_and_faded_colours_rest(self) -> None:
        network = generator()
        network.growth.set(1, 0.5)
        network(torch.randn(5, 8, generator=chance())).square().mean().backward()
        learning = {name.split(".")[0] for name, each in network.named_parameters() if each.grad is not None}
        assert learning == {"block4", "block8", "image4", "image8"}
        network.zero_grad(set_to_none=True)
        network.growth.set(2, 1.0)
        network(torch.randn(5, 8, generator=chance())).square().mean().backward()
        resting = {name.split(".")[0] for name, each in network.named_parameters() if each.grad is None}
        assert resting == {"image4", "image8"}

    def test_evaluation_keeps_images_in_their_range(self, rng: torch.Generator) -> None:
        network, latents = generator(), 5 * torch.randn(50, 8, generator=rng)
        raw = network(latents)
        assert raw.abs().max() > 1
        torch.testing.assert_close(network.eval()(latents), raw.clamp(-1, 1))


class TestSizes:
    @pytest.mark.parametrize("side", [4, 8, 64, 256])
    def test_players_of_every_size(self, side: int, rng: torch.Generator) -> None:
        architecture = Architecture((3, side, side), latent=5, width=2)
        kind = family("progressive")
        image = kind.generator(architecture)(torch.randn(2, 5, generator=rng))
        assert image.shape == (2, 3, side, side)
        assert kind.discriminator(architecture)(image).shape == (2,)

    def test_halves_have_twice_the_channels_to_512(self) -> None:
        network = family("progressive").generator(Architecture((3, 256, 256), latent=4, width=64))
        widths = [network.get_submodule(f"block{side}.conv2").out_channels for side in (4, 8, 16, 32, 64, 128, 256)]
        assert widths == [512, 512, 512, 512, 256, 128, 64]  # of the authors' networks, from 4x4 upwards

    def test_other_sides_are_refused(self) -> None:
        for shape in ((1, 28, 28), (1, 16, 8), (2,), (1, 2, 2)):
            with pytest.raises(LabError, match=r"a power of two from 4 upwards.* choose another size"):
                family("progressive").generator(Architecture(shape))
        with pytest.raises(LabError, match=r"channels needs 3 positive numbers at this size, got \(4, 4\)"):
            family("progressive").generator(Architecture((1, 16, 16), channels=(4, 4)))

    def test_a_generator_is_named_modules_that_run_in_their_order(self) -> None:
        network = generator()
        names = [f"block{side}.{layer}{place}" for side in (8, 16) for place in (1, 2) for layer in ("conv", "norm")]
        ran = []
        for name in names:
            network.get_submodule(name).register_forward_hook(lambda *_, name=name: ran.append(name))
        network(torch.zeros(1, 8))
        assert ran == names


def test_stages_double_their_sides() -> None:
    sides = []
    growth = Growth(9)
    for stage in range(9):
        growth.set(stage, 1.0)
        sides.append(growth.side)
    assert sides[0] == 4
    assert sides[-1] == 1024
    assert all(after == 2 * before for before, after in pairwise(sides))
    for stage, alpha in ((9, 1.0), (-1, 1.0), (0, 1.5)):
        with pytest.raises(ValueError, match=r"expected a stage from 0 to 8 and alpha in \[0, 1\]"):
            growth.set(stage, alpha)
