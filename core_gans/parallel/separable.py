"""Whether several processes play what one would, tried on a few examples before the first round.

A loss that is a mean over the examples of a batch is the mean of the losses of its slices. Minibatch discrimination,
relativistic averages and feature matching are not: an example's loss depends on the others.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Game, Turn
from core_gans.parallel.team import Team
from core_gans.parallel.whole_batch import whole_batch

EACH = 5  # examples a process
CLOSE = 1e-6  # share of a gradient, in float64
Found = tuple[list[Tensor], dict[str, Tensor]]  # gradients; what the players keep


def require_separable(
    game: Game, nets: Mapping[str, nn.Module], batch: Batch, rng: torch.Generator, team: Team
) -> None:
    """LabError where a loss of ``game`` on a batch is no mean over the slices of it; nothing is changed.

    All processes of the ``team`` ask alike, with the same ``batch``.
    """
    few = _few(batch, min(EACH, len(batch.real) // team.size) * team.size)
    for turn in game.turns():
        if not turn.when(nets):
            continue
        who = " and ".join(turn.players)
        with _exact():
            whole, kept = _tried(turn, nets, few, rng, Team())
            mine, own = _tried(turn, nets, few, rng, team)
        team.average(mine)
        length = sum(float(each.square().sum()) for each in whole) ** 0.5
        apart = sum(float((one - other).square().sum()) for one, other in zip(whole, mine, strict=True)) ** 0.5
        if apart > CLOSE * length:
            raise LabError(
                f"{game.name}: the loss of the {who} couples the examples of a batch, and a process sees a slice of "
                "them: leave out what does so (minibatch discrimination, feature matching, a "
                "relativistic average, a pool of images), or train in one process."
            )
        for name, value in kept.items():
            if value.shape != own[name].shape or not torch.allclose(value, own[name], CLOSE, CLOSE):
                raise LabError(
                    f"the players of {game.name} keep something of each batch ({name}), and each of several processes "
                    "would keep its own: train in one process."
                )


@contextmanager
def _exact() -> Iterator[None]:
    """Draws and constants in float64."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _few(batch: Batch, count: int) -> Batch:
    held: dict[str, Tensor | None] = {each.name: getattr(batch, each.name) for each in fields(batch)}
    return replace(batch, **{name: _double(value[:count]) for name, value in held.items() if value is not None})


def _double(values: Tensor) -> Tensor:
    return values.double() if values.is_floating_point() else values


def _tried(turn: Turn, nets: Mapping[str, nn.Module], batch: Batch, rng: torch.Generator, team: Team) -> Found:
    """The gradients of a turn's players, and the buffers of all after its loss, by copies in float64."""
    copies = {name: copy.deepcopy(net).double() for name, net in nets.items()}
    chance = torch.Generator(rng.device).manual_seed(0)
    learned = [parameter for name in turn.players for parameter in copies[name].parameters()]
    for name, net in copies.items():
        net.requires_grad_(name in turn.players)
    part = team.part_of(batch)
    with whole_batch(team, len(part.real)):
        terms = turn.loss(copies, part, chance)
    torch.stack(list(terms.values())).sum().backward()
    kept = {f"{name}.{each}": value for name, net in copies.items() for each, value in net.named_buffers()}
    team.average([value for value in kept.values() if value.is_floating_point()])
    gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in learned]
    return gradients, {name: value.double() for name, value in kept.items()}
