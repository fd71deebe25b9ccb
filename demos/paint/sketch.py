"""A session of the Paint tab: a scene and the strokes made on it. It comes from a page, so anything may come."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

from dissect.painting import Mode

By = Literal["agreement", "iou", "cause"]  # how the units of a concept are chosen
Point = tuple[float, float]

LARGEST_SEED = 2**31 - 1
MOST_STROKES = 40  # on one scene; each costs time at every repainting
MOST_POINTS = 2_000  # of one stroke's line
STRONGEST = 3.0  # further out, units have values that they never take by themselves
LONGEST_NAME = 200


@dataclass(frozen=True)
class Mark:
    """One stroke: what it does to which concept, along which line, how strongly, and with how many units."""

    mode: Mode
    concept: str
    points: tuple[Point, ...]  # (x, y) from the top left, in shares of the picture's side
    radius: float  # in shares of the picture's side, above 0 and at most 1
    soft: float = 0.0  # share of the radius, in [0, 1], over which the brush fades out
    strength: float = 1.0  # in [0, STRONGEST]; see ``dissect.Stroke``
    units: int | None = None  # None: half of the layer's
    by: By = "agreement"
    on: bool = True

    @classmethod
    def read(cls, given: Any) -> Mark:
        """A stroke from what a page sends. ValueError where it is none."""
        fields = _mapping(given, "a stroke")
        units = fields.get("units")
        return cls(
            mode=cast(Mode, one_of("mode", fields.get("mode"), get_args(Mode))),
            concept=_name("concept", fields.get("concept")),
            points=_points(fields.get("points")),
            radius=number("the brush's radius, a share of the picture's side,", fields.get("radius"), 1e-4, 1),
            soft=number("the brush's softness", fields.get("soft", 0), 0, 1),
            strength=number("a strength", fields.get("strength", 1), 0, STRONGEST),
            units=None if units is None else whole("a number of units", units, 1, 2**20),
            by=cast(By, one_of("way to choose units", fields.get("by", "agreement"), get_args(By))),
            on=_switch(fields.get("on", True)),
        )


@dataclass(frozen=True)
class Sketch:
    """A scene of a model, the layer that is edited, and the strokes in their order."""

    model: str
    layer: str | None
    seed: int
    marks: tuple[Mark, ...] = ()

    @classmethod
    def read(cls, given: Any) -> Sketch:
        """A sketch from what a page sends. ValueError, with one line, where it is none."""
        fields = _mapping(given, "a sketch")
        strokes = fields.get("strokes", [])
        if not isinstance(strokes, list) or len(strokes) > MOST_STROKES:
            raise ValueError(f"expected a list of at most {MOST_STROKES} strokes: undo some, or start over")
        layer = fields.get("layer")
        return cls(
            model=_name("model", fields.get("model")),
            layer=None if layer is None else _name("layer", layer),
            seed=read_seed(fields.get("seed")),
            marks=tuple(Mark.read(stroke) for stroke in strokes),
        )

    @property
    def painted(self) -> Sketch:
        """The same with the strokes alone that are switched on: what its picture depends on."""
        return replace(self, marks=tuple(mark for mark in self.marks if mark.on))


def read_seed(given: Any) -> int:
    """A scene's number. ValueError where it is none."""
    return whole("a whole scene number", given, 0, LARGEST_SEED)


def number(what: str, given: Any, least: float, most: float) -> float:
    """``given`` as a finite number from ``least`` to ``most``. ValueError, naming ``what`` it is, otherwise."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not least <= given <= most:
        raise ValueError(f"expected {what} from {least:g} to {most:g}, got {_short(given)}")
    return float(given)


def whole(what: str, given: Any, least: int, most: int) -> int:
    """``given`` as an integer from ``least`` to ``most``. ValueError, naming ``what`` it is, otherwise."""
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not least <= given <= most or given != given // 1:
        raise ValueError(f"expected {what} from {least} to {most}, got {_short(given)}")
    return int(given)


def one_of(what: str, given: Any, known: tuple[str, ...]) -> str:
    """``given`` where it is one of ``known``; a ValueError that lists them otherwise."""
    if not isinstance(given, str) or given not in known:
        raise ValueError(f"expected a {what} out of {', '.join(known)}, got {_short(given)}")
    return given


def _points(given: Any) -> tuple[Point, ...]:
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_POINTS or not all(map(_is_point, given)):
        raise ValueError(f"expected 1 to {MOST_POINTS} points [x, y] of a stroke, in shares of the picture's side")
    return tuple((_near(x), _near(y)) for x, y in given)


def _is_point(given: Any) -> bool:
    return isinstance(given, list) and len(given) == 2 and all(map(_is_finite, given))


def _is_finite(given: Any) -> bool:
    if isinstance(given, bool) or not isinstance(given, int | float):
        return False
    return isinstance(given, int) or math.isfinite(given)


def _near(share: float) -> float:
    """``share``, but not further away than a brush could matter, whatever its size."""
    return float(min(max(share, -9), 9))


def _mapping(given: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise ValueError(f"expected {what} as an object of named values, got {_short(given)}")
    return given


def _name(what: str, given: Any) -> str:
    if not isinstance(given, str) or not 0 < len(given) <= LONGEST_NAME:
        raise ValueError(f"expected the name of a {what}, got {_short(given)}")
    return given


def _switch(given: Any) -> bool:
    if not isinstance(given, bool):
        raise ValueError(f"expected a stroke to be on or off, true or false, got {_short(given)}")
    return given


def _short(given: Any) -> str:
    if isinstance(given, list | dict):
        return f"a {type(given).__name__} of {len(given)}"
    if isinstance(given, int) and abs(given) > 10**30:
        return "a huge number"
    return repr(given)[:60]
