"""What clusters of units look at: the images in which each is strongest, and the classes a segmenter sees there.

A cluster's map is the mean of its units' maps, each in deviations from its mean. Its region is where that map, brought
to the image bilinearly, is strictly above half of its usual peak: the peak that one image in twenty exceeds, so that a
thing which few images show has a region as well. No label took part in forming the clusters, so that the classes in a
region are evidence from outside.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.pixels import to_bytes
from dissect.directions.clusters import UnitClusters
from dissect.hooks import at_rest, record
from dissect.sampling import Progress, batches, features, generate, segment
from dissect.segmenters.protocol import Segmenter

PEAK = 0.95  # the quantile, over images, of a cluster's peaks whose half is its level
LOOK = 256  # images that place the levels
WORTH = 0.02  # of a region: a class that fills less is not worth a word


@dataclass(frozen=True, eq=False)
class Exemplars:
    """For each of ``C`` clusters its ``T`` strongest images, strongest first; and how often its region is a class."""

    level: NDArray[np.float64]  # (C,)
    images: NDArray[np.uint8]  # (C, T, H, W, 3)
    maps: NDArray[np.float32]  # (C, T, h, w)
    labels: tuple[str, ...]  # K, of the segmenter; none without one
    inside: NDArray[np.float64]  # (C, K) the share of the cluster's region that is the class
    overall: NDArray[np.float64]  # (K,) the share of all pixels

    def seen(self, cluster: int) -> list[tuple[str, float, float]]:
        """(class, its share of the region, its share of all pixels), the class most above its usual share first.

        Only classes that are above it and fill a fiftieth of the region. Most is meant in shares, not in ratios: a
        ratio favours a rare class of which a few pixels lie in the region.
        """
        here = self.inside[cluster]
        order = np.argsort(-(here - self.overall), kind="stable")
        told = [k for k in order if here[k] > self.overall[k] and here[k] >= WORTH]
        return [(self.labels[k], float(here[k]), float(self.overall[k])) for k in told]


def exemplars(
    generator: nn.Module,
    clusters: UnitClusters,
    latents: Tensor,
    segmenter: Segmenter | None = None,
    *,
    count: int = 6,
    batch_size: int = 32,
    progress: Progress | None = None,
) -> Exemplars:
    """Look at the images of ``latents`` (N, ...) through each of ``clusters``.

    Raises ValueError as ``sampling`` does.
    """
    layer, number = clusters.layer, len(clusters.members)
    labels = tuple(segmenter.labels) if segmenter else ()
    inside = torch.zeros(number, len(labels), dtype=torch.float64)
    overall = torch.zeros(len(labels), dtype=torch.float64)
    region = torch.zeros(number, 1, dtype=torch.float64)  # pixels, those of no class among them
    pixels = 0
    kept: list[list[tuple[float, Tensor, Tensor]]] = [[] for _ in range(number)]
    with at_rest(generator):
        level = _levels(generator, clusters, latents[:LOOK], batch_size)
        with record(generator, [layer]) as seen:
            for batch in batches(latents, batch_size, progress):
                images = generate(generator, batch)
                found = _cluster_maps(clusters, features(seen, layer))  # (N, C, h, w)
                for cluster in range(number):
                    here = [
                        (float(one.amax()), image, one) for one, image in zip(found[:, cluster], images, strict=True)
                    ]
                    kept[cluster] = sorted(kept[cluster] + here, key=lambda each: -each[0])[:count]
                if segmenter is not None:
                    classes = segment(segmenter, images)
                    size = tuple(classes.shape[-2:])
                    bold = F.interpolate(found, size=size, mode="bilinear", align_corners=False) > level[:, None, None]
                    region[:, 0] += bold.sum((0, 2, 3)).cpu()
                    pixels += classes.numel()
                    for k in range(len(labels)):
                        there = classes == k
                        inside[:, k] += (bold & there[:, None]).sum((0, 2, 3)).cpu()
                        overall[k] += there.sum().cpu()
    return Exemplars(
        level.double().cpu().numpy(),
        np.stack([to_bytes(torch.stack([image for _, image, _ in each])) for each in kept]),
        np.stack([[one.cpu().numpy() for _, _, one in each] for each in kept]),
        labels,
        (inside / region.clamp_min(1)).numpy(),
        (overall / max(pixels, 1)).numpy(),
    )


def _levels(generator: nn.Module, clusters: UnitClusters, latents: Tensor, batch_size: int) -> Tensor:
    """Half of the usual peak (C,) of each cluster."""
    peaks = []
    with record(generator, [clusters.layer]) as seen:
        for batch in batches(latents, batch_size):
            generate(generator, batch)
            peaks.append(_cluster_maps(clusters, features(seen, clusters.layer)).amax((2, 3)))
    return torch.cat(peaks).quantile(PEAK, dim=0) / 2


def _cluster_maps(clusters: UnitClusters, found: Tensor) -> Tensor:
    """Features (N, U, h, w) to the clusters' maps (N, C, h, w), in mean deviations of the members."""
    weights = torch.zeros(len(clusters.members), found.shape[1], dtype=torch.float64)
    for cluster, units in enumerate(clusters.members):
        weights[cluster, list(units)] = torch.from_numpy(1 / clusters.deviation[list(units)] / len(units))
    offset = weights @ torch.from_numpy(clusters.mean)
    mixed = torch.einsum("nuhw,cu->nchw", found, weights.to(found))
    return mixed - offset.to(found)[:, None, None]
