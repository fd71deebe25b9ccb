"""What came of a mending, as HTML: the verdict, the change with its interval, what was tried, and the pictures."""

from __future__ import annotations

from markupsafe import Markup

from core_gans.foundation.html import filled
from demos.dissecting.mending import Attempt
from demos.glossary import term
from dissect.mending import Mending
from dissect.mending.account import verdict
from dissect.report.charts import Effect, effects_chart
from dissect.report.markup import photo
from dissect.report.sheets import enlarge

TILE = 96  # pixels across a picture
QUALITY = 84
COLOUR = "#0f766e"


def told(attempt: Attempt) -> Markup:
    """The attempt as HTML."""
    mending = attempt.mending
    return filled(
        "demos.dissecting",
        "mended.html.j2",
        attempt=attempt,
        headline=_headline(mending) if mending else "",
        verdict=verdict(mending) if mending else "",
        chart=_chart(mending) if mending else "",
        term=term,
        photo=lambda picture, alt: photo(enlarge(picture, TILE), QUALITY, alt),
    )


def _headline(mending: Mending) -> str:
    if mending.beats_random:
        return "Mended: nearer to real pictures"
    return "Nearer, but so is random" if mending.improves else "No sure change"


def _chart(mending: Mending) -> Markup:
    values = sorted(change.value for change in mending.random_changes)
    control = (sum(values) / len(values), values[0], values[-1])
    change = mending.change
    effect = Effect("chosen units", COLOUR, (change.value, change.low, change.high), control)
    return effects_chart([effect], "Change of the distance", "")
