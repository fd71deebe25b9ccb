"""The pictures a report shows: drawn again by the generator, with their segmentation and the maps of some units.

A dissection keeps which images are a unit's best, by their place in the sample, and not the images themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from core_gans.foundation.pixels import Picture, to_bytes
from dissect.hooks import at_rest
from dissect.measure.dissection import Dissection
from dissect.report.sheets import Map
from dissect.sampling import Progress, batches, sights
from dissect.segmenters.protocol import Segmenter

# Batches of another size round differently, by far less than this; other latents or weights differ by far more.
PEAK_TOLERANCE = 0.1


@dataclass
class Gallery:
    """Pictures (H, W, 3) uint8 and classes (H, W) by image; a unit's map (h, w) by unit and image."""

    pictures: dict[int, Picture] = field(default_factory=dict)
    classes: dict[int, npt.NDArray[np.int64]] = field(default_factory=dict)
    maps: dict[tuple[int, int], Map] = field(default_factory=dict)


def gather(
    generator: nn.Module,
    layer: str,
    latents: Tensor,
    segmenter: Segmenter,
    wanted: Mapping[int, set[int]],
    *,
    batch_size: int = 32,
    progress: Progress | None = None,
) -> Gallery:
    """Draw the images ``wanted`` (image -> the units whose maps are kept) from their ``latents`` (N, ...).

    Raises ValueError if the layer has fewer units than wanted, or if the images are neither grey nor RGB.
    """
    gallery = Gallery()
    order = sorted(wanted)
    chosen = batches(latents[order], batch_size, progress)
    with at_rest(generator):
        for sight in sights(generator, [layer], chosen, segmenter, finite=False):
            pictures = to_bytes(sight.images)
            maps = sight.features[layer].cpu().numpy()
            for place, picture in enumerate(pictures):
                image = order[len(gallery.pictures)]
                gallery.pictures[image] = picture
                gallery.classes[image] = sight.classes[place].cpu().numpy()
                for unit in wanted[image]:
                    if unit >= maps.shape[1]:
                        raise ValueError(
                            f"layer {layer!r} has the units 0 to {maps.shape[1] - 1}, unit {unit} is wanted"
                        )
                    gallery.maps[unit, image] = _finite(maps[place, unit])
    return gallery


def check_peaks(dissection: Dissection, gallery: Gallery) -> None:
    """Raise ValueError unless the drawn maps reach the peaks that the dissection measured.

    They do not if the latents are others, or in another order, or if the generator has learned since. Of a generator
    that gives other images every time nothing can be expected.
    """
    found, expected = [], []
    for unit, (images, peaks) in enumerate(zip(dissection.top_images, dissection.peak, strict=True)):
        for image, peak in zip(images, peaks, strict=True):
            if unit not in dissection.broken and (unit, int(image)) in gallery.maps:
                found.append(gallery.maps[unit, int(image)].max())
                expected.append(peak)
    if not found or dissection.unsteady:
        return
    gap = np.mean(np.abs(np.array(found) - np.array(expected)))
    if not gap <= PEAK_TOLERANCE * np.mean(np.abs(expected)):
        raise ValueError(
            "the units' peaks in these images are not those of the dissection (on average off by "
            f"{gap:.3g}): give the generator and the latents that were dissected, in the same order"
        )


def _finite(activation: Map) -> Map:
    """A copy of a map (h, w) that is off, as in the dissection, where it is NaN or infinite."""
    finite = np.isfinite(activation)
    return np.where(finite, activation, activation[finite].min(initial=0.0)).astype(np.float32)
