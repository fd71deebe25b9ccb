"""Generators whose code is lost: a list of layers in its place, and weights from every kind of file."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from dissect.commands.user_generator import own_network
from dissect.generators import load_weights, read_sequential, sequential

SMALL = "linear 4 32; reshape 8 2 2; upsample 2; conv 8 6 3 1 1; batchnorm 6; relu; conv 6 3 1; tanh"


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(autouse=True)
def weights() -> Iterator[None]:
    """The same initial weights in every test."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def test_a_list_of_layers_is_the_network_that_pytorch_would_make() -> None:
    net = sequential("linear 4 32  # from latents\nreshape 8 2 2; deconv 8 6 4 2 1 nobias\nleaky 0.1; batchnorm 6 0.8")
    kinds = [type(module).__name__ for module in net]
    assert kinds == ["Linear", "Reshape", "ConvTranspose2d", "LeakyReLU", "BatchNorm2d"]
    assert isinstance(net[2], nn.ConvTranspose2d)
    assert (net[2].stride, net[2].padding, net[2].bias) == ((2, 2), (1, 1), None)
    assert isinstance(net[3], nn.LeakyReLU)
    assert net[3].negative_slope == 0.1
    assert isinstance(net[4], nn.BatchNorm2d)
    assert net[4].eps == 0.8
    x = torch.randn(3, 4, generator=rng())
    expected = F.leaky_relu(F.conv_transpose2d(net[0](x).view(3, 8, 2, 2), net[2].weight, stride=2, padding=1), 0.1)
    assert torch.equal(net[:4](x), expected)
    assert sequential(["relu", "tanh"])[1].__class__ is nn.Tanh


def test_a_list_may_be_longer_than_the_name_of_a_file() -> None:
    lines = ["linear 4 8", *["relu", "linear 8 8"] * 20, "reshape 1 4 2"]
    assert len(own_network("; ".join(lines))) == len(lines)
    assert len(own_network("# all: from the latents on\n" + "\n".join(lines))) == len(lines)


def test_every_word_makes_a_layer_that_runs() -> None:
    words = (
        "conv 2 4 3 1 1; instancenorm 4; elu; selu; gelu; silu; softplus; sigmoid; dropout 0.5; identity; bilinear 2"
    )
    net = sequential(f"{words}; pixelshuffle 2; flatten; linear 256 5; batchnorm1d 5; reshape 5 1 1").eval()
    assert net(torch.ones(2, 2, 4, 4)).shape == (2, 5, 1, 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expected a list of layers"),
        ("linear 4 8; rellu", "layer 1, 'rellu': no kind of layer is called 'rellu': did you mean relu"),
        ("linear 4", "expected 'linear inputs outputs', got 1 numbers"),
        ("relu 3", "expected 'relu', got 1 numbers"),
        ("conv 1 2 x", "expected a number, got 'x'"),
        ("linear 4 -8", "layer 0, 'linear 4 -8': "),
        ("relu nobias", "layer 0, 'relu nobias'"),
    ],
)
def test_a_wrong_line_is_named(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        sequential(text)


def test_numbers_that_do_not_add_up_are_told() -> None:
    with pytest.raises(ValueError, match="cannot reshape 4 to 2 x 3"):
        sequential("reshape 2 3")(torch.ones(1, 4))


def test_a_file_of_layers_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\ufefflinear 4 8\n\n# and\nrelu\n", encoding="utf-8")
    assert len(read_sequential(tmp_path / "a.txt")) == 2
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="is no text"):
        read_sequential(tmp_path / "b.txt")


def as_safetensors(net: nn.Module, path: Path) -> Path:
    save_file(net.state_dict(), path.with_suffix(".safetensors"))
    return path.with_suffix(".safetensors")


def as_state_dict(net: nn.Module, path: Path) -> Path:
    torch.save(net.state_dict(), path)
    return path


def as_checkpoint(net: nn.Module, path: Path) -> Path:
    """Beside a discriminator, and as DataParallel names it."""
    weights = {f"module.{name}": value for name, value in net.state_dict().items()}
    torch.save({"epoch": 3, "netD": {"0.weight": torch.ones(2)}, "netG": weights}, path)
    return path


def as_half(net: nn.Module, path: Path) -> Path:
    save_file(copy.deepcopy(net).half().state_dict(), path.with_suffix(".safetensors"))
    return path.with_suffix(".safetensors")


def without_counter(net: nn.Module, path: Path) -> Path:
    torch.save({name: value for name, value in net.state_dict().items() if "tracked" not in name}, path)
    return path


@pytest.mark.parametrize("save", [as_safetensors, as_state_dict, as_checkpoint, as_half, without_counter])
def test_weights_come_back_from_every_kind_of_file(save: Callable[[nn.Module, Path], Path], tmp_path: Path) -> None:
    net, other, latents = sequential(SMALL).eval(), sequential(SMALL).eval(), torch.randn(3, 4, generator=rng())
    assert not torch.equal(net(latents), other(latents))
    load_weights(other, save(net, tmp_path / "weights.pt"))
    assert torch.allclose(net(latents), other(latents), atol=2e-3 if save is as_half else 0.0)
    assert all(value.dtype != torch.float16 for value in other.state_dict().values())


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        (SMALL.replace("linear 4 32", "linear 5 32"), "0.weight of shape 32 x 4 where the generator's is 32 x 5"),
        (SMALL + "; linear 3 3", r"it lacks 8\.weight, 8\.bias"),
        (
            SMALL.replace("batchnorm 6", "relu"),
            r"it has 4\.bias, 4\.running_mean, 4\.running_var, 4\.weight, which",
        ),
    ],
)
def test_weights_that_do_not_fit_are_told_apart(layers: str, told: str, tmp_path: Path) -> None:
    net = sequential(layers)
    before = copy.deepcopy(net.state_dict())
    with pytest.raises(ValueError, match=told):
        load_weights(net, as_safetensors(sequential(SMALL), tmp_path / "a"))
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_files_that_hold_no_weights_are_refused(tmp_path: Path) -> None:
    net, path = sequential(SMALL), tmp_path / "a.pt"
    with pytest.raises(FileNotFoundError, match="no file of weights at"):
        load_weights(net, path)
    torch.save({"net": net}, path)
    with pytest.raises(ValueError, match=r"holds more than weights.*save the state dict alone"):
        load_weights(net, path)
    torch.save({"epoch": 3}, path)
    with pytest.raises(ValueError, match="there are no weights in"):
        load_weights(net, path)
    for name in ("a.pt", "a.safetensors"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
        with pytest.raises(ValueError, match=name):
            load_weights(net, tmp_path / name)
