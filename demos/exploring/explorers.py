"""The opened models of the Explore tab, a few at a time."""

from __future__ import annotations

from typing import Any

from core_gans.foundation.errors import LabError
from core_gans.game import NoiseGame
from core_gans.models import Model
from demos.exploring.explorer import Explorer
from demos.made_once import MadeOnce
from demos.model_store import ModelStore

KEPT = 4


class Explorers:
    """Explorers by the key of the model. Safe to share between threads."""

    def __init__(self, store: ModelStore) -> None:
        self.store = store
        self._made: MadeOnce[Explorer] = MadeOnce(KEPT)

    def of(self, key: Any) -> Explorer:
        """The explorer of a model that draws from latents, in its newest state.

        ValueError with one line for an unknown model, one that translates, and one that is damaged.
        """
        model = self.store.model(self.store.entry(key, "images", "points").key)
        return self._made.of(key, model, lambda: _explorer(model))


def _explorer(model: Model[Any]) -> Explorer:
    if not isinstance(model.game, NoiseGame):
        raise LabError("this model draws from no latents.")
    return Explorer(model)
