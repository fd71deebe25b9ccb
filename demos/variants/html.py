"""A trial as HTML: a lane for each variant, with its samples, what the judge counts, its losses and its reading."""

from __future__ import annotations

import math
import re
from html import escape

from core_gans.data import DataSet
from core_gans.foundation.pixels import png_url
from core_gans.foundation.svg_charts import window
from core_gans.variants import VARIANTS
from demos.variants.cards import TOLD
from demos.variants.line_charts import legend, line_chart
from demos.variants.settings import DATA
from demos.variants.training import Lane
from demos.variants.trials import Snapshot

PHASES = {
    "preparing": "Preparing the data and the judge …",
    "training": "Training",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "It did not work out",
}
LANES = {"waiting": "waiting", "training": "training", "finished": "done", "stopped": "stopped", "broken": "broken"}
EMPTY = (
    '<div class="stage empty"><p>Nothing is being trained yet. Choose variants and press <b>Train</b>: each gets the '
    "same data, the same seed and the same processor time, with settings made for short runs.</p></div>"
)


def stage_of(look: Snapshot | None) -> str:
    """What is shown of a trial; an invitation where there is none."""
    if look is None:
        return EMPTY
    wish = look.wish
    if look.phase == "failed":
        return f'<div class="trial" data-phase="failed"><p><b>{PHASES["failed"]}.</b> {escape(look.trouble)}</p></div>'
    spent = sum(lane.seconds for lane in look.lanes)
    share = 100 * min(1.0, spent / (wish.seconds * len(wish.variants)))
    lanes = "".join(lane_of(lane, look) for lane in look.lanes)
    return (
        f'<div class="trial" data-phase="{look.phase}"><p class="status" role="status"><b>{PHASES[look.phase]}</b> '
        f"{escape(wish.data)} · {wish.seconds:g} s of one core for each</p>"
        f'<div class="meter"><span style="width:{share:.1f}%"></span></div>'
        f'<div class="lanes lanes-{len(look.lanes)}">{lanes}</div></div>'
    )


def lane_of(lane: Lane, look: Snapshot) -> str:
    """One variant's part of the stage."""
    title = escape(TOLD[lane.variant].title)
    picture = '<div class="nothing"></div>'
    if lane.picture is not None:
        what = "Samples in blue over the data in grey" if DATA[look.wish.data].points else "Samples"
        picture = f'<img src="{png_url(lane.picture)}" alt="{what}, {title}">'
    count = f"{LANES[lane.phase]} · {lane.rounds:,} rounds · {lane.seconds:.0f} s"
    return (
        f'<section class="lane" data-variant="{lane.variant}" data-phase="{lane.phase}" data-rounds="{lane.rounds}">'
        f"<h3>{title}</h3><p class='paper'>{escape(VARIANTS[lane.variant].paper)}</p>{picture}"
        f'<p class="count">{count}</p>{_scores(lane, DATA[look.wish.data])}{_losses(lane)}'
        f"{_reading(lane, look.wish.seconds)}</section>"
    )


def _scores(lane: Lane, data: DataSet) -> str:
    if not lane.scores:
        return ""
    kinds, what = data.kinds, data.kinds_called
    if data.points:
        covered_name, good_name, near = "modes_covered", "high_quality_share", "of samples near one"
    else:
        covered_name, good_name, near = "classes_covered", "confident_share", "of samples readable"
    covered, good = round(lane.scores[covered_name]), lane.scores[good_name]
    cells = "".join(f'<i class="{"on" if place < covered else ""}"></i>' for place in range(kinds))
    return (
        f'<div class="covered" role="img" aria-label="{covered} of {kinds} {what}">{cells}</div>'
        f'<p class="judged"><b>{covered}</b> of {kinds} {what}, <b>{good:.0%}</b> {near}</p>'
    )


def _losses(lane: Lane) -> str:
    if len(lane.losses) < 2:
        return ""
    seconds = [entry[0] for entry in lane.losses]
    players = [[entry[place] for entry in lane.losses] for place in (1, 2)]
    later = [value for line in players for value in line[1:] if math.isfinite(value)]  # the first are often wild
    lines = dict(zip(("second", "first"), players, strict=True))
    last = max(seconds[-1], 1e-6)
    shown = window(later, 1e6)
    chart = line_chart("Losses", f"{last:.0f} s", seconds, lines, (0.0, last), shown, (0.0,), "{:.3g}".format)
    return chart + legend({"first": "generator", "second": "discriminator"})


def _reading(lane: Lane, seconds: float) -> str:
    # Curves that have hardly begun mean nothing.
    early = lane.phase in ("waiting", "training") and lane.seconds < seconds / 2
    if early or not lane.sentence:
        return ""
    state = escape(lane.state, quote=True)
    return f'<p class="reading" data-state="{state}"><b>{state}</b> {spoken(lane.sentence)}</p>'


def spoken(sentence: str) -> str:
    """A verdict, escaped, for a page: it names fields where the command line names options."""
    without = sentence.replace(", or ask the judge (--judge-every)", "")
    return re.sub(r"--([a-z0-9-]+)", lambda found: f"<code>{found[1].replace('-', '_')}</code>", escape(without))
