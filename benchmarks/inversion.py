"""``python -m benchmarks.inversion``: how well drawn scenes are inverted, and whether a tree of theirs can be erased.

Scenes of a seed that nothing was trained on are inverted by a shipped generator. Pixel L1 is the mean of |difference|
of pixels in [-1, 1], so 2 is the most. Agreement is the share of the pixels in whose class a segmenter sees the picture
and the rendering alike; beside it, the share that shows what the drawing's own mask says. In every scene with a tree of
at least 40 pixels (of 64 x 64), its box is brushed over (Paint's erase at strength 1: by example, its default, by half
of the units of the shipped dissection's layer, and by all that agree with trees): gone are the tree pixels under the
brush that the segmenter no longer sees, in the rendering and in the picture it was pasted into. Examples are chosen by
the shipped segmenter, whoever judges.

``--seconds 20`` is the measure of the clock, for a quiet machine; on a busy one ``--steps`` says what was done, and the
processor's seconds are printed. ``--tiny`` runs all of it on one scene in a few steps.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import torch
import tyro
from torch import Tensor

from core_gans.data import scenes
from core_gans.foundation.pixels import Picture, write_png
from core_gans.foundation.sheets import labelled_rows, sheet
from demos.lab import Lab
from demos.paint.painter import Painter
from dissect import (
    EditSession,
    Inversion,
    InversionSettings,
    Segmenter,
    Stroke,
    invert,
    paste_back,
    unit_set,
)
from dissect.commands.encoder_choice import chosen_encoder
from dissect.inversion.perceptual import eyes_of
from dissect.painting import BrushStroke, Donor
from dissect.painting.examples import removals
from dissect.segmenters.unet import UNetSegmenter

EXAMPLE, HALF, ALL = "example, as in Paint", "half of the layer's units", "all units that agree with trees"
WAYS = (EXAMPLE, HALF, ALL)
CONCEPT, LEAST, GROWN = "tree", 40, 2  # what is erased, pixels of the smallest, pixels that its box is grown by
SIDE = 64  # of the pictures of which these pixels are
L1_GOAL, AGREEMENT_GOAL = 0.06, 0.95


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    scenes: int = 100
    """Drawn scenes."""
    seed: int = 20_261_129
    """Of the scenes; settings were chosen on those of 777."""
    seconds: float = 20.0
    """For each scene, by the clock."""
    steps: int | None = None
    """For each scene, instead of seconds."""
    layer: str = "block8"
    """Whose features are sought."""
    model: str = "scenes"
    """The generator, as the app calls it. The judge sees larger pictures than its own at its own size."""
    encoder: bool = True
    """Begin from the shipped encoder, if there is one; else from the best of the samples."""
    segmenter: Path | None = None
    """Judges; default: the shipped one, whose features are part of the loss. Another one is a fairer judge."""
    sheet: Path | None = None
    """Where to write a picture of the first eight scenes."""
    tiny: bool = False
    """One scene, four steps."""

    def settings(self) -> InversionSettings:
        """How long to search."""
        if self.steps is None:
            return InversionSettings(latent_steps=10**6, feature_steps=10**6, seconds=self.seconds)
        latent = round(InversionSettings.latent_part * self.steps)
        return InversionSettings(latent_steps=latent, feature_steps=self.steps - latent)


@dataclass(frozen=True, eq=False)
class Erased:
    """A tree under the brush: pixels before and after, in the rendering and in the picture."""

    rendering: Tensor  # (3, 64, 64)
    pasted: Tensor
    before: int
    after: int
    picture_before: int
    picture_after: int

    def told(self) -> str:
        """The counts in words."""
        return f"{self.before} to {self.after}, in the picture {self.picture_before} to {self.picture_after}"


@dataclass(frozen=True, eq=False)
class Row:
    """One scene."""

    found: Inversion
    true: float  # the share of the rendering's pixels that shows what the mask says
    seconds: float  # of the processor
    erased: dict[str, Erased]  # by each of ``WAYS``; empty without a tree that is large enough


def main(plan: Plan) -> None:
    """Invert, erase, print a table."""
    if plan.tiny:
        plan = replace(plan, scenes=1, steps=4)
    rows = measured(plan)
    how = f"{plan.seconds:g} s" if plan.steps is None else f"{plan.steps} steps"
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, "
        f"{torch.get_num_threads()} threads, torch {torch.__version__}; {len(rows)} scenes of seed {plan.seed}, "
        f"{how} each, layer {plan.layer}, begun from {' and '.join(sorted({row.found.start for row in rows}))}\n"
    )
    print(table(rows))
    if plan.sheet is not None:
        write_png(plan.sheet, pictures(rows[:8]))


def measured(plan: Plan) -> list[Row]:
    """A row for each scene."""
    with TemporaryDirectory() as runs, closing(Lab.at(Path(runs))) as lab:
        return _measured(plan, lab.painters.of(plan.model))


def _measured(plan: Plan, painter: Painter) -> list[Row]:
    eyes, generator = painter.segmenter, painter.generator
    judge = eyes if plan.segmenter is None else UNetSegmenter.load(plan.segmenter, size=SIDE)
    encoder = chosen_encoder(None, generator) if plan.encoder else None
    rng = torch.Generator().manual_seed(0)
    samples = torch.cat([painter.latent(rng) for _ in range(128)])
    drawn = scenes.draw_many(plan.scenes, size=painter.side, seed=plan.seed)
    rows: list[Row] = []
    for pixels, mask in zip(drawn.images, drawn.masks, strict=True):
        image = torch.from_numpy(pixels).permute(2, 0, 1).float() / 127.5 - 1
        begun = time.process_time()
        found = invert(
            generator,
            image,
            samples,
            encoder=encoder,
            layer=plan.layer,
            perceptual=eyes_of(eyes, image[None]),
            segmenter=judge,
            settings=plan.settings(),
        )
        spent = time.process_time() - begun
        true = float((judge(found.rendering[None])[0] == torch.from_numpy(mask).long()).float().mean())
        session = EditSession(found.applied_to(generator), painter.layers, found.latent, eyes)
        there = mask == drawn.labels.index(CONCEPT)
        rows.append(Row(found, true, spent, erased(painter, session, judge, found, there)))
        trees = "".join(f"; {way}: {tree.told()}" for way, tree in rows[-1].erased.items())
        print(f"L1 {found.pixel_l1:.3f}, same class {found.agreement:.1%}{trees}", file=sys.stderr, flush=True)
    return rows


def erased(
    painter: Painter, session: EditSession, judge: Segmenter, found: Inversion, there: np.ndarray
) -> dict[str, Erased]:
    """The largest tree of ``there`` (H, W), erased by each of ``WAYS``; nothing where none is large enough."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(there.astype(np.uint8))
    left, top, width, height, area = max(stats[1:count].tolist(), key=lambda row: row[-1], default=(0,) * 5)
    scale = len(there) // SIDE
    if area < LEAST * scale**2:
        return {}
    brush, grown = torch.zeros(there.shape), GROWN * scale
    brush[max(0, top - grown) : top + height + grown, max(0, left - grown) : left + width + grown] = 1
    bank, dissection = painter.examples.bank(), painter.dissection

    def donors(layers: Sequence[str], numbers: Sequence[int]) -> list[Donor]:
        return bank.donors(painter.generator, layers, numbers)

    def seen(image: Tensor) -> int:
        return int(((judge(image[None])[0] == judge.labels.index(CONCEPT)) & (brush > 0)).sum())

    strokes: dict[str, BrushStroke] = {
        way: Stroke("erase", {dissection.layer: unit_set(dissection, CONCEPT, units)}, brush)
        for way, units in ((HALF, None), (ALL, dissection.count))
    }
    # Where the shipped segmenter sees no tree, Paint refuses to erase one: it stays.
    with suppress(ValueError):
        strokes[EXAMPLE] = removals(session, bank, [CONCEPT], brush, donors)[0].stroke
    outcomes = {}
    for way in WAYS:
        after = session.paint([strokes[way]]).after if way in strokes else found.rendering
        pasted = paste_back(found.image, found.rendering, after)
        counts = [seen(image) for image in (found.rendering, after, found.image, pasted)]
        outcomes[way] = Erased(after, pasted, *counts)
    return outcomes


def table(rows: list[Row]) -> str:
    """All rows in figures, as Markdown."""
    l1, agreement = ([getattr(row.found, name) for row in rows] for name in ("pixel_l1", "agreement"))
    lines = [
        "| | mean | worst | within the goal |",
        "|---|---|---|---|",
        f"| pixel L1, of 2 | {statistics.mean(l1):.3f} | {max(l1):.3f} | {_share([x <= L1_GOAL for x in l1])} |",
        f"| the same by the latent alone | {statistics.mean(row.found.latent_pixel_l1 for row in rows):.3f} | "
        f"{max(row.found.latent_pixel_l1 for row in rows):.3f} | |",
        f"| pixels of the same class | {statistics.mean(agreement):.1%} | {min(agreement):.1%} | "
        f"{_share([x >= AGREEMENT_GOAL for x in agreement])} |",
        f"| pixels of the drawing's own class | {statistics.mean(row.true for row in rows):.1%} | "
        f"{min(row.true for row in rows):.1%} | |",
        f"| processor seconds a scene | {statistics.mean(row.seconds for row in rows):.1f} | "
        f"{max(row.seconds for row in rows):.1f} | |",
    ]
    for way in WAYS:
        trees = [row.erased[way] for row in rows if way in row.erased]
        lines.append(f"| trees erased by half, by {way} | | | {_gone(trees)} |")
    return "\n".join(lines)


def pictures(rows: list[Row]) -> Picture:
    """Picture, rendering, difference, and the tree erased in both; a row for each scene."""

    def tiles(row: Row) -> list[Picture]:
        found, gone = row.found, row.erased.get(EXAMPLE)
        shown = [found.image, found.rendering, (found.rendering - found.image) / 2]
        shown += [gone.rendering, gone.pasted] if gone else []
        return [sheet(part[None], 1, 2) for part in shown]

    def words(row: Row) -> str:
        return f"L1 {row.found.pixel_l1:.3f}\nsame class {row.found.agreement:.1%}"

    heads = ("picture", "rendering", "difference", "tree erased", "in the picture")
    return labelled_rows([(words(row), tiles(row)) for row in rows], heads=heads)


def _gone(trees: list[Erased]) -> str:
    """In the rendering and in the picture."""
    rendering = _share([tree.after <= tree.before / 2 for tree in trees])
    return f"{rendering}; in the picture {_share([t.picture_after <= t.picture_before / 2 for t in trees])}"


def _share(kept: list[bool]) -> str:
    return f"{sum(kept)} of {len(kept)}"


if __name__ == "__main__":
    main(tyro.cli(Plan))
