"""Examples in the app: found for a stroke, named by seeds, drawn again to the bit; also where scenes share a lock."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from demos.paint.calls import PaintCalls
from demos.paint.examples import COUNT, FIRST_SEED
from demos.paint.painter import Painter
from demos.paint.sketch import PlacesRequest, RenderRequest, Sketch
from tests.demos.conftest import glass_painter, lab_with, seeds_with


@pytest.fixture(scope="module")
def glass() -> Painter:
    return glass_painter()


@pytest.fixture
def calls(glass: Painter, tmp_path: Path) -> PaintCalls:
    return PaintCalls(lab_with(glass, tmp_path / "runs"))


def asked(seed: int, **stroke: object) -> dict[str, object]:
    made = {"mode": "erase", "concept": "tree", "points": [[0.5, 0.5]], "radius": 1, "by": "example", **stroke}
    return {"model": "scenes", "seed": seed, "strokes": [made]}


def test_a_tree_is_erased_by_example_and_the_example_is_told(calls: PaintCalls, glass: Painter) -> None:
    (seed,) = seeds_with(glass, "tree")
    answer = calls.render(RenderRequest.read(asked(seed)))
    ((first),) = answer["examples"]
    assert first["stroke"] == 0
    offers = [{name: each[name] for name in ("seed", "moved", "layers")} for each in first["offers"]]
    assert 1 < len(offers) <= 6
    assert all(each["seed"] is None or FIRST_SEED <= each["seed"] < FIRST_SEED + COUNT for each in offers)
    tree = next(row for row in answer["rows"] if row["label"] == "tree")
    assert tree["before"] > 0.01
    assert tree["after"] == 0
    again = calls.render(RenderRequest.read(asked(seed, example=offers[0])))
    assert again["picture"] == answer["picture"]
    assert again["examples"] == []
    mark = Sketch.read(asked(seed, example=offers[1])).strokes[0]
    other = glass.paint(seed, [glass.examples.stroke(mark, torch.ones(32, 32))])
    trees = other.table[glass.labels.index("tree")]
    assert trees.after < trees.before


def test_what_is_not_there_or_cannot_grow_is_refused_in_a_line(calls: PaintCalls, glass: Painter) -> None:
    seed = next(seed for seed in range(100) if glass.shares(seed)["tree"] == 0)
    with pytest.raises(ValueError, match="there is no tree under the brush"):
        calls.render(RenderRequest.read(asked(seed)))
    with pytest.raises(ValueError, match="no sun can grow here"):
        calls.render(RenderRequest.read(asked(seed, mode="add", concept="sun", radius=0.1)))
    shares = calls.places(PlacesRequest.read({"model": "scenes", "seed": seed, "concept": "tree"}))["shares"]
    assert max(max(row) for row in shares) > 0
    assert max(shares[-1]) == 0
    with pytest.raises(ValueError, match="not nowhere"):
        calls.render(
            RenderRequest.read(asked(seed, example={"seed": 3, "moved": [0, 0], "layers": ["nowhere"]}, concept="sky"))
        )


def test_the_control_takes_random_pictures(calls: PaintCalls, glass: Painter) -> None:
    (seed,) = seeds_with(glass, "tree")
    told = calls.control(Sketch.read(asked(seed)))
    assert sum(told["after"].values()) == pytest.approx(1)
    assert told == calls.control(Sketch.read(asked(seed)))


def test_where_nothing_can_be_written_painting_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way of the folder")
    painter = glass_painter()
    painter.examples.kept = tmp_path / "file" / "bank.safetensors"
    assert len(painter.examples.bank()) == COUNT
    painter.examples.kept = tmp_path / "examples" / "bank.safetensors"
    assert len(painter.examples.bank()) == COUNT
    fresh = glass_painter()
    fresh.examples.kept = painter.examples.kept
    fresh.examples.bank()
    assert fresh.examples.kept.is_file()
