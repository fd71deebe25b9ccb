"""Several discriminators that evolve beside the generators (CDE-GAN)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core_gans.data.points import ring, ring_centres
from core_gans.foundation.errors import DivergedError, LabError
from core_gans.game import Batch, NoiseGame
from core_gans.losses.objectives import Objective, least_squares_labels, wasserstein
from core_gans.metrics import mode_coverage
from core_gans.recipes import points_fields
from core_gans.runs import checkpoints
from core_gans.variants import make
from egan.discriminators import (
    DISCRIMINATOR_MUTATIONS,
    OWN_AND_LEAST_SQUARES,
    Discriminator,
    DiscriminatorMutation,
    discriminator_mutation,
    own,
)
from egan.evolution import evolve
from egan.judging import evaluate as evaluate_by_one
from egan.judging import real_scores as scores_by_one
from egan.multi_discriminator import (
    assess,
    born,
    evaluate,
    real_scores,
    recruit,
    soft_gradients,
    survivors,
    train_discriminators,
    vary,
)
from egan.mutations import PAPER, SURVEY, heuristic, noise
from egan.options import Evolution
from egan.population import Population
from egan.scheme import Scheme
from egan.train_discriminator import train_discriminator
from egan.variation import vary as vary_by_one
from tests.egan.growing import population
from tests.tiny import all_equal, batches, chance, differences, pictures, points, small, weights

POISON = DiscriminatorMutation("poison", Objective("poison", lambda real, fake: fake.mean() * torch.nan, torch.mean))
STILL = DiscriminatorMutation("still", Objective("still", lambda real, fake: 0 * fake.mean(), torch.mean))


def begun(count: int = 2, **fields: Any) -> Population:
    fresh = population(**fields)
    recruit(fresh, count)
    return fresh


def scheme(count: int = 2, **fields: Any) -> Scheme:
    return Scheme(discriminators=count, **fields)


def planted(network: nn.Module, fitness: float = math.nan) -> Discriminator:
    return Discriminator(network, torch.optim.SGD(network.parameters(), 0.1), fitness=fitness)


class Slope(nn.Module):
    """A discriminator that scores a point by ``steepness`` times its first coordinate."""

    def __init__(self, steepness: float) -> None:
        super().__init__()
        self.steepness = nn.Parameter(torch.tensor(steepness))

    def forward(self, points: Tensor) -> Tensor:
        return self.steepness * points[:, 0]


class TestJudgingDiscriminators:
    REAL, FAKE = torch.tensor([[1.0, 0.0]] * 4), torch.tensor([[-1.0, 0.0]] * 4)

    def test_fitness_has_a_closed_form(self) -> None:
        child = planted(Slope(0.5))
        assess(begun(), child, self.REAL, self.FAKE, gamma=0.1)
        loss = 2 * math.log1p(math.exp(-0.5))  # -log s(x) - log(1 - s(-x))
        slope = 2 / (1 + math.exp(0.5))
        assert child.quality == pytest.approx(-loss)
        assert child.diversity == pytest.approx(-math.log(slope))
        assert child.fitness == pytest.approx(-loss - 0.1 * math.log(slope))

    def test_the_one_that_tells_real_from_fake_survives_and_a_dead_one_never(self) -> None:
        good, bad, ill, torn = (planted(Slope(value)) for value in (2.0, -2.0, math.nan, 1.0))
        torn.network.register_buffer("statistic", torch.tensor(math.inf))
        for child in (ill, bad, torn, good):
            assess(begun(), child, self.REAL, self.FAKE, gamma=0.01)
        assert survivors([ill, bad, torn, good], 1, 1) == [good]
        assert survivors([ill, bad, torn, good], 2, 1) == [good, bad]
        with pytest.raises(DivergedError, match="expected 3 living discriminators in generation 7, but 2 of 4"):
            survivors([ill, bad, torn, good], 3, 7)

    def test_a_discriminator_without_errors_lives(self) -> None:
        fresh = population()
        hinge = small("hinge", points())
        assert isinstance(hinge, NoiseGame)
        fresh.game = hinge
        child = planted(Slope(3.0))
        assess(fresh, child, self.REAL, self.FAKE, gamma=0.01)
        assert child.quality == 0  # and no gradient
        assert child.alive

    def test_statistics_stay_and_no_gradients_are_left(self) -> None:
        fresh = population(pictures())
        child = Discriminator(fresh.discriminator, fresh.optimizer)
        before = {name: value.clone() for name, value in child.network.state_dict().items()}
        assess(fresh, child, torch.rand(8, 1, 16, 16), torch.rand(8, 1, 16, 16), gamma=0.01)
        assert differences(dict(child.network.state_dict()), before) == []
        assert all(parameter.grad is None for parameter in child.network.parameters())


class TestMutations:
    def test_the_games_own_is_its_own_step(self) -> None:
        one, other = begun(), population()
        batch, fakes = next(one.batches), torch.zeros(8, 2)
        child = born(one, one.discriminators[0], own, batch.real, fakes)
        before = weights(one.discriminator)
        train_discriminator(other, batch, fakes)
        assert all_equal(weights(child.network), weights(other.discriminator))
        assert all_equal(weights(one.discriminator), before)
        assert not all_equal(weights(child.network), before)

    def test_an_objective_keeps_the_games_penalties(self) -> None:
        game = small("dcgan", points(), r1=0.7)
        assert isinstance(game, NoiseGame)
        network, real, fake = Slope(3.0), torch.rand(8, 2), torch.rand(8, 2)
        loss = DiscriminatorMutation("w", wasserstein).loss(game, network, real, fake, chance())
        expected = 3 * (fake[:, 0].mean() - real[:, 0].mean()) + 0.7 / 2 * 9
        assert float(loss.detach()) == pytest.approx(float(expected), rel=1e-5)

    def test_an_objective_of_a_name_is_that_of_the_game_itself(self) -> None:
        game, lsgan = small("dcgan", points()), small("lsgan", points())
        assert isinstance(game, NoiseGame)
        assert isinstance(lsgan, NoiseGame)
        network, real, fake = Slope(0.3), torch.rand(8, 2), torch.rand(8, 2)
        named = DISCRIMINATOR_MUTATIONS["least_squares"].loss(game, network, real, fake, chance())
        assert torch.equal(named, DISCRIMINATOR_MUTATIONS["own"].loss(lsgan, network, real, fake, chance()))
        assert torch.equal(named, least_squares_labels.discriminator(network(real), network(fake)))

    def test_statistics_move_as_by_the_games_own_step(self) -> None:
        fresh = begun(examples=pictures())
        real, fakes = torch.rand(8, 1, 16, 16), torch.rand(8, 1, 16, 16)
        parent = fresh.discriminators[0]
        ones, others = (born(fresh, parent, each, real, fakes).network for each in OWN_AND_LEAST_SQUARES)
        assert all_equal(list(ones.buffers()), list(others.buffers()))
        assert not all_equal(list(ones.buffers()), list(parent.network.buffers()))

    def test_siblings_begin_with_the_same_moments(self) -> None:
        grown = evolved(3)
        for each in grown.discriminators:
            assert {float(moments["step"]) for moments in each.optimizer.state.values()} == {3}

    def test_names(self) -> None:
        assert discriminator_mutation("hinge").objective is not None
        with pytest.raises(ValueError, match="hinge"):
            discriminator_mutation("hing")
        mine = discriminator_mutation("core_gans.losses.objectives:wasserstein")
        assert mine.objective is wasserstein


def evolved(generations: int, count: int = 2, seed: int = 0, **given: Any) -> Population:
    game = small("dcgan", points())
    return evolve(game, batches(points()), generations, rng=chance(seed), discriminators=count, **given)


class TestSeveral:
    def test_twins_judge_and_vary_as_one_does(self) -> None:
        one, two = population(), begun()
        two.discriminators[1].network.load_state_dict(two.discriminator.state_dict())
        mutations = (*PAPER, *SURVEY.values())
        two.rng.set_state(one.rng.get_state())
        batch = next(one.batches)
        real, reals = scores_by_one(one, batch), real_scores(two, batch)
        assert torch.equal(reals, torch.stack([real, real]))
        ones = vary_by_one(one, Scheme(mutations), one.parents[0], real)
        others = vary(two, scheme(mutations=mutations), two.parents[0], reals)
        assert len(ones) == len(others) == len(mutations)
        for single, double in zip(ones, others, strict=True):
            assert single.record == double.record
            pairs = zip(weights(single.generator), weights(double.generator), strict=True)
            assert all(torch.allclose(left, right, atol=1e-5) for left, right in pairs)
            latents = torch.rand(16, 3)
            alone = evaluate_by_one(one, single, real, latents, "probability")
            both = evaluate(two, single, reals, latents, "probability")
            assert (both.quality, both.diversity) == pytest.approx((alone.quality, alone.diversity), rel=1e-6)
            assert torch.equal(both.fakes, alone.fakes)

    def test_generators_are_judged_by_the_mean(self) -> None:
        fresh = begun(3)
        batch, latents, child = next(fresh.batches), torch.rand(16, 3), fresh.parents[0]
        single = []
        for each in fresh.discriminators:
            fresh.discriminator = each.network
            single.append(evaluate_by_one(fresh, child, scores_by_one(fresh, batch), latents, "logit"))
        mean = evaluate(fresh, child, real_scores(fresh, batch), latents, "logit")
        assert mean.quality == pytest.approx(sum(each.quality for each in single) / 3)
        assert mean.diversity == pytest.approx(sum(each.diversity for each in single) / 3)
        assert len({each.quality for each in single}) == 3

    @pytest.mark.parametrize("harshness", [0.0, 1.0, 5.0, -1.0])
    def test_the_soft_mechanism_weighs_by_the_softmax_of_the_losses(self, harshness: float) -> None:
        weight = torch.tensor([0.5], requires_grad=True)
        scores = [weight * torch.tensor([1.0, 3.0]), weight * torch.tensor([-4.0])]
        # heuristic: L = E log(1 + e^-s) and dL/dw = -E x / (1 + e^s), for scores s = w x
        losses = [(math.log1p(math.exp(-0.5)) + math.log1p(math.exp(-1.5))) / 2, math.log1p(math.exp(2.0))]
        slopes = [-(1 / (1 + math.exp(0.5)) + 3 / (1 + math.exp(1.5))) / 2, 4 / (1 + math.exp(-2.0))]
        shares = [math.exp(harshness * loss) for loss in losses]
        (soft,) = soft_gradients(heuristic, scores, torch.zeros(2, 1), [weight], harshness)
        expected = sum(share * slope for share, slope in zip(shares, slopes, strict=True)) / sum(shares)
        assert float(soft) == pytest.approx(expected, rel=1e-5)
        assert soft_gradients(noise, scores, torch.zeros(2, 1), [weight], harshness) == ()

    def test_a_poisoned_mutation_dies_and_the_others_carry_on(self) -> None:
        grown = evolved(4, discriminator_mutations=[POISON, *OWN_AND_LEAST_SQUARES])
        winners = grown.logbook.select("discriminator/winner")
        assert len(winners) == 4
        assert set(winners) <= {"own", "least_squares"}
        assert all(each.alive for each in grown.discriminators)

    def test_when_too_few_live_the_population_returns(self) -> None:
        grown = evolved(2)
        before = grown.state_dict()
        names = ("discriminator", "discriminators", "optimizer", "parents")
        kept = {name: before[name] for name in names}
        evolve(grown.game, grown.batches, 3, rng=grown.rng, state=grown, discriminator_mutations=[POISON])
        assert grown.logbook[-1]["returned"] == 1
        assert differences({name: grown.state_dict()[name] for name in names}, kept) == []
        evolve(grown.game, grown.batches, 5, rng=grown.rng, state=grown)
        assert grown.returns == 0

    def test_the_best_leads_and_is_what_others_see(self) -> None:
        grown = evolved(3, count=3)
        first, *others = grown.discriminators
        assert grown.nets["discriminator"] is grown.discriminator is first.network
        assert grown.optimizer is first.optimizer
        assert all(first.fitness >= other.fitness for other in others)
        line = grown.logbook[-1]
        assert line["discriminator/fitness"] == grown.terms["discriminator/fitness"] == first.fitness
        assert line["discriminator"] == -first.quality
        assert line["discriminator/winner"] == first.mutation
        assert first.fitness == pytest.approx(first.quality + 0.01 * first.diversity)

    def test_what_learns_is_not_what_judges(self) -> None:
        fresh, seen = begun(discriminator_steps=2), []

        @dataclass(frozen=True)
        class Spy:
            name: str = "spy"

            def loss(self, game: NoiseGame, network: nn.Module, real: Tensor, fake: Tensor, rng: Any) -> Tensor:
                seen.append(fake)
                return own.loss(game, network, real, fake, rng)

        fakes = torch.arange(48.0).view(24, 2)  # b to be judged by, 2 b to learn from
        spied: Any = Spy()
        train_discriminators(fresh, scheme(discriminator_mutations=(spied,)), Batch(torch.zeros(8, 2)), fakes)
        assert len(seen) == 4  # two discriminators, two steps
        learnt = torch.cat(seen).unique(dim=0)
        assert len(learnt) == 16
        assert torch.equal(seen[0], seen[1])
        assert fresh.images_seen == 3 * 8

    def test_a_still_mutation_alone_keeps_every_discriminator(self) -> None:
        fresh = begun()
        before = {id(each): weights(each.network) for each in fresh.discriminators}
        train_discriminators(fresh, scheme(discriminator_mutations=(STILL,)), next(fresh.batches), torch.rand(16, 2))
        after = [weights(each.network) for each in fresh.discriminators]
        assert all(any(all_equal(old, new) for new in after) for old in before.values())


class TestOne:
    def test_one_discriminator_is_e_gan(self) -> None:
        plain = evolve(small("dcgan", points()), batches(points()), 4, rng=chance())
        named = evolved(4, count=1, harshness=3.0, discriminator_gamma=1.0, discriminator_mutations=[POISON])
        assert differences(plain.state_dict(), named.state_dict()) == []
        assert differences(plain.terms, named.terms) == []
        assert plain.discriminators == named.discriminators == []

    def test_a_population_may_take_discriminators_in_and_keeps_them(self) -> None:
        grown = evolve(small("dcgan", points()), batches(points()), 2, rng=chance())
        one = grown.discriminator
        evolve(grown.game, grown.batches, 2, rng=grown.rng, state=grown, discriminators=3)
        assert len(grown.discriminators) == 3
        assert grown.discriminator is one
        evolve(grown.game, grown.batches, 4, rng=grown.rng, state=grown)
        assert len(grown.discriminators) == 3


CASES: Mapping[str, tuple[str, Any, dict[str, Any], dict[str, Any]]] = {
    "points": ("gan", points(), {}, {}),
    "two parents, two steps": ("dcgan", pictures(), {"discriminator_steps": 2}, {"parents": 2}),
    "three, a penalty": ("wgan_gp", points(), {}, {"discriminators": 3}),
    "clipped, falling": ("wgan", points(), {"fall_rounds": 6}, {"strategy": "plus", "common_latents": True}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("stop", [1, 4])
def test_resuming_from_a_file_is_exact(case: str, stop: int, tmp_path: Path) -> None:
    variant, examples, fields, changes = CASES[case]
    changes = {"discriminators": 2} | changes

    def grown(until: int, state: Population | None = None, seed: int = 0) -> Population:
        data = state.batches if state else batches(examples, size=6)
        rng = state.rng if state else chance(seed)
        return evolve(small(variant, examples, **fields), data, until, rng=rng, state=state, **changes)

    whole, part, again = grown(6), grown(stop), grown(0, seed=5)
    saved = checkpoints.load(checkpoints.save(tmp_path / "stop.safetensors", {"state": part.state_dict()}))
    again.load_state_dict(saved["state"])
    assert differences(again.state_dict(), part.state_dict()) == []
    assert len(again.discriminators) == changes["discriminators"]
    grown(6, again)
    assert differences(again.state_dict(), whole.state_dict()) == []
    assert differences(again.terms, whole.terms) == []


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"discriminators": 0}, "at least one discriminator, got 0"),
        ({"discriminator_mutations": ()}, "at least one mutation of discriminators, got none"),
        ({"discriminator_gamma": math.nan}, "a finite discriminator_gamma, got nan"),
        ({"harshness": math.inf}, "a finite harshness, got inf"),
    ],
)
def test_schemes_that_could_not_be_played(fields: Mapping[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Scheme(**fields)


def test_numbers_on_the_command_line() -> None:
    made = Evolution(discriminators=3, discriminator_mutations=("hinge", "own"), harshness=0.5).scheme()
    assert [each.name for each in made.discriminator_mutations] == ["hinge", "own"]
    assert (made.discriminators, made.harshness) == (3, 0.5)
    with pytest.raises(LabError, match="at least one discriminator, got --discriminators 0"):
        Evolution(discriminators=0)
    with pytest.raises(ValueError, match="least_squares"):
        Evolution(discriminator_mutations=("least_square",)).scheme()


def test_fakes_must_do_for_learning_and_for_judging() -> None:
    with pytest.raises(
        ValueError, match=r"evaluation size of at least 16, got 15: .* 2 discriminators take a batch of 8"
    ):
        evolved(1, evaluation_size=15)
    assert Scheme(discriminators=2).judged_on(8, 3) == 32
    assert Scheme(discriminators=1).judged_on(8, 3) == 24


def test_two_discriminators_cover_modes_of_the_ring() -> None:
    data = ring(2000, chance())
    fields = points_fields("dcgan") | {"shape": (2,), "width": 32, "depth": 3, "fall_rounds": 0}
    game = make("dcgan", **fields)
    assert isinstance(game, NoiseGame)

    def judged(state: Population) -> tuple[int, float]:
        found = mode_coverage(game.sample(state.nets, 2000, chance(1)), ring_centres(), 0.05)
        return found.covered, found.high_quality

    young = evolve(game, batches(data, size=64), 0, rng=chance(), discriminators=2)
    modes, quality = judged(young)
    old = evolve(game, young.batches, 300, rng=young.rng, state=young)
    more_modes, more_quality = judged(old)
    assert more_modes >= modes + 3
    assert more_quality > quality
