"""The survey of generative adversarial networks: every variant is a game, and one loop plays them all.

A public name is imported from its module when it is first asked for (PEP 562), so that ``core_gans.foundation`` and
the help texts do not load what they do not need.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core_gans.compute import Compute
    from core_gans.data import Batches, Examples
    from core_gans.game import Batch, Game, NoiseGame, Turn
    from core_gans.losses import objectives, penalties
    from core_gans.models import Model, load_model, open_model, save_model
    from core_gans.runs.checkpoints import load, save
    from core_gans.training import TrainingState, train
    from core_gans.trusted_code import trust
    from core_gans.variants import VARIANTS, make

__all__ = [
    "VARIANTS",
    "Batch",
    "Batches",
    "Compute",
    "Examples",
    "Game",
    "Model",
    "NoiseGame",
    "TrainingState",
    "Turn",
    "load",
    "load_model",
    "make",
    "objectives",
    "open_model",
    "penalties",
    "save",
    "save_model",
    "train",
    "trust",
]

_NAMES = {  # module: the public names that it holds
    "core_gans.compute": ("Compute",),
    "core_gans.data": ("Batches", "Examples"),
    "core_gans.game": ("Batch", "Game", "NoiseGame", "Turn"),
    "core_gans.models": ("Model", "load_model", "open_model", "save_model"),
    "core_gans.runs.checkpoints": ("load", "save"),
    "core_gans.training": ("TrainingState", "train"),
    "core_gans.trusted_code": ("trust",),
    "core_gans.variants": ("VARIANTS", "make"),
}
_MODULES = {name: f"core_gans.losses.{name}" for name in ("objectives", "penalties")}  # public names that are modules
_HOME = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
