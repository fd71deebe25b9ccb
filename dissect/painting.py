"""Painting with units: a brush that erases, adds or amplifies what units draw, and a count of what that changed.

After Bau et al. 2019, "Semantic Photo Manipulation with a Generative Image Prior" (GANPaint). Units are edited under
the brush, and the picture is generated anew. Later convolutions carry the edit beyond the brush; what is outside is
therefore taken from the picture as it was.

Erasing does not set units to zero, which leaves a smudge where the thing was: they take the values that they have
around it, so that the grass or the wall goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dissect.cause.choosing import UnitSet
from dissect.edits import compose, fill, insert, scale, shift
from dissect.hooks import Edit, at_rest, intervene
from dissect.sampling import generate, segment, sights
from dissect.segmenters.protocol import Segmenter

FEATHER = 2.0  # pixels, inwards from the edge of the brush, over which the old picture fades into the new one
Mode = Literal["erase", "add", "amplify"]


@dataclass(frozen=True, eq=False)
class Stroke:
    """What the brush does, and where.

    - "erase" lets the units take the values of their surroundings, wherever under the brush the segmenter sees the
      concept of the unit set, and a little around it. Where the brush covers none of it, or the unit set has no
      concept, that is everywhere under the brush.
    - "add" sets them to what they are where the concept is present.
    - "amplify" multiplies them by 1 + ``strength``.

    Up to 1, ``strength`` is the part of the way to be gone. Beyond 1, erasing and adding go on, in the direction from
    present to absent or from absent to present; 1.5 to 2 is thorough and seldom does harm.
    """

    mode: Mode
    unit_set: UnitSet
    mask: Tensor  # (H, W) float in [0, 1] at any resolution
    strength: float = 1.0  # at least 0

    def __post_init__(self) -> None:
        if self.mode not in ("erase", "add", "amplify"):
            raise ValueError(f'a stroke\'s mode is "erase", "add" or "amplify", got {self.mode!r}')
        if self.mask.ndim != 2:
            raise ValueError(f"expected a stroke's mask of shape (H, W), got {tuple(self.mask.shape)}")
        if not self.strength >= 0:
            raise ValueError(f"expected a strength of at least 0, got {self.strength}")


@dataclass(frozen=True)
class ClassChange:
    """How many pixels show a class before and after: in the whole picture, and under the brush alone."""

    concept: str
    before: int
    after: int
    under_before: int
    under_after: int


@dataclass(frozen=True, eq=False)
class Painting:
    """A picture before and after the strokes. Images are (C, H, W) in [-1, 1], classes (H, W) int64."""

    before: Tensor
    after: Tensor
    classes_before: Tensor
    classes_after: Tensor
    touched: Tensor  # (H, W) in [0, 1]: how much of the new picture is shown; where it is 0 nothing changed
    table: tuple[ClassChange, ...]  # one row for each label


class EditSession:
    """One picture of a generator, made once, to be painted on again and again.

    Every painting starts from the untouched picture: to undo a stroke, paint without it.
    """

    def __init__(self, generator: nn.Module, layer: str, latent: Tensor, segmenter: Segmenter) -> None:
        """Generate the picture of ``latent`` (1, ...). Strokes will edit the units of ``layer``.

        Raises:
            ValueError: there is no such layer, or not exactly one latent.
        """
        if len(latent) != 1:
            raise ValueError(f"expected one latent, of shape (1, ...), got {tuple(latent.shape)}")
        self.generator, self.layer, self.latent, self.segmenter = generator, layer, latent, segmenter
        with at_rest(generator):
            sight = next(sights(generator, [layer], [latent], segmenter))
        self.before = sight.images[0]  # (C, H, W)
        self.classes_before = sight.classes[0]  # (H, W)

    def paint(self, strokes: Sequence[Stroke], *, keep_outside: bool = True) -> Painting:
        """Make the strokes, in their order, in one forward pass.

        Args:
            keep_outside: show the new picture only under the brush; all other pixels are the old ones, bit by bit.
                Otherwise show the new one everywhere.

        Raises:
            ValueError: no strokes, or units that the layer does not have.
        """
        if not strokes:
            raise ValueError("expected at least one stroke to paint, got none")
        height, width = self.before.shape[-2:]
        with at_rest(self.generator):
            brushes = [_resized(stroke.mask, height, width) for stroke in strokes]
            edits = [self._edit(stroke, brush) for stroke, brush in zip(strokes, brushes, strict=True)]
            with intervene(self.generator, {self.layer: _within_range(compose(edits))}):
                edited = generate(self.generator, self.latent)[0]
            brush = torch.stack(brushes).amax(0)
            touched = _faded(brush) if keep_outside else torch.ones(height, width)
            touched = touched.to(edited)
            after = torch.where(touched > 0, self.before * (1 - touched) + edited * touched, self.before)
            classes = segment(self.segmenter, after[None])[0]
        table = class_changes(self.segmenter.labels, self.classes_before, classes, brush.to(classes.device) > 0)
        return Painting(self.before, after, self.classes_before, classes, touched, table)

    def _edit(self, stroke: Stroke, brush: Tensor) -> Edit:
        unit_set, part, beyond = stroke.unit_set, min(stroke.strength, 1.0), max(stroke.strength - 1.0, 0.0)
        if stroke.mode == "amplify":
            return scale(unit_set.units, 1 + stroke.strength, brush)
        absent, present = torch.tensor(unit_set.absent), torch.tensor(unit_set.present)
        further = beyond * (present - absent)
        if stroke.mode == "add":
            return insert(unit_set.units, present + further, part * brush)
        seen = self._around(unit_set.concept)
        if not bool((seen * brush > 0).any()):
            seen = (brush > 0).float()
        goal = fill(unit_set.units, part * brush * seen, hole=torch.maximum(brush, seen), otherwise=absent)
        return compose([goal, shift(unit_set.units, -further, brush * seen)])

    def _around(self, concept: str | None) -> Tensor:
        """(H, W) 1 where ``concept`` is seen in the untouched picture, and a few pixels on, for its blurred edge."""
        seen = np.zeros(self.classes_before.shape, dtype=np.uint8)
        if concept in self.segmenter.labels:
            seen[(self.classes_before == self.segmenter.labels.index(concept)).cpu().numpy()] = 1
        reach = 2 * -(-max(seen.shape) // 32) + 1
        grown = cv2.dilate(seen, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
        return torch.from_numpy(grown).float()


def paint(
    generator: nn.Module,
    layer: str,
    latent: Tensor,
    strokes: Sequence[Stroke],
    segmenter: Segmenter,
    *,
    keep_outside: bool = True,
) -> Painting:
    """Paint ``strokes``, whose masks are (H, W) in [0, 1], on the picture of ``latent`` (1, ...).

    For several paintings of one picture, keep an :class:`EditSession`.

    Raises:
        ValueError: no such layer, not exactly one latent, no strokes, or units that the layer does not have.
    """
    return EditSession(generator, layer, latent, segmenter).paint(strokes, keep_outside=keep_outside)


def _within_range(edit: Edit) -> Edit:
    """``edit``, but no activation below the lowest of the layer: a rectified layer has none below zero."""
    return lambda features: edit(features).clamp_min(features.amin())


def _resized(mask: Tensor, height: int, width: int) -> Tensor:
    return F.interpolate(mask[None, None].float().cpu(), size=(height, width), mode="area")[0, 0]


def _faded(brush: Tensor) -> Tensor:
    """0 outside the brush (H, W), rising to 1 over ``FEATHER`` pixels inside it."""
    distance = cv2.distanceTransform((brush.numpy() > 0).astype(np.uint8), cv2.DIST_L2, 5)
    return (torch.from_numpy(distance) / FEATHER).clamp(0, 1)


def class_changes(labels: Sequence[str], before: Tensor, after: Tensor, under: Tensor) -> tuple[ClassChange, ...]:
    """A row for each of ``labels``: its pixels in the classes ``before`` and ``after`` (H, W), int64, -1 for none.

    ``under`` (H, W) is True where the brush was.
    """

    def pixels(classes: Tensor) -> list[int]:
        return torch.bincount(classes[classes >= 0], minlength=len(labels)).tolist()

    counts = (pixels(before), pixels(after), pixels(before[under]), pixels(after[under]))
    return tuple(ClassChange(label, *row) for label, *row in zip(labels, *counts, strict=True))
