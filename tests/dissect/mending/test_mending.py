"""Ablating planted splatter brings the generator nearer to real images, beyond its interval; random units do not."""

from dataclasses import asdict

import pytest
import torch

from core_gans.foundation.sealed import write_sealed
from dissect.mending import Ablation, Choice, Mending, choose_count, mend
from dissect.mending.artifacts import rank_by_frechet, unit_means
from dissect.mending.frechet import FrechetScorer
from tests.dissect.splatter import BAD, GOOD, UNITS, SplatterGenerator, latents, look, real_images

GENERATOR = SplatterGenerator()
RANKING, CHOOSING, JUDGING = (latents(count, seed) for count, seed in ((400, 1), (300, 2), (500, 3)))
SCORER = FrechetScorer(look, look(real_images(800)), "planted")


def mending(units=BAD, judging=JUDGING, **options):
    settings = {"random_sets": 4, "draws": 60, "rng": torch.Generator().manual_seed(0)} | options
    values, strength = settings.pop("values", torch.zeros(UNITS + 1)), settings.pop("strength", 1.0)
    ablation = Ablation.towards("stem", units, values, strength)
    return mend(GENERATOR, [ablation], judging, SCORER, **settings)


def test_the_whole_way_finds_the_planted_units_and_mends_beyond_the_interval():
    order = rank_by_frechet(GENERATOR, "stem", RANKING, SCORER).order()
    choice = choose_count(GENERATOR, "stem", order, CHOOSING, SCORER, counts=(1, 2, 3, 5, 8))
    assert choice.best == len(BAD)
    found = mending(order[: choice.best], used=torch.cat((RANKING, CHOOSING)))
    assert set(found.ablations[0].units) == set(BAD)
    assert found.improves
    assert found.beats_random
    assert found.change.high < -0.5 * found.before.value
    assert found.change.value == pytest.approx(found.after.value - found.before.value)


def test_random_units_do_not_mend():
    found = mending()
    for (units,), change in zip(found.random_units, found.random_changes, strict=True):
        assert set(units) <= set(GOOD)
        assert len(units) == len(BAD)
        assert change.high > 0
    blamed = mending([0, 1, 3], random_sets=1)
    assert not blamed.improves
    assert not blamed.beats_random


def test_where_nothing_helps_no_units_are_chosen():
    choice = choose_count(GENERATOR, "stem", list(GOOD), CHOOSING, SCORER)
    assert choice.counts == (0, 1, 2)
    assert choice.best == 0
    assert choice.units == ()
    assert choice.gain == 0


def test_the_number_with_the_smallest_distance_is_the_best():
    some = Choice("a", 1.0, (3, 1, 4, 5), (0, 2, 4), (2.0, 1.0, 1.5))
    assert (some.best, some.units, some.gain) == (2, (3, 1), 1.0)


def test_the_latents_that_chose_may_not_judge():
    with pytest.raises(ValueError, match="1 of 20 latents were used to choose the units"):
        mending(judging=torch.cat((JUDGING[:19], CHOOSING[5:6])), used=torch.cat((RANKING, CHOOSING)))


def test_means_are_a_milder_value_than_zero():
    means = unit_means(GENERATOR, "stem", RANKING)
    found = mending(values=means)
    assert found.ablations[0].values == tuple(means[list(BAD)].tolist())
    assert found.improves


def test_weakening_mends_by_less_than_ablating():
    whole, half = mending(random_sets=1), mending(strength=0.5, random_sets=1)
    assert half.improves
    assert half.after.value > whole.after.value
    mended = half.apply(GENERATOR, JUDGING[:4]).get_submodule("stem")(JUDGING)
    assert torch.equal(mended[:, list(BAD)], GENERATOR.stem(JUDGING)[:, list(BAD)] / 2)


def test_a_mending_survives_its_file_and_applies_to_the_generator(tmp_path):
    found = mending()
    found.save(tmp_path / "mending.safetensors", {"by": "a test"})
    again = Mending.load(tmp_path / "mending.safetensors")
    assert again == found
    mended = again.apply(GENERATOR, JUDGING[:4])
    assert not bool(mended.get_submodule("stem")(JUDGING)[:, list(BAD)].any())
    assert bool(GENERATOR.stem(JUDGING)[:, list(BAD)].any())
    assert SCORER.distance(look(mended(JUDGING))) == pytest.approx(found.after.value)
    with pytest.raises(FileExistsError):
        found.save(tmp_path / "mending.safetensors")


def test_a_file_from_before_several_layers_is_read(tmp_path):
    found = mending(random_sets=2)
    told = asdict(found)
    told |= told.pop("ablations")[0]
    told["random_units"] = [units for (units,) in found.random_units]
    write_sealed(tmp_path / "old.safetensors", {}, {"kind": "dissect-mending/1", "mending": told, "facts": {}})
    assert Mending.load(tmp_path / "old.safetensors") == found


def test_another_file_is_refused(tmp_path):
    write_sealed(tmp_path / "other.safetensors", {}, {"kind": "dissection/2"})
    with pytest.raises(ValueError, match="holds 'dissection/2', expected 'dissect-mending/2'"):
        Mending.load(tmp_path / "other.safetensors")


@pytest.mark.parametrize(
    ("units", "options", "words"),
    [
        ([], {}, "at least one unit"),
        ([UNITS], {}, r"units 0 to 14, got \[15\]"),
        (range(8), {}, "at most half of the layer"),
        (BAD, {"random_sets": 0}, "at least 1 random set"),
    ],
)
def test_mistakes_are_told(units, options, words):
    with pytest.raises(ValueError, match=words):
        mending(units, judging=JUDGING[:40], **options)


def test_more_units_than_there_are_cannot_be_tried():
    with pytest.raises(ValueError, match="from 0 to 3"):
        choose_count(GENERATOR, "stem", BAD, CHOOSING, SCORER, counts=(4,))
