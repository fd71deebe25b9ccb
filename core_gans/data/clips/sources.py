"""One clip as it is kept: a video, an animated GIF, or a folder of pictures in the order of their names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageSequence

from core_gans.data.damage import damaged
from core_gans.data.layouts import is_hidden
from core_gans.data.pictures import LIMIT_PIXELS, decode, pixels_of

VIDEOS = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v")
ANIMATIONS = (".gif",)
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
_REMEDY = "remove it or replace it"
MOST_REPEATS = 100  # frames for which one picture of a GIF may stand
_QUIET = "-8"  # what FFmpeg has to say of a damaged file is said by us
_MATROSKA, _SEGMENT = b"\x1aE\xdf\xa3", b"\x18S\x80g"  # how .mkv and .webm begin, and what holds all that follows
_BEGIN = 1024  # bytes
_ODD = (OSError, SyntaxError, ValueError, EOFError, OverflowError)  # what Pillow raises on damaged files


@dataclass(frozen=True)
class Found:
    """What a look at a clip tells: its frames, their height and width, its rate in frames a second where the file says
    one, and whether it is grey.
    """

    frames: int
    size: tuple[int, int]
    rate: float | None
    grey: bool


def is_clip(path: Path) -> bool:
    """Whether a file is a clip by its ending, and not hidden."""
    return path.suffix.lower() in (*VIDEOS, *ANIMATIONS) and not is_hidden((path.name,))


def pictures_in(folder: Path) -> list[Path]:
    """The pictures that lie directly in ``folder``, in the order of their names."""
    found = (path for path in folder.iterdir() if path.suffix.lower() in PICTURES and not is_hidden((path.name,)))
    return sorted(path for path in found if path.is_file())


def clips_below(folder: Path) -> list[Path]:
    """Every clip below ``folder`` in the order of their paths: files, and folders in which pictures lie."""
    found: list[Path] = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_hidden((name,)))
        here = Path(place)
        found += [here / name for name in files if is_clip(here / name)]
        if any(Path(name).suffix.lower() in PICTURES and not is_hidden((name,)) for name in files):
            found.append(here)
    return sorted(found)


def look_at(path: Path) -> Found:
    """What there is to know of the clip at ``path`` before it is read. ValueError for what is none or is damaged."""
    if path.is_dir():
        pictures = pictures_in(path)
        if not pictures:
            raise ValueError(f"{path} holds no pictures: give a folder of frames, a video or a GIF")
        first = next(_pictures(pictures[:1]))
        return Found(len(pictures), _size(first), None, first.ndim == 2)
    if path.suffix.lower() in ANIMATIONS:
        with _animation(path) as image:
            shown = [(_animated(each).ndim == 2, repeats) for each, repeats in _shown(image)]
            frames, grey = sum(repeats for _, repeats in shown), all(each for each, _ in shown)
            pause = min((each for each in _pauses(image) if each), default=0.0)
            return Found(frames, (image.height, image.width), 1000 / pause if pause else None, grey)
    with _video(path) as video:
        rate = video.get(cv2.CAP_PROP_FPS)
        size = int(video.get(cv2.CAP_PROP_FRAME_HEIGHT)), int(video.get(cv2.CAP_PROP_FRAME_WIDTH))
        return Found(_count(video, path), size, rate if rate > 0 else None, False)


def frames_of(path: Path) -> Iterator[np.ndarray]:
    """The frames of the clip at ``path``, one by one: (H, W) where they are grey, else (H, W, 3) RGB, uint8.

    ValueError for what is damaged, for one that ends before it should, and for frames of several sizes.
    """
    expected, count = look_at(path), 0
    for frame in _read(path):
        if _size(frame) != expected.size:
            (height, width), (high, wide) = expected.size, _size(frame)
            raise ValueError(
                f"{path} holds frames of several sizes ({width}x{height} and {wide}x{high}): make them of one size"
            )
        count += 1
        yield frame
    if count < expected.frames:
        raise ValueError(f"{path} ends after {count:,} of {expected.frames:,} frames: {_REMEDY}")


def _read(path: Path) -> Iterator[np.ndarray]:
    if path.is_dir():
        yield from _pictures(pictures_in(path))
    elif path.suffix.lower() in ANIMATIONS:
        with _animation(path) as image:
            for each, repeats in _shown(image):
                frame = _animated(each)
                yield from (frame for _ in range(repeats))
    else:
        with _video(path) as video:
            while True:
                there, frame = video.read()
                if not there:
                    return
                yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)


def _shown(image: Image.Image) -> Iterator[tuple[Image.Image, int]]:
    """Each picture of an animation, and how many frames it stands for: as many times as it is shown longer than the
    shortest, since programs that write GIFs make one picture of equal frames.
    """
    pauses = _pauses(image)
    shortest = min((pause for pause in pauses if pause), default=1)
    for each, pause in zip(ImageSequence.Iterator(image), pauses, strict=True):
        yield each, min(MOST_REPEATS, max(1, round(pause / shortest)))


def _animated(image: Image.Image) -> np.ndarray:
    """A picture of an animation, (H, W) where it has no colours: Pillow makes RGB of all but the first."""
    picture = np.ascontiguousarray(pixels_of(image))
    grey = picture.ndim == 3 and bool((picture[..., :1] == picture).all())
    return picture[..., 0] if grey else picture


def _pauses(image: Image.Image) -> list[float]:
    """Milliseconds for which each picture is shown; 0 where the file does not say."""
    return [float(each.info.get("duration", 0)) for each in ImageSequence.Iterator(image)]


def _pictures(paths: list[Path]) -> Iterator[np.ndarray]:
    for path in paths:
        with path.open("rb") as source:
            yield decode(source, str(path))


@contextmanager
def _animation(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path, formats=("GIF",)) as image:
            _require_bearable(path, image.height, image.width)
            yield image
    except _ODD as error:
        if str(path) in str(error):
            raise
        raise damaged(str(path), error, _REMEDY) from error


@contextmanager
def _video(path: Path) -> Iterator[cv2.VideoCapture]:
    if not path.is_file():
        raise ValueError(f"{path} cannot be opened: check its permissions or its link")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _QUIET)
    video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        if not video.isOpened():
            raise ValueError(f"{path} cannot be read as a video: {_REMEDY}")
        _require_bearable(path, int(video.get(cv2.CAP_PROP_FRAME_HEIGHT)), int(video.get(cv2.CAP_PROP_FRAME_WIDTH)))
        yield video
    finally:
        video.release()


def _count(video: cv2.VideoCapture, path: Path) -> int:
    """The frames of a video as its file tells them; where it does not, those that are there.

    Matroska tells how long it lasts, its sound too, and no frames: a file that is cut off is known by its bytes.
    """
    with path.open("rb") as file:
        begin, size = file.read(_BEGIN), path.stat().st_size
    matroska = begin.startswith(_MATROSKA)
    if matroska and (end := _end_of_segment(begin)) > size:
        raise ValueError(f"{path} ends after {size:,} of {end:,} bytes: {_REMEDY}")
    told = 0 if matroska else int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    if told > 0:
        return told
    count = 0
    while video.grab():
        count += 1
    return count


def _end_of_segment(begin: bytes) -> int:
    """Where a Matroska file says that it ends, in bytes; 0 where it does not say (RFC 8794, section 6)."""
    head, found, rest = begin.partition(_SEGMENT)
    if not found or not rest or not rest[0]:
        return 0
    width = 9 - rest[0].bit_length()  # of the size that follows, in bytes: one more than the zeros that lead it
    size, unknown = int.from_bytes(rest[:width], "big") - 2 ** (7 * width), 2 ** (7 * width) - 1
    return 0 if size == unknown else len(head) + len(found) + width + size


def _require_bearable(path: Path, height: int, width: int) -> None:
    if height * width > LIMIT_PIXELS:
        raise ValueError(f"{path} is too large: expected at most {LIMIT_PIXELS:,} pixels a frame, got {width}x{height}")


def _size(frame: np.ndarray) -> tuple[int, int]:
    return frame.shape[0], frame.shape[1]
