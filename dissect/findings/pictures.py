"""The findings' rows of images: before and after units are removed, and before and after they are put into places."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core_gans.foundation.counting import how_many
from core_gans.foundation.pixels import Picture, to_bytes
from core_gans.foundation.sheets import labelled_rows
from dissect.cause.context import places
from dissect.edits import Values, ablate, insert
from dissect.generators import layer_shape
from dissect.hooks import at_rest, intervene
from dissect.report.sheets import boxed, enlarge
from dissect.sampling import batches, generate, sights
from dissect.segmenters.protocol import Segmenter

WIDTH = 136  # pixels of an image
COLUMNS = 7  # images in a row


def removal_rows(
    generator: nn.Module,
    layer: str,
    removed: Sequence[tuple[str, Sequence[int], str]],
    latents: Tensor,
    segmenter: Segmenter,
    *,
    batch_size: int = 32,
) -> Picture:
    """Two rows for each (concept, its units, words): the images with most of it, and the same without the units."""
    with at_rest(generator):
        images, classes = _looked_at(generator, latents, segmenter, batch_size)
        rows = []
        for concept, units, words in removed:
            most = (classes == segmenter.labels.index(concept)).sum((1, 2)).argsort(descending=True)[:COLUMNS]
            with intervene(generator, {layer: ablate(units)}):
                after = generate(generator, latents[most])
            rows += [
                (f"{concept}\nas they were", _tiles(images[most])),
                (f"without {how_many(len(units), 'unit')}\n{words}", _tiles(after)),
            ]
    return labelled_rows(rows)


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
    batch_size: int = 32,
    rng: torch.Generator,
) -> list[Picture]:
    """Two rows for each (context, words): images with a square outlined in it, and with the units set there.

    No rows for a context that fills no square in any of the images, and no picture where that is true of all.
    """
    with at_rest(generator):
        images, classes = _looked_at(generator, latents, segmenter, batch_size)
        size = layer_shape(generator, layer, latents[:1])[-2:]
        rows = []
        for context, words in contexts:
            found = places(classes, segmenter.labels.index(context), size, patch, 0.8, COLUMNS, rng)
            if not len(found.images):
                continue
            with intervene(generator, {layer: insert(units, value, found.masks)}):
                after = generate(generator, latents[found.images])
            rows += [
                (f"in {context}\nthe place", _tiles(images[found.images], found.masks)),
                (f"{how_many(len(units), 'unit')} set\n{words}", _tiles(after)),
            ]
    return [labelled_rows(rows)] if rows else []


def _looked_at(generator: nn.Module, latents: Tensor, segmenter: Segmenter, batch_size: int) -> tuple[Tensor, Tensor]:
    """The images and their classes. What layers put out is not kept."""
    looks = [(look.images, look.classes) for look in sights(generator, [], batches(latents, batch_size), segmenter)]
    images, classes = zip(*looks, strict=True)
    return torch.cat(images), torch.cat(classes)


def _tiles(images: Tensor, masks: Tensor | None = None) -> list[Picture]:
    tiles = [enlarge(image, WIDTH) for image in to_bytes(images)]
    return (
        tiles
        if masks is None
        else [boxed(tile, mask[0].cpu().numpy() > 0) for tile, mask in zip(tiles, masks, strict=True)]
    )
