"""Virtual batch normalisation: statistics from a batch that was chosen once. Salimans et al. 2016, section 3.5.

Batch normalisation makes an example's output depend on the others of its batch. Here each example is normalised by the
reference batch and itself, so that it depends on no other.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPSILON = 1e-5


class VirtualBatchNorm(nn.Module):
    """(N, C, H, W) or (N, C), normalised by channel, with learned scale and shift.

    The statistics of the reference batch of R examples at this layer are buffers, through which no gradient runs; an
    example counts among them as one of R + 1. ``set_references`` fills them; before that, nothing is normalised.
    """

    count: Tensor
    mean: Tensor
    square: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("count", torch.tensor(0))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("square", torch.ones(channels))
        self.looking = False

    def forward(self, x: Tensor) -> Tensor:
        exact = x if x.dtype == torch.float64 else x.float()
        places = list(range(2, x.dim()))
        own_mean = exact.mean(dim=places) if places else exact  # (N, C)
        own_square = exact.square().mean(dim=places) if places else exact.square()
        if self.looking:
            self._keep(own_mean, own_square)
        mean, square = self._joined(own_mean, self.mean), self._joined(own_square, self.square)
        deviation = ((square - mean.square()).clamp_min(0) + EPSILON).sqrt()
        # By None, not by view, whose number of examples ONNX would have as it was traced.
        each = (..., *[None] * len(places))
        normal = (exact - mean[each]) / deviation[each]
        per_channel = (1, -1, *[1] * len(places))
        return (normal * self.weight.view(per_channel) + self.bias.view(per_channel)).to(x.dtype)

    def _joined(self, own: Tensor, kept: Tensor) -> Tensor:
        """An example's own statistics (N, C) among those of the reference (C,), which meets itself alone."""
        if self.looking or not self.count:
            return kept.expand_as(own)
        return kept + (own - kept) / (self.count + 1)

    @torch.no_grad()
    def _keep(self, means: Tensor, squares: Tensor) -> None:
        self.count.fill_(len(means))
        self.mean.copy_(means.mean(dim=0))
        self.square.copy_(squares.mean(dim=0))

    def extra_repr(self) -> str:
        return f"channels={len(self.mean)}"


@torch.no_grad()
def set_references(network: nn.Module, batch: Tensor) -> None:
    """Run the reference ``batch`` (N, ...) through ``network``: its virtual batch normalisations keep what they see.

    To be called again after each step, with the same batch: the statistics are those of the present weights.
    ValueError where the network has no such layer.
    """
    layers = [module for module in network.modules() if isinstance(module, VirtualBatchNorm)]
    if not layers:
        raise ValueError("expected a network with VirtualBatchNorm layers, whose references could be set.")
    for layer in layers:
        layer.looking = True
    try:
        network(batch)
    finally:
        for layer in layers:
            layer.looking = False
