"""Where a thing can be painted sensibly, and where it stands: boxes of real objects in a generator's scenes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

import cv2
import numpy as np
import torch
from torch import Tensor

from demos.paint.painter import Painter

SIDE = 64  # of the pictures that the next three numbers are for
LEAST, RING, MARGIN = 12, 4, 2  # pixels: of an object; around a box; that a box to erase is wider
SCENES, OTHERS = 400, 100  # looked through for objects, and for places of theirs: fewer than a painter remembers
WALLS = 3_000  # scenes looked through for room in a wall
BODY = 0.9  # of a wall's greatest width: a gable is narrower, and has no windows
IN_A_WALL = {"window": True, "door": False}  # added inside a wall alone; whether the wall goes on below


@dataclass(frozen=True, eq=False)
class Place:
    """A scene, the box (left, top, width, height) of a brush on it in pixels, and the real thing that has the box."""

    seed: int
    box: tuple[int, int, int, int]
    real: Place | None = None

    def mask(self, side: int) -> Tensor:
        """(side, side) bool."""
        left, top, width, height = self.box
        mask = torch.zeros(side, side, dtype=torch.bool)
        mask[max(top, 0) : top + height, max(left, 0) : left + width] = True
        return mask


def objects(painter: Painter, concept: str, first: int) -> Iterator[Place]:
    """Scenes with the thing, and a brush over its largest piece."""
    for seed in range(first, first + SCENES):
        box = _largest(painter, seed, concept)
        if box is not None:
            left, top, width, height = box
            margin = _scaled(MARGIN, painter)
            yield Place(seed, (left - margin, top - margin, width + 2 * margin, height + 2 * margin))


def places(painter: Painter, concept: str, first: int) -> Iterator[Place]:
    """Scenes without the thing, and the box of another scene's object where it is sensible to add one."""
    rng = random.Random(first)
    seeds = range(first + SCENES, first + SCENES + OTHERS)
    for seed in range(first, first + SCENES):
        box = _largest(painter, seed, concept)
        if box is None:
            continue
        ring, own = _ring(painter, seed, box), painter.edit_session(seed).canvas.seen(painter.parts(concept))
        usual = _shares(painter, seed, ring & ~own)
        for other in rng.sample(seeds, 40):
            place = Place(other, box, Place(seed, box))
            there = painter.edit_session(other).canvas.seen(painter.parts(concept))
            if float(there[place.mask(painter.side)].float().mean()) < 0.1 and _sensible(
                painter, other, ring, usual, abs(_light(painter, seed) - _light(painter, other))
            ):
                yield place
                break


def in_walls(painter: Painter, concept: str, first: int) -> Iterator[Place]:
    """Scenes with room in a wall for the thing of another scene, one place in each."""
    rng = random.Random(first)
    boxes = ((seed, _largest(painter, seed, concept)) for seed in range(first, first + SCENES))
    objects = cycle([Place(seed, box) for seed, box in boxes if box is not None])
    for seed in range(first + SCENES + OTHERS, first + SCENES + OTHERS + WALLS):
        seen = painter.edit_session(seed).canvas.seen
        real = next(objects)
        width, height = real.box[2:]
        room = _room(seen(["wall"]) & _body(seen(["wall", "window", "door"])), width, height, below=IN_A_WALL[concept])
        if room:
            yield Place(seed, (*rng.choice(room), width, height), real)


def _body(house: Tensor) -> Tensor:
    """The rows of the wall (H, W), with its windows and doors, in which it is as wide as anywhere: not the gable."""
    count, parts, _, _ = cv2.connectedComponentsWithStats(house.numpy().astype(np.uint8))
    body = torch.zeros_like(house)
    for number in range(1, count):
        part = torch.from_numpy(parts == number)
        wide = part.sum(1)
        body |= part & (wide >= BODY * wide.max())[:, None]
    return body


def _room(wall: Tensor, width: int, height: int, *, below: bool) -> list[tuple[int, int]]:
    """Left and top of each box in the wall (H, W) with wall around it: ``below`` it, too, or else the ground."""
    corners = [(left, top) for top in range(1, len(wall) - height - 1) for left in range(1, len(wall) - width - 1)]
    return [
        (left, top)
        for left, top in corners
        if bool(wall[top - 1 : top + height + below, left - 1 : left + width + 1].all())
        and (below or not bool(wall[top + height, left : left + width].any()))
    ]


def _sensible(painter: Painter, seed: int, ring: Tensor, usual: Tensor, darker: float) -> bool:
    found = _shares(painter, seed, ring)
    main = usual >= 0.15
    return bool(found[main].sum() >= 0.8 and (found[main] >= 0.5 * usual[main]).all() and darker < 0.25)


def _largest(painter: Painter, seed: int, concept: str) -> tuple[int, int, int, int] | None:
    seen = painter.edit_session(seed).canvas.seen(painter.parts(concept)).numpy().astype(np.uint8)
    count, _, figures, _ = cv2.connectedComponentsWithStats(seen)
    if count < 2:
        return None
    left, top, width, height, area = (int(number) for number in figures[1:][figures[1:, 4].argmax()])
    return (left, top, width, height) if area * SIDE**2 >= LEAST * painter.side**2 and min(width, height) >= 2 else None


def _ring(painter: Painter, seed: int, box: tuple[int, int, int, int]) -> Tensor:
    inner = Place(seed, box).mask(painter.side)
    left, top, width, height = box
    ring = _scaled(RING, painter)
    outer = Place(seed, (left - ring, top - ring, width + 2 * ring, height + 2 * ring)).mask(painter.side)
    return outer & ~inner


def _shares(painter: Painter, seed: int, where: Tensor) -> Tensor:
    classes = painter.edit_session(seed).classes_before[where]
    counts = torch.bincount(classes[classes >= 0], minlength=len(painter.labels)).float()
    return counts / counts.sum().clamp_min(1)


def _light(painter: Painter, seed: int) -> float:
    session = painter.edit_session(seed)
    sky = session.canvas.seen(["sky"])
    return float(session.before[:, sky].mean()) if bool(sky.any()) else 0.0


def _scaled(pixels: int, painter: Painter) -> int:
    """So many pixels of a picture of ``SIDE`` in one of the painter's."""
    return max(1, round(pixels * painter.side / SIDE))
