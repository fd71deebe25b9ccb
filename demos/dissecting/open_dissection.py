"""An open dissection: its numbers, its colours, and its pictures, drawn again by the generator that was dissected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from torch import Tensor

from core_gans.foundation.errors import LabError
from core_gans.foundation.pixels import Picture
from demos.dissecting.dissectable_model import DissectableModel
from demos.dissecting.measuring import seed_of, seen_by
from demos.dissecting.segmenter_choice import Colour, SegmenterChoice, segmenter_choice
from demos.made_once import MadeOnce
from dissect import Dissection
from dissect.report.contents import chosen_palette, css
from dissect.report.gallery import Gallery, check_peaks, gather
from dissect.report.sheets import outlined

KEPT = 8  # dissections in memory
SHEETS_KEPT = 64  # units whose pictures are remembered, of each
SHOWN = 8  # pictures of a unit
TILE = 132  # pixels across


@dataclass(frozen=True, eq=False)
class OpenDissection:
    """A dissection of ``dissectable``. Safe to share between threads."""

    dissectable: DissectableModel
    dissection: Dissection

    @cached_property
    def segmenter_choice(self) -> SegmenterChoice | None:
        """Who saw the concepts; None where that is not known here."""
        name = seen_by(self.dissection)
        return None if name is None else segmenter_choice(name)

    @cached_property
    def colours(self) -> tuple[Colour, ...]:
        """One for each label."""
        known = None if self.segmenter_choice is None else self.segmenter_choice.colours
        return tuple(chosen_palette(known, len(self.dissection.labels)))

    @cached_property
    def latents(self) -> Tensor:
        """The sample (images, ...). LabError where it is not known."""
        seed = seed_of(self.dissection)
        if seed is None:
            raise LabError("which pictures were dissected is not known, so they cannot be shown: dissect again.")
        return self.dissectable.sample(self.dissection.images, seed)

    def colour(self, concept: str) -> str:
        """The concept's colour for CSS."""
        return css(self.colours[self.dissection.concept(concept)])

    def watcher(self) -> SegmenterChoice:
        """Who saw the concepts. LabError where that is not known."""
        if self.segmenter_choice is None:
            raise LabError("which segmenter this was dissected with is not known here: dissect again.")
        return self.segmenter_choice

    def tiles(self, unit: int) -> tuple[Picture, ...]:
        """The pictures (TILE, TILE, 3) in which ``unit`` is strongest, its region outlined, the strongest first.

        LabError where the sample or the segmenter is not known, or the generator is another one by now.
        """
        return self._tiles(unit)

    @cached_property
    def _tiles(self) -> Callable[[int], tuple[Picture, ...]]:
        return lru_cache(maxsize=SHEETS_KEPT)(self._drawn)

    def _drawn(self, unit: int) -> tuple[Picture, ...]:
        found, match = self.dissection, self.dissection.best(unit)
        images = [int(image) for image in found.top_images[unit][:SHOWN]]
        seen = self.gallery({image: {unit} for image in images})
        return tuple(
            outlined(seen.pictures[i], seen.maps[unit, i], match.level, TILE, upsampling=found.upsampling)
            for i in images
        )

    def check(self) -> None:
        """LabError where its pictures cannot be drawn again."""
        self.tiles(self.dissection.best(0).unit)

    def gallery(self, wanted: dict[int, set[int]]) -> Gallery:
        """The pictures ``wanted`` and the maps of units in them. LabError as for ``tiles``."""
        with self.dissectable.lock:
            net, layer = self.dissectable.net, self.dissection.layer
            seen = gather(net, layer, self.latents, self.watcher().segmenter, wanted)
        try:
            check_peaks(self.dissection, seen)
        except ValueError as error:
            raise LabError("the model has learned since it was dissected, and draws other pictures now: dissect "
                           "it again.") from error  # fmt: skip
        return seen

    def concepts(self) -> list[str]:
        """The concepts that some unit agrees with beyond chance, those with most matched units first."""
        found = self.dissection
        known = [label for place, label in enumerate(found.labels) if np.nanmax(found.score[:, place]) > 0]
        return sorted(known, key=lambda label: -len(found.units(label)))


class DissectionCache:
    """The open dissections by model and file, each read once for as long as the file stays the same."""

    def __init__(self) -> None:
        self._read: MadeOnce[OpenDissection] = MadeOnce(KEPT)

    def of(self, dissectable: DissectableModel, path: Path) -> OpenDissection:
        """The dissection in the file at ``path``. ValueError or OSError when it cannot be read."""
        stamp = (dissectable, path.stat().st_mtime_ns)
        return self._read.of(path, stamp, lambda: OpenDissection(dissectable, Dissection.load(path)))
