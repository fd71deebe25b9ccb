"""A picture translated by a game of translation, beside what the network was shown of it."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from core_gans.data.examples import as_float
from core_gans.data.frame import Frame
from core_gans.data.stacking import stack
from core_gans.foundation.names import require_known
from core_gans.game import TranslationGame
from core_gans.models import Model
from core_gans.variants import CycleGAN


def translated(model: Model[TranslationGame], picture: np.ndarray, target: str) -> tuple[Tensor, Tensor]:
    """``picture``, (H, W) or (H, W, 3) uint8, as the network sees it, and in the domain called ``target``.

    Both (1, C, H, W) in [-1, 1]: the picture is cropped to its centre, of the learned proportions, and brought to the
    learned size. Raises ValueError for a domain that is not there.
    """
    game = model.game
    number = game.targets.index(require_known("domain of this model", target, game.targets))
    height, width = game.shape[1:]
    shown = as_float(stack([picture], 1, Frame(height, width, colours(game, number))))
    return shown, game.translate({"generator": model.net}, shown, number)


def colours(game: TranslationGame, number: int) -> int:
    """Channels of the pictures that ``game`` takes for the domain of that number."""
    # A game that goes both ways takes, on the way back, what it draws on the way there.
    return game.drawn if isinstance(game, CycleGAN) and number else game.shape[0]
