# %% [markdown]
# # A Pix2Pix task
#
# Pix2Pix (Isola et al. 2017) learns to translate one picture into another from pairs. A *task* makes pairs of any
# pictures: here the source is a grey landscape, and the target the same in colour.

# %%
import torch
from PIL import Image

from core_gans import Batches, make, train
from core_gans.foundation.sheets import sheet
from core_gans.translation import read_lesson
from core_gans.translation.judging import judge_of
from core_gans.translation.watching import strips

COUNT = 400  # small: 12
ROUNDS = 300  # small: 1
SIZE, CPU = 32, torch.device("cpu")

lesson = read_lesson("pairs", "colourisation:scenes", size=SIZE, count=COUNT)
game = make("pix2pix", **lesson.fields({"width": 16, "patch_layers": 1}))
print(len(lesson.learned), "pairs to learn from,", len(lesson.held), "held out")
game

# %%
state = train(game, Batches(lesson.learned, 8), ROUNDS, rng=torch.Generator().manual_seed(0), progress=False)
state

# %% [markdown]
# Judged on pairs that it never saw. Beside its error stands that of a baseline: a translator that is worse than that
# has learned nothing.

# %%
judge_of(game, lesson, CPU)(state.nets)

# %% [markdown]
# In each strip: the source, the translation, the truth.

# %%
Image.fromarray(sheet(strips(game, state.nets, lesson, CPU, 8).transpose(0, 1).flatten(0, 1), columns=8))
