"""The README's picture: scenes of the shipped generator, where its tree units fire, and the scenes without its trees.

python examples/hero.py docs/images/hero.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import torch
from matplotlib.figure import Figure

from core_gans import load_model, shipped
from core_gans.foundation.pixels import to_bytes
from core_gans.game import generate
from dissect import Dissection, EditSession, Stroke, record, unit_set
from dissect.report.sheets import outlined
from dissect.segmenters.unet import UNetSegmenter

COLUMNS = 6
CANDIDATES = 400
ENLARGED = 192  # pixels


def main(out: Path, candidates: int = CANDIDATES) -> None:
    """Draw the picture into ``out``, of the best of so many candidates."""
    model = load_model(shipped.path("scenes-generator"))
    segmenter = UNetSegmenter.load(shipped.path("scenes-segmenter"))
    dissection = Dissection.load(shipped.path("scenes-dissection"))
    trees = unit_set(dissection, "tree")
    latents = model.game.latents(candidates, torch.Generator().manual_seed(0))
    chosen = with_trees(generate(model.net, latents), segmenter)
    best = max(trees.units, key=lambda unit: dissection.score[unit, dissection.concept("tree")])
    rows: list[list[np.ndarray]] = [[], [], [], []]
    for index in chosen:
        latent = latents[index : index + 1]
        session = EditSession(model.net, dissection.layer, latent, segmenter)
        before = to_bytes(session.before[None])[0]
        with torch.no_grad(), record(model.net, [dissection.layer]) as seen:
            model.net(latent)
        activation = seen[dissection.layer][0, best].numpy()
        level = float(dissection.level[best, dissection.concept("tree")])
        mask = (session.classes_before == segmenter.labels.index("tree")).float()
        brush = torch.nn.functional.max_pool2d(mask[None, None], 5, 1, 2)[0, 0]
        after = session.paint([Stroke("erase", trees, brush)]).after
        palette = np.asarray(segmenter.colours, np.uint8)
        pictures = (before, palette[session.classes_before.numpy()], outlined(before, activation, level, ENLARGED))
        for row, picture in zip(rows, (*pictures, to_bytes(after[None])[0]), strict=True):
            row.append(picture)
    titles = ("generated", "what is where", f"unit {best} fires here", "trees erased")
    figure = Figure(figsize=(COLUMNS * 1.6 + 0.4, len(rows) * 1.6), dpi=100, layout="constrained")
    axes = figure.subplots(len(rows), len(chosen), squeeze=False)
    for row, title, line in zip(axes, titles, rows, strict=True):
        for axis, picture in zip(row, line, strict=True):
            axis.imshow(picture, interpolation="lanczos" if title in ("generated", "trees erased") else "nearest")
            axis.set_xticks([])
            axis.set_yticks([])
            for spine in axis.spines.values():
                spine.set_visible(False)
        row[0].set_ylabel(title, fontsize=10)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out)


def with_trees(images: torch.Tensor, segmenter: UNetSegmenter) -> list[int]:
    """The pictures with the most trees among those that show a house, too, and daylight or dusk."""
    classes = segmenter(images).flatten(1)
    amount = {name: (classes == segmenter.labels.index(name)).float().mean(1) for name in ("tree", "roof", "door")}
    bright = images.mean((1, 2, 3)) > -0.2
    fitting = (amount["roof"] > 0.02) & (amount["door"] > 0.004) & bright
    ranked = torch.where(fitting, amount["tree"], -torch.ones(())).argsort(descending=True)
    return ranked[:COLUMNS].tolist()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images/hero.png"))
