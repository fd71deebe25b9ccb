"""Dragging points, on a planted picture: where each thing stands is a known function of the latent."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from core_gans.networks import Architecture, family
from dissect.dragging import ARRIVED, Dragged, Handle, drag, drag_layer

SIDE, SCALE = 32, 4.0  # pixels; pixels that a thing moves where its number grows by 1
FIRST = torch.tensor([[0.0, 0.0, 1.5, 1.5, 0.0, 0.0]])
ORIGIN, OTHER = (12.0, 12.0), (20.0, 20.0)


class Things(nn.Module):
    """Two soft discs of channels of their own at 12 + 4 z[:2] and at 14 + 4 z[2:4]; z[4:] moves both."""

    def forward(self, latents: Tensor) -> Tensor:
        line = torch.arange(float(SIDE))
        maps = []
        for middle, own in ((12.0, latents[:, :2]), (14.0, latents[:, 2:4])):
            x, y = (middle + SCALE * (own + latents[:, 4:])).unbind(1)
            apart = (line - x[:, None, None]) ** 2 + (line[:, None] - y[:, None, None]) ** 2
            disc = (1 - apart / 49).relu() ** 2  # nothing from 7 pixels on
            maps += [disc, 0.5 * disc**2]
        return torch.stack(maps, dim=1)


def generator() -> nn.Sequential:
    net = nn.Sequential()
    net.add_module("things", Things())
    net.add_module("picture", nn.Conv2d(4, 3, 1))
    return net


def places(latent: Tensor) -> tuple[Tensor, Tensor]:
    """Where the two things stand, from the latent."""
    both = latent[0, 4:]
    return 12 + SCALE * (latent[0, :2] + both), 14 + SCALE * (latent[0, 2:4] + both)


def off(place: Tensor, goal: tuple[float, float]) -> float:
    return float((place - torch.tensor(goal)).norm())


def dragged(*handles: Handle, steps: int = 200, **more: object) -> Dragged:
    # Circles that no more than touch the other thing, on most ways.
    return drag(generator(), FIRST, handles, "things", steps=steps, stride=0.05, reach=2, **more)  # type: ignore[arg-type]


def alone(value: Tensor) -> Tensor:
    """The latent with which nothing moves both things."""
    return torch.cat((value[:, :4], FIRST[:, 4:]), dim=1)


@pytest.mark.parametrize("target", [(21.0, 9.0), (5.0, 12.0), (14.0, 22.0)])
def test_the_thing_goes_where_it_is_dragged_and_the_other_number_does_not_change(target: tuple[float, float]) -> None:
    found = dragged(Handle(ORIGIN, target), within=alone)
    here, _ = places(found.latent)
    assert found.arrived
    assert 0 < found.steps < 200
    assert off(here, target) < ARRIVED + 0.75  # half a pixel's diagonal: handles are at whole pixels
    assert off(here, found.handles[0].place) < 0.75
    if target != (14.0, 22.0):  # whose way goes past the other thing
        assert torch.equal(found.latent[:, 2:], FIRST[:, 2:])


def test_ten_steps_and_ten_are_twenty_to_the_bit() -> None:
    whole = dragged(Handle(ORIGIN, (24.0, 8.0)), steps=20)
    half = dragged(Handle(ORIGIN, (24.0, 8.0)), steps=10)
    rest = dragged(*half.handles, steps=10, latent=half.latent, pace=half.pace)
    assert torch.equal(rest.latent, whole.latent)
    assert torch.equal(rest.pace, whole.pace)
    assert rest.handles == whole.handles
    assert (whole.steps, half.steps, whole.arrived) == (20, 10, False)
    assert whole.handles[0].left < half.handles[0].left < Handle(ORIGIN, (24.0, 8.0)).left


def test_a_pin_and_what_is_to_stay_hold_the_other_thing() -> None:
    goal = (18.0, 7.0)
    loose = dragged(Handle(ORIGIN, goal))
    assert off(places(loose.latent)[1], OTHER) > 2
    pinned = dragged(Handle(ORIGIN, goal), Handle(OTHER, OTHER))
    rows, columns = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    held = dragged(Handle(ORIGIN, goal), free=rows + columns < 30, hold=20.0)  # most of this picture is empty
    for found in (pinned, held):
        here, other = places(found.latent)
        assert found.arrived
        assert off(here, goal) < ARRIVED + 0.75
        assert off(other, OTHER) < 1.25


def test_it_stops_where_nothing_is_to_be_done_or_nothing_says_which_way() -> None:
    assert dragged(Handle(ORIGIN, (12.5, 12.5))).steps == 0
    flat = drag(
        nn.Sequential(nn.Flatten(), nn.Unflatten(1, (6, 1, 1)), nn.Upsample(8)), FIRST, [Handle((2, 2), (6, 6))], "2"
    )
    assert (flat.steps, flat.arrived) == (0, False)
    assert torch.equal(flat.latent, FIRST)


def test_within_keeps_the_latent_where_it_may_be() -> None:
    found = dragged(Handle(ORIGIN, (28.0, 12.0)), within=lambda value: alone(value).clamp(-0.5, 1.5))
    assert not found.arrived
    assert found.latent.max() <= 1.5
    assert 2 < off(places(found.latent)[0], ORIGIN) < 6.1  # as far as 1.5 goes


@pytest.mark.parametrize("place", [(-1.0, 3.0), (3.0, SIDE - 0.5), (float("nan"), 3.0)])
def test_places_outside_the_image_are_refused(place: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="inside the image of 32 x 32"):
        dragged(Handle(ORIGIN, place))
    with pytest.raises(ValueError, match="at least one handle"):
        dragged()


def test_the_layer_is_the_first_with_half_the_side() -> None:
    net = family("dcgan").generator(Architecture((3, 32, 32), latent=8, width=4))
    assert drag_layer(net, torch.randn(1, 8, generator=torch.Generator().manual_seed(0))) == "block16"
    with pytest.raises(ValueError, match="no layer with maps"):
        drag_layer(nn.Sequential(nn.Linear(8, 48), nn.Unflatten(1, (3, 4, 4))), torch.zeros(1, 8))
