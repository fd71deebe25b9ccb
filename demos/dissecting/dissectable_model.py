"""The generator that is dissected: a copy of its own, where its latents come from, and its layers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.models import Model
from demos.made_once import MadeOnce
from demos.model_store import ModelStore
from dissect.fingerprint import fingerprint
from dissect.generators import default_layers
from dissect.hooks import at_rest
from dissect.hooks import layers as layers_of
from dissect.sampling import generate

KEPT = 4  # models in memory


@dataclass(frozen=True, eq=False)
class DissectableModel:
    """A generator that can be dissected.

    Whoever records or edits its layers holds ``lock``, or works on a copy from ``twin``: hooks sit in the module.
    """

    key: str
    title: str
    data: str  # what it was trained on
    net: nn.Module
    latents: Callable[[int, torch.Generator], Tensor]
    shape: tuple[int, ...]  # (C, H, W) of its pictures
    layers: Mapping[str, tuple[int, ...]]  # those worth a look, from the latents' end: (units, height, width)
    lock: Lock
    model: Model[Any] | None = None  # what it was opened from

    @cached_property
    def bound(self) -> str:
        """A digest of its weights: what was found with them is of no others, of the same run later on, say."""
        return fingerprint(self.net)

    def sample(self, count: int, seed: int) -> Tensor:
        """The latents (count, ...) that ``dissect run --seed`` would draw, too."""
        return self.latents(count, torch.Generator().manual_seed(seed))

    def twin(self) -> nn.Module:
        """A copy of the generator, for work in another thread."""
        with self.lock:
            return copy.deepcopy(self.net)


def dissectable(
    key: str,
    title: str,
    data: str,
    net: nn.Module,
    latents: Callable[[int, torch.Generator], Tensor],
    model: Model[Any] | None = None,
) -> DissectableModel:
    """A copy of ``net``, looked over. LabError where it draws no pictures, or has no layer of maps."""
    net = copy.deepcopy(net)
    example = latents(1, torch.Generator().manual_seed(0))
    try:
        with at_rest(net):
            shape = tuple(generate(net, example).shape[1:])
    except (RuntimeError, TypeError, IndexError, ValueError) as error:
        raise LabError(f"{title} draws no pictures from latents alone, so it cannot be dissected here.") from error
    if shape[0] not in (1, 3):
        raise LabError(f"{title} draws pictures of {shape[0]} channels; those of 1 or 3 can be dissected.")
    shapes = layers_of(net, example)
    layers = {name: shapes[name][1:] for name in default_layers(net, example)}
    if not layers:
        raise LabError(f"{title} has no layer that puts out maps, so there are no units with a place to dissect.")
    return DissectableModel(key, title, data, net, latents, shape, layers, Lock(), model)


class Dissectables:
    """The models in the store that can be dissected, each made once while it is the same. Safe between threads."""

    def __init__(self, store: ModelStore) -> None:
        self.store = store
        self._made: MadeOnce[DissectableModel] = MadeOnce(KEPT)

    def of(self, key: Any) -> DissectableModel:
        """The model called ``key``. LabError for an unknown one, one that draws no pictures, or has no maps."""
        entry = self.store.entry(key, "images")
        model = self.store.model(entry.key)
        return self._made.of(
            entry.key,
            model,
            lambda: dissectable(entry.key, entry.title, entry.data, model.net, model.game.latents, model),
        )
