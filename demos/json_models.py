"""What a page may send, as pydantic models: exact types, bounds, no unknown names, and one line for what is refused.

Every field says in its description what is expected of it; the line that refuses a value is made of that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated, Any, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from core_gans.foundation.names import require_known

LARGEST_SEED = 2**31 - 1
LONGEST_NAME = 200  # characters

Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]


def expected(what: str, **limits: Any) -> Any:
    """A field that must be there; ``what`` is expected of it, within ``limits`` as pydantic knows them."""
    return Field(description=what, **limits)


def sequence(what: str, **limits: Any) -> Any:
    """The same for a tuple, which comes as a list: its parts stay strict."""
    return Field(description=what, strict=False, **limits)


def known(kind: str, names: Collection[str]) -> AfterValidator:
    """Lets only ``names`` pass; anything else is refused with the nearest of them."""
    return AfterValidator(lambda found: require_known(kind, found, names))


DISTINCT = AfterValidator(lambda found: tuple(dict.fromkeys(found)))
"""Leaves each part of a tuple once, where it is first."""


class JsonModel(BaseModel):
    """Read from JSON by ``read``. Instances are values: frozen, equal and hashable by their fields."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

    @classmethod
    def read(cls, given: Any) -> Self:
        """The model from an object of JSON. ValueError, with one line, for the first thing in it that is wrong."""
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise ValueError(_line(cls, error)) from error


def _line(model: type[BaseModel], error: ValidationError) -> str:
    found = error.errors(include_url=False)[0]
    if found["type"] == "value_error":  # of a validator, with a line of its own
        return str(found["ctx"]["error"])
    name = repr(str(found["loc"][-1]))[:60] if found["loc"] else ""
    if found["type"] == "extra_forbidden":
        return f"expected no value called {name}: it is unknown here"
    if found["type"] == "missing":
        return f"expected {_description(model, found['loc'])}, but {name} is missing"
    return f"expected {_description(model, found['loc'])}, got {_short(found['input'])}"


def _description(model: type[BaseModel], place: tuple[int | str, ...]) -> str:
    """What is expected at ``place``: the description of the deepest field there."""
    what, models = "an object of named values", [model]
    for part in place:
        field = next((field for each in models if (field := _field(each, part)) is not None), None)
        if field is not None:
            what = field.description or what
            models = list(_models_in(field.annotation))
    return what


def _field(model: type[BaseModel], name: int | str) -> FieldInfo | None:
    return next((field for own, field in model.model_fields.items() if name in (own, field.alias)), None)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _short(given: Any) -> str:
    if isinstance(given, list | dict):
        return f"a {type(given).__name__} of {len(given)}"
    if isinstance(given, int) and abs(given) > 10**30:
        return "a huge number"
    return repr(given[:60] if isinstance(given, str) else given)[:60]
