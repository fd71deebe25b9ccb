"""The pictures of a mending: images before and after, the distances with their intervals, a numbered sample."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from torch import Tensor, nn

from core_gans.foundation.colours import BLUE, PALE, QUIET
from core_gans.foundation.figures import page, themed
from core_gans.foundation.lettering import label
from core_gans.foundation.pixels import Picture, to_bytes
from core_gans.foundation.sheets import below, labelled_rows, tiled, with_margin
from dissect.findings.charts import rows_at_the_left
from dissect.hooks import at_rest, intervene
from dissect.mending.ablations import edits_of
from dissect.mending.measuring import Mending
from dissect.report.sheets import enlarge
from dissect.sampling import generate

TILE, NAME, GAP = 112, 150, 4  # pixels: an image, the words at its left, between images


def before_after(generator: nn.Module, mending: Mending, rows: Sequence[tuple[str, Tensor]]) -> Picture:
    """For each pair of words and latents (N, ...) a row of images as they were, and below it the same ones mended.

    ValueError as ``sampling``.
    """
    edits = edits_of(mending.ablations)
    parts = []
    for words, latents in rows:
        with at_rest(generator):
            before = generate(generator, latents)
            with intervene(generator, edits):
                after = generate(generator, latents)
        parts += [(f"{words}\nbefore", _tiles(before)), ("mended", _tiles(after))]
    return labelled_rows(parts, width=NAME, gap=GAP)


@themed
def changes_chart(mending: Mending) -> Figure:
    """The change of the distance by the units, and by each random set, on one scale: a dot on its 95% interval.

    RGB bytes (H, W, 3).
    """
    changes = [mending.change, *mending.random_changes]
    names = [mending.chosen, *(f"random set {n + 1}" for n in range(len(changes) - 1))]
    note = f"{mending.before.value:.3f} before; left of the line: nearer to real images ({mending.images:,} images)"
    title = f"Change of the Frechet distance in {mending.features}"
    figure = page(7.4, 0.5 + 0.27 * len(changes), title, note)
    axes = figure.subplots()
    for place, change in enumerate(changes):
        colour = PALE if place else BLUE
        axes.plot([change.low, change.high], [place, place], color=colour)
        axes.plot(change.value, place, marker="o", color=colour)
    rows_at_the_left(axes, names, [f"{change:+.3f}" for change in changes])
    axes.axvline(0, color=QUIET, linewidth=0.8)
    axes.margins(x=0.05)
    return figure


def numbered(images: Tensor, columns: int = 12) -> Picture:
    """``images`` (N, C, H, W) in a grid, each with its number, from 0: for a person to name the bad ones.

    ValueError without images.
    """
    tiles = [
        below([tile, label(str(number), 88, 16, size=12, align="centre", ink=QUIET)])
        for number, tile in enumerate(_tiles(images, 88))
    ]
    return with_margin(tiled(tiles, columns, GAP))


def _tiles(images: Tensor, width: int = TILE) -> list[Picture]:
    return [enlarge(image, width) for image in to_bytes(images)]
