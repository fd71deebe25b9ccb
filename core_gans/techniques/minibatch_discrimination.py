"""Minibatch discrimination: a discriminator sees how close each example is to the others. Salimans et al. 2016, 3.2.

Features f(x_i) become matrices M_i by a tensor T; with c_b(x_i, x_j) = exp(-|M_ib - M_jb|_1) of their rows, what is put
beside the features is o_b(x_i) = sum over j of c_b(x_i, x_j).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MinibatchDiscrimination(nn.Module):
    """Features (N, A) to (N, A + kernels). Real and generated examples belong in batches of their own.

    The sum is over the other examples: an example's likeness to itself, always 1, would tell nothing. It grows with
    the batch, so the batch must be of one size.
    """

    def __init__(self, features: int, kernels: int = 100, dimensions: int = 5) -> None:
        super().__init__()
        self.tensor = nn.Parameter(torch.empty(features, kernels, dimensions))  # T, (A, B, C)
        nn.init.normal_(self.tensor, 0.0, 0.05)

    def forward(self, features: Tensor) -> Tensor:
        return torch.cat((features, closeness(self.matrices(features)).to(features.dtype)), dim=1)

    def matrices(self, features: Tensor) -> Tensor:
        """M: (N, kernels, dimensions)."""
        return torch.einsum("na,abc->nbc", features, self.tensor)

    def extra_repr(self) -> str:
        features, kernels, dimensions = self.tensor.shape
        return f"features={features}, kernels={kernels}, dimensions={dimensions}"


def closeness(matrices: Tensor) -> Tensor:
    """o (N, B) of matrices (N, B, C): the sum over the other examples of exp(-|M_ib - M_jb|_1)."""
    rows = matrices if matrices.dtype == torch.float64 else matrices.float()
    distances = (rows[:, None] - rows[None]).abs().sum(dim=3)  # (N, N, B)
    return torch.exp(-distances).sum(dim=1) - 1
