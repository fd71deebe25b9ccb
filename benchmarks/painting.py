"""``python -m benchmarks.painting JUDGE``: does what is added appear, and does what is erased go?

The shipped generator is painted on through the app's own call with its default settings. The brush is led through the
box of a real object: of another scene (adding), or of the scene itself, over all of the box (erasing). Donors are
chosen by the shipped segmenter; JUDGE is another one, with another seed and architecture:

    dissect train-segmenter --count 6000 --steps 2500 --seed 77 --widths 20 40 80 --out judge.safetensors

*Added* counts the places in which more than half of the box becomes the thing, by the judge; *random* the same with a
random picture in place of the example. *Erased* is the share of the thing's pixels under the brush that is gone, and
*others* the largest net change of any class but that, sky and grass, of the picture. A place is sensible where what
surrounds the box is like what surrounds it in the object's own scene, at a like hour; for a window and a door, where a
wall has room for it: all around, or above and beside where it stands on the ground.
"""

from __future__ import annotations

import random
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import torch
import tyro
from torch import Tensor

from core_gans.foundation.errors import LabError
from core_gans.foundation.pixels import Picture, write_png
from core_gans.foundation.sheets import labelled_rows, sheet
from demos.lab import Lab
from demos.paint.calls import PaintCalls, strokes_of
from demos.paint.control import random_strokes
from demos.paint.painter import Painter
from demos.paint.sketch import Sketch
from dissect.sampling import segment
from dissect.segmenters.unet import UNetSegmenter
from dissect.segmenters.wholes import labels_of

ADDED = ("tree", "house", "mountain", "water", "path", "cloud", "roof", "sun", "moon", "person", "door", "window")
ERASED = (*ADDED[:10], "wall", "door", "window")
NONSENSE = {"door": 0.16, "sun": 0.84, "moon": 0.84, "path": 0.12}  # the thing, and the height where it cannot be
LEAST, RING, MARGIN = 12, 4, 2  # pixels: of an object; around a box; that a box to erase is wider
SCENES, OTHERS = 400, 100  # looked through for objects, and for places of theirs: fewer than a painter remembers
IN_A_WALL = {"window": True, "door": False}  # added inside a wall alone; whether the wall goes on below


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    judge: tyro.conf.Positional[Path]
    """The segmenter that judges."""
    scenes: int = 30
    """Places for each concept."""
    seed: int = 2_000_000
    """The first scene; settings were chosen on scenes from 200,000 on, and the examples begin at 1,000,000."""
    concepts: tuple[str, ...] = tuple(dict.fromkeys((*ADDED, *ERASED)))
    """Which."""
    out: Path | None = None
    """A folder for a sheet of pictures before and after."""


@dataclass(frozen=True, eq=False)
class Place:
    """A scene, and the box (left, top, width, height) of a brush on it, in pixels."""

    seed: int
    box: tuple[int, int, int, int]

    def mask(self, side: int) -> Tensor:
        """(side, side) bool."""
        left, top, width, height = self.box
        mask = torch.zeros(side, side, dtype=torch.bool)
        mask[max(top, 0) : top + height, max(left, 0) : left + width] = True
        return mask


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the table."""
    plan = tyro.cli(Plan, args=arguments, prog="python -m benchmarks.painting", description=__doc__)
    try:
        judge = UNetSegmenter.load(plan.judge)
    except (OSError, LabError) as error:
        raise SystemExit(f"error: {error}") from error
    with TemporaryDirectory() as runs:
        lab = Lab.at(Path(runs))
        try:
            _measure(plan, judge, PaintCalls(lab), lab.painters.of())
        finally:
            lab.close()


def _measure(plan: Plan, judge: UNetSegmenter, calls: PaintCalls, painter: Painter) -> None:
    print("| concept | added | of | random | erased | of | others |\n|---|---|---|---|---|---|---|", flush=True)
    for concept in plan.concepts:
        cells = [concept]
        rows: list[tuple[str, list[Picture]]] = []
        find = _in_walls if concept in IN_A_WALL else _places
        places = list(islice(find(painter, concept, plan), plan.scenes)) if concept in ADDED else []
        found = [_add(calls, painter, judge, concept, place, rows) for place in places]
        cells += [f"{sum(own > 0.5 for own, _ in found)}", f"{len(found)}", f"{sum(any_ > 0.5 for _, any_ in found)}"]
        gone = [
            _erase(calls, painter, judge, concept, place, rows)
            for place in (islice(_objects(painter, concept, plan), plan.scenes) if concept in ERASED else [])
        ]
        told = [f"{statistics.mean(each[number] for each in gone):.0%}" if gone else "" for number in (0, 1)]
        cells += [told[0], f"{len(gone)}", told[1]]
        print(f"| {' | '.join(cells)} |", flush=True)
        if plan.out is not None:
            plan.out.mkdir(parents=True, exist_ok=True)
            write_png(plan.out / f"{concept}.png", labelled_rows(rows[:3] + rows[-3:]))
    refused = {concept: _refused(calls, concept, height, plan) for concept, height in NONSENSE.items()}
    print("\nrefused where it cannot be: " + ", ".join(f"{name} {told}" for name, told in refused.items()))


def _add(
    calls: PaintCalls, painter: Painter, judge: UNetSegmenter, concept: str, place: Place, rows: list
) -> tuple[float, float]:
    """The share of the box that shows the thing after adding, and after a random picture did the same."""
    sketch = _sketch(painter, place, concept, "add")
    mask = place.mask(painter.side)
    try:
        after = calls.painted(sketch).after
    except ValueError:  # said to be impossible here
        return 0.0, 0.0
    resolved, _ = calls.resolved(painter, sketch)
    other = random_strokes(painter, strokes_of(resolved, painter), torch.Generator().manual_seed(place.seed))
    random_after = painter.paint(place.seed, other).after
    rows.append((f"add {concept}", _pictures(painter, place, after)))
    return _share(judge, after, concept, mask), _share(judge, random_after, concept, mask)


def _erase(
    calls: PaintCalls, painter: Painter, judge: UNetSegmenter, concept: str, place: Place, rows: list
) -> tuple[float, float]:
    """The share of the thing's pixels that is gone, and the largest net change of another class beside it."""
    mask = place.mask(painter.side)
    before = painter.edit_session(place.seed).before
    try:
        after = calls.painted(_sketch(painter, place, concept, "erase")).after
    except ValueError:
        after = before
    was, now = segment(judge, torch.stack([before, after]))
    own = torch.tensor([judge.labels.index(part) for part in painter.parts(concept)])
    there = torch.isin(was, own) & mask
    left = torch.isin(now, own) & mask
    base = [judge.labels.index(name) for name in ("sky", "grass")]
    others = [number for number in range(len(judge.labels)) if number not in (*own.tolist(), *base)]
    net = max(abs(int((now == number).sum()) - int((was == number).sum())) for number in others)
    rows.append((f"erase {concept}", _pictures(painter, place, after)))
    count = max(1, int(there.sum()))
    return max(0.0, 1 - int(left.sum()) / count), net / was.numel()


def _refused(calls: PaintCalls, concept: str, height: float, plan: Plan) -> str:
    """How many of the scenes refuse the thing at a height where it cannot be."""
    count = 0
    for seed in range(plan.seed, plan.seed + plan.scenes):
        stroke = {"mode": "add", "concept": concept, "points": [[0.5, height]], "radius": 0.08, "by": "example"}
        try:
            calls.painted(Sketch.read({"model": "scenes", "seed": seed, "strokes": [stroke]}))
        except ValueError:
            count += 1
    return f"{count} of {plan.scenes}"


def _sketch(painter: Painter, place: Place, concept: str, mode: str) -> Sketch:
    """One stroke: to add, along the box with a brush as wide as that; to erase, to and fro over all of it."""
    left, top, width, height = place.box
    long, short = max(width, height), min(width, height)
    if mode == "add":
        radius, lines = short / 2, max(1, round(long / short))
        way = [(long * (number + 0.5) / lines, short / 2) for number in range(lines)]
    else:
        radius = max(1.0, short / 4)
        rows = max(2, round(short / radius) - 1)
        ways = [(radius + (short - 2 * radius) * row / (rows - 1), row % 2) for row in range(rows)]
        way = [(end, across) for across, back in ways for end in sorted((radius, long - radius), reverse=bool(back))]
    points = [
        [(left + x) / painter.side, (top + y) / painter.side]
        for x, y in (way if width >= height else [(across, along) for along, across in way])
    ]
    stroke = {"mode": mode, "concept": concept, "points": points, "radius": radius / painter.side, "by": "example"}
    return Sketch.read({"model": "scenes", "seed": place.seed, "strokes": [stroke]})


def _objects(painter: Painter, concept: str, plan: Plan) -> Iterator[Place]:
    """Scenes with the thing, and a brush over its largest piece."""
    for seed in range(plan.seed, plan.seed + SCENES):
        box = _largest(painter, seed, concept)
        if box is not None:
            left, top, width, height = box
            yield Place(seed, (left - MARGIN, top - MARGIN, width + 2 * MARGIN, height + 2 * MARGIN))


def _places(painter: Painter, concept: str, plan: Plan) -> Iterator[Place]:
    """Scenes without the thing, and the box of another scene's object where it is sensible to add one."""
    rng = random.Random(plan.seed)
    seeds = range(plan.seed + SCENES, plan.seed + SCENES + OTHERS)
    for seed in range(plan.seed, plan.seed + SCENES):
        box = _largest(painter, seed, concept)
        if box is None:
            continue
        ring, own = _ring(painter, seed, box), painter.edit_session(seed).canvas.seen(painter.parts(concept))
        usual = _shares(painter, seed, ring & ~own)
        for other in rng.sample(seeds, 40):
            place = Place(other, box)
            there = painter.edit_session(other).canvas.seen(painter.parts(concept))
            if float(there[place.mask(painter.side)].float().mean()) < 0.1 and _sensible(
                painter, other, ring, usual, abs(_light(painter, seed) - _light(painter, other))
            ):
                yield place
                break


def _in_walls(painter: Painter, concept: str, plan: Plan) -> Iterator[Place]:
    """Scenes with room in a wall for the thing of another scene, one place in each."""
    rng = random.Random(plan.seed)
    objects = [_largest(painter, seed, concept) for seed in range(plan.seed, plan.seed + SCENES)]
    sizes = cycle([box[2:] for box in objects if box is not None])
    for seed in range(plan.seed + SCENES + OTHERS, plan.seed + 2 * SCENES + OTHERS):
        wall = painter.edit_session(seed).canvas.seen(["wall"])
        width, height = next(sizes)
        room = _room(wall, width, height, below=IN_A_WALL[concept])
        if room:
            yield Place(seed, (*rng.choice(room), width, height))


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
    return (left, top, width, height) if area >= LEAST and min(width, height) >= 2 else None


def _ring(painter: Painter, seed: int, box: tuple[int, int, int, int]) -> Tensor:
    inner = Place(seed, box).mask(painter.side)
    left, top, width, height = box
    outer = Place(seed, (left - RING, top - RING, width + 2 * RING, height + 2 * RING)).mask(painter.side)
    return outer & ~inner


def _shares(painter: Painter, seed: int, where: Tensor) -> Tensor:
    classes = painter.edit_session(seed).classes_before[where]
    counts = torch.bincount(classes[classes >= 0], minlength=len(painter.labels)).float()
    return counts / counts.sum().clamp_min(1)


def _light(painter: Painter, seed: int) -> float:
    session = painter.edit_session(seed)
    sky = session.canvas.seen(["sky"])
    return float(session.before[:, sky].mean()) if bool(sky.any()) else 0.0


def _share(judge: UNetSegmenter, picture: Tensor, concept: str, mask: Tensor) -> float:
    classes = segment(judge, picture[None])[0][mask]
    own = torch.tensor([judge.labels.index(part) for part in labels_of(concept, judge.labels)])
    return float(torch.isin(classes, own).float().mean())


def _pictures(painter: Painter, place: Place, after: Tensor) -> list[Picture]:
    return [sheet(each[None], scale=2) for each in (painter.edit_session(place.seed).before, after)]


if __name__ == "__main__":
    main(sys.argv[1:])
