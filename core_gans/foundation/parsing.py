"""JSON that anybody may have edited, checked once against the annotations of a dataclass, as pydantic reads them.

Strict: a number in quotes is no number, true is no 1, and NaN is none either. A list passes for a tuple, and a whole
number for a float.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from core_gans.foundation.errors import LabError
from core_gans.foundation.names import did_you_mean, unknown_name

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def as_annotated(kind: type, given: Mapping[str, Any], what: str) -> dict[str, Any]:
    """``given`` as fields of the dataclass ``kind``: those that are there, in its own types (tuples for lists).

    ``what`` names the JSON object in the errors. LabError for a name that is no field, the nearest beside it, and for
    a value of another type; a field without default must be there.
    """
    hints = get_type_hints(kind, include_extras=True)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for name in given:
        if name not in fields:
            raise LabError(f"{what} cannot be read by this version: {unknown_name('field of it', name, fields)}")
    needed = (name for name, field in fields.items() if field.default is field.default_factory is dataclasses.MISSING)
    if lacking := [name for name in needed if name not in given]:
        raise LabError(f"{what} lacks {', '.join(lacking)}.")
    return {name: _parsed(hints[name], value, f"{name} in {what}") for name, value in given.items()}


def require_choices(given: Any) -> None:
    """LabError unless each field of the dataclass ``given`` that is a Literal holds one of its values."""
    kind: Any = type(given)
    for name, choices in _choices(kind).items():
        if (value := getattr(given, name)) not in choices:
            *others, last = map(str, choices)
            near = did_you_mean(str(value), map(str, choices)) if isinstance(value, str) else ""
            every = f"{', '.join(others)} or {last}" if others else last
            raise LabError(f"expected {name} to be {every}, got {value!r}{f': {near}' if near else '.'}")


@lru_cache(maxsize=256)
def _choices(kind: Any) -> dict[str, tuple[Any, ...]]:
    try:
        hints = get_type_hints(kind)
    except NameError:  # of a class outside the lab, whose annotations only a type checker can read
        return {}
    fields = {field.name for field in dataclasses.fields(kind)}
    return {name: get_args(hint) for name, hint in hints.items() if name in fields and get_origin(hint) is Literal}


def _parsed(hint: Any, value: Any, what: str) -> Any:
    from pydantic import ValidationError  # a tenth of a second, which help texts need not wait for

    try:
        return _adapter(hint).validate_json(json.dumps(value))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = "".join(f"[{step}]" for step in first["loc"] if isinstance(step, int))
        got = json.dumps(value)
        shown = got if len(got) <= 60 else f"{got[:60]}..."
        said = first["msg"].removeprefix("Input should be ").removeprefix("a valid ")
        raise LabError(f"expected {said} for {what}, got {shown}{f' (wrong at {place})' if place else ''}.") from error


@lru_cache(maxsize=1024)
def _adapter(hint: Any) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(hint, config=ConfigDict(strict=True, allow_inf_nan=False, arbitrary_types_allowed=True))
