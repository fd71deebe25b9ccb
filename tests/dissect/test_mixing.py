"""Style mixing: channels have the other picture's means and deviations; what is where stays."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from dissect import record
from dissect.mixing import layered, mixed

RNG = torch.Generator().manual_seed(0)
CONTENT, STYLE = torch.randn(2, 1, 3, 6, 6, generator=RNG)


def generator() -> nn.Sequential:
    net = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.Conv2d(5, 4, 3, padding=1), nn.Conv2d(4, 3, 1))
    rng = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weights in net.parameters():
            weights.copy_(torch.randn(weights.shape, generator=rng))
    return net


@pytest.mark.parametrize("layers", [["0"], ["2"], ["0", "2"]])
def test_the_last_mixed_layer_has_the_means_and_deviations_of_the_style(layers: list[str]) -> None:
    net = generator()
    with record(net, layers) as seen:
        mixed(net, CONTENT, STYLE, layers)
        found = seen[layers[-1]].clone()
        net(STYLE)
        wanted = seen[layers[-1]].clone()
        if len(layers) == 1:  # each channel is that of the content, shifted and stretched
            net(CONTENT)
            here = seen[layers[-1]]
            for channel in range(found.shape[1]):
                pair = torch.stack((found[0, channel].flatten(), here[0, channel].flatten()))
                assert torch.corrcoef(pair)[0, 1] > 0.9999
    for moment in (torch.mean, torch.std):
        assert torch.allclose(moment(found, (2, 3)), moment(wanted, (2, 3)), atol=1e-4)


def test_a_picture_mixed_with_itself_or_nowhere_is_itself() -> None:
    net = generator()
    with torch.no_grad():
        assert torch.allclose(mixed(net, CONTENT, CONTENT, ["0", "2"]), net(CONTENT), atol=1e-4)
        assert torch.equal(mixed(net, CONTENT, STYLE, []), net(CONTENT))


def test_each_layer_takes_the_style_of_its_own_latent() -> None:
    net, other = generator(), STYLE.flip(3) * 2
    with record(net, ["0", "2"]) as seen:
        layered(net, CONTENT, {"0": STYLE, "2": other})
        found = {layer: seen[layer].clone() for layer in ("0", "2")}
        for layer, style in (("0", STYLE), ("2", other)):
            net(style)
            assert torch.allclose(found[layer].mean((2, 3)), seen[layer].mean((2, 3)), atol=1e-4)


def test_an_even_channel_takes_the_mean_alone() -> None:
    net = nn.Sequential(nn.Identity())
    even = torch.full((2, 3, 4, 4), 0.5)
    found = mixed(net, even, STYLE[..., :4, :4], ["0"])
    assert torch.allclose(found, STYLE[..., :4, :4].mean((2, 3), keepdim=True).expand(2, 3, 4, 4), atol=1e-5)


def test_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no layer"):
        mixed(generator(), CONTENT, STYLE, ["7"])
