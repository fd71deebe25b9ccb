# %% [markdown]
# # E-GAN and chance
#
# An evolutionary GAN (Wang et al. 2019) makes three children in each generation and keeps the best by the
# discriminator's scores. Is it the *selection* that helps, or would any of the three do? We let the same population
# evolve twice: once with the paper's fitness, once with a survivor drawn by chance.

# %%
from collections import Counter

import torch
from PIL import Image

from core_gans import Batches, make
from core_gans.data import load
from core_gans.foundation.sheets import picture
from core_gans.metrics import Judge
from egan import FitnessRule, evolve

GENERATIONS = 1_000  # small: 3
JUDGED = 2_000  # small: 100
SEEDS = 2  # small: 1

ring = load("ring")
own = {"shape": ring.shape, "family": "mlp", "latent": 2, "width": 64, "fall_rounds": GENERATIONS}
game = make("gan", recipe="points", **own)
judge = Judge(ring, JUDGED)

# %%
populations = {}
for selection in ("best", "random"):
    for seed in range(SEEDS):
        rng = torch.Generator().manual_seed(seed)
        rules = {"fitness": FitnessRule(gamma=0.05), "selection": selection}
        grown = evolve(game, Batches(ring, 64, seed), GENERATIONS, rng=rng, progress=False, **rules)
        found = judge(lambda count, grown=grown, rng=rng: grown.game.sample(grown.nets, count, rng))
        print(
            f"{selection:6} seed {seed}: {found['modes_covered']:.0f} modes, {found['high_quality_share']:.1%} in one"
        )
        populations[selection, seed] = grown

# %% [markdown]
# The differences between seeds are as large as those between the two ways to select: with so few seeds nothing can be
# said. `egan experiment ring --seeds 10` does it with ten, at equal time; [the result](../evolution.md): selection
# helps by two percent, and costs three times the time.
#
# Which mutation won, over the run of the first seed:

# %%
winners = populations["best", 0].logbook.select("winner")
third = -(-len(winners) // 3)  # rounded up
for part in range(0, len(winners), third):
    print(f"generations {part + 1} to {min(part + third, len(winners))}:", dict(Counter(winners[part : part + third])))

# %%
points = game.sample(populations["best", 0].nets, 2_000, torch.Generator().manual_seed(2))
Image.fromarray(picture(points))
