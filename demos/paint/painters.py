"""The painters of all models that have been dissected, each made once."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock

from core_gans import shipped
from core_gans.errors import LabError, unknown_name
from demos.paint.painter import Painter
from demos.shelf import SHIPPED, Shelf
from dissect import Dissection
from dissect.unet import UNetSegmenter

KEPT = 4  # painters in memory


class Painters:
    """Painters by model and layer. Safe to share between threads."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._lock = Lock()
        self._put: dict[str, Painter] = {}
        self._made = lru_cache(maxsize=KEPT)(self._make)

    def put(self, key: str, painter: Painter) -> None:
        """Offer ``painter`` as the one of the model called ``key``, in place of what the shelf has."""
        self._put[key] = painter

    def layers(self, key: str) -> tuple[str, ...]:
        """The layers of the model called ``key`` that can be painted with. LabError for an unknown model."""
        return (self._put[key].dissection.layer,) if key in self._put else tuple(self.shelf.dissections(key))

    def of(self, key: str = SHIPPED, layer: str | None = None) -> Painter:
        """The painter of a model and one of its layers, by default the first.

        LabError for an unknown model, one that has not been dissected, and a layer that has not.
        """
        layers = self.layers(key)
        if not layers:
            raise LabError("this model has not been dissected yet: do that first, in the tab Dissect.")
        if layer is not None and layer not in layers:
            raise unknown_name("dissected layer", str(layer)[:80], layers)
        if key in self._put:
            return self._put[key]
        path = self.shelf.dissections(key)[layer or layers[0]]
        with self._lock:
            return self._made(key, str(path), path.stat().st_mtime_ns)

    def _make(self, key: str, path: str, stamp: int) -> Painter:
        del stamp  # a newer dissection is another one
        game = self.shelf.model(key).game
        segmenter = UNetSegmenter.load(shipped.path("scenes-segmenter"))
        return Painter(
            self.shelf.model(key).net,
            lambda rng: game.latents(1, rng),
            Dissection.load(path),
            segmenter,
            segmenter.colours,
        )
