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
from core_gans.session import DEFAULT_SECONDS, Options

AGame = TypeVar("AGame", bound=Game)


@dataclasses.dataclass(frozen=True)
class Extent:
    """How large a game of translation is played on a processor, where at most ``seconds`` are given to it."""

    seconds: float
    width: int
    batch: int


# A U-Net of width 64 has 31 million weights: a minute holds half a dozen rounds of 64 images, and a checkpoint 501 MB.
EXTENTS = (Extent(120, width=16, batch=4), Extent(1_800, width=32, batch=8))


def suited(kind: type[AGame], words: Sequence[str]) -> tuple[AGame, int | None]:
    """The game of ``kind`` that a command begins with, and its rounds, before the other ``words`` of it are read.

    Where ``--data`` names points, the settings for them stand in place of the defaults, which are meant for images;
    ``--preset paper`` puts the paper's values there, for any data. A game of translation that has few seconds on a
    processor is narrower: ``extent``.
    """
    points = points_in(words)
    if wants_paper(words):
        bounded = _given(words, "rounds") or _given(words, "seconds")
        return kind(**paper_fields(kind.name)), None if bounded or points is None else points.rounds
    if (played := extent(kind, words)) is not None:
        return kind(**{"width": played.width}), None
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
    """The options that a command begins with: the paper's batch where asked for, or that of a short budget."""
    if wants_paper(words):
        return Options(batch=PAPER[kind.name].batch) if kind.name in PAPER else Options()
    played = extent(kind, words)
    return Options() if played is None else Options(batch=played.batch)


def extent(kind: type[Game], words: Sequence[str]) -> Extent | None:
    """The extent of a game of translation that has few seconds on a processor, by the words of its command.

    None for other games, for much time or a number of rounds, on other devices, and where the paper's values are asked
    for.
    """
    device = _given(words, "device") or "cpu"
    if not issubclass(kind, Translator) or wants_paper(words) or _given(words, "rounds") or device != "cpu":
        return None
    try:
        seconds = float(_given(words, "seconds") or DEFAULT_SECONDS)
    except ValueError:
        return None  # no number: what reads the words next refuses it
    return next((each for each in EXTENTS if seconds <= each.seconds), None)


def told_of_extent(kind: type[Game], words: Sequence[str]) -> str:
    """What to say of the extent that was chosen; empty where none was, or width and batch are both given."""
    played = extent(kind, words)
    chosen = {name: _given(words, name) for name in ("width", "batch")}
    if played is None or all(chosen.values()):
        return ""
    said = " and ".join(f"--{name} {getattr(played, name)}" for name, given in chosen.items() if not given)
    return (
        f"note: with at most {played.seconds:g} seconds on a processor a translation begins with {said}; more time, or "
        "a --width and a --batch of your own, make it larger."
    )


def points_in(words: Sequence[str]) -> DataSet | None:
    """The known data set of points that the words of a command name; None where they name others."""
    data = KNOWN.get(_given(words, "data"))
    return data if data is not None and data.points else None


def _given(words: Sequence[str], option: str) -> str:
    """What stands behind ``--option`` in the words of a command; empty where it is not there."""
    joined = [word for name in words for word in (name.split("=", 1) if name.startswith(f"--{option}=") else [name])]
    places = [place for place, word in enumerate(joined[:-1]) if word == f"--{option}"]
    return joined[places[-1] + 1] if places else ""
