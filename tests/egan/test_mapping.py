"""A map of one's own, and ask and tell: the numbers of the reference, whoever computes them."""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from deap import base

from core_gans.foundation.errors import DivergedError
from egan.asking import init
from egan.evolution import evolve
from egan.fitness import Judgement
from egan.individual import Individual
from egan.mutations import KNOWN, Mutation, mutation
from egan.options import Evolution
from egan.population import Population
from egan.scheme import Scheme
from tests.egan.growing import POISON, game_for, population
from tests.tiny import batches, chance, differences, pictures, points

WHOLE: dict[str, Any] = {
    "mutations": ("minimax", "noise", "rate", "relativistic_average"),
    "children": 2,
    "strategy": "plus",
    "crossover": "distillation",
    "common_latents": True,
    "recycle": True,
}


def backwards(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """A map that works in another order, as executors do."""
    return [function(item) for item in list(items)[::-1]][::-1]


def with_map(function: Callable[..., Any]) -> base.Toolbox:
    toolbox = base.Toolbox()
    toolbox.register("map", function)
    return toolbox


def evolved(grown: Population, generations: int, **changes: Any) -> Population:
    return evolve(grown.game, grown.batches, generations, rng=grown.rng, state=grown, **changes)


class TestMap:
    @pytest.mark.parametrize("changes", [{}, WHOLE], ids=["paper", "much of it"])
    @pytest.mark.parametrize("examples", [points(), pictures()], ids=["points", "pictures"])
    def test_it_gives_the_numbers_of_the_reference(self, examples: Any, changes: dict[str, Any]) -> None:
        one, other = population(examples, parents=2), population(examples, parents=2)
        evolved(one, 3, engine="reference", **changes)
        evolved(other, 3, toolbox=with_map(backwards), **changes)
        assert differences(other.state_dict(), one.state_dict()) == []

    def test_processes_do_the_work(self) -> None:
        one, other = population(parents=2), population(parents=2)
        evolved(one, 3, engine="reference", **WHOLE)
        with multiprocessing.get_context("fork").Pool(2) as pool:
            evolved(other, 3, toolbox=with_map(pool.map), **WHOLE)
        assert differences(other.state_dict(), one.state_dict()) == []

    def test_every_parent_and_every_candidate_is_handed_out(self) -> None:
        handed: list[int] = []

        def counting(function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
            items = list(items)
            handed.append(len(items))
            return map(function, items)

        evolved(population(parents=2), 2, toolbox=with_map(counting))
        assert handed == [2, 6, 2, 6]

    def test_an_evaluate_of_ones_own_is_what_is_mapped(self) -> None:
        toolbox = with_map(backwards)
        seen: list[int] = []

        def evaluate(individual: Individual, real: torch.Tensor, latents: torch.Tensor) -> Judgement:
            seen.append(individual.number)
            return Judgement(0.0, 0.0, individual.generator(latents).detach())

        toolbox.register("evaluate", evaluate)
        evolved(population(), 1, toolbox=toolbox)
        assert seen == [3, 2, 1]

    def test_what_it_cannot_do_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"a map of one's own needs the reference"):
            evolved(population(), 1, toolbox=with_map(backwards), engine="fast")
        with pytest.raises(ValueError, match=r"a map of one's own plays against one discriminator"):
            evolved(population(), 1, toolbox=with_map(backwards), discriminators=2)
        unnamed = Mutation("unnamed", lambda scores: scores.mean())
        with pytest.raises(ValueError, match=r"one cannot be pickled .*: put functions of your own into a module"):
            evolved(population(), 1, toolbox=with_map(backwards), mutations=(unnamed,))

    def test_mutations_are_pickled_by_name(self) -> None:
        for name, each in KNOWN.items():
            assert pickle.loads(pickle.dumps(each)) is each is mutation(name)


class TestAskAndTell:
    @pytest.mark.parametrize("changes", [{}, WHOLE], ids=["paper", "much of it"])
    def test_the_numbers_are_those_of_evolve(self, changes: dict[str, Any]) -> None:
        scheme = Evolution(parents=2).scheme()
        told = init(game_for(points()), batches(points()), rng=chance(), scheme=scheme, **changes)
        with ThreadPoolExecutor(2) as executor:
            while told.population.round < 3:
                questions = told.ask()
                assert told.ask() == questions  # until they are answered
                told.tell(list(executor.map(lambda question: pickle.loads(pickle.dumps(question))(), questions)))
        grown = population(parents=2)
        evolved(grown, 3, scheme=scheme, engine="reference", **changes)
        assert differences(told.population.state_dict(), grown.state_dict()) == []

    def test_a_population_that_lives_no_more_returns(self) -> None:
        told = init(game_for(points()), batches(points()), rng=0, mutations=(POISON, mutation("minimax")))
        questions = told.ask()
        nothing = [Judgement(float("nan"), 0.0, question().fakes) for question in questions]
        told.tell(nothing)
        assert told.population.logbook[-1]["returned"] == 1
        assert [parent.number for parent in told.population.parents] == [0]
        told.ask()
        told.tell(nothing)
        told.ask()
        with pytest.raises(DivergedError, match="third return"):
            told.tell(nothing)

    def test_answers_belong_to_questions(self) -> None:
        told = init(game_for(points()), batches(points()), rng=0)
        with pytest.raises(ValueError, match=r"nothing was asked: call ask\(\) before tell"):
            told.tell([])
        told.ask()
        with pytest.raises(ValueError, match="expected 3 judgements, got 0"):
            told.tell([])
        with pytest.raises(ValueError, match="ask and tell play against one discriminator"):
            init(game_for(points()), batches(points()), rng=0, scheme=Scheme(discriminators=2))
