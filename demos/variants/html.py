"""Variants side by side as HTML: a lane for each, with samples, what the judge counts, losses and a reading."""

from __future__ import annotations

import math
import re

from markupsafe import Markup

from core_gans.foundation.html import filled, tag
from core_gans.foundation.pixels import png_url
from core_gans.foundation.svg_charts import window
from core_gans.variants import VARIANTS
from demos.line_charts import legend, line_chart
from demos.variants.settings import DATA
from demos.variants.side_by_side import TrainingSnapshot
from demos.variants.telling import TOLD
from demos.variants.training import Lane

PHASES = {
    "preparing": "Preparing the data and the judge …",
    "training": "Training",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "It did not work out",
}
LANES = {"waiting": "waiting", "training": "training", "finished": "done", "stopped": "stopped", "broken": "broken"}


def side_by_side_html(snapshot: TrainingSnapshot | None) -> Markup:
    """What is shown of them; an invitation where there is none."""

    def early(lane: Lane) -> bool:  # curves that have hardly begun mean nothing
        return (
            snapshot is not None
            and lane.phase in ("waiting", "training")
            and lane.seconds < snapshot.request.seconds / 2
        )

    return filled(
        "demos.variants",
        "side_by_side.html.j2",
        snapshot=snapshot,
        data=None if snapshot is None else DATA[snapshot.request.data],
        told=TOLD,
        variants=VARIANTS,
        phases=PHASES,
        lanes=LANES,
        png_url=png_url,
        losses=_losses,
        early=early,
        spoken=spoken,
    )


def _losses(lane: Lane) -> Markup:
    if len(lane.losses) < 2:
        return Markup("")
    seconds = [entry[0] for entry in lane.losses]
    players = [[entry[place] for entry in lane.losses] for place in (1, 2)]
    later = [value for line in players for value in line[1:] if math.isfinite(value)]  # the first are often wild
    lines = dict(zip(("second", "first"), players, strict=True))
    last = max(seconds[-1], 1e-6)
    shown = window(later, 1e6)
    chart = line_chart("Losses", f"{last:.0f} s", seconds, lines, (0.0, last), shown, (0.0,), "{:.3g}".format)
    return chart + legend({"first": "generator", "second": "discriminator"})


def spoken(sentence: str) -> Markup:
    """A verdict for a page: it names fields where the command line names options."""
    parts = re.split(r"--([a-z0-9-]+)", sentence.replace(", or ask the judge (--judge-every)", ""))
    return Markup("").join(
        tag("code", part.replace("-", "_")) if place % 2 else part for place, part in enumerate(parts)
    )
