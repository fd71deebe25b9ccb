"""``core-gans judge`` of a game that answers given examples, as what comes next: its numbers on held-out ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from core_gans import data as datasets
from core_gans.data import size_of
from core_gans.foundation.errors import LabError
from core_gans.game import HeldOutGame
from core_gans.held_out import Held
from core_gans.models import Model, file_at
from core_gans.runs import folder as runs
from core_gans.session import options_from, require_taken


def judged_answers(model: Model[HeldOutGame], path: Path, data: str, seed: int) -> tuple[dict[str, float], str]:
    """The numbers of ``model`` on what a run held out, or on what is held out of ``data``, and the name of these.

    LabError where a model file does not say what it learned from, and for data that do not suit the game.
    """
    config = runs.read_config(path) if file_at(path).is_dir() else None
    if config is None and not data:
        raise LabError(f"{path} does not say what it was trained on: give --data.")
    game: Any = model.game
    colours, frames, *picture = game.shape
    how: dict[str, Any] = {"size": size_of((colours, *picture)), "channels": colours, "frames": frames}
    if config is not None:
        options = options_from(config["options"])
        how |= {"count": options.count, "resize": options.resize, "skip_broken": options.skip_broken}
        if not data:
            data, how["seed"] = options.data, options.seed
    examples = datasets.load(data, **how, takes=game.takes)
    require_taken(type(game), examples)
    held = Held.of(examples).batch()
    return game.measure({"generator": model.net}, held, torch.Generator().manual_seed(seed)), examples.name
