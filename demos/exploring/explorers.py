"""The opened models of the Explore tab, a few at a time."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any

from core_gans.foundation.errors import LabError
from core_gans.game import NoiseGame
from core_gans.models import Model
from demos.exploring.explorer import Explorer
from demos.model_store import ModelStore

KEPT = 4


class Explorers:
    """Explorers by the key of the model. Safe to share between threads."""

    def __init__(self, store: ModelStore) -> None:
        self.store = store
        self._lock = Lock()
        self._made: OrderedDict[str, tuple[Model[Any], Explorer]] = OrderedDict()  # the longest unused first

    def of(self, key: Any) -> Explorer:
        """The explorer of a model that draws from latents, in its newest state.

        ValueError with one line for an unknown model, one that translates, and one that is damaged.
        """
        model = self.store.model(self.store.entry(key, "images", "points").key)
        with self._lock:
            kept, explorer = self._made.pop(key, (None, None))
            if explorer is None or kept is not model:
                if not isinstance(model.game, NoiseGame):
                    raise LabError("this model draws from no latents.")
                explorer = Explorer(model)
            self._made[key] = model, explorer
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
        return explorer
