"""Schemes beyond the default: several children, plus, common and recycled latents, inertia, adaptive gamma."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from deap import base
from torch import Tensor

from core_gans.game import NoiseGame
from egan.evolution import evolve
from egan.family import lineage, living
from egan.fitness import FitnessRule, Judgement
from egan.mutations import KNOWN, Mutation, heuristic, minimax, rate
from egan.population import Population, start
from egan.scheme import Scheme
from egan.variation import vary
from tests.tiny import all_equal, batches, differences, points, small, weights

REAL = torch.zeros(8)


def begun(parents: int = 1, variant: str = "dcgan", **fields: Any) -> Population:
    game = small(variant, points(), **fields)
    assert isinstance(game, NoiseGame)
    return start(game, batches(points()), torch.Generator().manual_seed(0), parents)


def played(population: Population, generations: int = 1, **changes: Any) -> Population:
    return evolve(population.game, population.batches, generations, rng=population.rng, state=population, **changes)


@dataclass(frozen=True)
class Planted(FitnessRule):
    """Fitness values in the order of judgement, whatever the discriminator says."""

    values: list[float] = field(default_factory=list)

    def __call__(self, judgement: Judgement) -> float:
        return self.values.pop(0)


@dataclass(frozen=True)
class Seeing(FitnessRule):
    """The paper's rule, which keeps the fakes that it was shown."""

    seen: list[Tensor] = field(default_factory=list)

    def __call__(self, judgement: Judgement) -> float:
        self.seen.append(judgement.fakes)
        return super().__call__(judgement)


class TestChildren:
    def test_children_of_one_mutation_see_different_latents(self) -> None:
        fresh = begun()
        children = vary(fresh, Scheme(mutations=(minimax, heuristic), children=3), fresh.parents[0], REAL)
        assert [child.record.mutation for child in children] == ["minimax", "heuristic"] * 3
        first = [weights(child.generator)[0] for child in children]
        assert not any(torch.equal(first[one], first[other]) for one in range(6) for other in range(one))

    def test_all_compete(self) -> None:
        grown = played(begun(), 1, children=2, mutations=(minimax, heuristic), fitness=Planted(values=[1, 2, 9, 3]))
        assert grown.parents[0].number == 3
        assert grown.logbook[0]["fitness/minimax"] == 9  # the better of two
        assert grown.logbook[0]["fitness/heuristic"] == 3


class TestPlus:
    def test_a_parent_that_is_still_better_stays_with_its_descent(self) -> None:
        planted = Planted(values=[1, 2, 3, 5, 1, 2, 3, 4, 9, 1, 1, 2])
        grown = played(begun(), 3, strategy="plus", fitness=planted)  # three children, then the parent
        assert [line["fitness"] for line in grown.logbook] == [5, 4, 9]
        assert grown.parents[0].number == 7
        assert [line["winner"] for line in grown.logbook] == ["founder", "founder", "minimax"]
        assert [(record.number, record.until) for record in grown.history if record.survived] == [(0, 2), (7, 3)]
        assert [record.number for record in living(grown.history)] == [7]
        assert [record.number for record in lineage(grown.history, 7)] == [0, 7]
        assert grown.logbook[0]["fitness/heuristic"] == 2  # of the founder's children

    def test_parents_are_judged_anew_on_the_generations_latents(self) -> None:
        seeing = Seeing()
        grown = begun()
        founder = grown.parents[0]
        played(grown, 2, strategy="plus", fitness=seeing, common_latents=True, recycle=True)
        with torch.no_grad():
            again = founder.generator(torch.cat([grown.recycled]))
        assert len(seeing.seen) == 8
        if grown.parents[0] is founder:
            torch.testing.assert_close(seeing.seen[-1], again)
        assert not torch.equal(seeing.seen[3], seeing.seen[7])

    def test_a_survivor_keeps_its_optimiser(self) -> None:
        grown = played(begun(), 1, strategy="plus", fitness=Planted(values=[1, 2, 3, 5]))
        assert not grown.parents[0].optimizer.state
        played(grown, 2, strategy="plus", fitness=Planted(values=[1, 2, 6, 5]))
        assert {float(moments["step"]) for moments in grown.parents[0].optimizer.state.values()} == {1}


class TestLatents:
    def test_common_latents_are_the_same_for_every_child(self) -> None:
        twin = Mutation("twin", heuristic.loss)
        for common in (True, False):
            seeing = Seeing()
            played(begun(), 1, mutations=(heuristic, twin), common_latents=common, fitness=seeing)
            assert torch.equal(*seeing.seen) == common  # the two children are equal

    def test_survivors_vary_on_the_latents_that_they_were_judged_on(self) -> None:
        drawn: list[Tensor] = []
        population = begun(parents=2)
        toolbox = base.Toolbox()

        def latents() -> Tensor:
            drawn.append(population.draw_latents(20))
            return drawn[-1]

        toolbox.register("latents", latents)
        played(population, 1, common_latents=True, recycle=True, evaluation_size=20, toolbox=toolbox)
        assert len(drawn) == 1
        assert population.recycled is not None
        assert torch.equal(population.recycled, drawn[0][:8])
        before = population.rng.get_state()
        scheme = Scheme(mutations=(heuristic,), parents=2, common_latents=True, recycle=True)
        for parent in population.parents:
            (child,) = vary(population, scheme, parent, REAL)
            loss = heuristic.gradients(
                population.discriminator(parent.generator(drawn[0][:8])), REAL, list(parent.generator.parameters())
            )
            expected = parent.child(population.game.turns()[1].optimizer, child.record)
            expected.step(loss)
            assert all_equal(weights(child.generator), weights(expected.generator))
        assert torch.equal(population.rng.get_state(), before)  # nothing was drawn

    def test_without_recycling_nothing_is_kept(self) -> None:
        assert played(begun(), 2, common_latents=True).recycled is None


class TestFitnessOverTime:
    def test_inertia_is_a_moving_average_along_the_lineage(self) -> None:
        planted = Planted(values=[4.0, 8.0, 0.0])
        grown = played(begun(), 3, mutations=(minimax,), fitness=planted, inertia=0.75)
        assert [line["fitness"] for line in grown.logbook] == [4.0, 0.25 * 8 + 0.75 * 4, 0.75 * 5]

    def test_with_inertia_a_good_family_outlives_a_bad_moment(self) -> None:
        planted = [5.0, 1.0] + [0.9, 1.0] * 3  # two parents, one child each
        for inertia, leaders in ((0.0, {3}), (0.5, {2})):
            grown = played(
                begun(parents=2), 2, mutations=(minimax,), fitness=Planted(values=list(planted)), inertia=inertia
            )
            assert {grown.parents[0].record.parent} == leaders

    def test_a_balanced_gamma_gives_both_terms_their_share(self) -> None:
        judged = [Judgement(q, d, torch.empty(0)) for q, d in ((0.1, -3.0), (0.4, -5.0), (0.2, 1.0), (0.9, 2.0))]
        rule = FitnessRule(gamma=7.0, balance=0.5).among(judged)
        of_quality = torch.tensor([each.quality for each in judged], dtype=torch.float64).std()
        of_diversity = torch.tensor([each.diversity for each in judged], dtype=torch.float64).std()
        assert rule.gamma * of_diversity == pytest.approx(0.5 * of_quality)
        assert rule(judged[0]) == pytest.approx(0.1 + rule.gamma * -3)
        broken = [*judged, Judgement(float("nan"), 1.0, torch.empty(0)), Judgement(0.0, float("inf"), torch.empty(0))]
        assert FitnessRule(gamma=7.0, balance=0.5).among(broken).gamma == rule.gamma
        alike = [Judgement(q, 1.0, torch.empty(0)) for q in (0.1, 0.2)]
        assert FitnessRule(gamma=7.0, balance=0.5).among(alike).gamma == 7

    def test_a_rate_is_inherited_and_multiplies_what_falls(self) -> None:
        grown = played(begun(fall_rounds=10, fall_to=0.0, fall_power=1.0, rate=1e-3), 4, mutations=(rate,))
        (parent,) = grown.parents
        assert parent.rate != 1
        assert parent.optimizer.param_groups[0]["lr"] == pytest.approx(1e-3 * 0.7 * parent.rate)
        assert grown.optimizer.param_groups[0]["lr"] == pytest.approx(1e-3 * 0.7)
        child = parent.child(grown.game.turns()[1].optimizer, parent.record)
        assert child.rate == parent.rate


def test_everything_passes_in_float64() -> None:
    for variant in ("dcgan", "wgan_gp", "hinge"):
        population = begun(2, variant)
        population.discriminator.double()
        for parent in population.parents:
            parent.generator.double()
        played(
            population,
            2,
            mutations=tuple(KNOWN.values()),
            crossover="distillation",
            strategy="plus",
            common_latents=True,
            recycle=True,
        )
        tensors = [*population.discriminator.parameters(), *population.parents[0].generator.parameters()]
        assert {tensor.dtype for tensor in tensors} == {torch.float64}
        assert population.recycled is not None
        assert population.recycled.dtype == torch.float64
        moments = [value for state in population.optimizer.state.values() for value in state.values() if value.dim()]
        assert {moment.dtype for moment in moments} == {torch.float64}
        again = begun(2, variant)
        again.discriminator.double()
        for parent in again.parents:
            parent.generator.double()
        again.load_state_dict(population.state_dict())
        assert differences(again.state_dict(), population.state_dict()) == []
