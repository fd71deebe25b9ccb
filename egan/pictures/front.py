"""The Pareto front of quality and diversity as a picture, with the children of the last generations around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from core_gans.foundation.colours import INK
from core_gans.foundation.figures import page, themed
from egan.individual import Record
from egan.pictures.colours import colours, words

MOST = 2_000  # children around it: the last ones


@themed
def front_picture(front: Sequence[Record], records: Sequence[Record], title: str = "") -> Figure:
    """The ``front``, and the last of ``records`` by mutation, as RGB bytes (H, W, 3).

    ValueError for a front of nobody.
    """
    if not front:
        raise ValueError("expected a front of at least one individual: select by nsga2 or nsga3, and evolve.")
    around = [record for record in records if np.isfinite([record.quality, record.diversity]).all()][-MOST:]
    paint = colours(record.mutation for record in [*around, *front])
    note = f"{len(front)} that no other dominates · around: the last {len(around):,} children"
    figure = page(8, 5.4, title or "Pareto front", note, {words(name): colour for name, colour in paint.items()})
    axes = figure.subplots()
    for kind, (size, opacity) in ((around, (8, 0.3)), (front, (46, 1.0))):
        places = np.array([(record.quality, record.diversity) for record in kind]).reshape(-1, 2)
        axes.scatter(
            places[:, 0],
            places[:, 1],
            s=size,
            c=[paint[record.mutation] for record in kind],
            alpha=opacity,
            linewidths=0,
        )
    line = sorted((record.quality, record.diversity) for record in front)
    axes.step(*zip(*line, strict=True), where="pre", color=INK, linewidth=1, zorder=0)
    axes.set_xlabel("quality: how real the discriminator of the time found its samples")
    axes.set_ylabel("diversity")
    return figure
