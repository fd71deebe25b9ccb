"""Arithmetic of latents. Radford et al. 2016, section 6.3.2: a concept is the mean of a few latents that show it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from core_gans.foundation.errors import LabError

EXEMPLARS = 3  # latents in a mean, as in the paper: single ones are unstable
AT_LEAST = 0.9  # probability of an exemplar, as the classifier has it


def concept(latents: Tensor, probabilities: Tensor, label: int) -> Tensor:
    """The mean (D,) of the ``EXEMPLARS`` latents whose images a classifier takes most surely for ``label``.

    ``probabilities`` (N, K) are the classifier's, for the images of ``latents`` (N, D). Raises LabError when fewer than
    ``EXEMPLARS`` images reach ``AT_LEAST``.
    """
    sure = probabilities[:, label]
    found = int((sure >= AT_LEAST).sum())
    if found < EXEMPLARS:
        raise LabError(
            f"expected {EXEMPLARS} images of class {label} with a probability of {AT_LEAST:g}, found {found} among "
            f"{len(latents)}: draw more, or ask for less."
        )
    return latents[sure.topk(EXEMPLARS).indices].mean(dim=0)


@torch.no_grad()
def move(latents: Tensor, plus: Tensor, minus: Tensor, generate: Callable[[Tensor], Tensor]) -> Tensor:
    """What becomes of ``latents`` (N, D) when the concept ``minus`` (D,) is taken away and ``plus`` (D,) is added."""
    return generate(latents - minus + plus)
