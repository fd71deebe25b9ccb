"""Unit sheets: the images in which a unit is strongest, with the unit's region outlined.

The region is the one dissection counts: the unit's map, brought to the size of the image bilinearly (pixel centres,
``align_corners=False``) or by its nearest cells, as the dissection did it, strictly above the unit's level (Bau et al.
2019, GAN Dissection, section 3.1).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from core_gans.foundation.colours import INK, rgb
from core_gans.foundation.pixels import Picture

Map = npt.NDArray[np.float32]  # (h, w)

METHODS = {"bilinear": cv2.INTER_LINEAR, "nearest": cv2.INTER_NEAREST}  # a dissection's, by name
SUPERSAMPLING = 3  # the outline is drawn this many times finer than it is shown, for smooth edges
SHADE = 0.58  # what is left of the light outside the region
MARGIN = 4  # pixels by which an outline in vectors goes beyond the picture
SMOOTH = 0.7  # pixels by which it may miss the region's edge
HALO = (18, 20, 26)  # a dark line around the white one: the outline reads on snow and on night skies alike


def enlarge(picture: Picture, width: int) -> Picture:
    """``picture`` (H, W, 3) at ``width`` pixels across, its proportions kept: Lanczos upwards, by area downwards."""
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    method = cv2.INTER_LANCZOS4 if width > picture.shape[1] else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, (width, height), interpolation=method), dtype=np.uint8)


def region(
    activation: Map, level: float, height: int, width: int, upsampling: str = "bilinear"
) -> npt.NDArray[np.bool_]:
    """Where a unit's map (h, w), enlarged to (height, width) as ``upsampling`` says, is strictly above ``level``."""
    enlarged = cv2.resize(np.ascontiguousarray(activation), (width, height), interpolation=METHODS[upsampling])
    return np.asarray(enlarged) > level


def outlined(
    picture: Picture,
    activation: Map,
    level: float,
    width: int = 192,
    line: float = 1.5,
    upsampling: str = "bilinear",
) -> Picture:
    """``picture`` (H, W, 3) enlarged to ``width``, the unit's region outlined and the rest dimmed.

    ``activation`` (h, w) is the unit's map for this picture, ``line`` the outline's thickness in shown pixels. Where
    the region leaves the picture the outline stays open.
    """
    shown = enlarge(picture, width)
    height = shown.shape[0]
    inside = region(activation, level, height * SUPERSAMPLING, width * SUPERSAMPLING, upsampling).astype(np.uint8)
    core = _band(inside, line)
    halo = _band(inside, line + 2.0)
    covered = _share(inside, height, width)
    grey = shown.mean(axis=2, keepdims=True)
    dimmed = SHADE * (0.6 * shown + 0.4 * grey)
    mixed = dimmed + covered * (shown - dimmed)
    mixed += 0.65 * _share(halo, height, width) * (np.array(HALO) - mixed)
    mixed += _share(core, height, width) * (255.0 - mixed)
    return np.asarray(np.clip(np.rint(mixed), 0, 255), dtype=np.uint8)


def outline(activation: Map, level: float, width: int, height: int, upsampling: str = "bilinear") -> str:
    """The unit's region in a picture of ``width`` by ``height`` as the data of an SVG path, for the rule "evenodd".

    ``activation`` (h, w) is the unit's map. Where the region leaves the picture the path leaves it, too, so that its
    stroke is cut off there. Empty where the unit is off everywhere.
    """
    inside = region(activation, level, height, width, upsampling).astype(np.uint8)
    beyond = cv2.copyMakeBorder(inside, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_REPLICATE)
    found, _ = cv2.findContours(beyond, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    simple = [np.int64(cv2.approxPolyDP(contour, SMOOTH, closed=True)).reshape(-1, 2) - MARGIN for contour in found]
    return "".join(_path(points) for points in simple if len(points) > 2)


def heat(activation: Map, width: int, height: int) -> Picture:
    """A unit's map (h, w) as a picture (height, width, 3): black where it is lowest, yellow where it is highest."""
    enlarged = np.asarray(cv2.resize(np.ascontiguousarray(activation), (width, height), interpolation=cv2.INTER_LINEAR))
    low, high = float(enlarged.min()), float(enlarged.max())
    scaled = (enlarged - low) / (high - low) if high > low else np.zeros_like(enlarged)
    coloured = cv2.applyColorMap(np.rint(scaled * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    return np.asarray(cv2.cvtColor(coloured, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def boxed(tile: Picture, cells: npt.NDArray[np.bool_]) -> Picture:
    """The box around those of ``cells`` (h, w) that are true drawn on the tile (H, W, 3), in white on black."""
    down, right = np.nonzero(cells)
    (height, width), (h, w) = tile.shape[:2], cells.shape
    first = int(right.min()) * width // w, int(down.min()) * height // h
    last = (int(right.max() + 1) * width - 1) // w, (int(down.max() + 1) * height - 1) // h
    drawn = tile.copy()
    for thick, colour in ((3, rgb(INK)), (1, (255, 255, 255))):
        cv2.rectangle(drawn, first, last, colour, thick)
    return drawn


def _path(points: npt.NDArray[np.int64]) -> str:
    """A closed polygon (n, 2), in pixels."""
    (x, y), steps = points[0], np.diff(points, axis=0)
    return f"M{x} {y}l{' '.join(f'{across} {down}' for across, down in steps)}z"


def _band(inside: Picture, line: float) -> Picture:
    """The border of a region, ``line`` shown pixels thick, centred on the edge; open at the picture's frame."""
    size = max(2, round(line * SUPERSAMPLING)) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.subtract(cv2.dilate(inside, disc), cv2.erode(inside, disc)), dtype=np.uint8)


def _share(mask: Picture, height: int, width: int) -> npt.NDArray[np.float32]:
    """The share of each shown pixel (height, width, 1) that the finer mask covers, in [0, 1]."""
    shares = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(shares, dtype=np.float32)[:, :, None]
