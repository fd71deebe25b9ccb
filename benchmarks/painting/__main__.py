"""``python -m benchmarks.painting JUDGE``: does what is added appear, and does what is erased go?

The shipped generator is painted on through the app's own call with its default settings. The brush is led through the
box of a real object: of another scene (adding), or of the scene itself, over all of the box (erasing). Donors are
chosen by the shipped segmenter; JUDGE is another one, with another seed and architecture:

    dissect train-segmenter --count 6000 --steps 2500 --seed 77 --widths 20 40 80 --out judge.safetensors

*Added* counts the places in which more than half of the box becomes the thing, by the judge; *real* those in which the
real thing, whose box it is, fills more than half of it, and *both* those in which both do; *random* what a random
picture adds in place of the example. *Erased* is the share of the thing's pixels under the brush that is gone, and
*others* the largest net change of any class but that, sky and grass, of the picture. A place is sensible where what
surrounds the box is like what surrounds it in the object's own scene, at a like hour; for a window and a door, where a
wall has room for it: all around, or above and beside where it stands on the ground.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import tyro
from PIL import Image
from torch import Tensor

from benchmarks.painting.places import IN_A_WALL, SIDE, Place, in_walls, objects, places
from core_gans.foundation.errors import LabError
from core_gans.foundation.pixels import Picture, write_png
from core_gans.foundation.sheets import below, beside, labelled_rows, sheet
from demos.lab import Lab
from demos.paint.calls import PaintCalls, strokes_of
from demos.paint.control import random_strokes
from demos.paint.painter import Painter
from demos.paint.sketch import Sketch
from dissect import Segmenter
from dissect.sampling import segment
from dissect.segmenters.unet import UNetSegmenter
from dissect.segmenters.wholes import labels_of

ADDED = ("tree", "house", "mountain", "water", "path", "cloud", "roof", "sun", "moon", "person", "door", "window")
ERASED = (*ADDED[:10], "wall", "door", "window")
ACROSS = 4  # sheets beside each other in painting.jpg
NONSENSE = {"door": 0.16, "sun": 0.84, "moon": 0.84, "path": 0.12}  # the thing, and the height where it cannot be


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
    model: str = "scenes"
    """The generator, as the app calls it. The judge sees larger pictures than its own at its own size."""
    out: Path | None = None
    """A folder for sheets of pictures before and after: one of each concept, and painting.jpg with all of them."""


@dataclass(frozen=True, eq=False)
class Bench:
    """The app's calls, the painter of a model, and the judge."""

    calls: PaintCalls
    model: str
    painter: Painter
    judge: Segmenter


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the table."""
    plan = tyro.cli(Plan, args=arguments, prog="python -m benchmarks.painting", description=__doc__)
    judge = opened_judge(plan.judge)
    with TemporaryDirectory() as runs:
        lab = Lab.at(Path(runs))
        try:
            painter = lab.painters.of(plan.model)
            _measure(plan, Bench(PaintCalls(lab), plan.model, painter, judge))
        finally:
            lab.close()


def opened_judge(path: Path) -> Segmenter:
    """The segmenter in ``path``, which sees any pictures at its own size; SystemExit with a line where it is none."""
    try:
        return UNetSegmenter.load(path, size=SIDE)
    except (OSError, LabError) as error:
        raise SystemExit(f"error: {error}") from error


def _measure(plan: Plan, bench: Bench) -> None:
    print(f"| concept | added | of | real | both | random | erased | of | others |\n{'|---' * 9}|", flush=True)
    sheets: list[Picture] = []
    for concept in plan.concepts:
        cells = [concept]
        rows: list[tuple[str, list[Picture]]] = []
        find = in_walls if concept in IN_A_WALL else places
        there = list(islice(find(bench.painter, concept, plan.seed), plan.scenes)) if concept in ADDED else []
        found = [_add(bench, concept, place, rows) for place in there]
        real = [_real(bench, concept, place) for place in there]
        cells += [f"{_more_than_half(own for own, _ in found)}", f"{len(found)}", f"{_more_than_half(real)}"]
        cells += [f"{_more_than_half(min(own, true) for (own, _), true in zip(found, real, strict=True))}"]
        cells += [f"{_more_than_half(any_ for _, any_ in found)}"]
        gone = [
            _erase(bench, concept, place, rows)
            for place in (islice(objects(bench.painter, concept, plan.seed), plan.scenes) if concept in ERASED else [])
        ]
        told = [f"{statistics.mean(each[number] for each in gone):.0%}" if gone else "" for number in (0, 1)]
        cells += [told[0], f"{len(gone)}", told[1]]
        print(f"| {' | '.join(cells)} |", flush=True)
        if plan.out is not None:
            plan.out.mkdir(parents=True, exist_ok=True)
            sheets.append(labelled_rows(rows[:3] + rows[-3:]))
            write_png(plan.out / f"{concept}.png", sheets[-1])
    if plan.out is not None:
        page = below([beside(sheets[first : first + ACROSS]) for first in range(0, len(sheets), ACROSS)])
        Image.fromarray(page).save(plan.out / "painting.jpg")
    refused = {concept: _refused(bench, concept, height, plan) for concept, height in NONSENSE.items()}
    print("\nrefused where it cannot be: " + ", ".join(f"{name} {told}" for name, told in refused.items()))


def _add(bench: Bench, concept: str, place: Place, rows: list) -> tuple[float, float]:
    """The share of the box that shows the thing after adding, and after a random picture did the same."""
    calls, painter, judge = bench.calls, bench.painter, bench.judge
    sketch = _sketch(bench, place, concept, "add")
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


def _real(bench: Bench, concept: str, place: Place) -> float:
    """The share of its own box that the real thing fills, whose box the brush has: a roof is a triangle."""
    assert place.real is not None
    picture = bench.painter.edit_session(place.real.seed).before
    return _share(bench.judge, picture, concept, place.real.mask(bench.painter.side))


def _more_than_half(shares: Iterable[float]) -> int:
    return sum(share > 0.5 for share in shares)


def _erase(bench: Bench, concept: str, place: Place, rows: list) -> tuple[float, float]:
    """The share of the thing's pixels that is gone, and the largest net change of another class beside it."""
    painter, judge = bench.painter, bench.judge
    mask = place.mask(painter.side)
    before = painter.edit_session(place.seed).before
    try:
        after = bench.calls.painted(_sketch(bench, place, concept, "erase")).after
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


def _refused(bench: Bench, concept: str, height: float, plan: Plan) -> str:
    """How many of the scenes refuse the thing at a height where it cannot be."""
    count = 0
    for seed in range(plan.seed, plan.seed + plan.scenes):
        stroke = {"mode": "add", "concept": concept, "points": [[0.5, height]], "radius": 0.08, "by": "example"}
        try:
            bench.calls.painted(Sketch.read({"model": bench.model, "seed": seed, "strokes": [stroke]}))
        except ValueError:
            count += 1
    return f"{count} of {plan.scenes}"


def _sketch(bench: Bench, place: Place, concept: str, mode: str) -> Sketch:
    """One stroke: to add, along the box with a brush as wide as that; to erase, to and fro over all of it."""
    painter = bench.painter
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
    return Sketch.read({"model": bench.model, "seed": place.seed, "strokes": [stroke]})


def _share(judge: Segmenter, picture: Tensor, concept: str, mask: Tensor) -> float:
    classes = segment(judge, picture[None])[0][mask]
    own = torch.tensor([judge.labels.index(part) for part in labels_of(concept, judge.labels)])
    return float(torch.isin(classes, own).float().mean())


def _pictures(painter: Painter, place: Place, after: Tensor) -> list[Picture]:
    return [sheet(each[None], scale=2) for each in (painter.edit_session(place.seed).before, after)]


if __name__ == "__main__":
    main(sys.argv[1:])
