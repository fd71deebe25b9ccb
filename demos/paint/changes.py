"""What a painting changed, class by class: what was wanted, what took its place, and what was lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from dissect import Painting
from dissect.painting import Mode

MINUS = "−"
Verdict = Literal["wanted", "took its place", "gave way", "side effect", ""]
THERE = 0.0005  # of the picture: a class that covers less before and after is left out
NOTICED = 0.001  # of the picture: smaller changes are the segmenter's own flicker


class Intended(Protocol):
    """What a stroke was to do."""

    @property
    def mode(self) -> Mode: ...

    @property
    def concept(self) -> str: ...


@dataclass(frozen=True)
class ChangedClass:
    """One class. Shares are of the whole picture, in [0, 1]."""

    label: str
    before: float
    after: float
    verdict: Verdict

    @property
    def change(self) -> float:
        return self.after - self.before


def rows_of(painting: Painting, touches: Sequence[Intended]) -> list[ChangedClass]:
    """A row for every class that is there before or after, the largest first.

    A class that loses pixels is *wanted* where it was to be erased and *gave way* where something else was added; a
    class that gains is *wanted* where it was added or amplified, and *took its place* where something else was erased.
    All other changes are side effects.
    """
    pixels = painting.classes_before.numel()
    erased = {touch.concept for touch in touches if touch.mode == "erase"}
    grown = {touch.concept for touch in touches if touch.mode != "erase"}
    rows = []
    for line in painting.table:
        before, after = line.before / pixels, line.after / pixels
        if max(before, after) >= THERE:
            rows.append(
                ChangedClass(line.concept, before, after, _verdict(line.concept, after - before, erased, grown))
            )
    return sorted(rows, key=lambda row: -max(row.before, row.after))


def _verdict(concept: str, change: float, erased: set[str], grown: set[str]) -> Verdict:
    if abs(change) < NOTICED:
        return ""
    if change < 0:
        return "wanted" if concept in erased else "gave way" if grown and concept not in grown else "side effect"
    return "wanted" if concept in grown else "took its place" if erased and concept not in erased else "side effect"


def summary_of(painting: Painting, touches: Sequence[Intended]) -> str:
    """One sentence on what happened under the brush to the concept of the last touch."""
    if not touches:
        return "Nothing is painted yet."
    concept, mode = touches[-1].concept, touches[-1].mode
    line = next(line for line in painting.table if line.concept == concept)
    before, after = line.under_before, line.under_after
    if before == 0 and after == 0:
        if mode == "erase":
            return f"There was no {concept} under the brush, so there was nothing to erase."
        return f"No {concept} came: this place does not let one grow. More strength or another place may."
    share = f" ({(after - before) / before:+.0%})".replace("-", MINUS) if before else ""
    return f"Under the brush: {concept} {before} → {after} pixels{share}."
