"""Defaults of a command that trains, chosen by its data and its budget before its other flags are read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from core_gans.data import KNOWN, DataSet
from core_gans.data.frame import sides
from core_gans.foundation.errors import LabError
from core_gans.game import Game
from core_gans.games.translators import Translator
from core_gans.networks import Architecture
from core_gans.paper_presets import PAPER, paper_fields
from core_gans.recipes import Kind, Recipe, kind_of, points_fields, recipe_for
from core_gans.session import Options
from core_gans.translation.extent import CHOICES, Choice

AGame = TypeVar("AGame", bound=Game)
GUESSED_COLOURS = 3  # of files that nobody has looked at yet


def suited(kind: type[AGame], words: Sequence[str]) -> tuple[AGame, int | None]:
    """The game of ``kind`` that a command begins with, and its rounds, before the other ``words`` of it are read.

    The recipe of the variant for the data that ``--data`` names stands in place of the defaults; ``--preset paper``
    puts the paper's values there, ``--preset variant`` nothing.
    """
    points = points_in(words)
    bounded = _given(words, "rounds") or _given(words, "seconds")
    rounds = None if bounded or points is None else points.rounds
    if wants_paper(words):
        return kind(**paper_fields(kind.name)), rounds
    if wants_variant(words):
        return kind(), rounds
    if points is not None:
        fields = points_fields(kind.name, points.fields)
        if _given(words, "seconds") and not _given(words, "rounds"):
            fields["fall_rounds"] = 0  # nobody knows how many rounds it will be
        return kind(**known_fields(kind, fields)), rounds
    recipe = recipe_in(kind, words)
    return kind(**({} if recipe is None else fields_of(recipe, kind, named_in(words)))), None


def fields_of(recipe: Recipe, kind: type[Game], given: frozenset[str]) -> dict[str, Any]:
    """What a recipe sets of a game of ``kind``, where the names ``given`` are set already.

    Who chooses another family of networks is left to choose their numbers, too, and who chooses the normalisation the
    penalties on slopes, which batch statistics do not bear.
    """
    apart = set(Architecture.__dataclass_fields__) if "family" in given else set()
    if "normalisation" in given | apart:
        apart |= {"r1", "r2", "penalty_every"}
    found = known_fields(kind, recipe.fields)
    return {name: value for name, value in found.items() if name not in apart | given}


def known_fields(kind: type[Game], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``fields`` that games of ``kind`` have."""
    known = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in fields.items() if name in known}


def wants_paper(words: Sequence[str]) -> bool:
    """Whether the words of a command ask for the papers' own values."""
    return _given(words, "preset") == "paper"


def wants_variant(words: Sequence[str]) -> bool:
    """Whether the words of a command ask for the variant's defaults, as Python has them."""
    return _given(words, "preset") == "variant"


def options_for(kind: type[Game], words: Sequence[str]) -> Options:
    """The options that a command begins with: the recipe's batch and average, or the paper's batch where asked for."""
    usual = Options(data=kind.usual_data)
    if wants_paper(words):
        return dataclasses.replace(usual, batch=PAPER[kind.name].batch) if kind.name in PAPER else usual
    recipe = None if wants_variant(words) else recipe_in(kind, words)
    return usual if recipe is None else dataclasses.replace(usual, batch=recipe.batch, average=recipe.average)


def recipe_in(kind: type[Game], words: Sequence[str]) -> Recipe | None:
    """The recipe of ``kind`` for the data that the words of a command name, as far as words tell.

    Of files it is that for colour images, until somebody has looked at them (``fitting.Fit``).
    """
    data = KNOWN.get(_given(words, "data") or kind.usual_data)
    count = _number(words, "count") or (data.count if data else 0)
    given = {field.name: _given(words, field.name.replace("_", "-")) for field in dataclasses.fields(kind)}
    clips = kind.takes == ("clips",)
    return recipe_for(kind.name, "clips" if clips else _kind_in(data, words), given, count or None)


def _kind_in(data: DataSet | None, words: Sequence[str]) -> Kind | None:
    if data is not None and data.points:
        return "points"
    try:
        width, height = sides(_given(words, "size") or (data.size if data else DataSet.size))
    except LabError:
        width = height = DataSet.size  # no size: what reads the words next refuses it
    return kind_of((_number(words, "colours") or (data.colours if data else 0) or GUESSED_COLOURS, height, width))


def to_measure(kind: type[Game], words: Sequence[str]) -> tuple[Choice, ...]:
    """What of a game of translation is to be chosen by measurement: what the words of its command do not say."""
    if not issubclass(kind, Translator) or wants_paper(words) or wants_variant(words):
        return ()
    return tuple(name for name in CHOICES if not _given(words, name))


def points_in(words: Sequence[str]) -> DataSet | None:
    """The known data set of points that the words of a command name; None where they name others."""
    data = KNOWN.get(_given(words, "data"))
    return data if data is not None and data.points else None


def named_in(words: Sequence[str]) -> frozenset[str]:
    """The fields and options that the words of a command set, as Python writes them."""
    flags = (word.partition("=")[0][2:].replace("-", "_") for word in words if word.startswith("--"))
    return frozenset(flag.removeprefix("no_").removeprefix("game_") for flag in flags)


def _given(words: Sequence[str], option: str) -> str:
    """What stands behind ``--option`` in the words of a command; empty where it is not there."""
    joined = [word for name in words for word in (name.split("=", 1) if name.startswith(f"--{option}=") else [name])]
    places = [place for place, word in enumerate(joined[:-1]) if word == f"--{option}"]
    return joined[places[-1] + 1] if places else ""


def _number(words: Sequence[str], option: str) -> int:
    """The number behind ``--option``; 0 where there is none, which what reads the words next refuses if it is there."""
    given = _given(words, option).replace("_", "")
    return int(given) if given.isdecimal() else 0
