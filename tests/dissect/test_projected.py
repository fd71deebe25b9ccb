"""A discriminator that looks through a segmenter: what it sees, what it pays, and that the segmenter never learns."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core_gans.data import Batches, Examples, load
from core_gans.foundation.errors import LabError
from core_gans.models import Model, load_model, model_of_run, save_model
from core_gans.training import start, train
from dissect.projected import Projected, ThroughSegmenter
from dissect.projected import discriminator as looking
from dissect.segmenters.unet import UNet, UNetSegmenter

SIDE = 32


@pytest.fixture
def segmenter() -> UNetSegmenter:
    torch.manual_seed(1)
    return UNetSegmenter(UNet(4, (4, 6, 8), normalise=False), ("sky", "tree", "sun", "grass"))


@pytest.fixture
def through(segmenter: UNetSegmenter) -> ThroughSegmenter:
    return ThroughSegmenter(segmenter.net, SIDE, SIDE)


@pytest.fixture
def game(segmenter: UNetSegmenter, tmp_path: Path) -> Projected:
    segmenter.save(tmp_path / "segmenter.safetensors")
    return Projected(
        shape=(3, SIDE, SIDE), latent=5, width=4, seen=SIDE, segmenter=str(tmp_path / "segmenter.safetensors")
    )


@pytest.fixture(scope="module")
def scenes() -> Examples:
    return load("scenes", size=SIDE, count=24)


def pictures(count: int, side: int = SIDE) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(2)) * 2 - 1


def test_it_sees_what_the_segmenter_sees(segmenter: UNetSegmenter) -> None:
    images = pictures(3)
    probable = F.avg_pool2d(segmenter.probabilities(images), 2)
    seen = ThroughSegmenter(segmenter.net, SIDE, SIDE).features(images)
    torch.testing.assert_close(seen["classes"], probable)
    assert seen["deep"].shape == (3, 8, 8, 8)
    assert seen["middle"].shape == (3, 6, 16, 16)
    torch.testing.assert_close(seen["coarse"], F.avg_pool2d(images, 2))


def test_what_is_fine_is_what_differs_from_its_surroundings(through: ThroughSegmenter) -> None:
    smooth = torch.linspace(-1, 1, SIDE).expand(1, 3, SIDE, SIDE)
    weave = 0.01 * (-1) ** torch.arange(SIDE).expand(1, 3, SIDE, SIDE)
    inside = (..., slice(4, -4), slice(4, -4))
    assert float(through.features(smooth)["fine"][inside].abs().max()) < 1e-6
    torch.testing.assert_close(through.features(smooth + weave)["fine"][inside], 0.8 * weave[inside])


def test_a_segmenter_of_one_scale_has_features_too() -> None:
    net = UNet(2, (4,), normalise=False)
    deep, middle, scores = net.features(pictures(1, 16))
    assert deep.shape == middle.shape == (1, 4, 16, 16)
    assert torch.equal(scores, net(pictures(1, 16)))


def test_larger_pictures_are_shown_to_the_segmenter_at_its_own_size(segmenter: UNetSegmenter) -> None:
    large = pictures(2, 2 * SIDE)
    seen = ThroughSegmenter(segmenter.net, 2 * SIDE, SIDE).features(large)
    small = ThroughSegmenter(segmenter.net, SIDE, SIDE).features(F.avg_pool2d(large, 2))
    torch.testing.assert_close(seen["classes"], small["classes"])
    assert torch.equal(seen["picture"], large)


def test_features_are_brought_to_the_mean_and_the_spread_of_real_ones(through: ThroughSegmenter) -> None:
    images = pictures(40)
    for part in images.split(8):
        through.count(part)
    for name, maps in through.usual(through.features(images)).items():
        alive = through.features(images)[name].std((0, 2, 3)) > 1e-2  # a unit that is always silent has no spread
        torch.testing.assert_close(maps.mean((0, 2, 3))[alive], torch.zeros(int(alive.sum())), atol=1e-4, rtol=0)
        torch.testing.assert_close(
            maps.std((0, 2, 3), unbiased=False)[alive], torch.ones(int(alive.sum())), atol=1e-3, rtol=0
        )


def test_only_the_first_batches_say_what_is_usual(through: ThroughSegmenter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "COUNTED", 2)
    for shift in (0.0, 0.1):
        through.count(pictures(4) + shift)
    before = through.get_buffer("picture_mean").clone()
    through.count(pictures(4) + 5)
    assert torch.equal(through.get_buffer("picture_mean"), before)
    torch.testing.assert_close(before, (pictures(4) + 0.05).mean((0, 2, 3), keepdim=True))


def test_the_slope_of_a_linear_look_is_its_weights(through: ThroughSegmenter) -> None:
    for name, maps in through.features(pictures(1)).items():
        through.looks[name] = nn.Conv2d(*(maps.shape[1], 1), maps.shape[-1])
    expected = [look.weight.square().sum() / 2 for look in through.looks.values()]
    torch.testing.assert_close(through.slope(pictures(3)), torch.stack(expected).mean())


def test_what_sees_all_at_once_is_no_sum_over_places(through: ThroughSegmenter) -> None:
    """Two suns beside none are told from one and one: of a sum, both pairs would have the same score."""
    none = -torch.ones(1, 3, SIDE, SIDE)
    left, right, both = none.clone(), none.clone(), none.clone()
    for image, columns in ((left, [4]), (right, [22]), (both, [4, 22])):
        for column in columns:
            image[:, :, 2:8, column : column + 6] = 1
    torch.nn.init.normal_(through.looks["coarse"][0].weight, 0, 1)
    with torch.no_grad():
        alone, two, one, other = (float(through(image)[0, -1]) for image in (none, both, left, right))
    assert abs(alone + two - one - other) > 1e-4


def test_the_segmenter_never_learns(game: Projected, scenes: Examples) -> None:
    state = start(game, Batches(scenes, 4, 0), torch.Generator().manual_seed(0))
    discriminator, generator = state.nets["discriminator"], state.nets["generator"]
    assert isinstance(discriminator, ThroughSegmenter)
    assert not list(discriminator.segmenter.parameters())
    given = UNet(2, (4, 6), normalise=False)
    ThroughSegmenter(given, SIDE, SIDE)
    assert list(given.parameters())  # who gave it keeps it as it was
    segmenter = {name: value.clone() for name, value in discriminator.segmenter.state_dict().items()}
    before = [parameter.clone() for parameter in (*generator.parameters(), *discriminator.parameters())]
    train(game, state.batches, 2, rng=state.rng, state=state, progress=False)
    for name, value in discriminator.segmenter.state_dict().items():
        assert torch.equal(value, segmenter[name])
    after = (*generator.parameters(), *discriminator.parameters())
    assert all(not torch.equal(old, new) for old, new in zip(before, after, strict=True))


def test_the_penalty_is_paid_in_every_fourth_step(game: Projected, scenes: Examples) -> None:
    state = start(game, Batches(scenes, 4, 0), torch.Generator().manual_seed(0))
    paid = []
    for rounds in range(1, 6):
        train(game, state.batches, rounds, rng=state.rng, state=state, progress=False)
        paid.append("r1" in state.terms)
    assert paid == [True, False, False, False, True]


def test_it_goes_on_exactly(game: Projected, scenes: Examples) -> None:
    whole = train(game, Batches(scenes, 4, 0), 4, rng=0, progress=False)
    first = train(game, Batches(scenes, 4, 0), 2, rng=0, progress=False).state_dict()
    again = start(game, Batches(scenes, 4, 0), torch.Generator().manual_seed(9))
    again.load_state_dict(first)
    train(game, again.batches, 4, rng=again.rng, state=again, progress=False)
    for name, net in whole.nets.items():
        for key, value in net.state_dict().items():
            assert torch.equal(value, again.nets[name].state_dict()[key]), (name, key)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"shape": (1, 32, 32)}, "in colour"),
        ({"shape": (3, 32, 64)}, "square"),
        ({"augment": ("mirror",)}, "--augment"),
    ],
)
def test_what_it_cannot_look_at_is_refused(fields: dict, told: str) -> None:
    with pytest.raises(LabError, match=told):
        Projected(**fields)


def test_a_segmenter_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="scenes-segmenter"):
        Projected(segmenter="scene-segmenter")
    with pytest.raises(LabError, match="features"):
        Projected(segmenter="strokes").players()


def test_a_saved_generator_opens_without_the_file_of_its_segmenter(game: Projected, tmp_path: Path) -> None:
    nets = game.players()
    for player, net in nets.items():
        save_model(tmp_path / f"{player}.safetensors", Model(net, game, player))
    Path(game.segmenter).rename(tmp_path / "moved.safetensors")
    opened = load_model(tmp_path / "generator.safetensors")
    assert opened.game == game
    for name, value in opened.net.state_dict().items():
        assert torch.equal(value, nets["generator"].state_dict()[name])
    told = "the game's field segmenter names .*segmenter.safetensors, and there is no such file: put it back"
    with pytest.raises(FileNotFoundError, match=told):
        load_model(tmp_path / "discriminator.safetensors")


def test_the_command_trains_it_and_its_run_opens_without_trust(tmp_path: Path) -> None:
    words = "train dissect.projected:Projected --data scenes --size 32 --count 24 --seen 32 --width 4 --batch 4"
    command = [sys.executable, "-m", "core_gans", *words.split(), "--rounds", "2", "--name", "seen", "--threads", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    opened = "from core_gans.models import model_of_run; print(model_of_run('runs/seen').game.name)"
    told = subprocess.run([sys.executable, "-c", opened], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "dissect.projected:Projected"
    assert model_of_run(tmp_path / "runs/seen").game.shape == (3, 32, 32)
