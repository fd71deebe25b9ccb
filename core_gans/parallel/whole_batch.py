"""Losses of a slice of a batch as if the whole one were there: chance, and the statistics of batch normalisation.

Inside ``WholeBatch`` a draw for as many examples as the slice has is made for the whole batch, and cut: every process
draws what one process alone would have drawn. Batch normalisation normalises by the whole batch, with a gradient
through what the other processes computed (Ioffe & Szegedy 2015; what torch has as ``SyncBatchNorm`` on GPUs alone).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from core_gans.parallel.team import Team

DRAWS = (torch.randn, torch.rand, torch.randint)


def whole_batch(team: Team, count: int) -> AbstractContextManager[object]:
    """For losses of ``count`` examples in each process of the ``team``; does nothing for one alone."""
    return nullcontext() if team.size == 1 else WholeBatch(team, count)


class WholeBatch(TorchFunctionMode):
    """Takes draws and batch normalisation, and passes everything else on."""

    def __init__(self, team: Team, count: int) -> None:
        super().__init__()
        self.team, self.count = team, count

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        if func in DRAWS and args and given.get("generator") is not None:
            return self._drawn(func, args, given)
        if func is F.batch_norm:
            return self._normalised(*args, **given)
        return func(*args, **given)

    def _drawn(self, func: Callable[..., Tensor], args: tuple[Any, ...], given: dict[str, Any]) -> Tensor:
        """The slice of what one process would draw; what is not for each example is the same in all processes."""
        *before, size = args if isinstance(args[-1], tuple | list) else ((), args)  # randn(3, 4) is randn((3, 4))
        before = [] if before == [()] else before
        size = list(size)
        if self.count not in size:
            return func(*args, **given)
        place = size.index(self.count)
        size[place] *= self.team.size
        return func(*before, tuple(size), **given).narrow(place, self.team.rank * self.count, self.count)

    def _normalised(
        self,
        x: Tensor,
        running_mean: Tensor | None,
        running_var: Tensor | None,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        training: bool = False,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> Tensor:
        if not training:
            return F.batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
        exact = x if x.dtype == torch.float64 else x.float()
        along = [axis for axis in range(x.dim()) if axis != 1]
        shape = [1, -1, *[1] * (x.dim() - 2)]
        count = self.team.size * x.numel() // x.shape[1]
        mean = _summed(exact.sum(along)) / count
        centred = exact - mean.view(shape)
        variance = _summed(centred.square().sum(along)) / count
        normal = centred * (variance + eps).rsqrt().view(shape)
        with torch.no_grad():
            for running, now in ((running_mean, mean), (running_var, variance * count / max(1, count - 1))):
                if running is not None:
                    running.lerp_(now.to(running.dtype), momentum)
        normal = normal if weight is None else normal * weight.view(shape)
        return (normal if bias is None else normal + bias.view(shape)).to(x.dtype)


def _summed(values: Tensor) -> Tensor:
    """The sum over all processes; its gradient is the sum of theirs."""
    found: Tensor = _Sum.apply(values)
    return found


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        found: Tensor = _Sum.apply(gradients[0])
        return found
