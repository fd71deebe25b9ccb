"""A loop of one's own over the lab's operators, as DEAP's ``algorithms.eaMuCommaLambda`` is one over any.

python examples/deap_loop.py

Two parents, the paper's three mutations, and one thing that the lab does not have: every tenth generation a tournament
selects instead of rank. Chance is an argument, so it prints the same numbers each time.
"""

from __future__ import annotations

import numpy as np
import torch
from deap import tools

from core_gans import Batches, make
from core_gans.data import load
from egan import FitnessRule, Population, Scheme, make_toolbox, start
from egan.selection import Tournament, chance_from

GENERATIONS, MU = 60, 2


def mu_comma_lambda(population: Population, scheme: Scheme, generations: int) -> tools.Logbook:
    """Evolve ``population``, in place; what DEAP's statistics say of each generation."""
    toolbox = make_toolbox(population, scheme)
    toolbox.register("lottery", Tournament(2))
    history = tools.History()
    toolbox.decorate("vary", history.decorator)  # who descends from whom, for history.getGenealogy
    history.update(population.parents)
    stats = tools.Statistics(lambda individual: individual.fitness.values[0])
    for name, of in (("avg", np.mean), ("min", np.min), ("max", np.max)):
        stats.register(name, of)
    logbook = tools.Logbook()
    logbook.header = "gen", "nevals", *stats.fields
    for generation in range(1, generations + 1):
        batch = population.draw_batch()
        real = toolbox.real_scores(batch)
        children = [child for parent in population.parents for child in toolbox.vary(parent, real)]
        judgements = [toolbox.evaluate(child, real, toolbox.latents()) for child in children]
        for child, value in zip(children, toolbox.fitness(judgements), strict=True):
            child.fitness.values = (value,)
        with chance_from(population.rng):
            select = toolbox.select if generation % 10 else toolbox.lottery
            population.parents = select(children, MU)
        chosen = {parent.number for parent in population.parents}
        pairs = zip(children, judgements, strict=True)
        toolbox.train_discriminator(
            batch, torch.cat([judged.fakes for child, judged in pairs if child.number in chosen])
        )
        population.round = generation
        logbook.record(gen=generation, nevals=len(children), **stats.compile(children))
    return logbook


if __name__ == "__main__":
    torch.set_num_threads(1)
    ring = load("ring")
    game = make("gan", family="mlp", shape=ring.shape, latent=2, width=32, rate=1e-3)
    founders = start(game, Batches(ring, 64), torch.Generator().manual_seed(0), MU)
    print(mu_comma_lambda(founders, Scheme(parents=MU, fitness=FitnessRule(gamma=0.05)), GENERATIONS))
