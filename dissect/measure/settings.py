"""How a generator is dissected: one value, whether one layer is dissected, several are, or a study is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core_gans.foundation.names import require_known
from dissect.measure.dissection import Criterion, Rule
from dissect.measure.presets import settled
from dissect.measure.upsampling import UPSAMPLINGS, Upsampling
from dissect.sampling import Progress


@dataclass(frozen=True)
class DissectionSettings:
    """The options of :func:`dissect.dissect`, of :func:`dissect.compare_layers` and of a study.

    Raises:
        ValueError: no such rule, preset or upsampling, a share that is not between 0 and 1, or no top image.
    """

    levels: Rule | float | None = None
    """Where a unit counts as on, for each (unit, concept) pair: at the level, of a hundred, with the best
    chance-corrected agreement ("score"), information quality ratio ("iqr", among the levels that agree better than
    chance) or plain IoU ("iou"); or, as in the early papers, a number: the one level that this share of the unit's
    activations in the whole sample lies above, such as 0.005. Default: the preset's, or "score"."""
    upsampling: Upsampling = "bilinear"
    """How activations are brought to the size of the images: "bilinear" or "nearest", both as ``F.interpolate``
    (``align_corners=False``)."""
    batch_size: int = 32
    """Images that are generated at once, where the latents are one tensor. It does not change the result."""
    top: int = 8
    """How many images to note in which each unit is strongest."""
    criterion: Criterion | str | None = None
    """When a unit counts as matched, or the name of one of ``dissect.measure.presets.PRESETS``."""
    keep: str | Path | None = None
    """A file to keep the counts in while they grow. A later call with the same generator, sample, segmenter and
    settings goes on from there and ends in the same bits; batches may be cut otherwise."""
    provenance: Mapping[str, str] = field(default_factory=dict)
    """Facts that the dissection carries: where the generator, the sample and the segmenter come from."""
    progress: Progress | None = None
    """Called with the number of images done so far; those that only place a fixed quantile count half."""

    def __post_init__(self) -> None:
        settled(self.levels, self.criterion)
        if self.top < 1:
            raise ValueError(f"expected at least 1 top image for a unit, got {self.top}")
        require_known("upsampling", self.upsampling, UPSAMPLINGS)
