"""Clones are what copies are: equal, with everything of their own."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from core_gans.optimizers import SGD, Adam, Optimizer, RMSProp
from egan.cloning import cloned, cloned_optimizer


def networks() -> dict[str, nn.Module]:
    tied = nn.Linear(3, 3)
    hooked = nn.Linear(3, 3)
    hooked.register_forward_hook(lambda module, inputs, output: 2 * output)
    return {
        "mlp": nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.2), nn.Linear(4, 3)),
        "statistics": nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)),
        "spectral": nn.Sequential(spectral_norm(nn.Linear(3, 4)), nn.Linear(4, 3)),
        "tied": nn.Sequential(tied, nn.Sequential(), tied),
        "hooked": nn.Sequential(hooked, nn.Linear(3, 3)),
        "frozen": nn.Linear(3, 3).requires_grad_(False),
    }


@pytest.mark.parametrize("name", networks())
def test_a_clone_is_a_deep_copy(name: str) -> None:
    torch.manual_seed(0)
    network = networks()[name].train()
    twin, deep = cloned(network), copy.deepcopy(network)
    x = torch.randn(5, 3)
    assert [*twin.state_dict()] == [*deep.state_dict()]
    assert [each.requires_grad for each in twin.parameters()] == [each.requires_grad for each in deep.parameters()]
    assert [type(each) for each in twin.modules()] == [type(each) for each in deep.modules()]
    assert torch.equal(twin(x), deep(x))


@pytest.mark.parametrize("name", networks())
def test_a_clone_shares_nothing_with_the_original(name: str) -> None:
    network = networks()[name]
    twin = cloned(network)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    mine = {id(part) for part in (*network.modules(), *network.parameters(), *network.buffers())}
    assert not mine & {id(part) for part in (*twin.modules(), *twin.parameters(), *twin.buffers())}
    with torch.no_grad():
        for part in (*twin.parameters(), *twin.buffers()):
            part.add_(1)
    twin.append(nn.Identity()) if isinstance(twin, nn.Sequential) else twin.register_buffer("more", torch.ones(1))
    twin.register_forward_hook(lambda module, inputs, output: output)
    assert not network._forward_hooks
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert len(network.state_dict()) == len(before)


@pytest.mark.parametrize("kind", [Adam(1e-2), RMSProp(1e-2), SGD(1e-2, 0.9)], ids=["adam", "rmsprop", "sgd"])
def test_a_cloned_optimiser_goes_the_same_way_on_its_own(kind: Optimizer) -> None:
    torch.manual_seed(0)
    network = nn.Linear(3, 2)
    optimizer = kind.build(network.parameters())
    optimizer.param_groups[0]["lr"] = 0.005

    def step(net: nn.Module, by: torch.optim.Optimizer, pull: float) -> None:
        for parameter in net.parameters():
            parameter.grad = torch.full_like(parameter, pull)
        by.step()

    for pull in (1.0, -0.5):
        step(network, optimizer, pull)
    twin, sibling = cloned(network), cloned(network)
    own, other = cloned_optimizer(optimizer, kind, twin), cloned_optimizer(optimizer, kind, sibling)
    step(sibling, other, 7.0)  # a sibling's step leaves no trace
    assert own.param_groups[0]["lr"] == 0.005
    for pull in (0.3, 0.1):
        step(network, optimizer, pull)
        step(twin, own, pull)
    assert all(torch.equal(one, two) for one, two in zip(network.parameters(), twin.parameters(), strict=True))
