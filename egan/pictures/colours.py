"""The colours and the names of mutations, the same in every picture and page of an evolution."""

from __future__ import annotations

from collections.abc import Iterable

FOUNDER = "#9aa0ab"
COLOURS = {
    "minimax": "#4a78b5",
    "heuristic": "#e08a3c",
    "least_squares": "#4fa187",
    "least_squares_logits": "#9a6bb0",
    "founder": FOUNDER,
}
OTHERS = ("#c75b6b", "#7a6a53", "#5aa9c4", "#b5a13a", "#6b6fd0", "#8f9c4b")  # mutations of a user's own, in order


def colours(mutations: Iterable[str]) -> dict[str, str]:
    """A colour for each mutation: the paper's always have the same one."""
    names = list(dict.fromkeys(mutations))
    own = [name for name in names if name not in COLOURS]
    return {name: COLOURS.get(name) or OTHERS[own.index(name) % len(OTHERS)] for name in names}


def words(mutation: str) -> str:
    """A mutation's name as people write it."""
    return mutation.replace("_", " ")
