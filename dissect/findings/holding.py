"""What holds over generators and over seeds: in how many a concept has units, how good they are, and what they cause.

A *case* is one generator at one sample of latents. What is found in one case may be luck of the training or of the
sample; what is found in all of them is not.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from dissect.cause.choosing import PAPER_SHARE, choose_units
from dissect.findings.removal import removals
from dissect.measure.dissecting import DEFAULTS, compare_layers
from dissect.measure.dissection import Dissection
from dissect.measure.settings import DissectionSettings
from dissect.report.study import best_layer
from dissect.segmenters.protocol import Segmenter

CAUSAL_IMAGES = 64  # images in which units are removed


@dataclass(frozen=True)
class Seen:
    """What one case shows of one concept."""

    share: float  # of all pixels
    units: tuple[int, ...]  # that are matched with it, the best first
    iou: float | None  # of the unit that agrees best, matched or not; None where no image shows the concept
    removed: float | None  # the part of its pixels that goes with the units that stand most for it; 1 is all
    random: float | None  # the same of random units, the mean over the sets


@dataclass(frozen=True)
class Case:
    """What one generator shows at one seed."""

    generator: str
    seed: int
    layer: str
    units: int  # of the layer
    concepts: dict[str, Seen]

    @property
    def having(self) -> list[str]:
        """The concepts with units."""
        return [concept for concept, seen in self.concepts.items() if seen.units]


@dataclass(frozen=True)
class Spread:
    """A number over cases: in how many there is one, their mean, the sample's standard deviation, and the ends."""

    cases: int
    mean: float
    deviation: float | None  # None of fewer than two
    low: float
    high: float

    @classmethod
    def of(cls, numbers: Iterable[float | None]) -> Spread | None:
        """Of those that are there; None where there are none."""
        there = [number for number in numbers if number is not None]
        if not there:
            return None
        deviation = statistics.stdev(there) if len(there) > 1 else None
        return cls(len(there), statistics.fmean(there), deviation, min(there), max(there))


@dataclass(frozen=True)
class Held:
    """What holds of one concept over all cases."""

    concept: str
    cases: int
    shown: int  # cases whose images show it
    having: int  # cases in which it has units
    iou: Spread | None  # of the best unit
    removed: Spread | None
    random: Spread | None
    seeds: float | None  # the standard deviation of that IoU over seeds, within generators; None with one seed
    same: float | None  # of the units matched at any seed, the share matched at all; None with one seed, or none


def see_case(
    generator: nn.Module,
    latents: Tensor,
    segmenter: Segmenter,
    name: str,
    seed: int,
    *,
    layers: Sequence[str],
    share: float = PAPER_SHARE,
    settings: DissectionSettings = DEFAULTS,
    rng: torch.Generator,
) -> Case:
    """Dissect ``layers`` on ``latents`` (N, ...), and remove the units of each concept in the best one.

    ``share`` of the layer's units are removed for each concept, in the first images. ``rng`` draws the random sets, on
    the CPU. Raises what :func:`dissect.measure.dissecting.compare_layers` does.
    """
    best = best_layer(compare_layers(generator, layers, latents, segmenter, settings))
    count = max(1, round(share * best.count))
    chosen = {concept: choose_units(best, concept, count) for concept in best.labels if best.units(concept)}
    removed = {}
    if chosen:
        first = latents[:CAUSAL_IMAGES]
        removed = removals(generator, best.layer, chosen, first, segmenter, batch_size=settings.batch_size, rng=rng)
    concepts = {}
    for concept in best.labels:
        gone = removed.get(concept)
        parts = (None, None) if gone is None else (-gone.change.value, -gone.random.value)
        concepts[concept] = _seen(best, concept, *parts)
    return Case(name, seed, best.layer, best.count, concepts)


def what_holds(cases: Sequence[Case]) -> list[Held]:
    """Of each concept, the one with units in most cases first, of equals the one with the larger IoU.

    Raises:
        ValueError: no cases, or cases of other concepts.
    """
    if not cases:
        raise ValueError("expected at least one case, got none")
    labels = list(cases[0].concepts)
    if any(list(case.concepts) != labels for case in cases):
        raise ValueError("these cases were seen by segmenters of other labels: see all of them by the same one")
    found = [_held(concept, cases) for concept in labels]
    return sorted(found, key=lambda each: (-each.having, -(each.iou.mean if each.iou else 0.0)))


def as_json(cases: Sequence[Case]) -> dict[str, object]:
    """Every number, for JSON."""
    return {"cases": [asdict(case) for case in cases], "concepts": [asdict(each) for each in what_holds(cases)]}


def _seen(found: Dissection, concept: str, removed: float | None, random: float | None) -> Seen:
    column = found.concept(concept)
    share = float(found.share[column])
    iou = float(found.iou[:, column].max()) if share > 0 else None
    return Seen(share, tuple(found.units(concept)), iou, removed, random)


def _held(concept: str, cases: Sequence[Case]) -> Held:
    seen = [case.concepts[concept] for case in cases]
    groups: dict[tuple[str, str], list[Seen]] = {}  # of the same generator and layer, at its seeds
    for case, each in zip(cases, seen, strict=True):
        groups.setdefault((case.generator, case.layer), []).append(each)
    spreads = [Spread.of(each.iou for each in group) for group in groups.values()]
    within = [spread.deviation**2 for spread in spreads if spread and spread.deviation is not None]
    shared = [_shared([set(each.units) for each in group]) for group in groups.values() if len(group) > 1]
    same = Spread.of(shared)
    return Held(
        concept,
        len(cases),
        sum(each.share > 0 for each in seen),
        sum(bool(each.units) for each in seen),
        Spread.of(each.iou for each in seen),
        Spread.of(each.removed for each in seen),
        Spread.of(each.random for each in seen),
        math.sqrt(statistics.fmean(within)) if within else None,
        same.mean if same else None,
    )


def _shared(units: Sequence[set[int]]) -> float | None:
    """Of all the units, the share that is in every set; None where there are no units."""
    every = set.union(*units)
    return len(set.intersection(*units)) / len(every) if every else None
