"""Places in other people's networks: pieces of a batch, repeated runs, other layouts, parts and inputs."""

from dataclasses import dataclass
from threading import Thread, current_thread, main_thread

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dissect import ablate, dissect, insert, intervene, layers, record, scale
from dissect.addressing.addresses import read_address
from dissect.addressing.layouts import read_layout
from dissect.generators import check_layers, default_layers, stretch_images
from dissect.sampling import RangeWarning
from tests.dissect.glass import ColourSegmenter, GlassGenerator, latents


class InPieces(nn.Module):
    """Draws a batch in pieces of ``size``."""

    def __init__(self, inside: nn.Module, size: int) -> None:
        super().__init__()
        self.inside, self.size = inside, size

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.inside(piece) for piece in x.split(self.size)])


class Refined(nn.Module):
    """Adds 1, 2, 3 ... in so many runs of one layer."""

    def __init__(self, runs: int = 4) -> None:
        super().__init__()
        self.runs, self.step = runs, nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        for run in range(self.runs):
            x = self.step(x + run + 1)
        return x


class ChannelsLast(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Linear(3, 5, bias=False)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.mix(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)


@dataclass
class Answer:
    sample: Tensor
    others: tuple[Tensor, ...]


class Parts(nn.Module):
    """A layer that answers with a dataclass, and takes its scale by name."""

    class Inner(nn.Module):
        def forward(self, x: Tensor, *, gain: Tensor) -> Answer:
            return Answer(x * gain, (x, -x))

    def __init__(self) -> None:
        super().__init__()
        self.inner = self.Inner()

    def forward(self, x: Tensor) -> Tensor:
        answer = self.inner(x, gain=torch.full_like(x, 3.0))
        return answer.sample + answer.others[1]


MAPS = torch.arange(2 * 3 * 4 * 4).view(2, 3, 4, 4).float()


@pytest.mark.parametrize("size", [1, 2, 5, 6])
def test_pieces_of_a_batch_are_joined(size):
    net = InPieces(nn.Conv2d(1, 2, 1, bias=False), size)
    x = torch.randn(6, 1, 4, 4)
    with record(net, ["inside"]) as seen, torch.no_grad():
        images = net(x)
        again = net(x[:5])
    assert torch.equal(seen["inside"], again)
    with record(net, ["inside"]) as seen, intervene(net, {"inside": scale([0], 2)}), torch.no_grad():
        edited = net(x)
    assert torch.equal(seen["inside"], edited)
    assert torch.equal(edited[:, 0], 2 * images[:, 0])
    assert torch.equal(edited[:, 1], images[:, 1])


def test_a_generator_that_draws_in_pieces_is_dissected_as_the_whole():
    sample = latents(48)
    whole = dissect(GlassGenerator(), "stem.glass", sample, ColourSegmenter(), batch_size=16)
    parts = dissect(InPieces(GlassGenerator(), 4), "inside.stem.glass", sample, ColourSegmenter(), batch_size=16)
    np.testing.assert_array_equal(whole.iou, parts.iou)
    np.testing.assert_array_equal(whole.inside, parts.inside)


def test_repeated_runs_are_refused_until_one_is_chosen():
    net = Refined()
    with record(net, ["step"]) as seen:
        net(MAPS)
    with pytest.raises(ValueError, match=r"'step' runs 4 times .* as in step@1, step@last, or step@all"):
        seen["step"]
    words = r"runs twice or more often in one call of the network: choose a run"
    with pytest.raises(ValueError, match=words), intervene(net, {"step": scale([0], 2)}):
        net(MAPS)
    assert layers(net, MAPS) == {"step@last": (2, 3, 4, 4)}


def test_a_run_in_another_thread_is_no_run_of_this_call():
    class Shared(nn.Sequential):
        def forward(self, x: Tensor) -> Tensor:
            if current_thread() is main_thread():
                other = Thread(target=self, args=(x,))
                other.start()
                other.join()
            return super().forward(x)

    assert layers(Shared(nn.Conv2d(3, 2, 1)), MAPS) == {"0": (2, 2, 4, 4)}


@pytest.mark.parametrize(("run", "added"), [("1", 1), ("2", 3), ("3", 6), ("4", 10), ("last", 10), ("all", 5.0)])
def test_one_run_is_recorded(run, added):
    net = Refined()
    with record(net, [f"step@{run}"]) as seen:
        net(torch.zeros(9, 3, 4, 4))
        net(MAPS)
    assert torch.equal(seen[f"step@{run}"], MAPS + added)


@pytest.mark.parametrize(("run", "expected"), [("1", 9), ("2", 7), ("4", 0), ("last", 0), ("all", 0)])
def test_an_edit_acts_in_the_chosen_run_alone(run, expected):
    net = Refined()
    x = torch.ones(2, 3, 4, 4)
    with intervene(net, {f"step@{run}": ablate([1])}):
        for _ in range(2):
            images = net(x)
    assert set(images[:, 1].unique().tolist()) == {expected}
    assert set(images[:, 0].unique().tolist()) == {11}


def test_last_runs_of_two_blocks_count_apart():
    net = Refined(3)
    ten, hundred = intervene(net, {"step@2": scale([0], 10)}), intervene(net, {"step@last": scale([0], 100)})
    with record(net, ["step@2", "step@last"]) as seen, ten, hundred:
        net(torch.zeros(1, 2, 2, 2))
    assert seen["step@2"][0, 0, 0, 0] == 30
    assert seen["step@last"][0, 0, 0, 0] == 3300


def test_a_run_that_is_not_there_is_said():
    net = Refined(2)
    with record(net, ["step@3"]) as seen:
        net(MAPS)
    with pytest.raises(ValueError, match="runs 2 times in a call"):
        seen["step@3"]
    with pytest.raises(RuntimeError, match="'step@3' never ran"), intervene(net, {"step@3": scale([0], 2)}):
        net(MAPS)


def test_channels_last_are_refused_by_their_plain_name_and_read_by_their_layout():
    net, x = ChannelsLast(), torch.randn(2, 3, 4, 4)
    with record(net, ["mix", "mix~nhwc"]) as seen, torch.no_grad():
        net(x)
    assert seen["mix"].shape == (2, 4, 4, 5)
    assert torch.allclose(seen["mix~nhwc"], nn.functional.conv2d(x, net.mix.weight[:, :, None, None]), atol=1e-6)
    assert "write mix~nhwc, or mix~nchw" in (seen.doubt("mix") or "")
    assert "write act~nhwc" in (seen_doubt(net, "act", x) or "")
    with pytest.raises(ValueError, match="looks like height, width, units"), intervene(net, {"act": ablate([0])}):
        net(x)
    with intervene(net, {"act~nhwc": ablate([3])}), torch.no_grad():
        edited = net(x)
    assert not edited[:, 3].any()
    assert torch.equal(edited[:, :3], net(x)[:, :3])
    assert default_layers(net, x) == ["act~nhwc"]
    with pytest.raises(ValueError, match="write act~nhwc"):
        check_layers(net, x, ["act"])
    check_layers(net, x, ["act~nhwc", "act~nchw", "mix:in~nhwc"])


def test_a_block_of_convolutions_has_its_units_first_also_where_there_are_as_many_as_rows():
    block = nn.Sequential(nn.ConvTranspose2d(4, 8, 4, 2, 1), nn.BatchNorm2d(8), nn.ReLU())
    net = nn.Sequential(block, nn.Conv2d(8, 3, 1))
    latents = torch.randn(2, 4, 4, 8)  # 8 units of 8 x 16 cells, a landscape
    assert "0~nhwc" not in layers(net, latents)
    assert default_layers(net, latents) == ["0"]
    check_layers(net, latents, ["0"])
    with intervene(net, {"0": ablate([3])}), record(net, ["0"]) as seen, torch.no_grad():
        net(latents)
    assert seen["0"].shape == (2, 8, 8, 16)
    assert not seen["0"][:, 3].any()


def seen_doubt(net: nn.Module, layer: str, x: Tensor) -> str | None:
    with record(net, [layer]) as seen, torch.no_grad():
        net(x)
    return seen.doubt(layer)


@pytest.mark.parametrize(
    ("layout", "values", "before"),
    [
        ("tokens", MAPS.flatten(2).transpose(1, 2), 0),
        ("tokens", torch.cat([torch.full((2, 1, 3), -7.0), MAPS.flatten(2).transpose(1, 2)], 1), 1),
        ("2x8", MAPS.flatten(2).transpose(1, 2), 0),
        ("2x8+3", torch.cat([torch.full((2, 3, 3), -7.0), MAPS.flatten(2).transpose(1, 2)], 1), 3),
        ("nhwc", MAPS.permute(0, 2, 3, 1), 0),
        ("nchw", MAPS, 0),
        ("vector", MAPS[:, :, 0, 0], 0),
    ],
)
def test_layouts_become_maps_and_come_back(layout, values, before):
    found = read_layout(layout)
    maps = found.to_maps(values)
    shown = MAPS.view(2, 3, 2, 8) if layout.startswith("2x8") else MAPS[:, :, :1, :1] if layout == "vector" else MAPS
    assert torch.equal(maps, shown)
    back = found.to_layer(maps + 1, values)
    assert back.shape == values.shape
    assert torch.equal(back[:, before:], values[:, before:] + 1)
    assert torch.equal(back[:, :before], values[:, :before])


def test_parts_and_inputs_are_recorded_and_edited():
    net = Parts()
    assert layers(net, MAPS) == dict.fromkeys(("inner.sample", "inner.others[0]", "inner.others[1]"), (2, 3, 4, 4))
    names = ["inner.sample", "inner.others[1]", "inner:in", "inner:in.gain"]
    with record(net, names) as seen:
        net(MAPS)
    assert torch.equal(seen["inner.sample"], 3 * MAPS)
    assert torch.equal(seen["inner.others[1]"], -MAPS)
    assert torch.equal(seen["inner:in"], MAPS)
    assert torch.equal(seen["inner:in.gain"], torch.full_like(MAPS, 3))
    with intervene(net, {"inner.others[1]": ablate([0, 1, 2])}):
        assert torch.equal(net(MAPS), 3 * MAPS)
    with intervene(net, {"inner:in.gain": insert([0, 1, 2], 5.0)}), record(net, ["inner:in.gain"]) as seen:
        assert torch.equal(net(MAPS), 4 * MAPS)
    assert torch.equal(seen["inner:in.gain"], torch.full_like(MAPS, 5))
    with intervene(net, {"inner:in": scale([0, 1, 2], 10)}):
        assert torch.equal(net(MAPS), 20 * MAPS)
    words = r"puts out a Answer, expected a tensor: choose inner\.sample or inner\.others"
    with pytest.raises(TypeError, match=words), record(net, ["inner"]):
        net(MAPS)
    with pytest.raises(TypeError, match=r"there is no 'smple' in the Answer"), record(net, ["inner.smple"]):
        net(MAPS)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("step@0", "expected a run after @"),
        ("step@first", "a number from 1, last, or all; got 'first'"),
        ("step~hwc", "no layout is called 'hwc'"),
        ("stepp@1", "no layer is called 'stepp': did you mean step"),
        ("step[", "no layer is called"),
        ("", "no layer is called ''"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(address, words):
    with pytest.raises(ValueError, match=words):
        read_address(address, {"step": nn.Identity()})


def test_tokens_of_no_square_ask_for_their_grid():
    with pytest.raises(ValueError, match="12 tokens are no square: give their grid"):
        read_layout("tokens").to_maps(torch.zeros(1, 12, 3))
    with pytest.raises(ValueError, match=r"a grid of 3 x 3 and 1 before them does not hold the 12 tokens"):
        read_layout("3x3+1").to_maps(torch.zeros(1, 12, 3))
    with pytest.raises(ValueError, match=r"layout nhwc is for layers of shape \(N, H, W, C\)"):
        read_layout("nhwc").to_maps(torch.zeros(1, 12, 3))


def test_an_operation_in_place_does_not_change_what_was_recorded():
    net = nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU(inplace=True))
    nn.init.ones_(net[0].weight)
    with record(net, ["0"]) as seen, torch.no_grad():
        net(MAPS - 20)
    assert torch.equal(seen["0"], net[0](MAPS - 20))
    assert bool((seen["0"] < 0).any())


def test_a_hidden_operation_in_place_is_refused():
    class Hidden(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            return nn.functional.relu_(self.conv(x))

    net = Hidden()
    with record(net, ["conv"]) as seen, torch.no_grad():
        net(MAPS)
    with pytest.raises(ValueError, match="'conv' is changed in place by what follows it"):
        seen["conv"]


@pytest.mark.parametrize(("given", "factor"), [("0..1", 1.0), ("0..255", 255.0)])
def test_images_of_another_range_are_told_and_brought_to_it(given, factor):
    shown = nn.Sequential(GlassGenerator())
    shown.register_forward_hook(lambda _module, _inputs, images: (images + 1) / 2 * factor)
    words = rf"say so \(--range {given.replace('.', '[.]')}"
    with pytest.warns(RangeWarning, match=words):
        dissect(shown, "0.stem.glass", latents(8), ColourSegmenter(), batch_size=4)
    stretch_images(shown, given)
    assert torch.allclose(shown(latents(8)), GlassGenerator()(latents(8)), atol=1e-6)
