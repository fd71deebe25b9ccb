"""The list of segmenters: each opens, sees what it is offered for, and is told of in words."""

from __future__ import annotations

import pytest
import torch

from dissect.segmenters.named import SCENES, SEGMENTERS, STROKES, seeing
from dissect.segmenters.named_segmenter import NamedSegmenter
from dissect.segmenters.opening import open_segmenter


@pytest.mark.parametrize("named", SEGMENTERS.values(), ids=SEGMENTERS)
def test_a_segmenter_of_the_list_opens_by_its_name_and_sees(named: NamedSegmenter) -> None:
    segmenter = open_segmenter(named.name)
    seen = segmenter(torch.zeros(2, 3, 64, 64))
    assert seen.shape == (2, 64, 64)
    assert int(seen.max()) < len(segmenter.labels)
    assert named.name in seeing((3, 64, 64))
    colours = getattr(segmenter, "colours", None)
    assert colours is None or len(colours) == len(segmenter.labels)


def test_what_knows_more_of_the_pictures_goes_first() -> None:
    assert list(seeing((3, 64, 64))) == list(seeing((3, 128, 128))) == [SCENES.name, STROKES.name]
    assert list(seeing((1, 28, 28))) == list(seeing((3, 32, 32))) == [STROKES.name]


def test_each_says_whether_it_fits() -> None:
    assert "it fits" in SCENES.told((3, 64, 64), "scenes")
    assert "mistake" in SCENES.told((3, 64, 64), "faces.npz")
    assert "It fits" in STROKES.told((1, 28, 28), "digits")
    assert "one colour" in STROKES.told((3, 28, 28), "digits")
    assert NamedSegmenter("plain", "Plain", "All is one.", STROKES.make).told((3, 8, 8), "x") == "All is one."
