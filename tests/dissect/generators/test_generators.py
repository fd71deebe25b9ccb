"""Generators of one's own: their latents, labels and layers, and what is noticed before any work."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dissect import ablate, dissect, intervene, record
from dissect.generators import (
    KnowsLatents,
    LabelDoor,
    LabelledLatents,
    Prior,
    carry_labels,
    check_layers,
    classes_known,
    compute_in,
    default_layers,
    latents_taken,
    oddities,
    sequential,
    stretch_images,
    with_unit_maps,
)
from tests.dissect.glass import GlassGenerator
from tests.dissect.glass import latents as glass_latents
from tests.dissect.strangers import LightSegmenter

SMALL = "linear 4 32; reshape 8 2 2; upsample 2; conv 8 6 3 1 1; batchnorm 6; relu; conv 6 3 1; tanh"


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Conditional(nn.Module):
    """Draws its label as brightness, and the first latent as a square in the corner."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Identity())
        self.table = nn.Embedding(5, 1)
        self.table.weight.data = torch.linspace(-1, 1, 5)[:, None]

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        grey = self.table(labels)[:, :, None, None].expand(-1, 3, 4, 4)
        return self.block(grey + F.pad(latents[:, :1, None, None], (0, 3, 0, 3)))


def test_latents_are_drawn_from_the_given_generator_alone() -> None:
    before = torch.get_rng_state()
    normal, uniform = Prior((100, 1, 1)), Prior((50,), "uniform")
    assert normal(3, rng()).shape == (3, 100, 1, 1)
    assert torch.equal(normal(3, rng()), torch.randn(3, 100, 1, 1, generator=rng()))
    drawn = uniform(2_000, rng())
    assert -1 <= drawn.min() < -0.99
    assert 0.99 < drawn.max() <= 1
    assert torch.equal(before, torch.get_rng_state())
    with pytest.raises(ValueError, match="positive numbers"):
        Prior((0,))


def test_the_first_weights_tell_the_latents_where_they_can() -> None:
    assert latents_taken(sequential(SMALL)) == ("0", (4,))
    assert latents_taken(sequential("deconv 100 8 4; relu")) == ("0", (100, 1, 1))
    assert latents_taken(sequential("conv 3 8 3")) is None
    assert latents_taken(sequential("relu")) is None
    assert not isinstance(sequential(SMALL), KnowsLatents)


def test_latents_that_carry_labels_draw_what_the_label_says() -> None:
    net = Conditional()
    names, weights = [name for name, _ in net.named_modules()], set(net.state_dict())
    latents = LabelledLatents(Prior((3,)), 5)(40, rng())
    assert latents.shape == (40, 4)
    assert torch.equal(latents[:, :3], Prior((3,))(40, rng()))
    labels = latents[:, 3].long()
    assert set(labels.tolist()) == set(range(5))
    expected = net(latents[:, :3], labels)
    door = carry_labels(net, LabelDoor((3,), classes_known(net) or 0))
    assert torch.equal(net(latents), expected)
    assert [name for name, _ in net.named_modules()] == names
    assert set(net.state_dict()) == weights
    with record(net, ["block"]) as seen, intervene(net, {"block": ablate([0])}):
        net(latents)
    assert seen["block"][:, 0].abs().max() == 0
    assert torch.equal(copy.deepcopy(net)(latents), expected)
    fixed = LabelledLatents(Prior((3,)), 5, 4)(6, rng())
    assert fixed[:, 3].tolist() == [4.0] * 6
    assert torch.equal(net(fixed)[:, :, 3, 3], torch.ones(6, 3))
    door.remove()
    assert torch.equal(net(latents[:, :3], labels), expected)


def test_labels_come_in_the_form_that_the_generator_takes() -> None:
    class Taking(nn.Module):
        def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
            return inputs

    carried = torch.tensor([[0.5, -0.5, 2.0], [1.5, 0.0, 0.0]])
    rows = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    for form, expected in {
        "index": (carried[:, :2].view(2, 2, 1, 1), torch.tensor([2, 0])),
        "one-hot": (carried[:, :2].view(2, 2, 1, 1), rows),
        "joined": (torch.cat((carried[:, :2], rows), 1),),
    }.items():
        taking = Taking()
        carry_labels(taking, LabelDoor((2, 1, 1), 3, form))  # type: ignore[arg-type]
        for found, wanted in zip(taking(carried), expected, strict=True):
            assert torch.equal(found, wanted)
            assert found.dtype == wanted.dtype


def test_labels_that_are_not_there_are_refused() -> None:
    with pytest.raises(ValueError, match="label 5 was asked for, but the classes are 0 to 4"):
        LabelledLatents(Prior((3,)), 5, 5)
    with pytest.raises(ValueError, match="at least one class"):
        LabelledLatents(Prior((3,)), 0)
    net = Conditional()
    carry_labels(net, LabelDoor((3,), 5))
    with pytest.raises(ValueError, match=r"expected latents \(N, 4\), the last number the label, got \[\(2, 3\)\]"):
        net(torch.ones(2, 3))
    with pytest.raises(ValueError, match="labels are 0 to 4, got 1 to 7"):
        net(torch.tensor([[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 7.0]]))
    with pytest.raises(ValueError, match="labels are 0 to 4, got -"):
        net(torch.tensor([[0.0, 0.0, 0.0, torch.nan]]))
    assert classes_known(sequential(SMALL)) is None


def test_a_label_that_a_search_tells_is_the_nearest_class() -> None:
    net = Conditional()
    carry_labels(net, LabelDoor((3,), 5))
    told = torch.tensor([-1.7, -0.6, 0.4, 2.6, 4.9, 7.2])
    drawn = net(torch.cat((torch.zeros(6, 3), told[:, None]), 1))
    assert drawn[:, 0, 3, 3].tolist() == [-1.0, -1.0, -1.0, 0.5, 1.0, 1.0]  # the classes 0, 0, 0, 3, 4 and 4


def test_images_of_the_unit_range_are_stretched() -> None:
    net = sequential("reshape 1 2 2; sigmoid").eval()
    latents = torch.tensor([[-100.0, 0.0, 100.0, 0.0]])
    assert net(latents).flatten().tolist() == [0.0, 0.5, 1.0, 0.5]
    stretch_images(net)
    assert net(latents).flatten().tolist() == [-1.0, 0.0, 1.0, 0.0]


class Noisy(nn.Module):
    def forward(self, latents: Tensor) -> Tensor:
        return torch.tanh(latents.view(-1, 1, 2, 2) + torch.randn(len(latents), 1, 2, 2))


class Restless(nn.Module):
    """Dropout that eval() does not reach."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def train(self, mode: bool = True) -> Restless:
        return super().train(True)

    def forward(self, latents: Tensor) -> Tensor:
        return torch.tanh(self.drop(latents.view(-1, 1, 2, 2)))


class Leaning(nn.Module):
    """Each image leans on the batch, without any batch norm."""

    def forward(self, latents: Tensor) -> Tensor:
        return torch.tanh((latents - latents.mean(0)).view(-1, 1, 2, 2))


LOOSE = nn.Sequential(nn.Unflatten(1, (1, 2, 2)), nn.BatchNorm2d(1, track_running_stats=False), nn.Tanh())


@pytest.mark.parametrize(
    ("net", "told"),
    [
        (Noisy(), ["other images at equal latents"]),
        (Restless(), ["'the generator', 'drop' are in training mode", "other images at equal latents"]),
        (LOOSE, ["'1' is without running statistics"]),
        (Leaning(), ["an image depends on the others in its batch"]),
        (sequential("reshape 1 2 2; sigmoid"), [r"say so (--range 0..1"]),
        (nn.Sequential(sequential("reshape 1 2 2"), nn.Threshold(99.0, -0.5)), ["all latents give the same image"]),
        (nn.Sequential(sequential("reshape 1 2 2; tanh; instancenorm 1"), nn.Hardtanh(-3, 3)), ["images reach from"]),
        (sequential("reshape 1 2 2; dropout; batchnorm 1; tanh"), []),
        (sequential("linear 4 4; reshape 1 2 2; tanh").train(), []),
    ],
)
def test_what_is_odd_about_a_generator_is_told(net: nn.Module, told: list[str]) -> None:
    training = [module.training for module in net.modules()]
    found = oddities(net, torch.randn(6, 4, generator=rng()))
    for words in told:
        assert any(words in line for line in found), (words, found)
    assert bool(found) == bool(told)
    assert [module.training for module in net.modules()] == training


def test_what_cannot_be_dissected_at_all_is_an_error() -> None:
    latents = torch.randn(6, 4, generator=rng())
    for layers, told in {
        "linear 4 8": r"expected 6 images of shape \(C, H, W\)",
        "reshape 4 1 1": r"1 or 3 channels from the generator, got 4: .*without \(--colours 3\)",
    }.items():
        with pytest.raises(ValueError, match=told):
            oddities(sequential(layers), latents)
    with pytest.raises(ValueError, match="NaN or infinite"):
        oddities(sequential("reshape 1 2 2"), latents * torch.inf)
    with pytest.raises(ValueError, match="at least 4 latents"):
        oddities(sequential("reshape 1 2 2"), latents[:3])


def test_of_a_chain_the_ends_of_its_steps_are_dissected() -> None:
    enlarged = "upsample 2; conv 8 6 3 1 1; batchnorm 6; relu"
    chain = sequential(f"linear 4 128; reshape 8 4 4; batchnorm 8; relu; {enlarged}; conv 6 3 3 1 1; tanh")
    assert default_layers(chain, torch.ones(1, 4)) == ["3", "7"]
    nested = nn.Sequential()
    nested.add_module("main", chain)
    assert default_layers(nested, torch.ones(1, 4)) == ["main.3", "main.7"]
    assert default_layers(GlassGenerator(), glass_latents(1)) == ["stem"]
    assert default_layers(sequential("linear 4 4; reshape 1 2 2"), torch.ones(1, 4)) == []


def test_blocks_stand_for_their_parts_although_neighbours_have_one_shape() -> None:
    blocks = nn.Sequential()
    blocks.add_module("shape", nn.Unflatten(1, (1, 4, 4)))
    for name in ("widen", "again"):
        blocks.add_module(name, sequential(f"conv {1 if name == 'widen' else 5} 5 3 1 1; relu"))
    blocks.add_module("image", nn.Conv2d(5, 3, 1))
    assert default_layers(blocks, torch.ones(1, 16)) == ["widen", "again"]


def test_a_misspelt_layer_lists_those_there_are_with_their_shapes() -> None:
    net = GlassGenerator()
    with pytest.raises(
        ValueError,
        match=r"^no layer is called 'stem\.glas': did you mean stem\.glass \(8 x 16 x 16\).*painter \(3 x 32 x 32",
    ):
        check_layers(net, glass_latents(1), ["painter", "stem.glas"])
    with pytest.raises(ValueError, match=r"^no layer is called 'xyz': choose one of stem\.glass"):
        check_layers(net, glass_latents(1), ["xyz"])
    with pytest.raises(
        ValueError, match=r"layer '0' puts out 32, no maps .* choose one of 1 \(8 x 2 x 2\), 2 \(8 x 4 x 4"
    ):
        check_layers(sequential(SMALL).eval(), torch.ones(1, 4), ["0"])
    with pytest.raises(
        ValueError, match=r"layer 'attic' puts out no tensor, or nothing passes .* stem\.glass \(8 x 16"
    ):
        check_layers(net, glass_latents(1), ["attic"])
    check_layers(net, glass_latents(1), ["stem", "stem.glass"])


def test_a_layer_without_places_becomes_maps_of_one_cell_and_draws_what_it_drew() -> None:
    net, latents = sequential("linear 4 6; relu; linear 6 4; reshape 1 2 2; tanh"), torch.randn(5, 4, generator=rng())
    before, hidden = net(latents), net[:2](latents)
    assert with_unit_maps(net, "1") == with_unit_maps(net, "1") == "1.maps"
    assert len(list(net.named_modules())) == 8
    assert torch.equal(net(latents), before)
    with record(net, ["1.maps"]) as seen:
        net(latents)
    assert torch.equal(seen["1.maps"], hidden[:, :, None, None])
    with intervene(net, {"1.maps": ablate(range(6))}):
        assert torch.equal(net(latents), net[3:](net.state_dict()["2.bias"].expand(5, 4)))


def test_a_generator_computes_in_half_precision_and_is_dissected_in_float32(tmp_path) -> None:
    net = Conditional()
    carry_labels(net, LabelDoor((3,), 1000))
    net.table = nn.Embedding(1000, 1)
    net.table.weight.data = torch.linspace(-1, 1, 1000)[:, None]
    compute_in(net, "bfloat16")
    images = net(torch.tensor([[0.0, 0.0, 0.0, 777.0]]))
    assert images.dtype == torch.float32
    assert images[0, 0, 3, 3] == torch.linspace(-1, 1, 1000)[777].bfloat16()  # 777 itself would be rounded to 776
    half = nn.Sequential(sequential(SMALL))
    compute_in(half, "bfloat16")
    z = torch.randn(40, 4, generator=rng())
    found = dissect(half, "0.5", z, LightSegmenter(), keep=tmp_path / "c")
    assert found.images == 40
    again = dissect(half, found.layer, z, LightSegmenter(), keep=tmp_path / "c")
    assert again.iou.tolist() == found.iou.tolist()
