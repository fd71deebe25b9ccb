"""The presets are those of the published programs, and what they find in the glass generator is what must follow."""

import numpy as np
import pytest

from dissect import Criterion, dissect
from dissect.measure.presets import PRESETS, preset, settled
from tests.dissect.glass import DOOR, LABELS, NOISE, SKY, TREE, UPPER, ColourSegmenter, GlassGenerator, latents

SAMPLE = latents(60)


def found(**changes):
    return dissect(GlassGenerator(), "stem.glass", SAMPLE, ColourSegmenter(), **changes)


def test_the_numbers_of_the_published_programs():
    assert preset("gandissect").levels == 0.005
    assert preset("dissect").levels == 0.01
    assert preset("best-iou").levels == "iou"
    assert preset("gandissect").criterion.passed(iou=0.051, iqr=0.011, score=-0.5)
    assert not preset("gandissect").criterion.passed(iou=0.051, iqr=0.01, score=0.5)
    assert not preset("gandissect").criterion.passed(iou=0.05, iqr=0.011, score=0.5)
    assert preset("dissect").criterion.passed(iou=0.041, iqr=0.0, score=-0.5)
    assert not preset("dissect").criterion.passed(iou=0.04, iqr=0.5, score=0.5)
    assert PRESETS["chance-corrected"].criterion == Criterion()


def test_what_is_given_goes_before_the_preset():
    assert settled(None, None) == ("score", Criterion())
    assert settled(None, "dissect") == (0.01, PRESETS["dissect"].criterion)
    assert settled("iqr", "dissect") == ("iqr", PRESETS["dissect"].criterion)
    assert settled(0.1, Criterion(iou=0.5)) == (0.1, Criterion(iou=0.5))
    assert type(settled(np.float32(0.25), None)[0]) is float  # else it cannot be saved


@pytest.mark.parametrize(
    ("name", "levels", "iou", "iqr"),
    [("gandissect", 1, 0.05, 0.01), ("dissect", 1, 0.04, -1), ("best-iou", 100, 0.05, 0.01)],
)
def test_a_published_preset_matches_the_units_that_pass_its_published_bounds(name, levels, iou, iqr):
    dissection = found(criterion=name)
    assert dissection.levels.shape == (8, levels)
    column = [dissection.concept(dissection.best(unit).concept) for unit in range(8)]
    passing = (dissection.iou[range(8), column] > iou) & (dissection.iqr[range(8), column] > iqr)
    matched = {match.unit: match.concept for match in dissection.matched()}
    assert sorted(matched) == np.flatnonzero(passing).tolist()
    assert "sun" not in matched.values()  # there is none in any picture


def test_large_classes_win_by_chance_under_plain_iou_and_cannot_win_at_a_fixed_quantile():
    sky, grass = LABELS.index("sky"), LABELS.index("grass")
    plain = found(criterion="best-iou")
    assert plain.best(NOISE).concept in ("sky", "grass")
    assert plain.best(NOISE).iou > 0.4  # of noise; only its information quality ratio is too small
    assert plain.best(UPPER).concept == "sky"  # which is the same in every picture
    assert plain.best(UPPER).matched
    assert {plain.best(unit).concept for unit in (SKY, TREE, DOOR)} == {"sky", "tree", "door"}
    fixed = found(criterion="dissect")
    assert fixed.area[NOISE].max() < 0.01
    assert fixed.iou[NOISE, [sky, grass]].max() < 0.03
    assert not found().best(UPPER).matched


def test_the_best_concept_is_the_best_by_the_presets_own_rank():
    plain = found(criterion="best-iou")
    assert [plain.labels.index(plain.best(unit).concept) for unit in range(8)] == plain.iou.argmax(axis=1).tolist()
    units = plain.units("grass")
    assert [plain.best(unit).iou for unit in units] == sorted((plain.best(unit).iou for unit in units), reverse=True)
    np.testing.assert_array_equal(plain.curves.max(axis=1), plain.iou.max(axis=1))


def test_a_misspelt_name_lists_its_neighbours():
    with pytest.raises(ValueError, match="no preset is called 'gandisect': did you mean gandissect"):
        preset("gandisect")
    with pytest.raises(ValueError, match="no preset is called 'gandisect'"):
        found(criterion="gandisect")
    with pytest.raises(ValueError, match="no rank of a criterion is called 'best'"):
        Criterion(rank="best")
