"""Fields of a game with the name of another flag of the command: BEGAN's gamma beside that of E-GAN's fitness.

A game's fields are flags by their own names. Where a command has a flag of that name already, the game's is called
``--game-NAME``.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, TypeVar, get_type_hints

import tyro

from core_gans.game import Game

AGame = TypeVar("AGame", bound=Game)


def without_clashes(kind: type[AGame], *others: type) -> type[AGame]:
    """``kind`` itself, or a class of the same fields whose flags differ from those of the dataclasses ``others``."""
    taken = {field.name for other in others for field in dataclasses.fields(other)}
    clashing = [field for field in dataclasses.fields(kind) if field.name in taken]
    if not clashing:
        return kind
    hints = get_type_hints(kind, include_extras=True)
    renamed = [
        (field.name, Annotated[hints[field.name], tyro.conf.arg(name=f"game-{field.name}")], field)
        for field in clashing
    ]
    found: Any = dataclasses.make_dataclass(kind.__name__, renamed, bases=(kind,), frozen=True)
    found.__doc__ = kind.__doc__
    return found


def as_kind(kind: type[AGame], game: Game) -> AGame:
    """``game`` as one of ``kind``, which has the same fields."""
    return kind(**{field.name: getattr(game, field.name) for field in dataclasses.fields(kind)})
