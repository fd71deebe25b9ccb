"""Why is this here: on glass, where it is known which unit draws what, and beside random units."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from demos.paint.control import random_shares, random_strokes
from demos.paint.explain import features_of, firing, label_at, without
from demos.paint.painter import Painter
from demos.paint.palette import crops
from tests.demos.conftest import seeds_with
from tests.dissect.glass import DOOR, SKY, TREE


def middle_of(painter: Painter, seed: int, concept: str) -> tuple[float, float]:
    """A point (x, y), in shares of the side, well inside the concept."""
    there = (painter.edit_session(seed).classes_before == painter.labels.index(concept)).float()
    depth = torch.nn.functional.avg_pool2d(there[None], 5, 1, 2)[0]
    row, column = divmod(int(depth.argmax()), painter.side)
    return (column + 0.5) / painter.side, (row + 0.5) / painter.side


def everywhere(painter: Painter) -> Tensor:
    return torch.ones(painter.side, painter.side)


@pytest.mark.parametrize(("concept", "unit"), [("tree", TREE), ("sky", SKY)])
def test_the_unit_that_draws_a_thing_fires_there(glass: Painter, concept: str, unit: int) -> None:
    (seed,) = seeds_with(glass, "tree")
    x, y = middle_of(glass, seed, concept)
    features = features_of(glass, seed, [])
    found = {each.match.unit: each for each in firing(glass, features, x, y)}
    assert unit in found
    assert found[unit].match.concept == concept
    assert found[unit].strength > 0.9
    assert DOOR not in found
    assert label_at(glass, glass.edit_session(seed).before, x, y) == concept


def test_without_its_unit_the_tree_is_gone_and_without_random_ones_it_stays(glass: Painter) -> None:
    (seed,) = seeds_with(glass, "tree")
    x, y = middle_of(glass, seed, "tree")
    removal = without(glass, seed, [], [TREE], x, y, 0.1)
    assert removal.label == "tree"
    assert removal.share > 0.6
    assert removal.share_after < 0.1  # a cell that the place covers by half is left by half
    assert removal.share_random > 0.6
    assert torch.equal(removal.before, glass.edit_session(seed).before)


def test_what_was_painted_is_what_is_explained(glass: Painter) -> None:
    (seed,) = seeds_with(glass, "tree")
    x, y = middle_of(glass, seed, "tree")
    features = features_of(glass, seed, [glass.stroke("erase", "tree", everywhere(glass))])
    assert TREE not in {each.match.unit for each in firing(glass, features, x, y)}


def test_random_units_are_others_and_the_same_again(glass: Painter) -> None:
    strokes = [
        glass.stroke("erase", "tree", everywhere(glass), units=2),
        glass.stroke("add", "tree", everywhere(glass), units=2),
    ]
    first, second = random_strokes(glass, strokes, torch.Generator().manual_seed(0))
    units = first.unit_set[glass.dissection.layer].units
    assert units == second.unit_set[glass.dissection.layer].units
    assert len(units) == 2
    assert not set(units) & set(glass.unit_set("tree", 2).units)
    seed = seeds_with(glass, "tree")[0]
    assert random_shares(glass, seed, strokes) == random_shares(glass, seed, strokes)


def test_random_units_do_not_erase_the_tree(glass: Painter) -> None:
    (seed,) = seeds_with(glass, "tree")
    strokes = [glass.stroke("erase", "tree", everywhere(glass), units=1)]
    chosen = glass.paint(seed, strokes).table[glass.labels.index("tree")]
    assert chosen.after == 0
    shares = random_shares(glass, seed, strokes)
    assert shares["tree"] == pytest.approx(chosen.before / glass.side**2)
    assert sum(shares.values()) == pytest.approx(1)


def test_the_whole_layer_leaves_none_to_compare_with(glass: Painter) -> None:
    count = glass.dissection.count
    with pytest.raises(ValueError, match="whole layer"):
        without(glass, 0, [], range(count), 0.5, 0.5, 0.1)


def test_crops_show_their_concept(glass: Painter) -> None:
    found = crops(glass)
    assert {"tree", "door", "sky"} <= set(found)
    for concept in ("tree", "sky"):
        picture = found[concept].picture
        assert picture.shape[1] == picture.shape[2] <= glass.side / 2
        classes = glass.segmenter(picture[None])
        assert (classes == glass.labels.index(concept)).float().mean() > 0.1
