"""Exploring a generator that shows its latent as it is: ways, sums and directions come out as they must."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import Tensor

from core_gans.data.captions import LONGEST
from demos.exploring.explorer import NEIGHBOURS, STEPS, STRIP, Explorer
from demos.exploring.finding import METHODS, Method
from demos.exploring.makeup import Makeup
from demos.exploring.requests import Moves, Sample
from dissect.dragging import Handle
from tests.demos.small_lab import GAINS, SIDE, fresh, plain

NOISE = 8


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    return Explorer(plain())


def noise_in(images: Tensor) -> Tensor:
    """The latents that pictures of the plain generator show, (N, 8)."""
    gains = torch.tensor([*GAINS, *[0.1] * (NOISE - len(GAINS))])
    return images.flatten(1)[:, :NOISE] / gains


def test_a_sample_is_its_number(explorer: Explorer) -> None:
    drawn = explorer.game.latents(1, torch.Generator().manual_seed(5))
    assert torch.allclose(noise_in(explorer.draw(Sample(5))), drawn, atol=1e-5)
    strip = explorer.strip(5)
    assert len(strip) == STRIP
    assert torch.allclose(strip[0], explorer.draw(Sample(5))[0])
    assert torch.allclose(strip[3], explorer.draw(Sample(8))[0])


def test_a_truncated_sample_keeps_what_is_small_and_draws_again_what_is_large() -> None:
    explorer = Explorer(plain(prior="normal"))
    whole, cut = explorer.latent(Sample(5)), explorer.latent(Sample(5, truncation=0.8))
    large = whole.abs() > 0.8
    assert 0 < large.sum() < NOISE
    assert torch.equal(cut[~large], whole[~large])
    assert cut.abs().max() <= 0.8
    assert torch.equal(explorer.strip(5, 0.8)[0], explorer.draw(Sample(5, truncation=0.8))[0])
    assert torch.allclose(noise_in(explorer.way(5, 6, False, 0.8))[0], cut[0], atol=1e-4)
    assert explorer.lengths(5, 6, False, 0.8)[0] == pytest.approx(float(cut.norm()))
    with pytest.raises(ValueError, match="at most 1"):
        Explorer(plain()).latent(Sample(5, truncation=1.5))


@pytest.mark.parametrize(("prior", "kept"), [("normal", "length"), ("uniform", "cube")])
def test_a_drag_stays_among_the_latents_that_the_game_draws(prior: str, kept: str) -> None:
    explorer = Explorer(fresh("cgan", shape=(1, 16, 16), family="dcgan", latent=8, width=4, classes=2, prior=prior))
    begin = explorer.latent(Sample(1, label=1))
    found = explorer.inside.dragged(begin, begin, None, [Handle((3, 3), (12, 12))], 8, hold=False)
    noise, was = found.latent[:, :8], begin[:, :8]
    assert found.steps == 8
    assert not torch.equal(noise, was)
    assert torch.equal(found.latent[:, 8:], begin[:, 8:])
    if kept == "length":
        assert float(noise.norm()) == pytest.approx(float(was.norm()), rel=1e-5)
    assert kept == "length" or noise.abs().max() <= 1


@pytest.mark.parametrize("circle", [False, True])
def test_a_way_leads_from_one_sample_to_the_other(explorer: Explorer, circle: bool) -> None:
    way = noise_in(explorer.way(1, 2, circle))
    ends = torch.cat([explorer.latent(Sample(seed)) for seed in (1, 2)])
    assert way.shape == (STEPS, NOISE)
    assert torch.allclose(way[[0, -1]], ends, atol=1e-4)
    lengths = way.norm(dim=1)
    if circle:
        assert torch.allclose(lengths, torch.linspace(float(lengths[0]), float(lengths[-1]), STEPS), atol=1e-3)
    else:
        assert torch.allclose(way.diff(dim=0), (ends[1] - ends[0]) / (STEPS - 1), atol=1e-4)
        assert lengths.min() < ends.norm(dim=1).min() - 0.1


def test_a_straight_way_leaves_the_shell_and_a_circle_does_not() -> None:
    explorer = Explorer(plain(prior="normal"))
    straight, circle = (explorer.lengths(1, 2, shell) for shell in (False, True))
    latents = [explorer.latent(Sample(seed)) for seed in (1, 2)]
    for lengths in (straight, circle):
        assert [lengths[0], lengths[-1]] == pytest.approx([float(latent.norm()) for latent in latents], abs=1e-4)
    assert min(circle) == pytest.approx(min(circle[0], circle[-1]), abs=1e-4)
    assert min(straight) < min(circle) - 0.1
    low, high = explorer.usual_lengths()
    assert 0.5 < low < 8**0.5 < high < 6  # the length of 8 normal numbers is about the root of 8


def test_the_sum_is_that_of_the_means(explorer: Explorer) -> None:
    found = noise_in(explorer.sum((1, 2, 3), (4, 5, 6), (7, 8, 9)))
    means = [
        torch.cat([explorer.latent(Sample(seed)) for seed in group]).mean(0)
        for group in ((1, 2, 3), (4, 5, 6), (7, 8, 9))
    ]
    assert found.shape == (4 + NEIGHBOURS, NOISE)
    for shown, mean in zip(found, means, strict=False):
        assert torch.allclose(shown, mean, atol=1e-4)
    assert torch.allclose(found[3], means[0] - means[1] + means[2], atol=1e-4)
    apart = (found[4:] - found[3]).abs()
    assert float(apart.max()) <= 0.25 + 1e-4
    assert (apart.amax(dim=1) > 0.05).all()


@pytest.mark.parametrize("method", METHODS)
def test_directions_are_what_the_generator_amplifies(explorer: Explorer, method: Method) -> None:
    found = explorer.directions(method)
    for place in range(len(GAINS)):
        vector = found[place].vector.abs()
        assert int(vector.argmax()) == place
        assert float(vector[place]) > 0.95


def test_sliders_move_a_sample_together(explorer: Explorer) -> None:
    first, second = explorer.directions("sefa")[:2]
    moved = noise_in(explorer.draw(Sample(3), Moves("sefa", (1.0, -0.5))))
    expected = explorer.latent(Sample(3)) + first.vector - 0.5 * second.vector
    assert torch.allclose(moved, expected, atol=1e-4)
    still = explorer.draw(Sample(3), Moves("sefa", (0.0,) * 8))
    assert torch.equal(still, explorer.draw(Sample(3)))


def test_the_ends_are_as_far_as_the_sliders_go(explorer: Explorer) -> None:
    ends = explorer.ends(Sample(3), "sefa")
    assert len(ends) == 2 * len(explorer.directions("sefa"))
    for end, steps in ((0, (-explorer.reach,)), (1, (explorer.reach,)), (3, (0.0, explorer.reach))):
        assert torch.allclose(ends[end], explorer.draw(Sample(3), Moves("sefa", steps))[0], atol=1e-5)


@pytest.mark.parametrize("steps", [(1e3,), (-100.0,), (0.0,) * 9])
def test_steps_have_their_limits(explorer: Explorer, steps: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="steps"):
        explorer.draw(Sample(0), Moves("sefa", steps))


def test_a_class_is_put_behind_the_noise() -> None:
    explorer = Explorer(plain("cgan", classes=3))
    shown = explorer.classes(Sample(4)).flatten(1)
    assert torch.allclose(shown[:, NOISE : NOISE + 3], 0.1 * torch.eye(3))
    assert torch.equal(shown[0, :NOISE], shown[2, :NOISE])
    assert torch.equal(explorer.draw(Sample(4, label=1))[0].flatten(), shown[1])
    for label in (-1, 3):
        with pytest.raises(ValueError, match="from 0 to 2"):
            explorer.draw(Sample(4, label=label))


def test_codes_follow_the_categories() -> None:
    explorer = Explorer(plain("infogan", categories=2, codes=2))
    shown = explorer.draw(Sample(1, label=1, codes=(0.5, -2.0))).flatten()
    assert torch.allclose(shown[NOISE : NOISE + 4], 0.1 * torch.tensor([0.0, 1.0, 0.5, -2.0]))
    for codes in ((), (0.0,), (0.0, 4.0), (0.0, float("nan"))):
        with pytest.raises(ValueError, match="codes"):
            explorer.draw(Sample(1, codes=codes))


def test_what_a_model_does_not_take_is_refused(explorer: Explorer) -> None:
    for sample in (Sample(0, label=0), Sample(0, codes=(1.0,))):
        with pytest.raises(ValueError, match=r"class|codes"):
            explorer.draw(sample)
    with pytest.raises(ValueError, match="no text"):
        explorer.draw(Sample(0, text="a house"))
    with pytest.raises(ValueError, match="no class"):
        explorer.classes(Sample(0))


def test_a_text_is_drawn_and_unknown_words_are_named() -> None:
    explorer = Explorer(fresh("text_to_image", shape=(3, 16, 16), width=4, latent=8))
    sentences = ("a house with a red roof", "two trees at sunset")
    first, second = (explorer.draw(Sample(0, text=text)) for text in sentences)
    assert not torch.equal(first, second)
    assert torch.equal(explorer.draw(Sample(0, text=sentences[0])), first)
    with pytest.raises(ValueError, match="house"):
        explorer.draw(Sample(0, text="a hause"))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("variant", "fields"), [("cgan", {"classes": 3}), ("infogan", {"categories": 2, "codes": 2}), ("gan", {})]
)
def test_directions_leave_alone_what_was_asked_for(variant: str, fields: dict[str, int], method: Method) -> None:
    explorer = Explorer(plain(variant, **fields))
    for direction in explorer.directions(method):
        assert direction.vector.shape == (explorer.makeup.size,)
        assert not direction.vector[NOISE:].any()
        assert float(direction.vector.norm()) == pytest.approx(1, abs=1e-4)


def test_a_pyramid_has_directions_of_its_first_level() -> None:
    explorer = Explorer(fresh("lapgan", shape=(1, 16, 16), latent=8, width=16))
    vector = explorer.directions("sefa")[0].vector
    assert vector[:8].any()
    assert not vector[8:].any()
    assert explorer.draw(Sample(0), Moves("sefa", (1.0,))).shape == (1, 1, 16, 16)


def test_on_the_way_classes_blend_and_captions_change_at_once() -> None:
    classes = Makeup(noise=1, classes=2)
    way = classes.path(torch.tensor([[0.0, 1, 0]]), torch.tensor([[1.0, 0, 1]]), 5, round_the_shell=False)
    assert way[2].tolist() == [0.5, 0.5, 0.5]
    words = Makeup(noise=1, words=("a", "b"))
    begin, end = torch.zeros(1, 1 + LONGEST), torch.ones(1, 1 + LONGEST)
    way = words.path(begin, end, 6, round_the_shell=False)
    assert way[:, 1].tolist() == [0, 0, 0, 1, 1, 1]
    assert way[:, 0].tolist() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])


def test_a_sum_of_classes_stays_a_class() -> None:
    classes = Makeup(noise=1, classes=3)
    one, two, three = (torch.tensor([[0.5, *row]]) for row in torch.eye(3).tolist())
    assert classes.sum(one, two, three)[0].tolist() == [0.5, 1, 0, 1]
    words = Makeup(noise=1, words=("a",))
    total = words.sum(*(torch.full((1, 1 + LONGEST), float(number)) for number in (5, 2, 1)))
    assert total[0, :3].tolist() == [4, 1, 1]


def test_points_are_drawn_as_points() -> None:
    explorer = Explorer(fresh("gan", shape=(2,), family="mlp", latent=2, width=8))
    assert explorer.makes_points
    assert explorer.cloud(50).shape == (50, 2)
    assert torch.allclose(explorer.way(0, 1, False)[0], explorer.strip(0)[0], atol=1e-6)


def test_edits_of_the_shared_network_are_not_seen(explorer: Explorer) -> None:
    model = plain()
    looking = Explorer(model)
    before = looking.draw(Sample(2))
    assert isinstance(model.net.first, torch.nn.Linear)
    model.net.first.register_forward_hook(lambda module, given, output: output * 0)
    assert torch.equal(looking.draw(Sample(2)), before)


def test_samples_are_drawn_while_directions_are_looked_for() -> None:
    looking = Explorer(plain())
    alone = looking.draw(Sample(1))
    finding = threading.Thread(target=looking.directions, args=("pca",))
    finding.start()
    drawn = [looking.draw(Sample(1)) for _ in range(50)]
    finding.join()
    assert all(torch.equal(alone, each) for each in drawn)
    assert alone.shape == (1, 1, SIDE, SIDE)
