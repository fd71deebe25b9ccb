"""The survey's family tree, read off the code: which objectives' theory rests on a discriminator of bounded slope.

One half of the family assumes unbounded capacity (Goodfellow et al. 2014, Nowozin et al. 2016): its optimum is an
f-divergence, flat where data and model are disjoint. The other regularises, by Lipschitz densities or discriminators
(Arjovsky et al. 2017, Qi 2020). What holds a variant's slope in practice is a matter of its fields, and a column of
its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core_gans.games.adversarial import AdversarialGame
from core_gans.variants import VARIANTS


@dataclass(frozen=True)
class Row:
    """One variant with the paper's numbers."""

    variant: str
    paper: str
    regularised: bool
    """Whether the theory of its objective rests on bounded slopes."""
    constraint: str
    """What bounds the slope in practice, in words; "none" for nothing."""


def taxonomy() -> list[Row]:
    """A row for each variant of two players, the regularised ones last, otherwise in the order of the list."""
    games = [kind() for kind in VARIANTS.values() if issubclass(kind, AdversarialGame)]
    rows = [Row(game.name, game.paper, game.objective.regularised, constraint(game)) for game in games]
    return sorted(rows, key=lambda row: row.regularised)


def constraint(game: AdversarialGame) -> str:
    """What bounds the slope of the discriminator of ``game``, in words; "none" for nothing."""
    bounds = {
        f"weights within {game.clip:g}": game.clip,
        f"{'one-sided ' if game.one_sided else ''}gradient penalty {game.gradient_penalty:g}": game.gradient_penalty,
        f"R1 {game.r1:g}": game.r1,
        f"R2 {game.r2:g}": game.r2,
        "spectral normalisation": game.normalisation == "spectral",
    }
    return ", ".join(words for words, present in bounds.items() if present) or "none"


def as_markdown(rows: Sequence[Row] | None = None) -> str:
    """The table as Markdown; of all variants by default."""
    lines = ["| variant | paper | theory | constraint by default |", "|---|---|---|---|"]
    for row in taxonomy() if rows is None else rows:
        theory = "regularised: bounded slope" if row.regularised else "unbounded capacity"
        lines.append(f"| {row.variant} | {row.paper} | {theory} | {row.constraint} |")
    return "\n".join(lines) + "\n"
