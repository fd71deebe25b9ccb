"""Features for images without a classifier: principal components of the real pixels, the rest, the detail."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from core_gans.data.examples import as_float
from core_gans.foundation.finite import require_finite

COMPONENTS = 64
SIDE = 32  # pixels; larger images are reduced by area, since 64 components hold no finer detail anyway
FITTED_ON = 1_000  # images, evenly spaced: the exact decomposition of their Gram matrix takes well under a second
_LEAST_SPREAD = 1e-3  # an eighth of a grey level: a data set without any detail must not divide by zero


class PrincipalPixels:
    """The leading principal components of real images, and two energies: outside of them, and of the finest detail.

    Each feature has mean 0 and standard deviation 1 on the images it was fitted on, so that a distance counts
    standard deviations of the real data: a generator that only draws the mean image is at least F away. Without
    the energies, noise and blur, which live outside the leading components, would go nearly unseen.

    Fitting is deterministic. It takes images (N, C, H, W), uint8 or in [-1, 1], at least three and not all alike,
    else ``ValueError``.
    """

    name = "pca-pixels"

    def __init__(self, images: Tensor, components: int = COMPONENTS) -> None:
        if len(images) < 3:
            raise ValueError(f"fitting {self.name} needs at least three images, got {len(images)}")
        chosen = torch.linspace(0, len(images) - 1, min(FITTED_ON, len(images))).round().long()
        fitted = as_float(images[chosen])
        require_finite(fitted, "the images")
        pixels = _reduced(fitted)  # (n, D)
        self._mean = pixels.mean(dim=0)
        deviations = pixels - self._mean
        values, vectors = torch.linalg.eigh(deviations @ deviations.T)  # ascending
        # A component of rounding-error size would be whitened into pure noise, and components that few images span
        # fit those images better than any others.
        kept = min(components, max(1, len(chosen) // 4), int((values > 1e-8 * values[-1].clamp_min(1e-12)).sum()))
        if kept < 1:
            raise ValueError(f"fitting {self.name} needs images that differ, but all {len(images)} are alike")
        values, vectors = values[-kept:].flip(0), vectors[:, -kept:].flip(1)
        self._basis = deviations.T @ vectors / values.sqrt()  # (D, kept), orthonormal columns
        raw = torch.cat([self._raw(part) for part in fitted.split(100)])
        self._centre = raw.mean(dim=0)
        self._spread = raw.std(dim=0).clamp_min(_LEAST_SPREAD)

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) in [-1, 1] of the fitted size to features (N, F), float64 on the CPU."""
        return (self._raw(images) - self._centre) / self._spread

    def _raw(self, images: Tensor) -> Tensor:
        """Coordinates, and root mean squares per pixel of what they leave over and of the detail, (N, kept + 2)."""
        deviations = _reduced(images) - self._mean
        coordinates = deviations @ self._basis
        left = deviations.square().sum(dim=1) - coordinates.square().sum(dim=1)
        rest = (left.clamp_min(0) / deviations.shape[1]).sqrt()
        return torch.cat([coordinates, rest[:, None], _detail(images)[:, None]], dim=1)


def _reduced(images: Tensor) -> Tensor:
    """Pixels (N, D), float64, of images of at most 32x32."""
    images = images.detach().to("cpu", torch.float64)
    if max(images.shape[2:]) > SIDE:
        images = F.interpolate(images, size=(min(SIDE, images.shape[2]), min(SIDE, images.shape[3])), mode="area")
    return images.flatten(1)


def _detail(images: Tensor) -> Tensor:
    """Root mean square (N,) of the differences between neighbouring pixels, at full size."""
    images = images.detach().cpu()
    across, down = (images.diff(dim=dim).square().flatten(1) for dim in (3, 2))
    differences = across.shape[1] + down.shape[1]
    return ((across.sum(dim=1).double() + down.sum(dim=1).double()) / differences).sqrt()
