"""Means and ratios with 95% intervals: by a bootstrap over images, or over sets of units (Efron 1979)."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core_gans.foundation.intervals import Change

Shares = NDArray[np.float64]
DRAWS = 1000


def mean_change(change: Tensor, rng: torch.Generator) -> Change:
    """The mean of ``change`` (N, K) float64 over N images, and its percentile interval over resampled images."""
    return _between(change.mean(0), _weights(len(change), rng) @ change / len(change))


def ratio_change(change: Tensor, whole: Tensor, rng: torch.Generator) -> Change:
    """The sum of ``change`` (N, K) over that of ``whole`` (N, K), and its percentile interval over resampled images.

    The same images enter both sums: where a few images have most of a class, the interval of the ratio is much
    narrower than that of the change alone. NaN where ``whole`` is 0 throughout; resamplings without any of it are
    left out.
    """
    weights = _weights(len(change), rng)
    return _between(ratio(change.sum(0), whole.sum(0)), ratio(weights @ change, weights @ whole))


def ratio(change: Tensor, whole: Tensor) -> Tensor:
    """``change`` over ``whole``, of any shape; NaN where ``whole`` is 0, also for what came where nothing was."""
    return change / whole.masked_fill(whole == 0, torch.nan)


def spread(means: Tensor) -> Change:
    """The mean of ``means`` (S, K) over S sets of units, and the range that holds 95% of them."""
    return _between(means.mean(0), means)


def without_nan(numbers: Shares) -> list[float | None]:
    """``numbers`` (K,) for JSON, which has no NaN: None stands for it."""
    return [None if np.isnan(number) else number for number in numbers.tolist()]


def _weights(count: int, rng: torch.Generator) -> Tensor:
    """How often each of ``count`` images is drawn in each of the resamplings: (DRAWS, count) float64."""
    drawn = torch.randint(count, (DRAWS, count), generator=rng)
    ones = torch.ones(DRAWS, count, dtype=torch.float64)
    return torch.zeros(DRAWS, count, dtype=torch.float64).scatter_add_(1, drawn, ones)


def _between(mean: Tensor, drawn: Tensor) -> Change:
    """The quantiles of ``drawn`` (draws, K), those that are NaN left out, around ``mean`` (K,)."""
    low, high = torch.full_like(mean, torch.nan), torch.full_like(mean, torch.nan)
    for k, column in enumerate(drawn.unbind(1)):
        known = column[~column.isnan()]
        if len(known):
            low[k], high[k] = (float(bound) for bound in np.quantile(known.numpy(), (0.025, 0.975)))
    return Change(mean.numpy(), low.numpy(), high.numpy())
