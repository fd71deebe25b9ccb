"""How many islands there are and what passes between them, as the command line and config.json hold it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core_gans.foundation.errors import LabError
from core_gans.foundation.parsing import as_annotated, require_choices

MOST = 4_096  # islands, and processes of one machine
Topology = Literal["ring", "grid", "all", "alone"]
Outcome = Literal["best", "mixture"]
Distance = Literal["kernel", "frechet"]


@dataclass(frozen=True)
class Islands:
    """Populations that evolve apart, each against its own discriminator, and exchange their best generators."""

    islands: int = 1
    """Populations, each with its own discriminator and its own chance; 1 for none of what follows."""
    migrate_every: int = 50
    """Generations between migrations (K)."""
    topology: Topology = "ring"
    """ring: the best go to the next island and replace its worst (DEAP's migRing); grid: each island judges copies of
    the best of its four neighbours beside its own parents, and the fittest stay (Lipizzaner); all: of every island;
    alone: of none (the control)."""
    migrants: int = 1
    """Generators that leave each island at a migration."""
    migrate_discriminators: bool = False
    """At a migration each discriminator moves to the island before, too."""
    explore: tuple[str, ...] = ()
    """Settings that are genes of an island (rate, beta1, beta2, r1, gamma, mutations): at a migration the islands that
    are farthest from the examples held out become copies of the nearest, with these changed by chance (population
    based training, Jaderberg et al. 2017)."""
    exploit: float = 0.2
    """The share of the islands that do; one at least."""
    outcome: Outcome = "best"
    """What the run draws from: best (the island that is nearest to examples that none has seen), or mixture (of all
    islands, their shares evolved on the same examples)."""
    chosen_by: Distance = "kernel"
    """The distance by which the best island is chosen: kernel or frechet, on latents and examples held out."""
    workers: int = 1
    """Processes of this machine in which the islands evolve; the numbers are the same with any."""
    address: str = ""
    """A Ray cluster (auto, HOST:PORT, or local for one of this machine's own) in place of processes."""

    def __post_init__(self) -> None:
        require_choices(self)
        for name in ("islands", "migrate_every", "migrants", "workers"):
            if getattr(self, name) < 1:
                raise LabError(f"expected --{name.replace('_', '-')} of at least 1, got {getattr(self, name)}.")
        for name in ("islands", "workers"):
            if getattr(self, name) > MOST:
                raise LabError(f"expected at most {MOST:,} --{name}, got {getattr(self, name):,}.")
        if not 0 < self.exploit <= 0.5:
            raise LabError(f"expected an --exploit above 0 and up to 0.5, got {self.exploit:g}.")
        for each in dataclasses.fields(self)[1:]:
            if self.islands == 1 and getattr(self, each.name) != each.default:
                raise LabError(f"--{each.name.replace('_', '-')} is of several islands: give --islands 2 or more.")

    def require_parents(self, parents: int) -> None:
        """LabError where more generators would leave an island than it has."""
        if self.islands > 1 and self.migrants > parents:
            raise LabError(
                f"expected at most as many migrants as an island has parents, got --migrants {self.migrants} and "
                f"--parents {parents}."
            )


def islands_from(config: Mapping[str, Any]) -> Islands:
    """The islands in a run's config.json: one where it names none. LabError where they cannot be read."""
    saved = config.get("islands")
    return Islands() if saved is None else Islands(**as_annotated(Islands, saved, "the run's islands"))
