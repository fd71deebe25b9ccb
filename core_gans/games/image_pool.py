"""A pool of generated images: the discriminator also sees older ones, so that the two players do not chase each other
in circles. Shrivastava et al. 2017, section 2.3; Zhu et al. 2017, section 4, with 50 images.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

CHANCE = 0.5  # of an image to be exchanged for one of the pool


class ImagePool(nn.Module):
    """Up to ``size`` images of ``shape`` (C, H, W), in buffers: a saved and loaded pool goes on to the bit."""

    images: Tensor
    held: Tensor

    def __init__(self, size: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        if size < 0:
            raise ValueError(f"expected a pool of 0 or more images, got {size}.")
        self.size = size
        self.register_buffer("images", torch.zeros(size, *shape))
        self.register_buffer("held", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def forward(self, fresh: Tensor, rng: torch.Generator) -> Tensor:
        """As many images as ``fresh`` (N, C, H, W) has, some of them older.

        While the pool is not full, it keeps a copy of each fresh image and hands it back. From then on a fresh image
        is, with a chance of one half, exchanged for one of the pool. Images that are not finite are not kept.
        """
        if self.size == 0:
            return fresh
        exchanged = torch.rand(len(fresh), generator=rng, device=rng.device) < CHANCE
        places = torch.randint(self.size, (len(fresh),), generator=rng, device=rng.device)
        given = fresh.clone()
        for index, (exchange, place) in enumerate(zip(exchanged.tolist(), places.tolist(), strict=True)):
            if not bool(fresh[index].isfinite().all()):
                continue
            if self.held < self.size:
                self.images[int(self.held)] = fresh[index]
                self.held += 1
            elif exchange:
                given[index] = self.images[place]
                self.images[place] = fresh[index]
        return given
