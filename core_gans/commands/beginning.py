"""Defaults of a command that trains, chosen by its data and its budget before its other flags are read."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TypeVar

from core_gans.data import KNOWN, DataSet
from core_gans.game import Game
from core_gans.games.translators import Translator
from core_gans.paper_presets import PAPER, paper_fields
from core_gans.point_presets import points_fields
from core_gans.session import Options
from core_gans.translation.extent import CHOICES, Choice

AGame = TypeVar("AGame", bound=Game)


def suited(kind: type[AGame], words: Sequence[str]) -> tuple[AGame, int | None]:
    """The game of ``kind`` that a command begins with, and its rounds, before the other ``words`` of it are read.

    Where ``--data`` names points, the settings for them stand in place of the defaults, which are meant for images;
    ``--preset paper`` puts the paper's values there, for any data.
    """
    points = points_in(words)
    if wants_paper(words):
        bounded = _given(words, "rounds") or _given(words, "seconds")
        return kind(**paper_fields(kind.name)), None if bounded or points is None else points.rounds
    if points is None:
        return kind(), None
    fields = points_fields(kind.name, points)
    bounded = _given(words, "rounds") or _given(words, "seconds")
    if _given(words, "seconds") and not _given(words, "rounds"):
        fields["fall_rounds"] = 0  # nobody knows how many rounds it will be
    known = {field.name for field in dataclasses.fields(kind)}
    game = kind(**{name: value for name, value in fields.items() if name in known})
    return game, None if bounded else points.rounds


def wants_paper(words: Sequence[str]) -> bool:
    """Whether the words of a command ask for the papers' own values."""
    return _given(words, "preset") == "paper"


def options_for(kind: type[Game], words: Sequence[str]) -> Options:
    """The options that a command begins with: the paper's batch where it is asked for."""
    return Options(batch=PAPER[kind.name].batch) if wants_paper(words) and kind.name in PAPER else Options()


def to_measure(kind: type[Game], words: Sequence[str]) -> tuple[Choice, ...]:
    """What of a game of translation is to be chosen by measurement: what the words of its command do not say."""
    if not issubclass(kind, Translator) or wants_paper(words):
        return ()
    return tuple(name for name in CHOICES if not _given(words, name))


def points_in(words: Sequence[str]) -> DataSet | None:
    """The known data set of points that the words of a command name; None where they name others."""
    data = KNOWN.get(_given(words, "data"))
    return data if data is not None and data.points else None


def _given(words: Sequence[str], option: str) -> str:
    """What stands behind ``--option`` in the words of a command; empty where it is not there."""
    joined = [word for name in words for word in (name.split("=", 1) if name.startswith(f"--{option}=") else [name])]
    places = [place for place, word in enumerate(joined[:-1]) if word == f"--{option}"]
    return joined[places[-1] + 1] if places else ""
