"""The findings' rows of images: before and after units are removed, and before and after they are put into places."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.pixels import to_bytes
from core_gans.foundation.sheets import label
from dissect.cause.context import places
from dissect.directions.lettering import GREY, below, beside, framed
from dissect.edits import Values, ablate, insert
from dissect.hooks import at_rest, intervene
from dissect.report.sheets import Picture, enlarge
from dissect.sampling import generate, sights
from dissect.segmenters.protocol import Segmenter

WIDTH, NAME, GAP = 136, 148, 5  # pixels: an image, the words at its left, and between images


def removal_rows(
    generator: nn.Module,
    layer: str,
    removed: Sequence[tuple[str, Sequence[int], str]],
    latents: Tensor,
    segmenter: Segmenter,
    columns: int = 7,
) -> Picture:
    """Two rows for each (concept, its units, words): the images with most of it, and the same without the units."""
    with at_rest(generator):
        looks = list(sights(generator, [layer], latents.split(32), segmenter))
        classes = torch.cat([look.classes for look in looks])
        images = torch.cat([look.images for look in looks])
        parts: list[Picture] = []
        for concept, units, words in removed:
            most = (classes == segmenter.labels.index(concept)).sum((1, 2)).argsort(descending=True)[:columns]
            with intervene(generator, {layer: ablate(units)}):
                after = generate(generator, latents[most])
            parts += [
                _row([concept, "as they were"], images[most]),
                _row([f"without {len(units)} units", words], after),
            ]
    return framed(below(parts, GAP))


def insertion_rows(
    generator: nn.Module,
    layer: str,
    units: Sequence[int],
    value: Values,
    contexts: Sequence[tuple[str, str]],
    patch: int,
    latents: Tensor,
    segmenter: Segmenter,
    *,
    rng: torch.Generator,
    columns: int = 7,
) -> list[Picture]:
    """Two rows for each (context, words): images with a square outlined in it, and with the units set there.

    None for a context that fills no square in any of the images.
    """
    with at_rest(generator):
        looks = list(sights(generator, [layer], latents.split(32), segmenter))
        classes = torch.cat([look.classes for look in looks])
        images = torch.cat([look.images for look in looks])
        size = looks[0].features[layer].shape[-2:]
        parts: list[Picture] = []
        for context, words in contexts:
            found = places(classes, segmenter.labels.index(context), size, patch, 0.8, columns, rng)
            if not len(found.images):
                continue
            with intervene(generator, {layer: insert(units, value, found.masks)}):
                after = generate(generator, latents[found.images])
            parts.append(_row([f"in {context}", "the place"], images[found.images], found.masks))
            parts.append(_row([f"{len(units)} units set", words], after))
    return parts


def _row(words: Sequence[str], images: Tensor, masks: Tensor | None = None) -> Picture:
    tiles = []
    for place, image in enumerate(to_bytes(images)):
        tile = enlarge(image, WIDTH)
        tiles.append(tile if masks is None else _outlined(tile, masks[place]))
    height = tiles[0].shape[0]
    told = [label(words[0], NAME, 22, size=14), label(words[1], NAME, 20, size=12, ink=GREY)]
    blank = np.full(((height - 42) // 2, NAME, 3), 255, dtype=np.uint8)
    return beside([below([blank, *told]), *tiles], GAP)


def _outlined(tile: Picture, mask: Tensor) -> Picture:
    """The square of ``mask`` (1, h, w) drawn on the tile in white on black."""
    shown = F.interpolate(mask[None].cpu(), size=tile.shape[:2], mode="nearest")[0, 0].numpy() > 0
    down, right = np.nonzero(shown)
    drawn = tile.copy()
    for thick, colour in ((3, (20, 22, 28)), (1, (255, 255, 255))):
        cv2.rectangle(drawn, (int(right.min()), int(down.min())), (int(right.max()), int(down.max())), colour, thick)
    return drawn
