"""Choosing the units that stand for a concept, and the activations that stand for having it or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dissect.measure.dissection import Dissection

CAUSAL_SHARE = 0.1  # of a layer: with many more, random units do as much
PAPER_SHARE = 0.04  # of a layer: the 20 units of 512 that the paper ablates
PAINTING_SHARE = 0.5  # of a layer: fewer units leave a ghost of what they erased


@dataclass(frozen=True)
class UnitSet:
    """Units that draw something, with the activation of each where it is there and where it is not."""

    units: tuple[int, ...]
    absent: tuple[float, ...]
    present: tuple[float, ...]
    concept: str | None = None  # the label of what they draw; erasing then spares the other things under the brush

    def __post_init__(self) -> None:
        if not len(self.units) == len(self.absent) == len(self.present):
            raise ValueError(
                f"expected two activations for each of {len(self.units)} units, "
                f"got {len(self.absent)} for absent and {len(self.present)} for present"
            )


Ranking = Literal["score", "iou"] | Sequence[float] | np.ndarray  # by agreement, or by a number for each unit


def choose_units(
    dissection: Dissection,
    concept: str,
    count: int | None = None,
    *,
    share: float = CAUSAL_SHARE,
    by: Ranking = "score",
) -> list[int]:
    """The units of the layer that stand most for ``concept``, best first.

    Unlike :meth:`Dissection.units` this takes units that agree even better with something else, because a thing is
    drawn by more units than those that draw nothing else. ``count`` of them, or by default a ``share`` of the layer:
    what a number of units does depends on how many there are.

    ``by`` ranks them: by their agreement with the concept beyond chance ("score"), by plain IoU ("iou"), or by cause,
    as one number for each unit, such as the weight that :func:`dissect.cause.alpha.optimise_alpha` finds or the
    attribution of :func:`dissect.cause.attribution.attribution`. Units with no more than 0 (agreement no better than
    chance, no cause) are left out, so there may be fewer, or none.

    Raises:
        ValueError: no such concept, a ``count`` below 1, a ``share`` outside (0, 1], or a ranking that does not fit.
    """
    scores = _ranking(dissection, dissection.concept(concept), by)
    if count is None:
        if not 0 < share <= 1:
            raise ValueError(f"expected a share of the layer above 0 and at most 1, got {share}")
        count = max(1, round(share * dissection.count))
    if count < 1:
        raise ValueError(f"expected at least 1 unit, got {count}")
    ranked = np.argsort(-scores, kind="stable")[:count]
    return [int(unit) for unit in ranked if scores[unit] > 0]


def _ranking(dissection: Dissection, column: int, by: Ranking) -> np.ndarray:
    if isinstance(by, str):
        tables = {"score": dissection.score, "iou": dissection.iou}
        if by not in tables:
            raise ValueError(f'units are ranked by "score", "iou" or one number for each unit, got {by!r}')
        return tables[by][:, column]
    weights = np.asarray(by, dtype=np.float64)
    if weights.shape != (dissection.count,):
        raise ValueError(f"expected one number for each of {dissection.count} units, got the shape {weights.shape}")
    return weights


def unit_set(dissection: Dissection, concept: str, count: int | None = None) -> UnitSet:
    """The units that :func:`choose_units` finds for ``concept``, with their means inside it and outside.

    ``count`` of them, or by default half of the layer.

    Raises:
        ValueError: as :func:`choose_units`, and when no unit of the layer agrees with the concept.
    """
    units = choose_units(dissection, concept, count, share=PAINTING_SHARE)
    if not units:
        raise ValueError(f"no unit of layer {dissection.layer!r} agrees with {concept!r}: try another layer or concept")
    return with_values(dissection, units, concept)


def with_values(dissection: Dissection, units: Sequence[int], concept: str) -> UnitSet:
    """``units`` with their means inside ``concept`` and outside.

    Raises:
        ValueError: no such concept, or one that the images that were dissected show nowhere, or everywhere.
    """
    column = dissection.concept(concept)
    absent, present = dissection.outside[list(units), column], dissection.inside[list(units), column]
    if np.isnan(absent).any() or np.isnan(present).any():
        raise ValueError(
            f"the {dissection.images} images that were dissected show {concept!r} nowhere, or nothing else, so what "
            "units are with it and without is not known: dissect more images, or choose another concept"
        )
    return UnitSet(tuple(units), tuple(absent.tolist()), tuple(present.tolist()), concept)
