"""StarGAN on two labelled data sets at once, judged by classifiers that never saw it."""

import math

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from core_gans.data import Batches, Examples, as_float
from core_gans.data.digits import digits
from core_gans.data.domains import LabelledSets, together
from core_gans.foundation.errors import LabError
from core_gans.game import Batch
from core_gans.training import train
from core_gans.variants.stargan import StarGAN, StarJudge
from tests.tiny import chance

SKIES = torch.tensor([[0.8, -0.8, -0.8], [-0.8, 0.8, -0.8], [-0.8, -0.8, 0.8]])  # red, green, blue
GROUNDS = torch.tensor([-0.8, 0.8])  # dark, light


def pictures(first: int, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Digits (count, 3, 16, 16) before a sky of one of three colours and a dark or light ground; and which."""
    rng = chance(first)
    ink = (as_float(digits(16).images[first : first + count]) + 1) / 2
    sky, ground = torch.randint(3, (count,), generator=rng), torch.randint(2, (count,), generator=rng)
    above = SKIES[sky][:, :, None, None].expand(-1, -1, 8, 16)
    below = GROUNDS[ground][:, None, None, None].expand(-1, 3, 8, 16)
    return torch.cat((above, below), dim=2) * (1 - 0.5 * ink), sky, ground


def both_sets() -> LabelledSets:
    """Pictures of which only the sky is labelled, and others of which only the ground is."""
    one, sky, _ = pictures(0, 500)
    other, _, ground = pictures(500, 500)
    return together(
        Examples("skies", one, sky, ("red", "green", "blue")), Examples("grounds", other, ground, ("dark", "light"))
    )


def test_held_out_images_reach_every_domain_of_both_sets(rng: torch.Generator) -> None:
    both = both_sets()
    fields = {"width": 8, "blocks": 1, "halvings": 1, "normalisation": "batch", "discriminator_steps": 2}
    weights = {"classification": 3.0, "reconstruction": 5.0, "rate": 2e-3, "fall_rounds": 240}
    sets = {"domains": both.examples.classes, "groups": both.groups}
    game = StarGAN(shape=(3, 16, 16), **sets, **fields, **weights)  # type: ignore[arg-type]
    state = train(game, Batches(both.examples, 8), 240, rng=rng)
    held, sky, ground = pictures(1000, 90)
    real, real_sky, real_ground = pictures(1100, 500)
    judges = [LogisticRegression(max_iter=500).fit(real.flatten(1), labels) for labels in (real_sky, real_ground)]
    assert [judge.score(held.flatten(1), truth) for judge, truth in zip(judges, (sky, ground), strict=True)] == [1, 1]
    reached = [
        (judges[target >= 3].predict(game.translate(state.nets, held, target).flatten(1)) == target % 3).mean()
        for target in range(5)
    ]
    # an image left as it is would reach a third of the skies and half of the grounds
    assert min(reached) >= 0.9


class TestMask:
    GAME = StarGAN(
        shape=(3, 16, 16), domains=("red", "green", "blue", "dark", "light"), groups=(3, 2), width=2, blocks=1
    )

    def test_a_domain_is_told_with_the_set_whose_label_it_is(self) -> None:
        assert self.GAME.told(torch.tensor([0, 2, 3, 4])).tolist() == [
            [1, 0, 0, 0, 0, 1, 0],
            [0, 0, 1, 0, 0, 1, 0],
            [0, 0, 0, 1, 0, 0, 1],
            [0, 0, 0, 0, 1, 0, 1],
        ]
        one = StarGAN(domains=("a", "b"))
        assert one.told(torch.tensor([1])).tolist() == [[0, 1]]

    def test_targets_are_drawn_evenly_from_the_image_s_own_set(self, rng: torch.Generator) -> None:
        asked = self.GAME.asked(torch.tensor([1, 4]).repeat(3000), rng)
        counts = torch.stack([asked[0::2].bincount(minlength=5), asked[1::2].bincount(minlength=5)]) / 3000
        expected = torch.tensor([[1 / 3, 1 / 3, 1 / 3, 0, 0], [0, 0, 0, 0.5, 0.5]])
        torch.testing.assert_close(counts, expected, atol=0.03, rtol=0)

    def test_an_image_is_classified_among_the_domains_of_its_own_set(self) -> None:
        logits = torch.tensor([[1.0, 0.0, 0.0, 50.0, 50.0], [50.0, 50.0, 50.0, 0.0, 2.0]], requires_grad=True)
        loss = self.GAME.class_loss(logits, torch.tensor([0, 3]))
        truth = (math.log(1 + 2 * math.exp(-1)) + math.log(1 + math.exp(2))) / 2
        assert loss.item() == pytest.approx(truth, rel=1e-6)
        (slope,) = torch.autograd.grad(loss, logits)
        assert slope[0, 3:].tolist() == [0, 0]
        assert slope[1, :3].tolist() == [0, 0, 0]
        assert slope.isfinite().all()


class Painter(nn.Module):
    """Fills an image with the number of the domain that it is told, in tenths."""

    def forward(self, given: Tensor) -> Tensor:
        domain = given[:, 3:].mean((2, 3)).argmax(1).float() / 10
        return given[:, :3] * 0 + domain[:, None, None, None]


class Judge(StarJudge):
    """The mean of an image as its score; logits that are known."""

    def both(self, images: Tensor) -> tuple[Tensor, Tensor]:
        return 2 * images.mean((1, 2, 3)), torch.tensor([[2.0, 0.0]]).expand(len(images), -1)


def test_the_losses_are_the_papers() -> None:
    game = StarGAN(shape=(3, 16, 16), width=2, blocks=1)
    nets = {"generator": Painter(), "discriminator": Judge((3, 16, 16), 2, 2, 3)}
    label = torch.tensor([0, 1, 1, 1])
    batch = Batch(torch.full((4, 3, 16, 16), 0.5), label)
    asked = game.asked(label, chance(4)).tolist()
    assert asked.count(1) != 3  # so that the way back to the asked domains would cost something else
    moved = torch.tensor(asked) / 10
    of_class = {0: math.log(1 + math.exp(-2)), 1: math.log(1 + math.exp(2))}
    terms = game.discriminator_loss(nets, batch, chance(4))
    assert terms["discriminator"].item() == pytest.approx(2 * moved.mean().item() - 1, abs=1e-6)
    assert terms["class"].item() == pytest.approx((of_class[0] + 3 * of_class[1]) / 4, rel=1e-6)
    slope = 2 / math.sqrt(3 * 16 * 16)  # of the mean, per image
    assert terms["gradient_penalty"].item() == pytest.approx(10 * (slope - 1) ** 2, rel=1e-5)
    terms = game.generator_loss(nets, batch, chance(4))
    assert terms["generator"].item() == pytest.approx(-2 * moved.mean().item(), abs=1e-6)
    assert terms["generator_class"].item() == pytest.approx(sum(of_class[each] for each in asked) / 4, rel=1e-6)
    assert terms["reconstruction"].item() == pytest.approx(10 * (0.5 + 3 * 0.4) / 4, rel=1e-6)  # back to 0 and to 0.1


def test_the_papers_numbers() -> None:
    game = StarGAN()
    assert (game.classification, game.reconstruction, game.gradient_penalty) == (1, 10, 10)
    discriminator, generator = game.turns()
    assert (discriminator.times, generator.times) == (5, 1)
    optimizer = discriminator.optimizer
    assert (optimizer.rate, optimizer.beta1, optimizer.beta2) == (1e-4, 0.5, 0.999)  # type: ignore[attr-defined]


def test_the_judge_has_one_score_and_a_logit_a_domain_for_each_image() -> None:
    judge = StarGAN(shape=(3, 32, 32), domains=("a", "b", "c"), width=2).players()["discriminator"]
    assert isinstance(judge, StarJudge)
    assert len(judge.trunk) == 4  # down to two pixels
    scores, logits = judge.both(torch.zeros(5, 3, 32, 32))
    assert (scores.shape, logits.shape) == ((5,), (5, 3))


def test_the_domain_asked_for_is_seen_though_images_are_normalised() -> None:
    game = StarGAN(shape=(3, 16, 16), domains=("a", "b"), width=4, blocks=1, normalisation="instance")
    nets, images = game.players(), pictures(0, 3)[0]
    assert (game.translate(nets, images, 0) - game.translate(nets, images, 1)).abs().max() > 1e-4


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(LabError, match="expected at least two domains to translate between, got 1"):
        StarGAN(domains=("a",))
    with pytest.raises(LabError, match="expected groups that are the 2 domains together, got 3"):
        StarGAN(groups=(2, 1))
    with pytest.raises(LabError, match="expected at most 4 layers for images of 16 pixels, got 5"):
        StarGAN(shape=(3, 16, 16), layers=5).players()
    game = StarGAN(shape=(3, 16, 16), width=2, blocks=1)
    images = pictures(0, 2)[0]
    with pytest.raises(LabError, match="stargan needs a domain with every image: choose data with labels"):
        game.generator_loss(game.players(), Batch(images), chance())
    with pytest.raises(LabError, match="expected classes from 0 to 1, got 2"):
        game.discriminator_loss(game.players(), Batch(images, torch.tensor([0, 2])), chance())
