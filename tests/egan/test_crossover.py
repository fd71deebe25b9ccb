"""Children of two parents."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from core_gans.game import NoiseGame
from egan.crossover import distillation, interpolation
from egan.evolution import evolve
from egan.family import deap_history
from egan.population import Population, start
from tests.tiny import all_equal, batches, pictures, points, small, weights


def population(parents: int = 2, **fields: Any) -> Population:
    game = small("dcgan", points(), **fields)
    assert isinstance(game, NoiseGame)
    return start(game, batches(points()), torch.Generator().manual_seed(0), parents)


class Right(nn.Module):
    """A discriminator that prefers what lies further to the right."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.ones(()))

    def forward(self, points: Tensor) -> Tensor:
        return self.slope * points[:, 0]


class Stripes(Right):
    """One that prefers some of either parent's."""

    def forward(self, points: Tensor) -> Tensor:
        return (300 * self.slope * points[:, 0]).sin()


class TestDistillation:
    def test_it_is_one_adam_step_towards_the_preferred_samples(self) -> None:
        found = population()
        found.discriminator = Stripes()
        better, worse = found.parents
        rng = found.rng.get_state()
        child = distillation(found, better, worse)
        found.rng.set_state(rng)
        latents = found.game.latents(8, found.rng)
        with torch.no_grad():
            ones, others = better.generator(latents), worse.generator(latents)
        prefers = found.discriminator
        target = torch.stack(
            [a if prefers(a[None]) >= prefers(b[None]) else b for a, b in zip(ones, others, strict=True)]
        )
        assert not torch.equal(target, ones)
        assert not torch.equal(target, others)
        expected = copy.deepcopy(better)
        ((expected.generator(latents) - target) ** 2).mean().backward()
        expected.optimizer.step()
        for one, other in zip(weights(child.generator), weights(expected.generator), strict=True):
            torch.testing.assert_close(one, other)
        assert (child.record.parent, child.record.other, child.record.mutation) == (0, 1, "crossover")

    def test_step_by_step_the_child_draws_what_the_discriminator_prefers(self) -> None:
        found = population(rate=1e-2)
        found.discriminator = Right()
        worse, better = found.parents  # the first one's samples lie further to the right
        latents = found.game.latents(200, torch.Generator().manual_seed(1))
        child = better
        for _ in range(300):
            child = distillation(found, child, worse)
        with torch.no_grad():
            before, after, wanted = (each.generator(latents)[:, 0].mean() for each in (better, child, worse))
        assert after > before + 0.8 * (wanted - before)

    def test_parents_and_discriminator_are_left_as_they_were(self) -> None:
        game = small("dcgan", pictures())
        assert isinstance(game, NoiseGame)
        found = start(game, batches(pictures()), torch.Generator().manual_seed(0), 2)
        networks = [*(parent.generator for parent in found.parents), found.discriminator]
        before = [copy.deepcopy(network.state_dict()) for network in networks]
        distillation(found, *found.parents)
        for network, state in zip(networks, before, strict=True):
            assert all_equal(list(network.state_dict().values()), list(state.values()))


def test_interpolation_lies_between_the_parents() -> None:
    found = population()
    better, worse = found.parents
    child = interpolation(found, better, worse)
    shares = [
        (own - one) / (other - one)
        for own, one, other in zip(*(weights(each.generator) for each in (child, better, worse)), strict=True)
        if not torch.equal(one, other)
    ]
    share = shares[0].flatten()[0].item()
    assert 0 < share < 1
    for each in shares:
        torch.testing.assert_close(each, torch.full_like(each, share), rtol=1e-2, atol=1e-3)
    assert child.record.other == worse.number


def test_neighbours_in_rank_mate_and_history_tells_both_parents() -> None:
    for kind in ("distillation", "interpolation"):
        found = population(3)
        evolve(found.game, found.batches, 3, rng=found.rng, state=found, crossover=kind)
        for generation in (1, 2, 3):
            born = [record for record in found.history if record.generation == generation]
            assert [record.mutation for record in born] == ["minimax", "heuristic", "least_squares"] * 3 + [
                "crossover"
            ] * 2
            before = [record.number for record in found.history if record.alive_in >= generation - 1]
            assert all({record.parent, record.other} <= set(before) for record in born[-2:])
            assert [(a.other, b.parent) for a, b in pairwise(born[-2:])] == [(born[-1].parent, born[-2].other)]
        tree = deap_history(found.history).genealogy_tree
        assert len(tree[found.born]) == 2
        assert len(tree[found.born - 2]) == 1
