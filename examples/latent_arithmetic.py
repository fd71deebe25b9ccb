# %% [markdown]
# # Arithmetic with latents
#
# Radford et al. 2016 (section 6.3.2) added and subtracted latents: a smiling woman minus a woman plus a man is a
# smiling man. Here the pictures are landscapes, and the segmenter says how much of each is trees.

# %%
import torch
from PIL import Image

from core_gans import load_model, shipped
from core_gans.exploring.arithmetic import move
from core_gans.exploring.paths import slerp
from core_gans.foundation.sheets import sheet
from core_gans.game import generate
from dissect.segmenters.unet import UNetSegmenter

IMAGES = 600  # small: 40

model = load_model(shipped.path("scenes-generator"))
segmenter = UNetSegmenter.load(shipped.path("scenes-segmenter"))
latents = model.game.latents(IMAGES, torch.Generator().manual_seed(0))
images = torch.cat([generate(model.net, part) for part in latents.split(100)])
amount = (segmenter(images) == segmenter.labels.index("tree")).float().flatten(1).mean(1)

# %% [markdown]
# A *concept* is the mean of some latents that show it: one alone would bring much else along.

# %%
order = amount.argsort()
without, with_trees = latents[order[: IMAGES // 10]].mean(0), latents[order[-IMAGES // 10 :]].mean(0)
begin = latents[order[IMAGES // 10 : IMAGES // 10 + 8]]
after = move(begin, with_trees, without, lambda moved: generate(model.net, moved))
control = torch.randn(model.game.latent, generator=torch.Generator().manual_seed(1))
control = control * (with_trees - without).norm() / control.norm()
random = move(begin, control, torch.zeros_like(control), lambda moved: generate(model.net, moved))
for name, drawn in (("before", generate(model.net, begin)), ("with trees added", after), ("moved at random", random)):
    print(f"{name}: {(segmenter(drawn) == segmenter.labels.index('tree')).float().mean():.1%} of the pixels are trees")

# %% [markdown]
# Above: before. In the middle: trees added. Below: moved as far in a random direction, the control.

# %%
Image.fromarray(sheet(torch.cat((generate(model.net, begin), after, random)), columns=8))

# %% [markdown]
# A walk from one latent to another. If pictures change all at once, the generator has learned single pictures by
# heart; a steady change says that it has not.

# %%
Image.fromarray(sheet(generate(model.net, slerp(latents[:1], latents[1:2], 8).flatten(0, 1)), columns=8))
