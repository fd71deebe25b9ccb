"""What may be wrong with a unit."""

from __future__ import annotations

from dissect.measure.dissection import Dissection

WORDS = {
    "dead": "This unit never changes: it has the same value in every picture and at every place.",
    "NaN": "This unit puts out numbers that are not finite; they were counted as off.",
}


def faults(dissection: Dissection) -> dict[int, str]:
    """What is wrong with each unit that has a fault, in one word: ``dead``, or ``NaN``, which is worse."""
    return dict.fromkeys(dissection.dead, "dead") | dict.fromkeys(dissection.broken, "NaN")
