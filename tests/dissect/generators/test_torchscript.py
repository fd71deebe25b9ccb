"""TorchScript opened again: the same images, and layers that can be recorded and edited."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dissect import ablate, intervene, layers, record
from dissect.generators import closed_modules, default_layers, open_torchscript, plays_alike

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*deprecated:DeprecationWarning")
LATENTS = torch.randn(3, 4, generator=torch.Generator().manual_seed(1))


class Block(nn.Module):
    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, 3, 1, 1)
        self.norm = nn.BatchNorm2d(after)

    def forward(self, x: Tensor) -> Tensor:
        x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return F.leaky_relu(self.norm(self.conv(x)), 0.2)


class Small(nn.Module):
    """4 numbers to 3 x 8 x 8, with a constant of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(4, 20)
        self.low, self.high = Block(5, 8), Block(8, 6)
        self.image = nn.Conv2d(6, 3, 1)
        self.constant = nn.Parameter(torch.linspace(-1, 1, 20).view(1, 5, 2, 2))

    def forward(self, latents: Tensor) -> Tensor:
        x = self.dense(latents).view(latents.size(0), 5, 2, 2) + self.constant * 0.5
        return torch.tanh(self.image(self.high(self.low(x))))


class Branching(Small):
    """Another way for a single image."""

    def forward(self, latents: Tensor) -> Tensor:
        x = self.low(self.dense(latents).view(latents.size(0), 5, 2, 2))
        if x.size(0) > 1:
            y, z = x[:, :3], x[:, 3:] * 2
        else:
            y, z = -x[:, :3], x[:, 3:]
        return torch.tanh(self.image(self.high(torch.cat((y, z), dim=1))))


class Looping(Small):
    def forward(self, latents: Tensor) -> Tensor:
        x = self.dense(latents).view(latents.size(0), 5, 2, 2)
        for _ in range(int(latents.size(0))):
            x = x * 0.9
        return torch.tanh(self.image(self.high(self.low(x))))


class Noisy(Small):
    def forward(self, latents: Tensor) -> Tensor:
        x = self.dense(latents).view(latents.size(0), 5, 2, 2) + torch.randn(latents.size(0), 5, 2, 2)
        return torch.tanh(self.image(self.high(self.low(x))))


def made(kind: type[Small]) -> Small:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return kind().eval().requires_grad_(False)


def scripted(net: nn.Module) -> torch.jit.ScriptModule:
    found = torch.jit.script(net)
    assert isinstance(found, torch.jit.ScriptModule)
    return found


def traced(net: nn.Module) -> torch.jit.ScriptModule:
    found = torch.jit.trace(net, torch.ones(2, 4), check_trace=False)
    assert isinstance(found, torch.jit.ScriptModule)
    return found


Saving = Callable[[nn.Module], torch.jit.ScriptModule]
BOTH = pytest.mark.parametrize("save", [scripted, traced])


@BOTH
def test_its_layers_are_those_of_the_module_that_was_saved(save: Saving, tmp_path: Path) -> None:
    net = made(Small)
    save(net).save(str(tmp_path / "a.ts"))
    found = open_torchscript(tmp_path / "a.ts")
    assert closed_modules(found) == []
    assert plays_alike(found, LATENTS)
    assert torch.equal(found(LATENTS), net(LATENTS))
    assert layers(found, LATENTS) == layers(net, LATENTS)
    assert default_layers(found, LATENTS) == default_layers(net, LATENTS) == ["low", "high"]
    assert {name: value.tolist() for name, value in found.state_dict().items()} == {
        name: value.tolist() for name, value in net.state_dict().items()
    }


@BOTH
def test_recording_and_edits_are_those_of_the_module_that_was_saved(save: Saving, tmp_path: Path) -> None:
    net = made(Small)
    save(net).save(str(tmp_path / "a.ts"))
    found = open_torchscript(tmp_path / "a.ts")
    edits = {"low": ablate([1, 4]), "high.conv": ablate([0])}
    with record(found, ["low", "high"]) as seen, intervene(found, edits):
        images = found(LATENTS)
    with record(net, ["low", "high"]) as expected, intervene(net, edits):
        assert torch.equal(images, net(LATENTS))
    assert torch.equal(seen["low"], expected["low"])
    assert torch.equal(seen["high"], expected["high"])
    assert seen["low"][:, [1, 4]].abs().max() == 0
    assert torch.equal(found(LATENTS), net(LATENTS))


@BOTH
def test_gradients_flow_through_it(save: Saving, tmp_path: Path) -> None:
    net = made(Small)
    save(net).save(str(tmp_path / "a.ts"))
    slopes: list[Tensor] = []
    for generator in (net, open_torchscript(tmp_path / "a.ts")):
        latents = LATENTS.clone().requires_grad_()
        generator(latents).square().sum().backward()
        assert latents.grad is not None
        slopes.append(latents.grad)
    assert torch.allclose(slopes[0], slopes[1])
    assert slopes[0].abs().max() > 0


def test_branches_are_taken_as_the_file_takes_them(tmp_path: Path) -> None:
    net = made(Branching)
    scripted(net).save(str(tmp_path / "a.ts"))
    found = open_torchscript(tmp_path / "a.ts")
    assert closed_modules(found) == []
    for count in (1, 3):
        assert torch.equal(found(LATENTS[:count]), net(LATENTS[:count]))
    assert not torch.allclose(found(LATENTS[:1]), found(LATENTS)[:1])


def test_what_cannot_be_played_stays_closed_and_draws_the_same(tmp_path: Path) -> None:
    net = nn.Sequential(made(Looping), nn.Tanh())
    scripted(net).save(str(tmp_path / "a.ts"))
    found = open_torchscript(tmp_path / "a.ts")
    assert closed_modules(found) == ["0"]
    assert list(layers(found, LATENTS)) == ["0", "1"]
    assert torch.equal(found(LATENTS), net(LATENTS))
    scripted(net[0]).save(str(tmp_path / "b.ts"))
    assert closed_modules(open_torchscript(tmp_path / "b.ts")) == ["the generator"]


@BOTH
def test_noise_is_drawn_as_the_file_draws_it(save: Saving, tmp_path: Path) -> None:
    save(made(Noisy)).save(str(tmp_path / "a.ts"))
    found, before = open_torchscript(tmp_path / "a.ts"), torch.get_rng_state()
    assert plays_alike(found, LATENTS)
    assert torch.equal(before, torch.get_rng_state())
    assert not torch.equal(found(LATENTS), found(LATENTS))


def test_the_mode_reaches_the_file(tmp_path: Path) -> None:
    scripted(nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5)).train()).save(str(tmp_path / "a.ts"))
    found = open_torchscript(tmp_path / "a.ts")
    assert torch.equal(found(LATENTS), found(LATENTS))
    assert (found.train()(LATENTS) == 0).any()


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no TorchScript file at"):
        open_torchscript(tmp_path / "a.ts")
    torch.save({"weight": torch.ones(2)}, tmp_path / "a.ts")
    with pytest.raises(ValueError, match=r"a\.ts is no TorchScript"):
        open_torchscript(tmp_path / "a.ts")
    scripted(made(Small)).save(str(tmp_path / "b.ts"))
    with pytest.raises(ValueError, match="takes 1 inputs, got 2"):
        open_torchscript(tmp_path / "b.ts")(LATENTS, LATENTS)
