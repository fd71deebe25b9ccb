# %% [markdown]
# # Dissect a stranger's generator
#
# The dissection knows nothing of how a generator was trained. It takes any `nn.Module` that makes pictures. Here the
# stranger is a network that we build by hand, so that the right answer is known: some units draw a disc, the others
# draw nothing.

# %%
import torch
from PIL import Image
from torch import Tensor, nn

from core_gans.foundation.sheets import sheet
from dissect import ablate, dissect, intervene, layers

IMAGES = 200  # small: 24


class Stranger(nn.Module):
    """A latent of 4 numbers says where a disc is; unit 2 of ``maps`` draws it, units 0 and 1 are noise."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.Identity()

    def forward(self, latents: Tensor) -> Tensor:
        grid = torch.linspace(-1, 1, 16)
        squares = (grid[:, None] - latents[:, 0, None, None]) ** 2 + (grid[None] - latents[:, 1, None, None]) ** 2
        disc = torch.exp(-squares * 8)
        noise = torch.sin(grid * 9 + latents[:, 2, None, None]) * torch.cos(
            grid[:, None] * 7 + latents[:, 3, None, None]
        )
        drawn = self.maps(torch.stack((noise, -noise, disc), dim=1))
        return (nn.functional.interpolate(drawn[:, 2:], scale_factor=2) * 2 - 1).clamp(-1, 1)


class Bright:
    """A segmenter of two labels: what is brighter than grey is the disc."""

    labels = ("ground", "disc")

    def __call__(self, images: Tensor) -> Tensor:
        return (images[:, 0] > 0).long()


generator = Stranger().eval()
latents = torch.rand(IMAGES, 4, generator=torch.Generator().manual_seed(0)) - 0.5
print(layers(generator, latents[:2]))

# %%
found = dissect(generator, "maps", latents, Bright())
print("unit 2 draws the disc:", found.best(2))
found

# %% [markdown]
# Without unit 2 the disc is gone; without the others nothing changes.

# %%
rows = []
for units in ([], [0, 1], [2]):
    with torch.no_grad(), intervene(generator, {"maps": ablate(units)} if units else {}):
        rows.append(generator(latents[:8]))
Image.fromarray(sheet(torch.cat(rows), columns=8))
