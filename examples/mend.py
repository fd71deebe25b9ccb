# %% [markdown]
# # Mend a generator
#
# Some units draw artifacts. Bau et al. 2019 (section 4.3) find them and switch them off. To see whether the search
# finds the right one, we spoil a unit of the shipped generator by hand, and let the lab look for it.

# %%
import copy

import torch
from PIL import Image

from core_gans import load_model, shipped
from core_gans.data import as_float, load
from core_gans.foundation.sheets import sheet
from dissect import record
from dissect.mending.artifacts import rank_by_ablation
from dissect.mending.folding import fold
from dissect.mending.frechet import FrechetScorer

IMAGES = 400  # small: 40
RANKED = 100  # small: 4
LAYER, SPOILT = "block16", 7

model = load_model(shipped.path("scenes-generator"))
rng = torch.Generator().manual_seed(0)
latents = model.game.latents(IMAGES, rng)
others = model.game.latents(IMAGES, rng)  # those that judge are not those that choose

# %% [markdown]
# The spoilt generator: unit 7 of `block16` is twenty times as strong as it was.

# %%
with torch.no_grad(), record(model.net, [LAYER]) as seen:
    model.net(latents[:2])
strong = torch.ones(seen[LAYER].shape[1])
strong[SPOILT] = 20
spoilt = copy.deepcopy(model.net)
spoilt.get_submodule(LAYER).register_forward_hook(lambda layer, given, out: out * strong[None, :, None, None])
with torch.no_grad():
    pictures = spoilt(latents[:8])
Image.fromarray(sheet(torch.cat((model.net(latents[:8]).detach(), pictures)), columns=8))

# %% [markdown]
# Each unit is switched off alone, and scored by how much nearer the pictures come to real ones; a minute. (Quicker is
# `rank_by_frechet`, which looks at the pictures that a unit lights up most. Here all pictures are spoilt alike, so it
# finds nothing.) Features are the colours of small squares.


# %%
def look(images):
    return torch.nn.functional.adaptive_avg_pool2d(images, 4).flatten(1)  # (N, 48)


scenes = as_float(load("scenes", count=IMAGES).images)
scorer = FrechetScorer(look, look(scenes), "colours of 4x4 squares")
ranking = rank_by_ablation(spoilt, LAYER, latents[:RANKED], scorer)
print("worst units:", ranking.order()[:5])

# %% [markdown]
# The worst one is folded away: its value becomes 0, for good, in a copy. Judged on latents that did not choose,
# beside another unit:


# %%
def distance(net):
    with torch.no_grad():
        return scorer.distance(scorer.features(net(others)))


worst = ranking.order()[0]
mended = fold(spoilt, LAYER, [worst], 0.0, latents[:4])
control = fold(spoilt, LAYER, [(worst + 1) % len(strong)], 0.0, latents[:4])
for name, net in (("spoilt", spoilt), (f"without unit {worst}", mended), ("without another unit", control)):
    print(f"{name}: {distance(net):.3f} from real pictures")
with torch.no_grad():
    pictures = mended(latents[:8])
Image.fromarray(sheet(pictures, columns=8))
