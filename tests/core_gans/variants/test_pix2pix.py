"""Pix2Pix under a known map: what it draws for sources that it never saw is compared with the truth."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core_gans.data import Batches, as_float
from core_gans.data.digits import digits
from core_gans.data.pairs import Pairs
from core_gans.foundation.errors import LabError
from core_gans.game import Batch
from core_gans.networks.dropout import Dropout
from core_gans.networks.patch import patch
from core_gans.networks.unet import UNet, noise
from core_gans.training import train
from core_gans.variants.pix2pix import Pix2Pix
from tests.core_gans.receptive_field import receptive_field
from tests.tiny import chance


def coloured(count: int, size: int = 16) -> Tensor:
    """Digits (count, 3, size, size) in [-1, 1], each in one chance colour on a chance darker one."""
    ink = (as_float(digits(size).images[:count]) + 1) / 2
    rng = chance(7)
    front, back = torch.rand(count, 3, 1, 1, generator=rng), 0.4 * torch.rand(count, 3, 1, 1, generator=rng)
    return 2 * (back + ink * (front - back)) - 1


def known_map(images: Tensor) -> Tensor:
    """The next channel in place of each, blurred over 3x3 pixels."""
    return F.avg_pool2d(F.pad(images.roll(1, dims=1), (1, 1, 1, 1), mode="replicate"), 3, stride=1)


def error(one: Tensor, other: Tensor) -> float:
    return (one - other).abs().mean().item()


def test_the_three_innermost_blocks_of_the_decoder_hold_dropout_behind_their_normalisation() -> None:
    def noisy(side: int, levels: int) -> list[str]:
        network = UNet(1, 1, side, levels, width=1)
        return [name for name, module in network.named_modules() if isinstance(module, Dropout)]

    assert noisy(64, 6) == ["decoder.block2.3", "decoder.block4.3", "decoder.block8.3"]
    assert noisy(16, 4) == ["decoder.block2.3", "decoder.block4.3", "decoder.block8.3"]
    assert noisy(16, 3) == ["decoder.block4.3", "decoder.block8.3"]  # the last block draws the image


class TestKnownMap:
    def test_held_out_sources_are_translated_as_the_map_does(self, rng: torch.Generator) -> None:
        images = coloured(400)
        learned, held = Pairs("digits", images, known_map(images)).split()
        game = Pix2Pix(shape=(3, 16, 16), width=8, patch_layers=1, rate=2e-3, dropout=0.0)
        state = train(game, Batches(learned, 8), 250, rng=rng)
        drawn = game.translate(state.nets, held.source)
        identity, mean_image = error(held.source, held.target), error(learned.target.mean(0), held.target)
        assert error(drawn, held.target) < identity / 3
        assert error(drawn, held.target) < mean_image / 3
        # what is drawn belongs to its own source
        assert error(game.translate(state.nets, held.source.roll(1, dims=0)), held.target) > identity / 3


class TestLosses:
    GAME = Pix2Pix(shape=(1, 16, 16), drawn=2, width=4, patch_layers=1, l1=10.0, dropout=0.0)

    def nets(self, score: float, drawn: float) -> dict[str, nn.Module]:
        class Constant(nn.Module):
            def __init__(self, value: float, channels: int) -> None:
                super().__init__()
                self.value, self.channels = value, channels

            def forward(self, images: Tensor) -> Tensor:
                return images[:, :1].expand(-1, self.channels, -1, -1) * 0 + self.value

        return {"generator": Constant(drawn, 2), "discriminator": Constant(score, 1)}

    def test_they_are_the_papers(self) -> None:
        batch = Batch(torch.full((3, 2, 16, 16), 0.5), other=torch.zeros(3, 1, 16, 16))
        nets = self.nets(score=math.log(3), drawn=-0.25)  # says "real" with probability 3/4
        terms = self.GAME.generator_loss(nets, batch, chance())
        assert terms["generator"].item() == pytest.approx(-math.log(0.75))
        assert terms["l1"].item() == pytest.approx(10 * 0.75)
        told = self.GAME.discriminator_loss(nets, batch, chance())["discriminator"].item()
        assert told == pytest.approx((-math.log(0.75) - math.log(0.25)) / 2)

    def test_the_discriminator_sees_the_source_beside_the_target(self, rng: torch.Generator) -> None:
        seen: list[Tensor] = []
        nets = self.nets(score=0.0, drawn=-0.25)
        nets["discriminator"].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
        batch = Batch(torch.full((3, 2, 16, 16), 0.5), other=torch.full((3, 1, 16, 16), 0.125))
        self.GAME.discriminator_loss(nets, batch, rng)
        assert [each[:, :, 0, 0].tolist()[0] for each in seen] == [[0.125, 0.5, 0.5], [0.125, -0.25, -0.25]]

    def test_the_papers_numbers(self) -> None:
        game = Pix2Pix()
        assert (game.l1, game.dropout, game.rate, game.beta1) == (100, 0.5, 2e-4, 0.5)
        assert receptive_field(game.players()["discriminator"]) == 70


class TestPatch:
    @pytest.mark.parametrize(("layers", "side"), [(1, 16), (2, 34), (3, 70), (4, 142)])
    def test_the_receptive_field_is_what_a_gradient_reaches(self, layers: int, side: int, rng: torch.Generator) -> None:
        network = patch(1, 256, width=2, layers=layers, norm="none").double()
        assert receptive_field(network) == side
        image = torch.randn(1, 1, 256, 256, dtype=torch.float64, generator=rng).requires_grad_()
        scores = network(image)
        middle = scores.shape[-1] // 2
        (slope,) = torch.autograd.grad(scores[0, 0, middle, middle], image)
        reached = slope[0, 0].nonzero()
        assert (reached.max(0).values - reached.min(0).values + 1).tolist() == [side, side]

    def test_dilation_counts_and_a_network_without_convolutions_has_no_field(self) -> None:
        assert receptive_field(nn.Sequential(nn.Conv2d(1, 1, 3, dilation=2), nn.Conv2d(1, 1, 3, stride=2))) == 7
        with pytest.raises(ValueError, match="expected a network of convolutions, got Linear"):
            receptive_field(nn.Linear(2, 2))
        with pytest.raises(ValueError, match="expected square convolutions"):
            receptive_field(nn.Conv2d(1, 1, (3, 1)))

    def test_images_that_leave_no_patch_are_refused(self) -> None:
        with pytest.raises(LabError, match="expected 1 to 2 patch layers for images of 16 pixels, got 3"):
            Pix2Pix(shape=(3, 16, 16), width=2).players()


class TestUNet:
    def test_every_block_of_the_encoder_has_a_shortcut(self) -> None:
        """Without the way through the innermost pixel, a pixel of the image still reaches the output."""
        net = UNet(1, 1, 16, 4, width=4, dropout=0.0).eval()
        for level in (1, 2, 4):
            image = torch.zeros(1, 1, 16, 16)
            block = net.decoder[f"block{level * 2}"]
            with block.register_forward_hook(lambda _, __, out: torch.zeros_like(out)):
                changed = image.clone()
                changed[..., 3, 3] = 1
                assert not torch.equal(net(image), net(changed)), level

    def test_noise_is_drawn_from_the_generator_that_is_given_and_leaves_nothing_behind(
        self, rng: torch.Generator
    ) -> None:
        game = Pix2Pix(shape=(3, 16, 16), width=4, patch_layers=1)
        nets = game.players()
        before = {name: value.clone() for name, value in nets["generator"].state_dict().items()}
        images = coloured(4)
        plain = game.translate(nets, images)
        assert torch.equal(plain, game.translate(nets, images))
        noisy = game.translate(nets, images, rng=chance(1))
        assert torch.equal(noisy, game.translate(nets, images, rng=chance(1)))
        assert not torch.equal(noisy, game.translate(nets, images, rng=chance(2)))
        assert not torch.equal(noisy, plain)
        after = nets["generator"].state_dict()
        assert all(torch.equal(before[name], after[name]) for name in before)
        assert nets["generator"].training
        with pytest.raises(ZeroDivisionError), noise(nets["generator"].eval(), rng):
            _ = 1 / 0
        assert not any(module.training for module in nets["generator"].modules())

    def test_batches_of_one_and_other_sizes_are_translated(self) -> None:
        game = Pix2Pix(shape=(3, 32, 32), width=4, levels=3, normalisation="instance")
        nets = game.players()
        assert game.translate(nets, torch.zeros(1, 3, 40, 24)).shape == (1, 3, 40, 24)
        with pytest.raises(LabError, match="sides are multiples of 8, got 30x32"):
            game.translate(nets, torch.zeros(1, 3, 32, 30))
        with pytest.raises(LabError, match="expected images of 3 channels to translate, got 1"):
            game.translate(nets, torch.zeros(1, 1, 32, 32))
        with pytest.raises(LabError, match="expected a domain from 0 to 0, got 1"):
            game.translate(nets, torch.zeros(1, 3, 32, 32), 1)

    def test_sides_that_cannot_be_halved_often_enough_are_refused(self) -> None:
        assert len(Pix2Pix(shape=(3, 48, 32), width=2, patch_layers=1).players()["generator"].encoder) == 4
        with pytest.raises(LabError, match="expected 2 to 4 levels for images of 32x48 pixels, got 5"):
            Pix2Pix(shape=(3, 48, 32), levels=5).players()


def test_points_and_data_without_sources_are_refused(rng: torch.Generator) -> None:
    with pytest.raises(LabError, match=r"pix2pix translates images \(C, H, W\), and the data is of shape \(2,\)"):
        Pix2Pix(shape=(2,))
    with pytest.raises(LabError, match="expected l1 of at least 0, got -1"):
        Pix2Pix(l1=-1)
    game = Pix2Pix(shape=(3, 16, 16), width=2, patch_layers=1)
    with pytest.raises(LabError, match="pix2pix learns from sources and targets: give it Pairs"):
        game.discriminator_loss(game.players(), Batch(coloured(4)), rng)
