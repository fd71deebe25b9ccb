"""Historical averaging: parameters pay for leaving the mean of their past. Salimans et al. 2016, section 3.3.

The past of a network is in two of its buffers, so that checkpoints hold it: ``history_mean``, (P,) for P parameters,
and ``history_times``, how many moments it is the mean of.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def begin_history(network: nn.Module) -> None:
    """Give ``network`` the buffers of a past that is still empty."""
    network.register_buffer("history_times", torch.tensor(0))
    network.register_buffer("history_mean", torch.zeros_like(parameters_of(network).detach()))


def historical_penalty(network: nn.Module) -> Tensor:
    """|theta - 1/t sum over i of theta[i]|^2, a scalar; 0 without a past.

    Raises AttributeError for a network without ``begin_history``.
    """
    difference = parameters_of(network) - network.get_buffer("history_mean")
    return difference.square().sum() * (network.get_buffer("history_times") > 0)


@torch.no_grad()
def remember(network: nn.Module) -> None:
    """Take the parameters as they are now into the mean."""
    times, mean = network.get_buffer("history_times"), network.get_buffer("history_mean")
    times += 1
    mean += (parameters_of(network) - mean) / times


def parameters_of(network: nn.Module) -> Tensor:
    """All parameters in a row, (P,)."""
    return torch.cat([parameter.flatten() for parameter in network.parameters()])
