"""What the same search finds in shuffled images is held against every match: the margin, and the matches by chance."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.sealed import read_sealed
from dissect import Dissection, dissect, record
from dissect.measure.dissection import Criterion
from dissect.measure.tally import SHUFFLES
from dissect.report.study import Study
from tests.dissect.glass import LABELS, NOISE, SKY, TREE, ColourSegmenter, GlassGenerator, latents
from tests.dissect.measure.test_dissecting import enlarged
from tests.dissect.measure.test_dissection import made

LAYER = "stem.glass"


@pytest.mark.parametrize("images", [3, 6])
def test_a_shuffle_is_the_same_search_against_other_images(images: int) -> None:
    """Shuffle s holds each image against the one s before it; what it shares by chance is what the next one shares."""
    generator, segmenter, few = GlassGenerator(), ColourSegmenter(), latents(images)
    found = dissect(generator, LAYER, few, segmenter)
    with record(generator, [LAYER]) as seen:
        classes = segmenter(generator(few)).numpy()
    shuffles = min(SHUFFLES, images - 1)
    assert found.shuffled is not None
    assert found.shuffled.shape == (shuffles, 3, 8, len(LABELS))
    for unit in (SKY, NOISE, TREE):
        maps = np.stack([enlarged(image[unit].double().numpy(), 32) for image in seen[LAYER]])
        for concept in range(len(LABELS)):
            there = classes == concept
            for shuffle in range(shuffles):
                other = np.roll(there, shuffle + 1, axis=0)
                another = np.roll(there, (shuffle + 1) % shuffles + 1, axis=0)
                best = max(scored(maps > level, other, another) for level in found.levels[unit])
                assert found.shuffled[shuffle, 2, unit, concept] == pytest.approx(best, abs=1e-12)


def scored(on: np.ndarray, there: np.ndarray, elsewhere: np.ndarray) -> float:
    if not there.any():
        return 0.0
    iou, chance = ((on & each).sum() / (on | each).sum() for each in (there, elsewhere))
    return (iou - chance) / (1 - chance)


def test_two_images_have_no_shuffle_and_three_have_two() -> None:
    assert dissect(GlassGenerator(), LAYER, latents(2), ColourSegmenter()).shuffled is None
    assert dissect(GlassGenerator(), LAYER, latents(2), ColourSegmenter()).expected_by_chance() is None
    assert dissect(GlassGenerator(), LAYER, latents(3), ColourSegmenter()).expected_by_chance() is not None


class Blots(GlassGenerator):
    """The pictures of the glass generator, and a layer of forty units that have nothing to do with them."""

    def __init__(self) -> None:
        super().__init__()
        self.blots = nn.Identity()

    def forward(self, latents: Tensor) -> Tensor:
        drawn = [torch.rand(40, 3, 3, generator=torch.Generator().manual_seed(int(z[5] * 1e6))) for z in latents]
        self.blots(F.interpolate(torch.stack(drawn), size=(16, 16), mode="bilinear"))
        return super().forward(latents)


@pytest.mark.parametrize(("images", "without_a_margin"), [(4, 13), (24, 4), (60, 0)])
def test_units_that_know_nothing_are_matched_no_more_often_in_few_images(images: int, without_a_margin: int) -> None:
    found = dissect(Blots(), "blots", latents(images), ColourSegmenter())
    assert len(replace(found, shuffled=None).matched()) == without_a_margin  # the search finds scores above the bound
    assert len(found.matched()) <= 1
    chance = found.expected_by_chance()
    assert chance is not None
    assert len(found.matched()) <= chance <= without_a_margin


def hand_made(scores: list[list[list[float]]], **changes: object) -> Dissection:
    """Scores (S, U, K) of shuffles, with an IoU and an IQR that pass any bound."""
    score = np.array(scores)
    return made(shuffled=np.stack([np.full_like(score, 0.9), np.full_like(score, 0.9), score], axis=1), **changes)


def test_a_score_is_to_pass_its_bound_by_more_than_the_largest_of_the_shuffles() -> None:
    plain = made()
    match = plain.best(1)
    concept = plain.concept(match.concept)
    assert match.matched
    scores = np.zeros((3, plain.count, len(plain.labels)))
    scores[:, 1, concept] = (0.01, match.score - 0.05 + 1e-6, -0.2)
    assert not hand_made(scores.tolist()).best(1).matched
    scores[1, 1, concept] -= 2e-6
    assert hand_made(scores.tolist()).best(1).matched
    assert hand_made(scores.tolist()).best(1).score == match.score  # what is told of it stays
    asks_no_score = Criterion(score=0)
    assert hand_made((scores + 1).tolist(), criterion=asks_no_score).best(1).matched  # as published: no margin


def test_what_is_matched_by_chance_is_held_against_the_other_shuffles() -> None:
    plain = made()
    scores = np.zeros((3, plain.count, len(plain.labels)))
    scores[0, 0, 0] = 0.2  # more than the others by 0.19: counts once
    scores[1:, 0, 0] = 0.01
    scores[:, 1, 1] = 0.3  # every shuffle finds as much: counts never
    found = hand_made(scores.tolist(), dead=())
    assert found.expected_by_chance() == pytest.approx(1 / 3)
    assert found.matched_in_words() == f"{len(found.matched())} of {found.count}; 0.33 expected by chance"
    assert hand_made(scores.tolist(), dead=(0,)).expected_by_chance() == 0
    assert plain.matched_in_words() == f"{len(plain.matched())} of {plain.count}"


def test_the_table_of_a_study_tells_what_is_expected() -> None:
    found = dissect(GlassGenerator(), LAYER, latents(12), ColourSegmenter())
    table = Study({LAYER: found}, found, (), None).table()  # type: ignore[arg-type]
    assert list(table.columns[1].cells) == [found.matched_in_words()]
    assert "expected by chance" in found.matched_in_words()


def test_a_dissection_saved_before_there_were_shuffles_opens_as_it_was(tmp_path) -> None:
    old = made()
    old.save(tmp_path / "old.safetensors")
    assert "shuffled" not in read_sealed(tmp_path / "old.safetensors")[0]
    again = Dissection.load(tmp_path / "old.safetensors")
    assert again.shuffled is None
    assert again.matched() == old.matched()
    new = dissect(GlassGenerator(), LAYER, latents(6), ColourSegmenter())
    new.save(tmp_path / "new.safetensors")
    assert np.array_equal(Dissection.load(tmp_path / "new.safetensors").shuffled, new.shuffled)
