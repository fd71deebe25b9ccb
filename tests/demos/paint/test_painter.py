"""The painter: erases, adds and amplifies what its units draw, and nothing outside the brush."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from demos.json_models import LARGEST_SEED
from demos.paint.painter import Painter
from dissect import EditSession, Painting, ablate, intervene
from dissect.hooks import at_rest
from tests.demos.conftest import glass_painter, seeds_with
from tests.dissect.glass import TREE


def everywhere(painter: Painter) -> Tensor:
    return torch.ones(painter.side, painter.side)


def around(painter: Painter, seed: int, concept: str) -> Tensor:
    """A box around the concept, as a person would cover it, at another resolution than the picture's."""
    there = painter.edit_session(seed).classes_before == painter.labels.index(concept)
    rows, columns = (there.any(1 - axis).nonzero().flatten() for axis in (0, 1))
    mask = torch.zeros(there.shape)
    mask[max(0, rows[0] - 1) : rows[-1] + 2, max(0, columns[0] - 1) : columns[-1] + 2] = 1
    return mask.repeat_interleave(4, 0).repeat_interleave(4, 1)


def around_middle(painter: Painter) -> Tensor:
    mask = torch.zeros(painter.side, painter.side)
    mask[painter.side // 4 : -painter.side // 4, painter.side // 4 : -painter.side // 4] = 1
    return mask


def remaining(painter: Painter, seed: int, units: tuple[int, ...]) -> int:
    """Pixels of trees in a scene without ``units``."""
    edit_session = painter.edit_session(seed)
    with at_rest(edit_session.net), intervene(edit_session.net, {painter.dissection.layer: ablate(units)}):
        picture = edit_session.net(edit_session.start)
    return int((painter.segmenter(picture) == painter.labels.index("tree")).sum())


def pixels(painting: Painting, concept: str) -> tuple[int, int]:
    line = next(line for line in painting.table if line.concept == concept)
    return line.before, line.after


def test_erasing_a_tree_removes_it_and_leaves_the_rest_to_the_bit(painter: Painter) -> None:
    counts = []
    for seed in seeds_with(painter, "tree", 8):
        mask = around(painter, seed, "tree")
        painting = painter.paint(seed, [painter.stroke("erase", "tree", mask)])
        counts.append(pixels(painting, "tree"))
        outside = mask[::4, ::4] == 0
        assert outside.any()
        assert torch.equal(painting.before[:, outside], painting.after[:, outside])
    before, after = (sum(count) for count in zip(*counts, strict=True))
    assert after < before / 3


def test_without_strokes_the_scene_is_as_it_is(glass: Painter) -> None:
    painting = glass.paint(3, [])
    assert torch.equal(painting.after, glass.edit_session(3).before)
    assert sum(line.before for line in painting.table) == glass.side**2
    assert all(line.before == line.after for line in painting.table)


def test_a_tree_is_added_where_the_brush_was(glass: Painter) -> None:
    seed = next(seed for seed in range(100) if glass.shares(seed)["tree"] == 0)
    mask = torch.zeros(glass.side, glass.side)
    mask[20:28, 8:16] = 1
    painting = glass.paint(seed, [glass.stroke("add", "tree", mask, strength=1.5)])
    trees = painting.classes_after == glass.labels.index("tree")
    assert trees[22:26, 10:14].all()
    assert not trees[mask == 0].any()


def test_the_units_of_a_concept_are_the_ones_that_draw_it(glass: Painter) -> None:
    assert glass.unit_set("tree", 1).units == (TREE,)
    assert glass.unit_set("tree", 1).concept == "tree"


def test_only_concepts_with_units_are_offered(glass: Painter) -> None:
    assert {"tree", "door", "sky"} <= set(glass.concepts)
    assert "sun" not in glass.concepts


def test_shares_are_those_of_the_picture(glass: Painter) -> None:
    classes = glass.edit_session(5).classes_before
    assert glass.shares(5)["sky"] == pytest.approx(float((classes == glass.labels.index("sky")).float().mean()))
    assert sum(glass.shares(5).values()) == pytest.approx(1)


def test_the_first_scene_shows_as_much_as_any(glass: Painter) -> None:
    shares = glass.shares(glass.rich_seed())
    assert all(shares[concept] > 0.01 for concept in ("tree", "door", "sky"))


def test_paint_opens_with_a_tree_and_no_two_suns() -> None:
    painter = Painter.shipped()
    classes = painter.edit_session(painter.rich_seed()).classes_before
    figures = {
        label: cv2.connectedComponents((classes == painter.labels.index(label)).numpy().astype(np.uint8))[0] - 1
        for label in ("tree", "sun", "moon")
    }
    assert figures["tree"] >= 1
    assert figures["sun"] + figures["moon"] <= 1


def test_threads_do_not_paint_into_each_other() -> None:
    painter = glass_painter()
    (seed,) = seeds_with(painter, "tree")
    jobs = [
        [painter.stroke("erase", "tree", everywhere(painter))],
        [],
        [painter.stroke("amplify", "sky", everywhere(painter))],
    ] * 8
    alone = [painter.paint(seed, job).after for job in jobs]
    together: list[Tensor | None] = [None] * len(jobs)

    def work(place: int) -> None:
        together[place] = painter.paint(seed, jobs[place]).after

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for expected, found in zip(alone, together, strict=True):
        assert found is not None
        assert torch.equal(expected, found)


@pytest.mark.parametrize("seed", [-1, LARGEST_SEED + 1, 1.5, "7", None])
def test_a_number_that_is_no_seed_is_named(glass: Painter, seed: object) -> None:
    with pytest.raises(ValueError, match="whole scene number"):
        glass.edit_session(seed)  # type: ignore[arg-type]


def test_a_misspelt_concept_lists_the_nearest(glass: Painter) -> None:
    with pytest.raises(ValueError, match="tree"):
        glass.paint(0, [glass.stroke("erase", "treee", everywhere(glass))])


def test_the_edit_session_of_a_scene_is_the_generator_to_the_bit(painter: Painter) -> None:
    latent = painter.latent(torch.Generator().manual_seed(11))
    whole = EditSession(painter.generator, painter.dissection.layer, latent, painter.segmenter)
    assert torch.equal(painter.edit_session(11).before, whole.before)
    strokes = [
        painter.stroke("erase", "sky", around_middle(painter), 1.5, 3),
        painter.stroke("amplify", "tree", everywhere(painter), 0.7),
    ]
    painted, expected = painter.paint(11, strokes), whole.paint(strokes)
    assert torch.equal(painted.after, expected.after)
    assert torch.equal(painted.classes_after, expected.classes_after)
    assert not torch.equal(painted.after, painted.before)


def test_units_are_chosen_as_is_asked(painter: Painter) -> None:
    dissection = painter.dissection
    for by, table in (("agreement", dissection.score), ("iou", dissection.iou)):
        units = painter.unit_set("tree", 5, by).units  # type: ignore[arg-type]
        numbers = table[:, dissection.concept("tree")]
        assert numbers[list(units)].min() >= np.delete(numbers, units).max()
    assert len(painter.unit_set("tree").units) <= dissection.count / 2


def test_units_are_chosen_by_cause_where_the_segmenter_has_logits(painter: Painter) -> None:
    if not painter.by_cause:
        with pytest.raises(ValueError, match="agreement or by IoU"):
            painter.unit_set("tree", 5, "cause")
        return
    # What the chosen units cause shows in a scene: without them more of the trees goes than without the agreeing ones.
    left = {}
    for by in ("agreement", "cause"):
        unit_set = painter.unit_set("tree", 12, by)  # type: ignore[arg-type]
        left[by] = sum(remaining(painter, seed, unit_set.units) for seed in seeds_with(painter, "tree", 6))
    assert left["cause"] < left["agreement"]


def test_a_dissection_of_another_segmenter_is_refused(glass: Painter) -> None:
    class Other:
        labels = ("cat", "dog")

        def __call__(self, images: Tensor) -> Tensor:
            return torch.zeros(len(images), *images.shape[2:], dtype=torch.int64)

    with pytest.raises(ValueError, match="cat, dog"):
        Painter(glass.generator, glass.latent, glass.dissection, Other())
