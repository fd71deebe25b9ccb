"""A generator run only as far as one of its layers, where later ones are not needed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from dissect.directions.closed_form import Weighted

CELLS = 4  # a side of the maps, at most: what comes after draws their details
AFTER = 2  # layers with weights: by then the picture's plan stands, and its details do not


class UpTo(nn.Module):
    """``net`` until ``layer`` has run, for noise (N, n) before the same ``rest`` (m,) of each latent.

    Its own layer ``stage`` puts out what ``layer`` does, as maps (N, U, h, w) in any case, larger ones reduced to
    ``CELLS`` x ``CELLS`` means.
    """

    def __init__(self, net: nn.Module, layer: str, rest: Tensor) -> None:
        super().__init__()
        self.net, self.layer, self.rest = net, layer, rest
        self.stage = nn.Identity()

    def forward(self, noise: Tensor) -> Tensor:
        """What the layer puts out. ValueError where the network does not come by it."""
        stop = self.net.get_submodule(self.layer).register_forward_hook(_stop)
        try:
            self.net(torch.cat((noise, self.rest.expand(len(noise), -1)), dim=1))
        except _EnoughError as enough:
            maps = enough.output if enough.output.dim() == 4 else enough.output.flatten(1)[:, :, None, None]
            if max(maps.shape[2:]) > CELLS:
                maps = nn.functional.adaptive_avg_pool2d(maps, CELLS)
            found: Tensor = self.stage(maps)
            return found
        finally:
            stop.remove()
        raise ValueError(f"the generator does not run its layer {self.layer}, so nothing can be read off it.")


class _EnoughError(Exception):
    def __init__(self, output: Tensor) -> None:
        super().__init__()
        self.output = output


def _stop(module: nn.Module, given: Any, output: Tensor) -> None:
    raise _EnoughError(output)


def early_stage(net: nn.Module) -> str:
    """The layer that runs last before the third with weights; with fewer of them, before the last.

    ValueError for a network with fewer than two layers with weights.
    """
    leaves = [(name, module) for name, module in net.named_modules() if name and not any(module.children())]
    weighted = [place for place, (_, module) in enumerate(leaves) if isinstance(module, Weighted)]
    if len(weighted) < 2:
        raise ValueError("the generator has a single layer with weights, so there are no stages to look at.")
    return leaves[weighted[min(AFTER, len(weighted) - 1)] - 1][0]
