"""Fields given as words: ``width=32 channels=64,32,16`` becomes values of the types that a game declares."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from contextlib import suppress
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from core_gans.foundation.errors import LabError
from core_gans.foundation.names import require_known
from core_gans.game import Game

TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def assignments(words: Iterable[str], where: str) -> dict[str, str]:
    """``["a=1", "b=2"]`` to ``{"a": "1", "b": "2"}``; a word without ``=`` is a further part of the value before it.

    ``where`` says in errors where the words stand. LabError for a value without a field, or a field given twice.
    """
    found: dict[str, str] = {}
    last = None
    for word in words:
        name, equals, value = word.partition("=")
        if not equals and last is not None:
            found[last] += f",{word}"
            continue
        name = name.strip().replace("-", "_")
        if not equals or not name:
            raise LabError(f"expected field=value in {where}, got {word!r}.")
        if name in found:
            raise LabError(f"{where} gives {name} twice: give it once.")
        found[name], last = value.strip(), name
    return found


def field_types(kind: type[Game]) -> dict[str, Any]:
    """The types of the fields that a person may set: all but ``shape``, which the data decide."""
    types = get_type_hints(kind)
    return {field.name: types[field.name] for field in dataclasses.fields(kind) if field.name != "shape"}


def as_value(text: str, wanted: Any, what: str) -> Any:
    """``text`` as a value of the type ``wanted``; a ValueError names ``what`` and what was expected."""
    kind, parts = get_origin(wanted), get_args(wanted)
    if kind is Literal:
        require_known(f"value of {what}", text, parts)
        return text
    if kind is tuple:
        return tuple(as_value(part.strip(), parts[0], what) for part in text.split(",") if part.strip())
    if kind in (Union, UnionType):
        if text.lower() == "none":
            return None
        *others, last = (part for part in parts if part is not type(None))
        for part in others:
            with suppress(LabError):
                return as_value(text, part, what)
        return as_value(text, last, what)
    if wanted is str:
        return text
    if wanted is bool:
        if text.lower() not in TRUTHS:
            raise LabError(f"expected true or false for {what}, got {text!r}.")
        return TRUTHS[text.lower()]
    if wanted in (int, float):
        try:
            return wanted(text)
        except ValueError as error:
            name = "a whole number" if wanted is int else "a number"
            raise LabError(f"expected {name} for {what}, got {text!r}.") from error
    raise LabError(f"{what} cannot be given as a word: set it in a variant of your own.")
