"""The pictures of activation patching: heat maps of the layers, patched pictures in every region, and several pairs."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import torch
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from torch import Tensor, nn

from core_gans.foundation.colours import BLUE, INK, QUIET
from core_gans.foundation.figures import NOTE, page, themed
from core_gans.foundation.pixels import Picture, to_bytes
from core_gans.foundation.sheets import labelled_rows
from dissect.cause.pairs import Pairs, columns_of, shows
from dissect.cause.patching import PatchEffects, group_name, replaced_by
from dissect.cause.regions import OUTSIDE, UNDER, boxes, region_names, regions
from dissect.hooks import at_rest, intervene
from dissect.report.sheets import boxed, enlarge
from dissect.sampling import generate, sights
from dissect.segmenters.protocol import Segmenter

SHARES = LinearSegmentedColormap.from_list("shares", ["#fafafa", BLUE])
ACROSS = 4  # heat maps beside each other
SMALL, TILE = 72, 112  # pixels of a picture on the sheet, and beside its pair


@themed
def heat_maps(effects: PatchEffects) -> Figure:
    """A panel for each group of layers: the share of the thing that each place of the grid carries, in percent.

    Bold where it is more than from a donor, beyond the interval. RGB bytes (H, W, 3).
    """
    groups = effects.groups
    across = min(ACROSS, len(groups))
    rows = ceil(len(groups) / across)
    note = f"percent of its pixels that appear; bold: beyond the random donors ({effects.pairs} pairs)"
    figure = page(2.1 * across + 1.2, 2.4 * rows, f"What carries the {effects.concept}?", note)
    panels = figure.subplots(rows, across, squeeze=False).flatten()
    for axes in panels[len(groups) :]:
        axes.set_axis_off()
    for axes, group in zip(panels, groups, strict=False):
        shares = effects.heat(group)
        axes.pcolormesh(shares, cmap=SHARES, vmin=0, vmax=1, edgecolors="white", linewidth=2)
        for place, ((row, column), share) in zip(region_names(effects.grid)[3:], np.ndenumerate(shares), strict=True):
            sure = effects.of(group, place).carries
            axes.text(
                column + 0.5, row + 0.5, f"{100 * share:.0f}", ha="center", va="center", fontsize=NOTE,
                color="white" if share > 0.55 else INK if sure else QUIET, fontweight="bold" if sure else "normal",
            )  # fmt: skip
        under, outside = (effects.of(group, region).appeared.value for region in (UNDER, OUTSIDE))
        axes.set(title=group_name(group), xlabel=f"under the box {under:.0%}, outside {outside:.0%}", aspect="equal")
        axes.set(xticks=[], yticks=[], ylim=(effects.grid, 0))
        axes.spines[:].set_visible(False)
        axes.grid(visible=False)
    return figure


def patch_sheet(generator: nn.Module, effects: PatchEffects, pair: Pairs, segmenter: Segmenter) -> Picture:
    """The first of ``pair``: rows are the groups of layers, columns the regions in which the target is patched.

    Before them stand the source, its thing in a box, and the target.
    """
    names = region_names(effects.grid)
    first = Pairs(*(each[:1] for each in (pair.sources, pair.targets, pair.donors)))
    rows = []
    for group in effects.groups:
        drawn = _patched(generator, group, first, segmenter, effects, range(len(names)))
        rows.append((group_name(group).replace("+", "\n+ "), _tiles(drawn, SMALL)))
    source, target = _pair(generator, first, segmenter, effects, SMALL)
    rows = [(words, [source[0], target[0], *tiles]) for words, tiles in rows]
    title = f"One pair: the units of a layer in one place, as they are in the picture with the {effects.concept}"
    return labelled_rows(rows, width=90, title=title, heads=("source", "target", "under", "outside", *names[2:]))


def pairs_sheet(generator: nn.Module, effects: PatchEffects, pairs: Pairs, segmenter: Segmenter) -> Picture:
    """A row for each of ``pairs``: source, target, and the target patched under the box in each group of layers."""
    source, target = _pair(generator, pairs, segmenter, effects, TILE)
    under = [
        _tiles(_patched(generator, group, pairs, segmenter, effects, [0]), TILE) for group in effects.groups
    ]  # per group: a tile for each pair
    rows = [
        (f"pair {number + 1}", [source[number], target[number], *(tiles[number] for tiles in under)])
        for number in range(len(pairs))
    ]
    title = f"Patched under the box of the {effects.concept}"
    return labelled_rows(rows, width=60, title=title, heads=("source", "target", *map(group_name, effects.groups)))


def _patched(
    generator: nn.Module,
    group: Sequence[str],
    pairs: Pairs,
    segmenter: Segmenter,
    effects: PatchEffects,
    wanted: Sequence[int],
) -> Tensor:
    """The targets patched in the regions ``wanted``: pictures (R * N, C, H, W), region after region."""
    with at_rest(generator):
        sight = next(sights(generator, group, [pairs.sources], segmenter))
        shown = shows(sight.classes, columns_of(effects.concept, segmenter))
        parts = []
        for region in wanted:  # one after the other, so that no more pictures are made at once than there are pairs
            edits = {}
            for layer, features in sight.features.items():
                cells = regions(shown, (features.shape[2], features.shape[3]), effects.grid)[region]
                edits[layer] = replaced_by(features, cells)
            with intervene(generator, edits):
                parts.append(generate(generator, pairs.targets))
        return torch.cat(parts)


def _pair(
    generator: nn.Module, pairs: Pairs, segmenter: Segmenter, effects: PatchEffects, width: int
) -> tuple[list[Picture], list[Picture]]:
    """The sources' pictures, with the box of the thing on them, and the targets'."""
    with at_rest(generator):
        sight = next(sights(generator, (), [pairs.sources], segmenter))
        targets = generate(generator, pairs.targets)
    box = boxes(shows(sight.classes, columns_of(effects.concept, segmenter))).cpu().numpy()
    sources = [boxed(tile, cells) for tile, cells in zip(_tiles(sight.images, width), box, strict=True)]
    return sources, _tiles(targets, width)


def _tiles(images: Tensor, width: int) -> list[Picture]:
    return [enlarge(image, width) for image in to_bytes(images)]
