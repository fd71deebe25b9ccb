"""What ablating artifact units does to the Frechet distance on held-out latents, beside random units.

Bau et al. 2019, GAN Dissection, section 4.2 and table 2: twenty artifact units ablated bring a generator nearer to
real images, twenty random ones do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from core_gans.foundation.counting import how_many
from core_gans.foundation.intervals import Interval
from core_gans.foundation.sealed import read_sealed, write_sealed
from dissect.cause.random_units import random_units
from dissect.mending.ablations import Ablation, edits_of, folded
from dissect.mending.artifacts import edited_features
from dissect.mending.choosing import zeros
from dissect.mending.frechet import FrechetScorer, around
from dissect.sampling import Progress

KIND = "dissect-mending/2"
ONE_LAYER = "dissect-mending/1"  # before several layers could be mended at once


@dataclass(frozen=True)
class Mending:
    """What ``ablations`` of one layer or several do, together, to the Frechet distance on held-out latents.

    Changes are distances after less distances before: below 0 is nearer to real images. The intervals are of a paired
    bootstrap over latents and real images.
    """

    ablations: tuple[Ablation, ...]
    features: str  # in which the distance is
    images: int
    before: Interval
    after: Interval
    change: Interval
    random_units: tuple[tuple[tuple[int, ...], ...], ...]  # the control: as many other units of each of the layers
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
        return how_many(sum(len(each.units) for each in self.ablations), "chosen unit")

    @property
    def layers(self) -> str:
        """The layers that are mended, in words: ``block8 and block16``."""
        names = [ablation.layer for ablation in self.ablations]
        return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)

    def apply(self, generator: nn.Module, example: Tensor) -> nn.Module:
        """The mended copy of ``generator``: :func:`dissect.mending.ablations.folded` with ``example`` latents (N, ...).

        ValueError as there.
        """
        return folded(generator, self.ablations, example)

    def save(self, path: str | Path, facts: dict[str, str] | None = None) -> None:
        """Write everything, and ``facts`` of where it comes from, as a sealed safetensors file.

        Raises FileExistsError where there is a file already.
        """
        write_sealed(path, {}, {"kind": KIND, "mending": asdict(self), "facts": facts or {}})

    @classmethod
    def load(cls, path: str | Path) -> Mending:
        """Read what ``save`` wrote; FileNotFoundError, or ValueError for a damaged file or one of another kind."""
        _, told = read_sealed(path)
        if told.get("kind") not in (KIND, ONE_LAYER):
            raise ValueError(f"{path} holds {told.get('kind', 'something else')!r}, expected {KIND!r}")
        found = told["mending"]
        if told["kind"] == ONE_LAYER:
            found["ablations"] = [{name: found.pop(name) for name in ("layer", "units", "values", "strength")}]
            found["random_units"] = [[units] for units in found["random_units"]]
        for name in ("before", "after", "change"):
            found[name] = Interval(**found[name])
        found["ablations"] = tuple(
            Ablation(each["layer"], tuple(each["units"]), tuple(each["values"]), each["strength"])
            for each in found["ablations"]
        )
        found["random_units"] = tuple(tuple(map(tuple, sets)) for sets in found["random_units"])
        found["random_changes"] = tuple(Interval(**change) for change in found["random_changes"])
        return cls(**found)


def mend(
    generator: nn.Module,
    ablations: Sequence[Ablation],
    latents: Tensor,
    scorer: FrechetScorer,
    *,
    used: Tensor | None = None,
    values: Mapping[str, Tensor] | None = None,
    random_sets: int = 8,
    draws: int = 200,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> Mending:
    """Measure what ``ablations`` do to the distance over held-out ``latents`` (N, ...), beside random units.

    Args:
        ablations: each of another layer; all are made at once.
        used: the latents by which the units were found and their number chosen; none of them may judge.
        values: what the random units are replaced by, for all units of a layer, (U,), by its name; zeros by default.
        random_sets: how many sets of as many other units, of each of the layers, serve as the control.
        draws: resamplings of the bootstrap.
        rng: draws the random sets and the bootstrap. On the CPU.
        progress: hears of the sets of units that are done, the untouched generator being the first.

    Raises:
        ValueError: no units, no such layer or unit, a layer twice, no others left for the control, or a latent that
            was used.
    """
    if not ablations:
        raise ValueError("expected at least one layer to mend, got none")
    known = {each.layer: zeros(generator, each.layer, latents) for each in ablations} | dict(values or {})
    drawn_units = [_others(each.units, len(known[each.layer]), random_sets, rng) for each in ablations]
    if used is not None:
        _held_out(latents, used)
    controls = [
        [
            Ablation.towards(each.layer, units, known[each.layer], each.strength)
            for each, units in zip(ablations, sets, strict=True)
        ]
        for sets in zip(*drawn_units, strict=True)
    ]
    seen = []
    for chosen in ([], ablations, *controls):
        seen.append(edited_features(generator, edits_of(chosen), latents, scorer))
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
        tuple(ablations),
        scorer.name,
        len(latents),
        around(distances[0], drawn[:, 0]),
        around(distances[1], drawn[:, 1]),
        changes[0],
        tuple(tuple(each.units for each in control) for control in controls),
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
