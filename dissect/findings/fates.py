"""What becomes of objects when their units are removed, in a word: they vanish, thin out, or hold."""

from core_gans.foundation.intervals import Interval, written
from dissect.findings.gathering import Findings
from dissect.findings.removal import RARE, Removal

GONE, THINNED = 0.7, 0.2  # parts of a concept's pixels: from here on it vanishes, or thins out

VANISHES, THINS, HOLDS, RARELY = "vanishes", "thins out", "holds", "too rare to tell"
PLURAL = {VANISHES: "vanish", THINS: "thin out", HOLDS: "hold", RARELY: "are too rare to tell"}


def sorted_by_change(findings: Findings) -> list[Removal]:
    """The removals, those that take away most first, and then those of concepts too rare to tell."""
    return sorted(findings.removed.values(), key=lambda each: (each.share < RARE, each.change.value))


def fate(removal: Removal) -> str:
    """In a word, what happens to a concept: it vanishes, thins out, holds, or is too rare to tell."""
    gone = -removal.change.value
    if removal.share < RARE:
        return RARELY
    return VANISHES if gone >= GONE else THINS if gone >= THINNED else HOLDS


def percent(change: float) -> str:
    """A relative change in whole percent, with its sign: ``-70%``."""
    return written(change, "+.0%")


def interval(bounds: Interval) -> str:
    """A mean and its interval in whole percent: ``-70% (-75 to -65)``."""
    return format(bounds, "+.0%")
