"""Painting by example: other pictures of the generator show how the thing looks here, or how the place looks without.

Classical insertion sets units to their means where a concept is present (Bau et al. 2019), and the mean of all houses
is no house. A transplant takes all units from one picture that shows the thing at this place. Which picture: those of a
bank that show it under the brush, also moved by whole cells, the likest in their surroundings first; a handful of them
is drawn, judged by the segmenter, and ordered by how much of the thing they show and how little else they change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from dissect.cause.gradients import scores
from dissect.painting.bank import Bank
from dissect.painting.candidates import ENOUGH, ranked, varied
from dissect.painting.session import EditSession, Painting
from dissect.painting.strokes import BrushStroke, Donor, Fill, Transplant, grown
from dissect.segmenters.protocol import DifferentiableSegmenter
from dissect.segmenters.wholes import name_of

MADE_UP = 0.1  # the merit that a fill loses: it is made of no picture, and leaves a haze where a large thing was
FOUND_AGAIN = 2.0  # weight of what may be left of an erased thing
ALIKE = 0.45  # share of the surroundings that may show other classes; with more, the thing cannot grow there
DRAWN = 8  # examples drawn for each group of layers
SHOWN = 0.15  # an example that shows less of the thing, as a share of the brush, or erases less of it, is not taken

Donors = Callable[[Sequence[str], Sequence[int]], Sequence[Donor]]  # layers, numbers in the bank -> donors


class CannotGrowError(ValueError):
    """The thing cannot be added here: no example shows it in such surroundings."""


@dataclass(frozen=True, eq=False)
class Example:
    """One way to make the stroke, drawn and judged by the session's segmenter. Shares are of the brush, in [0, 1]."""

    stroke: Transplant | Fill
    number: int | None  # of the donor in the bank; None for a fill
    painting: Painting
    reached: float  # share that shows the thing (adding), or of the thing that is gone (erasing)
    strayed: float  # share that now shows something that is neither wanted nor was there
    seam: float  # mean difference of colour, in [0, 2], at the edge of what is shown
    traces: float = 0.0  # erasing: how probable the segmenter still finds the thing; 0 where it only names

    @property
    def merit(self) -> float:
        """By which examples are ordered. Of a thing that is added, from ``ENOUGH`` on more is not better."""
        if isinstance(self.stroke, Fill):
            return self.reached - self.strayed - self.seam - FOUND_AGAIN * self.traces - MADE_UP
        reached = min(self.reached, ENOUGH) if self.stroke.mode == "add" else self.reached
        return reached - self.strayed - self.seam - FOUND_AGAIN * self.traces


def additions(
    session: EditSession,
    bank: Bank,
    concepts: Sequence[str],
    mask: Tensor,
    donors: Donors,
    *,
    strokes: Sequence[BrushStroke] = (),
    strength: float = 1.0,
    drawn: int = DRAWN,
) -> tuple[Example, ...]:
    """Examples of ``concepts`` (the parts of one thing) under ``mask`` (H, W) in [0, 1], the best first.

    They are made on top of ``strokes``, in groups of neighbouring layers of the session: coarse ones carry whole
    things, fine ones small parts. At most ``drawn`` for each group. ``strength`` is that of a stroke, in [0, 1].

    Raises:
        CannotGrowError: no example shows the thing at such a place, or none does once it is drawn.
        ValueError: an empty mask, or a concept that the bank does not know.
    """
    brush = _brush(session, mask)
    picture, classes = _now(session, strokes)
    wanted = bank.showing(concepts)
    found: list[Example] = []
    closest = 1.0
    for layers, step in groups(session, brush):
        candidates = ranked(bank, wanted, picture, classes, brush, step, adding=True)
        closest = min([closest, *(each.disagreement for each in candidates)])
        chosen = varied([each for each in candidates if each.disagreement <= ALIKE], drawn)
        given = donors(layers, [each.number for each in chosen]) if chosen else []
        lasts = [
            Transplant("add", tuple(concepts), donor, mask, each.moved, strength)
            for each, donor in zip(chosen, given, strict=True)
        ]
        found += _judged(session, strokes, lasts, [each.number for each in chosen], concepts, classes, brush, True)
    if not found:
        where = "in such surroundings" if closest < 1 else "at this place"
        raise CannotGrowError(f"no {name_of(concepts)} can grow here: none of {len(bank)} pictures shows one {where}")
    showing = [each for each in found if each.reached >= SHOWN]
    if not showing:
        raise CannotGrowError(f"no {name_of(concepts)} grew here: {len(found)} examples were drawn, and none shows one")
    small = _is_small(session, brush)  # all of a small thing is edge: its seam says nothing
    return tuple(sorted(showing, key=lambda each: each.strayed - each.reached if small else -each.merit))


def removals(
    session: EditSession,
    bank: Bank,
    concepts: Sequence[str],
    mask: Tensor,
    donors: Donors,
    *,
    strokes: Sequence[BrushStroke] = (),
    strength: float = 1.0,
    drawn: int = DRAWN,
) -> tuple[Example, ...]:
    """Ways to erase what shows ``concepts`` under ``mask`` (H, W) in [0, 1], the best first.

    The thing is filled from what surrounds it, or takes the place of it from an example that does not show it there,
    each in groups of neighbouring layers of the session, on top of ``strokes``, with a stroke's ``strength`` in [0, 1].

    Raises:
        ValueError: an empty mask, nothing of ``concepts`` under it, or a concept that the bank does not know; or each
            way leaves as much of the thing under the brush as there was.
    """
    brush = _brush(session, mask)
    picture, classes = _now(session, strokes)
    labels = session.canvas.labels
    own = torch.tensor([labels.index(concept) for concept in concepts if concept in labels])
    wanted = bank.showing(concepts)
    thing = torch.isin(classes, own) & (brush > 0)
    if not bool(thing.any()):
        raise ValueError(f"there is no {name_of(concepts)} under the brush, so there is nothing to erase")
    hole = grown(thing, 2) * (brush > 0)
    found: list[Example] = []
    for layers, step in groups(session, brush):
        chosen = varied(ranked(bank, wanted, picture, classes, hole, step, adding=False), drawn)
        given = donors(layers, [each.number for each in chosen]) if chosen else []
        lasts: list[Transplant | Fill] = [Fill(tuple(concepts), layers, mask, strength)]
        lasts += [
            Transplant("erase", tuple(concepts), donor, mask, each.moved, strength)
            for each, donor in zip(chosen, given, strict=True)
        ]
        names = [None, *(each.number for each in chosen)]
        found += _judged(session, strokes, lasts, names, concepts, classes, hole, False)
    under = brush > 0
    most = (1 - SHOWN) * int(thing.sum())
    gone = [each for each in found if int((torch.isin(each.painting.classes_after, own) & under).sum()) <= most]
    if not gone:
        raise ValueError(f"this {name_of(concepts)} would not go: {len(found)} ways were tried, and each leaves one")
    return tuple(sorted(gone, key=lambda each: -each.merit))


def groups(session: EditSession, brush: Tensor | None = None) -> list[tuple[tuple[str, ...], int]]:
    """Neighbouring layers of the session that are edited together, and the pixels of a cell of the coarser one.

    For a ``brush`` (H, W) smaller than a cell of the coarsest, also the finest layer alone, where a thing can be moved
    by the fewest pixels.
    """
    height = session.before.shape[-2]
    cells = {layer: session.cells[layer][0] for layer in session.layers}
    order = sorted(session.layers, key=lambda layer: cells[layer])
    found = [tuple(order[start : start + 2]) for start in range(max(1, len(order) - 1))]
    if brush is not None and len(order) > 1 and _is_small(session, brush):
        found.append((order[-1],))
    return [(layers, max(1, height // cells[layers[0]])) for layers in found]


def _is_small(session: EditSession, brush: Tensor) -> bool:
    """Whether ``brush`` (H, W) covers less than a cell of the coarsest layer."""
    cells = min(rows * columns for rows, columns in session.cells.values())
    return float(brush.sum()) < brush.numel() / cells


def _brush(session: EditSession, mask: Tensor) -> Tensor:
    brush = F.interpolate(mask[None, None].float(), size=session.before.shape[-2:], mode="area")[0, 0]
    if not bool((brush > 0).any()):
        raise ValueError("the brush covers no part of the picture")
    return (brush > 0.25 * brush.max()).float()


def _now(session: EditSession, strokes: Sequence[BrushStroke]) -> tuple[Tensor, Tensor]:
    """The picture (C, H, W) and its classes (H, W) with ``strokes`` made."""
    if not strokes:
        return session.before, session.classes_before
    painting = session.paint(strokes)
    return painting.after, painting.classes_after


def _judged(
    session: EditSession,
    strokes: Sequence[BrushStroke],
    lasts: Sequence[Transplant | Fill],
    numbers: Sequence[int | None],
    concepts: Sequence[str],
    before: Tensor,
    area: Tensor,
    adding: bool,
) -> list[Example]:
    """An example for each of ``lasts``, drawn after ``strokes``; ``area`` (H, W) is what is to change."""
    if not lasts:
        return []
    labels = session.canvas.labels
    wanted = torch.tensor([labels.index(concept) for concept in concepts if concept in labels])
    inside = area > 0
    ring = before[(grown(inside, 4) > 0) & ~inside]
    usual = torch.cat([wanted, before[inside].unique() if adding else ring.unique()])
    was = torch.isin(before[inside], wanted)
    paintings = session.variations(strokes, lasts)
    traces = [0.0] * len(lasts) if adding else _traces(session, paintings, wanted, inside)
    found = []
    for last, number, painting, left in zip(lasts, numbers, paintings, traces, strict=True):
        now = painting.classes_after[inside]
        shows = torch.isin(now, wanted)
        reached = float(shows.float().mean() if adding else 1 - (shows & was).sum() / was.sum())
        # What fills the picture leaves no surroundings that tell what may be in its place.
        strayed = float((~torch.isin(now, usual)).float().mean()) if adding or len(ring) else 0.0
        edge = (painting.touched > 0) & (painting.touched < 1)
        moved = (painting.after - painting.before).abs().mean(0)[edge].sum()
        seam = float(moved / painting.touched[edge].sum()) if bool(edge.any()) else 0.0
        found.append(Example(last, number, painting, reached, strayed, seam, left))
    return found


def _traces(session: EditSession, paintings: Sequence[Painting], wanted: Tensor, inside: Tensor) -> list[float]:
    """Of each, the mean over ``inside`` (H, W) that it shows one of the labels ``wanted``; 0 if unknown.

    It is the mean of the picture's and of its mirror image's. Of many ways, the one in which the segmenter finds
    nothing more is often one that deceives it, and seldom in the mirror, too.
    """
    if not isinstance(session.segmenter, DifferentiableSegmenter):
        return [0.0] * len(paintings)
    pictures = torch.stack([each.after for each in paintings])
    with torch.no_grad():
        shares = scores(session.segmenter, torch.cat([pictures, pictures.flip(-1)])).softmax(1)
    found, mirrored = shares[:, wanted.to(shares.device)].sum(1).cpu().chunk(2)
    return ((found + mirrored.flip(-1))[:, inside].mean(1) / 2).tolist()
