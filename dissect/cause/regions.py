"""Regions of a layer's cells: under an object's box, outside it, everywhere, and a grid of places over the picture."""

import torch
from torch import Tensor
from torch.nn import functional as F

UNDER, OUTSIDE, EVERYWHERE = "under the box", "outside the box", "everywhere"


def region_names(grid: int) -> tuple[str, ...]:
    """The regions in the order of :func:`regions`; places of the grid are ``1,1`` (row, column) to ``grid,grid``."""
    numbers = range(1, grid + 1)
    return UNDER, OUTSIDE, EVERYWHERE, *(f"{row},{column}" for row in numbers for column in numbers)


def boxes(shown: Tensor) -> Tensor:
    """The smallest box around all that is true in each of ``shown`` (N, H, W) bool, filled: (N, H, W) bool."""
    rows, columns = shown.any(2), shown.any(1)
    return _between(rows)[:, :, None] & _between(columns)[:, None, :]


def check_grid(size: tuple[int, int], grid: int) -> None:
    """ValueError where a layer of ``size`` (h, w) has fewer cells on a side than ``grid`` has places."""
    if not 1 <= grid <= min(size):
        raise ValueError(f"a layer of {size[0]} x {size[1]} cells takes a grid of 1 to {min(size)}, got {grid}")


def under(mask: Tensor, size: tuple[int, int]) -> Tensor:
    """Which pixels of pictures of ``size`` (H, W) lie under ``mask`` (N, 1, h, w) of 0 and 1: (N, H, W) of 0 and 1.

    Of a layer with more cells than there are pixels, those that touch a cell of the mask, so that some always do.
    """
    if any(cells > pixels for cells, pixels in zip(mask.shape[2:], size, strict=True)):
        return F.adaptive_max_pool2d(mask, size)[:, 0]
    return F.interpolate(mask, size=size, mode="nearest")[:, 0]


def regions(shown: Tensor, size: tuple[int, int], grid: int) -> Tensor:
    """Which cells of a layer of ``size`` (h, w) lie in each region: (3 + grid * grid, N, 1, h, w) bool.

    ``shown`` (N, H, W) bool is where the object is. A cell lies under its box where the box touches it, so that nothing
    of the object is outside; in the place of the grid that its centre is in.

    Raises ValueError where the grid is finer than the layer, because a place would have no cell.
    """
    check_grid(size, grid)
    under = F.adaptive_max_pool2d(boxes(shown)[:, None].float(), size) > 0
    rows, columns = (((torch.arange(side) + 0.5) * grid / side).long().to(shown.device) for side in size)
    places = [
        ((rows == row)[:, None] & (columns == column)[None, :]).expand_as(under)
        for row in range(grid)
        for column in range(grid)
    ]
    return torch.stack([under, ~under, torch.ones_like(under), *places])


def _between(there: Tensor) -> Tensor:
    """From the first to the last that is true in each row (N, L) bool."""
    return (there.cumsum(1) > 0) & (there.flip(1).cumsum(1).flip(1) > 0)
