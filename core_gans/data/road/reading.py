"""Where on the road a picture shows its driver to be: read by geometry, with no network.

In each row near the car a pixel is road by as much as it is less green than the grass. The middle of the road, or one
edge where the other is out of sight, gives its offset at that distance; a curve through all rows leads to the car.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from core_gans.data.road.view import ACROSS, HALF_ROAD, distances

REACH = (5.0, 16.0)  # m: the rows that are looked at
DREAMT = 0.3  # m
TURNED, BEND = 0.25, 0.005  # rad and 1/m: usual sizes
LEAST = 6  # rows
GRASS = 12  # pixels of a row, at least, where it can be read
SURE, SURE_OF_DREAMS = 0.02, 0.15  # a pixel with less of the one is all the other: noise of many does not add up
GREEN = 0.04  # by which grass is greener than red, at least, where white is 2


def offsets(pictures: Tensor, noise: float = 0.0) -> Tensor:
    """The drivers' offsets (N,) from the middle of the road in m, read from pictures (N, 3, H, W) in [-1, 1].

    ``noise`` (m) is how far off a row of the pictures may be: 0 for drawn pictures, ``DREAMT`` for those of networks,
    in which a bend and a heading are then believed only as far as roads and cars have them (``BEND``, ``TURNED``). NaN
    where too few rows show both grass and road. ValueError for pictures of other shapes.
    """
    if pictures.dim() != 4 or pictures.shape[1] != 3:
        raise ValueError(f"expected pictures in colour (N, 3, H, W), got shape {tuple(pictures.shape)}.")
    height, width = pictures.shape[2:]
    ahead = distances(height)
    near = (ahead >= REACH[0]) & (ahead <= REACH[1])
    rows = pictures.detach().cpu().double().numpy()[:, :, height - len(ahead) :][:, :, near]
    z = ahead[near]
    green = np.clip(rows[:, 1] - rows[:, 0], 0, None)  # (N, R, W); of asphalt, lines and cars 0
    most = np.sort(green, axis=2)[:, :, -GRASS : 1 - GRASS]
    sure = SURE_OF_DREAMS if noise else SURE
    road = np.clip((1 - sure - green / np.maximum(most, 1e-6)) / (1 - 2 * sure), 0, 1)
    filled = road.sum(2)
    columns = np.arange(width) + 0.5 - width / 2
    middle = (road * columns).sum(2) / np.maximum(filled, 1e-6)
    left, right = road[:, :, :2].min(2) > 0.5, road[:, :, -2:].min(2) > 0.5  # the road goes on beyond the picture
    metres = z / (ACROSS * width)
    found = middle * metres
    found = np.where(left & ~right, (filled - width / 2) * metres - HALF_ROAD, found)
    found = np.where(right & ~left, (width / 2 - filled) * metres + HALF_ROAD, found)
    good = (most[..., 0] > GREEN) & (filled > 1) & ~(left & right)
    return torch.from_numpy(_at_the_car(z, found, good, noise))


def _at_the_car(ahead: np.ndarray, aside: np.ndarray, good: np.ndarray, noise: float) -> np.ndarray:
    """The cars' offsets (N,) from where the road is ``aside`` (N, R) at ``ahead`` (R,), by the ``good`` rows.

    The road is offset + heading z + bend z^2 / 2 there; with noise, the most likely under normal headings and bends.
    """
    powers = np.stack([np.ones_like(ahead), ahead * TURNED, ahead**2 / 2 * BEND], axis=1)
    enough = good.sum(1) >= LEAST
    weights = np.where(enough[:, None], good, 1.0)
    squares = np.einsum("nr,ri,rj->nij", weights, powers, powers) + np.diag([0.0, noise**2, noise**2])
    fitted = np.linalg.solve(squares, np.einsum("nr,ri->ni", weights * aside, powers)[..., None])
    return np.where(enough, -fitted[:, 0, 0], np.nan)
