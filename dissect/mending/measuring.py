"""What ablating artifact units does to the Frechet distance on held-out latents, beside random units.

Bau et al. 2019, GAN Dissection, section 4.2 and table 2: twenty artifact units ablated bring a generator nearer to
real images, twenty random ones do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from core_gans.foundation.intervals import Interval
from core_gans.foundation.sealed import read_sealed, write_sealed
from dissect.cause.random_units import random_units
from dissect.mending.artifacts import edited_features
from dissect.mending.choosing import zeros
from dissect.mending.folding import fold
from dissect.mending.frechet import FrechetScorer, around
from dissect.report.markup import count
from dissect.sampling import Progress

KIND = "dissect-mending/1"


@dataclass(frozen=True)
class Mending:
    """What ablating ``units`` of ``layer`` does to the Frechet distance on held-out latents.

    Changes are distances after less distances before: below 0 is nearer to real images. The intervals are of a paired
    bootstrap over latents and real images.
    """

    layer: str
    units: tuple[int, ...]
    values: tuple[float, ...]  # what each of them was replaced by
    strength: float  # and how much: 1 wholly
    features: str  # in which the distance is
    images: int
    before: Interval
    after: Interval
    change: Interval
    random_units: tuple[tuple[int, ...], ...]  # the control: as many other units
    random_changes: tuple[Interval, ...]

    @property
    def improves(self) -> bool:
        """Whether the distance falls by more than its interval."""
        return self.change.high < 0

    @property
    def beats_random(self) -> bool:
        """Whether it improves, and falls further than with any random set."""
        return self.improves and self.change.value < min(change.value for change in self.random_changes)

    @property
    def chosen(self) -> str:
        """What the page and the chart call the units."""
        return count(len(self.units), "chosen unit")

    def apply(self, generator: nn.Module, example: Tensor) -> nn.Module:
        """The mended copy of ``generator``: :func:`dissect.mending.folding.fold` with ``example`` latents (N, ...).

        ValueError as there.
        """
        return fold(generator, self.layer, self.units, self.values, example, self.strength)

    def save(self, path: str | Path, facts: dict[str, str] | None = None) -> None:
        """Write everything, and ``facts`` of where it comes from, as a sealed safetensors file.

        Raises FileExistsError where there is a file already.
        """
        write_sealed(path, {}, {"kind": KIND, "mending": asdict(self), "facts": facts or {}})

    @classmethod
    def load(cls, path: str | Path) -> Mending:
        """Read what ``save`` wrote; FileNotFoundError, or ValueError for a damaged file or one of another kind."""
        _, told = read_sealed(path)
        if told.get("kind") != KIND:
            raise ValueError(f"{path} holds {told.get('kind', 'something else')!r}, expected {KIND!r}")
        found = told["mending"]
        for name in ("before", "after", "change"):
            found[name] = Interval(**found[name])
        for name in ("units", "values"):
            found[name] = tuple(found[name])
        found["random_units"] = tuple(tuple(units) for units in found["random_units"])
        found["random_changes"] = tuple(Interval(**change) for change in found["random_changes"])
        return cls(**found)


def mend(
    generator: nn.Module,
    layer: str,
    units: Sequence[int],
    latents: Tensor,
    scorer: FrechetScorer,
    *,
    used: Tensor | None = None,
    values: Tensor | None = None,
    strength: float = 1.0,
    random_sets: int = 8,
    draws: int = 200,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> Mending:
    """Measure what ablating ``units`` does to the distance over held-out ``latents`` (N, ...), beside random units.

    Args:
        used: the latents by which the units were found and their number chosen; none of them may judge.
        values: what each unit *of the layer* is replaced by, (U,): zeros by default, or :func:`unit_means`, which is
            gentler where a unit is always on.
        strength: how much of that, above 0 to 1; 1 is the ablation of the paper, less only weakens the units.
        random_sets: how many sets of as many other units serve as the control.
        draws: resamplings of the bootstrap.
        rng: draws the random sets and the bootstrap. On the CPU.
        progress: hears of the sets of units that are done, the untouched generator being the first.

    Raises:
        ValueError: no units, no such layer or unit, no others left for the control, or a latent that was used.
    """
    units = [int(unit) for unit in units]
    values = zeros(generator, layer, latents) if values is None else values
    controls = _others(units, len(values), random_sets, rng)
    if used is not None:
        _held_out(latents, used)
    seen = []
    for chosen in ([], units, *controls):
        seen.append(edited_features(generator, layer, list(chosen), values, strength, latents, scorer))
        if progress is not None:
            progress(len(seen))
    distances = [scorer.distance(features) for features in seen]
    drawn = scorer.resampled(seen, draws, rng)
    changes = [
        around(distance - distances[0], drawn[:, place] - drawn[:, 0])
        for place, distance in enumerate(distances)
        if place
    ]
    return Mending(
        layer,
        tuple(units),
        tuple(values[units].tolist()),
        strength,
        scorer.name,
        len(latents),
        around(distances[0], drawn[:, 0]),
        around(distances[1], drawn[:, 1]),
        changes[0],
        tuple(tuple(chosen) for chosen in controls),
        tuple(changes[1:]),
    )


def _others(units: Sequence[int], count: int, sets: int, rng: torch.Generator) -> list[list[int]]:
    if not units:
        raise ValueError("expected at least one unit to ablate, got none")
    if sets < 1:
        raise ValueError(f"expected at least 1 random set for the control, got {sets}")
    others = count - len(set(units))
    if others < len(units):
        raise ValueError(
            f"{len(units)} of {count} units are to be ablated, and the {others} others are too few for a random "
            "control of the same number: choose at most half of the layer"
        )
    return [random_units(units, count, rng) for _ in range(sets)]


def _held_out(latents: Tensor, used: Tensor) -> None:
    known = {row.tobytes() for row in used.cpu().numpy()}
    shared = sum(row.tobytes() in known for row in latents.cpu().numpy())
    if shared:
        raise ValueError(
            f"{shared} of {len(latents)} latents were used to choose the units: judge on others, or the result is "
            "too good"
        )
