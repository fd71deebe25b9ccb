"""Optimisers as values: a turn names its optimiser with the paper's numbers; the loop builds it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Optimizer(ABC):
    """How parameters move. ``rate`` is the learning rate."""

    rate: float

    @abstractmethod
    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """A fresh optimiser over ``parameters``."""


@dataclass(frozen=True)
class Adam(Optimizer):
    """Kingma & Ba 2015; beta1 is 0.5 or 0 in most GAN papers."""

    rate: float = 2e-4
    beta1: float = 0.5
    beta2: float = 0.999

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.Adam(parameters, lr=self.rate, betas=(self.beta1, self.beta2))


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
