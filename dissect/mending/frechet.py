"""The Frechet distance of images to real ones (``core_gans.foundation.frechet``), with a paired bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from core_gans.foundation.frechet import FeatureStatistics
from core_gans.foundation.intervals import Interval

Look = Callable[[Tensor], Tensor]  # images (N, C, H, W) in [-1, 1] -> features (N, F)


class FrechetScorer:
    """How far images are from real ones: through ``look``, which gives the features, named ``name``.

    ``real`` are the real images' features (N, F). Features go to the CPU in float64; images stay where they are.
    The distance is biased upwards for small sets: compare sets of equal size only. ``batch_size`` images are made and
    seen at once, whatever is measured.
    """

    def __init__(self, look: Look, real: Tensor, name: str = "features", batch_size: int = 32) -> None:
        self.name, self.batch_size = name, batch_size
        self._look = look
        self._real = real.detach().to("cpu", torch.float64)
        self._statistics = FeatureStatistics.of(self._real)

    @torch.no_grad()
    def features(self, images: Tensor) -> Tensor:
        """The features (N, F) of images; a ValueError when they do not fit the real ones'."""
        seen = self._look(images)
        if seen.shape != (len(images), self._real.shape[1]):
            raise ValueError(
                f"expected features of shape {(len(images), self._real.shape[1])} like the real images', got "
                f"{tuple(seen.shape)}: see both through the same network"
            )
        return seen.detach().to("cpu", torch.float64)

    def distance(self, features: Tensor) -> float:
        """The squared Frechet distance between ``features`` (N, F) and the real ones.

        ValueError for features that do not fit.
        """
        return FeatureStatistics.of(features).distance(self._statistics)

    def resampled(self, sets: Sequence[Tensor], draws: int, rng: torch.Generator) -> Tensor:
        """The distances (D, S) in ``draws`` paired resamplings of ``sets``, features (N, F) each.

        Row i of every set belongs to the same latent. Every draw takes the same latents of all the sets, and resamples
        the real images, too. ValueError for features that do not fit.
        """
        drawn = torch.empty(draws, len(sets), dtype=torch.float64)
        for draw in range(draws):
            real = FeatureStatistics.of(self._real, _times_drawn(len(self._real), rng))
            taken = _times_drawn(len(sets[0]), rng)
            for place, features in enumerate(sets):
                drawn[draw, place] = real.distance(FeatureStatistics.of(features, taken))
        return drawn


def around(value: float, drawn: Tensor) -> Interval:
    """The 95% interval of ``value`` from its bootstrap, (D,) float64.

    A resampling has fewer different images than the sample, so all its distances are too large by about as much; the
    interval is laid around ``value`` with the bootstrap's deviations from its own mean.
    """
    low, high = torch.quantile(drawn - drawn.mean(), torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return Interval(value, value + low, value + high)


def _times_drawn(count: int, rng: torch.Generator) -> Tensor:
    return torch.randint(count, (count,), generator=rng).bincount(minlength=count)
