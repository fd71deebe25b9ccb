# %% [markdown]
# # Dissect the shipped generator
#
# The lab comes with a generator of small landscapes. Which of its units draw the trees, and what happens without
# them? (Bau et al. 2019, sections 3.1 and 3.2.)

# %%
import torch
from PIL import Image

from core_gans import load_model, shipped
from core_gans.foundation.pixels import to_bytes
from core_gans.foundation.sheets import sheet
from dissect import ablate, choose_units, dissect, intervene, record
from dissect.report.sheets import outlined
from dissect.segmenters.unet import UNetSegmenter

IMAGES = 400  # small: 24
LAYER, CONCEPT = "block8", "tree"

model = load_model(shipped.path("scenes-generator"))
segmenter = UNetSegmenter.load(shipped.path("scenes-segmenter"))
model

# %% [markdown]
# For each unit of the layer, the region where it is active is compared with each thing that the segmenter sees.

# %%
latents = model.game.latents(IMAGES, torch.Generator().manual_seed(0))
found = dissect(model.net, LAYER, latents, segmenter)
found

# %% [markdown]
# The unit that agrees best with trees, and where it is active:

# %%
unit = int(found.score[:, found.concept(CONCEPT)].argmax())
print(found.best(unit))
shown = found.top_images[unit, :6]
with torch.no_grad(), record(model.net, [LAYER]) as seen:
    images = model.net(latents[shown])
tiles = [
    outlined(picture, seen[LAYER][place, unit].numpy(), found.best(unit).level, 192)
    for place, picture in enumerate(to_bytes(images))
]
Image.fromarray(torch.cat([torch.from_numpy(tile) for tile in tiles], dim=1).numpy())

# %% [markdown]
# Agreement is not cause. So we take these units away and look, and beside them as many units that were drawn by
# chance.

# %%
units = choose_units(found, CONCEPT) or [unit]
chance = torch.randperm(found.count, generator=torch.Generator().manual_seed(1))[: len(units)].tolist()
rows, trees = [], {}
for name, edit in (("all units", []), (f"without {len(units)} tree units", units), ("without random units", chance)):
    with torch.no_grad(), intervene(model.net, {LAYER: ablate(edit)} if edit else {}):
        rows.append(model.net(latents[:8]))
    trees[name] = float((segmenter(rows[-1]) == segmenter.labels.index(CONCEPT)).float().mean())
print({name: f"{share:.1%} of the pixels are trees" for name, share in trees.items()})
Image.fromarray(sheet(torch.cat(rows), columns=8))
