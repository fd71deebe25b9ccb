"""CycleGAN between unpaired halves of a data set under a known colour map, which is what it must find."""

from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from core_gans.data import Batches, as_float
from core_gans.data.digits import digits
from core_gans.data.domains import Domains
from core_gans.foundation.errors import LabError
from core_gans.game import Batch
from core_gans.networks.residual import ResidualTranslator
from core_gans.training import train
from core_gans.variants.cyclegan import BothJudges, BothWays, CycleGAN
from tests.core_gans.receptive_field import receptive_field
from tests.tiny import chance, differences


def warm(count: int) -> Tensor:
    """Dark digits (count, 3, 16, 16) on grounds between red and yellow."""
    ink = (as_float(digits(16).images[:count]) + 1) / 2
    tint = 0.8 * torch.rand(count, generator=chance(3))
    ground = torch.stack((torch.ones(count), tint, torch.full((count,), 0.1)), dim=1)[:, :, None, None]
    return 1.8 * (1 - 0.8 * ink) * ground - 0.9


def known_map(images: Tensor) -> Tensor:
    """The next channel in place of each: red grounds become green."""
    return images.roll(1, dims=1)


def error(one: Tensor, other: Tensor) -> float:
    return (one - other).abs().mean().item()


def test_the_colour_map_between_unpaired_halves_is_recovered(rng: torch.Generator) -> None:
    images = warm(600)
    data = Domains("digits", images[:270], known_map(images[270:560]))  # no digit is in both
    held = images[560:]
    truth = known_map(held)
    fields = {"width": 8, "blocks": 1, "halvings": 1, "patch_layers": 1, "rate": 2e-3, "fall_rounds": 170}
    game = CycleGAN(shape=(3, 16, 16), **fields)  # type: ignore[arg-type]
    state = train(game, Batches(data, 4), 170, rng=rng)
    drawn = game.translate(state.nets, held)
    identity, mean_image = error(held, truth), error(data.target.mean(0), truth)
    assert error(drawn, truth) < 0.2 * identity
    assert error(drawn, truth) < 0.9 * mean_image
    assert error(drawn, truth) < 0.75 * error(drawn.roll(1, dims=0), truth)
    assert error(game.translate(state.nets, truth, target=1), held) < 0.2 * identity


class Plus(nn.Module):
    """Adds a number to every pixel."""

    def __init__(self, number: float) -> None:
        super().__init__()
        self.number = number

    def forward(self, images: Tensor) -> Tensor:
        return images + self.number


class Mean(nn.Module):
    """Scores (N,): the mean of each image, times a slope."""

    def __init__(self, slope: float = 1.0) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, images: Tensor) -> Tensor:
        return self.slope * images.mean((1, 2, 3))


def planted(game: CycleGAN, slope: float = 1.0) -> dict[str, nn.Module]:
    """Translators that add 0.5 and -0.25, and discriminators that see the mean."""
    judges = game.players()["discriminator"]
    assert isinstance(judges, BothJudges)
    both = BothJudges(Mean(slope), Mean(slope), judges.targets, judges.sources)
    return {"generator": BothWays(Plus(0.5), Plus(-0.25)), "discriminator": both}


class TestLosses:
    FIELDS: ClassVar = {"shape": (1, 16, 16), "drawn": 1, "width": 2, "blocks": 0, "patch_layers": 1, "pool": 0}
    BATCH = Batch(torch.full((3, 1, 16, 16), 0.5), other=torch.zeros(3, 1, 16, 16))  # targets are 0.5, sources 0

    def values(self, terms: dict[str, Tensor]) -> dict[str, float]:
        return {name: term.item() for name, term in terms.items()}

    def test_the_translators_pay_for_both_scores_the_cycle_and_what_needed_no_change(self) -> None:
        game = CycleGAN(**self.FIELDS, cycle=10.0, identity=0.5)  # type: ignore[arg-type]
        found = self.values(game.generator_loss(planted(game), self.BATCH, chance()))
        assert found == {
            "generator_target": (0.5 - 1) ** 2,  # G(0) = 0.5
            "generator_source": (0.25 - 1) ** 2,  # F(0.5) = 0.25
            "cycle": 10 * (0.25 + 0.25),  # F(G(0)) = 0.25, G(F(0.5)) = 0.75
            "identity": 0.5 * 10 * (0.5 + 0.25),  # G(0.5) = 1, F(0) = -0.25
        }
        without = CycleGAN(**self.FIELDS, identity=0.0)  # type: ignore[arg-type]
        assert "identity" not in without.generator_loss(planted(without), self.BATCH, chance())

    def test_the_discriminators_terms_are_halved_squares_or_differences(self) -> None:
        game = CycleGAN(**self.FIELDS)  # type: ignore[arg-type]
        assert self.values(game.discriminator_loss(planted(game), self.BATCH, chance())) == {
            "discriminator_target": 0.5 * ((0.5 - 1) ** 2 + 0.5**2),
            "discriminator_source": 0.5 * ((0 - 1) ** 2 + 0.25**2),
        }
        game = CycleGAN(**self.FIELDS, adversarial="wasserstein")  # type: ignore[arg-type]
        nets = planted(game, slope=48.0)  # |grad| = 48 / sqrt(256) = 3, so (3 - 1)^2 = 4
        assert self.values(game.discriminator_loss(nets, self.BATCH, chance())) == {
            "discriminator_target": 0,
            "gradient_penalty_target": pytest.approx(40),
            "discriminator_source": 48 * 0.25,
            "gradient_penalty_source": pytest.approx(40),
        }
        found = self.values(game.generator_loss(nets, self.BATCH, chance()))
        assert (found["generator_target"], found["generator_source"]) == (-24, -12)

    def test_older_images_are_seen_again(self) -> None:
        game = CycleGAN(**self.FIELDS | {"pool": 4})  # type: ignore[arg-type]
        nets = planted(game)
        judges = nets["discriminator"]
        assert isinstance(judges, BothJudges)
        for number in range(12):
            game.discriminator_loss(
                nets, Batch(self.BATCH.real, other=torch.full((3, 1, 16, 16), float(number))), chance(number)
            )
        kept = {round(each, 3) for each in judges.targets.images[:, 0, 0, 0].tolist()}
        assert kept <= {number + 0.5 for number in range(12)}
        assert len(kept) > 1
        assert judges.sources.images.eq(0.25).all()


def test_the_papers_numbers() -> None:
    game = CycleGAN()
    assert (game.cycle, game.identity, game.pool, game.rate, game.blocks) == (10, 0.5, 50, 2e-4, 9)
    judges = game.players()["discriminator"]
    assert isinstance(judges, BothJudges)
    assert receptive_field(judges.target) == receptive_field(judges.source) == 70
    assert judges.targets.images.shape == (50, 3, 64, 64)


@pytest.mark.parametrize("adversarial", ["least_squares", "wasserstein"])
def test_it_resumes_to_the_bit_with_images_in_its_pool(adversarial: str) -> None:
    data = Domains("digits", warm(9), known_map(warm(20)[9:]))
    fields = {"shape": (3, 16, 16), "width": 2, "blocks": 1, "patch_layers": 1, "pool": 3, "adversarial": adversarial}
    game = CycleGAN(**fields)  # type: ignore[arg-type]
    whole = train(game, Batches(data, 2), 6, rng=chance())
    part = train(game, Batches(data, 2), 3, rng=chance())
    again = train(game, Batches(data, 2), 0, rng=chance(5))
    again.load_state_dict(part.state_dict())
    train(game, again.batches, 6, rng=again.rng, state=again)
    assert differences(again.state_dict(), whole.state_dict()) == []
    pool = again.state_dict()["nets"]["discriminator"]
    assert pool["targets.held"] == pool["sources.held"] == 3


def test_a_residual_block_begins_as_a_change_of_what_it_is_given(rng: torch.Generator) -> None:
    net = ResidualTranslator(3, 1, width=4, blocks=2, norm="none")
    blocks = [
        module for name, module in net.named_modules() if name.startswith("layers.residual") and "." not in name[7:]
    ]
    assert len(blocks) == 2
    x = torch.randn(1, 16, 4, 4, generator=rng)
    for block in blocks:
        torch.testing.assert_close(block(x) - x, block.change(x))  # type: ignore[operator]
    assert net(torch.zeros(2, 3, 16, 24)).shape == (2, 1, 16, 24)
    with pytest.raises(LabError, match="sides are multiples of 4, got 16x18"):
        net(torch.zeros(1, 3, 18, 16))


def test_domains_of_other_channels_need_a_game_without_identity() -> None:
    fields = {"shape": (1, 16, 16), "drawn": 3, "width": 2, "blocks": 1, "patch_layers": 1}
    with pytest.raises(LabError, match="they have 3 channels where sources have 1: choose --identity 0"):
        CycleGAN(**fields).players()  # type: ignore[arg-type]
    game = CycleGAN(**fields, identity=0.0)  # type: ignore[arg-type]
    nets = game.players()
    drawn = game.translate(nets, torch.zeros(2, 1, 16, 16))
    assert drawn.shape == (2, 3, 16, 16)
    assert game.translate(nets, drawn, target=1).shape == (2, 1, 16, 16)


def test_fields_that_make_no_sense_are_refused() -> None:
    for field in ("cycle", "identity", "gradient_penalty", "pool"):
        with pytest.raises(LabError, match=f"expected {field} of at least 0, got -1"):
            CycleGAN(**{field: -1})
    with pytest.raises(LabError, match="expected adversarial to be least_squares or wasserstein, got 'hinge'"):
        CycleGAN(adversarial="hinge")  # type: ignore[arg-type]
    with pytest.raises(LabError, match="choose --normalisation instance or none"):
        CycleGAN(adversarial="wasserstein", normalisation="batch")
