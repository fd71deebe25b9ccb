"""The maps of a layer as a film: planted units, of which it is known how much each changes on the way."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dissect.report.map_film import GAP, map_film

SIDE = 8


class Units(nn.Module):
    """Four units of 4 x 4 cells: the second and the fourth move with the latent, the fourth most; one cell is 9."""

    def forward(self, latents: Tensor) -> Tensor:
        maps = torch.zeros(len(latents), 4, 4, 4)
        maps[:, 0] = 5.0
        maps[:, 1, 1:3] = latents[:, :1, None]
        maps[:, 3, :, 2:] = 10 * latents[:, :1, None]
        maps[:, 2, 0, 0] = 9.0
        return maps


def generator() -> nn.Sequential:
    return nn.Sequential(Units(), nn.Conv2d(4, 3, 1), nn.Upsample(scale_factor=4), nn.Tanh())


def colour(value: int) -> list[int]:
    return cv2.applyColorMap(np.full((1, 1), value, np.uint8), cv2.COLORMAP_INFERNO)[0, 0, ::-1].tolist()


def test_the_units_that_change_most_come_first_on_one_scale() -> None:
    way = torch.tensor([[0.0], [0.5], [1.0]])
    film = map_film(generator(), way, "0", units=2, side=SIDE, batch_size=2)
    assert film.shape == (3, SIDE, SIDE + 2 * (SIDE + GAP), 3)
    for frame, share in zip(film, (0.0, 0.5, 1.0), strict=True):
        most = frame[:, SIDE + GAP : 2 * SIDE + GAP]  # the fourth unit: its right half moves
        assert most[3, 6].tolist() == colour(round(255 * share))
        assert most[3, 1].tolist() == colour(0)
        less = frame[:, 2 * (SIDE + GAP) :]  # the second one, on its own scale
        assert less[4, 4].tolist() == colour(round(255 * share))
        assert less[0, 4].tolist() == colour(0)


def test_twelve_units_at_most_in_a_grid_and_the_picture_beside_them() -> None:
    film = map_film(generator(), torch.ones(1, 1), "0", side=SIDE)
    assert film.shape[0] == 1
    high = film.shape[1]
    assert high == SIDE  # four units, in one row
    assert film.shape[2] == high + 4 * (SIDE + GAP)


@pytest.mark.parametrize(
    ("count", "layer", "units", "said"),
    [(0, "0", 2, "expected latents"), (1, "0", 0, "at least 1 unit"), (1, "9", 2, "no layer"), (1, "f", 2, "maps of")],
)
def test_what_makes_no_film_is_refused(count: int, layer: str, units: int, said: str) -> None:
    net = nn.Sequential(Units(), nn.Conv2d(4, 3, 1))
    net.add_module("f", nn.Flatten())
    net.add_module("picture", nn.Unflatten(1, (3, 4, 4)))
    with pytest.raises(ValueError, match=said):
        map_film(net, torch.ones(count, 1), layer, units)
