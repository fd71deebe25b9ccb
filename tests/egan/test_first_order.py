"""Mutations ranked by the gradient of fitness: what is predicted is what comes of small steps, one child is born."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core_gans.compute import Compute
from core_gans.data import Examples
from core_gans.runs import checkpoints
from egan.distances import distance_rule
from egan.engine.passes import caught_buffers
from egan.evolution import evolve
from egan.first_order import favourite, judged_pass, preconditioned, predictions
from egan.fitness import FitnessRule
from egan.individual import Individual
from egan.judging import evaluate, real_scores
from egan.mutations import KNOWN, PAPER
from egan.population import Population, start
from egan.scheme import Scheme
from tests.egan.growing import evolved, game_for, population
from tests.tiny import batches, chance, differences, pictures, points

RELATIVE = KNOWN["relativistic_average"]


def exact_population(examples: Examples, generations: int, **fields: Any) -> Population:
    """Grown for a few generations, in float64."""
    game = game_for(examples, rate=1e-3, **fields)
    grown = start(game, batches(examples), chance())
    for network in (grown.discriminator, grown.parents[0].generator):
        network.double()
    return evolve(game, grown.batches, generations, rng=grown.rng, state=grown) if generations else grown


def fitness(grown: Population, scheme: Scheme, parent: Individual, real: Tensor, latents: Tensor) -> float:
    return scheme.fitness(evaluate(grown, parent, real, latents, scheme.fitness.convention))


@torch.no_grad()
def moved(generator: nn.Module, by: list[Tensor]) -> None:
    for weight, step in zip(generator.parameters(), by, strict=True):
        weight += step


class TestPredictions:
    @pytest.mark.parametrize(
        ("examples", "fields", "generations", "rule"),
        [
            (points(), {}, 6, FitnessRule(gamma=0.1)),
            (pictures(20), {}, 4, FitnessRule(gamma=0.1)),
            (points(), {}, 0, FitnessRule(gamma=0.0)),  # the optimiser has no past
            (points(), {"method": "rmsprop"}, 6, FitnessRule(gamma=0.1, convention="logit")),
            (points(), {"method": "sgd"}, 6, FitnessRule(gamma=0.1)),
        ],
    )
    def test_they_are_the_finite_differences_of_small_steps(
        self, examples: Examples, fields: dict[str, Any], generations: int, rule: FitnessRule
    ) -> None:
        grown = exact_population(examples, generations, **fields)
        scheme = Scheme(mutations=(*PAPER, RELATIVE), fitness=rule, offspring="first_order")
        (parent,) = grown.parents
        latents, real = grown.draw_latents(8), real_scores(grown, grown.draw_batch())
        judged = judged_pass(grown, parent, latents, real)
        predicted = predictions(grown, scheme, parent, judged)
        parameters = list(parent.generator.parameters())
        for mutation, value in zip(scheme.mutations, predicted, strict=True):
            with caught_buffers(parent.generator), caught_buffers(grown.discriminator):
                scores = grown.discriminator(parent.generator(latents))
            step = preconditioned(parent, mutation.gradients(scores, real.detach(), parameters))
            found = []
            for sign in (-1, 1):  # minus the step is where the mutation goes
                part = [sign * 1e-4 * each for each in step]
                moved(parent.generator, part)
                found.append(fitness(grown, scheme, parent, real, latents))
                moved(parent.generator, [-each for each in part])
            there, back = found
            assert value == pytest.approx((there - back) / 2e-4, rel=1e-3)

    def test_the_favourite_is_the_best_child_of_small_steps(self) -> None:
        """All children are played here, by the parent's own Adam, and judged on the latents that they come from."""
        agreed = 0
        for seed in range(5):
            grown = evolved(15, seed=seed)
            (parent,) = grown.parents
            scheme = Scheme(fitness=FitnessRule(0.05))
            latents, real = grown.draw_latents(8), real_scores(grown, grown.draw_batch())
            judged = judged_pass(grown, parent, latents, real)
            predicted = predictions(grown, scheme, parent, judged)
            parameters = list(parent.generator.parameters())
            with caught_buffers(grown.discriminator):
                scores = grown.discriminator(parent.generator(latents))
            values = []
            for mutation in scheme.mutations:
                child = parent.child(grown.game.turns()[1].optimizer, parent.record)
                child.rate = 0.01
                child.set_rate(grown.game.turns()[1].optimizer, grown.round)
                child.step(mutation.gradients(scores, real.detach(), parameters))
                values.append(fitness(grown, scheme, child, real, latents))
            agreed += max(range(3), key=values.__getitem__) == max(range(3), key=predicted.__getitem__)
            assert favourite(grown, scheme, parent, judged) is scheme.mutations[predicted.index(max(predicted))]
        assert agreed >= 4


@pytest.mark.parametrize("engine", ["reference", "fast"])
def test_a_generation_has_one_child_of_each_parent(engine: Any, tmp_path: Path) -> None:
    asked = {"offspring": "first_order", "engine": engine}
    grown = evolved(6, parents=2, **asked)
    assert grown.born == 2 + 6 * 2
    again = population(parents=2)
    again.load_state_dict(checkpoints.load(checkpoints.save(tmp_path / "one.safetensors", grown.state_dict())))
    for each in (grown, again):
        evolve(each.game, each.batches, 9, rng=each.rng, state=each, **asked)
    assert differences(again.state_dict(), grown.state_dict()) == []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"mutations": ("heuristic", "noise")}, "noise is something else"),
        ({"fitness": distance_rule("kernel", points())}, "--fitness paper"),
        ({"discriminators": 2, "evaluation_size": 16}, "one discriminator"),
        ({"compute": Compute(bf16=True)}, "bfloat16"),
    ],
)
def test_what_cannot_be_ranked_is_refused(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        evolved(1, offspring="first_order", **given)
