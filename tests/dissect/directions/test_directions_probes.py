"""Probes: an attribute that is the sign of one unit is read off, random labels give chance, groups are not torn."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dissect.directions import cell_lessons, effect, fit_probe, image_lessons
from tests.dissect.glass import DOOR, SKY, TREE, UNITS, ColourSegmenter, GlassGenerator, latents

SIZES = np.array([1.0, 10, 0.1, 1, 5, 1])
UNIT = 2


def planted(count: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features of many sizes, and as the answer the sign of the smallest of them."""
    features = np.random.default_rng(seed).standard_normal((count, len(SIZES))) * SIZES + 3
    return features, (features[:, UNIT] > 3).astype(np.int64)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_sign_of_one_unit_is_read_and_the_direction_is_that_unit():
    features, answers = planted()
    probe = fit_probe(features, answers, ("off", "on"), rng=rng())
    assert probe.accuracy > 0.95
    assert probe.better_than_guessing
    assert probe.low <= probe.accuracy <= probe.high
    unseen, truth = planted(seed=1)
    assert (probe.predict(unseen) == truth).mean() > 0.95
    vector = probe.unit_direction("layer", "on").vector / torch.from_numpy(probe.deviation)
    assert vector.norm() == pytest.approx(1, abs=1e-5)
    assert vector[UNIT] > 0.97
    assert probe.unit_direction("layer", "off").vector[UNIT] < 0
    latent = probe.latent_direction((2, 3), "on").vector
    assert latent.shape == (2, 3)
    assert latent.norm() == pytest.approx(1, abs=1e-6)
    assert latent.flatten()[UNIT] > 0.99


def test_random_labels_give_chance():
    features, _ = planted(200)
    generator = np.random.default_rng(7)
    tosses = [generator.integers(0, 2, len(features)) for _ in range(20)]
    probes = [fit_probe(features, toss, ("tails", "heads"), rng=rng()) for toss in tosses]
    assert sum(probe.low < 0.5 < probe.high for probe in probes) >= 17
    assert sum(probe.better_than_guessing for probe in probes) <= 1
    assert np.mean([probe.accuracy for probe in probes]) == pytest.approx(0.5, abs=0.03)


def test_the_baseline_is_the_largest_class_and_the_balanced_accuracy_sees_through_it():
    features, _ = planted(600)
    answers = (np.random.default_rng(7).random(600) < 0.1).astype(np.int64)
    probe = fit_probe(features, answers, ("common", "rare"), rng=rng())
    assert probe.baseline == pytest.approx((answers == 0).mean())
    assert probe.accuracy == pytest.approx(probe.baseline, abs=0.02)
    assert probe.balanced == pytest.approx(0.5, abs=0.05)


def test_groups_are_not_torn_between_learning_and_judging():
    generator = np.random.default_rng(3)
    images = np.repeat(np.arange(60), 10)
    features = generator.standard_normal((60, 30))[images] + 0.01 * generator.standard_normal((600, 30))
    answers = generator.integers(0, 2, 60)[images]
    torn = fit_probe(features, answers, ("no", "yes"), rng=rng(), softness=10)
    whole = fit_probe(features, answers, ("no", "yes"), groups=images, rng=rng(), softness=10)
    assert torn.accuracy > 0.9  # the image is recognised, not the attribute
    assert whole.low < 0.5 < whole.high
    assert whole.high - whole.low > 2 * (torn.high - torn.low)


def test_several_classes_each_have_their_direction():
    generator = np.random.default_rng(4)
    answers = np.arange(300) % 3
    features = generator.standard_normal((300, 5))
    features[np.arange(300), answers] += 4
    probe = fit_probe(features, answers, ("a", "b", "c"), rng=rng())
    assert probe.accuracy > 0.9
    assert probe.weights.sum(0) == pytest.approx(0, abs=1e-9)
    for place, name in enumerate("abc"):
        assert probe.unit_direction("layer", name).vector.argmax() == place


def test_a_probe_of_the_glass_finds_the_unit_that_draws_and_its_direction_draws():
    made, segmenter = GlassGenerator(), ColourSegmenter()
    lessons = image_lessons(made, "stem.glass", latents(150), segmenter, "tree")
    assert lessons.classes == ("no tree", "tree")
    assert lessons.features.shape == (150, UNITS)
    probe = fit_probe(lessons.features, lessons.answers, lessons.classes, rng=rng())
    assert probe.accuracy > 0.95
    direction = probe.unit_direction("stem.glass", "tree")
    done = effect(made, direction, latents(30, seed=2), segmenter, strengths=(0, 40), random_trials=3, rng=rng())
    assert done.change[done.labels.index("tree")] > 0.1


def test_a_probe_of_the_latents_finds_the_number_that_decides():
    lessons = image_lessons(GlassGenerator(), None, latents(200), ColourSegmenter(), "door")
    probe = fit_probe(lessons.features, lessons.answers, lessons.classes, rng=rng())
    direction = probe.latent_direction((6,), "door").vector
    assert direction.argmax() == 4
    assert direction[4] > 0.9


def test_a_probe_of_cells_names_what_a_cell_shows():
    lessons = cell_lessons(
        GlassGenerator(), "stem.glass", latents(80), ColourSegmenter(), cells=64, rarest=20, rng=rng()
    )
    assert set(lessons.classes) == {"grass", "sky", "tree", "door"}  # there is never a sun
    assert np.bincount(lessons.images).max() <= 64
    probe = fit_probe(lessons.features, lessons.answers, lessons.classes, groups=lessons.images, rng=rng())
    assert probe.accuracy > 0.95
    assert probe.better_than_guessing
    for unit, name in ((SKY, "sky"), (TREE, "tree"), (DOOR, "door")):
        assert probe.weights[probe.classes.index(name), unit] > 0.5


def test_cells_answer_with_the_class_that_fills_most_of_them():
    class Halves(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.maps = nn.Identity()

        def forward(self, z: Tensor) -> Tensor:
            self.maps(torch.arange(4.0).view(1, 1, 2, 2).expand(len(z), 1, 2, 2))
            return torch.zeros(len(z), 3, 4, 4)

    class Quarters:
        labels = ("most", "least")

        def __call__(self, images: Tensor) -> Tensor:
            classes = torch.zeros(len(images), 4, 4, dtype=torch.int64)
            classes[:, 0, 0] = 1  # a quarter of the first cell
            classes[:, 2:, 2:] = 1  # all of the last
            classes[:, 2:, 2] = -1  # but half of it has no class
            classes[:, :2, 2:] = -1
            return classes

    lessons = cell_lessons(Halves(), "maps", torch.zeros(30, 1), Quarters(), cells=4, rarest=1, rng=rng())
    answers = {int(cell): lessons.classes[answer] for cell, answer in zip(*_columns(lessons), strict=True)}
    assert answers == {0: "most", 2: "most", 3: "least"}  # the cell without any class is left out


def _columns(lessons):
    return lessons.features[:, 0], lessons.answers


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda f, a: fit_probe(f[:, 0], a, ("no", "yes"), rng=rng()), "expected features"),
        (lambda f, a: fit_probe(f / 0, a, ("no", "yes"), rng=rng()), "NaN or infinite"),
        (lambda f, a: fit_probe(f, a * 0, ("no", "yes"), rng=rng()), "'yes' is there in 0 samples, too few"),
        (lambda f, a: fit_probe(f, a * 0, ("no",), rng=rng()), "only no: take more images"),
        (lambda f, a: fit_probe(f, a, ("no", "yes"), rng=rng()).unit_direction("l", "yse"), "did you mean yes"),
        (lambda f, a: image_lessons(GlassGenerator(), None, latents(3), ColourSegmenter(), "tee"), "mean tree"),
    ],
)
def test_what_cannot_be_learned_is_said(call, told):
    features, answers = planted(50)
    with np.errstate(divide="ignore"), pytest.raises(ValueError, match=told):
        call(features, answers)
