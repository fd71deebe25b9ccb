"""Units that were planted to splatter are found, by whichever way; units that paint well are not blamed."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from dissect.mending.artifacts import edited_features, rank_by_ablation, rank_by_frechet, rank_by_marks, unit_means
from dissect.mending.frechet import FrechetScorer
from tests.dissect.splatter import BAD, GOOD, THRESHOLD, UNITS, SplatterGenerator, latents, look, real_images

GENERATOR = SplatterGenerator()
SAMPLE = latents(400, seed=1)
SCORER = FrechetScorer(look, look(real_images(800)), "planted")


def seen_at_once(images: int) -> FrechetScorer:
    return FrechetScorer(look, look(real_images(800)), "planted", images)


def test_the_planted_units_are_the_worst_by_the_distance_of_what_they_light_up_in():
    ranking = rank_by_frechet(GENERATOR, "stem", SAMPLE, SCORER)
    assert set(ranking.order()[: len(BAD)]) == set(BAD)
    assert min(ranking.scores[list(BAD)]) > 1.2 * max(ranking.scores[list(GOOD)])
    assert ranking.lit.shape == (UNITS, 40)
    for place, unit in enumerate(BAD):
        assert bool((SAMPLE[ranking.lit[unit], 5 + place] > THRESHOLD).all())
    assert "planted" in ranking.by


def test_the_planted_units_are_those_whose_ablation_helps():
    heard: list[int] = []
    ranking = rank_by_ablation(GENERATOR, "stem", SAMPLE, SCORER, progress=heard.append)
    assert set(ranking.order()[: len(BAD)]) == set(BAD)
    assert min(ranking.scores[list(BAD)]) > 0
    assert heard == list(range(1, UNITS + 1))


def test_marked_images_tell_which_unit_is_meant():
    unit = BAD[1]
    bad = (SAMPLE[:, 6] > THRESHOLD)[:60]
    ranking = rank_by_marks(GENERATOR, "stem", SAMPLE[:60], bad)
    assert ranking.order()[0] == unit
    assert ranking.scores[unit] == 1
    assert rank_by_marks(GENERATOR, "stem", SAMPLE[:60], ~bad).scores[unit] == 0


def test_marked_places_tell_which_unit_is_meant():
    unit = BAD[2]
    maps = GENERATOR.stem(SAMPLE[:60])
    places = F.interpolate((maps[:, unit : unit + 1] > 0).float(), scale_factor=2)[:, 0]  # in the image, 16x16
    ranking = rank_by_marks(GENERATOR, "stem", SAMPLE[:60], places)
    assert ranking.order()[0] == unit
    assert ranking.scores[unit] == 1


def test_the_auc_is_the_share_of_pairs_in_order_with_ties_by_half():
    values = GENERATOR.stem(SAMPLE[:12])[:, GOOD[0]].amax((1, 2)).detach().numpy()
    bad = np.arange(12) % 3 == 0
    pairs = [(a > b) + 0.5 * (a == b) for a in values[bad] for b in values[~bad]]
    found = rank_by_marks(GENERATOR, "stem", SAMPLE[:12], torch.from_numpy(bad))
    assert found.scores[GOOD[0]] == pytest.approx(np.mean(pairs))


def test_a_dead_unit_is_in_no_order():
    class Dead(SplatterGenerator):
        def forward(self, z):
            return self.painter(self.stem(z))

    generator = Dead()
    generator.stem.patterns[4] = 0
    for ranking in (
        rank_by_frechet(generator, "stem", SAMPLE[:100], SCORER),
        rank_by_marks(generator, "stem", SAMPLE[:60], SAMPLE[:60, 0] > 0),
    ):
        assert 4 not in ranking.order()
        assert sorted(ranking.order()) == [unit for unit in range(UNITS) if unit != 4]


def test_the_batch_size_changes_nothing():
    one, two = (rank_by_frechet(GENERATOR, "stem", SAMPLE[:100], seen_at_once(size)) for size in (7, 100))
    assert np.array_equal(one.lit, two.lit)
    np.testing.assert_allclose(one.scores, two.scores)


def test_means_are_those_of_the_layer_and_no_edit_is_none():
    means = unit_means(GENERATOR, "stem", SAMPLE, batch_size=30)
    torch.testing.assert_close(means, GENERATOR.stem(SAMPLE).mean((0, 2, 3)))
    untouched = edited_features(GENERATOR, {}, SAMPLE[:10], SCORER)
    assert torch.equal(untouched, look(GENERATOR(SAMPLE[:10])).double())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: rank_by_frechet(GENERATOR, "sten", SAMPLE, SCORER), "did you mean stem"),
        (lambda: rank_by_frechet(GENERATOR, "stem", SAMPLE[:39], SCORER), "at least 40 latents"),
        (lambda: rank_by_frechet(GENERATOR, "stem", SAMPLE, SCORER, share=0.6), "at most 0.5"),
        (lambda: rank_by_marks(GENERATOR, "stem", SAMPLE, torch.ones(3)), r"expected marks of shape \(400,\)"),
        (lambda: rank_by_marks(GENERATOR, "stem", SAMPLE[:3], torch.ones(3)), "something left as good"),
        (lambda: rank_by_marks(GENERATOR, "stem", SAMPLE[:3], torch.tensor([0.0, 1, 2])), "from 0"),
    ],
)
def test_mistakes_are_told(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_ties_count_half_in_the_auc():
    class Planted(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Identity()

        def forward(self, z):
            return self.stem(z)[:, :1].expand(-1, 3, 4, 4)

    values = torch.tensor([[0.0, 5.0], [0.0, 5.0], [1.0, 5.0], [1.0, 5.0], [2.0, 6.0]])[:, :, None, None]
    found = rank_by_marks(Planted(), "stem", values, torch.tensor([0.0, 1, 1, 0, 1]))
    # bad 0, 1, 2 against good 0, 1: 1/2 + 0, 1 + 1/2, 1 + 1; and bad 5, 5, 6 against good 5, 5
    assert found.scores.tolist() == pytest.approx([4 / 6, 4 / 6])
