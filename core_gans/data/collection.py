"""Pictures as they are kept, read one by one, and how they become examples: the place where every format ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core_gans.data import room
from core_gans.data.examples import Examples
from core_gans.data.frame import Frame
from core_gans.data.levels import NEARLY_ALL, Levels, of_floats, of_sixteen_bits
from core_gans.data.stacking import Progress, Stack
from core_gans.foundation.errors import LabError

LISTED = 10  # broken pictures that are named, at most


class Broken(NamedTuple):
    """Stands where a picture cannot be read: which it is, and the whole line that says why."""

    name: str
    why: str


Read = Iterator[np.ndarray | Broken]


@dataclass(frozen=True)
class Collection:
    """``count`` pictures that are found but not read yet, with labels (count,) and class names where there are any.

    ``pictures(frame)`` reads them in order, each time anew: arrays (H, W), (H, W, 3), or (H, W, 4) where the frame
    keeps opacity; uint8, or uint16 and float32 as the file has them.
    """

    name: str
    count: int
    pictures: Callable[[Frame], Read]
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    nearest: bool = False
    """Whether resizing picks pixels, as for painted masks."""
    ready: Callable[[Frame], Tensor | None] = lambda frame: None
    """The images (count, C, height, width) uint8 where the file holds just these, mapped and not read; else None."""


def gather(found: Collection, frame: Frame, *, skip_broken: bool = False, progress: Progress | None = None) -> Examples:
    """Read all pictures into examples (N, C, height, width) uint8, with ``notes`` on what was done to them.

    LabError that lists all pictures that cannot be read, unless they are to be skipped, and for one that finds none.
    """
    size = found.count * (frame.colours or 1) * frame.height * frame.width
    if not room.fits_memory(size) and (ready := found.ready(frame)) is not None:
        return Examples(found.name, ready, found.labels, found.classes, notes=found.notes)
    stacked, seen, levels = Stack(found.count, frame, found.nearest), _Seen(frame), SetLevels(found, frame)
    broken: list[Broken] = []
    kept: list[int] = []
    for index, picture in enumerate(found.pictures(frame)):
        if isinstance(picture, Broken):
            broken.append(picture)
        elif not broken or skip_broken:  # after the first, the others are only looked at
            seen.note(picture)
            stacked.add(levels.to_bytes(picture))
            kept.append(index)
        if progress is not None:
            progress(index + 1, found.count)
    if broken and (not skip_broken or not kept):
        raise cannot_read(broken, found.count)
    labels = found.labels if found.labels is None or not broken else found.labels[torch.tensor(kept)]
    notes = (*found.notes, *levels.notes(), *seen.notes(), *_left_out(broken, found.count))
    return Examples(found.name, stacked.images(), labels, found.classes, notes=notes)


def deep(array: np.ndarray) -> bool:
    """Whether the numbers of a picture of any shape are not bytes yet."""
    return array.dtype != np.uint8


class SetLevels:
    """How the deep pictures of a collection become bytes: found out for all of them when the first one comes."""

    def __init__(self, found: Collection, frame: Frame) -> None:
        self.found, self.frame = found, frame
        self.known: dict[str, Levels] = {}

    def to_bytes(self, picture: np.ndarray) -> np.ndarray:
        """One of them, (H, W) or (H, W, 3), as uint8. LabError for floats in another range than [0, 1] and [-1, 1]."""
        if not deep(picture):
            return picture
        kind = picture.dtype.kind
        if kind not in self.known:
            self.known[kind] = self._whole() if kind == "u" else self._floats()
        return self.known[kind].to_bytes(picture)

    def notes(self) -> list[str]:
        """What a person should know of it."""
        return [levels.note for levels in self.known.values() if levels.note]

    def _whole(self) -> Levels:
        highest = 0
        for picture in self._deep("u"):
            highest = max(highest, int(picture.max()))
            if highest >= NEARLY_ALL:
                break
        return of_sixteen_bits(highest)

    def _floats(self) -> Levels:
        low, high = np.inf, -np.inf
        for picture in self._deep("f"):
            low, high = float(np.minimum(low, picture.min())), float(np.maximum(high, picture.max()))
        return of_floats(low, high, self.found.name)

    def _deep(self, kind: str) -> Iterator[np.ndarray]:
        for picture in self.found.pictures(self.frame):
            if not isinstance(picture, Broken) and deep(picture) and picture.dtype.kind == kind:
                yield picture


class _Seen:
    """What becomes of the pictures' sizes, in words."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.sizes: Counter[tuple[int, int]] = Counter()

    def note(self, picture: np.ndarray) -> None:
        self.sizes[picture.shape[:2]] += 1  # type: ignore[index]  # numpy types a part of a shape as any length

    def notes(self) -> Iterator[str]:
        frame, total = self.frame, self.sizes.total()
        cut = {size: count for size, count in self.sizes.items() if frame.cuts(*size)}
        if cut:
            told = _counted(sum(cut.values()), total)
            kind = "square" if frame.width == frame.height else f"of the proportions {frame}"
            yield (
                f"{told} not {kind} (as {_told(next(iter(cut)))}): their centres are kept; "
                "--resize pad or stretch keeps all of each"
            )
            tall = sum(count for (height, width), count in self.sizes.items() if height > width)
            wide = sum(count for (height, width), count in self.sizes.items() if height < width)
            if (frame.height - frame.width) * (wide - tall) > 0:
                yield f"most are {'wide' if wide > tall else 'tall'} and the size is not: it is given as width x height"
        small = {size: count for size, count in self.sizes.items() if size[0] < frame.height and size[1] < frame.width}
        if small:
            done = "padded" if frame.resize == "pad" else "enlarged"
            keeps = "" if frame.resize == "pad" else " (--resize pad keeps their pixels)"
            yield f"{_counted(sum(small.values()), total)} {_told(next(iter(small)))} and {done} to {frame}{keeps}"


def _counted(count: int, total: int) -> str:
    return "the pictures are" if count == total else f"{count:,} of {total:,} pictures are"


def _told(size: tuple[int, int]) -> str:
    return f"{size[1]}x{size[0]}"


def cannot_read(broken: list[Broken], count: int) -> LabError:
    """The error that lists ``broken``, of ``count`` pictures: all of it in one line."""
    if len(broken) == 1 and count > 1:
        return LabError(f"{broken[0].why}, or leave it out (--skip-broken)")
    if len(broken) == 1:
        return LabError(broken[0].why)
    all_of_them = len(broken) == count
    remedy = "give other pictures" if all_of_them else "replace them, or leave them out (--skip-broken)"
    more = f"; and {len(broken) - LISTED:,} more" if len(broken) > LISTED else ""
    listed = "; ".join(each.why.rpartition(": ")[0] for each in broken[:LISTED])
    return LabError(f"{len(broken):,} of {count:,} pictures cannot be read: {listed}{more}: {remedy}")


def _left_out(broken: list[Broken], count: int) -> list[str]:
    if not broken:
        return []
    more = f" and {len(broken) - LISTED:,} more" if len(broken) > LISTED else ""
    names = ", ".join(each.name for each in broken[:LISTED])
    return [f"{len(broken):,} of {count:,} pictures cannot be read and are left out: {names}{more}"]
