"""Sketches as pages send them: read to the bit, or refused with one line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos.json_models import LARGEST_SEED
from demos.paint.sketch import MOST_POINTS, MOST_STROKES, Mark, Sketch

STROKE: dict[str, Any] = {
    "mode": "erase",
    "concept": "tree",
    "points": [[0.25, 0.5], [0.75, 0.5]],
    "radius": 0.1,
    "soft": 0.3,
    "strength": 1.5,
    "units": 20,
    "by": "cause",
    "on": True,
}
SKETCH: dict[str, Any] = {"model": "scenes", "layer": "block16", "seed": 7, "strokes": [STROKE]}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def test_a_sketch_is_read_as_it_was_sent() -> None:
    sketch = Sketch.read(json.loads(json.dumps(SKETCH)))
    (mark,) = sketch.strokes
    assert (mark.mode, mark.concept, mark.points) == ("erase", "tree", ((0.25, 0.5), (0.75, 0.5)))
    assert (mark.radius, mark.soft, mark.strength, mark.units, mark.by, mark.on) == (0.1, 0.3, 1.5, 20, "cause", True)
    assert (sketch.model, sketch.layer, sketch.seed) == ("scenes", "block16", 7)


def test_what_is_left_out_has_its_default() -> None:
    least = {name: STROKE[name] for name in ("mode", "concept", "points", "radius")}
    full = {"soft": 0, "strength": 1, "units": None, "by": "agreement", "on": True}
    assert Mark.read(least) == Mark.read({**least, **full})
    assert Sketch.read({"model": "scenes", "seed": 0}) == Sketch.read(
        {**SKETCH, "layer": None, "seed": 0, "strokes": []}
    )


def test_what_is_switched_off_is_not_painted() -> None:
    sketch = Sketch.read({**SKETCH, "strokes": [STROKE, {**STROKE, "on": False}, {**STROKE, "mode": "add"}]})
    assert [mark.mode for mark in sketch.painted.strokes] == ["erase", "add"]
    assert len(sketch.strokes) == 3


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("mode", "eraze", "erase, add, amplify"),
        ("concept", None, "concept"),
        ("concept", "x" * 1000, "concept"),
        ("points", [], "points"),
        ("points", "many", "points"),
        ("points", [[1]], "points"),
        ("points", [[0.5, None]], "points"),
        ("points", [[float("nan"), 0.5]], "points"),
        ("points", [[float("inf"), 0.5]], "points"),
        ("points", [[True, 0.5]], "points"),
        ("points", [[0.5, 0.5]] * (MOST_POINTS + 1), "points"),
        ("radius", 0, "radius"),
        ("radius", 1.5, "radius"),
        ("radius", "big", "radius"),
        ("radius", float("nan"), "radius"),
        ("soft", -0.1, "soft"),
        ("soft", 2, "soft"),
        ("strength", 3.5, "strength"),
        ("strength", None, "strength"),
        ("strength", True, "strength"),
        ("strength", 10**400, "strength"),
        ("units", 0, "units"),
        ("units", 1.5, "units"),
        ("units", 1e300, "units"),
        ("by", "magic", "agreement, iou, cause"),
        ("on", 1, "on or off"),
    ],
)
def test_a_stroke_that_is_none_is_refused(name: str, value: Any, line: str) -> None:
    with pytest.raises(ValueError, match=line):
        Mark.read({**STROKE, name: value})


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("model", None, "model"),
        ("model", "", "model"),
        ("layer", 5, "layer"),
        ("seed", -1, "scene number"),
        ("seed", LARGEST_SEED + 1, "scene number"),
        ("seed", 0.5, "scene number"),
        ("seed", float("nan"), "scene number"),
        ("seed", "7", "scene number"),
        ("strokes", None, "strokes"),
        ("strokes", [STROKE] * (MOST_STROKES + 1), "strokes"),
        ("strokes", ["erase"], "stroke"),
    ],
)
def test_a_sketch_that_is_none_is_refused(name: str, value: Any, line: str) -> None:
    with pytest.raises(ValueError, match=line):
        Sketch.read({**SKETCH, name: value})


def test_what_is_unknown_is_named() -> None:
    with pytest.raises(ValueError, match="no value called 'colour'"):
        Sketch.read({**SKETCH, "strokes": [{**STROKE, "colour": "red"}]})
    with pytest.raises(ValueError, match="'seed' is missing"):
        Sketch.read({"model": "scenes"})


@given(
    st.dictionaries(st.sampled_from(sorted(SKETCH)), anything),
    st.dictionaries(st.sampled_from(sorted(STROKE)), anything),
)
def test_whatever_comes_is_read_or_refused_with_one_line(odd: dict[str, Any], stroke: dict[str, Any]) -> None:
    read, line = None, ""
    try:
        read = Sketch.read({**SKETCH, "strokes": [{**STROKE, **stroke}], **odd})
    except ValueError as error:
        line = str(error)
    assert (read is None) == bool(line)
    assert line.isprintable()
    assert len(line) < 300
    assert read is None or len({read, read.painted}) in (1, 2)  # it can be remembered by


@given(anything)
def test_whatever_comes_instead_of_a_sketch_is_refused(odd: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        Sketch.read(odd)
