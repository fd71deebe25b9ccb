"""Optimisers as values: a turn names its optimiser with the paper's numbers; the loop builds it and sets its rate."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import torch
from torch import Tensor, nn

Shape = Literal["power", "cosine"]


@dataclass(frozen=True)
class Schedule:
    """How a learning rate falls: from 1 to the share ``to`` over ``rounds`` rounds, as (1 - t / rounds)^power.

    With the shape ``cosine``, as (1 + cos(pi t / rounds)) / 2. A pure function of the round, so that a resumed run goes
    on where it stood; 0 rounds is a rate that stays.
    """

    rounds: int = 0
    to: float = 0.0
    power: float = 1.0
    shape: Shape = "power"

    def __post_init__(self) -> None:
        if self.rounds < 0 or not 0 <= self.to <= 1 or self.power <= 0:
            raise ValueError(
                "expected a learning rate that falls over 0 or more rounds to a share in [0, 1] with a power above 0, "
                f"got {self.rounds} rounds, {self.to} and {self.power}."
            )

    def share(self, round: int) -> float:
        """The share of the rate in the round after ``round`` played ones."""
        return self.between(1.0, self.to, round)

    def between(self, begin: float, end: float, round: int) -> float:
        """What goes from ``begin`` to ``end`` by the same curve, in that round; ``begin`` where nothing falls."""
        if self.rounds == 0:
            return begin
        left = max(0.0, 1 - round / self.rounds)
        curve = left**self.power if self.shape == "power" else (1 - math.cos(math.pi * left)) / 2
        return end + (begin - end) * curve


@dataclass(frozen=True)
class Optimizer(ABC):
    """How parameters move. ``rate`` is the learning rate, ``schedule`` how it falls."""

    rate: float
    schedule: Schedule = field(default_factory=Schedule, kw_only=True)

    @abstractmethod
    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """A fresh optimiser over ``parameters``."""

    def set_rate(self, optimizer: torch.optim.Optimizer, round: int) -> None:
        """Give ``optimizer`` the rate of the round after ``round`` played ones."""
        for group in optimizer.param_groups:
            group["lr"] = self.rate * self.schedule.share(round)


@dataclass(frozen=True)
class Adam(Optimizer):
    """Kingma & Ba 2015; beta1 is 0.5 or 0 in most GAN papers. ``beta2_end``, if given, is beta2 after the schedule."""

    rate: float = 2e-4
    beta1: float = 0.5
    beta2: float = 0.999
    beta2_end: float | None = None

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.Adam(parameters, lr=self.rate, betas=(float(self.beta1), float(self.beta2)))

    def set_rate(self, optimizer: torch.optim.Optimizer, round: int) -> None:
        """The same; and the second decay, where it has an end."""
        super().set_rate(optimizer, round)
        if self.beta2_end is not None:
            for group in optimizer.param_groups:
                group["betas"] = (group["betas"][0], self.schedule.between(self.beta2, self.beta2_end, round))


@dataclass(frozen=True)
class ClippedAdam(Adam):
    """Adam on gradients whose norm, over all parameters, is at most ``clip`` (Pascanu et al. 2013)."""

    clip: float = 1.0

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        learned = list(parameters)
        optimizer = super().build(learned)
        optimizer.register_step_pre_hook(lambda *_: _clip(learned, self.clip))
        return optimizer


def _clip(parameters: list[nn.Parameter], most: float) -> None:
    nn.utils.clip_grad_norm_(parameters, most)


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """Tieleman & Hinton 2012; WGAN uses it because momentum made its critic unstable."""

    rate: float = 5e-5

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.RMSprop(parameters, lr=self.rate)


@dataclass(frozen=True)
class SGD(Optimizer):
    """Stochastic gradient descent with momentum."""

    rate: float = 0.1
    momentum: float = 0.5

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.SGD(parameters, lr=self.rate, momentum=self.momentum)


def load_moments(optimizer: torch.optim.Optimizer, saved: dict[str, Any]) -> None:
    """Give ``optimizer`` the state that its ``state_dict`` was. ValueError where a moment is missing or misshaped.

    Its own options stay, as betas, but for the rate, which each round sets: the game may be played on with others than
    were saved. torch takes any moments, and fails a step later.
    """
    own = [{name: value for name, value in group.items() if name != "lr"} for group in optimizer.param_groups]
    optimizer.load_state_dict(saved)
    for group, options in zip(optimizer.param_groups, own, strict=True):
        group.update(options)
    needed = _moments_of(optimizer)
    for parameter, moments in optimizer.state.items():
        if not isinstance(parameter, Tensor) or not needed <= moments.keys():
            raise ValueError(f"expected the moments {', '.join(sorted(needed))} of each parameter in an optimiser")
        for name in needed:
            moment = moments[name]
            if not isinstance(moment, Tensor) or (moment.dim() and moment.shape != parameter.shape):
                raise ValueError(f"the moment {name} of an optimiser does not fit its parameter")


def _moments_of(optimizer: torch.optim.Optimizer) -> frozenset[str]:
    """What an optimiser of this kind keeps of a parameter."""
    options = {name: value for name, value in optimizer.param_groups[0].items() if name not in ("params", "lr")}
    return _moments(type(optimizer), tuple(sorted(options.items())))  # type: ignore[arg-type]  # a class has a hash


@lru_cache(maxsize=64)
def _moments(kind: Callable[..., torch.optim.Optimizer], options: tuple[tuple[str, Any], ...]) -> frozenset[str]:
    """The same, found by a step on one number."""
    number = nn.Parameter(torch.zeros(1))
    number.grad = torch.zeros(1)
    other = kind([{"params": [number], "lr": 1e-3, **dict(options)}])
    other.step()
    return frozenset(other.state[number])
