"""The maps of a layer as a film: how its units change while a latent moves, beside the picture that comes of them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from core_gans.foundation.pixels import Picture, Pictures, to_bytes
from dissect.hooks import at_rest, record
from dissect.report.sheets import enlarge
from dissect.sampling import batches, generate

GAP = 2  # pixels between tiles
RANGE = 0.01, 0.99  # quantiles of a unit between which its scale lies: a few cells at an end of the way are far out
PAPER = 255  # their colour


def map_film(
    generator: nn.Module, latents: Tensor, layer: str, units: int = 12, side: int = 64, batch_size: int = 32
) -> Pictures:
    """Frames (N, H, W, 3) RGB, one for each of ``latents`` (N, ...): the picture, and the maps of some units.

    Those are the ``units`` of ``layer`` (at most) that change most on the way, the first of them in the first place:
    the mean over the cells of the standard deviation over the latents. Each has one scale for the whole film, from
    black at its 1st percentile to yellow at its 99th. A tile is ``side`` pixels high.

    ValueError for no latents, fewer than one unit, a layer that is not there, and one without maps.
    """
    if not len(latents) or units < 1:
        raise ValueError(f"expected latents and at least 1 unit, got {len(latents)} and {units}")
    found, pictures = [], []
    with at_rest(generator), record(generator, [layer]) as seen:
        for batch in batches(latents, batch_size):
            pictures.append(to_bytes(generate(generator, batch)))
            found.append(seen[layer].detach().float().cpu().numpy())
    maps, shown = np.concatenate(found), np.concatenate(pictures)  # (N, U, h, w), (N, H, W, 3)
    if maps.ndim != 4:
        raise ValueError(f"layer {layer!r} puts out {maps.shape[1:]} numbers for a latent, not the maps of units")
    chosen = np.argsort(-maps.std(axis=0).mean(axis=(1, 2)), kind="stable")[:units]
    maps = maps[:, chosen]
    low, high = np.quantile(maps, RANGE, axis=(0, 2, 3))[..., None, None]  # (units, 1, 1)
    scaled = ((maps - low) / np.maximum(high - low, 1e-12)).clip(0, 1)
    rows = max(1, round(len(chosen) ** 0.5 / 1.4))
    return np.stack([_frame(*each, rows, side) for each in zip(shown, scaled, strict=True)])


def _frame(picture: Picture, maps: npt.NDArray[np.float32], rows: int, side: int) -> Picture:
    """One frame: the picture as high as all ``rows`` of maps (units, h, w) in [0, 1], which fill column by column."""
    high = rows * side + (rows - 1) * GAP
    shown = enlarge(picture, max(1, round(picture.shape[1] * high / picture.shape[0])))
    width = max(1, round(maps.shape[2] * side / maps.shape[1]))
    columns = -(-len(maps) // rows)
    page = np.full((high, shown.shape[1] + columns * (width + GAP), 3), PAPER, np.uint8)
    page[: shown.shape[0], : shown.shape[1]] = shown[:high]
    for place, unit in enumerate(maps):
        column, row = divmod(place, rows)
        top, left = row * (side + GAP), shown.shape[1] + GAP + column * (width + GAP)
        large = cv2.resize(np.rint(255 * unit).astype(np.uint8), (width, side), interpolation=cv2.INTER_NEAREST)
        page[top : top + side, left : left + width] = cv2.applyColorMap(large, cv2.COLORMAP_INFERNO)[..., ::-1]
    return page
