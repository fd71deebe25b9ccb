"""Painting on one picture of a generator, and a count of what that changed.

After Bau et al. 2019, "Semantic Photo Manipulation with a Generative Image Prior" (GANPaint). Features are edited under
the brush, and the picture is generated anew. Later convolutions carry the edit beyond the brush; what is outside is
therefore taken from the picture as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dissect.edits import compose
from dissect.from_layer import rest_of
from dissect.hooks import Edit, at_rest, intervene, record
from dissect.painting.strokes import BrushStroke, Canvas, Donor, Stroke, faded
from dissect.sampling import generate, segment, sights
from dissect.segmenters.protocol import Segmenter


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

    Every painting starts from the untouched picture: to undo a stroke, paint without it. ``net`` is the generator from
    the first of the layers on (see ``dissect.from_layer``), and ``start`` what goes into it.
    """

    def __init__(self, generator: nn.Module, layer: str | Sequence[str], latent: Tensor, segmenter: Segmenter) -> None:
        """Generate the picture of ``latent`` (1, ...). Strokes will edit ``layer``, one or several.

        Raises:
            ValueError: there is no such layer, one that is no map of units, or not exactly one latent.
        """
        if len(latent) != 1:
            raise ValueError(f"expected one latent, of shape (1, ...), got {tuple(latent.shape)}")
        layers = (layer,) if isinstance(layer, str) else tuple(layer)
        self.generator, self.layers, self.latent, self.segmenter = generator, layers, latent, segmenter
        self.net, self.start = rest_of(generator, layers, latent)
        with at_rest(self.net):
            sight = next(sights(self.net, layers, [self.start], segmenter))
        self.before = sight.images[0]  # (C, H, W)
        self.classes_before = sight.classes[0]  # (H, W)
        units = {layer: sight.features[layer].shape[1] for layer in layers}
        self.cells = {layer: tuple(sight.features[layer].shape[-2:]) for layer in layers}  # of each layer, (h, w)
        self.canvas = Canvas(units, self.classes_before, tuple(segmenter.labels))

    def donor(self, layers: Sequence[str]) -> Donor:
        """This picture as the donor of a transplant of ``layers``. ValueError for layers that are not the session's."""
        if foreign := [layer for layer in layers if layer not in self.layers]:
            raise ValueError(f"the session edits {', '.join(self.layers)}, not {', '.join(foreign)}")
        with at_rest(self.net), record(self.net, layers) as seen:
            self.net(self.start)
            return Donor({layer: seen[layer].detach() for layer in layers}, self.classes_before)

    def paint(self, strokes: Sequence[BrushStroke], *, keep_outside: bool = True) -> Painting:
        """Make the strokes, in their order, in one forward pass.

        Args:
            keep_outside: show the new picture only under the brush; all other pixels are the old ones, bit by bit.
                Otherwise show the new one everywhere.

        Raises:
            ValueError: no strokes, or units or layers that the session does not have.
        """
        return self.variations(strokes[:-1], strokes[-1:], keep_outside=keep_outside)[0]

    def variations(
        self, strokes: Sequence[BrushStroke], lasts: Sequence[BrushStroke], *, keep_outside: bool = True
    ) -> list[Painting]:
        """A painting for each of ``lasts``, made after ``strokes``; all in one forward pass.

        Raises ValueError as :meth:`paint`.
        """
        if not lasts:
            raise ValueError("expected at least one stroke to paint, got none")
        size = tuple(self.before.shape[-2:])
        with at_rest(self.net):
            brushes = [_resized(stroke.mask, size) for stroke in (*strokes, *lasts)]
            first = [
                stroke.edits(self.canvas, brush) for stroke, brush in zip(strokes, brushes[: len(strokes)], strict=True)
            ]
            ends = [
                stroke.edits(self.canvas, brush) for stroke, brush in zip(lasts, brushes[len(strokes) :], strict=True)
            ]
            with intervene(self.net, self._edits(first, ends)):
                edited = generate(self.net, self.start.expand(len(lasts), *self.start.shape[1:]))
            made = list(zip(strokes, brushes, strict=False))
            touched = [
                (self._shown([*made, last]) if keep_outside else torch.ones(size)).to(edited)
                for last in zip(lasts, brushes[len(strokes) :], strict=True)
            ]
            blended = [
                torch.where(each > 0, self.before * (1 - each) + new * each, self.before)
                for each, new in zip(touched, edited, strict=True)
            ]
            classes = segment(self.segmenter, torch.stack(blended))
        paintings = []
        for number, (after, found, each) in enumerate(zip(blended, classes, touched, strict=True)):
            under = torch.stack([*brushes[: len(strokes)], brushes[len(strokes) + number]]).amax(0)
            table = class_changes(self.segmenter.labels, self.classes_before, found, under.to(found.device) > 0)
            paintings.append(Painting(self.before, after, self.classes_before, found, each, table))
        return paintings

    def _shown(self, made: Sequence[tuple[BrushStroke, Tensor]]) -> Tensor:
        """How much of the new picture is shown (H, W); strokes with units count as one brush."""
        whole = [brush for stroke, brush in made if isinstance(stroke, Stroke)]
        parts = [stroke.shown(self.canvas, brush) for stroke, brush in made if not isinstance(stroke, Stroke)]
        return torch.stack([*([faded(torch.stack(whole).amax(0))] if whole else []), *parts]).amax(0)

    def _edits(self, first: Sequence[Mapping[str, Edit]], ends: Sequence[Mapping[str, Edit]]) -> dict[str, Edit]:
        """The edit of each layer that any stroke edits: those of ``first`` on all pictures, one of ``ends`` on each."""

        def edit_of(layer: str) -> Edit:
            common = [each[layer] for each in first if layer in each]

            def edit(features: Tensor) -> Tensor:
                features = compose(common)(features)
                rows = [
                    end[layer](features[number : number + 1]) if layer in end else features[number : number + 1]
                    for number, end in enumerate(ends)
                ]
                return torch.cat(rows)

            return edit

        used = {layer for each in (*first, *ends) for layer in each}
        if foreign := used - set(self.layers):
            raise ValueError(f"the session edits {', '.join(self.layers)}, not {', '.join(sorted(foreign))}")
        return {layer: edit_of(layer) for layer in self.layers if layer in used}


def paint(
    generator: nn.Module,
    layer: str | Sequence[str],
    latent: Tensor,
    strokes: Sequence[BrushStroke],
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


def _resized(mask: Tensor, size: tuple[int, ...]) -> Tensor:
    return F.interpolate(mask[None, None].float().cpu(), size=size, mode="area")[0, 0]


def class_changes(labels: Sequence[str], before: Tensor, after: Tensor, under: Tensor) -> tuple[ClassChange, ...]:
    """A row for each of ``labels``: its pixels in the classes ``before`` and ``after`` (H, W), int64, -1 for none.

    ``under`` (H, W) is True where the brush was.
    """

    def pixels(classes: Tensor) -> list[int]:
        return torch.bincount(classes[classes >= 0], minlength=len(labels)).tolist()

    counts = (pixels(before), pixels(after), pixels(before[under]), pixels(after[under]))
    return tuple(ClassChange(label, *row) for label, *row in zip(labels, *counts, strict=True))
