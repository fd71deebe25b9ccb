"""Soft weighted pointwise mutual information (Oikarinen & Weng 2023, "CLIP-Dissect", section 3.2).

p(t | x) is how likely the word t is for the picture x: a softmax over words of how alike they are. Of a unit u, the
pictures x_1, x_2 ... that it fires for most belong to it with the probabilities p_i, and

    log p(t | u) = sum_i log(1 + p_i (p(t | x_i) - 1)),    score = log p(t | u) - weight * log mean_u p(t | u).

A word that suits all pictures scores low everywhere; one that suits those of this unit alone scores high.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

TOP = 100  # pictures that belong to a unit
SHARPNESS = 10.0  # of the softmax over words
FIRST, LAST = 0.998, 0.97  # the probability with which the first of these belongs to it, and that behind the last
LEAST = 1e-7  # under the logarithm


def soft_wpmi(alike: Tensor, activations: Tensor, *, top: int = TOP, weight: float = 1.0) -> Tensor:
    """Scores (U, W) of ``W`` words for ``U`` units; ``weight`` 0 leaves out what a word is for all units.

    Takes and raises what :func:`word_likelihood` does.
    """
    given = word_likelihood(alike, activations, top=top)
    return given - weight * (given.logsumexp(0) - math.log(len(given)))


def word_likelihood(alike: Tensor, activations: Tensor, *, top: int = TOP) -> Tensor:
    """log p(t | u) of words and units, (U, W).

    Args:
        alike: (N, W), cosines of pictures and words.
        activations: (N, U), of each unit in each picture.
        top: how many pictures belong to a unit.

    ValueError for tensors of other shapes, or fewer pictures than ``top``.
    """
    if alike.ndim != 2 or activations.ndim != 2 or len(alike) != len(activations):
        raise ValueError(
            f"expected as many pictures in both, (N, words) and (N, units), got {tuple(alike.shape)} and "
            f"{tuple(activations.shape)}"
        )
    if not 1 <= top <= len(alike):
        raise ValueError(f"expected from 1 to {len(alike)} pictures of a unit, as many as there are, got {top}")
    likely = torch.softmax(SHARPNESS * alike, 1)  # p(t | x)
    first = activations.argsort(dim=0, descending=True, stable=True)[:top].T  # (U, top)
    belongs = FIRST - torch.arange(top).to(likely) / top * (FIRST - LAST)
    return torch.stack([torch.log(1 + belongs[:, None] * (likely[own] - 1) + LEAST).sum(0) for own in first])
