"""What came of a recipe: a line of ``measured.json``, which ``python -m benchmarks.gallery --record`` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

RECOGNISED = {"confident_share", "high_quality_share"}  # metrics that tell when samples are first recognised


@dataclass(frozen=True)
class Measured:
    """One training with a recipe, judged at its end by what knows the data, never by its discriminator."""

    row: str
    """VARIANT, or VARIANT/VALUE."""
    kind: str
    data: str
    settings: str
    """The digest of the settings it was trained with: a row whose recipe has changed since has no measurement."""
    date: str
    machine: str
    seed: int
    seconds: float
    """Of one core's time, spent on rounds."""
    rounds: int
    shown_after: int | None
    """Rounds after which a classifier (or the known modes) first recognised a third of the samples; None for never."""
    figures: Mapping[str, float]
    """The judge's numbers at the end, for the weight average."""

    def told(self) -> str:
        """In a line: the figures, the time, the day."""
        figures = ", ".join(f"{name} {value:.3g}" for name, value in self.figures.items())
        never = self.shown_after is None and not RECOGNISED.isdisjoint(self.figures)
        nothing = ", which is nothing recognisable yet" if never else ""
        return f"{self.data}, {self.seconds:.0f} s of one core, seed {self.seed}, {self.date}: {figures}{nothing}"


def digest(settings: Mapping[str, Any]) -> str:
    """Twelve hexadecimal digits of ``settings``, which JSON can hold."""
    return sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]


@lru_cache(maxsize=1)
def all_measured() -> tuple[Measured, ...]:
    """Every line of ``measured.json``."""
    found = json.loads(files("core_gans.recipes").joinpath("measured.json").read_text(encoding="utf-8"))
    return tuple(Measured(**line) for line in found)
