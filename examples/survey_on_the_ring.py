# %% [markdown]
# # The survey on the ring in ten minutes
#
# Eight clouds of points on a circle are the smallest data set on which GANs fail in the ways for which they are
# known: they lose clouds (*mode collapse*), or they blur them. We train eight variants of the survey on them, with
# equal networks and equally many rounds. It takes three and a half minutes of one core (207 s, 2026-11-30).

# %%
import torch
from PIL import Image

from core_gans import Batches, make, train
from core_gans.data import load
from core_gans.foundation.sheets import picture
from core_gans.metrics import Judge

ROUNDS = 2_000  # small: 3
JUDGED = 2_000  # small: 100
VARIANTS = ("gan", "wgan", "wgan_gp", "lsgan", "fgan", "ls_gan", "hinge", "relativistic")

ring = load("ring")
ring

# %% [markdown]
# A variant is a *game*. Its fields are its hyper-parameters; a *recipe* sets those that suit points.

# %%
own = {"shape": ring.shape, "family": "mlp", "latent": 2, "width": 64, "fall_rounds": ROUNDS}
games = {name: make(name, recipe="points", **own) for name in VARIANTS}
games["wgan_gp"]

# %% [markdown]
# Each of them learns from the same batches with the same seed. The judge knows the eight clouds. It is never a
# discriminator.

# %%
judge = Judge(ring, JUDGED)
states, scores = {}, {}
for name, game in games.items():
    states[name] = train(game, Batches(ring, 64), ROUNDS, rng=torch.Generator().manual_seed(0), progress=False)
    rng = torch.Generator().manual_seed(1)
    scores[name] = judge(lambda count, state=states[name], rng=rng: state.game.sample(state.nets, count, rng))
    print(f"{name:14} {scores[name]['modes_covered']:.0f} of 8 modes, {scores[name]['high_quality_share']:.0%} in one")

# %% [markdown]
# One seed says little; `core-gans compare` plays several, on equal time. How the best of these eight looks, and the
# worst:

# %%
best = max(scores, key=lambda name: (scores[name]["modes_covered"], scores[name]["high_quality_share"]))
points = states[best].game.sample(states[best].nets, 2_000, torch.Generator().manual_seed(2))
print(best)
Image.fromarray(picture(points))

# %%
worst = min(scores, key=lambda name: (scores[name]["modes_covered"], scores[name]["high_quality_share"]))
points = states[worst].game.sample(states[worst].nets, 2_000, torch.Generator().manual_seed(2))
print(worst)
Image.fromarray(picture(points))
