"""A folded edit equals the same intervention to the bit, and keeps the architecture where weights can hold it."""

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from dissect import ablate, intervene, scale
from dissect.mending.folding import Mended, fold, replaced

Z = torch.randn(5, 6, generator=torch.Generator().manual_seed(0))


def generator(*body):
    """Latents (N, 6) through a normalised block ``first``, the ``body`` and a convolution to images; random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        first = nn.Sequential(
            nn.Unflatten(1, (6, 1, 1)), nn.ConvTranspose2d(6, 8, 4, bias=False), nn.BatchNorm2d(8), nn.ReLU()
        )
        for tensor in (first[2].running_mean, first[2].weight.data, first[2].bias.data):
            tensor.normal_()
        first[2].running_var.uniform_(0.5, 2)
        net = nn.Sequential()
        net.add_module("first", first)
        net.add_module("body", nn.Sequential(*body))
        net.add_module("image", nn.Conv2d(8, 3, 3, padding=1))
    return net.eval()


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x):
        return x + self.conv(x)


IN_WEIGHTS = {
    "a normalised block": (generator, "first", [1, 6], 0.0),
    "a normalised block at a value": (generator, "first", [1, 6], [0.5, 2.0]),
    "a module inside": (generator, "first.3", [0], 0.25),
    "before its function": (generator, "first.2", [0, 3], [-1.0, 2.0]),
    "a convolution": (lambda: generator(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()), "body", [2, 5], [0.0, 1.5]),
    "a grouped one": (lambda: generator(nn.Conv2d(8, 8, 3, padding=1, groups=4)), "body", [2, 5], 0.0),
    "a transposed one": (lambda: generator(nn.ConvTranspose2d(8, 8, 4, 2, 1, bias=False)), "body.0", [7], 0.0),
    "a group norm and tanh": (lambda: generator(nn.GroupNorm(2, 8), nn.Tanh()), "body", [4], 0.0),
    "leaky": (lambda: generator(nn.Conv2d(8, 8, 1), nn.LeakyReLU(0.2)), "body", [4], 3.0),
    "inside a block of one's own": (lambda: generator(Residual()), "body.0.conv", [4], 3.0),
    "a block by half": (generator, "first", [1, 6], 0.0, 0.5),
    "leaky, to a quarter": (
        lambda: generator(nn.Conv2d(8, 8, 1), nn.LeakyReLU(0.2)),
        "body",
        [4],
        0,
        0.75,
    ),
}
WRAPPED = {
    "a rectifier has no such value": (generator, "first", [1], -1.0),
    "no bias for the value": (lambda: generator(nn.Conv2d(8, 8, 3, bias=False)), "body", [1], 1.0),
    "what is no sequence": (lambda: generator(Residual()), "body", [1, 2], 0.0),
    "spectrally normalised": (lambda: generator(spectral_norm(nn.Conv2d(8, 8, 3))), "body.0", [1], 0.0),
    "mixed by what follows": (lambda: generator(nn.Conv2d(8, 8, 3), nn.MaxPool2d(2)), "body", [3], 0.0),
    "half way to a value": (generator, "first", [1], 0.5, 0.5),
    "half of what is no multiple": (lambda: generator(nn.Conv2d(8, 8, 1), nn.Tanh()), "body", [1], 0.0, 0.5),
    "a part that rounds otherwise in the weights": (
        lambda: generator(nn.Conv2d(8, 8, 3, padding=1)),
        "body",
        [1, 4],
        0.0,
        0.3,
    ),
    "a grouped transposed one": (lambda: generator(nn.ConvTranspose2d(8, 8, 4, 2, 1, groups=2)), "body", [3], 0.0),
}


def both(make, layer, units, values, strength=1.0):
    net = make()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with intervene(net, {layer: replaced(units, values, strength)}), torch.no_grad():
        wanted = net(Z)
    folded = fold(net, layer, units, values, Z[:2], strength)
    with torch.no_grad():
        assert torch.equal(folded(Z), wanted)
        assert not torch.equal(net(Z), wanted)
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name])
    return folded


def opened_elsewhere(folded, fresh):
    """``fresh`` with the weights of ``folded``, by way of a state dict."""
    for value in fresh.state_dict().values():
        value.zero_()
    fresh.load_state_dict(folded.state_dict())
    return fresh.eval()


@pytest.mark.parametrize("case", IN_WEIGHTS)
def test_weights_hold_the_edit(case):
    make, *edit = IN_WEIGHTS[case]
    folded = both(make, *edit)
    assert not any(isinstance(module, Mended) for module in folded.modules())
    assert torch.equal(opened_elsewhere(folded, make())(Z), folded(Z))


@pytest.mark.parametrize("case", WRAPPED)
def test_elsewhere_the_layer_is_wrapped(case):
    make, layer, units, values, *strength = WRAPPED[case]
    folded = both(make, layer, units, values, *strength)
    assert isinstance(folded.get_submodule(layer), Mended)
    fresh = fold(make(), layer, units, values, Z, *strength)
    assert torch.equal(opened_elsewhere(folded, fresh)(Z), folded(Z))


def test_replacing_is_ablating_or_scaling():
    x = torch.randn(2, 4, 3, 3, generator=torch.Generator().manual_seed(2))
    assert torch.equal(replaced([1, 3], 0.0)(x), ablate([1, 3])(x))
    assert torch.equal(replaced([1, 3], 0.0, 0.75)(x), scale([1, 3], 0.25)(x))
    torch.testing.assert_close(replaced([2], 4.0, 0.5)(x)[:, 2], (x[:, 2] + 4) / 2)
    with pytest.raises(ValueError, match=r"at most 1, got 1\.5"):
        replaced([0], 0.0, 1.5)


def test_training_mode_is_kept_and_hooks_are_gone():
    net = generator().train()
    folded = fold(net, "first", [1], 0.0, Z)
    assert net.training
    assert folded.training
    assert not any(module._forward_hooks for module in (*net.modules(), *folded.modules()))


@pytest.mark.parametrize(
    ("layer", "units", "values", "words"),
    [
        ("frist", [0], 0.0, "did you mean first"),
        ("first", [8], 0.0, r"units 0 to 7, got \[8\]"),
        ("first", [1, 1], 0.0, "named twice"),
        ("first", [1, 2], [0.0], "one value or 2"),
    ],
)
def test_mistakes_are_told(layer, units, values, words):
    with pytest.raises(ValueError, match=words):
        fold(generator(), layer, units, values, Z)
