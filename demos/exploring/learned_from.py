"""Pictures like those from which a translating model learned, for people who have none of their own."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from torch import Tensor

from core_gans.data import KNOWN, Examples, as_float
from core_gans.foundation.errors import LabError
from core_gans.game import TranslationGame
from core_gans.runs import folder as runs
from core_gans.translation.lessons import LearnsFrom, read_lesson

COUNT = 100  # pictures drawn, where they are drawn


def picture_like(folder: Path, game: TranslationGame, target: str, number: int) -> Tensor:
    """One of the pictures (1, C, H, W) in [-1, 1] that the run in ``folder`` would be given to translate to ``target``.

    The same for the same ``number``. LabError where it learned from files.
    """
    options = runs.read_config(folder)["options"]
    data = str(options["data"])
    if data.rpartition(":")[2] not in KNOWN:  # known data sets are quick to have; others are files of any number
        raise LabError("this model learned from files: choose one of them, or another picture.")
    source, other = _pictures(game.learns_from, data, options.get("size"), int(options.get("seed") or 0))
    # A game of two domains goes both ways; its second target is where the first one's pictures come from.
    images = other if game.learns_from == "domains" and game.targets.index(target) == 1 else source
    return as_float(images[number % len(images)][None])


@lru_cache(maxsize=2)
def _pictures(learns_from: LearnsFrom, data: str, size: int | None, seed: int) -> tuple[Tensor, Tensor]:
    """Those to be translated, and those of the other side."""
    held = read_lesson(learns_from, data, size=size, count=COUNT, seed=seed).held
    return (held.images, held.images) if isinstance(held, Examples) else (held.source, held.target)
