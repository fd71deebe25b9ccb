# %% [markdown]
# # Your own folder of pictures
#
# A folder with a subfolder for each class is all that is needed. To have one, we draw some: sixty crosses and sixty
# rings. Put your own folder in their place.

# %%
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from core_gans import Batches, make, train
from core_gans.data import load
from core_gans.foundation.pixels import write_png
from core_gans.foundation.sheets import sheet

ROUNDS = 600  # small: 2
FOLDER = Path(tempfile.mkdtemp()) / "shapes"

chance = np.random.default_rng(0)
rows, columns = np.mgrid[:48, :64]  # not square, as photographs are
for number in range(60):
    row, column, size = chance.integers(18, 30), chance.integers(24, 40), chance.integers(8, 14)
    away = np.hypot(rows - row, columns - column)
    cross = ((abs(rows - row) < 3) | (abs(columns - column) < 3)) & (away < size)
    for name, mask in (("crosses", cross), ("rings", abs(away - size) < 3)):
        write_png(FOLDER / name / f"{number}.png", np.repeat(mask[..., None] * np.uint8(255), 3, axis=2))

# %% [markdown]
# What is read of it, and what is done to it, is said in notes. `resize="pad"` keeps all of each picture; `core-gans
# data FOLDER` says the same.

# %%
pictures = load(str(FOLDER), size=32, channels=1, resize="pad")
print(pictures.notes, pictures.classes)
pictures

# %% [markdown]
# A conditional GAN draws the class that it is asked for. In the end the discriminator knows so few pictures by heart;
# `augment=("translation", "cutout")` changes them while it looks, and is for longer runs: in this minute the generator
# would learn neither crosses nor rings with it.

# %%
game = make("cgan", recipe="grey", shape=pictures.shape, classes=len(pictures.classes))
state = train(game, Batches(pictures, 32), ROUNDS, rng=torch.Generator().manual_seed(0), progress=False)
state

# %% [markdown]
# Eight of each class. The same on the command line, with a run folder that can be resumed: `core-gans train cgan
# --data FOLDER --size 32 --colours 1 --resize pad`.

# %%
asked = torch.arange(2).repeat_interleave(8)
latents = game.latents(16, torch.Generator().manual_seed(1), asked)
with torch.no_grad():
    drawn = state.nets["generator"].eval()(latents)
Image.fromarray(sheet(drawn, columns=8, scale=2))
