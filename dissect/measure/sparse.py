"""The pixels where an upsampled map lies above one level, found without upsampling the rest.

Between two neighbouring cells a bilinear map is never higher than the higher one. So of the patches that lie between
2x2 cells only those with a cell above the level are looked into, each with one product of its four cells with a fixed
matrix. The geometry is that of ``F.interpolate(..., mode="bilinear", align_corners=False)``, borders repeated, for
images that are a whole number of times larger than the map.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

Size = tuple[int, int]


def whole(cells: Size, size: Size) -> bool:
    """Whether images of ``size`` (H, W) are a whole number of times larger than maps of ``cells`` (h, w)."""
    return all(pixels >= small and pixels % small == 0 for pixels, small in zip(size, cells, strict=True))


def above(features: Tensor, level: Tensor, size: Size) -> tuple[Tensor, Tensor]:
    """Where ``features`` (U, h, w), brought to ``size`` (H, W), lie strictly above the ``level`` (U,) of their unit.

    Returns the units (M,) and the places (M,) of these pixels, in the order of :func:`patched`.
    """
    high, wide = features.shape[1:]
    padded = F.pad(features[None], (1, 1, 1, 1), mode="replicate")[0]
    hot = padded > level[:, None, None]
    either = hot[:, :-1] | hot[:, 1:]
    unit, row, column = (either[:, :, :-1] | either[:, :, 1:]).nonzero(as_tuple=True)
    corner = (unit * (high + 2) + row) * (wide + 2) + column
    cells = padded.flatten()
    around = torch.stack([cells[corner + step] for step in (0, 1, wide + 2, wide + 3)], dim=1)  # (patches, 4)
    weights = _weights(size[0] // high, size[1] // wide).to(around)
    found, pixel = (around @ weights > level[unit, None]).nonzero(as_tuple=True)
    return unit[found], (row * (wide + 1) + column)[found] * weights.shape[1] + pixel


def patched(classes: Tensor, cells: Size, outside: int) -> Tensor:
    """``classes`` (H, W), one after the other in the order of the patches between ``cells``; flat.

    The patches of the borders reach beyond the image; what lies there is of the class ``outside``.
    """
    scales = [pixels // small for pixels, small in zip(classes.shape, cells, strict=True)]
    (top, left), (tall, broad) = [(scale + 1) // 2 for scale in scales], scales
    framed = F.pad(classes, (left, broad - left, top, tall - top), value=outside)
    return framed.view(cells[0] + 1, tall, cells[1] + 1, broad).transpose(1, 2).flatten()


def _weights(tall: int, broad: int) -> Tensor:
    """The weights (4, tall * broad) of a patch's corners in its pixels."""
    down, across = ((torch.arange(scale) + (0.0 if scale % 2 else 0.5)) / scale for scale in (tall, broad))
    rows, columns = torch.stack((1 - down, down)), torch.stack((1 - across, across))
    return (rows[:, None, :, None] * columns[None, :, None, :]).reshape(4, -1)
