"""The painter: erases, adds and amplifies what its units draw, and nothing outside the brush."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import Tensor

from demos.paint.painter import LARGEST_SEED, Painter, Touch, touch
from dissect import Painting
from tests.demos.conftest import glass_painter, seeds_with
from tests.dissect.glass import TREE


def everywhere(painter: Painter) -> Tensor:
    return torch.ones(painter.side, painter.side)


def around(painter: Painter, seed: int, concept: str) -> Tensor:
    """A box around the concept, as a person would cover it, at another resolution than the picture's."""
    there = painter.easel(seed).classes_before == painter.labels.index(concept)
    rows, columns = (there.any(1 - axis).nonzero().flatten() for axis in (0, 1))
    mask = torch.zeros(there.shape)
    mask[max(0, rows[0] - 1) : rows[-1] + 2, max(0, columns[0] - 1) : columns[-1] + 2] = 1
    return mask.repeat_interleave(4, 0).repeat_interleave(4, 1)


def pixels(painting: Painting, concept: str) -> tuple[int, int]:
    line = next(line for line in painting.table if line.concept == concept)
    return line.before, line.after


def test_erasing_a_tree_removes_it_and_leaves_the_rest_to_the_bit(painter: Painter) -> None:
    counts = []
    for seed in seeds_with(painter, "tree", 8):
        mask = around(painter, seed, "tree")
        painting = painter.paint(seed, [Touch("erase", "tree", mask)])
        counts.append(pixels(painting, "tree"))
        outside = mask[::4, ::4] == 0
        assert outside.any()
        assert torch.equal(painting.before[:, outside], painting.after[:, outside])
    before, after = (sum(count) for count in zip(*counts, strict=True))
    assert after < before / 3


def test_without_touches_the_scene_is_as_it_is(glass: Painter) -> None:
    painting = glass.paint(3, [])
    assert torch.equal(painting.after, glass.easel(3).before)
    assert sum(line.before for line in painting.table) == glass.side**2
    assert all(line.before == line.after for line in painting.table)


def test_a_tree_is_added_where_the_brush_was(glass: Painter) -> None:
    seed = next(seed for seed in range(100) if glass.shares(seed)["tree"] == 0)
    mask = torch.zeros(glass.side, glass.side)
    mask[20:28, 8:16] = 1
    painting = glass.paint(seed, [Touch("add", "tree", mask, strength=1.5)])
    trees = painting.classes_after == glass.labels.index("tree")
    assert trees[22:26, 10:14].all()
    assert not trees[mask == 0].any()


def test_the_units_of_a_concept_are_the_ones_that_draw_it(glass: Painter) -> None:
    assert glass.pigment("tree", 1).units == (TREE,)
    assert glass.pigment("tree", 1).concept == "tree"


def test_only_concepts_with_units_are_offered(glass: Painter) -> None:
    assert {"tree", "door", "sky"} <= set(glass.concepts)
    assert "sun" not in glass.concepts


def test_shares_are_those_of_the_picture(glass: Painter) -> None:
    classes = glass.easel(5).classes_before
    assert glass.shares(5)["sky"] == pytest.approx(float((classes == glass.labels.index("sky")).float().mean()))
    assert sum(glass.shares(5).values()) == pytest.approx(1)


def test_the_first_scene_shows_as_much_as_any(glass: Painter) -> None:
    shares = glass.shares(glass.rich_seed())
    assert all(shares[concept] > 0.01 for concept in ("tree", "door", "sky"))


def test_threads_do_not_paint_into_each_other() -> None:
    painter = glass_painter()
    (seed,) = seeds_with(painter, "tree")
    jobs = [[Touch("erase", "tree", everywhere(painter))], [], [Touch("amplify", "sky", everywhere(painter))]] * 8
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
        glass.easel(seed)  # type: ignore[arg-type]


def test_a_misspelt_concept_lists_the_nearest(glass: Painter) -> None:
    with pytest.raises(ValueError, match="tree"):
        glass.paint(0, [Touch("erase", "treee", everywhere(glass))])


@pytest.mark.parametrize("mode", ["eraze", None, 3])
def test_an_unknown_mode_is_refused(glass: Painter, mode: str) -> None:
    with pytest.raises(ValueError, match="erase, add, amplify"):
        touch(mode, "tree", everywhere(glass))


@pytest.mark.parametrize("strength", [-0.1, 3.5, float("nan"), "1", None, True])
def test_a_strength_out_of_range_is_refused(glass: Painter, strength: float) -> None:
    with pytest.raises(ValueError, match="strength"):
        touch("erase", "tree", everywhere(glass), strength)


def test_a_dissection_of_another_segmenter_is_refused(glass: Painter) -> None:
    class Other:
        labels = ("cat", "dog")

        def __call__(self, images: Tensor) -> Tensor:
            return torch.zeros(len(images), *images.shape[2:], dtype=torch.int64)

    with pytest.raises(ValueError, match="cat, dog"):
        Painter(glass.generator, glass.latent, glass.dissection, Other())
