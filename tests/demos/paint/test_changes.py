"""What a painting changed: the rows of the table and their verdicts."""

from __future__ import annotations

import pytest

from demos.paint.changes import Step, rows_of, summary_of
from demos.paint.sketch import Mark
from dissect import ClassChange
from dissect.painting import Mode


def mark(mode: Mode, concept: str) -> Mark:
    return Mark(mode=mode, concept=concept, points=((0.5, 0.5),), radius=1.0)


ERASE, ADD = mark("erase", "tree"), mark("add", "door")


def painting(**counts: tuple[int, int]) -> tuple[ClassChange, ...]:
    """A picture of 100 pixels with (before, after) of each class, all of it under the brush."""
    return tuple(ClassChange(name, before, after, before, after) for name, (before, after) in counts.items())


def verdicts(changed: tuple[ClassChange, ...], stroke: Mark) -> dict[str, str]:
    return {row.label: row.verdict for row in rows_of(changed, 100, [Step(stroke, changed)])}


def test_erasing_is_wanted_and_what_comes_takes_its_place() -> None:
    changed = painting(tree=(20, 2), grass=(50, 66), door=(10, 8), sky=(20, 20))
    assert verdicts(changed, ERASE) == {"grass": "took its place", "sky": "", "tree": "wanted", "door": "side effect"}


def test_adding_is_wanted_and_what_goes_gives_way() -> None:
    changed = painting(door=(0, 12), wall=(30, 18), tree=(10, 12))
    assert verdicts(changed, ADD) == {"wall": "gave way", "door": "wanted", "tree": "side effect"}


def test_a_tree_that_grows_under_the_eraser_is_no_success() -> None:
    assert verdicts(painting(tree=(10, 15), grass=(90, 85)), ERASE) == {"grass": "side effect", "tree": "side effect"}


def test_each_change_is_judged_by_the_stroke_that_made_it() -> None:
    """A tree is erased, then another is added in vain: what came with the second took nobody's place."""
    erased = Step(ERASE, painting(tree=(20, 0), grass=(50, 70), person=(0, 0), sky=(30, 30)))
    in_vain = Step(mark("add", "tree"), painting(tree=(0, 0), grass=(70, 67), person=(0, 5), sky=(30, 28)))
    together = painting(tree=(20, 0), grass=(50, 67), person=(0, 5), sky=(30, 28))
    found = {row.label: row.verdict for row in rows_of(together, 100, [erased, in_vain])}
    assert found == {"grass": "took its place", "sky": "gave way", "tree": "wanted", "person": "side effect"}
    assert "No tree appeared" in summary_of(in_vain)


def test_shares_are_of_the_picture_and_absent_classes_are_left_out() -> None:
    changed = painting(tree=(25, 5), moon=(0, 0))
    (row,) = rows_of(changed, 100, [Step(ERASE, changed)])
    assert (row.label, row.before, row.after) == ("tree", 0.25, 0.05)
    assert row.change == pytest.approx(-0.2)


def test_the_sentence_tells_what_happened_under_the_brush() -> None:
    assert summary_of(Step(ERASE, painting(tree=(20, 5)))) == "Under the brush: tree 20 → 5 pixels (−75%)."
    assert "nothing to erase" in summary_of(Step(ERASE, painting(tree=(0, 0))))
    assert "No door appeared" in summary_of(Step(ADD, painting(door=(0, 0))))
