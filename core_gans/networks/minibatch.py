"""The minibatch standard deviation: a discriminator sees how much the examples of a batch differ.

Karras et al. 2018, section 3. A generator that draws one picture only gives itself away by it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

LEAST = 1e-8  # variance below which there is none: the slope of its root would be without meaning


class MinibatchDeviation(nn.Module):
    """(N, C, H, W) to (N, C + 1, H, W): the last plane holds one number, the mean deviation over the batch."""

    def forward(self, x: Tensor) -> Tensor:
        plane = deviation(x).to(x.dtype).expand(len(x), 1, *x.shape[2:])
        return torch.cat((x, plane), dim=1)


def deviation(x: Tensor) -> Tensor:
    """The standard deviation over the examples of (N, ...), a mean over all features and places; a scalar.

    Computed in float32 at least. 0 for examples that are all the same, with a gradient of 0.
    """
    variance = (x if x.dtype == torch.float64 else x.float()).var(dim=0, correction=0)
    present = variance > LEAST
    return torch.where(present, variance.where(present, 1.0).sqrt(), 0.0).mean()
