"""Historical averaging: parameters pay for leaving the mean of their past. Salimans et al. 2016, section 3.3."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class HistoricalAverage(nn.Module):
    """The term |theta - 1/t sum over i of theta[i]|^2 of one network; its past is in buffers.

    Made of a network, and kept as a part of it, so that checkpoints hold the past:
    ``network.add_module("history", HistoricalAverage(network))``. The term belongs to the loss of the network's turn,
    and ``remember`` to what is done after each of its steps.
    """

    times: Tensor
    mean: Tensor

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.register_buffer("times", torch.tensor(0))
        self.register_buffer("mean", torch.zeros_like(parameters_of(network).detach()))

    def penalty(self, network: nn.Module) -> Tensor:
        """The squared distance of the parameters to their mean, a scalar; 0 without a past."""
        difference = parameters_of(network) - self.mean
        return difference.square().sum() * (self.times > 0)

    @torch.no_grad()
    def remember(self, network: nn.Module) -> None:
        """Take the parameters as they are now into the mean."""
        self.times += 1
        self.mean += (parameters_of(network) - self.mean) / self.times


def parameters_of(network: nn.Module) -> Tensor:
    """All parameters in a row, (P,)."""
    return torch.cat([parameter.flatten() for parameter in network.parameters()])
