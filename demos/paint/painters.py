"""The painters of all models that have been dissected, each made once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from core_gans.foundation.errors import LabError
from core_gans.foundation.names import unknown_name
from demos.dissecting.segmenter_choice import SegmenterChoice, segmenter_choice
from demos.made_once import MadeOnce
from demos.model_store import SHIPPED, ModelStore
from demos.paint.own_pictures import OwnPictures
from demos.paint.painter import Painter
from dissect import Dissection
from dissect.segmenters.named import SEGMENTERS

KEPT = 8  # painters in memory
FRESH = 2.0  # seconds for which the store is not read again: a brush that moves asks many times


class Painters:
    """Painters by model and layer. Safe to share between threads."""

    def __init__(self, store: ModelStore) -> None:
        self.store = store
        self.pictures = OwnPictures()
        self._put: dict[str, Painter] = {}
        self._made: MadeOnce[Painter] = MadeOnce(KEPT)
        self._fresh: dict[tuple[str, str | None], tuple[float, Painter]] = {}

    def put(self, key: str, painter: Painter) -> None:
        """Offer ``painter`` as the one of the model called ``key``, in place of what the store has."""
        self._put[key] = painter

    def close(self) -> None:
        """End what is at work on pictures."""
        for painter in self._put.values():
            painter.pictures.close()
        self.pictures.close()

    def layers(self, key: Any) -> tuple[str, ...]:
        """The layers of the model called ``key`` that can be painted with. An error for an unknown model."""
        if isinstance(key, str) and key in self._put:
            return (self._put[key].dissection.layer,)
        return tuple(self.store.dissections(key))

    def of(self, key: Any = SHIPPED, layer: Any = None) -> Painter:
        """The painter of a model and one of its layers, by default the first.

        ValueError, with one line, for an unknown model, one that has not been dissected, and a layer that
        has not.
        """
        if not isinstance(key, str) or not (layer is None or isinstance(layer, str)):
            raise ValueError("expected the names of a model and of a layer")
        now = time.monotonic()
        when, painter = self._fresh.get((key, layer), (-FRESH, None))
        if painter is None or now - when > FRESH:
            painter = self._found(key, layer)
            self._fresh = {asked: seen for asked, seen in list(self._fresh.items()) if now - seen[0] <= FRESH}
            self._fresh[key, layer] = now, painter
        return painter

    def dissected_here(self, key: str, layer: str) -> bool:
        """Whether the dissection of ``layer`` lies in the folder of runs; the others came with the lab."""
        return key not in self._put and self.store.dissections(key)[layer] == self.store.place_for(key, layer)

    def _found(self, key: str, layer: str | None) -> Painter:
        layers = self.layers(key)
        if not layers:
            raise LabError("this model has not been dissected yet: do that first, in the tab Dissect.")
        if layer is not None and layer not in layers:
            raise unknown_name("dissected layer", layer[:80], layers)
        if key in self._put:
            return self._put[key]
        path = self.store.dissections(key)[layer or layers[0]]
        stamp = (self.store.stamp(key), path.stat().st_mtime_ns)
        return self._made.of((key, path), stamp, lambda: self._make(key, path))

    def _make(self, key: str, path: Path) -> Painter:
        model = self.store.fresh(key)
        dissection = Dissection.load(path)
        seen_by = _choice_for(dissection)
        return Painter(
            model.net,
            lambda rng: model.game.latents(1, rng),
            dissection,
            seen_by.segmenter,
            seen_by.colours,
            self.store.place_for(key, dissection.layer).parent / "examples" / "bank.safetensors",
            self.pictures,
        )


def _choice_for(dissection: Dissection) -> SegmenterChoice:
    """The segmenter with the dissection's labels. LabError where the app has none."""
    for name in SEGMENTERS:
        if tuple(segmenter_choice(name).segmenter.labels) == dissection.labels:
            return segmenter_choice(name)
    raise LabError(
        f"this model was dissected by a segmenter that the app does not have, with the labels "
        f"{', '.join(dissection.labels[:6])}: dissect it anew, in the tab Dissect."
    )
