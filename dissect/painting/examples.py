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

from dissect.painting.bank import Bank
from dissect.painting.session import EditSession, Painting
from dissect.painting.strokes import BrushStroke, Donor, Fill, Transplant, grown
from dissect.segmenters.protocol import DifferentiableSegmenter
from dissect.segmenters.wholes import name_of

RING = 1 / 16  # of the side: the surroundings of a brush that are compared
REACH = 1 / 8, 1 / 4  # of the sides: how far an example may be moved down or up, and right or left
LEAST = 0.4  # share of the brush in which an example must show the thing
ENOUGH = 0.85  # share of the brush that a thing need not surpass
MADE_UP = 0.1  # the merit that a fill loses: it is made of no picture, and leaves a haze where a large thing was
FOUND_AGAIN = 2.0  # weight of what may be left of an erased thing
ALIKE = 0.45  # share of the surroundings that may show other classes; with more, the thing cannot grow there
KNOWN = 0.25  # share of the surroundings that must be left to compare, where the thing itself is left out
DRAWN = 8  # examples drawn for each group of layers
SHOWN = 0.15  # share of the brush: an example that shows less of the thing than that is not taken
FEW = 0.02  # share of a thing that an example without it may still show

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


@dataclass(frozen=True, eq=False)
class _Candidate:
    number: int
    moved: tuple[int, int]
    cost: float
    disagreement: float


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
        candidates = _ranked(bank, wanted, picture, classes, brush, step, adding=True)
        closest = min([closest, *(each.disagreement for each in candidates)])
        chosen = _varied([each for each in candidates if each.disagreement <= ALIKE], drawn)
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
        ValueError: an empty mask, nothing of ``concepts`` under it, or a concept that the bank does not know.
    """
    brush = _brush(session, mask)
    picture, classes = _now(session, strokes)
    numbers = [session.canvas.labels.index(concept) for concept in concepts if concept in session.canvas.labels]
    wanted = bank.showing(concepts)
    thing = torch.isin(classes, torch.tensor(numbers)) & (brush > 0)
    if not bool(thing.any()):
        raise ValueError(f"there is no {name_of(concepts)} under the brush, so there is nothing to erase")
    hole = grown(thing, 2) * (brush > 0)
    found: list[Example] = []
    for layers, step in groups(session, brush):
        chosen = _varied(_ranked(bank, wanted, picture, classes, hole, step, adding=False), drawn)
        given = donors(layers, [each.number for each in chosen]) if chosen else []
        lasts: list[Transplant | Fill] = [Fill(tuple(concepts), layers, mask, strength)]
        lasts += [
            Transplant("erase", tuple(concepts), donor, mask, each.moved, strength)
            for each, donor in zip(chosen, given, strict=True)
        ]
        names = [None, *(each.number for each in chosen)]
        found += _judged(session, strokes, lasts, names, concepts, classes, hole, False)
    return tuple(sorted(found, key=lambda each: -each.merit))


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


def _ranked(
    bank: Bank, wanted: Tensor, picture: Tensor, classes: Tensor, area: Tensor, step: int, *, adding: bool
) -> list[_Candidate]:
    """Pictures of the bank, moved by whole steps, with or without what is ``wanted`` (N, H, W): the cheapest first."""
    height, width = area.shape
    ring = grown(area > 0, max(1, round(RING * width))) - area
    rows, columns = ((area + ring).amax(axis).nonzero()[:, 0] for axis in (1, 0))
    place = _Place(
        picture[:, rows][:, :, columns],
        classes[rows][:, columns],
        area[rows][:, columns] > 0,
        ring[rows][:, columns] > 0,
    )
    high, wide = (int(reach * side) // step * step for reach, side in zip(REACH, area.shape, strict=True))
    found: list[_Candidate] = []
    for down in range(-high, high + 1, step):
        for right in range(-wide, wide + 1, step):
            there = (rows - down).clamp(0, height - 1), (columns - right).clamp(0, width - 1)
            found += place.compared(bank, wanted, there, (down, right), adding=adding)
    return sorted(found, key=lambda each: each.cost)


@dataclass(frozen=True, eq=False)
class _Place:
    """A part of the picture (C, h, w) with its classes; the area (h, w) that is to change, and what surrounds it."""

    picture: Tensor
    classes: Tensor
    area: Tensor
    ring: Tensor

    def compared(
        self, bank: Bank, wanted: Tensor, there: tuple[Tensor, Tensor], moved: tuple[int, int], *, adding: bool
    ) -> list[_Candidate]:
        """The pictures of the bank that have what is ``wanted`` at the rows and columns ``there``, or do not."""
        rows, columns = there
        has = wanted[:, rows][:, :, columns]  # (N, h, w)
        share = has[:, self.area].float().mean(1)
        fitting = ((share >= LEAST) if adding else (share <= FEW)).nonzero()[:, 0]
        if not len(fitting):
            return []
        share, has = share[fitting], has[fitting]
        pixels = bank.pictures[fitting][:, :, rows][:, :, :, columns].float() / 127.5 - 1
        colour = ((pixels - self.picture) ** 2).mean(1)[:, self.ring].mean(1).sqrt()
        compared = self.ring & ~has  # (N, h, w): what is around the thing, not the thing itself
        other = bank.classes[fitting][:, rows][:, :, columns] != self.classes
        around = self.ring.sum()
        left = compared.sum((1, 2))
        apart = torch.where(left < KNOWN * around, 1.0, (other & compared).sum((1, 2)) / left.clamp_min(1))
        # A thing that goes on beyond the brush would be cut there.
        missing = (ENOUGH - share).clamp_min(0) + (1 - left / around) / 2 if adding else share
        cost = colour + apart / 2 + missing
        rest = (fitting.tolist(), cost.tolist(), apart.tolist())
        return [_Candidate(number, moved, price, away) for number, price, away in zip(*rest, strict=True)]


def _varied(candidates: Sequence[_Candidate], count: int) -> list[_Candidate]:
    """The first ``count``, each picture of the bank once."""
    first: dict[int, _Candidate] = {}
    for each in candidates:
        first.setdefault(each.number, each)
        if len(first) == count:
            break
    return list(first.values())


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
        strayed = float((~torch.isin(now, usual)).float().mean())
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
        shares = session.segmenter.logits(torch.cat([pictures, pictures.flip(-1)])).softmax(1)
    found, mirrored = shares[:, wanted.to(shares.device)].sum(1).cpu().chunk(2)
    return ((found + mirrored.flip(-1))[:, inside].mean(1) / 2).tolist()
