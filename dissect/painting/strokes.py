"""What a brush may do: erase, add or amplify with units; fill with what surrounds; transplant from another picture.

A stroke says which edits of which layers it makes, given the picture as it was; it changes nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from dissect.cause.choosing import UnitSet
from dissect.edits import compose, fill, insert, scale, shift, transplant
from dissect.hooks import Edit

EDGE = 2, 1 / 32  # pixels at least, and share of the longer side: how wide the blurred edge of a thing or a brush is
Mode = Literal["erase", "add", "amplify"]


@dataclass(frozen=True, eq=False)
class Canvas:
    """The untouched picture that strokes go on."""

    layers: Mapping[str, int]  # the layers that can be edited, and how many units each has
    classes: Tensor  # (H, W) int64, -1 for none
    labels: tuple[str, ...]

    def seen(self, concepts: Sequence[str]) -> Tensor:
        """(H, W) bool: where one of ``concepts`` is seen; a name that is no label is seen nowhere."""
        numbers = [number for number, label in enumerate(self.labels) if label in concepts]
        return torch.isin(self.classes, torch.tensor(numbers, device=self.classes.device)).cpu()

    def around(self, concepts: Sequence[str]) -> Tensor:
        """(H, W) float, 1 where one of ``concepts`` is seen, and a few pixels on, for its blurred edge."""
        reach = -(-max(self.classes.shape) // 32)
        return grown(self.seen(concepts), reach)


class BrushStroke(Protocol):
    """Anything that a session paints."""

    @property
    def mask(self) -> Tensor:
        """The brush: (H, W) float in [0, 1] at any resolution."""

    def edits(self, canvas: Canvas, brush: Tensor) -> Mapping[str, Edit]:
        """The edit of each layer; ``brush`` (H, W) is the mask at the picture's resolution."""

    def shown(self, canvas: Canvas, brush: Tensor) -> Tensor:
        """(H, W) in [0, 1]: how much of the new picture is shown; 0 outside the brush."""


@dataclass(frozen=True, eq=False)
class Stroke:
    """Edits chosen units (Bau et al. 2019).

    - "erase" lets the units take the values of their surroundings, wherever under the brush the segmenter sees the
      concept of the unit set, and a little around it. Where the brush covers none of it, or the unit set has no
      concept, that is everywhere under the brush.
    - "add" sets them to what they are where the concept is present.
    - "amplify" multiplies them by 1 + ``strength``.

    Up to 1, ``strength`` is the part of the way to be gone. Beyond 1, erasing and adding go on, in the direction from
    present to absent or from absent to present; 1.5 to 2 is thorough and seldom does harm.

    ``unit_set`` is of the session's only layer, or a mapping from layers to unit sets: several are edited at once.
    """

    mode: Mode
    unit_set: UnitSet | Mapping[str, UnitSet]
    mask: Tensor  # (H, W) float in [0, 1] at any resolution
    strength: float = 1.0  # at least 0

    def __post_init__(self) -> None:
        if self.mode not in ("erase", "add", "amplify"):
            raise ValueError(f'a stroke\'s mode is "erase", "add" or "amplify", got {self.mode!r}')
        _check(self.mask, self.strength)

    def unit_sets(self, canvas: Canvas) -> Mapping[str, UnitSet]:
        """The unit set of each layer. ValueError where the session has several layers, and none is named."""
        if not isinstance(self.unit_set, UnitSet):
            return self.unit_set
        if len(canvas.layers) != 1:
            raise ValueError(
                f"the session edits {', '.join(canvas.layers)}: say of which layer the units are, {{layer: unit set}}"
            )
        return {next(iter(canvas.layers)): self.unit_set}

    def edits(self, canvas: Canvas, brush: Tensor) -> Mapping[str, Edit]:
        """The edit of each layer that has a unit set; ``brush`` (H, W). Raises ValueError as :meth:`unit_sets`."""

        def within_range(edit: Edit) -> Edit:
            # A rectified layer has no activation below zero: no picture goes below the lowest that it had.
            return lambda features: torch.maximum(edit(features), features.amin((1, 2, 3), keepdim=True))

        return {layer: within_range(self._edit(canvas, each, brush)) for layer, each in self.unit_sets(canvas).items()}

    def shown(self, canvas: Canvas, brush: Tensor) -> Tensor:
        """The whole brush (H, W), its edge faded."""
        return faded(brush)

    def _edit(self, canvas: Canvas, unit_set: UnitSet, brush: Tensor) -> Edit:
        part, beyond = min(self.strength, 1.0), max(self.strength - 1.0, 0.0)
        if self.mode == "amplify":
            return scale(unit_set.units, 1 + self.strength, brush)
        absent, present = torch.tensor(unit_set.absent), torch.tensor(unit_set.present)
        further = beyond * (present - absent)
        if self.mode == "add":
            return insert(unit_set.units, present + further, part * brush)
        seen = canvas.around([] if unit_set.concept is None else [unit_set.concept])
        if not bool((seen * brush > 0).any()):
            seen = (brush > 0).float()
        goal = fill(unit_set.units, part * brush * seen, hole=torch.maximum(brush, seen), otherwise=absent)
        return compose([goal, shift(unit_set.units, -further, brush * seen)])


@dataclass(frozen=True, eq=False)
class Fill:
    """Erases: all units of ``layers`` take what they are around the thing, so that the background goes on.

    The thing is what shows one of ``concepts`` under the brush; where the brush covers none of them, all under it.
    """

    concepts: tuple[str, ...]
    layers: tuple[str, ...]
    mask: Tensor
    strength: float = 1.0  # in [0, 1], the part of the way

    def __post_init__(self) -> None:
        _check(self.mask, self.strength, most=1)

    def edits(self, canvas: Canvas, brush: Tensor) -> Mapping[str, Edit]:
        """Each layer filled, in whole cells, from outside the thing; ``brush`` (H, W).

        ValueError for a layer that is not the session's.
        """
        hole = self._hole(canvas, brush)

        def edit_of(layer: str) -> Edit:
            units = range(_units(canvas, layer))

            def edit(features: Tensor) -> Tensor:
                cells = covered(hole, features.shape[-2:])
                return fill(units, self.strength * cells, hole=cells)(features)

            return edit

        return {layer: edit_of(layer) for layer in self.layers}

    def shown(self, canvas: Canvas, brush: Tensor) -> Tensor:
        """The thing and its edge, within the brush (H, W)."""
        return softened(self._hole(canvas, brush)) * faded(brush, 1.0)

    def _hole(self, canvas: Canvas, brush: Tensor) -> Tensor:
        seen = canvas.around(self.concepts) * (brush > 0)
        return seen if bool(seen.any()) else (brush > 0).float()


@dataclass(frozen=True, eq=False)
class Donor:
    """Another picture of the same generator: what its layers put out, and what it shows."""

    features: Mapping[str, Tensor]  # layer -> (1, U, h, w)
    classes: Tensor  # (H, W) int64


@dataclass(frozen=True, eq=False)
class Transplant:
    """Under the brush, every unit of the donor's layers takes the value that it has in the donor's picture.

    ``moved`` (down, right) in pixels says where the donor's picture lies on this one: whole cells of every layer.
    "add" shows, of the new picture, what is one of ``concepts`` in the donor, and its edge; "erase" what is one of
    them in this picture, and its edge; each within the brush. Where that is nothing, all under the brush is shown.
    """

    mode: Literal["add", "erase"]
    concepts: tuple[str, ...]
    donor: Donor
    mask: Tensor
    moved: tuple[int, int] = (0, 0)
    strength: float = 1.0  # in [0, 1], the part of the way

    def __post_init__(self) -> None:
        if self.mode not in ("add", "erase"):
            raise ValueError(f'a transplant\'s mode is "add" or "erase", got {self.mode!r}')
        _check(self.mask, self.strength, most=1)

    def edits(self, canvas: Canvas, brush: Tensor) -> Mapping[str, Edit]:
        """One transplant for each of the donor's layers; ``brush`` (H, W).

        Raises:
            ValueError: a donor of another size or without layers of this session, or a move by parts of a cell.
        """
        if self.donor.classes.shape != canvas.classes.shape:
            raise ValueError(
                f"the donor's picture has the size {tuple(self.donor.classes.shape)}, expected "
                f"{tuple(canvas.classes.shape)}: it is of another generator"
            )
        edits = {}
        for layer, features in self.donor.features.items():
            _units(canvas, layer)
            steps = [
                pixels * cells / side
                for pixels, cells, side in zip(self.moved, features.shape[-2:], canvas.classes.shape, strict=True)
            ]
            if any(step != int(step) for step in steps):
                raise ValueError(f"a move by {self.moved} pixels is no whole number of cells of layer {layer!r}")
            edits[layer] = transplant(moved_by(features, *map(int, steps)), brush, self.strength)
        return edits

    def shown(self, canvas: Canvas, brush: Tensor) -> Tensor:
        """The thing and its edge, within the brush (H, W)."""
        here = Canvas(canvas.layers, self.donor.classes, canvas.labels) if self.mode == "add" else canvas
        thing = here.seen(self.concepts).float()
        if self.mode == "add":
            thing = moved_by(thing, *self.moved)
        thing = thing * (brush > 0)
        if not bool(thing.any()):
            return faded(brush)
        return softened(grown(thing > 0, edge(brush))) * faded(brush, 1.0)


def edge(picture: Tensor) -> int:
    """How many pixels an edge in a picture (H, W) is wide: what comes along with a thing, and where a brush fades."""
    least, share = EDGE
    return max(least, -int(-max(picture.shape) * share // 1))


def faded(brush: Tensor, feather: float | None = None) -> Tensor:
    """0 outside the brush (H, W), rising to 1 over ``feather`` pixels inside it, by default over an edge."""
    feather = edge(brush) if feather is None else feather
    distance = cv2.distanceTransform((brush.numpy() > 0).astype(np.uint8), cv2.DIST_L2, 5)
    return (torch.from_numpy(distance) / feather).clamp(0, 1)


def grown(seen: Tensor, reach: int) -> Tensor:
    """``seen`` (H, W) bool as float, grown by ``reach`` pixels."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return torch.from_numpy(cv2.dilate(seen.cpu().numpy().astype(np.uint8), kernel)).float()


def softened(area: Tensor) -> Tensor:
    """``area`` (H, W) of 0 and 1, its edge softened outwards by about a pixel."""
    soft = cv2.GaussianBlur(area.numpy().astype(np.float32), (0, 0), 1.0)
    return torch.maximum(torch.from_numpy(soft), area).clamp(0, 1)


def covered(mask: Tensor, size: Sequence[int]) -> Tensor:
    """``mask`` (H, W) in cells (h, w): 1 where it covers any part of a cell."""
    return (F.interpolate(mask[None, None].float(), size=tuple(size), mode="area")[0, 0] > 0).float()


def moved_by(maps: Tensor, down: int, right: int) -> Tensor:
    """``maps`` (N, U, H, W) or (H, W) moved by whole cells; what comes in from beyond the edge repeats the edge."""
    rows = (torch.arange(maps.shape[-2], device=maps.device) - down).clamp(0, maps.shape[-2] - 1)
    columns = (torch.arange(maps.shape[-1], device=maps.device) - right).clamp(0, maps.shape[-1] - 1)
    return maps[..., rows, :][..., columns]


def _units(canvas: Canvas, layer: str) -> int:
    if layer not in canvas.layers:
        raise ValueError(f"the session edits {', '.join(canvas.layers)}, not {layer!r}")
    return canvas.layers[layer]


def _check(mask: Tensor, strength: float, most: float = float("inf")) -> None:
    if mask.ndim != 2:
        raise ValueError(f"expected a stroke's mask of shape (H, W), got {tuple(mask.shape)}")
    if not strength >= 0:
        raise ValueError(f"expected a strength of at least 0, got {strength}")
    if strength > most:
        raise ValueError(f"expected a strength of at most {most:g}, got {strength}")
