"""Games whose discriminator also says what it sees: AC-GAN, InfoGAN and the semi-supervised GAN."""

from __future__ import annotations

import math

import pytest
import torch
from sklearn.metrics import normalized_mutual_info_score
from torch import nn

from core_gans import Batches, make, train
from core_gans.data import Examples, few_labels
from core_gans.foundation.errors import LabError
from core_gans.game import Batch
from core_gans.networks import Architecture, family
from core_gans.networks.noise import Noise
from core_gans.networks.trunk import Trunked, split
from core_gans.variants import ACGAN, InfoGAN, SemiSupervised
from tests.tiny import chance

POINTS = {"shape": (2,), "family": "mlp", "latent": 2, "width": 32, "depth": 2, "normalisation": "none", "r1": 0.1}
QUIET = {"noise": 0.0, "layer_noise": 0.0}


def corners(count: int = 400) -> Examples:
    """Four clouds of points, one a class."""
    centres = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    labels = torch.arange(count) % 4
    return Examples("corners", centres[labels] + 0.1 * torch.randn(count, 2, generator=chance()), labels, tuple("abcd"))


class Says(nn.Module):
    """Whatever it is shown, it says ``words``."""

    def __init__(self, words: torch.Tensor) -> None:
        super().__init__()
        self.words = words

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return self.words


class TestTrunk:
    @pytest.mark.parametrize("kind", ["dcgan", "mlp", "maxout"])
    def test_head_of_trunk_is_the_discriminator_that_was_split(self, kind: str, rng: torch.Generator) -> None:
        shape = (1, 16, 16)
        whole = family(kind).discriminator(Architecture(shape=shape, width=4, latent=3, depth=2)).eval()
        trunk, head = split(whole)
        examples = torch.randn(3, *shape, generator=rng)
        assert torch.equal(head(trunk(examples)), whole(examples))
        assert torch.equal(Trunked(whole).eval()(examples), whole(examples))
        assert 0 < sum(p.numel() for p in head.parameters()) < sum(p.numel() for p in trunk.parameters())

    def test_a_discriminator_without_scores_is_refused(self) -> None:
        with pytest.raises(LabError, match="another head can stand: choose --family dcgan, mlp or maxout"):
            split(nn.Sequential(nn.Linear(2, 1)))


class TestACGAN:
    def test_its_class_terms_are_cross_entropies_of_real_and_asked_classes(self) -> None:
        game = ACGAN(**POINTS, classes=3, class_weight=2.0)
        logits = torch.tensor([[5.0, 1.0, 0.0], [0.0, 2.0, -1.0]])
        nets = {**game.players(), "classifier": Says(logits)}
        batch = Batch(torch.zeros(2, 2), torch.tensor([0, 2]))
        terms = game.discriminator_loss(nets, batch, chance(4))
        asked = game.asked(game.latents(2, chance(4)))

        def entropy(labels: torch.Tensor) -> float:
            return -sum(math.log(math.exp(row[k]) / sum(map(math.exp, row))) for row, k in zip(
                logits.tolist(), labels.tolist(), strict=True)) / 2  # fmt: skip

        assert terms["class"].item() == pytest.approx(2 * (entropy(batch.label) + entropy(asked)), rel=1e-6)
        own = game.generator_loss(nets, batch, chance(4))
        assert own["generator_class"].item() == pytest.approx(2 * entropy(asked), rel=1e-6)

    def test_the_class_asked_for_is_the_class_drawn(self, rng: torch.Generator) -> None:
        data = corners()
        game = make("acgan", **POINTS, classes=4, rate=2e-3)
        state = train(game, Batches(data, 64), 400, rng=rng)
        asked = torch.arange(400) % 4
        drawn = game.sample(state.nets, 400, chance(1), asked)
        centres = torch.stack([data.images[data.labels == each].mean(0) for each in range(4)])
        assert (torch.cdist(drawn, centres).argmin(1) == asked).float().mean() > 0.9
        assert (torch.cdist(drawn, centres).min(1).values).mean() < 0.5


class TestInfoGAN:
    def test_latents_hold_noise_a_category_and_codes(self) -> None:
        game = InfoGAN(shape=(2,), family="mlp", latent=5, categories=3, codes=2)
        latents = game.latents(600, chance())
        assert latents.shape == (600, 10)
        assert (latents[:, 5:8].sum(1) == 1).all()
        assert latents[:, 5:8].mean(0).tolist() == pytest.approx([1 / 3] * 3, abs=0.06)
        codes = latents[:, 8:]
        assert codes.abs().max() <= 1
        assert codes.var().item() == pytest.approx(1 / 3, rel=0.1)
        assert game.asked(game.latents(4, chance(), torch.tensor([2, 0, 1, 1]))).tolist() == [2, 0, 1, 1]

    def test_information_is_minus_log_q(self) -> None:
        game = InfoGAN(
            shape=(2,), family="mlp", latent=1, categories=2, codes=1, information=3.0, codes_information=0.5
        )
        said = torch.tensor([[2.0, 0.0, 0.25], [1.0, 1.0, -1.0]])
        latents = torch.tensor([[9.0, 1.0, 0.0, 0.75], [9.0, 0.0, 1.0, -1.0]])
        terms = game.information_terms({"recogniser": Says(said)}, torch.zeros(2, 1), latents)
        assert terms["category"].item() == pytest.approx(3 * (math.log1p(math.exp(-2.0)) + math.log(2)) / 2, rel=1e-6)
        assert terms["codes"].item() == pytest.approx(0.5 * (0.5 * 0.25) / 2, rel=1e-6)

    def test_the_bound_is_the_entropy_when_q_is_always_right(self) -> None:
        game = InfoGAN(shape=(2,), family="mlp", categories=10)
        assert game.bound(0.0) == pytest.approx(math.log(10))
        assert game.bound(math.log(10)) == pytest.approx(0.0)

    def test_the_category_finds_the_classes_without_a_label(self, rng: torch.Generator) -> None:
        data = corners()
        unlabelled = Examples("unlabelled", data.images)
        game = make("infogan", **POINTS, categories=4, codes=0, rate=2e-3, discriminator_rate=2e-3)
        state = train(game, Batches(unlabelled, 64), 500, rng=rng)
        assert isinstance(game, InfoGAN)
        probabilities, codes = game.recognised(state.nets, data.images)
        assert codes.shape == (400, 0)
        assert normalized_mutual_info_score(data.labels, probabilities.argmax(1)) > 0.6

    @pytest.mark.parametrize("fields", [{"categories": 1}, {"categories": 0, "codes": 0}, {"codes": -1}])
    def test_codes_that_cannot_be(self, fields: dict[str, int]) -> None:
        with pytest.raises(LabError, match="expected 0 or at least 2 categories"):
            InfoGAN(shape=(2,), family="mlp", **fields)


class TestSemiSupervised:
    def test_real_has_the_probability_z_over_z_plus_one(self, rng: torch.Generator) -> None:
        game = SemiSupervised(**POINTS, **QUIET, classes=3)
        discriminator = game.players()["discriminator"]
        examples = torch.randn(5, 2, generator=rng)
        z = discriminator.logits(examples).double().exp().sum(1)
        torch.testing.assert_close(discriminator(examples).double().sigmoid(), z / (z + 1))

    def test_only_known_labels_supervise(self) -> None:
        game = SemiSupervised(**POINTS, **QUIET, classes=3)
        nets = game.players()
        real, label = torch.randn(4, 2, generator=chance()), torch.tensor([-1, 2, -1, 0])
        found = game.discriminator_loss(nets, Batch(real, label), chance())["supervised"]
        logits = nets["discriminator"].logits(real)
        truth = -(logits[1].log_softmax(0)[2] + logits[3].log_softmax(0)[0]) / 2
        torch.testing.assert_close(found, truth)
        unknown = game.discriminator_loss(nets, Batch(real, torch.full((4,), -1)), chance())
        assert "supervised" not in unknown

    def test_features_match_when_the_fakes_are_the_real_examples(self) -> None:
        game = SemiSupervised(**POINTS, **QUIET, classes=3)
        real = torch.randn(4, 2, generator=chance())
        nets = {**game.players(), "generator": Says(real)}
        assert game.generator_loss(nets, Batch(real), chance())["generator"].item() == 0
        nets["generator"] = Says(real + 1)
        moved = game.generator_loss(nets, Batch(real), chance())["generator"]
        features = nets["discriminator"].features
        truth = (features(real + 1).mean(0) - features(real).mean(0)).square().mean()
        torch.testing.assert_close(moved, truth)

    def test_noise_stands_before_the_first_block_and_behind_each_while_learning_alone(
        self, rng: torch.Generator
    ) -> None:
        discriminator = SemiSupervised(**POINTS, classes=3, noise=0.25, layer_noise=2.0).players()["discriminator"]
        deviations = [layer.deviation for layer in discriminator.modules() if isinstance(layer, Noise)]
        assert deviations == [0.25, *[2.0] * (len(deviations) - 1)]
        assert len(deviations) > 2
        examples = torch.randn(5, 2, generator=rng)
        assert not torch.equal(discriminator.logits(examples), discriminator.logits(examples))
        discriminator.eval()
        assert torch.equal(discriminator.logits(examples), discriminator.logits(examples))

    @pytest.mark.parametrize("name", ["noise", "layer_noise"])
    def test_negative_noise_is_refused(self, name: str) -> None:
        with pytest.raises(LabError, match="expected noise of at least 0"):
            SemiSupervised(**POINTS, **{name: -0.1})

    def test_one_label_a_class_is_enough_for_four_clouds(self) -> None:
        data = corners()
        game = make("semi_supervised", **POINTS, classes=4, rate=2e-3)
        state = train(game, Batches(few_labels(data, 1, chance()), 64), 300, rng=chance())
        said = state.nets["discriminator"].eval().logits(data.images).argmax(1)
        assert (said == data.labels).float().mean() > 0.95


class TestFewLabels:
    def test_so_many_of_each_class_are_kept_and_right(self, rng: torch.Generator) -> None:
        data = corners(80)
        found = few_labels(data, 3, rng, balanced=False)
        kept = found.labels >= 0
        assert torch.bincount(found.labels[kept]).tolist() == [3, 3, 3, 3]
        assert torch.equal(found.labels[kept], data.labels[kept])
        assert torch.equal(found.images, data.images)

    def test_balanced_half_of_the_examples_are_labelled(self, rng: torch.Generator) -> None:
        found = few_labels(corners(80), 2, rng)
        assert 0.4 < (found.labels >= 0).float().mean() < 0.6

    @pytest.mark.parametrize("each", [0, 21])
    def test_too_few_or_too_many_are_refused(self, each: int, rng: torch.Generator) -> None:
        with pytest.raises(ValueError, match=rf"expected 1 to 20 labels to keep of the class a, got {each}\."):
            few_labels(corners(80), each, rng)

    def test_data_without_labels_are_refused(self, rng: torch.Generator) -> None:
        with pytest.raises(ValueError, match="expected labels to keep a few of"):
            few_labels(Examples("bare", torch.zeros(4, 2)), 1, rng)
