"""What a painting changed, class by class: what was wanted, what took its place, and what was lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from dissect import ClassChange
from dissect.painting import Mode

MINUS = "−"
Verdict = Literal["wanted", "took its place", "gave way", "side effect", ""]
THERE = 0.0005  # of the picture: a class that covers less before and after is left out
FEW = 10  # pixels: a share of fewer says nothing
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


@dataclass(frozen=True)
class Step:
    """One stroke, and what it changed in the picture that the strokes before it had left."""

    stroke: Intended
    table: tuple[ClassChange, ...]
    parts: tuple[str, ...] = ()  # the classes that make up the stroke's concept, where that is no class itself

    def owns(self, concept: str) -> bool:
        """Whether the class ``concept`` is what the stroke was about."""
        return concept in (self.parts or (self.stroke.concept,))


def rows_of(table: Sequence[ClassChange], pixels: int, steps: Sequence[Step]) -> list[ChangedClass]:
    """A row for every class of ``table`` that is there before or after, the largest first; ``pixels`` has the picture.

    The verdict is that of the step in ``steps`` that moved the class furthest this way. A class that loses pixels is
    *wanted* where it was to be erased and *gave way* where something else was added; a class that gains is *wanted*
    where it was added or amplified, and *took its place* where something else was erased. All else is a side effect.
    """
    rows = []
    for number, line in enumerate(table):
        change = line.after - line.before
        if max(line.before, line.after) < THERE * pixels:
            continue
        verdict: Verdict = ""
        if abs(change) >= NOTICED * pixels:
            verdict = _verdict(line.concept, change, max(steps, key=lambda step: _moved(step, number, change)))
        rows.append(ChangedClass(line.concept, line.before / pixels, line.after / pixels, verdict))
    return sorted(rows, key=lambda row: -max(row.before, row.after))


def _moved(step: Step, number: int, change: int) -> int:
    """How far ``step`` moved the class ``number`` in the direction of ``change``, in pixels."""
    moved = step.table[number].after - step.table[number].before
    return moved if change > 0 else -moved


def _verdict(concept: str, change: int, step: Step) -> Verdict:
    erases, own = step.stroke.mode == "erase", step.owns(concept)
    if own:
        return "wanted" if erases == (change < 0) else "side effect"
    if erases:
        return "took its place" if change > 0 else "side effect"
    return "gave way" if change < 0 else "side effect"


def summary_of(step: Step) -> str:
    """One sentence on what happened under the brush to the concept of the stroke."""
    concept, mode = step.stroke.concept, step.stroke.mode
    own = [line for line in step.table if step.owns(line.concept)]
    before, after = sum(line.under_before for line in own), sum(line.under_after for line in own)
    if before == 0 and after == 0:
        if mode == "erase":
            return f"There was no {concept} under the brush, so there was nothing to erase."
        return f"No {concept} appeared: the network does not draw one here. Try more strength, or another place."
    share = f" ({(after - before) / before:+.0%})".replace("-", MINUS) if before >= FEW else ""
    return f"Under the brush: {concept} {before} → {after} pixels{share}."
