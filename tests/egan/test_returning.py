"""Death: of single children, and of so many that the population returns to the last good generation."""

from __future__ import annotations

import copy
import io
import math
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import torch
from deap import base
from rich.console import Console

from core_gans.foundation.errors import DivergedError
from core_gans.game import Batch, NoiseGame
from egan.curves import curves
from egan.evolution import evolve
from egan.family import living
from egan.fitness import FitnessRule, Judgement
from egan.mutations import Mutation
from egan.population import Population, start
from egan.returning import ReturnsTold
from tests.tiny import batches, differences, pictures, points, small

POISON = Mutation("poison", lambda scores: scores.mean() * torch.nan)


def begun(parents: int = 1, **fields: Any) -> Population:
    game = small("dcgan", pictures(), **fields)
    assert isinstance(game, NoiseGame)
    return start(game, batches(pictures()), torch.Generator().manual_seed(0), parents)


def played(population: Population, generations: int, **changes: Any) -> Population:
    return evolve(population.game, population.batches, generations, rng=population.rng, state=population, **changes)


def essence(population: Population) -> dict[str, Any]:
    """What a return restores."""
    names = ("parents", "discriminator", "optimizer", "hall_of_fame")
    return copy.deepcopy({name: value for name, value in population.state_dict().items() if name in names})


@dataclass(frozen=True)
class Deadly(FitnessRule):
    """The paper's rule, but in the generations given (from 0, of three candidates each) everybody dies."""

    generations: frozenset[int] = frozenset()
    seen: list[int] = field(default_factory=list)

    def __call__(self, judgement: Judgement) -> float:
        self.seen.append(0)
        return math.nan if (len(self.seen) - 1) // 3 in self.generations else super().__call__(judgement)


class TestReturning:
    def test_the_population_is_what_it_was_and_chance_has_moved_on(self) -> None:
        grown = played(begun(), 2)
        before, chance, position = essence(grown), grown.rng.get_state(), grown.batches.position
        played(grown, 3, fitness=Deadly(generations=frozenset({0})))
        assert grown.round == 3
        assert differences(essence(grown), before) == []
        assert not torch.equal(grown.rng.get_state(), chance)
        assert grown.batches.position == position + 1
        assert grown.returns == 1
        assert grown.terms["returned"] == 1
        assert grown.logbook[-1]["returned"] == 1
        assert [record.generation for record in grown.history][-3:] == [3, 3, 3]  # the dead are remembered
        assert [record.number for record in living(grown.history)] == [grown.parents[0].number]
        played(grown, 5)
        assert grown.returns == 0
        assert "returned" not in grown.terms
        assert curves(grown.logbook).total == 5

    def test_the_third_in_a_row_is_the_end(self) -> None:
        grown = played(begun(), 2)
        before = essence(grown)
        with pytest.raises(DivergedError, match=r"expected 1 living children in generation 5, .* third return"):
            played(grown, 9, mutations=[POISON, POISON])
        assert grown.round == 4
        assert differences(essence(grown), before) == []
        assert [line.get("returned") for line in grown.logbook] == [None, None, 1, 1]

    def test_two_in_a_row_again_and_again_are_not(self) -> None:
        deadly = Deadly(generations=frozenset({0, 1, 3, 4, 6, 7}))
        grown = played(begun(), 9, fitness=deadly)
        assert [line.get("returned") for line in grown.logbook] == [1, 1, None] * 3
        assert grown.logbook[0]["winner"] == "founder"

    def test_a_discriminator_that_breaks_is_taken_back_too(self) -> None:
        class Broken:
            def __init__(self, population: Population) -> None:
                self.population, self.times = population, 0

            def __call__(self, batch: Batch, fakes: torch.Tensor) -> float:
                self.times += 1
                if self.times == 2:
                    with torch.no_grad():
                        next(self.population.discriminator.parameters()).fill_(torch.inf)
                return 0.5

        grown = begun()
        toolbox = base.Toolbox()
        toolbox.register("train_discriminator", Broken(grown))
        played(grown, 1, toolbox=toolbox)
        before = essence(grown)
        played(grown, 2, toolbox=toolbox)
        assert grown.logbook[-1]["returned"] == 1
        assert differences(essence(grown), before) == []
        assert len(grown.logbook) == 2
        assert not any(record.survived for record in grown.history if record.generation == 2)

    def test_moments_and_weights_return_when_the_second_of_two_steps_diverges(self) -> None:
        grown = played(begun(discriminator_steps=2), 2)
        before, draw, steps = essence(grown), grown.draw_batch, []

        def broken() -> Batch:
            batch = draw()
            steps.append({int(moments["step"]) for moments in grown.optimizer.state.values()})
            return replace(batch, real=batch.real * torch.nan) if steps[-1] == {5} else batch

        grown.draw_batch = broken  # type: ignore[method-assign]
        played(grown, 3)
        assert steps[-2:] == [{4}, {5}]  # the first step was taken
        assert grown.terms["returned"] == 1
        assert differences(essence(grown), before) == []

    def test_nan_in_the_data_ends_it_with_the_weights_spared(self) -> None:
        examples = points()
        examples.images.fill_(torch.nan)
        game = small("dcgan", examples)
        assert isinstance(game, NoiseGame)
        grown = start(game, batches(examples), torch.Generator().manual_seed(0))
        with pytest.raises(DivergedError, match="third return"):
            played(grown, 9)
        assert all(parameter.isfinite().all() for net in grown.nets.values() for parameter in net.parameters())

    def test_resuming_among_returns_is_exact(self) -> None:
        deadly = frozenset({1, 2, 4})
        whole = played(begun(), 6, fitness=Deadly(generations=deadly))
        for stop in (2, 3, 5):
            seen: list[int] = []
            part = played(begun(), stop, fitness=Deadly(generations=deadly, seen=seen))
            again = begun()
            again.load_state_dict(part.state_dict())
            played(again, 6, fitness=Deadly(generations=deadly, seen=seen))
            assert differences(again.state_dict(), whole.state_dict()) == []

    def test_the_console_is_told(self) -> None:
        file = io.StringIO()
        played(begun(), 2, fitness=Deadly(generations=frozenset({1})), watchers=[ReturnsTold(Console(file=file))])
        assert file.getvalue() == "warning: too few lived in generation 2: back to the one before it.\n"
