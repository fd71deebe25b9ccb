"""The survey of generative adversarial networks: every variant is a game, and one loop plays them all.

A public name is imported from its module when it is first asked for (PEP 562), so that ``core_gans.foundation`` and
the help texts do not load what they do not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core_gans.foundation.lazy_names import lazy_names

if TYPE_CHECKING:
    from core_gans.compute import Compute
    from core_gans.data import Batches, Examples
    from core_gans.game import Batch, Game, NoiseGame, Turn
    from core_gans.losses import objectives, penalties
    from core_gans.models import Model, load_model, open_model, save_model
    from core_gans.runs.checkpoints import load, save
    from core_gans.runs.fine_tuning import begin_from
    from core_gans.training import TrainingState, start, train
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
    "begin_from",
    "load",
    "load_model",
    "make",
    "objectives",
    "open_model",
    "penalties",
    "save",
    "save_model",
    "start",
    "train",
    "trust",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "core_gans.compute": "Compute",
        "core_gans.data": "Batches Examples",
        "core_gans.game": "Batch Game NoiseGame Turn",
        "core_gans.losses.objectives": "objectives",
        "core_gans.losses.penalties": "penalties",
        "core_gans.models": "Model load_model open_model save_model",
        "core_gans.runs.checkpoints": "load save",
        "core_gans.runs.fine_tuning": "begin_from",
        "core_gans.training": "TrainingState start train",
        "core_gans.trusted_code": "trust",
        "core_gans.variants": "VARIANTS make",
    },
)
