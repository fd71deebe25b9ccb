"""What a dissection found: the agreement of every unit of a layer with every concept.

Bau et al. 2019, "GAN Dissection", section 3.1. ``U`` units, ``K`` concepts, ``L`` levels, ``T`` top images.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from core_gans.foundation.names import require_known
from core_gans.foundation.notebook import shown
from core_gans.foundation.sealed import read_sealed, write_sealed

FORMAT = "dissection/2"

Rule = Literal["score", "iqr", "iou"]  # what the best of several is best at
RULES = ("score", "iqr", "iou")
AGREEMENT = ("iou", "iqr", "score")  # what is measured of every pair, in the order of ``Dissection.shuffled``


@dataclass(frozen=True)
class Criterion:
    """When a unit counts as matched: its best concept's numbers lie above the bounds. A bound of 0 asks nothing."""

    iou: float = 0.04  # Bau et al. 2019 use 0.04 to 0.05
    iqr: float = 0.01  # gandissect's
    score: float = 0.05  # beyond the margin that the same search finds in shuffled images, see Dissection.margin
    rank: Rule = "score"  # what a unit's best concept is best at

    def __post_init__(self) -> None:
        for name in ("iou", "iqr", "score"):
            if not 0 <= (bound := getattr(self, name)) < 1:
                raise ValueError(f"the criterion's {name} is a share from 0 to below 1, got {bound}")
        require_known("rank of a criterion", self.rank, RULES)

    def passed(self, iou: float, iqr: float, score: float) -> bool:
        """Whether ``iou``, ``iqr`` and ``score`` lie strictly above their bounds; ``score`` is less its margin."""
        pairs = ((iou, self.iou), (iqr, self.iqr), (score, self.score))
        return all(bound == 0 or bool(value > bound) for value, bound in pairs)


@dataclass(frozen=True)
class Match:
    """A unit, the concept it agrees with best, and how well."""

    unit: int
    concept: str
    iou: float  # intersection over union, pooled over the sample, in [0, 1]
    iqr: float  # information quality ratio I(A;S)/H(A,S), in [0, 1]
    level: float  # the unit is on where its upsampled activation lies strictly above
    score: float  # chance-corrected agreement: 0 as by chance, 1 perfect
    matched: bool  # passes the dissection's criterion


@dataclass(frozen=True, eq=False, repr=False)
class Dissection:
    """The agreement of the ``U`` units of one layer with ``K`` concepts over a sample of images.

    The numbers of a (unit, concept) pair are taken at the pair's own best level, or at the unit's only one. All arrays
    are NumPy's. Equality is identity; compare the arrays.
    """

    layer: str
    labels: tuple[str, ...]  # K names of concepts
    images: int  # in the sample
    iou: np.ndarray  # (U, K) in [0, 1]
    score: np.ndarray  # (U, K) at most 1: (IoU - chance) / (1 - chance), chance being the IoU with another image
    iqr: np.ndarray  # (U, K) in [0, 1]
    level: np.ndarray  # (U, K) in the unit's own activation
    area: np.ndarray  # (U, K) share of pixels where the unit is on at that level
    share: np.ndarray  # (K,) share of pixels of each concept
    inside: np.ndarray  # (U, K) mean activation where the concept is, by its area in each cell; NaN if it is nowhere
    outside: np.ndarray  # (U, K) mean activation where it is not; NaN if it is everywhere
    high: np.ndarray  # (U,) 99th percentile of the activation; NaN of a broken unit
    top_images: np.ndarray  # (U, T) int64: the latents, by their place in the sample, with the highest maxima
    peak: np.ndarray  # (U, T) those maxima, highest first
    levels: np.ndarray  # (U, L) the levels that were counted at, ascending
    curves: np.ndarray  # (U, L) IoU of the unit's best concept at each of them
    rule: Rule | float = "score"  # what a pair's level is best at; a number: the share of activations above it
    upsampling: str = "bilinear"  # how activations were brought to the size of the images
    dead: tuple[int, ...] = ()  # units that never change; they match nothing
    broken: tuple[int, ...] = ()  # units that put out NaN or infinity, which were counted as off
    unsteady: bool = False  # the generator gave other images at equal latents
    criterion: Criterion = Criterion()
    provenance: Mapping[str, str] = field(default_factory=dict)  # free: seed, command, checkpoint, date ...
    shuffled: np.ndarray | None = None  # (S, 3, U, K) IoU, IQR and score of the same search in S shuffles of the images

    def __post_init__(self) -> None:
        units, concepts, tops = len(self.high), len(self.labels), self.top_images.shape[-1]
        expected = {
            **dict.fromkeys(("iou", "score", "iqr", "level", "area", "inside", "outside"), (units, concepts)),
            **dict.fromkeys(("top_images", "peak"), (units, tops)),
            **dict.fromkeys(("levels", "curves"), (units, self.levels.shape[-1])),
            "share": (concepts,),
            "high": (units,),
        }
        if self.shuffled is not None:
            expected["shuffled"] = (len(self.shuffled), len(AGREEMENT), units, concepts)
        for name, shape in expected.items():
            if (found := getattr(self, name).shape) != shape:
                raise ValueError(f"a dissection's {name} has the shape {shape} here, got {found}")

    def __repr__(self) -> str:
        return f"Dissection({self.layer}, {self.images:,} images, units matched: {self.matched_in_words()})"

    def _repr_html_(self) -> str:
        """For a notebook: each concept with its share of the pixels, how many units agree with it, and the best."""
        rows: dict[str, tuple[float | str, ...]] = {"concept": ("share of pixels", "units", "best unit", "score")}
        for column, name in enumerate(self.labels):
            best = int(self.score[:, column].argmax())
            units = len(self.units(name))
            rows[name] = (float(self.share[column]), float(units), str(best), float(self.score[best, column]))
        return shown(repr(self), numbers=rows)

    @property
    def count(self) -> int:
        """The number of units."""
        return len(self.high)

    def concept(self, name: str) -> int:
        """The column of the concept ``name``; a name that is not there lists its neighbours in a ValueError."""
        return self.labels.index(require_known("concept", name, self.labels))

    def best(self, unit: int) -> Match:
        """The concept that ``unit`` agrees with best, by the criterion's rank, matched or not.

        ValueError for a unit that the layer does not have.
        """
        if not 0 <= unit < self.count:
            raise ValueError(f"unit {unit} was asked for, but layer {self.layer!r} has the units 0 to {self.count - 1}")
        return self._best[unit]

    def matched(self) -> list[Match]:
        """One match per unit that passes the criterion, in the order of the units."""
        return [match for match in self._best if match.matched]

    @cached_property
    def margin(self) -> np.ndarray:
        """(U, K) the largest score that the search over levels finds in any shuffle; 0 where none were made.

        It is what a score owes to the choice of the best level, and shrinks as the sample grows. A unit is matched
        where its score is beyond the criterion's bound by more than this.
        """
        if self.shuffled is None:
            return np.zeros((self.count, len(self.labels)))
        return np.maximum(self.shuffled[:, AGREEMENT.index("score")].max(axis=0), 0)

    def expected_by_chance(self) -> float | None:
        """How many units the same search matches in a shuffle of the images, the mean over the shuffles.

        A shuffle takes no part in the margin that it is held against. None where there are fewer than two shuffles: in
        samples of fewer than three images, and in dissections saved before shuffles were kept.
        """
        if self.shuffled is None or len(self.shuffled) < 2:
            return None
        found = 0
        for place, (iou, iqr, score) in enumerate(self.shuffled):
            margin = np.maximum(np.delete(self.shuffled, place, axis=0)[:, AGREEMENT.index("score")].max(axis=0), 0)
            best = preference(self.criterion.rank, iou, iqr, score).argmax(axis=1)
            found += sum(
                self.criterion.passed(iou[unit, k], iqr[unit, k], score[unit, k] - margin[unit, k])
                for unit, k in enumerate(best)
                if unit not in self.dead
            )
        return found / len(self.shuffled)

    def matched_in_words(self) -> str:
        """``115 of 256; 3 expected by chance``."""
        chance = self.expected_by_chance()
        told = "" if chance is None else f"; {chance:.2g} expected by chance"
        return f"{len(self.matched())} of {self.count}{told}"

    def units(self, concept: str, count: int | None = None) -> list[int]:
        """The units whose best concept this is and which pass the criterion, the best first, at most ``count``.

        ValueError for another concept.
        """
        self.concept(concept)
        found = [match for match in self.matched() if match.concept == concept]
        return [match.unit for match in sorted(found, key=lambda match: -getattr(match, self.criterion.rank))][:count]

    @cached_property
    def _best(self) -> list[Match]:
        ranked = preference(self.criterion.rank, self.iou, self.iqr, self.score)
        return [self._match(unit, int(concept)) for unit, concept in enumerate(ranked.argmax(axis=1))]

    def _match(self, unit: int, concept: int) -> Match:
        iou, iqr, score = (float(table[unit, concept]) for table in (self.iou, self.iqr, self.score))
        return Match(
            unit=unit,
            concept=self.labels[concept],
            iou=iou,
            iqr=iqr,
            level=float(self.level[unit, concept]),
            score=score,
            matched=unit not in self.dead
            and self.criterion.passed(iou, iqr, score - float(self.margin[unit, concept])),
        )

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write everything into one safetensors file with a SHA-256; an existing file needs ``overwrite``.

        FileExistsError without it, FileNotFoundError for a folder that is not there.
        """
        arrays = {
            item.name: value for item in fields(self) if isinstance(value := getattr(self, item.name), np.ndarray)
        }
        facts = {
            "format": FORMAT,
            "layer": self.layer,
            "labels": list(self.labels),
            "images": self.images,
            "rule": self.rule,
            "upsampling": self.upsampling,
            "dead": list(self.dead),
            "broken": list(self.broken),
            "unsteady": self.unsteady,
            "criterion": asdict(self.criterion),
            "provenance": dict(self.provenance),
        }
        write_sealed(path, arrays, facts, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | Path) -> "Dissection":
        """Read what :meth:`save` wrote.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: the file is corrupt, or holds something else than a dissection of this version.
        """
        arrays, facts = read_sealed(path)
        if (found := facts.pop("format", "something else")) != FORMAT:
            raise ValueError(f"{path} holds {found}, expected {FORMAT}: dissect again with this version")
        facts |= {name: tuple(facts[name]) for name in ("labels", "dead", "broken")}
        facts["criterion"] = Criterion(**facts["criterion"])
        values: dict[str, Any] = {**facts, **arrays}
        return cls(**values)


def preference(rule: Rule, iou: np.ndarray, iqr: np.ndarray, score: np.ndarray) -> np.ndarray:
    """The numbers (U, K) whose largest is the best by ``rule``.

    The information quality ratio is high for disagreement, too: where agreement is no better than by chance, the score,
    which is not positive there, decides.
    """
    if rule == "iqr":
        return np.where(score > 0, iqr, np.minimum(score, 0))
    return iou if rule == "iou" else score
