"""Going on with other data: which of them suit the networks of a run, and the stream of batches that begins."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core_gans.data import Examples
from core_gans.data.places import from_anywhere
from core_gans.foundation.errors import LabError
from core_gans.game import Game
from core_gans.held_out import Held
from core_gans.session import with_data
from core_gans.texts import TextLesson
from core_gans.translation import Lesson


def with_absolute_paths(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The same, with the absolute path of data."""
    return {
        name: from_anywhere(value) if name in ("data", "options.data") else value for name, value in changes.items()
    }


def with_batches_of(fresh: Mapping[str, Any], saved: Mapping[str, Any]) -> dict[str, Any]:
    """A ``saved`` state with the stream of batches of a ``fresh`` one, which every later checkpoint then repeats.

    Recycled latents go with it: they are as many as a batch.
    """
    found = {**saved, **{name: fresh[name] for name in ("batches", "recycled") if name in fresh}}
    if "islands" in fresh:
        found["islands"] = [with_batches_of(*each) for each in zip(fresh["islands"], saved["islands"], strict=True)]
    return found


def require_suited(game: Game, examples: Examples | Lesson | Held | TextLesson, folder: Path) -> None:
    """LabError where ``examples`` have another shape, other classes or other words than ``game`` was made for."""
    fields = dataclasses.asdict(game)
    if isinstance(examples, Lesson | TextLesson):
        wanted = examples.fields(fields)
    else:
        wanted = with_data(fields, examples.learned if isinstance(examples, Held) else examples)
    for name in wanted.keys() - {"captions"}:  # which are only drawn, and depend on no network
        if wanted[name] != fields[name]:
            raise LabError(
                f"the networks of {folder} are made for {name} {str(fields[name])[:60]}, and {examples.name} has "
                f"{str(wanted[name])[:60]}: choose data like those before, or begin a new run."
            )
