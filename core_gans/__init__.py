"""The survey of generative adversarial networks: every variant is a game, and one loop plays them all."""

from core_gans.compute import Compute
from core_gans.data import Batches, Examples
from core_gans.game import Batch, Game, NoiseGame, Turn
from core_gans.models import Model, load_model, open_model, save_model
from core_gans.runs.checkpoints import load, save
from core_gans.training import TrainingState, train
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
    "open_model",
    "save",
    "save_model",
    "train",
]
