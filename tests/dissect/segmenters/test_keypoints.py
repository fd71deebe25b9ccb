"""Heat maps as concepts, by maps that are known."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dissect import dissect, unit_set
from dissect.segmenters import KeypointSegmenter
from tests.dissect.glass import TREE, GlassGenerator, latents

IMAGES = torch.zeros(2, 3, 8, 8)


def test_a_pixel_has_the_hottest_keypoint_that_is_warm() -> None:
    maps = torch.zeros(2, 2, 2, 2)
    maps[0, 0, 0, 0], maps[0, 1, 0, 0] = 0.6, 0.9
    maps[1, 0] = 0.7
    found = KeypointSegmenter(lambda images: maps, ("eye", "hand"))(IMAGES)
    assert found.shape == (2, 8, 8)
    assert found[0, 0, 0] == 1
    assert found[0, 7, 7] == -1
    assert (found[1] == 0).all()
    assert (KeypointSegmenter(lambda images: maps, ("eye", "hand"), warm=0.95)(IMAGES) == -1).all()


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (1, 2, 4, 4), (2, 2, 4)])
def test_maps_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected heat maps \(2, 2, h, w\)"):
        KeypointSegmenter(lambda images: torch.zeros(shape), ("eye", "hand"))(IMAGES)


def test_the_unit_that_draws_a_keypoint_is_found() -> None:
    """The heat is how dark a place is, which in glass is what the unit of trees draws."""

    def heat(images: Tensor) -> Tensor:
        return (images < 0).all(1, keepdim=True).float()

    generator = GlassGenerator()
    found = dissect(generator, "stem.glass", latents(64), KeypointSegmenter(heat, ("dark",)))
    assert int(found.score[:, 0].argmax()) == TREE
    assert found.score[TREE, 0] > 0.9
    assert unit_set(found, "dark", 1).units == (TREE,)
