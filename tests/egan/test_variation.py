"""A parent's children: one step each, from the same moments, sharing nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor

from egan.mutations import PAPER, heuristic
from egan.scheme import Scheme
from egan.variation import latents_of_broods, vary
from tests.egan.growing import REAL, buffers, evolved, population, steps
from tests.tiny import all_equal, differences, pictures, weights


def test_only_the_first_brood_sees_the_recycled_latents() -> None:
    grown = population()
    grown.recycled = torch.full((grown.batches.size, 3), 9.0)
    scheme = Scheme(mutations=PAPER, children=3, common_latents=True, recycle=True)
    first, second, third = latents_of_broods(grown, scheme)
    assert torch.equal(first, grown.recycled)
    assert second.shape == third.shape == first.shape
    assert len({each.sum().item() for each in (first, second, third)}) == 3


class TestVariation:
    def test_every_sibling_starts_from_the_parents_weights_and_moments(self) -> None:
        grown = evolved(3)
        (parent,) = grown.parents
        assert steps(parent) == {3}
        before, moments = weights(parent.generator), copy.deepcopy(parent.optimizer.state_dict())
        rng = grown.rng.get_state()
        children = vary(grown, Scheme(mutations=PAPER), parent, REAL)
        assert [steps(child) for child in children] == [{4}, {4}, {4}]
        assert all_equal(weights(parent.generator), before)
        assert differences(parent.optimizer.state_dict(), moments) == []

        # each child is one step of the parent's own Adam on its own loss, computed here anew
        grown.rng.set_state(rng)
        latents = grown.game.latents(grown.batches.size, grown.rng)
        for child, mutation in zip(children, PAPER, strict=True):
            expected = copy.deepcopy(parent)
            expected.optimizer.zero_grad()
            mutation.loss(grown.discriminator(expected.generator(latents))).backward()
            expected.optimizer.step()
            for one, other in zip(weights(child.generator), weights(expected.generator), strict=True):
                torch.testing.assert_close(one, other)
            assert not all_equal(weights(child.generator), before)

    def test_siblings_share_no_memory(self) -> None:
        grown = evolved(1)
        children = vary(grown, Scheme(mutations=(heuristic, heuristic)), grown.parents[0], REAL)
        one, other = children
        assert all_equal(weights(one.generator), weights(other.generator))  # same latents, same mutation
        places = [
            {tensor.data_ptr() for tensor in [*i.generator.parameters(), *tensors_of(i.optimizer.state_dict())]}
            for i in (grown.parents[0], *children)
        ]
        assert len(set.union(*places)) == sum(map(len, places))

    def test_descent_is_written_down(self) -> None:
        grown = evolved(2, parents=2)
        first = grown.born
        children = vary(grown, Scheme(mutations=PAPER), grown.parents[1], REAL)
        assert [child.record.number for child in children] == [first, first + 1, first + 2]
        assert {child.record.parent for child in children} == {grown.parents[1].number}
        assert {child.record.generation for child in children} == {3}
        assert [child.record.mutation for child in children] == ["minimax", "heuristic", "least_squares"]
        assert grown.born == first + 3

    @pytest.mark.parametrize("normalisation", ["batch", "spectral"])
    def test_the_discriminator_holds_still(self, normalisation: str) -> None:
        fresh = population(pictures(), normalisation=normalisation)
        before = weights(fresh.discriminator), buffers(fresh.discriminator)
        vary(fresh, Scheme(mutations=PAPER), fresh.parents[0], REAL)
        assert all_equal(weights(fresh.discriminator), before[0])
        assert all_equal(buffers(fresh.discriminator), before[1])
        assert before[1]


def tensors_of(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        return [tensor for item in value.values() for tensor in tensors_of(item)]
    return [tensor for item in value for tensor in tensors_of(item)] if isinstance(value, list) else []
