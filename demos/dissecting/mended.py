"""What came of a mending, as HTML: the verdict, the change with its interval, what was tried, and the pictures."""

from __future__ import annotations

from html import escape

from demos.dissecting.mending import Attempt, Row
from dissect.mending.account import verdict
from dissect.mending.frechet import Interval
from dissect.report.charts import Effect, effects_chart
from dissect.report.markup import photo
from dissect.report.sheets import Picture, enlarge

TILE = 96  # pixels across a picture
QUALITY = 84
COLOUR = "#0f766e"


def told(attempt: Attempt) -> str:
    """The attempt as HTML."""
    rows = "".join(_row(row) for row in attempt.rows)
    return (
        f'<article class="mended">{_verdict(attempt)}{_change(attempt)}{rows}{_tried(attempt)}'
        f'<p class="legend">Fréchet distance, smaller is nearer to real pictures of {escape(attempt.data)}; two sets '
        f"of real pictures are {attempt.floor:.2f} apart. The pictures that judge chose nothing.</p></article>"
    )


def _verdict(attempt: Attempt) -> str:
    if attempt.mending is not None:
        mending = attempt.mending
        units = ", ".join(map(str, mending.units))
        return f"<h3>{_headline(attempt)}</h3><p>{escape(verdict(mending))} Units: {units}.</p>"
    return (
        f"<h3>Nothing to mend in {escape(attempt.layer)}</h3><p>Whatever was taken away, the pictures came no nearer "
        "to real ones. Below are those that light up the units suspected most; another layer may have more to "
        "give.</p>"
    )


def _headline(attempt: Attempt) -> str:
    assert attempt.mending is not None
    if attempt.mending.beats_random:
        return "Mended: nearer to real pictures"
    return "Nearer, but so is random" if attempt.mending.improves else "No sure change"


def _change(attempt: Attempt) -> str:
    mending = attempt.mending
    if mending is None:
        return ""
    values = sorted(change.value for change in mending.random_changes)
    control = (sum(values) / len(values), values[0], values[-1])
    effect = Effect("chosen units", COLOUR, _ends(mending.change), control)
    chart = effects_chart([effect], "Change of the distance", "")
    return (
        f'<figure class="change">{chart}<figcaption>Change of the distance with its 95 % interval; left is nearer to '
        f"real pictures. The thin grey bar is the mean of {len(values)} random sets of as many units, its whisker "
        "from the best of them to the worst.</figcaption></figure>"
    )


def _ends(interval: Interval) -> tuple[float, float, float]:
    return interval.value, interval.low, interval.high


def _row(row: Row) -> str:
    before = "".join(_photo(picture, f"{row.words}, before") for picture in row.before)
    after = "".join(_photo(picture, f"{row.words}, mended") for picture in row.after)
    mended = f"<figcaption>mended</figcaption><div>{after}</div>" if after else ""
    return f'<figure class="strip"><figcaption>{escape(row.words)}</figcaption><div>{before}</div>{mended}</figure>'


def _tried(attempt: Attempt) -> str:
    rows = "".join(
        f'<tr><th scope="row">{choice.strength:.0%}</th>'
        + "".join(
            f"<td{' class=best' if count == choice.best else ''}>{distance:.2f}<small>{count}</small></td>"
            for count, distance in zip(choice.counts, choice.distances, strict=True)
        )
        + "</tr>"
        for choice in attempt.choices
    )
    return (
        '<table class="tried"><caption>What was tried: the distance, with the small number of worst units taken by so '
        f"much</caption><tbody>{rows}</tbody></table>"
    )


def _photo(picture: Picture, alt: str) -> str:
    return photo(enlarge(picture, TILE), QUALITY, alt)
