"""Clips from the disk: a folder of videos, GIFs and folders of pictures, one of them, or an array in an .npz.

A file of many frames gives several clips, one after the other. Clips are read one by one into room that is in memory
while there are few of them, and else in a file that is mapped (``room``): the originals never stand in memory together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from core_gans.data import room
from core_gans.data.clips import arrays
from core_gans.data.clips.sources import ANIMATIONS, VIDEOS, Found, clips_below, frames_of, is_clip, look_at
from core_gans.data.collection import LISTED
from core_gans.data.examples import Examples
from core_gans.data.files import file_and_array
from core_gans.data.frame import Frame
from core_gans.data.layouts import layout_of
from core_gans.data.stacking import Progress
from core_gans.foundation.errors import LabError

LIKE = 1.1  # rates that differ by less than this factor are one rate


def read_clips(
    path: Path, frame: Frame, frames: int, *, skip_broken: bool = False, progress: Progress | None = None
) -> Examples:
    """The clips at ``path``: (N, C, frames, height, width) uint8, with labels and class names where subfolders are
    classes (``layouts.layout_of``), and with ``notes`` on what was done to them.

    LabError that lists all that cannot be read, are cut off or shorter than ``frames``; with ``skip_broken`` these are
    left out, and the notes count them. FileNotFoundError where nothing is there.
    """
    place, array = file_and_array(path)
    if not place.exists():
        raise FileNotFoundError(f"{place} is not there: check the path")
    if place.suffix.lower() == ".npz":
        return arrays.read_array(place, array, frame, frames)
    if place.is_file() and not is_clip(place):
        endings = ", ".join(ending.lstrip(".") for ending in (*VIDEOS, *ANIMATIONS))
        raise LabError(f"{place} is no clip: expected a folder, an .npz with an array `clips`, or a file of {endings}.")
    paths = [place] if place.is_file() else clips_below(place)
    if not paths:
        raise LabError(f"{place} holds no clips: expected videos, GIFs, or folders of pictures in the order of names.")
    below = [each.relative_to(place).parts if each != place else (each.name,) for each in paths]
    layout = layout_of(below, str(place))
    paths = [paths[index] for index in layout.chosen]
    labels = [0] * len(paths) if layout.labels is None else layout.labels.tolist()
    return _Gathering(place, frame, frames, skip_broken, progress).gathered(paths, labels, layout.classes, layout.notes)


def read_frames(path: Path, frame: Frame) -> np.ndarray:
    """All frames of one clip, (T, height, width) or (T, height, width, 3) uint8.

    FileNotFoundError where nothing is there; else what ``frames_of`` raises.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: check the path")
    return np.stack([in_colours(frame.fit(each), frame.colours or 3) for each in frames_of(path)])


def in_colours(picture: np.ndarray, colours: int) -> np.ndarray:
    """(H, W) or (H, W, 3) as (H, W) for 1 and (H, W, 3) for 3 colours."""
    if colours == 1:
        return picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return picture if picture.ndim == 3 else np.dstack((picture,) * 3)


class _Gathering:
    """Reads sources in turn and keeps count of what is wrong with which."""

    def __init__(self, place: Path, frame: Frame, frames: int, skip: bool, progress: Progress | None) -> None:
        self.place, self.frame, self.frames, self.skip, self.progress = place, frame, frames, skip, progress
        self.broken: dict[Path, str] = {}

    def gathered(
        self, paths: Sequence[Path], labels: Sequence[int], classes: tuple[str, ...], notes: tuple[str, ...]
    ) -> Examples:
        seen = {path: found for path in paths if (found := self._looked_at(path)) is not None}
        self._refuse(len(paths), left=len(seen))
        colours = self.frame.colours or (1 if all(found.grey for found in seen.values()) else 3)
        if colours not in (1, 3):
            raise LabError(f"clips have 1 (grey) or 3 (RGB) colours, got --colours {colours}.")
        count = sum(found.frames // self.frames for found in seen.values())
        shape = (count, colours, self.frames, self.frame.height, self.frame.width)
        clips, kept, filled = room.reserve(shape, room.CLIPS_BYTES), [], 0
        for number, (path, label) in enumerate(zip(paths, labels, strict=True)):
            if path in seen:
                begun = filled
                try:
                    for clip in self._clips(path, colours, seen[path].frames // self.frames):
                        clips[filled] = clip
                        room.touched(clip.nbytes)
                        filled += 1
                except (ValueError, OSError) as error:
                    self.broken[path], filled = str(error), begun
                kept += [label] * (filled - begun)
            if self.progress is not None:
                self.progress(number + 1, len(paths))
        self._refuse(len(paths), left=filled)
        images = torch.from_numpy(clips[:filled])
        told = (*notes, *self._told(seen), *self._left_out(len(paths)))
        return Examples(self.place.resolve().stem, images, torch.tensor(kept) if classes else None, classes, notes=told)

    def _looked_at(self, path: Path) -> Found | None:
        try:
            found = look_at(path)
        except (ValueError, OSError) as error:
            self.broken[path] = str(error)
            return None
        if found.frames < self.frames:
            has = "one frame, a picture" if found.frames == 1 else f"{found.frames} frames"
            self.broken[path] = f"{path} has {has}, and a clip is to have {self.frames}: ask for fewer (--frames)"
            return None
        return found

    def _clips(self, path: Path, colours: int, count: int) -> Iterator[np.ndarray]:
        """``count`` clips (C, frames, height, width) of a source, which is read to its end."""
        pictures: list[np.ndarray] = []
        given = 0
        for picture in frames_of(path):
            if given == count:
                continue
            pictures.append(in_colours(self.frame.fit(picture), colours))
            if len(pictures) == self.frames:
                clip = np.stack(pictures)
                yield clip[None] if colours == 1 else clip.transpose(3, 0, 1, 2)
                given, pictures = given + 1, []

    def _refuse(self, count: int, left: int) -> None:
        if not self.broken or (self.skip and left):
            return
        why = list(self.broken.values())
        if len(why) == 1:
            raise LabError(f"{why[0]}{', or leave it out (--skip-broken)' if count > 1 else ''}.")
        more = f"; and {len(why) - LISTED:,} more" if len(why) > LISTED else ""
        remedy = "give other clips" if len(why) == count else "replace them, or leave them out (--skip-broken)"
        listed = "; ".join(each.rpartition(": ")[0] for each in why[:LISTED])
        raise LabError(f"{len(why):,} of {count:,} clips cannot be read: {listed}{more}: {remedy}.")

    def _left_out(self, count: int) -> list[str]:
        if not self.broken:
            return []
        more = f" and {len(self.broken) - LISTED:,} more" if len(self.broken) > LISTED else ""
        names = ", ".join(str(path) for path in list(self.broken)[:LISTED])
        left_out = f"{len(self.broken):,} of {count:,} clips cannot be read or are too short and are left out"
        return [f"{left_out}: {names}{more}"]

    def _told(self, seen: dict[Path, Found]) -> Iterator[str]:
        """What becomes of clips of other sizes and rates, and of the frames behind the last whole clip."""
        sizes = Counter(found.size for found in seen.values())
        if len(sizes) > 1:
            each = ", ".join(f"{width}x{height} ({count:,})" for (height, width), count in sizes.most_common(3))
            yield f"clips of {len(sizes)} sizes, as {each}, are brought to {self.frame}"
        rates = [found.rate for found in seen.values() if found.rate is not None]
        if rates and max(rates) > LIKE * min(rates):
            yield f"clips of {min(rates):g} to {max(rates):g} frames a second are taken at their own rates, as they are"
        rest = sum(found.frames % self.frames for found in seen.values())
        if rest:
            yield f"{rest:,} frames behind the last {self.frames} of a file are not used"
