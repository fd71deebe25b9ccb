"""How well the region where a unit is on agrees with the region of a concept, from counts of pixels.

All functions take shares or counts that broadcast: ``both`` (A and S), ``on`` (A: the unit is on), ``concept`` (S) and
``total`` pixels, pooled over the sample. Regions without pixels agree with nothing: 0.
"""

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]


def iou(both: Counts, on: Counts, concept: Counts) -> Counts:
    """Intersection over union, |A and S| / |A or S| (Bau et al. 2019, equation 2)."""
    return _ratio(both, on + concept - both)


def chance_iou(on: Counts, concept: Counts, total: Counts) -> Counts:
    """The IoU of independent regions of these sizes: a p / (a + p - a p) for the shares a and p."""
    return iou(on * concept / total, on, concept)


def score(both: Counts, on: Counts, concept: Counts, total: Counts) -> Counts:
    """IoU corrected for chance, (IoU - chance) / (1 - chance): 0 for independent regions, 1 for equal ones.

    Plain IoU calls almost every unit of a landscape generator sky or grass: a unit that is on everywhere has the IoU
    p with a class of share p. Its score is 0.
    """
    chance = chance_iou(on, concept, total)
    return _ratio(iou(both, on, concept) - chance, 1 - chance)


def iqr(both: Counts, on: Counts, concept: Counts, total: Counts) -> Counts:
    """Information quality ratio I(A;S) / H(A,S) of the 2x2 table, in [0, 1] (gandissect).

    It does not tell agreement from disagreement: a unit and its complement have the same.
    """
    cells = (both, on - both, concept - both, total - on - concept + both)
    joint = sum(_surprise(cell / total) for cell in cells)
    apart = sum(_surprise(side / total) for side in (on, total - on, concept, total - concept))
    return np.clip(_ratio(apart - joint, joint), 0, 1)


def _surprise(share: Counts) -> Counts:
    """-p log p, and 0 at 0."""
    return -share * np.log(np.where(share > 0, share, 1))


def _ratio(above: Counts, below: Counts) -> Counts:
    return np.where(below > 0, above / np.where(below > 0, below, 1), 0.0)
