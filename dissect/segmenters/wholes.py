"""Things that several labels show together, such as a house: their parts, by the name of the whole."""

from __future__ import annotations

from collections.abc import Sequence

from core_gans.foundation.names import unknown_name

WHOLES = {"house": ("wall", "roof", "door", "window")}


def labels_of(concept: str, labels: Sequence[str]) -> tuple[str, ...]:
    """Those of a segmenter's ``labels`` that show ``concept``: itself, or the parts of a whole that it knows.

    Raises ValueError, with what there is, for neither.
    """
    if concept in labels:
        return (concept,)
    known = {whole: tuple(part for part in parts if part in labels) for whole, parts in WHOLES.items()}
    if not known.get(concept):
        raise unknown_name("concept", concept, [*labels, *(whole for whole, parts in known.items() if parts)])
    return known[concept]


def name_of(parts: Sequence[str]) -> str:
    """What ``parts`` are called together: the whole that is made of them, or else all of them."""
    return next((whole for whole, own in WHOLES.items() if set(own) == set(parts)), " or ".join(parts))
