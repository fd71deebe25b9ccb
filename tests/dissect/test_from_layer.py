"""Running a generator from a layer on equals running all of it, to the bit, for chains and for other modules."""

import pytest
import torch
from torch import Tensor, nn

import dissect
from dissect import ablate, intervene
from dissect.from_layer import features_after, is_chain, rest_of

LATENT = torch.randn(1, 4, 3, 3, generator=torch.Generator().manual_seed(1))


def chain() -> nn.Sequential:
    rng = torch.Generator().manual_seed(2)
    net = nn.Sequential(nn.Conv2d(4, 5, 1), nn.ReLU(), nn.Conv2d(5, 3, 3, padding=1), nn.Tanh())
    with torch.no_grad():
        for weights in net.parameters():
            weights.copy_(torch.randn(weights.shape, generator=rng))
    return net.eval()


class Skipping(nn.Module):
    """No chain: its input goes past the layer, too."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.last = chain()[:2], chain()[2]
        self.unused = nn.Identity()

    def forward(self, z: Tensor) -> Tensor:
        images: Tensor = self.last(self.layer(z)) + z[:, :3]
        return images


@pytest.mark.parametrize(("net", "layer"), [(chain(), "1"), (Skipping().eval(), "layer")])
def test_the_rest_equals_the_whole_and_takes_the_same_edits(net: nn.Module, layer: str) -> None:
    rest, features = rest_of(net, [layer], LATENT)
    assert is_chain(net, [layer]) == isinstance(net, nn.Sequential)
    assert features.shape == ((1, 5, 3, 3) if isinstance(net, nn.Sequential) else LATENT.shape)
    with torch.no_grad():
        assert torch.equal(rest(features), net(LATENT))
        with intervene(net, {layer: ablate([0, 3])}):
            expected = net(LATENT)
        with intervene(rest, {layer: ablate([0, 3])}):
            assert torch.equal(rest(features), expected)
            edited = features_after(rest, layer, lambda: rest(features))
        untouched = features_after(net, layer, lambda: net(LATENT))
        assert not torch.equal(expected, net(LATENT))
    assert not edited[:, [0, 3]].any()
    assert torch.equal(edited[:, [1, 2, 4]], untouched[:, [1, 2, 4]])


def test_a_link_that_is_run_twice_is_run_twice_in_the_rest_too() -> None:
    first, bend, second, last = chain()
    net = nn.Sequential(first, bend, nn.Conv2d(5, 5, 1), bend, second, last).eval()
    rest, start = rest_of(net, ["0"], LATENT)
    with torch.no_grad():
        assert torch.equal(rest(start), net(LATENT))


def test_several_layers_of_a_chain_keep_their_names_and_two_rests_do_not_meet() -> None:
    net = chain()
    rest, start = rest_of(net, ["2", "1"], LATENT)  # in any order
    other, begin = rest_of(net, ["1", "2"], LATENT + 1)
    with torch.no_grad(), intervene(net, {"1": ablate([2]), "2": ablate([0])}):
        expected = net(LATENT)
    with torch.no_grad(), intervene(rest, {"1": ablate([2]), "2": ablate([0])}):
        assert torch.equal(rest(start), expected)
        assert torch.equal(other(begin), net(LATENT + 1))  # the edits belong to the first rest alone


def test_a_rest_that_works_in_place_draws_the_same_again() -> None:
    first, _, last, _ = chain()
    net = nn.Sequential(first, nn.LeakyReLU(0.2, inplace=True), last).eval()
    rest, start = rest_of(net, ["0"], LATENT)
    begun = start.clone()
    with torch.no_grad():
        assert [torch.equal(rest(start), net(LATENT)) for _ in range(3)] == [True] * 3
    assert torch.equal(start, begun)


def test_a_layer_that_is_missing_or_does_not_run_is_named() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        rest_of(chain(), ["nowhere"], LATENT)
    with pytest.raises(KeyError, match="unused"):
        rest_of(Skipping().eval(), ["unused"], LATENT)


def test_names_of_earlier_scripts_are_those_of_today() -> None:
    assert dissect.Easel is dissect.EditSession
    assert dissect.Pigment is dissect.UnitSet
    assert dissect.pigment is dissect.unit_set
