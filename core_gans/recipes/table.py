"""The table of recipes: what ``recipes.toml`` says of a variant on a kind of data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from core_gans.recipes.kinds import FEW, KINDS, Kind
from core_gans.recipes.measured import Measured, all_measured, digest


@dataclass(frozen=True)
class Recipe:
    """Settings of a variant for one kind of data."""

    row: str
    """VARIANT, or VARIANT/VALUE of what it lets choose: fgan/kl."""
    kind: Kind
    fields: Mapping[str, Any]
    """Of the game. A game without one of these fields leaves it out."""
    batch: int
    """Examples in a batch."""
    average: float
    """Decay of the generator's weight average."""
    guessed_from: Kind | Literal[""]
    """The kind whose settings these are, where nobody has measured them on this one; else empty."""
    measured: tuple[Measured, ...]
    """What came of these very settings on data of this kind."""

    @property
    def settings(self) -> str:
        """The digest of all that is set."""
        return digest({"fields": dict(self.fields), "batch": self.batch, "average": self.average})

    @property
    def shown_after(self) -> int | None:
        """Rounds after which samples were first recognised, the most of what was measured; None where none was."""
        return max((each.shown_after for each in self.measured if each.shown_after is not None), default=None)

    def on(self, data: str) -> Recipe:
        """With what was measured on the ``data`` of that name alone, where anything was: others differ."""
        here = tuple(each for each in self.measured if each.data == data)
        return replace(self, measured=here) if here else self


def recipe_for(
    variant: str,
    kind: Kind | None,
    fields: Mapping[str, Any] | None = None,
    count: int | None = None,
    *,
    common: bool = False,
) -> Recipe | None:
    """The recipe of ``variant`` on data of ``kind``; None for a variant without one (one's own, and translations), for
    data of no kind, and of a kind that it does not draw.

    ``fields`` are those of the game that choose a row of their own: the divergence of ``fgan``. ``count`` is the number
    of examples, if it is known: fewer than ``FEW`` images take what is set for few. A variant without a recipe has what
    all others have in common if ``common`` is asked for.
    """
    table = _table()
    if kind is None or not (common or variant in _drawing(kind)):
        return None
    row = row_of(variant, fields or {})
    chain = _chain(table, kind)
    overlays = [table[name] for name in chain]
    if kind != "points" and count is not None and count < FEW:
        overlays.append(table["few"])
    numbers: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    for overlay in overlays:
        numbers |= {name: overlay[name] for name in ("batch", "average") if name in overlay}
        settings |= overlay.get("fields", {})
    for overlay in overlays:
        found_rows = overlay.get("rows", {}) | (overlay.get("alone", {}) if overlay is table[kind] else {})
        for name in dict.fromkeys((variant, row)):
            own = dict(found_rows.get(name, {}))
            numbers |= {name: own.pop(name) for name in ("batch", "average") if name in own}
            settings |= own
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}
    recipe = Recipe(row, kind, settings, guessed_from="", measured=(), **numbers)
    found = [each for each in all_measured() if (each.row, each.kind, each.settings) == (row, kind, recipe.settings)]
    guessed: Kind | Literal[""] = "" if found or len(chain) == 1 else chain[0]
    return replace(recipe, measured=tuple(found), guessed_from=guessed)


def row_of(variant: str, fields: Mapping[str, Any]) -> str:
    """The name of the row that ``fields`` choose: VARIANT, or VARIANT/VALUE where the value has one of its own."""
    choice = _table()["choices"].get(variant)
    value = fields.get(choice["field"]) if choice else None
    return f"{variant}/{value}" if choice and value in choice["values"] else variant


def choosing(row: str) -> tuple[str, dict[str, Any]]:
    """The variant of a row, and the fields that choose it."""
    variant, _, value = row.partition("/")
    return variant, {_table()["choices"][variant]["field"]: value} if value else {}


def recipe_fields(variant: str, kind: Kind | None, fields: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The fields of ``variant`` for data of ``kind``, where ``fields`` choose its row; empty without a recipe."""
    recipe = recipe_for(variant, kind, fields)
    return {} if recipe is None else dict(recipe.fields)


def points_fields(variant: str, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The fields of ``variant`` for points: the common ones, ``more`` of a data set, and its own in their place."""
    points = _table()["points"]
    return {**points["fields"], **(more or {}), **points["rows"].get(variant, {})}


def rows(kind: Kind | None = None) -> list[str]:
    """The names of all rows, of one kind of data or any: variants that draw from latents, and what they let choose."""
    drawing = dict.fromkeys(name for each in ((kind,) if kind else KINDS) for name in _drawing(each))
    choices = {name: choice for name, choice in _table()["choices"].items() if name in drawing}
    return [*drawing, *(f"{name}/{value}" for name, choice in choices.items() for value in choice["values"])]


def _drawing(kind: Kind) -> list[str]:
    """The variants that have a recipe for data of ``kind``."""
    table = _table()
    found: list[str] = table[kind].get("variants", table["variants"])
    return found


def _chain(table: Mapping[str, Any], kind: Kind) -> list[Kind]:
    """``kind`` and what it is like, the farthest first."""
    like = table[kind].get("like")
    return [*(_chain(table, like) if like else []), kind]


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads(files("core_gans.recipes").joinpath("recipes.toml").read_text(encoding="utf-8"))
