"""The pictures of a mending show what they say: the edit, the numbers' order, one row for each set of units."""

import dataclasses
import json

import cv2
import numpy as np
import pytest
import torch

from core_gans.foundation.colours import BLUE, PALE, rgb
from dissect.mending import Ablation, choose_count, mend, write_mending
from dissect.mending.account import EDIT, NUMBERS, verdict
from dissect.mending.frechet import FrechetScorer
from dissect.mending.measuring import Mending
from dissect.mending.pictures import GAP, NAME, TILE, before_after, changes_chart, numbered
from tests.dissect.splatter import BAD, GOOD, THRESHOLD, SplatterGenerator, latents, look, real_images

GENERATOR = SplatterGenerator()
SCORER = FrechetScorer(look, look(real_images(400)), "planted")
JUDGING = latents(200, seed=3)
MARGIN = 12


def mending(units=BAD):
    rng = torch.Generator().manual_seed(0)
    return mend(
        GENERATOR,
        [Ablation("stem", tuple(units), (0.0,) * len(units))],
        JUDGING,
        SCORER,
        random_sets=2,
        draws=30,
        rng=rng,
    )


def tiles(sheet, row):
    """The images of a row of ``before_after``, one row of latents given."""
    top = MARGIN + row * (TILE + GAP)
    return sheet[top : top + TILE, MARGIN + NAME + GAP : -MARGIN]


def test_splattered_images_change_and_clean_ones_do_not():
    splattered = JUDGING[(JUDGING[:, 5:] > THRESHOLD).any(1)][:3]
    clean = JUDGING[(JUDGING[:, 5:] <= THRESHOLD).all(1)][:3]
    for drawn, alike in ((splattered, False), (clean, True)):
        sheet = before_after(GENERATOR, mending(), [("a row", drawn)])
        assert sheet.shape[1] == 2 * MARGIN + NAME + 3 * (TILE + GAP)
        assert np.array_equal(tiles(sheet, 0), tiles(sheet, 1)) is alike


def test_the_chart_has_a_row_for_each_set_and_the_chosen_one_left_of_the_line():
    found = mending()
    chart = changes_chart(found)
    twice = changes_chart(dataclasses.replace(found, random_changes=found.random_changes * 2))
    assert twice.shape[0] > chart.shape[0]
    chosen, random = (np.argwhere((chart == rgb(colour)).all(axis=2)) for colour in (BLUE, PALE))
    assert chosen[:, 0].max() < random[:, 0].min()  # above
    assert chosen[:, 1].max() < random[:, 1].min()  # nearer to real images


def test_images_are_numbered_in_rows():
    sheet = numbered(torch.linspace(-1, 1, 5)[:, None, None, None].expand(5, 1, 16, 16), columns=3)
    centres = [
        sheet[MARGIN + 44 + row * (88 + 16 + GAP), MARGIN + 44 + at * (88 + GAP)] for row in (0, 1) for at in range(3)
    ]
    assert [int(centre[0]) for centre in centres] == [0, 64, 128, 191, 255, 255]


def test_the_account_holds_every_number_and_the_edit(tmp_path):
    found = mending()
    choices = [choose_count(GENERATOR, "stem", [*BAD, *GOOD], latents(100, 2), SCORER, counts=(1, 3))]
    page = write_mending(tmp_path, found, choices, GENERATOR, [("some", JUDGING[:4])], facts={"made by": "a test"})
    assert page == tmp_path / "mending.html"
    assert verdict(found) in page.read_text()
    told = (tmp_path / "mending.md").read_text()
    assert verdict(found) in told
    assert "nearer to real images beyond the interval, and further than any random set" in verdict(found)
    for change in found.random_changes:
        assert f"{change.value:+.3f}" in told
    assert Mending.load(tmp_path / EDIT) == found
    numbers = json.loads((tmp_path / NUMBERS).read_text())
    assert numbers["mending"]["change"]["value"] == found.change.value
    assert numbers["choices"][0]["distances"] == list(choices[0].distances)
    assert numbers["provenance"] == {"made by": "a test"}
    for name in ("images.png", "distances.png"):
        assert f"({name})" in told
        assert cv2.imread(str(tmp_path / name)) is not None
    with pytest.raises(FileExistsError):
        write_mending(tmp_path, found, choices, GENERATOR, [("some", JUDGING[:4])], facts={})


def test_no_improvement_is_called_that():
    assert "no improvement beyond the interval" in verdict(mending([0, 1, 3]))
