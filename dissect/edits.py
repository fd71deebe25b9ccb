"""Edits of a layer's output: remove units, set them, amplify them; everywhere or under a mask.

Each is the mixture x (1 - a) + r a of Bau et al. 2019 (GAN Dissection, section 3.2), with a weight ``a`` per unit and
pixel and a value ``r`` per unit. Pure functions of the tensor: nothing is changed in place, gradients flow.

A mask is a float tensor in [0, 1] of the shape (H, W), (N, H, W) or (N, 1, H, W), at any resolution: it is brought to
the layer's by area, so that a cell that is half covered is edited by half.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from dissect.hooks import Edit

FREE = 0.05  # a cell that a hole covers by less can be trusted to show none of what is in it
Values = float | Sequence[float] | Tensor
Mixture = Callable[[Tensor], Tensor]  # the chosen units (N, n, H, W) -> what they become where the weight is 1


def ablate(units: Sequence[int], mask: Tensor | None = None) -> Edit:
    """Set ``units`` of a layer (N, C, H, W) to zero (where ``mask`` is 1). Raises ValueError as :func:`insert`."""
    return _mixed(units, torch.zeros_like, mask)


def insert(units: Sequence[int], value: Values, mask: Tensor | None = None) -> Edit:
    """Set ``units`` of a layer (N, C, H, W) to ``value``: one number for all, or one per unit, (n,), in their order.

    Raises:
        ValueError: a unit named twice, values of another number, a mask of another shape or range; and when the edit
            runs, a layer without these units or of another shape, or masks of another number than the images.
    """
    constant = _per_unit(value, len(units))
    return _mixed(units, lambda chosen: constant.to(chosen).expand_as(chosen), mask)


def shift(units: Sequence[int], by: Values, mask: Tensor | None = None) -> Edit:
    """Add ``by`` to ``units`` of a layer (N, C, H, W): one number for all, or one per unit, (n,), in their order.

    Raises ValueError as :func:`insert`.
    """
    constant = _per_unit(by, len(units))
    return _mixed(units, lambda chosen: chosen + constant.to(chosen), mask)


def scale(units: Sequence[int], factor: float, mask: Tensor | None = None) -> Edit:
    """Multiply ``units`` of a layer (N, C, H, W) by ``factor``: 0 ablates, 1 changes nothing, above 1 amplifies.

    Raises ValueError as :func:`insert`.
    """
    return _mixed(units, lambda chosen: chosen * factor, mask)


def fill(units: Sequence[int], mask: Tensor, hole: Tensor | None = None, otherwise: Values = 0.0) -> Edit:
    """Let ``units`` of a layer (N, C, H, W) take, under ``mask``, the values around it: what surrounds it continues.

    Each cell becomes the mean of the cells that ``hole`` (by default the mask) does not cover, weighted by their
    distance to the power of -4 (Shepard's interpolation). Where the hole covers all, ``otherwise`` is put there: one
    value, or one per unit, (n,). Raises ValueError as :func:`insert`.
    """
    weights, covered = _checked(mask), _checked(mask if hole is None else hole)
    rest = _per_unit(otherwise, len(units))

    def become(chosen: Tensor) -> Tensor:
        count, _, height, width = chosen.shape
        filled = rest.to(chosen).expand_as(chosen).flatten(2).clone()  # (N, n, H * W)
        wanted = _weight(weights, chosen).expand(count, -1, -1, -1).flatten(1) > 0
        known = _weight(covered, chosen).expand(count, -1, -1, -1).flatten(1) < FREE
        cells = torch.cartesian_prod(torch.arange(height), torch.arange(width)).float().to(chosen.device)
        for image, values, want, know in zip(filled, chosen.flatten(2), wanted, known, strict=True):
            if bool(know.any()):
                near = torch.cdist(cells[know], cells[want]).clamp_min(0.5) ** -4  # (known, wanted)
                image[:, want] = values[:, know] @ (near / near.sum(0)).to(values)
        return filled.view_as(chosen)

    return _mixed(units, become, mask)


def transplant(donor: Tensor, mask: Tensor | None = None, strength: float = 1.0) -> Edit:
    """Let every unit of a layer (N, U, h, w) take the value that it has at the same place of ``donor``.

    The opposite of :func:`insert`, which sets some units to one value each: here all units come, as another picture
    has them there, so that what they draw together is whole. A cell that ``mask`` covers at all is taken whole;
    ``strength`` in [0, 1] is the part of the way. ``donor`` is (1 or N, U, h, w).

    Raises:
        ValueError: a mask as in :func:`insert`, a strength outside [0, 1]; and when the edit runs, a donor of another
            shape than the layer.
    """
    checked = None if mask is None else _checked(mask)
    if not 0 <= strength <= 1:
        raise ValueError(f"expected a strength from 0 to 1, got {strength}")

    def edit(features: Tensor) -> Tensor:
        if donor.shape[1:] != features.shape[1:] or len(donor) not in (1, len(features)):
            raise ValueError(
                f"the donor's layer has the shape {tuple(donor.shape)}, expected (1, ...) or that of the layer, "
                f"{tuple(features.shape)}: is it of another generator or layer?"
            )
        given = donor.to(features)
        if checked is None:
            return features + strength * (given - features) if strength < 1 else given.expand_as(features)
        weight = (_weight(checked, features) > 0).to(features) * strength
        return features * (1 - weight) + given * weight

    return edit


def compose(edits: Sequence[Edit]) -> Edit:
    """One edit of a layer (N, C, H, W) that makes ``edits`` one after the other."""

    def edit(features: Tensor) -> Tensor:
        for each in edits:
            features = each(features)
        return features

    return edit


def _mixed(units: Sequence[int], become: Mixture, mask: Tensor | None) -> Edit:
    units = [int(unit) for unit in units]
    if len(set(units)) != len(units):
        raise ValueError("a unit is named twice in one edit: name each once")
    checked = None if mask is None else _checked(mask)

    def edit(features: Tensor) -> Tensor:
        if features.ndim != 4:
            raise ValueError(f"expected a layer of shape (N, C, H, W) to edit, got {tuple(features.shape)}")
        if foreign := [unit for unit in units if not 0 <= unit < features.shape[1]]:
            raise ValueError(f"the layer has the units 0 to {features.shape[1] - 1}, got {foreign}")
        edited = features.clone()
        chosen = features[:, units]
        if checked is None:
            edited[:, units] = become(chosen)
        else:
            weight = _weight(checked, features)
            edited[:, units] = chosen * (1 - weight) + become(chosen) * weight
        return edited

    return edit


def _per_unit(values: Values, units: int) -> Tensor:
    """One number for each of ``units``, (1, units, 1, 1)."""
    given = torch.as_tensor(values)
    if given.shape not in ((), (units,)):
        raise ValueError(f"expected one value or {units}, one per unit; got the shape {tuple(given.shape)}")
    return given.expand(units).view(1, -1, 1, 1)


def _checked(mask: Tensor) -> Tensor:
    if mask.ndim not in (2, 3, 4) or (mask.ndim == 4 and mask.shape[1] != 1):
        raise ValueError(f"expected a mask of shape (H, W), (N, H, W) or (N, 1, H, W), got {tuple(mask.shape)}")
    mask = mask.float()
    if not bool(((mask >= 0) & (mask <= 1)).all()):
        raise ValueError("a mask holds numbers from 0 (leave alone) to 1 (edit): scale or clip it first")
    return mask[None, None] if mask.ndim == 2 else mask[:, None] if mask.ndim == 3 else mask


def _weight(mask: Tensor, features: Tensor) -> Tensor:
    """The mask (N or 1, 1, H, W) at the resolution, on the device and in the precision of ``features``."""
    if mask.shape[0] not in (1, features.shape[0]):
        raise ValueError(f"expected one mask or {features.shape[0]}, one per image; got {mask.shape[0]}")
    return F.interpolate(mask.to(features.device), size=features.shape[-2:], mode="area").to(features.dtype)
