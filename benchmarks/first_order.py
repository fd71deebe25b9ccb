"""``python -m benchmarks.first_order [cost] [choices]``: one child by the gradient of fitness, against three judged.

``cost``: generations in lean rounds of DCGAN, as ``benchmarks.generation_cost`` has them. ``choices``: E-GAN on the
ring, and in every tenth generation, which of the three children truly is the fittest, by 4,096 samples and as many real
points; how often the prediction, and how often the usual judgement by a batch, would have chosen it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import tyro

from benchmarks.generation_cost import Options as Sizes
from benchmarks.generation_cost import evolution, lean, ratio, settings
from benchmarks.islands import headed, lined
from benchmarks.timing import chosen, heading, in_turn
from core_gans import make
from core_gans.data import Batches, load
from core_gans.game import NoiseGame
from core_gans.recipes import points_fields
from core_gans.session import over_the_run
from egan.evolution import Born, bear, make_toolbox, survive
from egan.experiments.pairing import bootstrap_interval
from egan.first_order import judged_pass, predictions
from egan.fitness import FitnessRule
from egan.judging import evaluate, real_scores
from egan.population import Population, start
from egan.scheme import Scheme
from egan.settings import GAMMA_ON_POINTS

MANY = 4_096  # samples, and real points, of the true fitness
EVERY = 10  # generations


@dataclass(frozen=True)
class Options:
    """Hold first-order ranking against the judgement of all children."""

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """Of cost and choices; default: both."""
    pairs: int = 9
    """Turns that are timed."""
    width: int = 64
    """Of the networks of the cost."""
    batch: int = 64
    """Examples a step."""
    seeds: int = 3
    """Evolutions whose choices are looked at."""
    rounds: int = 600
    """Generations of each."""


def main(args: Sequence[str] | None = None) -> None:
    """Measure, and print the tables in Markdown."""
    asked = tyro.cli(Options, prog="python -m benchmarks.first_order", args=args)
    print(heading(), flush=True)
    for name in chosen(asked.names, list(TABLES), "table"):
        TABLES[name](asked)


def cost(asked: Options) -> None:
    """Generations in lean rounds, with and without batch normalisation in the discriminator."""
    title = "a generation of three mutations and one parent, in lean rounds"
    headed(title, "discriminator", "three judged", "first order", "first order, gamma 0", "bandit")
    for setting in settings(Sizes(width=asked.width, batch=asked.batch))[:2]:
        ways = [
            {},
            {"offspring": "first_order"},
            {"offspring": "first_order", "fitness": FitnessRule(0.0)},
            {"offspring": "bandit"},
        ]
        works = [lean(setting, False), *(evolution(setting, False, **way) for way in ways)]  # type: ignore[arg-type]
        plain, *generations = in_turn(works, asked.pairs)
        lined(setting.name, *(f"{ratio(generation, plain):.2f}" for generation in generations))


def choices(asked: Options) -> None:
    """How often each way chooses the child that truly is the fittest, and how much fitness it loses otherwise."""
    torch.set_num_threads(1)
    data = load("ring", count=20_000)
    scheme = Scheme(fitness=FitnessRule(GAMMA_ON_POINTS), engine="reference")
    right: dict[str, list[bool]] = {"prediction": [], "judgement": []}
    lost = {"prediction": 0.0, "judgement": 0.0, "chance": 0.0}
    for seed in range(asked.seeds):
        game = make("gan", **over_the_run({**points_fields("gan"), "shape": data.shape}, asked.rounds))
        assert isinstance(game, NoiseGame)
        population = start(game, Batches(data, asked.batch, seed), torch.Generator().manual_seed(seed))
        toolbox = make_toolbox(population, scheme)
        for _ in range(asked.rounds):
            before = population.rng.get_state()
            born = bear(population, scheme, toolbox)
            pairs = zip(born.candidates, born.latents, strict=True)
            judgements = [toolbox.evaluate(candidate, born.real, latents) for candidate, latents in pairs]
            if population.round % EVERY == 0:
                true = truly(population, scheme, born, data.images, seed)
                told = {
                    "prediction": predicted(population, scheme, born, before),
                    "judgement": [scheme.fitness(each) for each in judgements],
                }
                for way, values in told.items():
                    loss = max(true) - true[max(range(len(values)), key=values.__getitem__)]
                    right[way].append(loss == 0)
                    lost[way] += loss
                lost["chance"] += max(true) - sum(true) / len(true)
            survive(population, scheme, toolbox, born, judgements)
            population.round += 1
    headed("which child is chosen, on the ring", "by", "truly the fittest", "95% interval", "fitness lost, of chance's")
    for way, each in right.items():
        low, high = bootstrap_interval(np.array(each, dtype=float), torch.Generator().manual_seed(0))
        share = f"{sum(each)} of {len(each)}"
        lined(way, share, f"{low:.0%} to {high:.0%}", f"{lost[way] / lost['chance']:.0%}")
    lined("chance", "a third", "", "100%")


def predicted(population: Population, scheme: Scheme, born: Born, before: torch.Tensor) -> list[float]:
    """The prediction for each child, on the latents from which it comes."""
    now = population.rng.get_state()
    population.rng.set_state(before)
    latents = population.draw_latents(population.batches.size)
    population.rng.set_state(now)
    (parent,) = population.parents
    return predictions(population, scheme, parent, judged_pass(population, parent, latents, born.real))


def truly(population: Population, scheme: Scheme, born: Born, points: torch.Tensor, seed: int) -> list[float]:
    """The fitness of each child, by many samples of the same latents and many real points."""
    chance = torch.Generator().manual_seed(seed * 100_003 + population.round)
    latents = population.game.latents(MANY, chance)
    batch = type(born.batch)(points[torch.randperm(len(points), generator=chance)[:MANY]])
    real = real_scores(population, batch)
    convention = scheme.fitness.convention
    return [scheme.fitness(evaluate(population, child, real, latents, convention)) for child in born.children]


TABLES = {"cost": cost, "choices": choices}


if __name__ == "__main__":
    main()
