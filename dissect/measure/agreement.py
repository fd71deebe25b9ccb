"""How well the region where a unit is on agrees with the region of a concept, from counts of pixels.

All functions take numbers of pixels that broadcast, pooled over the sample: ``both`` (A and S), ``on`` (A: the unit is
on), ``concept`` (S), and ``total``, one number. Regions without pixels agree with nothing: 0.
"""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float64]


def iou(both: Pixels, on: Pixels, concept: Pixels) -> Pixels:
    """Intersection over union, |A and S| / |A or S| (Bau et al. 2019, equation 2)."""
    return _ratio(both, on + concept - both)


def score(both: Pixels, by_chance: Pixels, on: Pixels, concept: Pixels) -> Pixels:
    """IoU corrected for chance, (IoU - chance) / (1 - chance): 0 as by chance, 1 for equal regions.

    ``by_chance`` are the pixels that A and S would share if they had nothing to do with each other. Plain IoU calls
    almost every unit of a landscape generator sky or grass: a unit that is on everywhere has the IoU p with a class of
    share p, and a unit that is on in the upper half of every picture has much more. Their score is 0 when
    ``by_chance`` is counted between each image's A and another image's S, which has the sizes and the usual places of
    things, but not the things themselves.
    """
    chance = iou(by_chance, on, concept)
    return _ratio(iou(both, on, concept) - chance, 1 - chance)


def iqr(both: Pixels, on: Pixels, concept: Pixels, total: float) -> Pixels:
    """Information quality ratio I(A;S) / H(A,S) of the 2x2 table, in [0, 1] (gandissect).

    It does not tell agreement from disagreement: a unit and its complement have the same.
    """
    cells = (both, on - both, concept - both, total - on - concept + both)
    joint = np.sum([_surprise(cell / total) for cell in np.broadcast_arrays(*cells)], axis=0)
    sides = np.broadcast_arrays(on, total - on, concept, total - concept)
    apart = np.sum([_surprise(side / total) for side in sides], axis=0)
    return np.clip(_ratio(apart - joint, joint), 0, 1)


def _surprise(share: Pixels) -> Pixels:
    """-p log p, and 0 at 0."""
    return -share * np.log(np.where(share > 0, share, 1))


def _ratio(above: Pixels, below: Pixels) -> Pixels:
    return np.where(below > 0, above / np.where(below > 0, below, 1), 0.0)
